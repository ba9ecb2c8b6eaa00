"""The scan statistics: against brute force, and where the data are awkward."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_pora.errors import InputError
from geo_pora.hotspots import monte_carlo
from geo_pora.hotspots.monte_carlo import Spans, replica_maxima
from geo_pora.hotspots.power import critical_scan_count
from geo_pora.hotspots.scan import space_time_scan, spatial_scan
from geo_pora.hotspots.secondary import Window, ranked
from geo_pora.hotspots.zones import Zones, as_points

ROW = [(float(x), 0.0) for x in range(10)]


def ratio(c: float, e: float, total: float, rates: str) -> float:
    """Kulldorff's ratio, written down once more, for one window."""
    if not 0 < e < total or c == e:
        return 0.0
    if (rates == "high" and c < e) or (rates == "low" and c > e):
        return 0.0
    inside = c * math.log(c / e) if c else 0.0
    rest = total - c
    return inside + (rest * math.log(rest / (total - e)) if rest else 0.0)


def all_windows(zones: Zones, periods: int, spans: list[Spans]) -> list[tuple[list[int], int, int]]:
    times = [(start, start + s.length) for s in spans for start in s.starts]
    return [
        (list(zone.order[:size]), first, stop)
        for zone in zones
        for size in range(1, len(zone.order) + 1)
        for first, stop in times
    ]


def brute_force(
    counts: np.ndarray, expected: np.ndarray, windows: list[Any], rates: str, min_cases: int
) -> float:
    best = 0.0
    total = counts.sum()
    for members, first, stop in windows:
        c, e = counts[members, first:stop].sum(), expected[members, first:stop].sum()
        if not (c > e and c < min_cases):
            best = max(best, ratio(c, e, total, rates))
    return best


@pytest.mark.parametrize(
    ("rates", "periods", "seed"),
    list(itertools.product(["high", "low", "both"], [1, 4], [1, 2, 3])),
)
@pytest.mark.parametrize("counts", [4, 2**18])
def test_replicas_have_the_maximum_of_brute_force(
    monkeypatch: pytest.MonkeyPatch, rates: Any, periods: int, seed: int, counts: int
) -> None:
    monkeypatch.setattr(monte_carlo, "_COUNTS", counts)
    drawn: list[np.ndarray] = []
    simulate = monte_carlo._simulate

    def spy(*arguments: Any) -> np.ndarray:
        drawn.append(simulate(*arguments))
        return drawn[-1]

    monkeypatch.setattr(monte_carlo, "_simulate", spy)
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 20, (9, periods)).astype(float)
    total = int(rng.integers(4, 60))
    expected = weight * total / weight.sum()
    zones = Zones(rng.random((9, 2)), expected.sum(axis=1), 0.6)
    spans = [Spans(n, 0, periods - n) for n in range(1, max(2, periods))]
    maxima = replica_maxima(
        zones, expected, spans, total, rates=rates, min_cases=2, replicas=7, rng=rng
    )
    counts = np.concatenate(drawn, axis=-1).astype(int)
    counts = np.diff(counts, axis=1, prepend=0)
    windows = all_windows(zones, periods, spans)
    for r in range(7):
        assert counts[..., r].sum() == total
        want = brute_force(counts[..., r], expected, windows, rates, 2)
        assert maxima[r] == pytest.approx(want, abs=1e-9)


def test_batches_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    places, people = rng.random((40, 2)), rng.integers(1, 99, 40)
    cases = rng.poisson(people / 20)
    whole = spatial_scan(cases, people, places, replicas=99, seed=4).replica_llr
    monkeypatch.setattr(monte_carlo, "_BATCH_BYTES", 40_000)
    monkeypatch.setattr(monte_carlo, "_BLOCK_BYTES", 600)
    np.testing.assert_allclose(
        spatial_scan(cases, people, places, replicas=99, seed=4).replica_llr, whole, atol=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["high", "low", "both"]), st.booleans())
