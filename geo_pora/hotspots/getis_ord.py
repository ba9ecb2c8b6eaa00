"""The local G statistics of Getis and Ord."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, stats

from geo_pora.errors import InputError
from geo_pora.hotspots.multiple_testing import benjamini_hochberg, spot_classes
from geo_pora.hotspots.numbers import as_numbers, check_whole
from geo_pora.hotspots.weights import as_binary

Floats = NDArray[np.float64]

_FLAT = 1e-12


@dataclass(frozen=True)
class LocalG:
    """Local G statistics of a layer.

    Attributes
    ----------
    z : ndarray of float64, shape (n,)
        Standard deviates; NaN where the statistic does not exist.
    p : ndarray of float64, shape (n,)
        Two-sided p-values from the normal distribution.
    q : ndarray of float64, shape (n,)
        Benjamini-Hochberg over the layer.
    spots : ndarray of str, shape (n,)
        ``hot99``, ``hot95``, ``hot90``, ``none``, ``cold90``, ``cold95``, ``cold99``, by q.
    """

    z: Floats
    p: Floats
    q: Floats
    spots: NDArray[np.str_]


def gi_star(values: ArrayLike, weights: Any, *, ddof: int = 0) -> LocalG:
    """Tell where high values, or low ones, lie together: Gi*, the area itself included.

    Model: the values of the layer as they are. Null hypothesis: they are spread over the
    areas at random (every permutation is as likely), so that the sum over an area and its
    neighbours is near its share of the total. Two-sided; the p-value is analytic, from the
    normal approximation of that sum.

    Parameters
    ----------
    values : array_like, shape (n,)
        One finite number per area: for counts take rates, ratios or
        :func:`geo_pora.hotspots.expected.pearson_residuals`, so that large areas do not
        stand out for their size.
    weights : sparse matrix, array_like, libpysal Graph or W, shape (n, n)
        Binary neighbours, the area itself left out or in: it is counted once. Of
        row-standardised weights the neighbours are taken.
    ddof : int
        0 divides the variance by n (Ord and Getis 1995, equation 14.2 of Getis and Ord
        1996); 1 by n - 1.

    Returns
    -------
    LocalG
        NaN z where all values are equal or everybody is a neighbour.

    Raises
    ------
    InputError
        If a value is missing, shapes do not fit, or there are fewer than 3 areas.

    Notes
    -----
    z_i = (sum_j w_ij x_j - W_i mean) / (s sqrt((n S_i - W_i^2) / (n - 1))), where W_i
    counts neighbours with the area itself and S_i = W_i for binary weights. Limits: the
    normal approximation is poor with few neighbours and skewed values; neighbouring z
    share data, so one hot area can colour all its neighbours; 999 permutations would not
    do instead, as their smallest p (0.001) survives no correction over hundreds of areas.

    References
    ----------
    Getis, A., Ord, J. K. (1992). The analysis of spatial association by use of distance
    statistics. *Geographical Analysis* 24(3), 189-206.
    Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics: distributional
    issues and an application. *Geographical Analysis* 27(4), 286-306.

    Examples
    --------
    Five areas in a row; the first two are high.

    >>> from geo_pora.hotspots.weights import from_pairs
    >>> row = from_pairs([0, 1, 1, 2, 2, 3, 3, 4], [1, 0, 2, 1, 3, 2, 4, 3], 5)
    >>> found = gi_star([9, 8, 2, 1, 1], row)
    >>> found.z.round(4).tolist()
    [1.9813, 1.4745, -0.3686, -1.9813, -1.4745]
    """
    if ddof not in (0, 1):
        raise InputError(f"ddof is {ddof!r}: give 0, or 1 to divide the variance by n - 1")
    x, w = _checked(values, weights)
    n = len(x)
    own = w + sparse.eye_array(n, format="csr")
    count = np.asarray(own.sum(axis=1)).ravel()
    spread = np.sqrt(max(float(x.var(ddof=ddof)), 0.0))
    if spread <= _FLAT * max(1.0, float(np.abs(x).max())):
        return _local_g(np.full(n, np.nan))
    scale = spread * np.sqrt(np.maximum(n * count - count**2, 0) / (n - 1))
    return _local_g(_ratio(own @ x - count * x.mean(), scale))


def gi(values: ArrayLike, weights: Any) -> LocalG:
    """Tell where the neighbours of an area are high or low: Gi, the area itself left out.

    As :func:`gi_star`, but mean and variance are of the other n - 1 areas.

    Parameters
    ----------
    values : array_like, shape (n,)
    weights : sparse matrix, array_like, libpysal Graph or W, shape (n, n)

    Returns
    -------
    LocalG
        NaN z for areas without neighbours.

    References
    ----------
    Ord, J. K., Getis, A. (1995), as for :func:`gi_star`.

    Examples
    --------
    >>> from geo_pora.hotspots.weights import from_pairs
    >>> row = from_pairs([0, 1, 1, 2, 2, 3, 3, 4], [1, 0, 2, 1, 3, 2, 4, 3], 5)
    >>> gi([9, 8, 2, 1, 1], row).z.round(4).tolist()
    [1.715, 1.1651, -0.115, -1.7146, -1.1314]
    """
    x, w = _checked(values, weights)
    n = len(x)
    count = np.asarray(w.sum(axis=1)).ravel()
    mean = (x.sum() - x) / (n - 1)
    variance = (np.square(x).sum() - np.square(x)) / (n - 1) - mean**2
    variance[variance <= _FLAT * max(1.0, float(np.square(x).max()))] = 0
    scale = np.sqrt(variance * np.maximum((n - 1) * count - count**2, 0) / (n - 2))
    return _local_g(_ratio(w @ x - count * mean, scale))


def space_time_gi_star(values: ArrayLike, weights: Any, *, lags: int = 1) -> LocalG:
    """Gi* of every area in every period, with neighbours in space and in the past.

    The neighbours of an area in a period are it and its neighbours then and in the
    `lags` periods before; mean and variance are of the whole table, so that periods can
    be compared. This is what emerging hot spots are made of.

    Parameters
    ----------
    values : array_like, shape (n, periods)
    weights : sparse matrix, array_like, libpysal Graph or W, shape (n, n)
    lags : int
        0 or more.

    Returns
    -------
    LocalG
        Arrays of the shape (n, periods); q over the whole table.
    """
    table = as_numbers(values, "values")
    if table.ndim != 2:
        raise InputError("values over time have a row per area and a column per period")
    check_whole(lags, "the number of lags", 0)
    n, periods = table.shape
    if not periods:
        raise InputError("there are no periods: give at least one column of values")
    near = as_binary(weights)
    _fits(n, near.shape[0])
    place = near + sparse.eye_array(n, format="csr")
    past = sparse.diags_array(
        [np.ones(periods - lag) for lag in range(min(lags, periods - 1) + 1)],
        offsets=[-lag for lag in range(min(lags, periods - 1) + 1)],
    )
    found = gi_star(table.T.ravel(), sparse.kron(past, place, format="csr"))
    z, p, q = (part.reshape(periods, n).T for part in (found.z, found.p, found.q))
    return LocalG(z, p, q, found.spots.reshape(periods, n).T)


def _checked(values: ArrayLike, weights: Any) -> tuple[Floats, sparse.csr_array]:
    x = as_numbers(values, "values")
    w = as_binary(weights)
    if x.ndim != 1:
        raise InputError(f"values have the shape {x.shape}: give one per area")
    _fits(len(x), w.shape[0])
    if len(x) < 3:
        raise InputError(f"{len(x)} areas are too few for a local statistic: give at least 3")
    if not np.isfinite(x).all():
        raise InputError(
            f"area {int(np.argmin(np.isfinite(x))) + 1} has no value: leave it out of both the "
            "values and the weights"
        )
    return x, w


def _fits(areas: int, rows: int) -> None:
    if areas != rows:
        raise InputError(f"{areas} values and weights of {rows} areas: give the same areas")


def _ratio(deviation: Floats, scale: Floats) -> Floats:
    z = np.full(len(deviation), np.nan)
    np.divide(deviation, scale, out=z, where=scale > 0)
    return z


def _local_g(z: Floats) -> LocalG:
    p = 2 * stats.norm.sf(np.abs(z))
    q = benjamini_hochberg(p)
    return LocalG(z, p, q, spot_classes(z, q))
