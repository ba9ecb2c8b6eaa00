"""What cleaning may change: nothing farther from a border than the tolerance; no gap in the map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_pora.boundaries import coverage, layer
from geo_pora.boundaries.coverage import Repair
from geo_pora.boundaries.report import MEANING, Findings, Report
from geo_pora.errors import InputError

DEGREE = 1 / 111_320
TOLERANCE_M = 50
few = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def patches(rng, count, width=0.06):
    """Crooked areas side by side: Voronoi cells with bends, in a square of some kilometres."""
    square = shapely.box(104, -4, 104 + width, -4 + width)
    centres = rng.uniform((104, -4), (104 + width, -4 + width), (count, 2))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=square)
    )
    cells = shapely.segmentize(shapely.intersection(cells, square), 0.004)
    return cells[shapely.area(cells) > (500 * DEGREE) ** 2]


def shaken(shapes, rng, metres):
    """Move every vertex of every area on its own, so that neighbours overlap and part."""
    return shapely.make_valid(
        np.array(
            [
                shapely.polygons(closed(shapely.get_coordinates(shape)[:-1], rng, metres))
                for shape in shapes
            ]
        )
    )


def closed(ring, rng, metres):
    moved = ring + rng.uniform(-metres, metres, ring.shape) * DEGREE
    return np.concatenate([moved, moved[:1]])


def located(shapes, points):
    """Lowest area that covers each point, -1 for none."""
    point, area = shapely.STRtree(shapes).query(points, predicate="covered_by")
    out = np.full(len(points), len(shapes))
    np.minimum.at(out, point, area)
    return np.where(out == len(shapes), -1, out)


@few
@given(st.integers(0, 10**6), st.integers(3, 25), st.floats(0, 20))
def test_only_points_near_a_border_change_their_area(seed, count, metres):
    rng = np.random.default_rng(seed)
    shapes = coverage.valid(shaken(patches(rng, count), rng, metres))[0]
    labels = [str(n) for n in range(len(shapes))]
    cleaned, repair, _, _ = coverage.clean(shapes, labels, TOLERANCE_M, "f")
    assert shapely.coverage_is_valid(cleaned)
    assert shapely.is_valid(cleaned).all()
    assert repair.widest_m <= TOLERANCE_M
    points = shapely.points(rng.uniform((104, -4), (104.06, -3.94), (3000, 2)))
    borders = shapely.union_all(shapely.boundary(shapes))
    sure = shapely.distance(points, borders) > TOLERANCE_M * DEGREE
    assert (located(shapes, points[sure]) == located(cleaned, points[sure])).all()
    # the ground that any area had stays ground of some area
    lost = shapely.difference(shapely.union_all(shapes), shapely.union_all(cleaned))
    assert coverage.km2(np.array([lost]))[0] < 1e-6
    gained = shapely.area(cleaned).sum() - shapely.union_all(shapes).area
    assert gained / DEGREE**2 / 1e6 <= repair.gap_km2 * 1.02 + 1e-6


@few
@given(st.integers(0, 10**6), st.integers(4, 40))
def test_the_map_has_no_gap_and_its_levels_share_their_lines(seed, count):
    rng = np.random.default_rng(seed)
    shapes = patches(rng, count, 0.4)
    shapes = shapely.coverage_clean(shapely.segmentize(shapes, 0.0005))
    codes = [f"16.01.{1 + n % 3:02d}.{2001 + n}" for n in range(len(shapes))]
    areas = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=list(shapes), crs=4326)
    made = layer.make("x", areas, source="", names={})
    finest = made.display("village").geometry.to_numpy()
    assert shapely.coverage_is_valid(finest)
    assert (shapely.area(finest) > 0).all()
    whole = shapely.union_all(finest)
    assert all(not part.interiors for part in shapely.get_parts(whole))
    for level in ("district", "regency"):
        shown = made.display(level)
        assert shapely.coverage_is_valid(shown.geometry.to_numpy())
        for code, shape in zip(shown["code"], shown.geometry, strict=True):
            children = finest[made.display("village")["code"].str.startswith(code)]
            assert shapely.union_all(children).symmetric_difference(shape).area < 1e-12
    # and counting never sees it
    assert shapely.area(made.areas("village").geometry.to_numpy()).sum() == pytest.approx(
        shapely.area(shapes).sum()
    )


def test_an_area_within_another_is_refused():
    shapes = np.array([shapely.box(104, -4, 105, -3), shapely.box(104.9, -3.9, 104.95, -3.8)])
    with pytest.raises(InputError, match=r"^f\.gpkg: b lies for the most part in a"):
        coverage.clean(shapes, ["a", "b"], TOLERANCE_M, "f.gpkg")


def test_every_kind_of_finding_is_in_the_table_with_its_place(tmp_path):
    findings = Findings()
    for number, kind in enumerate(MEANING):
        shape = shapely.box(104 + number, -4, 104.1 + number, -3.9) if number % 2 else None
        findings.add(kind, f"detail {number}", code="16.01", shape=shape)
    report = Report("f", "WGS 84", "", "village", {"village": 1}, Repair(), findings.table())
    report.save(tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv", dtype={"code": "str"})
    assert list(table.columns) == [
        *("kind", "meaning", "code", "km2", "detail", "longitude", "latitude")
    ]
    assert list(table["kind"]) == list(MEANING)
    assert (table["meaning"] == table["kind"].map(MEANING)).all()
    assert table["longitude"].notna().sum() == len(MEANING) // 2
    report.save(tmp_path / "a.geojson")
    places = gpd.read_file(tmp_path / "a.geojson")
    assert len(places) == len(MEANING) // 2
    assert places["km2"].between(100, 150).all()
