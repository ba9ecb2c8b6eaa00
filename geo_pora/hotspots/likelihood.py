"""The log-likelihood ratio of Kulldorff's Poisson scan, and its inverse.

For c of C cases in a window that is expected to hold E of them (the
expectations of all areas sum to C), given C::

    LLR = c ln(c / E) + (C - c) ln((C - c) / (C - E))

and nothing (0) where the window's rate is not on the side scanned for.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rates = Literal["high", "low", "both"]
Floats = NDArray[np.float64]

_BISECTIONS = 30
_MARGIN = 1e-9


def log_likelihood_ratio(
    cases: ArrayLike, expected: ArrayLike, total: float, rates: Rates = "high"
) -> Floats:
    """Return the log-likelihood ratio of windows.

    Parameters
    ----------
    cases, expected : array_like, broadcast against each other
        Cases in the window, and cases expected there; expected counts of all areas
        sum to `total`.
    total : float
        Cases in all areas.
    rates : {"high", "low", "both"}
        Which windows count: with more cases than expected, with fewer, or both.

    Returns
    -------
    ndarray of float64
        0 where the window's rate is not on the side asked for, and for a window that
        holds none or all of the expectation.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. *Communications in Statistics:
    Theory and Methods* 26(6), 1481-1496.

    Examples
    --------
    >>> round(float(log_likelihood_ratio(10, 5, 100)), 6)
    2.065422
    >>> float(log_likelihood_ratio(3, 5, 100))
    0.0
    """
    c, e = np.broadcast_arrays(
        np.asarray(cases, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    )
    possible = (e > 0) & (e < total) & on_side(c, e, rates)
    safe = np.where(possible, e, total / 2)
    ratio = _xlogy(c, c / safe) + _xlogy(total - c, (total - c) / (total - safe))
    return np.where(possible, ratio, 0.0)


def on_side(cases: Floats, expected: Floats, rates: Rates) -> NDArray[np.bool_]:
    """Tell which windows have the rate scanned for, compared with the rest."""
    compare = {"high": np.greater, "low": np.less, "both": np.not_equal}[rates]
    side: NDArray[np.bool_] = compare(cases, expected)
    return side


def count_terms(counts: ArrayLike, total: int) -> Floats:
    """Return the part of the ratio that depends on the count alone."""
    c = np.asarray(counts, dtype=np.float64)
    return _xlogy(c, c) + _xlogy(total - c, total - c)


def expected_at(
    counts: ArrayLike, total: int, level: float, side: Literal["high", "low"]
) -> Floats:
    """Return, for each count, the expectation at which the ratio equals `level`.

    A window with c cases has a ratio above `level` if and only if its expectation is
    below this number (side ``high``) or above it (side ``low``).

    Parameters
    ----------
    counts : array_like of whole numbers, shape (k,)
        Growing, from 0 to `total`.
    total : int
        Cases in all areas, C.
    level : float
        A log-likelihood ratio, 0 or more.
    side : {"high", "low"}

    Returns
    -------
    ndarray of float64, shape (k,)
        Increasing in c, and off by a part in 10^9 at most, to the side on which no window
        is missed. Where no expectation reaches the level: 0 on the high side (c = 0) and
        `total` on the low side (c = C).
    """
    c = np.asarray(counts, dtype=np.float64)
    terms = count_terms(c, total)
    near, far = c.copy(), np.zeros_like(c) if side == "high" else np.full_like(c, total)
    for _ in range(_BISECTIONS):
        middle = np.clip((near + far) / 2, total * 1e-300, np.nextafter(total, 0))
        rest = np.log(total - middle)
        above = terms - c * (np.log(middle) - rest) - total * rest > level - _MARGIN
        far, near = np.where(above, middle, far), np.where(above, near, middle)
    return near


def _xlogy(x: Floats, y: Floats) -> Floats:
    logarithm: Floats = np.log(np.where(x > 0, y, 1.0))
    return x * logarithm
