"""The main job end to end on real rooms: a file in, counts and places out, and no row lost."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import web_fixtures as web
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from geo_pora import boundaries, briefing, pipeline, releases, reports, settings, store
from geo_pora.cli import options, release
from geo_pora.errors import InputError, NotFoundError, RefusedError, UnavailableError
from geo_pora.gazetteer import Gazetteer
from geo_pora.periods import Period, month, quarter
from geo_pora.store import audit, batches, queries, retention


@pytest.fixture
def own(tmp_path):
    return settings.load(data_dir=tmp_path / "var")


@pytest.fixture
def engine(own):
    own.data_dir.mkdir()
    opened = store.open(own.database_url)
    yield opened
    store.close(opened)


@pytest.fixture(scope="module")
def villages():
    areas = Gazetteer.load().areas
    return areas[areas["level"] == "village"].reset_index(drop=True)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_and_order_are_kept_and_every_row_says_what_became_of_it(tmp_path, own, villages):
    here = villages.iloc[100]
    source = write(
        tmp_path / "laporan.csv",
        "report_id,lintang,bujur,jumlah,alamat,catatan saya\n"
        f"a,{here.latitude},{here.longitude},2,,x\n"
        "b,0,0,1,,y\n"
        "c,,,1,Kec. Martapura Kab. OKU Timur,z\n"
        "d,-4.1,104.1,banyak,,w\n",
    )
    target = tmp_path / "hasil.csv"
    tally = pipeline.geocode_file(source, target, own)
    read = pd.read_csv(target, dtype="str")
    assert read["report_id"].tolist() == ["a", "b", "c", "d"]
    assert (tally.read, tally.rejected) == (4, 1)
    assert tally.read == tally.located + tally.review + tally.rejected
    assert read.loc[0, "district_code"] == here.code[:8]
    # On indicative boundaries a point says too little of the village to decide it.
    assert pd.isna(read.loc[0, "village_code"])
    assert read.loc[0, "geocode_method"] == "coordinates"
    assert read.loc[1, ["district_code"]].isna().all()
    assert pd.notna(read.loc[1, "review_reason"])
    assert read.loc[2, "district_code"] == "16.08.01"
    assert read.loc[3, "review_reason"].startswith("rejected: jumlah")


def test_a_row_that_repeats_another_one_is_placed_like_it(tmp_path, own):
    row = "a,Kec. Martapura Kab. OKU Timur\n"
    source = write(tmp_path / "laporan.csv", "report_id,alamat\n" + row * 2 + "b" + row[1:])
    tally = pipeline.geocode_file(source, tmp_path / "hasil.csv", own)
    read = pd.read_csv(tmp_path / "hasil.csv", dtype="str")
    assert read["report_id"].tolist() == ["a", "a", "b"]
    assert read["district_code"].nunique(dropna=False) == 1
    assert tally.rejected == 0


@pytest.mark.parametrize("ending", ["csv", "parquet", "geojson"])
def test_the_ending_chooses_the_format_and_all_hold_the_same(tmp_path, own, villages, ending):
    rows = villages.sample(50, random_state=1)
    table = pd.DataFrame(
        {"report_id": rows["code"], "lintang": rows["latitude"], "bujur": rows["longitude"]}
    )
    source = tmp_path / "titik.csv"
    table.to_csv(source, index=False)
    target = tmp_path / f"hasil.{ending}"
    pipeline.geocode_file(source, target, own)
    if ending == "geojson":
        features = json.loads(target.read_text())["features"]
        codes = [feature["properties"]["district_code"] for feature in features]
    elif ending == "parquet":
        codes = pd.read_parquet(target)["district_code"].tolist()
    else:
        codes = pd.read_csv(target, dtype="str")["district_code"].tolist()
    assert codes == rows["parent_code"].tolist()


def test_a_boundary_file_can_be_named_instead_of_the_layer_in_use(shared, tmp_path, own):
    file = shared / "boundaries" / "villages.geojson"
    areas = boundaries.load(str(file), own).areas("village")
    points = areas.geometry.representative_point()
    source = tmp_path / "titik.csv"
    pd.DataFrame({"report_id": areas["code"], "lintang": points.y, "bujur": points.x}).to_csv(
        source, index=False
    )
    target = tmp_path / "hasil.parquet"
    tally = pipeline.geocode_file(source, target, own, str(file))
    assert tally.located == len(areas)
    assert pd.read_parquet(target)["village_code"].tolist() == areas["code"].tolist()


def test_real_addresses_add_up_and_none_is_lost(shared, tmp_path, own):
    table = pd.read_csv(shared / "addresses" / "addresses.csv", dtype="str")
    source = tmp_path / "alamat.csv"
    table[["id", "text"]].set_axis(["report_id", "alamat"], axis=1).to_csv(source, index=False)
    target = tmp_path / "hasil.csv"
    tally = pipeline.geocode_file(source, target, own)
    read = pd.read_csv(target, dtype="str")
    assert read["report_id"].tolist() == table["id"].tolist()
    assert tally.read == len(table) == tally.located + tally.review + tally.rejected
    plain = table["difficulty"].eq("A_district_in_text")
    right = read["district_code"].eq(table["district_code"])
    assert right[plain].mean() > 0.9


def counted(engine, own, level: str, period: Period) -> pd.DataFrame:
    return pipeline.team_counts(engine, own, level, [period]).table


def test_an_import_is_counted_where_its_points_lie_and_only_once(tmp_path, own, engine, villages):
    rows = villages.iloc[[0, 0, 300]]
    source = tmp_path / "laporan.csv"
    pd.DataFrame(
        {
            "ID Laporan": ["1", "2", "3"],
            "Tanggal": "05/01/2026",
            "Jumlah Orang": [4, 2, 7],
            "Lintang": rows["latitude"],
            "Bujur": rows["longitude"],
            "Nama Lengkap": ["Contoh Satu", "Contoh Dua", "Contoh Tiga"],
        }
    ).to_csv(source, index=False)
    done = pipeline.import_file(engine, source, "POLRES-OKU", settings=own, actor="test")
    again = pipeline.import_file(engine, source, "POLRES-OKU", settings=own, actor="test")
    assert str(done) == "read 3 = located 3 + review 0 + rejected 0"
    assert "already imported" in str(again)
    assert any("Nama Lengkap" in line for line in done.remarks)
    table = counted(engine, own, "district", month(2026, 1)).set_index("area_code")
    assert table.loc[rows["code"].iloc[0][:8], "persons"] == 6
    assert table["persons"].sum() == 13
    assert audit.verify(engine).intact
    for file in own.data_dir.iterdir():
        assert b"Contoh Satu" not in file.read_bytes()


def test_a_period_nobody_reported_for_has_no_data_and_others_have_zeros(
    tmp_path, own, engine, villages
):
    here = villages.iloc[100]
    source = write(
        tmp_path / "laporan.csv",
        "report_id,lintang,bujur,jumlah,tanggal_lapor\n"
        f"a,{here.latitude},{here.longitude},9,2026-02-03\n",
    )
    pipeline.import_file(engine, source, "DISNAKER-OKU", settings=own, actor="test")
    layer = pipeline.open_layer(own, engine)
    for chosen in (None, {"agency": "KESBANGPOL-OKU"}):
        table = pipeline.disclosed_counts(
            engine,
            layer,
            level="district",
            period=[month(2026, 1), month(2026, 2)],
            filters=chosen,
        ).table.dropna(subset="area_code")
        said = table.groupby("period")["persons_status"].unique().map(set).to_dict()
        assert said["2026-01"] == {"no_data"}
        assert said["2026-02"] == ({"zero"} if chosen else {"zero", "published"})


@trials(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["in", "outside", "address", "nothing", "bad number"]),
            st.integers(1, 9),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_sums_over_areas_and_unplaced_are_the_persons_of_the_rows_kept(
    tmp_path_factory, villages, rows
):
    folder = tmp_path_factory.mktemp("sums")
    own = settings.load(data_dir=folder)
    engine = store.open(own.database_url)
    lines = ["report_id,tanggal,jumlah,lintang,bujur,alamat"]
    for number, (kind, persons) in enumerate(rows):
        at = villages.iloc[(37 * number) % len(villages)]
        place = {
            "in": f"{at.latitude},{at.longitude},",
            "outside": "3.59,98.67,",
            "address": ",,Kecamatan Belitang",
            "nothing": ",,Jl. Lintas",
            "bad number": f"{at.latitude},{at.longitude},",
        }[kind]
        lines.append(
            f"r{number},2026-02-0{1 + number % 9},"
            f"{'x' if kind == 'bad number' else persons},{place}"
        )
    source = write(folder / "laporan.csv", "\n".join(lines) + "\n")
    done = pipeline.import_file(engine, source, "POLRES-OKU", settings=own, actor="test").summary
    kept = [persons for kind, persons in rows if kind != "bad number"]
    assert done.read == len(rows) == done.located + done.review + done.rejected
    assert done.rejected == len(rows) - len(kept)
    for level in ("regency", "district", "village"):
        found = queries.counts(engine, level, [month(2026, 2)])
        assert found["persons"].sum() == sum(kept)
        assert found["reports"].sum() == len(kept)
    store.close(engine)


def test_the_demonstration_is_synthetic_and_complete(own, engine):
    done = pipeline.import_demo(engine, own, seed=7, actor="test")
    assert done.read == done.located + done.review + done.rejected
    assert done.located > 1000
    assert done.review > 0
    assert done.rejected > 0
    assert pipeline.is_demonstration(engine)
    period = pipeline.default_period(engine)
    assert period.last < dt.date.today()
    table = counted(engine, own, "district", period)
    assert table["area_code"].nunique() == 52
    assert (table["persons"] > 0).sum() > 10


def test_a_release_of_an_empty_store_has_no_data(own, engine):
    layer = pipeline.open_layer(own, engine)
    kept = pipeline.released(engine, own, layer, "district", quarter(2026, 1), actor="test")
    assert set(kept.table.table["persons_status"]) == {"no_data"}


def test_what_leaves_is_counted_over_fixed_periods_only(own, engine):
    layer = pipeline.open_layer(own, engine)
    free = Period(dt.date(2026, 1, 3), dt.date(2026, 2, 9))
    with pytest.raises(RefusedError, match="whole month"):
        pipeline.released(engine, own, layer, "district", free, actor="test")
    assert pipeline.fixed_periods(quarter(2026, 1)) == ["2026-Q1"]
    assert pipeline.fixed_periods(Period(dt.date(2026, 1, 1), dt.date(2026, 2, 28))) == [
        "2026-01",
        "2026-02",
    ]


def test_a_briefing_compares_with_the_quarter_before_and_names_agencies(
    tmp_path, own, engine, monkeypatch
):
    web.fill(engine)
    layer = pipeline.open_layer(own, engine)
    seen = []
    monkeypatch.setattr(briefing, "write", lambda context, path: seen.append(context))
    for span in (quarter(2026, 2), quarter(2026, 1)):
        pipeline.write_briefing(
            engine, own, layer, "district", span, tmp_path / "x.pdf", actor="test"
        )
    assert [context.previous_period for context in seen] == ["2026-Q1", None]
    assert "Polres Ogan Komering Ulu" in set(seen[0].coverage["agency"])


def test_papers_and_files_name_the_source_of_the_boundaries_in_indonesian(
    tmp_path, own, engine, monkeypatch
):
    web.fill(engine)
    layer = pipeline.open_layer(own, engine)
    said, place = {"actor": "test"}, "geo_pora, dari titik desa geografis 1.3.2 (MIT)"
    seen = []
    monkeypatch.setattr(briefing, "write", lambda context, path: seen.append(context))
    asked = (engine, own, layer, "district", quarter(2026, 1))
    made = pipeline.write_briefing(*asked, tmp_path / "x.pdf", **said)
    assert seen[0].boundaries == f"{place}, versi {layer.version}"
    pipeline.write_export(*asked, tmp_path / "x.xlsx", **said)
    notes = openpyxl.load_workbook(tmp_path / "x.xlsx")["keterangan"]
    assert dict(notes.iter_rows(values_only=True))["boundary_source"] == place
    # What a release keeps stays as it was: it is compared with.
    stored = made.release.manifest["inputs"]["boundary_source"]
    assert stored == layer.source == "geo_pora, from village points of geografis 1.3.2 (MIT)"


def test_a_second_file_has_the_figures_of_the_first_also_after_an_upload(
    tmp_path, own, engine, villages
):
    def send(name: str, persons: int) -> None:
        at = villages.iloc[0]
        text = f"report_id,tanggal,jumlah,lintang,bujur\n{name},2026-01-05,{persons},"
        source = write(tmp_path / f"{name}.csv", f"{text}{at.latitude},{at.longitude}\n")
        pipeline.import_file(engine, source, "POLRES-OKU", settings=own, actor="test")

    layer = pipeline.open_layer(own, engine)
    said = {"actor": "test"}
    send("a", 40)
    first = tmp_path / "first.csv"
    made = pipeline.write_export(engine, own, layer, "district", quarter(2026, 1), first, **said)
    assert made.built_now
    alike = pipeline.rebuilt(engine, own, layer, made.release)
    assert releases.same_bytes(made.release, alike)
    send("b", 1)
    with pytest.raises(RefusedError, match="other batches"):
        pipeline.rebuilt(engine, own, layer, made.release)
    second = tmp_path / "second.csv"
    again = pipeline.write_export(engine, own, layer, "district", quarter(2026, 1), second, **said)
    assert not again.built_now
    assert again.outdated
    assert first.read_bytes() == second.read_bytes()
    assert again.release.id == made.release.id


def test_hot_spots_leave_with_the_period_that_they_are_of(tmp_path, own, engine):
    layer = pipeline.open_layer(own, engine)
    classes = pd.DataFrame({"area_code": layer.areas("district")["code"], "class": "none"})
    made = releases.build(
        engine,
        releases.Spec(("2026-Q1", "2026-Q2")),
        lambda level, spans, by: pipeline.figures.counts(engine, layer, level, spans, by),
        actor="test",
        title="dua triwulan",
        inputs={"boundary_version": layer.version},
        hot_spots={"district": classes},
        windows_of=pipeline.windows_of(layer),
    )
    path = tmp_path / "titik.csv"
    written = pipeline.write_hot_spot_classes
    written(engine, own, layer, quarter(2026, 2), path, actor="test")
    assert set(pd.read_csv(path)["period"]) == {"2026-Q2"}
    with pytest.raises(NotFoundError, match=r"are those of 2026-Q2"):
        written(engine, own, layer, quarter(2026, 1), path, actor="test", release_id=made.id)
    with pytest.raises(NotFoundError, match="data belum cukup"):  # of a release of its own
        written(engine, own, layer, quarter(2026, 1), path, actor="test")
    assert made.classes_of("district", "2026-Q1") is None


def test_the_audit_reads_classes_on_the_layer_that_they_are_of(own, engine, monkeypatch):
    layer = pipeline.open_layer(own, engine)
    monkeypatch.setattr(options, "load_settings", lambda: own)
    monkeypatch.setattr(options, "open_store", lambda settings: engine)
    web.fill(engine)
    pipeline.released(engine, own, layer, "district", quarter(2026, 1), actor="test")
    known = pipeline.known_windows(engine, own)
    code = layer.areas("district")["code"].iloc[0]
    assert code in known(layer.version)("district")[code]
    assert known("gone") is None
    assert "not installed any more" not in CliRunner().invoke(release.audit, []).output
    made = releases.build(
        engine,
        releases.Spec(("2026-Q2",)),
        lambda level, spans, by: pipeline.figures.counts(engine, layer, level, spans, by),
        actor="test",
        title="batas lama",
        inputs={"boundary_version": "gone"},
        hot_spots={"district": pd.DataFrame({"area_code": [code], "class": "none"})},
        windows_of=pipeline.windows_of(layer),
    )
    told = CliRunner().invoke(release.audit, [])
    assert told.exit_code == 0, told.output
    assert f"{made.id}: its boundary layer gone is not installed any more" in told.output


def test_coverage_that_leaves_tells_who_reported_and_not_how_much(tmp_path, own, engine, villages):
    at = villages.iloc[0]
    text = f"report_id,tanggal,jumlah,lintang,bujur\na,2026-01-05,2,{at.latitude},{at.longitude}\n"
    source = write(tmp_path / "a.csv", text)
    pipeline.import_file(engine, source, "POLRES-OKU", settings=own, actor="test")
    path = tmp_path / "kelengkapan.csv"
    pipeline.write_coverage(engine, quarter(2026, 1), path, actor="test")
    told = pd.read_csv(path)
    assert set(told) == {"id", "agency", "month", "state", "files", "first_sent_on"}
    assert (told["state"] != "missing").any()


def test_nationality_cannot_be_counted_or_filtered(own, engine):
    layer = pipeline.open_layer(own, engine)
    for asked in ({"by": "nationality"}, {"filters": {"nationality": "CHN"}}):
        with pytest.raises(InputError, match="nationality"):
            pipeline.disclosed_counts(
                engine, layer, level="district", period=quarter(2026, 1), **asked
            )


def test_rejected_rows_are_kept_in_the_store_alone_until_they_are_over(tmp_path, own, engine):
    text = (
        "report_id,alamat,jumlah,nama\na,Jl. Kenangan 5,banyak,CONTOH\nb,Kec. Lengkiti,1,CONTOH\n"
    )
    source = write(tmp_path / "laporan.csv", text)
    done = pipeline.import_file(
        engine, source, "POLRES-OKU", settings=own, actor="x", rejected_to=tmp_path / "1.xlsx"
    )
    pipeline.write_rejected(batches.rejected(engine, done.summary.batch_id), tmp_path / "2.xlsx")
    for file in ("1.xlsx", "2.xlsx"):
        again = reports.read(tmp_path / file).original
        assert again[["report_id", "alamat", "jumlah"]].to_numpy().tolist() == [
            ["a", "Jl. Kenangan 5", "banyak"]
        ]
    retention.run(engine, dt.date.today() + dt.timedelta(days=91), own, apply=True)
    files = {file: file.read_bytes() for file in own.data_dir.rglob("*") if file.is_file()}
    assert not any(b"Kenangan" in content for content in files.values())
    assert batches.show(engine, done.summary.batch_id)["rejected"] == 1


def test_rejected_rows_are_written_also_when_the_file_was_imported_before(tmp_path, own, engine):
    source = write(tmp_path / "daftar_E12345678.csv", "report_id,alamat,jumlah\na,Jl. A,banyak\n")

    def imported(rejected_to):
        return pipeline.import_file(
            engine, source, "POLRES-OKU", settings=own, actor="x", rejected_to=rejected_to
        )

    with pytest.raises(UnavailableError, match="rejected 1, and stored; but the rejected rows"):
        imported(tmp_path / "no folder" / "1.xlsx")
    assert "already imported" in str(imported(tmp_path / "1.xlsx"))
    assert reports.read(tmp_path / "1.xlsx").original["jumlah"].tolist() == ["banyak"]
    assert batches.list(engine)["file_name"].tolist() == ["daftar ***.csv"]


def test_an_unknown_agency_is_refused_before_the_file_is_read(tmp_path, own, engine):
    with pytest.raises(NotFoundError, match="POLRES-MARS"):
        pipeline.import_file(
            engine, tmp_path / "none.csv", "POLRES-MARS", settings=own, actor="test"
        )


def test_another_layer_moves_reports_all_at_once_and_back(shared, tmp_path, own, engine, villages):
    rows = villages.iloc[::7]
    source = tmp_path / "laporan.csv"
    pd.DataFrame(
        {
            "report_id": np.arange(len(rows)),
            "tanggal": "2026-01-05",
            "lintang": rows["latitude"].round(3),
            "bujur": rows["longitude"].round(3),
        }
    ).to_csv(source, index=False)
    pipeline.import_file(engine, source, "POLRES-OKU", settings=own, actor="test")
    before = counted(engine, own, "district", month(2026, 1))
    real = boundaries.load(str(shared / "boundaries" / "villages.geojson"), own)
    done = pipeline.use_layer(engine, real, settings=own, actor="test")
    assert done.read == len(rows)
    assert done.moved > 0
    moved = queries.counts(engine, "village", [month(2026, 1)])
    assert moved["persons"].sum() == len(rows)
    assert moved["area_code"].notna().mean() > 0.9
    pipeline.use_layer(engine, boundaries.indicative(), settings=own, actor="test")
    after = counted(engine, own, "district", month(2026, 1))
    pd.testing.assert_frame_equal(before, after)