def test_the_first_cluster_is_the_maximum_and_the_rest_do_not_overlap(
    seed: int, rates: Any, alive: bool
) -> None:
    rng = np.random.default_rng(seed)
    n, periods = int(rng.integers(2, 9)), int(rng.integers(2, 5))
    places = rng.integers(0, 4, (n, 2)).astype(float)
    people = rng.integers(1, 30, (n, periods)).astype(float)
    cases = rng.poisson(people / 8)
    found = space_time_scan(cases, people, places, rates=rates, alive=alive, replicas=0).clusters
    if not cases.sum():
        assert found == ()
        return
    expected = people * cases.sum() / people.sum()
    distinct = list(dict.fromkeys(map(tuple, places)))
    where = [[i for i in range(n) if tuple(places[i]) == place] for place in distinct]
    pooled = np.array([expected[rows].sum(axis=0) for rows in where])
    counts = np.array([cases[rows].sum(axis=0) for rows in where])
    zones = Zones(np.array(distinct), pooled.sum(axis=1), 0.5)
    longest = max(1, periods // 2)
    spans = [Spans(k, periods - k if alive else 0, periods - k) for k in range(1, longest + 1)]
    want = brute_force(counts, pooled, all_windows(zones, periods, spans), rates, 2)
    if found:
        first = found[0]
        assert first.llr == pytest.approx(want, abs=1e-9)
        window = (list(first.members), slice(first.first_period, first.last_period + 1))
        assert cases[window].sum() == first.cases
        assert expected[window].sum() == pytest.approx(first.expected)
        assert not alive or first.last_period == periods - 1
    else:
        assert want < 0.001
    members = [m for c in found for m in c.members]
    assert len(members) == len(set(members))
    ratios = [round(c.llr, 9) for c in found]
    assert ratios == sorted(ratios, reverse=True)


@pytest.mark.parametrize("ratio", [3.0, 2175.0, 5e6])
def test_of_two_equal_ratios_the_smaller_circle_ranks_first_however_large_they_are(
    ratio: float,
) -> None:
    def window(centre: int, size: int, ratio: float) -> Window:
        members = np.arange(centre, centre + size, dtype=np.int32)
        return Window(centre, members, 0.0, 0, 0, 9, 1.0, ratio)

    large = window(0, 3, ratio * (1 + 1e-13))  # equal, but for the order of a sum
    small, next_small = window(5, 1, ratio), window(7, 1, ratio)
    below = window(4, 1, ratio * (1 - 1e-8))
    order = [w.centre for w in ranked([below, large, next_small, small])]
    assert order == [5, 7, 0, 4]


def test_cases_by_the_thousand_million_fit_in_the_machine() -> None:
    rng = np.random.default_rng(3)
    people = rng.integers(1000, 9000, 12)
    cases = rng.multinomial(3 * 10**9, people / people.sum())
    found = spatial_scan(cases, people, rng.random((12, 2)), replicas=99, seed=1)
    assert found.total_cases == 3 * 10**9
    assert 0 < found.replica_llr.min() <= found.replica_llr.max() < 20


def test_p_values_are_uniform_under_the_null_hypothesis() -> None:
    rng = np.random.default_rng(11)
    places, people = rng.random((25, 2)), rng.integers(50, 500, 25)
    p = []
    for _ in range(300):
        cases = rng.multinomial(60, people / people.sum())
        found = spatial_scan(cases, people, places, replicas=99, seed=rng)
        p.append(found.clusters[0].p_value if found.clusters else 1.0)
    for level in (0.05, 0.1, 0.5):
        share = float(np.mean(np.array(p) <= level))
        assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / 300)


def test_seed_decides_and_a_generator_goes_on() -> None:
    cases, people = [1, 2, 9, 8, 1, 0, 2, 1, 1, 2], [100] * 10
    one = spatial_scan(cases, people, ROW, replicas=99, seed=1)
    assert np.array_equal(
        one.replica_llr, spatial_scan(cases, people, ROW, replicas=99, seed=1).replica_llr
    )
    rng = np.random.default_rng(1)
    first = spatial_scan(cases, people, ROW, replicas=99, seed=rng).replica_llr
    second = spatial_scan(cases, people, ROW, replicas=99, seed=rng).replica_llr
    assert np.array_equal(one.replica_llr, first)
    assert not np.array_equal(first, second)


def test_ties_in_distance_enter_by_coordinates_and_places_enter_together() -> None:
    zones = Zones(as_points([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)], "plane"), np.ones(5), 1)
    assert zones.about(0).order.tolist() == [0, 2, 4, 3, 1]
    # b and c share a place: no window has one of them alone.
    found = spatial_scan(
        [0, 5, 0, 0, 0, 1], [9] * 6, [(0, 0), (3, 0), (3, 0), (7, 0), (9, 0), (12, 0)],
        ids=list("abcdef"), replicas=0,
    )  # fmt: skip
    assert found.clusters[0].members == ("b", "c")


def test_a_grid_of_decimals_has_the_circles_of_the_same_grid_in_whole_numbers() -> None:
    whole = np.array(list(itertools.product(range(6), range(6))), dtype=float)
    decimal = 104 + whole / 10  # 104.3 - 104.2 is less than 104.2 - 104.1
    for reach in (None, 1, 2):
        one = Zones(whole, np.ones(36), 1, reach)
        other = Zones(decimal, np.ones(36), 1, reach and reach / 10)
        for centre in range(36):
            assert one.about(centre).order.tolist() == other.about(centre).order.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_an_area_that_adds_nothing_to_a_cylinder_is_not_in_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, people = rng.random((20, 2)), rng.gamma(1, 100, (20, 3)) * (rng.random((20, 3)) < 0.8)
    cases = rng.poisson(4 * (people > 0))
    for found in space_time_scan(cases, people, places, rates="both", replicas=0).clusters:
        outermost = people[found.members[-1], found.first_period : found.last_period + 1]
        assert outermost.sum() > 0


