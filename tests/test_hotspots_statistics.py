"""Local G, Moran, trends, rates and clusters: against other programs and definitions."""

from __future__ import annotations

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from scipy import sparse, stats
from scipy.spatial.distance import cdist
from shapely.geometry import box
from sklearn.cluster import DBSCAN

from geo_pora.errors import InputError
from geo_pora.hotspots import expected, getis_ord, kendall, moran, power, rates, trend, weights
from geo_pora.hotspots.clusters import st_dbscan
from geo_pora.hotspots.multiple_testing import benjamini_hochberg, spot_classes

SQUARES = gpd.GeoDataFrame(
    geometry=[box(x, y, x + 1, y + 1) for y in range(4) for x in range(5)], crs="EPSG:32748"
)


def grid() -> weights.Weights:
    return weights.contiguity(SQUARES, tolerance_m=0.01)


# --- weights


def test_contiguity_bridges_slivers_and_overlaps_but_no_wider_gap() -> None:
    row = gpd.GeoDataFrame(
        geometry=[box(0, 0, 100, 100), box(101, 0, 200, 100), box(199, 0, 300, 100),
                  box(360, 0, 400, 100)],
        crs="EPSG:32748",
    )  # fmt: skip
    near = weights.contiguity(row, tolerance_m=50).toarray()
    assert near.tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    with pytest.raises(InputError, match="CRS"):
        weights.contiguity(row.set_crs(None, allow_override=True))


def test_distance_bands_reach_exactly_as_far_as_they_say() -> None:
    assert weights.distance_band([(0, 0), (3, 4)], 5).nnz == 2
    assert weights.distance_band([(0, 0), (3, 4)], 4.999).nnz == 0
    quarter = 6367 * np.pi / 2
    poles = [(0, 0), (0, 90)]
    assert weights.distance_band(poles, quarter + 0.001, "great-circle").nnz == 2
    assert weights.distance_band(poles, quarter - 0.001, "great-circle").nnz == 0
    metres = [(104.0, -4.0), (104.0, -4.009)]  # about 995 m of latitude
    assert weights.distance_band(metres, 1000, "projected").nnz == 2
    assert weights.distance_band(metres, 990, "projected").nnz == 0


def test_nearest_neighbours_are_k_without_the_area_itself_even_at_one_place() -> None:
    near = weights.k_nearest([(0, 0), (0, 0), (1, 0), (5, 0)], 2)
    assert np.diff(near.indptr).tolist() == [2, 2, 2, 2]
    assert near.diagonal().sum() == 0
    with pytest.raises(InputError):
        weights.k_nearest([(0, 0), (1, 1)], 2)


def test_weights_of_any_kind_are_one_binary_matrix() -> None:
    near = grid()
    graph = Graph.build_contiguity(SQUARES, rook=False)
    kinds = [near.toarray(), near.tocoo(), graph, graph.to_W(), weights.row_standardised(near),
             near + sparse.eye_array(20)]  # fmt: skip
    for kind in kinds:
        assert (weights.as_binary(kind) != near).nnz == 0
    with pytest.raises(InputError, match="binary"):
        weights.as_binary([[0, 1, 0.5], [1, 0, 0], [0, 0, 0]])
    with pytest.raises(InputError, match="square"):
        weights.as_binary([[0, 1]])


# --- local G


def test_gi_star_agrees_with_esda_on_binary_weights() -> None:
    import esda

    rng = np.random.default_rng(2)
    values = rng.gamma(2, 3, 20)
    graph = Graph.build_contiguity(SQUARES, rook=False).to_W()
    for star, ours in ((True, getis_ord.gi_star), (False, getis_ord.gi)):
        theirs = esda.G_Local(values, graph, transform="B", star=star, permutations=0)
        found = ours(values, grid())
        np.testing.assert_allclose(found.z, theirs.Zs, atol=1e-10)
        np.testing.assert_allclose(found.p, 2 * stats.norm.sf(np.abs(theirs.Zs)), atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 1e4), st.floats(-1e3, 1e3))
