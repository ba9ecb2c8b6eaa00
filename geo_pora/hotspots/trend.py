"""Trends of short series: the Mann-Kendall test, and emerging hot spots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from geo_pora.errors import InputError
from geo_pora.hotspots.kendall import exact_p_value, score, score_variance
from geo_pora.hotspots.numbers import as_numbers, check_share
from geo_pora.hotspots.sen import as_series, seasonal_sens_slope, sens_slope

__all__ = [
    "EMERGING",
    "MannKendall",
    "emerging",
    "mann_kendall",
    "seasonal_sens_slope",
    "sens_slope",
]

Floats = NDArray[np.float64]
Correction = Literal["hamed-rao", "yue-wang"]

_SHORT = 10
_LONG = 200


@dataclass(frozen=True)
class MannKendall:
    """A test for a monotone trend.

    Attributes
    ----------
    trend : str
        ``increasing``, ``decreasing`` or ``no trend``.
    p : float
        Two-sided.
    z : float
        Normal deviate of `s` with continuity correction.
    s : int
        Pairs that rise less pairs that fall.
    variance : float
        Variance of `s` under the null hypothesis, ties (and autocorrelation, if asked
        for) allowed for.
    tau : float
        `s` over the number of pairs.
    slope, intercept : float
        Sen's line through the series, per step; the first step is 0.
    exact : bool
        Whether `p` comes from the exact distribution of `s`.
    """

    trend: str
    p: float
    z: float
    s: int
    variance: float
    tau: float
    slope: float
    intercept: float
    exact: bool


def mann_kendall(
    series: ArrayLike,
    *,
    alpha: float = 0.05,
    method: Literal["auto", "exact", "normal"] = "auto",
    correction: Correction | None = None,
) -> MannKendall:
    """Test whether a series tends to rise or to fall.

    Null hypothesis: the values are exchangeable, in particular independent of time.
    Two-sided. No assumption about their distribution.

    Parameters
    ----------
    series : array_like, shape (n,)
        Values at equal steps in order of time; NaN is a missing one.
    alpha : float
        Level at which `trend` is named.
    method : {"auto", "exact", "normal"}
        Where p comes from: the exact distribution of S given the ties, or the normal
        approximation; ``auto`` is exact up to 10 values, where the approximation is off,
        unless a correction is asked for.
    correction : {"hamed-rao", "yue-wang"}, optional
        Widen (or narrow) the variance for autocorrelation, by that of the ranks (all
        significant lags) or of the values (all lags) after Sen's line is taken out.

    Returns
    -------
    MannKendall
        p is 1 and nothing is found where there are fewer than 2 values or all are equal.

    Raises
    ------
    InputError
        If a value is no number or infinite, alpha is not between 0 and 1, or the exact
        distribution of over 200 values is asked for.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. *Econometrica* 13, 245-259.
    Kendall, M. G. (1975). *Rank Correlation Methods*. Griffin, London.
    Hamed, K. H., Rao, A. R. (1998). A modified Mann-Kendall trend test for autocorrelated
    data. *Journal of Hydrology* 204, 182-196.
    Yue, S., Wang, C. (2004). The Mann-Kendall test modified by effective sample size.
    *Water Resources Management* 18, 201-218.

    Examples
    --------
    >>> found = mann_kendall([1, 2, 3, 5, 4, 6])
    >>> found.trend, found.s, round(found.p, 4), found.exact
    ('increasing', 13, 0.0167, True)
    >>> round(mann_kendall([1, 2, 3, 5, 4, 6], method="normal").p, 4)
    0.0242
    """
    check_share(alpha, "alpha")
    if method not in ("auto", "exact", "normal"):
        raise InputError(f"{method!r} is no method: write auto, exact or normal")
    if correction not in (None, "hamed-rao", "yue-wang"):
        raise InputError(f"{correction!r} is no correction: write hamed-rao or yue-wang")
    x = as_series(series)
    present = x[~np.isnan(x)]
    n = len(present)
    slope, intercept = sens_slope(x)
    if n < 2 or np.ptp(present) == 0:
        return MannKendall("no trend", 1.0, 0.0, 0, 0.0, 0.0, slope, intercept, False)
    s, variance = score(present), score_variance(present)
    if correction is not None:
        variance *= _inflation(present, slope, correction, alpha)
    if not variance > 0:
        raise InputError("the corrected variance is not positive: the series is too short for it")
    z = (s - np.sign(s)) / np.sqrt(variance)
    if method == "exact" and n > _LONG:
        raise InputError(f"{n} values are too many for the exact distribution: use normal")
    exact = method == "exact" or (method == "auto" and n <= _SHORT and correction is None)
    p = exact_p_value(s, present) if exact else float(2 * stats.norm.sf(abs(z)))
    trend = "no trend" if p > alpha else "increasing" if s > 0 else "decreasing"
    tau = s / (n * (n - 1) / 2)
    return MannKendall(trend, p, float(z), s, float(variance), tau, slope, intercept, exact)


def _inflation(x: Floats, slope: float, correction: Correction, alpha: float) -> float:
    """Return the factor on the variance for autocorrelation."""
    n = len(x)
    lag = np.arange(1, n)
    rest = x - np.arange(1, n + 1) * slope
    if correction == "yue-wang":
        return float(1 + 2 * np.sum((1 - lag / n) * _autocorrelation(rest)[lag]))
    ranks = _autocorrelation(stats.rankdata(rest))[lag]
    ranks[np.abs(ranks) <= stats.norm.ppf(1 - alpha / 2) / np.sqrt(n)] = 0
    terms = (n - lag) * (n - lag - 1) * (n - lag - 2) * ranks
    return float(1 + 2 / (n * (n - 1) * (n - 2)) * terms.sum())


def _autocorrelation(x: Floats) -> Floats:
    centred = x - x.mean()
    whole = np.correlate(centred, centred, "full")[len(x) - 1 :]
    return whole / whole[0] if whole[0] > 0 else np.zeros(len(x))


EMERGING = (
    *(
        f"{kind} {side}"
        for side in ("hot", "cold")
        for kind in (
            "new",
            "consecutive",
            "intensifying",
            "persistent",
            "diminishing",
            "sporadic",
            "oscillating",
            "historical",
        )
    ),
    "no pattern",
)
"""The 17 categories of emerging hot spots: 8 of hot, 8 of cold, and none."""

_MOSTLY = 0.9


def emerging(
    z: ArrayLike, p: ArrayLike, *, alpha: float = 0.05, trend_alpha: float = 0.05
) -> NDArray[np.str_]:
    """Classify each area by how its hot (or cold) periods follow one another.

    Not a test of its own: it sorts areas by tests made before, of each period (`p`) and of
    the trend of `z` (Mann-Kendall, two-sided at `trend_alpha`).

    Parameters
    ----------
    z, p : array_like, shape (n, periods)
        A local statistic per area and period, oldest first, and its p or q: those of
        :func:`geo_pora.hotspots.getis_ord.space_time_gi_star`. A period is hot where
        p <= `alpha` and z > 0, cold where z < 0. NaN is neither.
    alpha, trend_alpha : float

    Returns
    -------
    ndarray of str, shape (n,)
        One of :data:`EMERGING`. For hot, the first that holds of:

        ``new``: hot in the last period and never before.
        ``consecutive``: an uninterrupted run of 2 or more hot periods at the end, never hot
        before it, hot in less than 90 % of all periods.
        ``intensifying``, ``diminishing``, ``persistent``: hot in 90 % or more, the last
        included, with z rising, falling, or neither.
        ``historical``: hot in 90 % or more, but not in the last.
        ``oscillating``: hot in the last and in less than 90 %, and cold at some time.
        ``sporadic``: hot in the last and in less than 90 %, on and off, never cold.

        Likewise for cold, where ``intensifying`` is z falling.

    Raises
    ------
    InputError
        If the shapes differ or there are fewer than 2 periods. With fewer than about 10 a
        trend is hardly ever found, and 90 % means all.

    References
    ----------
    Esri. How Emerging Hot Spot Analysis works. *ArcGIS Pro documentation*, Space Time
    Pattern Mining toolbox. The source does not say which category wins where several fit;
    here the order above does.

    Examples
    --------
    >>> z = [[0, 0, 0, 3], [0, 0, 3, 3], [3, 0, 0, 3], [3, -3, 0, 3], [3, 3, 3, 3], [0, 0, 0, 0]]
    >>> p = [[0.001 if value else 1 for value in row] for row in z]
    >>> emerging(z, p).tolist()[:4]
    ['new hot', 'consecutive hot', 'sporadic hot', 'oscillating hot']
    >>> emerging(z, p).tolist()[4:]
    ['persistent hot', 'no pattern']
    """
    check_share(alpha, "alpha")
    check_share(trend_alpha, "trend_alpha")
    score_of, chance = as_numbers(z, "z"), as_numbers(p, "p")
    if score_of.ndim != 2 or score_of.shape != chance.shape or score_of.shape[1] < 2:
        raise InputError(
            f"z of shape {score_of.shape} and p of shape {chance.shape}: give one row per area and "
            "at least 2 periods of both"
        )
    found = np.full(len(score_of), "no pattern", dtype="<U20")
    hot, cold = (chance <= alpha) & (score_of > 0), (chance <= alpha) & (score_of < 0)
    for side, own, other, sign in (("cold", cold, hot, -1), ("hot", hot, cold, 1)):
        for area in np.flatnonzero(own.any(axis=1)):
            kind = _pattern(own[area], other[area], sign * score_of[area], trend_alpha)
            if kind:
                found[area] = f"{kind} {side}"
    return found


def _pattern(
    own: NDArray[np.bool_], other: NDArray[np.bool_], z: Floats, trend_alpha: float
) -> str | None:
    mostly = own.mean() >= _MOSTLY
    if not own[-1]:
        return "historical" if mostly else None
    if own.sum() == 1:
        return "new"
    run = len(own) if own.all() else int(np.argmin(own[::-1]))
    if run == own.sum() and not mostly:
        return "consecutive"
    if mostly:
        trend = mann_kendall(z, alpha=trend_alpha).trend
        return {"increasing": "intensifying", "decreasing": "diminishing"}.get(trend, "persistent")
    return "oscillating" if other.any() else "sporadic"