def test_a_zone_stops_before_the_first_area_that_breaks_a_cap() -> None:
    people = [10.0, 1.0, 50.0, 1.0, 38.0]
    zones = Zones(as_points(ROW[:5], "plane"), np.array(people), 0.5)
    # From 0: 10, 11, then 61 of 100 is too many; the area behind it is not reached.
    assert zones.about(0).order.tolist() == [0, 1]
    assert zones.about(2).order.tolist() == [2]
    near = Zones(as_points(ROW[:5], "plane"), np.ones(5), 1.0, max_radius=1)
    assert near.about(2).order.tolist() == [2, 1, 3]


def test_all_areas_larger_than_the_cap_leave_nothing_to_report() -> None:
    found = spatial_scan([5, 1], [10, 10], ROW[:2], max_population=0.4, replicas=9)
    assert found.clusters == ()
    assert found.replica_llr.tolist() == [0.0] * 9


def test_places_without_population_are_part_of_circles_and_change_no_ratio() -> None:
    cases, people = [1, 2, 0, 9, 8, 1, 0, 2, 1, 1], [100, 100, 0, 100, 100, 100, 100, 100, 100, 100]
    found = spatial_scan(cases, people, ROW, replicas=0).clusters[0]
    without = spatial_scan(
        [c for c, n in zip(cases, people, strict=True) if n],
        [n for n in people if n],
        [p for p, n in zip(ROW, people, strict=True) if n],
        replicas=0,
    ).clusters[0]
    assert found.llr == pytest.approx(without.llr)
    assert 2 not in found.members  # nothing gained by it


def test_rows_of_one_area_are_added_up() -> None:
    found = spatial_scan(
        [4, 3, 1, 1, 0], [50, 50, 100, 100, 100], [ROW[0], ROW[0], ROW[1], ROW[2], ROW[3]],
        ids=["a", "a", "b", "c", "d"], replicas=0,
    )  # fmt: skip
    assert found.clusters[0].members == ("a",)
    assert (found.clusters[0].cases, found.clusters[0].population) == (7, 100)


def test_low_rates_and_both() -> None:
    cases, people = [9, 9, 0, 0, 9, 9, 9, 9, 9, 9], [100] * 10
    low = spatial_scan(cases, people, ROW, rates="low", replicas=99).clusters[0]
    assert (set(low.members), low.side, low.relative_risk) == ({2, 3}, "low", 0.0)
    assert spatial_scan(cases, people, ROW, rates="both", replicas=99).clusters[0].side == "low"
    high = spatial_scan(cases, people, ROW, replicas=0).clusters[0]
    assert (high.side, 2 in high.members) == ("high", False)


def test_secondary_criteria_hold_between_all_reported_clusters() -> None:
    rng = np.random.default_rng(8)
    places, people = rng.random((60, 2)), np.full(60, 50)
    cases = rng.poisson(2, 60)
    rules = {
        "no-overlap": lambda a, b: set(a.members).isdisjoint(b.members),
        "no-centres-in-other": lambda a, b: a.centre not in b.members and b.centre not in a.members,
        "no-centres-in-more-likely": lambda a, b: b.centre not in a.members,
        "no-centres-in-less-likely": lambda a, b: a.centre not in b.members,
        "no-pairs-of-centres": lambda a, b: a.centre not in b.members or b.centre not in a.members,
        "all": lambda a, b: True,
    }
    found = {
        name: spatial_scan(cases, people, places, secondary=name, replicas=0).clusters
        for name in rules
    }
    assert len({clusters[0].members for clusters in found.values()}) == 1
    for name, allowed in rules.items():
        pairs = list(itertools.combinations(found[name], 2))
        assert pairs
        assert all(allowed(a, b) for a, b in pairs), name
        broken = [allowed(a, b) for a, b in itertools.combinations(found["all"], 2)]
        assert name == "all" or not all(broken)
    assert len(found["all"]) == 60


def test_report_of_smaller_circles_keeps_the_test_over_all() -> None:
    cases, people = [6, 6, 6, 6, 0, 0, 1, 0, 1, 0], [100] * 10
    whole = spatial_scan(cases, people, ROW, replicas=99)
    small = spatial_scan(cases, people, ROW, replicas=99, max_reported_population=0.2)
    assert len(whole.clusters[0].members) == 4
    assert max(len(c.members) for c in small.clusters) == 2
    assert np.array_equal(whole.replica_llr, small.replica_llr)