def test_gi_star_knows_no_unit_and_flips_with_the_sign(
    seed: int, scale: float, shift: float
) -> None:
    values = np.random.default_rng(seed).poisson(3, 20).astype(float)
    if np.ptp(values) == 0:
        return
    one, other = (
        getis_ord.gi_star(values, grid()),
        getis_ord.gi_star(scale * values + shift, grid()),
    )
    np.testing.assert_allclose(one.z, other.z, atol=1e-6)
    np.testing.assert_allclose(getis_ord.gi_star(-values, grid()).z, -one.z, atol=1e-9)


def test_space_time_gi_star_is_gi_star_of_the_expanded_neighbours() -> None:
    values = np.random.default_rng(3).poisson(4, (20, 3)).astype(float)
    found = getis_ord.space_time_gi_star(values, grid(), lags=1)
    assert found.z.shape == (20, 3)
    near = grid().toarray() + np.eye(20)
    flat = values.T.ravel()
    whole = np.zeros((60, 60))
    for t, s in itertools.product(range(3), repeat=2):
        if 0 <= t - s <= 1:
            whole[20 * t : 20 * t + 20, 20 * s : 20 * s + 20] = near
    want = getis_ord.gi_star(flat, whole)
    np.testing.assert_allclose(found.z.T.ravel(), want.z, atol=1e-9)
    still = getis_ord.space_time_gi_star(values[:, :1], grid(), lags=5)
    np.testing.assert_allclose(still.z[:, 0], getis_ord.gi_star(values[:, 0], grid()).z)


def test_gi_star_says_nothing_where_nothing_varies_or_all_are_neighbours() -> None:
    flat = getis_ord.gi_star(np.full(20, 7.0), grid())
    assert np.isnan(flat.z).all()
    assert set(flat.spots) == {"none"}
    everybody = np.ones((4, 4))
    assert np.isnan(getis_ord.gi_star([1, 2, 3, 4], everybody).z).all()
    with pytest.raises(InputError, match="area 2 has no value"):
        getis_ord.gi_star([1, np.nan, 3, 4], everybody)
    with pytest.raises(InputError, match="same areas"):
        getis_ord.gi_star([1, 2, 3], everybody)


def test_benjamini_hochberg_leaves_out_what_was_not_tested() -> None:
    with_gap = benjamini_hochberg([0.01, np.nan, 0.02])
    assert with_gap[[0, 2]].tolist() == benjamini_hochberg([0.01, 0.02]).tolist()
    assert np.isnan(with_gap[1])
    assert benjamini_hochberg([np.nan]).tolist() != [0]
    with pytest.raises(InputError):
        benjamini_hochberg([1.2])
    assert spot_classes([1, -1, 1], [0.01, 0.05, np.nan]).tolist() == ["hot99", "cold95", "none"]


# --- Moran


def test_moran_agrees_with_esda_and_leaves_islands_out_if_asked() -> None:
    import esda

    values = np.random.default_rng(4).gamma(2, 3, 20)
    graph = Graph.build_contiguity(SQUARES, rook=False).to_W()
    for style, code in (("row", "R"), ("binary", "B")):
        theirs = esda.Moran(values, graph, transformation=code, permutations=0)
        found = moran.morans_i(values, grid(), style=style)
        assert (found.i, found.z) == pytest.approx((theirs.I, theirs.z_rand))
        found = moran.morans_i(values, grid(), style=style, assumption="normality")
        assert found.z == pytest.approx(theirs.z_norm)
    wider = sparse.block_diag([grid(), sparse.csr_array((1, 1))], format="csr")
    alone = moran.morans_i([*values, 1000], wider, drop_islands=True)
    assert alone == moran.morans_i(values, grid())
    assert moran.morans_i([*values, 1000], wider).i != pytest.approx(alone.i)
    with pytest.raises(InputError):
        moran.morans_i(np.ones(20), grid())


# --- trend


