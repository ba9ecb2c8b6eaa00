"""How many cases an area is expected to have, and how far it is from that."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers

Floats = NDArray[np.float64]

_JEFFREYS = 0.5


def scaled(exposure: ArrayLike, total: float) -> Floats:
    """Return expectations proportional to an exposure that sum to the cases there are.

    Null hypothesis they stand for: every person (or inhabitant) is as likely to be a case,
    wherever. They say nothing about the whole: only where it is more, and where less.

    Parameters
    ----------
    exposure : array_like, any shape
        Persons present, inhabitants, or expected cases in any unit; 0 or more.
    total : float
        All cases.

    Examples
    --------
    >>> scaled([100, 300], 8).tolist()
    [2.0, 6.0]
    """
    numbers = as_numbers(exposure, "exposures")
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise InputError("an exposure is missing, negative or infinite: give 0 or more")
    whole = numbers.sum()
    if whole <= 0:
        raise InputError("nobody is exposed anywhere: there is nothing to compare cases with")
    expected: Floats = numbers * (total / whole)
    return expected


def from_history(past: ArrayLike) -> Floats:
    """Return the cases of one period that an area's own past lets expect.

    Model: the count per period is Poisson with a constant mean. The estimate is the mean
    of its posterior under Jeffreys' prior, (cases + 1/2) / periods, so that an area
    without a past case is not expected to stay without one for ever.

    Parameters
    ----------
    past : array_like, shape (n, periods)
        Cases per area and earlier period, zeros included.

    Returns
    -------
    ndarray of float64, shape (n,)

    References
    ----------
    Jeffreys, H. (1946). An invariant form for the prior probability in estimation
    problems. *Proceedings of the Royal Society A* 186, 453-461.

    Examples
    --------
    >>> from_history([[2, 1, 0, 3], [0, 0, 0, 0]]).tolist()
    [1.625, 0.125]
    """
    table = as_numbers(past, "past counts")
    if table.ndim != 2 or not table.shape[1]:
        raise InputError("there is no earlier period to expect anything from: choose a later one")
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise InputError("a past count is missing or negative: give 0 or more")
    mean: Floats = (table.sum(axis=1) + _JEFFREYS) / table.shape[1]
    return mean


def indirect(cases: ArrayLike, population: ArrayLike, strata: ArrayLike) -> Floats:
    """Return expected cases per row when rates differ by stratum: indirect standardisation.

    Parameters
    ----------
    cases, population : array_like, shape (rows,)
        One row per area and stratum.
    strata : array_like, shape (rows,)
        The stratum of each row, for example of age and sex, or of permit.

    Returns
    -------
    ndarray of float64, shape (rows,)
        Population times the stratum's overall rate. Add up over the rows of an area to
        have the population of a scan adjusted for the strata.

    Examples
    --------
    >>> indirect([1, 3, 0, 4], [100, 50, 100, 20], ["a", "b", "a", "b"]).round(3).tolist()
    [0.5, 5.0, 0.5, 2.0]
    """
    count, people = as_numbers(cases, "cases"), as_numbers(population, "populations")
    names, group = np.unique(np.asarray(strata), return_inverse=True)
    if not count.shape == people.shape == group.shape or count.ndim != 1:
        raise InputError("cases, population and strata have different lengths: give one of each")
    of_group, persons = np.bincount(group, count), np.bincount(group, people)
    impossible = (of_group > 0) & (persons <= 0)
    if impossible.any():
        raise InputError(f"stratum {names[np.argmax(impossible)]} has cases but no population")
    rate = np.divide(of_group, persons, out=np.zeros(len(names)), where=persons > 0)
    return people * rate[group]


def interpolated(population: ArrayLike, at: ArrayLike, periods: ArrayLike) -> Floats:
    """Return populations between counts, on a straight line in time.

    Before the first and after the last count the population is that count.

    Parameters
    ----------
    population : array_like, shape (n, k)
        One column per census.
    at : array_like, shape (k,)
        Times of the censuses, growing.
    periods : array_like, shape (periods,)
        Times asked for, in the same unit: middles of periods.

    Returns
    -------
    ndarray of float64, shape (n, periods)

    Examples
    --------
    >>> interpolated([[100, 200]], [2010, 2020], [2005, 2015, 2020]).tolist()
    [[100.0, 150.0, 200.0]]
    """
    table, times = as_numbers(population, "populations"), as_numbers(at, "times of the censuses")
    if table.ndim != 2 or table.shape[1] != len(times) or (np.diff(times) <= 0).any():
        raise InputError("populations need one column per census, and censuses in order of time")
    wanted = as_numbers(periods, "periods")
    return np.stack([np.interp(wanted, times, row) for row in table])


def pearson_residuals(cases: ArrayLike, expected: ArrayLike) -> Floats:
    """Return (cases - expected) / sqrt(expected): counts made comparable between areas.

    If cases are Poisson with these expectations, all have mean 0 and variance 1, however
    large the area, which is what the random spreading behind Gi* supposes.

    Parameters
    ----------
    cases, expected : array_like, the same shape
        Expectations over 0.

    Examples
    --------
    >>> pearson_residuals([6, 0], [4, 1]).tolist()
    [1.0, -1.0]
    """
    mean = as_numbers(expected, "expectations")
    if not (mean > 0).all():
        raise InputError("an expectation is not over 0: leave its area out")
    residuals: Floats = (as_numbers(cases, "cases") - mean) / np.sqrt(mean)
    return residuals
