"""Spellings, numbers, formats and fields met in the wild give the same districts as well.

On simplified borders: what is recognised does not depend on their detail, which
tests/test_boundaries_sources.py keeps.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import synthetic_country
from boundaries_fixtures import districts, regencies, simplified, table
from boundaries_rewrites import REWRITES
from boundaries_server import quick

from geo_pora import guard
from geo_pora.boundaries import displacement, reading
from geo_pora.boundaries.assembly import build
from geo_pora.boundaries.served import Served
from geo_pora.errors import InputError
from geo_pora.gazetteer import Gazetteer

REGENCIES = ("16.01", "16.08", "16.09")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(reading, "guard", SimpleNamespace(call=quick))


@pytest.fixture(scope="module")
def served():
    return Served(Gazetteer.load(), REGENCIES)


@pytest.fixture(scope="module")
def rows(shared):
    return simplified(shared)


@pytest.fixture(scope="module")
def truth(rows):
    return districts(rows).set_index("district_code").geometry.sort_index()


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.__name__)
def test_every_rewrite_gives_the_same_districts(rewrite, rows, truth, served, tmp_path):
    layer, report = build([rewrite(rows, tmp_path)], served, name="x")
    areas = layer.areas("district")
    assert list(areas["code"]) == list(truth.index)
    ours, real = areas.geometry.to_numpy(), truth.to_numpy()
    common, union = shapely.intersection(ours, real), shapely.union(ours, real)
    if rewrite.__name__ != "forests_and_lakes":  # which cuts the lake out
        assert (shapely.area(common) / shapely.area(union)).min() > 0.999
    assert [served.gazetteer.name_of(c) for c in areas["code"]] == list(areas["name"])
    if "village" in layer.levels:
        assert set(layer.areas("village")["code"]) == set(rows["code"])
    assert "missing" not in report.counts


def split(rows):
    """Give the eastern villages of a district to a new one, as a law of division would."""
    made = rows.copy()
    east = made.geometry.representative_point().x
    old = made["district_code"] == "16.08.05"
    moved = old & (east > east[old].median())
    numbers = (2001 + moved.cumsum()[moved]).astype("str")
    made.loc[moved, "code"] = "16.08.21." + numbers
    made.loc[moved, ["district_code", "district"]] = ["16.08.21", "Buay Pemuka Timur"]
    return made, int(moved.sum())


def test_a_district_newer_than_the_gazetteer_keeps_its_name(rows, served, tmp_path):
    made, moved = split(rows)
    columns = {"KDEPUM": "code", "WADMKD": "village", "WADMKC": "district", "WADMKK": "regency"}
    table(made, **columns).to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    areas = layer.areas("district").set_index("code")["name"]
    assert len(areas) == 53
    assert areas["16.08.21"] == "Buay Pemuka Timur"
    assert report.counts["unknown"] == report.counts["missing"] == moved


def test_a_new_district_without_code_is_asked_for(rows, served, tmp_path):
    made, _ = split(rows)
    table(made.dissolve("district").reset_index(), NAMA="district").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"Buay Pemuka Timur.* --code-field"):
        build([tmp_path / "a.gpkg"], served, name="x")


def moved(frame, east=0.0, north=0.0):
    return frame.set_geometry(frame.translate(east, north))


def relabelled(frame, real, said):
    return frame.to_crs(real).set_crs(said, allow_override=True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: relabelled(f, 3395, 3857), r"3 km north of .*give --crs EPSG:3395"),
        (lambda f: relabelled(f, 3857, 3395), r"3 km south of .*give --crs EPSG:3857"),
        (lambda f: relabelled(f, 23833, 32748), "would fit EPSG:23833: give --crs EPSG:23833"),
        (lambda f: relabelled(f, 32748, 32747), "would fit EPSG:32748"),
        (lambda f: moved(f, 0.02, 0.01), r"2 km northeast of .*with --crs"),
        (lambda f: moved(f, -0.03), r"3 km west of "),
    ],
)
@pytest.mark.parametrize("level", ["district", "regency"])
def test_a_lying_reference_system_is_found_at_every_level(
    spoil, said, level, rows, served, tmp_path
):
    frame = districts(rows) if level == "district" else regencies(rows)
    spoil(table(frame, KODE=f"{level}_code")).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=said):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_areas_in_their_place_are_not_called_displaced(rows, shared, served):
    assert displacement.find(rows["code"], rows.geometry.to_numpy(), served) is None
    for name in ("districts", "regencies"):
        areas = gpd.read_file(shared / "boundaries" / f"{name}.geojson")
        shapes = shapely.make_valid(areas.geometry.to_numpy())
        assert displacement.find(areas["kode"], shapes, served) is None
    rough = shapely.simplify(districts(rows).geometry.to_numpy(), 0.02)
    assert displacement.find(districts(rows)["district_code"], rough, served) is None


def flipped(frame, *, swap=False, north=False):
    turn = (lambda xy: xy[:, ::-1]) if swap else (lambda xy: xy * [1, -1])
    assert swap or north
    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), turn), crs=frame.crs)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: flipped(f, swap=True), "two coordinates are swapped"),
        (lambda f: flipped(f.to_crs(32748), swap=True), "two coordinates are swapped"),
        (lambda f: flipped(f, north=True), "lost their minus sign"),
    ],
)
def test_swapped_and_mirrored_coordinates_are_said(spoil, said, rows, served, tmp_path):
    spoil(table(districts(rows), KODE="district_code")).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=said):
        build([tmp_path / "a.gpkg"], served, name="x")


@pytest.mark.parametrize("crs", [23833, 23834, 3395, 32748, 32648, 9470])
def test_a_missing_reference_system_is_asked_for_with_what_fits(crs, rows, served, tmp_path):
    made = table(districts(rows), KODE="district_code").to_crs(crs)
    made.to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    asked = "EPSG:4326" if crs == 9470 else f"EPSG:{crs}"
    with pytest.raises(InputError, match=rf"would fit .*{asked}.*: give --crs"):
        build([tmp_path / "a.shp"], served, name="x")
    layer, _ = build([tmp_path / "a.shp"], served, name="x", crs=asked)
    assert len(layer.areas("district")) == 52


SWAPPED = {"16.08": "16.09", "16.09": "16.08"}


@pytest.mark.parametrize("column", ["KDPKAB", "KODE"])
def test_dotted_regencies_in_the_other_scheme_are_refused(column, rows, served, tmp_path):
    made = regencies(rows).assign(c=lambda f: f["regency_code"].replace(SWAPPED))
    table(made, **{column: "c", "NAMA": "regency"}).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"row 2 .*; row 3 "):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_dotted_regencies_that_say_bps_are_believed(rows, served, tmp_path):
    made = districts(rows).assign(c=lambda f: f["regency_code"].replace(SWAPPED))
    table(made, KDBBPS="c", NAMA="district").to_file(tmp_path / "a.gpkg")
    layer, _ = build([tmp_path / "a.gpkg"], served, name="x")
    assert len(layer.areas("district")) == 52


def test_a_geopackage_with_unsaved_changes_is_refused(rows, served, tmp_path):
    path = tmp_path / "a.gpkg"
    table(districts(rows), NAMA="district").to_file(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=wal")
        database.execute("CREATE TABLE other (a)")
        with pytest.raises(InputError, match=r"still in a\.gpkg-wal; close it in QGIS"):
            build([path], served, name="x")


def test_a_damaged_part_of_a_zip_is_said_with_the_rest(rows, served, tmp_path):
    for number, (_, group) in enumerate(rows.groupby("regency_code")):
        table(group, KODE="code").to_file(tmp_path / f"a{number}.geojson")
    files = sorted(tmp_path.glob("*.geojson"))
    files[1].write_bytes(files[1].read_bytes()[:5000])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in files:
            archive.write(file, file.name)
    _, report = build([tmp_path / "a.zip"], served, name="x")
    told = report.findings[report.findings["kind"] == "reading"]["detail"]
    assert told.str.contains("passed over: a1.geojson").sum() == 1
    assert report.counts["missing"] > 300


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.geojson", "\ufeff{}".encode("utf-16"), "UTF-16; save it as UTF-8"),
        ("a.rar", b"Rar!\x1a\x07", "ending is not known"),
        ("a.gdb", b"x", "ending is not known"),
        ("a.csv", b"kode,nama", "ending is not known"),
        ("a.geojson", b"SQLite format 3\0", "looks like geopackage: give it the right ending"),
        ("a.parquet", b"PAR1PAR1", "no GeoParquet"),
    ],
)
def test_what_cannot_be_read_is_said(name, content, said, served, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        build([tmp_path / name], served, name="x")


def exchange(rows, column, first, second):
    values = list(rows[column])
    values[first], values[second] = values[second], values[first]
    return rows.assign(**{column: values})


@pytest.mark.parametrize(
    ("column", "columns", "pair"),
    [
        ("code", {"KODE": "code"}, (3, 4)),  # neighbours, told by nothing but where they lie
        ("code", {"KODE": "code", "NAMA": "village"}, (3, 400)),
        ("village", {"KODE": "code", "NAMA": "village"}, (3, 400)),
        ("village", {"KODE": "code", "NAMA": "village"}, (3, 4)),
    ],
)
def test_exchanged_villages_are_refused_with_their_rows(
    column, columns, pair, rows, served, tmp_path
):
    table(exchange(rows, column, *pair), **columns).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=rf"row {pair[0] + 1}\b.*row {pair[1] + 1}\b"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_villages_with_codes_in_a_ring_are_refused_with_their_rows(rows, served, tmp_path):
    """No two of the three have each other's, and only their places speak against the codes."""
    code = rows["code"]
    ring = dict(zip(code[3:6], [*code[4:6], code[3]], strict=True))
    table(rows.assign(code=code.replace(ring)), KODE="code").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"row 4\b.*row 5\b.*row 6\b"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_a_code_on_the_neighbour_too_is_refused(rows, served, tmp_path):
    made = rows.assign(code=rows["code"].replace("16.01.07.2004", "16.01.07.2003"))
    table(made, KODE="code").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"is the code of row 3, row 4"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_features_in_sequence_are_read_with_their_separators(rows, served, tmp_path):
    features = json.loads(table(districts(rows), NAMA="district").to_json())["features"]
    text = "".join(f"\x1e{json.dumps(one)}\n" for one in features)
    (tmp_path / "a.geojsons").write_text(text)
    layer, _ = build([tmp_path / "a.geojsons"], served, name="x")
    assert len(layer.areas("district")) == 52