@pytest.mark.parametrize(
    "values", [[1, 2, 3, 4, 5], [1, 1, 2, 3, 3], [2, 2, 2, 2, 5], [1, 1, 2, 2, 1]]
)
def test_exact_p_is_the_share_of_all_orders(values: list[int]) -> None:
    x = np.array(values, dtype=float)
    scores = [kendall.score(np.array(order)) for order in itertools.permutations(x)]
    s = kendall.score(x)
    share = np.mean(np.abs(scores) >= abs(s))
    assert kendall.exact_p_value(s, x) == pytest.approx(float(share))
    assert kendall.score_variance(x) == pytest.approx(np.var(scores))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=3, max_size=40))
def test_trend_of_a_reversed_series_is_the_opposite(values: list[int]) -> None:
    one, other = trend.mann_kendall(values), trend.mann_kendall(values[::-1])
    assert one.s == -other.s
    assert one.p == pytest.approx(other.p)
    assert one.slope == pytest.approx(-other.slope)
    assert 0 < one.p <= 1


def test_mann_kendall_matches_kendalls_tau_without_ties() -> None:
    x = np.random.default_rng(6).random(9)
    theirs = stats.kendalltau(np.arange(9), x, method="exact")
    ours = trend.mann_kendall(x)
    assert (ours.tau, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_short_flat_and_missing_series() -> None:
    assert trend.mann_kendall([]).p == 1
    assert trend.mann_kendall([4, 4, 4]).trend == "no trend"
    assert np.isnan(trend.sens_slope([np.nan, 3])[0])
    with_gap = trend.mann_kendall([1, np.nan, 2, 3, 4, 5, 6])
    assert (with_gap.s, with_gap.trend) == (15, "increasing")
    assert trend.sens_slope([0, np.nan, 4]) == (2.0, 0.0)
    with pytest.raises(InputError, match="exact"):
        trend.mann_kendall(np.arange(201.0), method="exact")
    with pytest.raises(InputError, match="infinite"):
        trend.mann_kendall([1, np.inf])


H, C, N = 3.0, -3.0, 0.0


@pytest.mark.parametrize(
    ("z", "want"),
    [
        ([N] * 9 + [H], "new"),
        ([C] + [N] * 8 + [H], "new"),
        ([N] * 7 + [H] * 3, "consecutive"),
        ([N, H] + [N] * 5 + [H] * 3, "sporadic"),
        ([C, H] + [N] * 7 + [H], "oscillating"),
        (list(np.linspace(3, 6, 10)), "intensifying"),
        (list(np.linspace(6, 3, 10)), "diminishing"),
        ([3, 5, 4, 5, 3, 5, 3, 4, 5, 4], "persistent"),
        ([N, *np.linspace(3, 6, 9)], "intensifying"),
        ([H] * 9 + [N], "historical"),
        ([H] * 8 + [N] * 2, None),
        ([N] * 10, None),
    ],
)
def test_emerging_categories_hot_and_cold(z: list[float], want: str | None) -> None:
    values = np.array([z, [-value for value in z]])
    p = np.where(np.abs(values) > 2, 0.001, 0.9)
    hot, cold = trend.emerging(values, p)
    assert hot == (f"{want} hot" if want else "no pattern")
    assert cold == (f"{want} cold" if want else "no pattern")
    assert len(set(trend.EMERGING)) == 17


def test_emerging_needs_time() -> None:
    with pytest.raises(InputError, match="2 periods"):
        trend.emerging([[1.0]], [[0.1]])


# --- rates and expectations


def test_smoothed_rates_agree_with_esda_and_stay_between() -> None:
    from esda.smoothing import Empirical_Bayes, assuncao_rate

    rng = np.random.default_rng(9)
    base = rng.integers(20, 900, 20)
    events = rng.poisson(base * rng.gamma(4, 0.02, 20))
    found = rates.empirical_bayes(events, base)
    np.testing.assert_allclose(found.rate, Empirical_Bayes(events, base).r.ravel(), rtol=1e-10)
    low, high = np.minimum(found.raw, found.mean), np.maximum(found.raw, found.mean)
    assert ((found.rate >= low - 1e-12) & (found.rate <= high + 1e-12)).all()
    np.testing.assert_allclose(
        rates.empirical_bayes_index(events, base), assuncao_rate(events, base), rtol=1e-10
    )
    everybody = np.ones((20, 20))
    np.testing.assert_allclose(
        rates.empirical_bayes(events, base, neighbours=everybody).rate, found.rate, rtol=1e-9
    )


def test_local_smoothing_uses_the_neighbourhood_alone() -> None:
    events, base = np.array([1, 20, 3, 0, 4]), np.array([10.0, 100, 30, 5, 80])
    chain = weights.from_pairs([0, 1, 1, 2, 3, 4], [1, 0, 2, 1, 4, 3], 5)
    found = rates.empirical_bayes(events, base, neighbours=chain)
    rate = events / base
    for i, near in enumerate([[0, 1], [0, 1, 2], [1, 2], [3, 4], [3, 4]]):
        n, x = events[near], base[near]
        mean = n.sum() / x.sum()
        between = max(0, (x * (n / x - mean) ** 2).sum() / x.sum() - mean / x.mean())
        share = between / (between + mean / base[i]) if between else 0
        assert found.rate[i] == pytest.approx(mean + share * (rate[i] - mean))


def test_rates_of_areas_without_a_base_are_the_mean_and_events_there_an_error() -> None:
    found = rates.empirical_bayes([0, 20, 30], [0, 1000, 900])
    assert np.isnan(found.raw[0])
    assert found.rate[0] == found.mean[0] == pytest.approx(50 / 1900)
    with pytest.raises(InputError, match="area 1 has events"):
        rates.empirical_bayes([1, 2], [0, 5])
    with pytest.raises(InputError, match="more events"):
        rates.empirical_bayes([9, 2], [5, 5], family="binomial")


def test_expectations_sum_to_the_cases() -> None:
    assert expected.scaled([[1, 2], [3, 4]], 30).sum() == pytest.approx(30)
    assert expected.indirect([1, 3, 0, 4], [9, 5, 9, 2], list("abab")).sum() == pytest.approx(8)
    assert (expected.from_history(np.zeros((3, 12))) > 0).all()
    with pytest.raises(InputError):
        expected.scaled([0, 0], 3)
    with pytest.raises(InputError, match="earlier period"):
        expected.from_history(np.zeros((3, 0)))


@pytest.mark.parametrize("mean", [0.2, 1.0, 6.5])
def test_power_is_what_it_says(mean: float) -> None:
    count = float(power.critical_count(mean, 0.001))
    assert stats.poisson.sf(count - 1, mean) <= 0.001 < stats.poisson.sf(count - 2, mean)
    risk = float(power.detectable_risk(mean, count))
    assert stats.poisson.sf(count - 1, risk * mean) == pytest.approx(0.8)
    assert power.detectable_risk(0.0, count) == np.inf


# --- ST-DBSCAN


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([0, 1, 1.5, 2]),
    st.sampled_from([0, 1, 2]),
    st.integers(1, 7),
)
def test_st_dbscan_is_dbscan_on_neighbours_in_space_and_time(
    seed: int, reach: float, duration: float, min_samples: int
) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 120))
    points, times = rng.integers(0, 12, (n, 2)).astype(float), rng.integers(0, 10, n).astype(float)
    close = (cdist(points, points) <= reach) & (np.abs(times[:, None] - times) <= duration)
    model = DBSCAN(eps=1, min_samples=min_samples, metric="precomputed")
    want = model.fit(np.where(close, 0.0, 9.0)).labels_
    found = st_dbscan(points, times, eps_space=reach, eps_time=duration, min_samples=min_samples)
    np.testing.assert_array_equal(found, want)


