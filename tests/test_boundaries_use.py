"""`boundaries use`: all stored reports go along or none, and what differs is told by area."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from boundaries_server import quick

from geo_pora import boundaries, cli, pipeline
from geo_pora import settings as settings_room
from geo_pora.boundaries import difference, layer, reading
from geo_pora.store import layers
from geo_pora.store import open as open_store


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(reading, "guard", SimpleNamespace(call=quick))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GEO_PORA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("GEO_PORA_REGENCIES", '["16.01"]')  # a fifth of the areas
    monkeypatch.chdir(tmp_path)

    def call(*words):
        status = cli.run([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture(scope="module")
def moved_files(tmp_path_factory):
    """The indicative districts as a file, and another in which one village changed district."""
    folder = tmp_path_factory.mktemp("files")
    finest = boundaries.indicative().areas("village")
    finest = finest[finest["code"].str.startswith("16.01")].reset_index(drop=True)
    first, second = folder / "lama.gpkg", folder / "baru.gpkg"
    columns = {"code": "KODE", "name": "NAMA"}
    finest.rename(columns=columns)[["KODE", "NAMA", "geometry"]].to_file(first)
    districts = finest["code"].str[:8]
    changed = finest.assign(district=districts)
    one = changed.index[districts == "16.01.07"][0]
    elsewhere = changed[districts != "16.01.07"]
    near = elsewhere.index[shapely.distance(elsewhere.geometry, changed.geometry[one]).argmin()]
    changed.loc[one, "district"] = changed.loc[near, "district"]
    made = changed.dissolve("district").reset_index()
    made[["district", "geometry"]].rename(columns={"district": "KODE"}).to_file(second)
    return first, second, finest.loc[one], changed.loc[one, "district"]


def reports(path, places):
    table = pd.DataFrame(
        {
            "report_id": np.arange(len(places)),
            "tanggal": "2026-01-05",
            "lintang": [point.y for point in places],
            "bujur": [point.x for point in places],
        }
    )
    table.to_csv(path, index=False)
    return path


def test_what_moved_is_told_and_written_by_area(run, moved_files, tmp_path):
    first, second, village, now = moved_files
    still = boundaries.indicative().areas("village").iloc[:150:10]
    still = still[still["code"] != village["code"]]
    places = [village.geometry.representative_point()] * 3
    places += list(still.representative_point())
    file = reports(tmp_path / "laporan.csv", places)
    assert run("boundaries", "install", first, "--name", "lama")[0] == 0
    assert run("boundaries", "install", second, "--name", "baru")[0] == 0
    assert run("boundaries", "use", "lama")[0] == 0
    assert run("import", file, "--agency", "POLRES-OKU")[0] == 0
    status, said, _ = run("boundaries", "use", "baru", "--report", "beda.csv")
    assert status == 0
    assert f"{len(places)} reports placed again" in said
    assert "for the team alone" in said
    told = pd.read_csv(tmp_path / "beda.csv", dtype={"from_code": "str", "to_code": "str"})
    assert list(told.columns) == difference.COLUMNS
    moved = told[told["change"] == "reports"]
    assert moved["reports"].sum() == len(places)  # all lost their village, the layer has none
    pair = moved[moved["from_code"] == village["code"]].iloc[0]
    assert (pair["to_code"], pair["reports"]) == (now, 3)
    assert f"     3 16.01.07 {_name('16.01.07')} -> {now} {_name(now)}" in said
    lost = told[told["change"] == "lost"]
    assert (lost["level"] == "village").sum() == 157
    ground = told[(told["change"] == "ground") & (told["level"] == "district")]
    assert set(ground["from_code"]) >= {"16.01.07"}
    # no column of the table can hold a report's place, text or identity
    assert not {"latitude", "longitude", "report_id"} & set(told.columns)


def _name(code):
    return boundaries.indicative().names[code]


def test_a_report_that_cannot_be_written_leaves_everything_as_it_was(run, moved_files, tmp_path):
    first, *_ = moved_files
    run("boundaries", "install", first, "--name", "lama")
    status, _, err = run("boundaries", "use", "lama", "--report", "none/beda.csv")
    assert status == 1
    assert err.startswith("geo-pora: none/beda.csv cannot be written")
    engine = open_store(settings_room.load().database_url)
    assert layers.in_use(engine) is None


def test_using_the_same_areas_again_moves_nothing(run, moved_files, tmp_path):
    first, *_ = moved_files
    point = boundaries.indicative().areas("village").geometry[0].representative_point()
    file = reports(tmp_path / "laporan.csv", [point] * 5)
    run("boundaries", "install", first, "--name", "lama")
    run("boundaries", "install", first, "--name", "lama-lagi")
    run("boundaries", "use", "lama")
    assert run("import", file, "--agency", "POLRES-OKU")[0] == 0
    _, said, _ = run("boundaries", "use", "lama-lagi", "--report", "beda.csv")
    assert "0 of them in another area" in said
    assert "reports" not in set(pd.read_csv(tmp_path / "beda.csv")["change"])


def test_a_layer_that_is_gone_is_said_and_the_other_one_used(run, moved_files, tmp_path):
    first, *_ = moved_files
    run("boundaries", "install", first, "--name", "lama")
    run("boundaries", "use", "lama")
    for file in (tmp_path / "var" / "boundaries" / "lama").iterdir():
        file.write_bytes(b"")
    assert "* lama  the boundary layer lama is damaged" in run("boundaries", "list")[1]
    status, said, err = run("boundaries", "use", "indicative")
    assert status == 0
    assert "cannot be compared" in err
    assert "using indicative" in said


def boxes(*spans, level="district"):
    codes = {"district": "16.01.{:02d}", "village": "16.01.01.{:04d}"}[level]
    shapes = [shapely.box(104 + west, -4, 104 + east, -3.9) for _, west, east in spans]
    frame = {"code": [codes.format(n) for n, *_ in spans], "name": [f"n{n}" for n, *_ in spans]}
    areas = gpd.GeoDataFrame(frame, geometry=shapes, crs=4326)
    return layer.make("x", areas, source="", names={"16.01": "r"})


def test_areas_added_lost_and_changed_are_told_with_where_they_came_from():
    before = boxes((1, 0, 0.1), (2, 0.1, 0.2), (3, 0.2, 0.3))
    after = boxes((1, 0, 0.1), (2, 0.1, 0.14), (4, 0.14, 0.2), (5, 0.2, 0.3))
    found = difference.areas(before, after).set_index(["change", "level", "from_code", "to_code"])
    assert list(found.index) == [
        ("added", "district", "16.01.02", "16.01.04"),
        ("added", "district", "16.01.03", "16.01.05"),
        ("lost", "district", "16.01.03", "16.01.05"),
        ("ground", "district", "16.01.02", "16.01.02"),
    ]
    ground = found.iloc[-1]
    assert ground["km2_after"] / ground["km2_before"] == pytest.approx(0.4, rel=0.01)
    assert difference.areas(before, before).empty


def test_a_move_between_districts_and_out_of_all_is_told():
    known = {"16.01.01": "Satu", "16.01.02": "Dua"}
    moves = [("16.01.01.2001", "16.01.01.2002", 2), ("16.01.01.2001", "16.01.02.2001", 4)]
    moves += [("16.01.01.2003", "16.01.02.2001", 1), ("", "16.01.02", 7), ("16.01.02", "", 1)]
    changes = difference.areas(boxes((1, 0, 0.1)), boxes((1, 0, 0.1)))
    said = "\n".join(difference.lines(changes, moves, known))
    assert "     2 within their district" in said
    assert "     5 16.01.01 Satu -> 16.01.02 Dua" in said
    assert "     7 not placed -> 16.01.02 Dua" in said
    assert "     1 16.01.02 Dua -> not placed" in said
    rows = difference.table(changes, moves, known)
    assert rows["reports"].sum() == 15
    assert rows["level"].tolist() == ["village"] * 3 + ["district"] * 2


def test_the_app_and_the_command_line_tell_the_same(tmp_path):
    own = settings_room.load(data_dir=tmp_path / "data")
    own.data_dir.mkdir()
    engine = open_store(own.database_url)
    shipped = boundaries.indicative()
    point = shipped.areas("village").geometry[0].representative_point()
    file = reports(tmp_path / "laporan.csv", [point] * 5)
    pipeline.import_file(engine, file, "POLRES-OKU", settings=own, actor="test")
    far = shipped.finest.copy()
    far.geometry = far.translate(3)
    moved = layer.make("far", far, source="", names=shipped.names)
    done = pipeline.use_layer(engine, moved, settings=own, actor="test")
    assert done.moved == sum(move.reports for move in done.moves) == 5
    assert {move.to_code for move in done.moves} == {""}
