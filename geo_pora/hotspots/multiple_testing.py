"""Many tests at once: the false discovery rate over a layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers

CLASSES = ("hot99", "hot95", "hot90", "none", "cold90", "cold95", "cold99")
"""Hot and cold spots by the false discovery rate at which they are found."""

_LEVELS = ((0.10, "90"), (0.05, "95"), (0.01, "99"))


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Return q-values: p-values adjusted for the false discovery rate.

    Model: any number of tests, independent or positively dependent, as the Gi* of
    neighbouring areas are. Rejecting all tests with q at most 0.05 keeps the expected
    share of false ones among the rejected at 0.05 or less.

    Parameters
    ----------
    p : array_like, any shape
        NaN stands for no test: it stays NaN and does not count.

    Returns
    -------
    ndarray of float64, the shape of `p`

    Raises
    ------
    InputError
        If a p-value is below 0 or above 1.

    References
    ----------
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate: a practical
    and powerful approach to multiple testing. *Journal of the Royal Statistical Society
    B* 57(1), 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    values = as_numbers(p, "p-values")
    tested = ~np.isnan(values)
    if ((values[tested] < 0) | (values[tested] > 1)).any():
        raise InputError("a p-value lies outside 0 to 1: correct it")
    q = np.full(values.shape, np.nan)
    if tested.any():
        q[tested] = stats.false_discovery_control(values[tested], method="bh")
    return q


def spot_classes(direction: ArrayLike, q: ArrayLike) -> NDArray[np.str_]:
    """Return the class of each area by the sign of its statistic and its q-value.

    Parameters
    ----------
    direction : array_like
        Above 0 for more than expected, below 0 for less.
    q : array_like
        NaN gives ``none``.

    Examples
    --------
    >>> spot_classes([3.1, 2.0, -4.0, 1.0], [0.004, 0.08, 0.02, 0.4]).tolist()
    ['hot99', 'hot90', 'cold95', 'none']
    """
    sign, rate = np.asarray(direction, dtype=np.float64), np.asarray(q, dtype=np.float64)
    found = np.full(rate.shape, "none", dtype="<U6")
    for level, name in _LEVELS:
        found[(rate <= level) & (sign > 0)] = f"hot{name}"
        found[(rate <= level) & (sign < 0)] = f"cold{name}"
    return found
