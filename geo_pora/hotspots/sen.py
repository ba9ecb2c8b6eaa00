"""Sen's slope: the median slope of all pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers, check_whole

Floats = NDArray[np.float64]


def sens_slope(series: ArrayLike) -> tuple[float, float]:
    """Return Sen's slope per step, the median slope of all pairs, and the intercept.

    Parameters
    ----------
    series : array_like, shape (n,)
        NaN is a missing value.

    Returns
    -------
    slope, intercept : float
        NaN where fewer than 2 values are there. The line passes through the median of the
        values at the median of their times.

    References
    ----------
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau.
    *Journal of the American Statistical Association* 63, 1379-1389.

    Examples
    --------
    >>> sens_slope([1, 3, 2, 4, 6, 5])
    (1.0, 1.0)
    """
    x = as_series(series)
    times = np.flatnonzero(~np.isnan(x))
    if len(times) < 2:
        return float("nan"), float("nan")
    slopes = _slopes(times.astype(np.float64), x[times])
    slope = float(np.median(slopes, overwrite_input=True))
    return slope, float(np.median(x[times]) - np.median(times) * slope)


def seasonal_sens_slope(series: ArrayLike, period: int = 12) -> tuple[float, float]:
    """Return Sen's slope per full period, from pairs of the same season, and the intercept.

    Parameters
    ----------
    series : array_like, shape (n,)
    period : int
        Steps in a period: 12 for months in years.

    References
    ----------
    Hirsch, R. M., Slack, J. R., Smith, R. A. (1982). Techniques of trend analysis for
    monthly water quality data. *Water Resources Research* 18, 107-121.

    Examples
    --------
    >>> seasonal_sens_slope([1, 5, 2, 6, 3, 7], period=2)
    (1.0, 2.75)
    """
    check_whole(period, "the number of steps in a period", 1)
    x = as_series(series)
    times = np.flatnonzero(~np.isnan(x))
    found = []
    for season in range(period):
        own = times[times % period == season]
        found.append(_slopes((own // period).astype(np.float64), x[own]))
    slopes = np.concatenate(found)
    if not len(slopes):
        return float("nan"), float("nan")
    slope = float(np.median(slopes))
    return slope, float(np.median(x[times]) - np.median(times) / period * slope)


def as_series(series: ArrayLike) -> Floats:
    """Return a series as numbers, NaN where one is missing."""
    x = as_numbers(series, "values of a series")
    if x.ndim != 1:
        raise InputError(f"a series has one value per step, not the shape {x.shape}")
    if np.isinf(x).any():
        raise InputError("a series holds an infinite value: leave it out (NaN)")
    return x


def _slopes(times: Floats, values: Floats) -> Floats:
    """Return the slopes of all pairs, a row of them at a time: of 10,000 values they are 400 MB."""
    slopes = np.empty(len(times) * (len(times) - 1) // 2)
    end = 0
    for i in range(len(times) - 1):
        begin, end = end, end + len(times) - 1 - i
        np.divide(values[i + 1 :] - values[i], times[i + 1 :] - times[i], out=slopes[begin:end])
    return slopes
