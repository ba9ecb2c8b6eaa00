"""Boundary and population files gone wrong, and files that reach for others: none gets anywhere.

The mutated files of one format are parsed in one guarded child, so that thousands cost minutes
and not hours; what the child may and may not do is shown in tests/test_guard.py.
"""

from __future__ import annotations

import hashlib
import random
import socket
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
import web_fixtures as web
from many_files import SERVED, cells_of_many, parse_many
from openpyxl import Workbook
from strings import FULL
from test_report_files import mutate, mutate_inside

from geo_pora import guard, pipeline, population, reports, settings, store
from geo_pora.boundaries import formats, parsing, reading
from geo_pora.errors import GeoPoraError

pytestmark = pytest.mark.hostile
MUTATIONS = 4000 if FULL else 500
SECRET = "canary-that-nobody-may-read"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A working directory with a secret, and a port: unread, unchanged, uncalled afterwards."""
    home = tmp_path / "home"
    home.mkdir()
    canary = home / "canary.csv"
    canary.write_text(f"kode,nama,jumlah_penduduk,alamat\n16.01,{SECRET},1,Jl. {SECRET}\n")
    monkeypatch.chdir(home)
    calls: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_note, args=(server, calls), daemon=True)
        thread.start()
        yield {"canary": canary, "url": f"http://127.0.0.1:{server.getsockname()[1]}/x"}
        with socket.create_connection(server.getsockname()):
            thread.join()  # our own call comes last, and is the only one
    assert len(calls) == 1
    assert SECRET in canary.read_text()
    assert [one.name for one in home.iterdir()] == ["canary.csv"]


def _note(server: socket.socket, calls: list[Any]) -> None:
    connection, _ = server.accept()
    calls.append(connection)
    connection.close()


def refused(read: Any, path: Path) -> str:
    """Read a file; return why it was refused, in one line without the secret."""
    try:
        found = read(path)
    except GeoPoraError as error:
        said = str(error)
        assert "\n" not in said
        assert said.startswith((path.name, path.stem)), said
        assert SECRET not in said
        assert "root:" not in said
        return said
    assert SECRET not in repr(found)
    return ""


def read_boundaries(path: Path) -> Any:
    return [source.frame.to_json() for source in reading.read(path, SERVED)]


def read_report(path: Path) -> Any:
    return [batch.original.to_csv() + batch.rejected.to_csv() for batch in reports.open(path)]


READERS = {
    "boundaries": read_boundaries,
    "reports": read_report,
    "population": population.read,
}


def areas() -> gpd.GeoDataFrame:
    boxes = [shapely.box(104 + i / 10, -4, 104.1 + i / 10, -3.9) for i in range(8)]
    names = [f"area {i}" for i in range(8)]
    return gpd.GeoDataFrame({"nama": names, "kode": range(8)}, geometry=boxes, crs=4326)


def test_every_geojson_of_the_corpus(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "hostile/geojson").rglob("*.geojson"))
    assert len(files) > 50
    folder = tmp_path / "many"
    folder.mkdir()
    for number, file in enumerate(files):
        (folder / f"{number:05}.geojson").write_bytes(file.read_bytes())
    skip = parsing.other_drivers("geojson")
    said = guard.call(parse_many, folder, "geojson", skip, cpu_seconds=60, memory_bytes=6 << 30)
    assert len(said) == len(files)
    assert all(said)  # none lies where the areas served are
    for path in sorted(folder.iterdir())[::25]:
        assert refused(read_boundaries, path)


TOPOLOGY = (
    '{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":'
    '"Polygon","arcs":[[0]],"properties":{"nama":"a"}}]}},"arcs":[[[104,-4],[104.2,-4],'
    "[104.2,-4.2],[104,-4]]]}"
)
ESRI = (
    '{"geometryType":"esriGeometryPolygon","spatialReference":{"wkid":4326},"fields":[{"name":'
    '"nama","type":"esriFieldTypeString"}],"features":[{"attributes":{"nama":"a"},"geometry":'
    '{"rings":[[[104,-4],[104,-4.2],[104.2,-4.2],[104,-4]]]}}]}'
)


def write(good: Path, ending: str) -> str:
    """Write a file that can be read; returns its kind."""
    if ending == "parquet":
        areas().to_parquet(good)
    elif ending in ("topojson", "json"):
        good.write_text(TOPOLOGY if ending == "topojson" else ESRI)
        return "topojson" if ending == "topojson" else "esrijson"
    else:
        areas().to_file(good, driver={"kml": "KML", "geojsonl": "GeoJSONSeq"}.get(ending))
    return formats._ENDINGS["." + ending]


@pytest.mark.parametrize(
    "ending", ["geojson", "gpkg", "fgb", "kml", "parquet", "topojson", "json", "geojsonl"]
)
def test_mutated_boundary_files(tmp_path: Path, ending: str) -> None:
    good = tmp_path / f"good.{ending}"
    kind = write(good, ending)
    assert read_boundaries(good)
    content, rng = good.read_bytes(), random.Random(20260102)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MUTATIONS):
        (folder / f"{number:05}.{ending}").write_bytes(mutate(content, rng))
    skip = "" if ending == "parquet" else parsing.other_drivers(kind)
    said = guard.call(
        parse_many, folder, kind, skip, cpu_seconds=600, memory_bytes=6 << 30, wall_seconds=580
    )
    assert len(said) == MUTATIONS
    assert any(said)
    for number in range(0, MUTATIONS, MUTATIONS // 5):  # and some the whole way
        refused(read_boundaries, folder / f"{number:05}.{ending}")


def test_mutated_geodatabases(tmp_path: Path) -> None:
    rng = random.Random(20260106)
    plain = areas().astype({"kode": "int32"})
    pyogrio.write_dataframe(plain, tmp_path / "good.gdb", driver="OpenFileGDB")
    parts = {one.name: one.read_bytes() for one in (tmp_path / "good.gdb").iterdir()}
    for number in range(8 if not FULL else 400):
        spoiled = rng.choice(sorted(parts))
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                changed = mutate(content, rng) if name == spoiled else content
                archive.writestr(f"{number}.gdb/{name}", changed)
        refused(read_boundaries, path)


def test_mutated_shapefiles(tmp_path: Path) -> None:
    rng = random.Random(20260103)
    areas().to_file(tmp_path / "good.shp")
    parts = {one.suffix: one.read_bytes() for one in tmp_path.glob("good.*")}
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(12 if not FULL else 400):
        spoiled = rng.choice([".shp", ".shx", ".dbf", ".prj"])
        path = folder / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for suffix, content in parts.items():
                changed = mutate(content, rng) if suffix == spoiled else content
                archive.writestr(f"{number}{suffix}", changed)
        refused(read_boundaries, path)


def good_population() -> tuple[bytes, bytes]:
    rows = [["kode", "nama", "jumlah_penduduk"]]
    rows += [[f"16.01.{n:02}", f"Kec. {n}", str(1000 + n)] for n in range(1, 30)]
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return "\n".join(";".join(row) for row in rows).encode(), _bytes(book)


def _bytes(book: Workbook) -> bytes:
    import io

    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_mutated_population_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(20260104)
    text, book = good_population()
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MUTATIONS):
        (folder / f"{number:05}.csv").write_bytes(mutate(text, rng))
    for number in range(10 if not FULL else 300):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes((mutate_inside if number % 2 else mutate)(book, rng))
        refused(population.read, path)
    cells = guard.call(cells_of_many, folder, cpu_seconds=120)
    assert sum(rows is not None for rows in cells) > 0.9 * MUTATIONS
    for path, rows in zip(sorted(folder.iterdir()), cells, strict=True):
        if rows is not None:
            monkeypatch.setattr(guard, "call", lambda *_, rows=rows, **__: rows)
            refused(population.read, path)


REACHING = {
    "vrt": '<OGRVRTDataSource><OGRVRTLayer name="canary"><SrcDataSource>{canary}</SrcDataSource>'
    "</OGRVRTLayer><OGRVRTLayer name='b'><SrcDataSource>{url}</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>",
    "gdalg": '{{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read {canary}"}}',
    "geojson": '{{"type":"FeatureCollection","crs":{{"type":"link","properties":{{"href":"{url}",'
    '"type":"proj4"}}}},"features":"{canary}"}}',
    "kml": '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://{canary}"><!ENTITY y '
    'SYSTEM "{url}">]><kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
    "<href>{url}</href></Link></NetworkLink><Placemark><name>&x;&y;</name></Placemark>"
    "</Document></kml>",
    "gml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file://{canary}">]>'
    '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/"><a>&x;</a>'
    "</ogr:FeatureCollection>",
    "url": "{url}",
    "path": "{canary}",
    "vsi": "/vsicurl/{url}",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", REACHING)
def test_files_that_reach_for_others(
    tmp_path: Path, what: str, reader: str, surroundings: dict[str, Any]
) -> None:
    text = REACHING[what].format(**surroundings)
    for ending in ("geojson", "kml", "csv", "xlsx"):
        path = tmp_path / f"a.{ending}"
        path.write_text(text)
        assert refused(READERS[reader], path)
    link = tmp_path / "b.shp"
    with sqlite3.connect(tmp_path / "c.gpkg") as database:
        database.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
        database.execute("CREATE VIEW a AS SELECT load_extension('/tmp/x.so')")
    link.write_bytes(b"\0\0\x27\x0a" + bytes(96))
    for path in (link, tmp_path / "c.gpkg"):
        assert refused(READERS[reader], path)


@pytest.mark.parametrize(
    ("written", "inhabitants"),
    [
        ("45123", 45123),
        ("45.123", 45123),
        ('"45,123"', 45123),
        ("1 234 567", 1234567),
        ("45123.0", 45123),
        ('"45123,00"', 45123),
        ("45.000", 45000),
        *((text, None) for text in ("1.5", "9" * 30, "-5", "1e400", "nan", "=1+1", "45.12", "5\0")),
    ],
)
def test_numbers_of_inhabitants(tmp_path: Path, written: str, inhabitants: int | None) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"kode,jumlah_penduduk\n16.01.07,{written}\n")
    if inhabitants is None:
        assert "not a number of inhabitants" in refused(population.read, path)
    else:
        assert population.read(path)["inhabitants"].tolist() == [inhabitants]


@pytest.mark.parametrize("name", ["canary.csv", "../home/canary.csv"])
def test_names_within_an_archive_open_nothing_here(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
        archive.writestr("a.geojson", "{}")
    for read in READERS.values():
        assert refused(read, path)


def dump(file: Path) -> str:
    """Return a hash of all that a database holds."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


