"""Moran's I: whether there is any clustering at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, stats

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers
from geo_pora.hotspots.weights import Weights, as_binary, row_standardised


@dataclass(frozen=True)
class MoranI:
    """Moran's I of a layer.

    Attributes
    ----------
    i : float
        The statistic; `expected` under the null hypothesis.
    expected, variance : float
        Under the null hypothesis.
    z : float
        Standard deviate.
    p : float
        One-sided: neighbours are more alike than by chance.
    """

    i: float
    expected: float
    variance: float
    z: float
    p: float


def morans_i(
    values: ArrayLike,
    weights: Any,
    *,
    style: Literal["row", "binary"] = "row",
    assumption: Literal["randomisation", "normality"] = "randomisation",
    drop_islands: bool = False,
) -> MoranI:
    """Measure whether neighbouring areas have more similar values than by chance.

    Null hypothesis: values are spread over the areas at random (``randomisation``) or
    drawn from one normal distribution (``normality``). One-sided, for likeness.

    Parameters
    ----------
    values : array_like, shape (n,)
        For rates take :func:`geo_pora.hotspots.rates.empirical_bayes_index`.
    weights : sparse matrix, array_like, libpysal Graph or W, shape (n, n)
    style : {"row", "binary"}
        Whether rows of the weights are made to sum to 1.
    assumption : {"randomisation", "normality"}
    drop_islands : bool
        Leave areas without neighbours out, values and all. They count otherwise.

    Returns
    -------
    MoranI

    Raises
    ------
    InputError
        If shapes do not fit, a value is missing, values do not vary, or nobody has a
        neighbour.

    References
    ----------
    Cliff, A. D., Ord, J. K. (1981). *Spatial Processes*. Pion, London.

    Examples
    --------
    >>> from geo_pora.hotspots.weights import from_pairs
    >>> row = from_pairs([0, 1, 1, 2, 2, 3, 3, 4], [1, 0, 2, 1, 3, 2, 4, 3], 5)
    >>> found = morans_i([9, 8, 2, 1, 1], row, style="binary")
    >>> round(found.i, 4), round(found.z, 4), round(found.p, 4)
    (0.5406, 1.7149, 0.0432)
    """
    matrix = as_binary(weights)
    x = as_numbers(values, "values")
    if x.shape != (matrix.shape[0],):
        raise InputError(
            f"values of shape {x.shape} and weights of {matrix.shape[0]} areas do not fit"
        )
    if drop_islands:
        joined = np.flatnonzero((matrix.sum(axis=0) > 0) | (matrix.sum(axis=1) > 0))
        matrix, x = sparse.csr_array(matrix[joined][:, joined]), x[joined]
    if not np.isfinite(x).all() or len(x) < 4:
        raise InputError("Moran's I needs a value for each of at least 4 areas")
    if matrix.nnz == 0 or np.ptp(x) == 0:
        raise InputError("Moran's I needs areas with neighbours and values that differ")
    w = row_standardised(matrix) if style == "row" else matrix
    return _moran(x - x.mean(), w, assumption)


def _moran(z: np.ndarray[Any, np.dtype[np.float64]], w: Weights, assumption: str) -> MoranI:
    """Compute I and its moments (Cliff and Ord 1981, pages 44 to 46)."""
    n = len(z)
    s0 = float(w.sum())
    s1 = float((w + w.T).power(2).sum()) / 2
    s2 = float(np.square(w.sum(axis=0) + w.sum(axis=1)).sum())
    i = n / s0 * float(z @ (w @ z)) / float(z @ z)
    expected = -1 / (n - 1)
    if assumption == "normality":
        square = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2)
    elif assumption == "randomisation":
        kurtosis = n * float((z**4).sum()) / float(z @ z) ** 2
        square = (
            n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
            - kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
        ) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    else:
        raise InputError(f"{assumption!r} is no assumption: write randomisation or normality")
    variance = square - expected**2
    deviate = (i - expected) / np.sqrt(variance)
    return MoranI(i, expected, variance, float(deviate), float(stats.norm.sf(deviate)))