def test_critical_value_parts_significant_ratios_from_others() -> None:
    cases, people = [1, 2, 9, 8, 1, 0, 2, 1, 1, 2], [100] * 10
    found = spatial_scan(cases, people, ROW, replicas=99)
    critical = found.critical_value(0.05)
    assert (found.replica_llr > critical).sum() == 4
    assert found.critical_value(0.001) == float("inf")
    count = critical_scan_count(2.7, 27, critical)
    assert (
        ratio(float(count), 2.7, 27, "high") > critical >= ratio(float(count) - 1, 2.7, 27, "high")
    )


def test_space_time_windows_follow_the_durations() -> None:
    cases = np.ones((4, 6), dtype=int)
    cases[1, 1:5] = 6
    people = [10] * 4
    longest = space_time_scan(cases, people, ROW[:4], replicas=0).clusters[0]
    assert longest.last_period - longest.first_period + 1 == 3
    named = space_time_scan(cases, people, ROW[:4], max_duration=4, replicas=0).clusters[0]
    assert (named.first_period, named.last_period, named.cases) == (1, 4, 24)
    always = space_time_scan(
        np.tile([[1], [9], [1], [1]], 6), people, ROW[:4], include_purely_spatial=True, replicas=0
    ).clusters[0]
    assert (always.first_period, always.last_period) == (0, 5)
    with pytest.raises(InputError, match="periods"):
        space_time_scan(cases[:, :1], people, ROW[:4])


def test_progress_grows_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    spatial_scan([3, 1, 1], [9, 9, 9], ROW[:3], replicas=9, progress=lambda *at: seen.append(at))
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cases": [1, 2]}, "do not fit"),
        ({"cases": [1.5, 2, 3]}, "row 1 .* not a whole number"),
        ({"cases": [1, -2, 3]}, "row 2 .* negative"),
        ({"cases": [1, float("nan"), 3]}, "row 2 .* missing"),
        ({"cases": ["x", "y", "z"]}, "cases are not all numbers"),
        ({"cases": [1, [2, 3], 4]}, "cases are not all numbers"),
        ({"cases": [1j, 2, 3]}, "cases are not all numbers"),
        ({"coordinates": [(0, 0), (1,), (2, 0)]}, "coordinates are not all numbers"),
        ({"distance": "projected", "projected_crs": "nowhere"}, "'nowhere' is no CRS"),
        ({"distance": "projected", "projected_crs": "EPSG:4326"}, "in degrees"),
        ({"max_reported_population": 0}, "over 0"),
        ({"min_cases": -1}, "whole number of 0 or more"),
        ({"replicas": 9.5}, "whole number of 0 or more"),
        ({"seed": -1}, "whole number of 0 or more"),
        ({"population": [5, 0, 5]}, "area 1 has 2 cases but no population"),
        ({"population": [5, float("inf"), 5]}, "row 2"),
        ({"coordinates": [(0, 0), (1, float("nan")), (2, 0)]}, "row 2 .* no coordinates"),
        ({"coordinates": [(0, 0, 0)] * 3}, "shape"),
        ({"coordinates": [(0, 0), (0, 95), (2, 0)], "distance": "great-circle"}, "row 2"),
        ({"ids": ["a", "a", "b"]}, "another place"),
        ({"distance": "taxicab"}, "not a distance"),
        ({"rates": "middle"}, "high, low or both"),
        ({"max_population": 0}, "over 0"),
        ({"max_population": 1.2}, "at most 1"),
        ({"max_radius": -1}, "radius"),
        ({"secondary": "best"}, "no-overlap"),
        ({"replicas": -1}, "replicas"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(change: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {
        "cases": [1, 2, 3], "population": [5, 5, 5], "coordinates": ROW[:3],
    } | change  # fmt: skip
    with pytest.raises(InputError, match=words):
        spatial_scan(**arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_duration": 2.5}, "no share"),
        ({"max_duration": float("nan")}, "no share"),
        ({"max_duration": 0}, "windows of 1 to 0 of 4 periods"),
        ({"min_duration": 1.5}, "whole number of 1 or more"),
        ({"min_duration": 3, "max_duration": 2}, "at least the shortest"),
        ({"cases": [1, 2, 3]}, "a column per period"),
        ({"population": np.ones((4, 3))}, "do not fit"),
    ],
)
def test_bad_times_are_refused_in_one_sentence(change: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {
        "cases": np.ones((3, 4)), "population": [5, 5, 5], "coordinates": ROW[:3],
    } | change  # fmt: skip
    with pytest.raises(InputError, match=words):
        space_time_scan(**arguments)


def test_no_cases_and_no_rows() -> None:
    assert spatial_scan([0, 0], [5, 5], ROW[:2]).clusters == ()
    with pytest.raises(InputError, match="no areas"):
        spatial_scan([], [], np.zeros((0, 2)))