def test_the_database_is_unchanged_or_whole(tmp_path: Path) -> None:
    found = settings.load(data_dir=tmp_path / "data")
    found.data_dir.mkdir()
    engine = store.open(found.database_url)
    web.fill(engine)
    header = b"report_id,tanggal,jumlah,kecamatan,kabupaten\n"
    rows = b"".join(b"R%d,2026-05-01,2,Baturaja Timur,Ogan Komering Ulu\n" % n for n in range(20))
    rng = random.Random(20260105)
    path, file = tmp_path / "laporan.csv", found.data_dir / "geo_pora.sqlite"
    outcomes = set()
    spoiled = [mutate(header + rows, rng) for _ in range(10 if not FULL else 300)]
    for content in [header + rows, b"a,b\n1,2\n", b"PK\3\4" + header, b"\0" * 99, *spoiled]:
        path.write_bytes(content)
        before = dump(file)
        try:
            done = pipeline.import_file(engine, path, web.OTHER, settings=found, actor="test")
        except GeoPoraError:
            assert dump(file) == before
            outcomes.add("refused")
            continue
        summary = done.summary
        assert summary.read == summary.located + summary.review + summary.rejected
        outcomes.add("taken")
    assert outcomes == {"refused", "taken"}
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    store.close(engine)


def test_every_population_file_of_the_corpus(shared: Path) -> None:
    folder = shared / "hostile" / "generated"
    files = [
        one for name in ("csv", "enc", "xlsx", "zip", "coords") for one in folder.glob(f"{name}/*")
    ]
    files += sorted((shared / "hostile/csv").rglob("*.csv"))
    assert len(files) > 50
    for path in files if FULL else files[::3]:
        refused(population.read, path)