def test_st_dbscan_in_small_blocks_and_without_losing_coincident_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from geo_pora.hotspots import clusters

    rng = np.random.default_rng(1)
    points = np.vstack([rng.random((500, 2)) * 1000, np.full((10, 2), 5.0)])
    times = np.zeros(510)
    options: dict[str, Any] = {"eps_space": 0.001, "eps_time": 0, "min_samples": 10}
    found = st_dbscan(points, times, **options)
    assert found[-10:].tolist() == [0] * 10
    assert (found[:-10] == -1).all()
    wide: dict[str, Any] = {"eps_space": 60, "eps_time": 0, "min_samples": 4}
    whole = st_dbscan(points, times, **wide)
    monkeypatch.setattr(clusters, "_BLOCK_PAIRS", 37)
    np.testing.assert_array_equal(st_dbscan(points, times, **wide), whole)
    monkeypatch.setattr(clusters, "_MOST_PAIRS", 100)
    with pytest.raises(InputError, match="shorter reach"):
        st_dbscan(points, times, **wide)


def test_st_dbscan_reads_dates_and_degrees() -> None:
    days = np.array(["2026-01-01", "2026-01-02", "2026-01-03", "2026-03-01"], dtype="datetime64[D]")
    places = [(104.0, -4.0), (104.0, -4.008), (104.0, -4.016), (104.0, -4.0)]
    found = st_dbscan(places, days, eps_space=1, eps_time=1, min_samples=2, distance="great-circle")
    assert found.tolist() == [0, 0, 0, -1]
    as_days = [days.tolist(), days - days[0], pd.Series(days).dt.tz_localize("Asia/Jakarta")]
    for times in as_days:
        again = st_dbscan(
            places, times, eps_space=1, eps_time=1, min_samples=2, distance="great-circle"
        )
        assert again.tolist() == found.tolist()
    with pytest.raises(InputError, match="row 2 has no time"):
        st_dbscan(places, [days[0].item(), None, *days[2:].tolist()], eps_space=1, eps_time=1)
    with pytest.raises(InputError, match="row 2 has no time"):
        st_dbscan(places, [1, np.nan, 2, 3], eps_space=1, eps_time=1)
    assert st_dbscan(np.zeros((0, 2)), [], eps_space=1, eps_time=1).tolist() == []


