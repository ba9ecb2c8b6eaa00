"""The point index against GEOS: the same row for every point, however mean."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import synthetic_country
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from geo_pora.errors import InputError
from geo_pora.locator import Locator


def layer(*geometries, crs=4326):
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(list(geometries), crs=crs))


def geos(areas, x, y):
    """The lowest row that covers each point, area by area."""
    out = np.full(len(x), -1, np.int32)
    geometries = shapely.from_wkb(shapely.to_wkb(np.asarray(areas.geometry.values)))
    bounds = shapely.bounds(geometries)
    for row in reversed(range(len(geometries))):
        if shapely.is_missing(geometries[row]) or shapely.is_empty(geometries[row]):
            continue
        # the first answer of a prepared area is worked out differently: see locator.geos
        shapely.intersects_xy(geometries[row], *shapely.get_coordinates(geometries[row])[0])
        west, south, east, north = bounds[row]
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        out[near[shapely.intersects_xy(geometries[row], x[near], y[near])]] = row
    return out


def neighbours(x, y):
    """The points, and the eight next representable points around each."""
    xs = [x, np.nextafter(x, -np.inf), np.nextafter(x, np.inf)]
    ys = [y, np.nextafter(y, -np.inf), np.nextafter(y, np.inf)]
    pairs = [(a, b) for a in xs for b in ys]
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def mean_points(areas, locator, rng, count):
    """Vertices, points on edges, and points on the lines of the locator's own grid."""
    xy = np.concatenate([shapely.get_coordinates(areas.geometry), [[0, 0], [1, 1]]])
    start = rng.integers(0, len(xy) - 1, count)
    share = rng.choice([0, 0.5, 0.25, 1 / 3, 0.9, 1], count)[:, None]
    on_edge = xy[start] + share * (xy[start + 1] - xy[start])
    parts = [xy, on_edge]
    if locator._lookup is not None:
        grid = locator._lookup._tables.grid
        for level in range(grid.depth + 1):
            side = grid.steps(level) / grid.scale
            corner = np.array([grid.x0, grid.y0])
            line = np.round((on_edge - corner) / side) * side + corner
            parts += [line, np.column_stack([line[:, 0], on_edge[:, 1]])]
            parts += [np.column_stack([on_edge[:, 0], line[:, 1]])]
            cell = np.floor((on_edge - corner) / side)
            parts += [np.column_stack(grid.inner(cell[:, 0], cell[:, 1], level))]
    return neighbours(*np.concatenate(parts).T)


def check(areas, x, y, locator=None):
    locator = Locator(areas) if locator is None else locator
    found = locator.locate(x, y)
    assert found.dtype == np.int32
    wrong = np.flatnonzero(found != geos(areas, x, y))
    assert not len(wrong), [(x[i], y[i], found[i]) for i in wrong[:3]]


# ------------------------------------------------------------------ whatever the layer


coordinate = st.integers(0, 12).map(lambda n: n / 4)
corners = st.tuples(coordinate, coordinate)


@st.composite
def area(draw):
    kinds = ["box", "triangle", "star", "crossed", "holed", "multi", "overlap", "sliver"]
    kind = draw(st.sampled_from(kinds))
    if kind == "triangle":
        return Polygon([draw(corners) for _ in range(3)])
    if kind in ("star", "crossed"):
        crossed = Polygon([draw(corners) for _ in range(draw(st.integers(4, 9)))])
        return crossed if kind == "crossed" else crossed.buffer(0)
    if kind == "sliver":
        (x, y), (u, v) = draw(corners), draw(corners)
        return Polygon([(x, y), (u, v), (u, v + draw(st.sampled_from([1e-6, 1e-12, 1e-15])))])
    west, south = draw(corners)
    width, height = draw(coordinate) + 0.25, draw(coordinate) + 0.25
    outer = box(west, south, west + width, south + height)
    if kind == "holed":
        inner = box(west, south + height / 4, west + width / 2, south + height / 2)
        return outer.difference(inner)
    if kind == "overlap":
        return MultiPolygon([outer, Polygon([draw(corners) for _ in range(3)])])
    if kind == "multi":
        return MultiPolygon([outer, box(west + width, south + height, west + 9, south + 9.5)])
    return outer


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(area(), min_size=1, max_size=8),
    st.sampled_from([1, 1e-7, 0.1, 1e7]),
    st.sampled_from([0, 103.7, -4.2, 1e6]),
    st.integers(0, 2**32 - 1),
)
def test_agrees_with_geos_on_any_layer(areas, scale, shift, seed):
    moved = [shapely.transform(a, lambda xy: xy * scale + shift) for a in areas]
    areas = layer(*moved)
    locator, rng = Locator(areas), np.random.default_rng(seed)
    check(areas, *mean_points(areas, locator, rng, 30), locator)
    x, y = rng.uniform(-1, 13, (2, 300)) * scale + shift
    check(areas, x, y, locator)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_geos_on_coverages(seed):
    rng = np.random.default_rng(seed)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1, (60, 2))))
    areas = layer(*cells.geoms)
    locator = Locator(areas)
    check(areas, *mean_points(areas, locator, rng, 2000), locator)


