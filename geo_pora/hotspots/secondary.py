"""Which of the best windows of all centres are reported: overlap criteria and Gini.

The scan keeps one best window per centre. Most of them are the same cluster
seen from its neighbours, so they are ranked by their ratio and thinned out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from geo_pora.errors import InputError
from geo_pora.hotspots.likelihood import Rates, log_likelihood_ratio
from geo_pora.hotspots.monte_carlo import Spans
from geo_pora.hotspots.zones import Floats, Ints, Zones

Secondary = Literal[
    "no-overlap",
    "no-centres-in-other",
    "no-centres-in-more-likely",
    "no-centres-in-less-likely",
    "no-pairs-of-centres",
    "all",
    "gini",
]
GINI_STOPS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Largest shares of the population that SaTScan tries for the Gini-optimised collection."""

# Within this, two ratios are equal: the sums of expectations behind them are rounded.
_DECIMALS, _DIGITS = 9, 11


@dataclass(frozen=True)
class Window:
    """The best window about one centre.

    Attributes
    ----------
    centre : int
    locations : ndarray of int32
        Locations in it, nearest to the centre first.
    radius : float
        Distance of the farthest.
    first, last : int
        Its first and its last period, both included.
    cases : int
    expected : float
    ratio : float
        Log-likelihood ratio.
    """

    centre: int
    locations: NDArray[np.int32]
    radius: float
    first: int
    last: int
    cases: int
    expected: float
    ratio: float


def best_windows(
    zones: Zones,
    cases: Ints,
    expected: Floats,
    spans: Sequence[Spans],
    *,
    rates: Rates,
    min_cases: int,
) -> list[Window]:
    """Return the window of the largest ratio about each centre that has one.

    Of equal ones it is the one of fewest locations, then the shortest, then the first.

    Parameters
    ----------
    zones : Zones
    cases, expected : ndarray, shape (n, periods)
        The expectations sum to the sum of the cases.
    spans : sequence of Spans
    rates : {"high", "low", "both"}
    min_cases : int
        Fewest cases in a window of high rate.
    """
    total = int(cases.sum())
    found = []
    for zone in zones:
        if not len(zone.order):
            continue
        counts = np.cumsum(np.cumsum(cases[zone.order], axis=0), axis=1)
        means = np.cumsum(np.cumsum(expected[zone.order], axis=0), axis=1)
        sums = [(span.sums(counts), span.sums(means)) for span in spans]
        ratios = [log_likelihood_ratio(c, e, total, rates) for c, e in sums]
        for ratio, (c, e) in zip(ratios, sums, strict=True):
            ratio[(c > e) & (c < min_cases)] = 0
        largest = max(float(ratio.max()) for ratio in ratios)
        if largest <= 0:
            continue
        enough = largest - max(10.0**-_DECIMALS, largest * 10.0**-_DIGITS)
        firsts = [np.argwhere(ratio >= max(enough, 0))[:1].tolist() for ratio in ratios]
        size, at, start = min((w[0][0], at, w[0][1]) for at, w in enumerate(firsts) if w)
        first = spans[at].first + start
        found.append(
            Window(
                centre=zone.centre,
                locations=zone.order[: size + 1].astype(np.int32),
                radius=float(zone.radius[size]),
                first=first,
                last=first + spans[at].length - 1,
                cases=int(sums[at][0][size, start]),
                expected=float(sums[at][1][size, start]),
                ratio=float(ratios[at][size, start]),
            )
        )
    return found


def ranked(windows: Sequence[Window]) -> list[Window]:
    """Sort by ratio; equal ones by fewer locations, then by the centre's place in the data."""

    def place(window: Window) -> tuple[float, int, int]:
        ratio = float(f"{round(window.ratio, _DECIMALS):.{_DIGITS}g}")
        return -ratio, len(window.locations), window.centre

    return sorted(windows, key=place)


def thin_out(windows: Sequence[Window], criterion: Secondary) -> list[Window]:
    """Keep the windows that a criterion allows beside the more likely ones.

    Parameters
    ----------
    windows : sequence of Window
    criterion : str
        ``no-overlap``: no location in two clusters. ``no-centres-in-other``: no centre
        in another cluster; ``no-centres-in-more-likely`` and
        ``no-centres-in-less-likely``: one direction of it alone;
        ``no-pairs-of-centres``: not both centres in each other's cluster. ``all``: the
        best window of every centre.

    Returns
    -------
    list of Window
        By descending ratio.
    """
    if criterion not in get_args(Secondary):
        raise InputError(
            f"{criterion!r} is no criterion for secondary clusters: write one of "
            + ", ".join(get_args(Secondary))
        )
    kept: list[tuple[Window, set[int]]] = []
    for window in ranked(windows):
        members = set(window.locations.tolist())
        if all(_allowed(window, members, other, theirs, criterion) for other, theirs in kept):
            kept.append((window, members))
    return [window for window, _ in kept]


def _allowed(
    window: Window, members: set[int], other: Window, theirs: set[int], criterion: Secondary
) -> bool:
    inside_other = window.centre in theirs
    holds_other = other.centre in members
    if criterion in ("no-overlap", "gini"):
        return members.isdisjoint(theirs)
    if criterion == "no-centres-in-other":
        return not (inside_other or holds_other)
    if criterion == "no-centres-in-more-likely":
        return not inside_other
    if criterion == "no-centres-in-less-likely":
        return not holds_other
    if criterion == "no-pairs-of-centres":
        return not (inside_other and holds_other)
    return True


def gini_collection(
    windows_within: Callable[[float], list[Window]],
    max_share: float,
    total: int,
    is_significant: Callable[[Window], bool],
) -> list[Window]:
    """Return the significant clusters of the largest window size that the Gini index prefers.

    Parameters
    ----------
    windows_within : callable
        Gives the best windows that hold at most a share of the population.
    max_share : float
        The largest share scanned.
    total : int
        All cases.
    is_significant : callable

    References
    ----------
    Han, J., Zhu, L., Kulldorff, M. et al. (2016). Using Gini coefficient to determining
    optimal cluster reporting sizes for spatial scan statistics. *International Journal
    of Health Geographics* 15:27.
    """
    stops = [stop for stop in GINI_STOPS if stop < max_share] + [max_share]
    best: list[Window] = []
    best_index = 0.0
    for stop in reversed(stops):
        kept = [w for w in thin_out(windows_within(stop), "no-overlap") if is_significant(w)]
        index = gini([(w.cases, w.expected) for w in kept], total)
        if index > best_index + 1e-12:
            best, best_index = kept, index
    return best


def gini(clusters: Sequence[tuple[float, float]], total: float) -> float:
    """Return the Gini index of cases against expectation over clusters and the rest.

    Parameters
    ----------
    clusters : sequence of (cases, expected)
        Disjoint.
    total : float
        Cases, and expectation, of all areas.

    Examples
    --------
    >>> round(gini([(30, 10)], 100), 6)
    0.2
    """
    if not clusters:
        return 0.0
    table = np.array([*clusters, np.subtract(total, np.sum(clusters, axis=0))], dtype=np.float64)
    table = table[np.argsort(table[:, 0] / np.where(table[:, 1] > 0, table[:, 1], np.inf))]
    height, base = np.vstack([[0, 0], np.cumsum(table, axis=0)]).T / total
    return float(1 - np.sum(np.diff(base) * (height[1:] + height[:-1])))