# --- what is refused


FOUR, CHAIN = [1.0, 2, 3, 5], weights.from_pairs([0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2], 4)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: getis_ord.gi_star(list("abcd"), CHAIN), "values are not all numbers"),
        (lambda: getis_ord.gi_star(FOUR, None), "weights cannot be a NoneType"),
        (lambda: getis_ord.gi_star(FOUR, {0: [1]}), "weights cannot be a dict"),
        (lambda: getis_ord.gi_star(FOUR, np.full((4, 4), np.nan)), "binary"),
        (lambda: getis_ord.gi_star(FOUR, CHAIN, ddof=2), "ddof"),
        (lambda: getis_ord.space_time_gi_star(np.ones((4, 2)), CHAIN, lags=-1), "lags"),
        (lambda: getis_ord.space_time_gi_star(np.ones((4, 0)), CHAIN), "no periods"),
        (lambda: moran.morans_i(list("abcd"), CHAIN), "values are not all numbers"),
        (lambda: weights.k_nearest([(0, 0), (1, 1), (2, 2)], 1.5), "whole number"),
        (lambda: weights.from_pairs([0, 4], [1, 0], 4), "outside 0 to 3"),
        (lambda: trend.mann_kendall(list("abc")), "values of a series are not all numbers"),
        (lambda: trend.mann_kendall(FOUR, alpha=5), "between 0 and 1"),
        (lambda: trend.mann_kendall(FOUR, method="guess"), "auto, exact or normal"),
        (lambda: trend.mann_kendall([1, 1], correction="guess"), "hamed-rao or yue-wang"),
        (lambda: trend.seasonal_sens_slope(FOUR, period=0), "steps in a period"),
        (lambda: trend.emerging([FOUR], [FOUR], alpha=5), "between 0 and 1"),
        (lambda: rates.empirical_bayes(["x"], [1]), "events are not all numbers"),
        (lambda: rates.empirical_bayes([1, 2], [9, 9], neighbours=CHAIN), "neighbours of 4"),
        (lambda: benjamini_hochberg(["x"]), "p-values are not all numbers"),
        (lambda: st_dbscan([(0, 0)], ["today"], eps_space=1, eps_time=1), "times are not all"),
        (lambda: st_dbscan([(0, 0)], [[1]], eps_space=1, eps_time=1), "one time per point"),
        (lambda: st_dbscan([(0, 0)], [1], eps_space=1, eps_time=1, min_samples=0), "min_samples"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(ask: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ask()