def test_agrees_with_geos_on_areas_that_cross_each_other():
    rng = np.random.default_rng(4)
    centres = shapely.points(rng.uniform(0, 1, (40, 2)))
    areas = layer(*shapely.buffer(centres, rng.uniform(0.001, 0.7, 40)))
    locator = Locator(areas)
    check(areas, *rng.uniform(-0.5, 1.5, (2, 20_000)), locator)
    check(areas, *mean_points(areas, locator, rng, 500), locator)


def test_a_stack_of_equal_areas_gives_the_lowest():
    areas = layer(*[Point(104, -4).buffer(0.1, quad_segs=30)] * 40)
    locator = Locator(areas)
    rng = np.random.default_rng(5)
    x, y = rng.uniform(103.8, 104.2, 5000), rng.uniform(-4.2, -3.8, 5000)
    check(areas, x, y, locator)
    assert set(np.unique(locator.locate(x, y))) == {-1, 0}


def test_areas_that_no_division_parts_stay_small():
    """Two hundred slivers on one line, and a hundred needles with one tip."""
    slivers = [Polygon([(0, y), (1, y), (1, y + 1e-9)]) for y in np.arange(200) * 1e-9]
    needles = [Polygon([(0, 0), (1, 1 + i * 1e-12), (1, 1 - 1e-12)]) for i in range(100)]
    rng = np.random.default_rng(7)
    for areas in (layer(*slivers), layer(*needles)):
        locator = Locator(areas)
        assert locator.nbytes < 16e6
        check(areas, *mean_points(areas, locator, rng, 40), locator)


def test_areas_of_very_different_size():
    tiny = [box(104 + i * 1e-7, -4, 104 + i * 1e-7 + 1e-7, -4 + 1e-7) for i in range(30)]
    areas = layer(*tiny, box(103, -5, 105, -3), box(0, 0, 1e-9, 1e-9), Point(104, -4).buffer(90))
    locator, rng = Locator(areas), np.random.default_rng(6)
    check(areas, *mean_points(areas, locator, rng, 500), locator)
    check(areas, 104 + rng.uniform(-1e-6, 4e-6, 5000), -4 + rng.uniform(-1e-6, 1e-6, 5000), locator)
    check(areas, *rng.uniform(-180, 180, (2, 5000)), locator)


def test_what_is_no_valid_polygon():
    bowtie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    overlapping = MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)])
    flat = Polygon([(0, 2.5), (3, 2.5), (0, 2.5), (0, 2.5)])
    outside = Polygon(box(0, 4, 1, 5).exterior, [box(0.5, 4.5, 2, 4.75).exterior])
    twice = MultiPolygon([box(3, 4, 4, 5), box(3, 4, 4, 5)])
    spot = Polygon([(4.5, 4.5)] * 4)
    collection = shapely.from_wkt("GEOMETRYCOLLECTION(POLYGON((0 3,1 3,1 4,0 3)),POINT(2 2))")
    areas = layer(
        None, Polygon(), bowtie, overlapping, flat, LineString([(0, 0), (3, 1)]), Point(2.5, 0.5),
        collection, outside, twice, spot, box(-1, -1, 0.5, 0.5), MultiPolygon(),
        box(0.25, 0.25, 4, 4),
    )  # fmt: skip
    locator, rng = Locator(areas), np.random.default_rng(7)
    check(areas, *mean_points(areas, locator, rng, 500), locator)
    check(areas, *rng.integers(-8, 24, (2, 3000)) / 4, locator)
    for row in range(2, len(areas)):
        alone = areas.iloc[[row]]
        check(alone, *rng.integers(-8, 24, (2, 3000)) / 4)
        check(alone, *rng.uniform(-1, 6, (2, 3000)))


