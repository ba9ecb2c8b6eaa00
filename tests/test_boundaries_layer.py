"""Layers: levels that fit together, versions, and the parts that make them."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_pora.boundaries import coverage, indicative, layer, naming, projection, schemes
from geo_pora.boundaries.naming import Names
from geo_pora.errors import InputError, NotFoundError
from geo_pora.gazetteer import Gazetteer

DEGREE = 1 / layer.METRES_PER_DEGREE
"""One metre in degrees."""


@pytest.fixture(scope="module")
def shipped():
    return indicative()


def toy(shapes, codes=None):
    codes = codes or [f"16.01.07.20{i:02d}" for i in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=list(shapes), crs=4326)


def grid(size=3, step=0.01, x=104.0, y=-4.0):
    return [
        shapely.box(x + i * step, y + j * step, x + (i + 1) * step, y + (j + 1) * step)
        for i in range(size)
        for j in range(size)
    ]


def test_indicative_layer_has_every_area_and_says_what_it_is(shipped):
    gazetteer = Gazetteer.load()
    assert shipped.indicative
    assert shipped.name == "indicative"
    for level in ("regency", "district", "village"):
        areas = shipped.areas(level)
        assert list(areas.columns) == ["code", "name", "area_km2", "geometry"]
        assert list(areas["code"]) == sorted(gazetteer.codes(level))
        assert list(areas["name"]) == [gazetteer.name_of(c) for c in areas["code"]]
        assert isinstance(areas.index, pd.RangeIndex)
        assert areas.crs == "EPSG:4326"
        assert areas.is_valid.all()
        assert not areas.has_z.any()


@pytest.mark.parametrize("kind", ["areas", "display"])
def test_levels_nest_without_gaps_or_overlaps(shipped, kind):
    tables = {level: getattr(shipped, kind)(level) for level in shipped.levels}
    whole = [shapely.area(t.geometry.to_numpy()).sum() for t in tables.values()]
    assert whole == pytest.approx([whole[0]] * 3)
    for table in tables.values():
        assert shapely.coverage_is_valid(table.geometry.to_numpy())
    fine, coarse = tables["village"], tables["district"].set_index("code").geometry
    inner = shapely.point_on_surface(fine.geometry.to_numpy())
    assert shapely.intersects(coarse[fine["code"].str[:8]].to_numpy(), inner).all()


def test_areas_are_copies(shipped):
    shipped.areas("district")["name"] = "x"
    assert (shipped.areas("district")["name"] != "x").all()


def test_a_layer_pickles(shipped):
    shipped.areas("regency")
    again = pickle.loads(pickle.dumps(shipped))
    assert again.version == shipped.version
    assert len(again.areas("district")) == 52


def test_version_is_of_the_content(shipped):
    areas = toy(grid())
    made = layer.make("a", areas, source="s", names={})
    again = layer.make("b", areas.sample(frac=1, random_state=1), source="t", names={})
    assert made.version == again.version
    areas.geometry = areas.translate(1e-9)
    assert layer.make("a", areas, source="s", names={}).version != made.version
    assert len(made.version) == 12


def test_a_level_that_is_not_there_is_said():
    made = layer.make("a", toy(grid(1), ["16.01.07"]), source="s", names={"16.01": "OKU"})
    assert made.levels == ("regency", "district")
    assert made.areas("regency")["name"].tolist() == ["OKU"]
    with pytest.raises(NotFoundError, match="no level village"):
        made.areas("village")
    with pytest.raises(InputError, match="no area"):
        layer.make("a", toy(grid(1)).iloc[:0], source="s", names={})


def test_area_is_on_the_ellipsoid():
    geod = pyproj.Geod(ellps="WGS84")
    box = grid(1, step=0.1)[0]
    expected = abs(geod.geometry_area_perimeter(box)[0]) / 1e6
    for shape in (box, box.reverse()):
        assert layer.area_km2(gpd.GeoSeries([shape])) == pytest.approx([expected])
    island = box.buffer(-0.01)
    ring = box.difference(island)
    parts = layer.area_km2(gpd.GeoSeries([ring, island]))
    assert parts.sum() == pytest.approx(expected)


def test_display_is_simpler(shipped):
    wiggles = [shapely.Point(x, -4).buffer(0.01, quad_segs=200) for x in (104, 104.1)]
    made = layer.make("a", toy(wiggles), source="s", names={})
    before = shapely.get_num_coordinates(made.areas("village").geometry.to_numpy()).sum()
    after = shapely.get_num_coordinates(made.display("village").geometry.to_numpy()).sum()
    assert after < before / 10
    assert made.display("village")["area_km2"].equals(made.areas("village")["area_km2"])


def test_slivers_are_closed_and_measured():
    shapes = grid()
    west, south, east, north = shapes[4].bounds
    shapes[4] = shapely.box(west + 20 * DEGREE, south - 10 * DEGREE, east, north)
    cleaned, repair, crossing, holes = coverage.clean(np.array(shapes), list("abcdefghi"), 50, "f")
    assert shapely.coverage_is_valid(cleaned)
    assert (repair.overlaps, repair.gaps, repair.kept_gaps) == (1, 1, 0)
    assert repair.overlap_km2 == pytest.approx(0.010 * 1.11, rel=0.05)
    assert repair.gap_km2 == pytest.approx(0.020 * 1.11, rel=0.05)
    assert repair.widest_m == pytest.approx(20, abs=1)
    assert len(crossing) == len(holes) == 1


def test_a_lake_between_areas_stays():
    shapes = grid()
    lake = shapes.pop(4)
    cleaned, repair, _, _ = coverage.clean(np.array(shapes), list("abcdefgh"), 50, "f")
    assert repair.kept_gaps == 1
    assert not shapely.intersects(shapely.union_all(cleaned), lake.centroid)


def test_wide_overlaps_go_to_the_first_as_points_are_counted():
    shapes = grid(2)
    west, south, east, north = shapes[0].bounds
    shapes[0] = shapely.box(west, south, east + 300 * DEGREE, north)
    cleaned, repair, _, _ = coverage.clean(np.array(shapes), list("abcd"), 50, "f")
    assert repair.wide_overlaps == 1
    assert cleaned[0].equals(shapes[0]) or cleaned[0].symmetric_difference(shapes[0]).area < 1e-12
    assert cleaned[2].intersection(cleaned[0]).area == 0


@given(st.lists(st.floats(-15, 15), min_size=18, max_size=18))
def test_cleaning_any_small_shifts_gives_a_coverage(shifts):
    shapes = [
        shapely.affinity.translate(box, dx * DEGREE, dy * DEGREE)
        for box, dx, dy in zip(grid(), shifts[::2], shifts[1::2], strict=True)
    ]
    cleaned, repair, _, _ = coverage.clean(np.array(shapes), list("abcdefghi"), 50, "f")
    assert shapely.coverage_is_valid(cleaned)
    assert repair.widest_m <= 50
    assert (shapely.area(cleaned) > 0).all()


def test_invalid_shapes_are_mended_and_empty_ones_stay_empty():
    bowtie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    far = shapely.Polygon([(0, 0), (np.inf, 1), (1, 0)])
    shapes = np.array([bowtie, None, shapely.Point(0, 0), far, grid(1)[0]], dtype=object)
    mended, bad = coverage.valid(shapes)
    assert bad.tolist() == [True, False, False, True, False]
    assert shapely.is_empty(mended).tolist() == [False, True, True, True, False]
    assert shapely.is_valid(mended).all()
    assert shapely.area(mended[0]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("written", "digits", "scheme", "level"),
    [
        ("16.08", "1608", None, "regency"),
        (1608, "1608", None, "regency"),
        (16.08, "1608", None, "regency"),
        ("ID1608", "1608", None, "regency"),
        ("16.08.01", "160801", "kemendagri", "district"),
        ("160801", "160801", "kemendagri", "district"),
        ("1608010", "1608010", "bps", "district"),
        (1608010.0, "1608010", "bps", "district"),
        ("ID1608010", "1608010", "bps", "district"),
        ("16.08.010", "1608010", "bps", "district"),
        ("16.08.01.2001", "1608012001", "kemendagri", "village"),
        ("16.08.010.001", "1608010001", "bps", "village"),
        (1608010001, "1608010001", None, "village"),
    ],
)
def test_codes_are_read_as_they_come(written, digits, scheme, level):
    code = schemes.parse(written)
    assert (code.digits, code.scheme, code.level) == (digits, scheme, level)


@pytest.mark.parametrize("value", [None, float("nan"), "", "IDN.31.1_1", "Martapura", "16", True])
def test_what_is_no_code_is_none(value):
    assert schemes.parse(value) is None


@given(st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none()))
def test_any_value_can_be_asked_whether_it_is_a_code(value):
    code = schemes.parse(value)
    assert code is None or code.digits.isdigit()


def test_the_regencies_swap():
    timur, selatan = schemes.parse("1609010"), schemes.parse("1608010")
    assert timur.regency("bps") == "16.08"
    assert selatan.regency("bps") == "16.09"
    assert timur.regency("kemendagri") == "16.09"
    assert schemes.parse("1601").regency("bps") == "16.01"
    assert schemes.parse("1608012001").kemendagri() == "16.08.01.2001"


@pytest.mark.parametrize(
    "written",
    ["Madang Suku II", "MADANGSUKUII", "KEC. MADANG SUKU 2", "MadangSukuII", "madang suku ii"],
)
def test_names_are_matched_however_written(written):
    names = Names(Gazetteer.load(), "district", ["16.08"])
    assert names.codes(naming.key(written)) == ["16.08.06"]


def test_regencies_are_matched_in_short():
    names = Names(Gazetteer.load(), "regency", ["16.01", "16.08", "16.09"])
    for written in ("OKU Timur", "OKUT", "Kab. Ogan Komering Ulu Timur", "OGANKOMERINGULUTIMUR"):
        assert names.codes(naming.key(written)) == ["16.08"]
    assert names.codes(naming.key("OKU")) == ["16.01"]
    assert names.codes(naming.key("Ogan Komering Ilir")) == []
    assert names.alike(naming.key("Ogan Komering Ilir")) == []


def test_alike_names_have_to_be_clearly_alike():
    names = Names(Gazetteer.load(), "district", ["16.08"])
    assert names.alike(naming.key("Buay Pemuka Peliyung")) == ["16.08.05"]
    assert names.alike(naming.key("Belitang IV")) == []
    assert names.alike(naming.key("Palembang")) == []


SERVED = (103.0, -5.5, 105.5, -3.3)


def utm(bounds, crs):
    return pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform_bounds(*bounds)


def test_a_right_reference_system_is_taken():
    inside = (103.5, -5.0, 105.0, -3.7)
    for crs in ("EPSG:4326", "EPSG:32748", "EPSG:3857", "EPSG:4238", "EPSG:23834"):
        system = pyproj.CRS(crs)
        assert projection.judge(system, utm(inside, crs), SERVED, "f") == system
    indonesia = (95.0, -11.0, 141.0, 6.0)
    projection.judge(pyproj.CRS("EPSG:4326"), indonesia, SERVED, "f")


@pytest.mark.parametrize(
    ("stated", "real", "said"),
    [
        (None, "EPSG:32748", r"give --crs EPSG:32748"),
        (None, "EPSG:4326", r"give --crs EPSG:4326"),
        ("EPSG:32648", "EPSG:32748", r"far from the areas served.*EPSG:32748"),
        ("EPSG:32749", "EPSG:32748", r"EPSG:32748"),
        ("EPSG:4326", "EPSG:32748", r"EPSG:32748"),
        ("EPSG:32748", "EPSG:4326", r"numbers are degrees"),
    ],
)
def test_a_missing_or_lying_reference_system_is_asked_for(stated, real, said):
    bounds = utm((103.5, -5.0, 105.0, -3.7), real)
    with pytest.raises(InputError, match=said):
        projection.judge(pyproj.CRS(stated) if stated else None, bounds, SERVED, "f")


def test_swapped_axes_and_nonsense_are_said():
    with pytest.raises(InputError, match="swapped"):
        projection.judge(pyproj.CRS(4326), (-5.0, 103.5, -3.7, 105.0), SERVED, "f")
    with pytest.raises(InputError, match="no numbers"):
        projection.judge(pyproj.CRS(4326), (np.nan,) * 4, SERVED, "f")
    with pytest.raises(InputError, match="like EPSG:32748"):
        projection.parse("lorem")


def test_a_datum_is_shifted():
    """Indonesian Datum 1974 to WGS 84 is some tens of metres here (EPSG's own operation)."""
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(104, -4)], crs="EPSG:4238")
    moved, remark = projection.to_degrees(frame, pyproj.CRS("EPSG:4238"))
    assert 1 < moved.geometry[0].distance(shapely.Point(104, -4)) / DEGREE < 200
    assert remark == ""


def test_an_unknown_datum_is_said():
    bessel = pyproj.CRS("+proj=longlat +ellps=bessel +no_defs")
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(104, -4)], crs=bessel)
    _, remark = projection.to_degrees(frame, bessel)
    assert "no datum shift is known" in remark
