"""Broken and hostile boundary files: refused in one line, in a child, with nothing opened."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from boundaries_server import quick

from geo_pora.boundaries import formats, geojson, kml, parsing, reading
from geo_pora.errors import GeoPoraError, InputError, NotFoundError

SERVED = (103.0, -5.5, 105.5, -3.3)
pytestmark = pytest.mark.hostile
GUARDED = (
    "test_every_hostile_file_is_refused_or_read",
    "test_virtual_formats_are_not_opened_in_a_zip_either",
    "test_no_socket_is_opened",
    "test_too_many_fields_are_refused_before_they_cost",
    "test_a_damaged_shape_is_said",
    "test_odd_names_are_no_hindrance",
)
"""Tests whose files go through the guarded child; the others are about what is read and said."""


@pytest.fixture(autouse=True)
def _quick(request, monkeypatch):
    if request.node.originalname not in GUARDED:
        monkeypatch.setattr(reading, "guard", SimpleNamespace(call=quick))


@pytest.fixture(scope="module")
def areas():
    boxes = [shapely.box(104 + i / 10, -4, 104.1 + i / 10, -3.9) for i in range(8)]
    names = [f"area {i}" for i in range(8)]
    return gpd.GeoDataFrame({"nama": names, "kode": range(8)}, geometry=boxes, crs=4326)


@pytest.fixture
def listener():
    """A server that nobody may call; yields what called."""
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def wait():
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                calls.append(connection)
                connection.close()

        thread = threading.Thread(target=wait)
        thread.start()
        yield server.getsockname()[1], calls
        stop.set()
        thread.join()


def refused(path, said=None):
    with pytest.raises(InputError, match=said) as caught:
        reading.read(path, SERVED)
    line = str(caught.value)
    assert "\n" not in line
    assert "Traceback" not in line
    assert "root:" not in line
    return line


def files_of(folder, kinds):
    return sorted(file for kind in kinds for file in folder.glob(kind) if file.is_file())


def test_every_hostile_file_is_refused_or_read(shared):
    folder = shared / "hostile"
    kinds = ["generated/vector/*", "generated/geojson/*", "generated/zip/*", "generated/xss/*"]
    found = files_of(folder, [*kinds, "vector/pyogrio/pyogrio/tests/fixtures/*"])
    assert len(found) > 20
    for file in found:  # half a second each; the others are in tests/hostile
        said = ""
        try:
            sources = reading.read(file, SERVED)
        except GeoPoraError as error:
            said = str(error)
        else:
            assert all(source.frame.crs == "EPSG:4326" for source in sources)
        assert "\n" not in said
        assert "root:" not in said


@pytest.mark.parametrize("name", ["vrt_named.geojson", "gdalg_named.geojson"])
def test_virtual_formats_are_not_opened_in_a_zip_either(shared, tmp_path, name):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(shared / "hostile" / "generated" / "vector" / name, "a.geojson")
    refused(archive)


def test_no_socket_is_opened(tmp_path, listener):
    port, calls = listener
    address = f"http://127.0.0.1:{port}/x"
    texts = {
        "a.geojson": '{"type":"FeatureCollection","crs":{"type":"link","properties":'
        f'{{"href":"{address}","type":"proj4"}}}},"features":[]}}',
        "b.geojson": '{"type":"FeatureCollection","\\u0063rs":{"type":"link","properties":'
        f'{{"href":"{address}","type":"proj4"}}}},"features":[]}}',
        "c.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
        f"<href>{address}</href></Link></NetworkLink></Document></kml>",
        "d.kml": f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{address}">]>'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&x;</name></Placemark></kml>',
        "e.geojson": f'{{"type":"FeatureCollection","features":"{address}"}}',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        refused(tmp_path / name)
    assert calls == []


def test_only_one_driver_is_left(areas):
    skipped = parsing.other_drivers("geojson").split(",")
    assert "GeoJSON" not in skipped
    assert {"OGR_VRT", "GDALG", "HTTP", "CSV", "SQLite", "GPKG", "WFS"} <= set(skipped)
    code = (
        "from geo_pora.boundaries import parsing; import sys; parsing._only_driver(sys.argv[1]); "
        "import pyogrio; print(*pyogrio.list_drivers())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, ",".join(skipped)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(formats.__file__).parents[2],
    )
    assert told.stdout.split() == ["GeoJSON"]


def write_shapefile(areas, folder, crs="EPSG:32748"):
    areas.to_crs(crs).to_file(folder / "a.shp")
    return folder / "a.shp"


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_a_missing_part_is_said(areas, tmp_path, part):
    path = write_shapefile(areas, tmp_path)
    path.with_suffix(part).unlink()
    refused(path, f"{part} is missing")


def test_a_missing_or_lying_prj_is_asked_for(areas, tmp_path):
    path = write_shapefile(areas, tmp_path)
    prj = path.with_suffix(".prj")
    prj.unlink()
    refused(path, "give --crs EPSG:32748")
    assert len(reading.read(path, SERVED, crs="EPSG:32748")[0].frame) == 8
    prj.write_text(pyproj.CRS("EPSG:32648").to_wkt("WKT1_ESRI"))
    refused(path, "far from the areas served")
    prj.write_text("lorem ipsum")
    refused(path, "--crs")


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_cut_off_part_is_said(areas, tmp_path, part):
    file = write_shapefile(areas, tmp_path).with_suffix(part)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused(tmp_path / "a.shp", "cut off|damaged|rows and its")


def test_a_cut_off_shp_that_lies_about_its_length_is_said(areas, tmp_path):
    path = write_shapefile(areas, tmp_path)
    half = bytearray(path.read_bytes()[:600])
    half[24:28] = struct.pack(">i", len(half) // 2)
    path.write_bytes(half)
    refused(path, "damaged")


def test_a_dbf_that_lies_about_its_rows_is_said(areas, tmp_path):
    path = write_shapefile(areas, tmp_path)
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[4:8] = struct.pack("<I", 2_000_000_000)
    path.with_suffix(".dbf").write_bytes(dbf)
    refused(path, "2000000000 rows")


def damage(path, shape):
    with sqlite3.connect(path) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(f"UPDATE a SET geom = {shape} WHERE fid = 5")


@pytest.mark.parametrize("shape", ["x'deadbeef'", "substr(geom, 1, 60)", "zeroblob(100)"])
def test_a_damaged_shape_is_said(areas, tmp_path, shape):
    areas.to_file(tmp_path / "a.gpkg")
    damage(tmp_path / "a.gpkg", shape)
    refused(tmp_path / "a.gpkg", "damaged")


def test_a_feature_without_a_shape_is_kept_for_the_report(areas, tmp_path):
    areas.to_file(tmp_path / "a.gpkg")
    damage(tmp_path / "a.gpkg", "NULL")
    frame = reading.read(tmp_path / "a.gpkg", SERVED)[0].frame
    assert frame["row_number"][frame.geometry.isna()].tolist() == [5]


@pytest.mark.parametrize("zipped", [False, True])
def test_a_view_that_never_ends_is_not_run(areas, tmp_path, zipped):
    path = tmp_path / "a.gpkg"
    areas.to_file(path, layer="a")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE a RENAME TO b")
        database.execute(
            "CREATE VIEW a AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
            "SELECT n AS fid, (SELECT geom FROM b LIMIT 1) AS geom FROM c"
        )
        database.commit()
    if zipped:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(path, "a.gpkg")
        path = tmp_path / "a.zip"
    refused(path, "a is a view")


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "parquet", "kml"])
def test_half_a_file_is_said(areas, tmp_path, ending):
    whole, half = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    if ending == "parquet":
        areas.to_parquet(whole)
    else:
        areas.to_file(whole, driver="KML" if ending == "kml" else None)
    assert len(reading.read(whole, SERVED)[0].frame) == 8
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(half)


def feature(properties):
    shape = shapely.geometry.mapping(shapely.box(104, -4, 104.1, -3.9))
    return {"type": "Feature", "geometry": shape, "properties": properties}


def wide_files(folder):
    """Yield files of few bytes over which GDAL or pyarrow would take minutes of CPU time."""
    own = [feature({f"f{row}_{n}": n for n in range(40)}) for row in range(100)]
    nested = [feature({"a": {f"f{n}": n for n in range(2000)}})]
    for name, features in {
        "one": [feature({f"f{n}": n for n in range(200_000)})],
        "own": own,
        "nested": nested,
    }.items():
        path = folder / f"{name}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        yield path
    spaced = ",".join(f'"f{n}"{" " * 90}:{n}' for n in range(2000))
    (folder / "spaced.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature({"a": 0})]}).replace(
            '"a": 0', spaced
        )
    )
    yield folder / "spaced.geojson"
    data = "".join(f"<Data name='f{n}'><value>1</value></Data>" for n in range(30_000))
    (folder / "a.kml").write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>a</name>'
        f"<ExtendedData>{data}</ExtendedData></Placemark></Document></kml>"
    )
    yield folder / "a.kml"
    columns = pd.DataFrame(np.zeros((1, 1500), "int32")).add_prefix("f")
    wide = gpd.GeoDataFrame(columns, geometry=[shapely.box(104, -4, 105, -3)], crs=4326)
    wide.to_parquet(folder / "a.parquet")
    yield folder / "a.parquet"
    wide.to_file(folder / "a.fgb")
    yield folder / "a.fgb"


def test_too_many_fields_are_refused_before_they_cost(tmp_path, monkeypatch):
    monkeypatch.setitem(reading._LIMITS, "cpu_seconds", 20)
    for path in wide_files(tmp_path):
        refused(path, f"{path.name}: its areas have more than 1000 different fields")


def test_texts_that_do_not_end_cost_no_more_than_others():
    """Each quote of an open text once began a search to the end: hours of CPU time."""
    for text in (b'{"a":"' + b'\\"' * (1 << 20), b'{"a":"' + b"\\" * (1 << 21) + b'"'):
        geojson.check(io.BytesIO(text), "a.geojson")
    with pytest.raises(InputError, match="longer than"):
        geojson.check(io.BytesIO(b'{"a":"' + b"x" * (40 << 20)), "a.geojson")


@pytest.mark.parametrize("chunk", [7, 64, 4 << 20])
def test_names_are_counted_however_the_file_is_cut(monkeypatch, chunk):
    monkeypatch.setattr(geojson, "_CHUNK", chunk)
    monkeypatch.setattr(kml, "_CHUNK", chunk)
    texts = ['{"a\\"b" \n : "c:", "d": ["e", "f:"], "g":"h\\\\"}', '{"a":1, "b" :2}']
    for names, text in zip((3, 2), texts, strict=True):
        for most, fails in ((names, False), (names - 1, True)):
            monkeypatch.setattr(geojson, "MAX_FIELDS", most)
            with pytest.raises(InputError) if fails else contextlib.nullcontext():
                geojson.check(io.BytesIO(text.encode()), "a.geojson")
    text = (
        b"<kml><Data name='a'/><Data id='x' name = \"b\"/>" + b" " * 99 + b"<Data name='a'/></kml>"
    )
    for most, fails in ((2, False), (1, True)):
        monkeypatch.setattr(kml, "MAX_FIELDS", most)
        with pytest.raises(InputError) if fails else contextlib.nullcontext():
            kml.check(io.BytesIO(text), "a.kml")


def test_points_and_lines_are_no_boundaries(areas, tmp_path):
    areas.set_geometry(shapely.centroid(areas.geometry.to_numpy()), crs=4326).to_file(
        tmp_path / "a.gpkg"
    )
    refused(tmp_path / "a.gpkg", "polygons")


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="no such file"):
        reading.read(tmp_path / "none.shp", SERVED)
    os.mkfifo(tmp_path / "a.geojson")
    refused(tmp_path / "a.geojson", "no regular file")
    refused(tmp_path, "is a folder")
    for name in ("a.dbf", "b.gpkg", "c.txt", "d.zip", "e.shp"):
        (tmp_path / name).write_bytes(b"lorem ipsum")
        refused(tmp_path / name)
    (tmp_path / "empty.gpkg").write_bytes(b"")
    refused(tmp_path / "empty.gpkg", "empty")


def archive(path, entries, compress=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compress) as target:
        for name, content in entries:
            target.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../a.geojson", "/etc/a.geojson", "C:/a.geojson", "..\\a.shp"])
def test_entries_that_leave_the_folder_are_refused(tmp_path, name):
    refused(archive(tmp_path / "a.zip", [(name, "{}")]), "outside")


def test_bombs_are_refused(tmp_path):
    refused(archive(tmp_path / "a.zip", [("a.geojson", b"0" * (50 << 20))]), "bomb")
    inner = archive(tmp_path / "b.zip", [("a.geojson", "{}")])
    refused(archive(tmp_path / "c.zip", [("b.zip", inner.read_bytes())]), "only zips")
    refused(archive(tmp_path / "d.zip", [("read me.txt", "x")]), "no boundaries")
    with pytest.warns(UserWarning, match="Duplicate"):
        refused(archive(tmp_path / "e.zip", [("a.geojson", "{}"), ("a.geojson", "[]")]), "same")


def test_too_many_files_in_a_zip_are_refused_before_they_cost(tmp_path):
    refused(archive(tmp_path / "a.zip", [(f"{n}.geojson", "{}") for n in range(101)]), "101 data")


def test_overlapping_entries_are_refused(tmp_path):
    path = archive(tmp_path / "a.zip", [("a.geojson", "x" * 99), ("b.geojson", "y" * 99)])
    data = bytearray(path.read_bytes())
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 10)
    path.write_bytes(data)
    refused(path, "overlap|damaged")


def test_odd_names_are_no_hindrance(areas, tmp_path):
    areas.to_file(tmp_path / "a b}{%.geojson")
    assert len(reading.read(tmp_path / "a b}{%.geojson", SERVED)[0].frame) == 8
    zipped = tmp_path / "peta {desa}.zip"
    archive(zipped, [("x y/ké {1}.geojson", (tmp_path / "a b}{%.geojson").read_bytes())])
    assert len(reading.read(zipped, SERVED)[0].frame) == 8


def test_upper_case_endings_are_read(areas, tmp_path):
    for file in write_shapefile(areas, tmp_path).parent.glob("a.*"):
        file.rename(file.with_suffix(file.suffix.upper()))
    assert len(reading.read(tmp_path / "A.SHP".replace("A", "a", 1), SERVED)[0].frame) == 8


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "geojson", "parquet", "shp", "zip"])
def test_every_format_gives_the_same(areas, tmp_path, ending):
    solid = areas.set_geometry(areas.force_3d(7))
    path = tmp_path / f"a.{ending}"
    if ending == "parquet":
        solid.to_parquet(path)
    elif ending == "zip":
        solid.to_file(tmp_path / "a.shp")
        archive(path, [(f.name, f.read_bytes()) for f in tmp_path.glob("a.*") if f != path])
    else:
        solid.to_file(path)
    frame = reading.read(path, SERVED)[0].frame
    assert not frame.has_z.any()
    assert sorted(frame["row_number"]) == list(range(1, 9))
    ours, real = (each.set_index("nama").sort_index().normalize() for each in (frame, areas))
    assert ours.geom_equals_exact(real, 1e-9).all()


def test_the_parser_refuses_to_run_where_gdal_is_loaded(tmp_path):
    import pyogrio  # noqa: F401 - what must not be there

    with pytest.raises(RuntimeError, match="before its drivers"):
        parsing._only_driver("")


def test_sniffing_goes_by_content_and_name():
    assert formats.sniff(b"\xef\xbb\xbf\n {", "a.JSON") == "geojson"
    for head, name in [(b"{", "a.gpkg"), (b"SQLite format 3\0", "a.shp"), (b"<a/>", "a.kml")]:
        with pytest.raises(InputError, match="not what its name says"):
            formats.sniff(head, name)
    assert Path("a.kml").suffix == ".kml"