def halves(rows, every=3):
    """Cut every third village in two features, as maps drawn by sheets have them."""
    parts = []
    for number, row in enumerate(rows.itertuples()):
        west, south, east, north = row.geometry.bounds
        if number % every:
            parts.append((row.code, row.village, row.geometry))
            continue
        side = shapely.box(west, south, (west + east) / 2, north)
        parts.append((row.code, row.village, shapely.intersection(row.geometry, side)))
        parts.append((row.code, row.village, shapely.difference(row.geometry, side)))
    made = gpd.GeoDataFrame(parts, columns=["code", "village", "geometry"], crs=rows.crs)
    return made.explode(ignore_index=True)


@pytest.mark.parametrize("columns", [{"KODE": "code", "NAMA": "village"}, {"KODE": "code"}])
def test_large_villages_in_parts_are_whole_again(columns, rows, truth, served, tmp_path):
    table(halves(rows), **columns).to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert list(layer.areas("village")["code"]) == sorted(rows["code"])
    ours = layer.areas("district").geometry.to_numpy()
    off = shapely.symmetric_difference(ours, truth.to_numpy())
    assert shapely.area(off).sum() < 1e-9
    assert report.counts["duplicate"] > len(rows) / 4


def test_a_code_far_from_its_village_is_refused(rows, served, tmp_path):
    made = rows.copy()
    made.loc[3, "code"] = made.loc[400, "code"]
    table(made, KODE="code").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"row 4: it lies \d+ km from"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_codes_of_bps_alone_give_the_districts_exactly(rows, truth, served, tmp_path):
    """No name, no known code: the villages' places tell the district of each code's group."""
    table(rows, iddesa="bps4").to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    ours = layer.areas("district")
    assert list(ours["code"]) == list(truth.index)
    off = shapely.symmetric_difference(ours.geometry.to_numpy(), truth.to_numpy())
    assert shapely.area(off).sum() < 1e-9
    assert report.counts["unknown"] < 0.15 * len(rows)


