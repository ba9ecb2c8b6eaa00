"""The verdict on each area, by each method, and on what could not be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from geo_pora.hotspots.expected import pearson_residuals
from geo_pora.hotspots.getis_ord import gi_star, space_time_gi_star
from geo_pora.hotspots.monte_carlo import Progress
from geo_pora.hotspots.multiple_testing import benjamini_hochberg, spot_classes
from geo_pora.hotspots.panel import Panel
from geo_pora.hotspots.power import critical_count, critical_scan_count, detectable_risk
from geo_pora.hotspots.scan import Cluster, ScanResult, space_time_scan, spatial_scan
from geo_pora.hotspots.trend import emerging
from geo_pora.hotspots.weights import Weights, contiguity
from geo_pora.hotspots.zones import Floats, Ints

_FEWEST_AREAS = 3
_LONGEST = 0.5
_EVEN = 1e-9
_FEWEST_PERIODS = 10


@dataclass
class Verdicts:
    """Findings per area, as columns of :class:`geo_pora.hotspots.stage.HotSpots`.

    Attributes
    ----------
    spots, since, pattern : ndarray of str or object, shape (n,)
    p, q, window_cases, window_expected, detectable_risk : ndarray of float64, shape (n,)
    window : ndarray of int64, shape (n,)
        -1 where there is none.
    window_areas : list of lists of str
    """

    spots: NDArray[Any]
    p: Floats
    q: Floats
    window: Ints
    window_areas: list[list[str]]
    window_cases: Floats
    window_expected: Floats
    since: NDArray[Any]
    pattern: NDArray[Any]
    detectable_risk: Floats


def insufficient(panel: Panel) -> Verdicts:
    """Return the verdict that the data carry no test, on every area."""
    n = len(panel.codes)

    def nothing() -> Floats:
        return np.full(n, np.nan)

    return Verdicts(
        spots=np.full(n, "insufficient", dtype="<U12"),
        p=nothing(),
        q=nothing(),
        window=np.full(n, -1, dtype=np.int64),
        window_areas=[[] for _ in range(n)],
        window_cases=nothing(),
        window_expected=nothing(),
        since=np.full(n, np.nan, dtype=object),
        pattern=np.full(n, np.nan, dtype=object),
        detectable_risk=np.full(n, np.inf),
    )


def by_gi(panel: Panel, areas: gpd.GeoDataFrame, alpha: float, plausible_risk: float) -> Verdicts:
    """Judge each area with its touching neighbours by Gi*."""
    found = insufficient(panel)
    cases, expected = panel.cases.sum(axis=1), panel.expected.sum(axis=1)
    exposed = np.flatnonzero(expected > 0)
    if len(exposed) < _FEWEST_AREAS:
        return found
    near = contiguity(areas.iloc[exposed])
    window = near + sparse.eye_array(len(exposed), format="csr")
    own_cases, own_expected = window @ cases[exposed], window @ expected[exposed]
    residuals = pearson_residuals(cases[exposed], expected[exposed])
    local = gi_star(residuals, near)
    p = np.maximum(local.p, exact_p(own_cases, own_expected, panel.total))
    p[(own_cases - own_expected) * local.z < 0] = 1.0
    if np.ptp(residuals) < _EVEN:
        p[:] = 1.0  # all as expected: no test fails, there is just nothing to find
    q = benjamini_hochberg(p)
    found.p[exposed], found.q[exposed] = p, q
    found.window_cases[exposed], found.window_expected[exposed] = own_cases, own_expected
    tested = np.isfinite(p)
    critical = critical_count(own_expected, alpha / 2 / len(exposed))
    critical[~tested] = np.inf  # where there is no test, nothing could have been found
    found.detectable_risk[exposed] = detectable_risk(own_expected, critical)
    found.spots[exposed[tested]] = spot_classes(local.z, q)[tested]
    for row, area in enumerate(exposed):
        members = exposed[window.indices[window.indptr[row] : window.indptr[row + 1]]]
        found.window_areas[area] = [panel.codes[m] for m in sorted(members)]
        if found.spots[area].startswith("hot"):
            found.since[area] = _since(panel, members)
    if len(panel.periods) >= _FEWEST_PERIODS:
        found.pattern[exposed] = _patterns(panel, exposed, near, alpha)
    return _admit_ignorance(found, plausible_risk)


def over_time(
    panel: Panel, areas: gpd.GeoDataFrame, alpha: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return since when each area with its neighbours exceeds, and its category if it has one."""
    since = np.full(len(panel.codes), np.nan, dtype=object)
    pattern = since.copy()
    exposed = np.flatnonzero(panel.expected.sum(axis=1) > 0)
    if len(exposed) < _FEWEST_AREAS:
        return since, pattern
    near = contiguity(areas.iloc[exposed])
    window = near + sparse.eye_array(len(exposed), format="csr")
    for row, area in enumerate(exposed):
        members = exposed[window.indices[window.indptr[row] : window.indptr[row + 1]]]
        if (panel.cases[members].sum(axis=0) > panel.expected[members].sum(axis=0)).any():
            since[area] = _since(panel, members)
    if len(panel.periods) >= _FEWEST_PERIODS:
        pattern[exposed] = _patterns(panel, exposed, near, alpha)
    return since, pattern