def test_coordinates_beyond_all_measure():
    huge = box(-1e200, -1e200, 1e200, 1e200)
    with np.errstate(invalid="ignore"):
        endless = shapely.polygons([(0, 0), (np.inf, 0), (1, 1), (0, 0)])
        lost = shapely.polygons([(5, 5), (np.nan, 6), (6, 6), (5, 5)])
    areas = layer(box(0, 0, 1, 1), lost, endless, huge)
    locator = Locator(areas)
    assert locator.locate([0.5, 5, 1e300, 9], [0.5, -7, -1e300, 0]).tolist() == [0, 3, -1, 2]
    assert Locator(layer(box(0, 0, 1e-300, 1e-300))).locate([0, 1e-300, 1], [0, 0, 0]).tolist() == [
        0, 0, -1,
    ]  # fmt: skip


def test_heights_and_measures_do_not_matter():
    flat = box(0, 0, 1, 1)
    areas = layer(shapely.force_3d(flat, 7.0))
    check(areas, *np.random.default_rng(0).uniform(-1, 2, (2, 500)))


def test_batches_and_slices_join_without_a_seam(monkeypatch):
    from geo_pora.locator import index, lookup

    rng = np.random.default_rng(8)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1, (60, 2))))
    areas = layer(*cells.geoms)
    locator = Locator(areas)
    x, y = mean_points(areas, locator, rng, 200)
    whole = locator.locate(x, y)
    monkeypatch.setattr(index, "BATCH", 1000)
    monkeypatch.setattr(lookup, "_SLICE", 300)
    monkeypatch.setattr(lookup, "_PAIRS", 50)
    assert (locator.locate(x, y) == whole).all()


def test_limits_of_the_grid_do_not_change_the_answer(monkeypatch):
    from geo_pora.locator import grid, levels

    rng = np.random.default_rng(9)
    areas = layer(*shapely.buffer(shapely.points(rng.uniform(0, 1, (30, 2))), 0.1))
    x, y = rng.uniform(-0.1, 1.1, (2, 20_000))
    for module, name, value in [
        (grid, "_DEEPEST", 0), (grid, "_DEEPEST", 1), (grid, "_LONGEST", 4),
        (levels, "_DIVIDED", 10), (levels, "_CROWDED", 1), (levels, "_EDGES_AGAIN", 50),
        (levels, "_SLICE", 7),
    ]:  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            check(areas, x, y, Locator(areas))


def test_a_country_of_eighty_thousand_villages():
    areas = synthetic_country.villages(bends=1)
    assert len(areas) == 80_000
    assert areas.code.is_unique
    assert areas.code.str[:8].nunique() == 7_000
    assert areas.code.str[:5].nunique() == 514
    locator = Locator(areas)
    assert locator.nbytes < 400e6
    x, y = synthetic_country.points(areas, 10_000_000)
    found = locator.locate(x, y)
    sample = slice(None, None, 50)
    polygons = np.asarray(areas.geometry.values)
    tree = shapely.STRtree(polygons)
    point, row = tree.query(shapely.points(x[sample], y[sample]), predicate="intersects")
    expected = np.full(len(x[sample]), len(areas))
    np.minimum.at(expected, point, row)
    expected[expected == len(areas)] = -1
    assert (found[sample] == expected).all()
    corners = shapely.get_coordinates(polygons[:300])
    expected = [row.min() for row in (tree.query(p, "intersects") for p in shapely.points(corners))]
    assert locator.locate(*corners.T).tolist() == expected


def test_the_synthetic_country_is_a_valid_coverage():
    areas = synthetic_country.villages(share=0.05)
    assert shapely.is_valid(np.asarray(areas.geometry.values)).all()
    assert shapely.coverage_is_valid(np.asarray(areas.geometry.values))


# ------------------------------------------------------------------ real villages


@pytest.fixture(scope="module")
def villages(shared):
    return gpd.read_file(shared / "boundaries" / "villages.geojson")


@pytest.fixture(scope="module")
def locator(villages):
    return Locator(villages)