def test_an_older_file_lacks_districts_and_says_so(rows, served, tmp_path):
    made = districts(rows)
    later = {"Kedaton Peninjauan Raya": "Peninjauan", "Sinar Peninjauan": "Peninjauan"}
    made["district"] = made["district"].replace(later)
    made = made.dissolve(["district", "regency"]).reset_index()
    table(made, NAME_3="district", NAME_2="regency").to_file(tmp_path / "a.gpkg")
    _, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert report.counts["missing"] == 2


def test_abbreviations_and_misprints_are_matched_and_said(rows, served, tmp_path):
    short = {"Tanjung": "Tj.", "Sungai": "Sei", "Gunung": "Gn.", "Simpang": "Sp.", "Lubuk": "Lb."}
    made = rows.copy()
    for word, letters in short.items():
        made["village"] = made["village"].str.replace(word, letters)
    made.loc[::10, "village"] = made.loc[::10, "village"].map(lambda name: name[:-2] + name[-1])
    table(made, DESA="village", KEC="district").to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    right = set(layer.areas("village")["code"]) & set(rows["code"])
    assert len(right) > 0.99 * len(rows)
    assert len(layer.areas("district")) == 52
    assert report.counts["matched"] > 40


@pytest.mark.parametrize("ending", ["fgb", "gpkg"])
def test_a_country_is_cut_in_little_memory_and_time(ending, rows, served, tmp_path, monkeypatch):
    """24,000 villages, so many that only those near are read; in the guarded child itself."""
    others = synthetic_country.villages(share=0.3, bends=0)
    others = others[~others.intersects(shapely.box(*rows.total_bounds))]
    others = others.assign(code="7" + others["code"].str[1:], village=others["name"])
    columns = ["code", "village", "geometry"]
    both = pd.concat([others[columns], rows[columns]]).sample(frac=1, random_state=1)
    table(both, KODE="code", NAMA="village").to_file(tmp_path / f"indonesia.{ending}")
    monkeypatch.setattr(reading, "guard", guard)
    limits = {"cpu_seconds": 10, "memory_bytes": 1 << 30, "wall_seconds": 120}
    monkeypatch.setattr(reading, "_LIMITS", limits)
    layer, report = build([tmp_path / f"indonesia.{ending}"], served, name="x")
    assert list(layer.areas("village")["code"]) == sorted(rows["code"])
    assert "unknown" not in report.counts
    bounds = reading.served_bounds(served.gazetteer, REGENCIES)
    (source,) = reading.read(tmp_path / f"indonesia.{ending}", bounds)
    assert len(source.frame) < 3000
