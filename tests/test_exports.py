"""Files: the same values and statuses in every format, valid by their standards, never half."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import sqlite3
import time

import duckdb
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from disclosure_fixtures import areas, counts_of, reports

from geo_pora import exports
from geo_pora.disclosure import Policy, disclose
from geo_pora.errors import InputError, RefusedError, UnavailableError
from geo_pora.exports import tabular
from geo_pora.exports.atomic import beside
from geo_pora.exports.exact import write_exact
from geo_pora.exports.style import qml
from geo_pora.periods import parse

ABOUT = {"source": "uji", "boundary_version": "v"}


@pytest.fixture(scope="module")
def disclosed():
    counts = counts_of(reports(4, 50))("district", [parse("2026-Q1")], None)
    return disclose(counts, level="district", policy=Policy.release())


@pytest.fixture
def write(disclosed, tmp_path):
    def go(kind, **more):
        path = tmp_path / f"table.{kind}"
        exports.write(disclosed, areas("district"), path, about=ABOUT, **more)
        return path

    return go


def read(kind, path):
    """Read a file back by another library than the one that wrote it, as text and missing."""
    if kind == "csv":
        return pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    if kind == "xlsx":
        rows = list(openpyxl.load_workbook(path)["data"].values)
        return pd.DataFrame(rows[1:], columns=rows[0])
    if kind == "geojson":
        found = json.loads(path.read_text())["features"]
        return pd.DataFrame([{"id": one["id"], **one["properties"]} for one in found])
    if kind == "parquet":
        return duckdb.sql(f"select * exclude (geometry, bbox) from '{path}'").df()
    with sqlite3.connect(path) as database:
        return pd.read_sql("select * from district", database).rename(columns={"feature_id": "id"})


def plain(column):
    return [None if pd.isna(one) else str(one).removesuffix(".0") for one in column]


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_all_formats_hold_the_same_values_and_statuses(kind, write, disclosed):
    found = read(kind, write(kind)).set_index("area_code")
    table = disclosed.table.dropna(subset=["area_code"]).set_index("area_code")
    assert {"hidden", "published"} <= set(table["persons_status"])
    for name in ("persons", "reports", "arrivals", "departures"):
        again = found.loc[table.index]
        assert plain(again[name]) == plain(table[name])
        assert plain(again[f"{name}_status"]) == plain(table[f"{name}_status"])
        hidden = again[f"{name}_status"] == "hidden"
        assert again.loc[hidden, name].isna().all()


def test_geojson_is_rfc_7946(write):
    body = json.loads(write("geojson").read_text())
    assert "crs" not in body
    west, south, east, north = body["bbox"]
    assert west < east
    assert south < north
    assert len({one["id"] for one in body["features"]}) == len(body["features"])
    for one in body["features"]:
        assert one["id"] == one["properties"]["area_code"]
        assert not any(isinstance(value, dict | list) for value in one["properties"].values())
        shape = shapely.geometry.shape(one["geometry"])
        assert shape.is_valid
        for polygon in shapely.get_parts(shape):
            assert polygon.exterior.is_ccw
            assert not any(ring.is_ccw for ring in polygon.interiors)
        decimals = [
            repr(float(n)).partition(".")[2] for n in shapely.get_coordinates(shape).ravel()
        ]
        assert max(map(len, decimals)) <= 6


def test_rounding_keeps_shapes_valid():
    # A sliver thinner than the grid: rounding its corners alone would cross its sides.
    bow = shapely.Polygon([(0, 0), (1, 0.0000004), (1, 0.0000011), (0.5, 0.0000003), (0, 1)])
    frame = gpd.GeoDataFrame({"code": ["16.01"], "name": ["x"]}, geometry=[bow], crs="EPSG:4326")
    found = exports.features.located(pd.DataFrame({"area_code": ["16.01"]}), frame)
    assert found.geometry.is_valid.all()


def test_a_row_without_an_area_keeps_its_figures_and_has_no_shape(tmp_path):
    counts = counts_of(reports(4, 200, unplaced=0.2))("district", [parse("2026-Q1")], None)
    team = disclose(counts, level="district")
    path = tmp_path / "team.geojson"
    exports.write(team, areas("district"), path)
    last = json.loads(path.read_text())["features"][-1]
    assert last["id"] == "unplaced"
    assert last["geometry"] is None
    assert last["properties"]["persons"] > 0


def test_several_periods_or_classes_have_ids_of_their_own(tmp_path):
    spans = [parse("2026-Q1"), parse("2026-Q2")]
    counts = counts_of(reports(4, 200))("regency", spans, "status")
    table = disclose(counts, level="regency")
    path = tmp_path / "a.geojson"
    exports.write(table, areas("regency"), path)
    ids = [one["id"] for one in json.loads(path.read_text())["features"]]
    assert len(ids) == len(set(ids))
    assert "16.01@2026-Q1@presence" in ids


def test_geoparquet_has_a_covering_and_the_notes(write):
    path = write("parquet")
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert gpd.read_parquet(path).attrs["boundary_version"] == "v"


def test_geopackage_has_a_style_and_a_table_that_explains_it(write):
    with sqlite3.connect(write("gpkg")) as database:
        (style,) = database.execute(
            "select styleQML from layer_styles where useAsDefault"
        ).fetchone()
        notes = dict(database.execute("select hal, isi from keterangan").fetchall())
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert "renderer-v2" in style
    assert notes["threshold"] == "5"
    assert notes["boundary_version"] == "v"


def test_style_breaks_are_published_values(disclosed):
    shown = set(disclosed.table.loc[disclosed.table["persons_status"] == "published", "persons"])
    breaks = re.findall(
        r'"persons" >= (\d+) AND "persons" <= (\d+)',
        qml(disclosed.table).replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", '"'),
    )
    assert breaks
    assert {int(one) for pair in breaks for one in pair} <= shown


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_escaped(text):
    assert tabular.escaped(text) == "'" + text


@pytest.mark.parametrize("value", [-4, -4.5, 0, None, "Baturaja", "16.01", "a=b"])
def test_numbers_and_common_text_are_not_escaped(value):
    assert tabular.escaped(value) == value


def test_csv_has_a_byte_order_mark_and_may_use_semicolons(write):
    data = write("csv", semicolon=True).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b";") > data.count(b",")
    assert b"'=HYPERLINK" in data


def test_xlsx_formulas_stay_text(write):
    sheet = openpyxl.load_workbook(write("xlsx"))["data"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert sum(cell.data_type == "n" and cell.value is not None for cell in cells) > 10


def test_an_unknown_format_area_or_folder_is_said(disclosed, tmp_path):
    with pytest.raises(InputError, match="format"):
        exports.write(disclosed, areas("district"), tmp_path / "a.doc")
    with pytest.raises(InputError, match="boundary layer"):
        exports.write(disclosed, areas("regency"), tmp_path / "a.csv")
    with pytest.raises(UnavailableError):
        exports.write(disclosed, areas("district"), tmp_path / "nowhere" / "a.csv")


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), beside(path) as draft:  # noqa: PT012
        draft.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def _write_for_ever(path, ready):
    with beside(path) as draft, draft.open("w") as file:
        file.write("half")
        file.flush()
        ready.set()
        time.sleep(60)  # until the parent kills this process


def test_a_killed_export_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_text("old")
    ways = multiprocessing.get_context("spawn")
    ready = ways.Event()
    child = ways.Process(target=_write_for_ever, args=(path, ready))
    child.start()
    assert ready.wait(30)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert path.read_text() == "old"


def test_an_exact_export_needs_a_purpose_and_is_logged(tmp_path):
    from geo_pora import store
    from geo_pora.store import audit

    engine = store.open(f"sqlite:///{tmp_path / 'a.sqlite'}")
    counts = counts_of(reports(4, 50))("village", [parse("2026-Q1")], None)
    path = tmp_path / "exact.csv"
    asked = {"level": "village", "actor": "ana", "about": {}}
    with pytest.raises(RefusedError, match="purpose"):
        write_exact(engine, counts, areas("village"), path, purpose=" . ", **asked)
    assert not path.exists()
    write_exact(engine, counts, areas("village"), path, purpose="permintaan kepala kantor", **asked)
    found = read("csv", path)
    assert "hidden" not in set(found["persons_status"])
    assert found["persons"].dropna().astype(int).between(1, 4).any()
    entry = audit.entries(engine).iloc[0]
    assert (entry["actor"], entry["action"]) == ("ana", "export.exact")
    assert "permintaan kepala kantor" in str(entry["detail"])


def test_hot_spot_classes_and_coverage_are_written_too(tmp_path):
    places = areas("district")
    rows = pd.DataFrame({"area_code": places["code"], "class": np.resize(["none", "hot95"], 9)})
    exports.write_rows(rows, places, tmp_path / "h.gpkg", layer="hotspots")
    with sqlite3.connect(tmp_path / "h.gpkg") as database:
        style = database.execute("select styleQML from layer_styles").fetchone()[0]
    for word in ("hot95", "none_or_insufficient", "hidden"):
        assert f"&quot;class&quot; = '{word}'" in style
    coverage = pd.DataFrame(
        {"agency": ["A", "B"], "month": ["2026-01"] * 2, "state": ["sent", "late"]}
    )
    for kind in exports.FORMATS:
        path = tmp_path / f"c.{kind}"
        exports.write_rows(coverage, None, path, layer="coverage")
        assert path.stat().st_size