def test_villages_everywhere(villages, locator):
    rng = np.random.default_rng(10)
    west, south, east, north = villages.total_bounds
    x, y = rng.uniform(west - 0.1, east + 0.1, 300_000), rng.uniform(south, north, 300_000)
    check(villages, x, y, locator)
    check(villages, np.round(x, 3), np.round(y, 3), locator)


def test_villages_on_and_beside_their_borders(villages, locator):
    x, y = mean_points(villages, locator, np.random.default_rng(11), 3000)
    check(villages, x, y, locator)
    xy = shapely.get_coordinates(villages.geometry)
    check(villages, *(xy[:-1] + xy[1:]).T / 2, locator)


def test_districts_of_villages(villages):
    districts = villages.dissolve(villages.kode.str[:8])
    locator, rng = Locator(districts), np.random.default_rng(12)
    check(districts, *mean_points(districts, locator, rng, 2000), locator)


def test_index_is_small_and_its_pickle_smaller(locator):
    assert locator.nbytes < 64e6
    dumped = pickle.dumps(locator)
    assert len(dumped) < 1e6
    x, y = np.random.default_rng(13).uniform([[103.4], [-4.9]], [[104.9], [-3.6]], (2, 20_000))
    assert (pickle.loads(dumped).locate(x, y) == locator.locate(x, y)).all()


def test_threads_share_one_locator(villages, locator):
    rng = np.random.default_rng(14)
    xy = shapely.get_coordinates(villages.geometry)
    x, y = (xy[rng.integers(0, len(xy), 40_000)] + rng.choice([0, 1e-3], (40_000, 2))).T
    expected, near = locator.locate(x, y), locator.nearest(x[:500], y[:500], 100)
    gate = threading.Barrier(4)

    def work(_):
        gate.wait()
        return locator.locate(x, y), locator.nearest(x[:500], y[:500], 100)

    with ThreadPoolExecutor(4) as pool:
        for found, found_near in pool.map(work, range(4)):
            assert (found == expected).all()
            assert (found_near == near).all()


def test_the_callers_geometries_stay_as_they_are(villages):
    mine = villages.geometry.values
    Locator(villages)
    assert not shapely.is_prepared(np.asarray(mine)).any()


# ------------------------------------------------------------------ what comes in


@pytest.fixture(scope="module")
def squares():
    return Locator(layer(box(0, 0, 2, 2), box(1, 1, 3, 3), box(5, 5, 6, 6)))


def test_points_that_are_not_finite_are_nowhere(squares):
    x = [np.nan, 1, np.nan, np.inf, -np.inf, 1, 1, 1e308, -1e308]
    y = [1, np.nan, np.nan, 1, 1, np.inf, -np.inf, 1e308, 1]
    assert squares.locate(x, y).tolist() == [-1] * 9
    assert squares.nearest(x, y, 10).tolist() == [-1] * 9


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int8, np.int64, np.uint16, object])
def test_any_kind_of_number(squares, kind):
    x = np.array([0, 1, 3, 4, 5], dtype=kind)
    assert squares.locate(x, x).tolist() == [0, 0, 1, -1, 2]


def test_any_kind_of_array(squares):
    x = np.arange(12.0).reshape(3, 4)[:, ::-2]
    assert squares.locate(x, x).tolist() == squares.locate(x.copy(), x.copy()).tolist()
    assert squares.locate(x, x).shape == x.shape
    assert squares.locate(x.T, 1.0).shape == x.T.shape
    frozen = np.array([1.0, 5.5])
    frozen.flags.writeable = False
    assert squares.locate(frozen, frozen).tolist() == [0, 2]
    swapped = frozen.astype(">f8")
    assert squares.locate(swapped, swapped).tolist() == [0, 2]
    series = pd.Series([1, None, 5], dtype="Float64", index=[9, 8, 7])
    assert squares.locate(series, series).tolist() == [0, -1, 2]
    masked = np.ma.masked_array([1, 1, 5], [False, True, False])
    assert squares.locate(masked, masked).tolist() == [0, -1, 2]


def test_one_point_and_none(squares):
    assert int(squares.locate(1.5, 1.5)) == 0
    assert squares.locate(1.5, 1.5).shape == ()
    assert squares.locate([], []).shape == (0,)
    assert squares.locate(np.empty((0, 3)), np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2], [1, 2, 3]), (["a"], [1]), ([{}], [1]), ([1j], [1]), ([[1], [1, 2]], 1)]
)
def test_what_are_no_coordinates(squares, x, y):
    with pytest.raises(InputError):
        squares.locate(x, y)


