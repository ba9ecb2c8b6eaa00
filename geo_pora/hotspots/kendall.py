"""Kendall's S against time: its value, its variance, its exact distribution."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def score(x: Floats) -> int:
    """Return pairs that rise less pairs that fall."""
    return int(sum(np.sign(x[i + 1 :] - x[i]).sum() for i in range(len(x) - 1)))


def score_variance(x: Floats) -> float:
    """Return the variance of S under the null hypothesis, given the ties in `x`."""
    n = len(x)
    ties = np.unique(x, return_counts=True)[1].astype(np.float64)
    return float((n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18)


def exact_p_value(s: int, x: Floats) -> float:
    """Return the probability of an S as far from 0, over all orders of the values of `x`.

    The number of orders with i inversions is the coefficient of q^i in the Gaussian
    multinomial [n; t1, t2, ...], where the t are the sizes of the ties; S is the number of
    untied pairs less twice the inversions.

    Examples
    --------
    >>> exact_p_value(6, np.array([1.0, 2, 3, 4])) * 24
    2.0
    >>> exact_p_value(2, np.array([1.0, 1, 2])) * 3
    2.0
    """
    ties = np.unique(x, return_counts=True)[1].tolist()
    orders = _inversions(ties)
    untied = len(orders) - 1
    far = sum(number for i, number in enumerate(orders) if abs(untied - 2 * i) >= abs(s))
    return float(Fraction(far, sum(orders)))


def _inversions(ties: list[int]) -> list[int]:
    """Return how many orders of a multiset have 0, 1, 2... inversions, in exact integers."""
    orders = [1]
    placed = 0
    for size in ties:
        for j in range(1, size + 1):
            orders = _divided(_multiplied(orders, placed + j), j)
        placed += size
    return orders


def _multiplied(poly: list[int], k: int) -> list[int]:
    """Return poly times (1 + q + ... + q^(k-1))."""
    total, out = 0, []
    for i in range(len(poly) + k - 1):
        total += poly[i] if i < len(poly) else 0
        total -= poly[i - k] if i >= k else 0
        out.append(total)
    return out


def _divided(poly: list[int], k: int) -> list[int]:
    """Return poly over (1 + q + ... + q^(k-1)), which divides it."""
    out: list[int] = []
    for i in range(len(poly) - k + 1):
        value = poly[i] - (poly[i - 1] if i else 0) + (out[i - k] if i >= k else 0)
        out.append(value)
    return out
