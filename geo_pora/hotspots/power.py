"""What excess could have been seen: the power behind "not significant"."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from geo_pora.hotspots.likelihood import expected_at

Floats = NDArray[np.float64]

_MOST_CASES = 2000  # where so many are critical, every plausible excess is found


def critical_count(expected: ArrayLike, alpha: float) -> Floats:
    """Return the smallest count with a one-sided Poisson p-value of `alpha` or less.

    Parameters
    ----------
    expected : array_like
        Mean under the null hypothesis, 0 or more.
    alpha : float
        For the best of m areas, alpha / m: what Benjamini-Hochberg asks of a lone hot spot.

    Examples
    --------
    >>> critical_count([0.5, 3.0], 0.05).tolist()
    [3.0, 7.0]
    """
    mean = np.asarray(expected, dtype=np.float64)
    guess = np.maximum(stats.poisson.isf(alpha, mean) + 1, 1)
    enough = stats.poisson.sf(guess - 1, mean) <= alpha
    count: Floats = np.where(enough, guess, guess + 1)
    return count


def critical_scan_count(expected: ArrayLike, total: int, critical_llr: float) -> Floats:
    """Return the smallest count whose log-likelihood ratio exceeds a critical one.

    Parameters
    ----------
    expected : array_like
        Cases expected in the window, of `total`.
    total : int
    critical_llr : float
        :meth:`geo_pora.hotspots.scan.ScanResult.critical_value`.

    Returns
    -------
    ndarray of float64
        Infinite where not even all cases would be enough.
    """
    mean = np.asarray(expected, dtype=np.float64)
    if not np.isfinite(critical_llr):
        return np.full(mean.shape, np.inf)
    count = np.searchsorted(
        expected_at(np.arange(total + 1), total, critical_llr, "high"), mean, "right"
    )
    return np.where(count > total, np.inf, count)


def detectable_risk(expected: ArrayLike, critical: ArrayLike, power: float = 0.8) -> Floats:
    """Return the smallest relative risk that would have been found with a given power.

    Model: the count is Poisson with mean risk times `expected`; it is found if it reaches
    `critical`. The chance that a Poisson count of mean m reaches c is the regularised
    incomplete gamma function P(c, m), which is inverted here.

    Parameters
    ----------
    expected : array_like
        Mean under the null hypothesis.
    critical : array_like
        Smallest count that is significant; infinite where none is.
    power : float

    Returns
    -------
    ndarray of float64
        Infinite where nothing could have been found.

    Examples
    --------
    Where 3 cases are expected and 7 are significant, a risk of 3 times the usual is seen
    four times in five.

    >>> round(float(detectable_risk(3.0, 7)), 2)
    3.03
    """
    mean, count = np.broadcast_arrays(
        np.asarray(expected, dtype=np.float64), np.asarray(critical, dtype=np.float64)
    )
    possible = (mean > 0) & np.isfinite(count)
    needed = special.gammaincinv(np.where(possible, count, 1), power)
    risk: Floats = np.where(possible, needed / np.where(possible, mean, 1), np.inf)
    return risk


def informative_from(
    alpha: float, plausible_risk: float, power: float = 0.8
) -> tuple[float, float]:
    """Return from which expectation on a plausible excess would have been found.

    The critical count is whole, so the smallest risk that is found falls with the
    expectation, and jumps up where one more case is asked for: there is no single value.

    Parameters
    ----------
    alpha : float
        One-sided level of a lone area, as for `critical_count`.
    plausible_risk, power : float
        As in `detectable_risk`.

    Returns
    -------
    least, most : float
        Below `least` no such excess would have been found, above `most` every one.

    Examples
    --------
    >>> least, most = informative_from(0.05 / 2 / 50, 10)
    >>> bool(detectable_risk(least * 0.99, critical_count(least * 0.99, 0.05 / 2 / 50)) > 10)
    True
    >>> bool(detectable_risk(most * 1.01, critical_count(most * 1.01, 0.05 / 2 / 50)) <= 10)
    True
    """
    counts = np.arange(1, _MOST_CASES)
    # Such a count is critical for expectations above `begins`, up to `ends`.
    ends = special.gammaincinv(counts, alpha)
    begins = np.concatenate([[0.0], ends[:-1]])
    enough = special.gammaincinv(counts, power) / plausible_risk
    least = np.maximum(begins, enough)[enough <= ends].min()
    most = np.minimum(ends, enough)[enough > begins].max(initial=0.0)
    return float(least), float(most)