@pytest.mark.parametrize("areas", [[], [None], [Polygon()], [None, Polygon(), MultiPolygon()]])
def test_layers_without_an_area(areas):
    locator = Locator(layer(*areas))
    assert locator.locate([0, np.nan], [0, 1]).tolist() == [-1, -1]
    assert locator.nearest([0, np.nan], [0, 1], 100).tolist() == [-1, -1]
    assert pickle.loads(pickle.dumps(locator)).locate(0, 0) == -1
    assert locator.nbytes == 0


def test_a_table_without_geometry():
    with pytest.raises(InputError, match="geometry"):
        Locator(pd.DataFrame({"code": ["16.01"]}))
    with pytest.raises(InputError, match="geometry"):
        Locator(gpd.GeoDataFrame({"code": ["16.01"]}))


def test_rows_count_not_labels():
    areas = layer(box(0, 0, 1, 1), box(1, 0, 2, 1))
    areas.index = [70, 7]
    assert Locator(areas).locate([0.5, 1.5], [0.5, 0.5]).tolist() == [0, 1]


# ------------------------------------------------------------------ near


def test_nearest_of_two_areas_beside_a_gap():
    # 0.001 degrees of longitude at 4 degrees south are 111.05 m
    locator = Locator(layer(box(104, -5, 104.1, -3), box(104.101, -5, 104.2, -3)))
    x = [104.1003, 104.1007, 104.1005, 104.05, 104.2004, 104.3]
    assert locator.nearest(x, -4, 50).tolist() == [0, 1, -1, 0, 1, -1]
    assert locator.nearest(x, -4, 56).tolist()[2] in (0, 1)
    assert locator.nearest(x, -4, 0).tolist() == [-1, -1, -1, 0, -1, -1]


def test_nearest_scales_degrees_at_the_latitude_of_the_point():
    # at 60 degrees a degree of longitude is half as long: north is farther than east
    locator = Locator(layer(box(0, 60.001, 1, 61), box(1.0015, 59, 2, 60.0005)))
    assert locator.nearest([1.0], [60.0], 90).tolist() == [1]
    _, row, metres = locator.candidates([1.0], [60.0], 120)
    assert row.tolist() == [1, 0]
    assert metres == pytest.approx([83.7, 111.4], abs=0.1)


def test_nearest_in_metres():
    locator = Locator(layer(box(0, 0, 10, 10), box(20, 0, 30, 10), crs=32748))
    assert locator.nearest([13, 16, 15, 40], [5, 5, 5, 5], 6).tolist() == [0, 1, 0, -1]
    point, row, metres = locator.candidates([15, 5, np.nan], [5, 5, 5], 15)
    assert point.tolist() == [0, 0, 1, 1]
    assert row.tolist() == [0, 1, 0, 1]
    assert metres.tolist() == [5, 5, 0, 15]
    again = pickle.loads(pickle.dumps(locator))
    assert again.nearest([13], [5], 6).tolist() == [0]


def test_candidates_begin_with_the_areas_that_cover_the_point(villages, locator):
    rng = np.random.default_rng(15)
    west, south, east, north = villages.total_bounds
    x, y = rng.uniform(west, east, 3000), rng.uniform(south, north, 3000)
    point, row, metres = locator.candidates(x, y, 40)
    first = np.flatnonzero(np.diff(point, prepend=-1))
    covered = locator.locate(x, y)
    inside = metres[first] == 0
    assert (row[first][inside] == covered[point[first][inside]]).all()
    assert set(np.flatnonzero(covered >= 0)) == set(point[first][inside])
    nearest = locator.nearest(x, y, 40)
    assert (nearest[point[first]] == row[first]).all()
    # against the projected plane of UTM zone 48S, whose scale is right to 1 in 1,000 here
    plane = villages.to_crs(32748).geometry.values
    points = gpd.GeoSeries(gpd.points_from_xy(x[point], y[point]), crs=4326).to_crs(32748)
    truth = shapely.distance(plane[row], points.values)
    assert np.abs(metres - truth).max() < 0.1


@pytest.mark.parametrize("distance", [-1, np.nan, np.inf])
def test_what_is_no_distance(squares, distance):
    with pytest.raises(InputError, match="distance"):
        squares.nearest([1], [1], distance)