def _patterns(panel: Panel, exposed: Ints, near: Weights, alpha: float) -> NDArray[np.str_]:
    """Return the emerging hot-spot category of each exposed area, over all periods."""
    cases, expected = panel.cases[exposed], panel.expected[exposed]
    residuals = np.zeros(cases.shape)
    np.divide(cases - expected, np.sqrt(expected), out=residuals, where=expected > 0)
    local = space_time_gi_star(residuals, near)
    return emerging(local.z, local.q, alpha=alpha)


def exact_p(cases: Floats, expected: Floats, total: int) -> Floats:
    """Return two-sided binomial p-values of windows that hold some of `total` cases.

    Twice the smaller tail, at most 1.

    Examples
    --------
    >>> exact_p(np.array([7.0]), np.array([3.0]), 30).round(4).tolist()
    [0.0517]
    """
    share = np.clip(expected / total, 0, 1)
    below = stats.binom.cdf(cases, total, share)
    above = stats.binom.sf(cases - 1, total, share)
    p: Floats = np.minimum(1, 2 * np.minimum(below, above))
    return p


def by_scan(
    panel: Panel,
    areas: gpd.GeoDataFrame,
    alpha: float,
    plausible_risk: float,
    *,
    in_time: bool,
    replicas: int,
    seed: int,
    progress: Progress | None,
) -> Verdicts:
    """Judge each area by the cluster it is in."""
    found = insufficient(panel)
    cases, expected = panel.cases, panel.expected
    if not in_time:
        cases, expected = cases.sum(axis=1), expected.sum(axis=1)
    options: dict[str, Any] = {
        "ids": panel.codes,
        "distance": "great-circle",
        "rates": "both",
        "replicas": replicas,
        "seed": seed,
        "progress": progress,
    }
    places = _places(areas)
    if in_time:
        result = space_time_scan(
            cases, expected, places, alive=True, max_duration=_LONGEST, **options
        )
    else:
        result = spatial_scan(cases, expected, places, **options)
    exposed = panel.expected.sum(axis=1) > 0
    found.spots[exposed] = "none"
    for number, cluster in enumerate(result.clusters, start=1):
        _enter(found, panel, number, cluster, in_time)
    found.spots[~exposed] = "insufficient"
    _state_power(found, panel, result, contiguity(areas), alpha, in_time)
    return _admit_ignorance(found, plausible_risk)


def _places(areas: gpd.GeoDataFrame) -> Floats:
    """Return a longitude and latitude inside each area."""
    points = areas.geometry.representative_point().to_crs("EPSG:4326")
    return np.column_stack([points.x, points.y])


def _enter(found: Verdicts, panel: Panel, number: int, cluster: Cluster, in_time: bool) -> None:
    """Write a cluster to its members."""
    members = pd.Index(panel.codes).get_indexer(pd.Index(cluster.members))
    side = 1 if cluster.side == "high" else -1
    spots = spot_classes([side], [cluster.p_value])[0]
    found.p[members] = cluster.p_value
    found.window[members] = number
    found.window_cases[members] = cluster.cases
    found.window_expected[members] = cluster.expected
    if spots == "none":
        return
    found.spots[members] = spots
    since = panel.periods[cluster.first_period] if in_time else _since(panel, members)
    for member in members:
        found.window_areas[member] = [panel.codes[m] for m in members]
        found.since[member] = since if side > 0 else np.nan


def _state_power(
    found: Verdicts,
    panel: Panel,
    result: ScanResult,
    near: Weights,
    alpha: float,
    in_time: bool,
) -> None:
    expected = panel.expected
    if in_time:
        expected = expected[:, -max(1, int(len(panel.periods) * _LONGEST)) :]
    own = expected.sum(axis=1)
    window = near @ own + own
    critical = critical_scan_count(window, panel.total, result.critical_value(alpha))
    found.detectable_risk[:] = detectable_risk(window, critical)


def _since(panel: Panel, members: Ints) -> str:
    """Return the period since when the members' cases have exceeded the expectation.

    The first of the last unbroken run of such periods; where the last period is none, of
    the last run before it. Of one period, that period.
    """
    more = panel.cases[members].sum(axis=0) > panel.expected[members].sum(axis=0)
    if not more.any():
        return panel.periods[-1]
    end = int(np.flatnonzero(more)[-1])
    calm = np.flatnonzero(~more[:end])
    return panel.periods[int(calm[-1]) + 1 if len(calm) else 0]


def _admit_ignorance(found: Verdicts, plausible_risk: float) -> Verdicts:
    """Turn "none" into "insufficient" where no plausible excess would have shown."""
    blind = (found.spots == "none") & ~(found.detectable_risk <= plausible_risk)
    found.spots[blind] = "insufficient"
    return found
