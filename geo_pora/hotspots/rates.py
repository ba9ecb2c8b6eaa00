"""Rates of small areas, steadied by empirical Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers
from geo_pora.hotspots.weights import as_binary

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SmoothedRates:
    """Rates shrunk towards a mean.

    Attributes
    ----------
    raw : ndarray, shape (n,)
        Events over base; NaN where the base is 0.
    rate : ndarray, shape (n,)
        The estimate; the mean itself where the base is 0.
    mean : ndarray, shape (n,)
        What each was shrunk towards: the same for all, or of the neighbourhood.
    variance : ndarray, shape (n,)
        Variance between areas, by the method of moments; not below 0 for the Poisson
        family. For ``binomial`` the total weighted variance.
    """

    raw: Floats
    rate: Floats
    mean: Floats
    variance: Floats


def empirical_bayes(
    events: ArrayLike,
    base: ArrayLike,
    *,
    family: Literal["poisson", "binomial"] = "poisson",
    neighbours: Any = None,
) -> SmoothedRates:
    """Shrink the rates of areas towards the mean, those of small areas most.

    Model: events are Poisson (or binomial) with a rate that varies between areas about
    a mean; mean and variance are estimated from the data by the method of moments. Not a
    test: no null hypothesis, no p. Where areas vary no more than by chance the estimate
    is the mean everywhere.

    Parameters
    ----------
    events : array_like, shape (n,)
        Counts, 0 or more.
    base : array_like, shape (n,)
        Persons or expected events, 0 or more.
    family : {"poisson", "binomial"}
        ``binomial`` for events that are a sizeable share of the base (Martuzzi and
        Elliott 1996); global only.
    neighbours : sparse matrix, array_like, libpysal Graph or W, optional
        If given, each area is shrunk towards the mean of itself and its neighbours.

    Returns
    -------
    SmoothedRates

    Raises
    ------
    InputError
        If shapes do not fit, a number is missing or negative, an area has events and no
        base, events exceed the base (``binomial``), or nobody has a base.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes
    estimators. *Applied Statistics* 40(2), 283-294.
    Martuzzi, M., Elliott, P. (1996). Empirical Bayes estimation of small area prevalence
    of non-rare conditions. *Statistics in Medicine* 15, 1867-1873.

    Examples
    --------
    >>> smoothed = empirical_bayes([0, 20, 30, 5], [10, 1000, 1000, 400])
    >>> (1000 * smoothed.rate).round(3).tolist()
    [22.755, 22.185, 24.441, 21.744]
    """
    n, x = _checked(events, base)
    raw = np.divide(n, x, out=np.full(len(n), np.nan), where=x > 0)
    if family == "binomial":
        if neighbours is not None:
            raise InputError("the binomial family has no local form: leave the neighbours out")
        if (n > x).any():
            raise InputError(f"area {int(np.argmax(n > x)) + 1} has more events than its base")
        return _binomial(n, x, raw)
    if family != "poisson":
        raise InputError(f"{family!r} is no family: write poisson or binomial")
    rows = len(n)
    near = sparse.csr_array(np.ones((1, rows)))
    if neighbours is not None:
        others = as_binary(neighbours)
        if others.shape[0] != rows:
            raise InputError(f"{rows} areas and neighbours of {others.shape[0]} do not fit")
        near = others + sparse.eye_array(rows, format="csr")
    rate = np.nan_to_num(raw)
    counted = near @ (x > 0).astype(np.float64)
    people = near @ x
    mean = np.divide(near @ n, people, out=np.zeros(len(people)), where=people > 0)
    # sum of x (r - mean)^2, spread out so that each neighbourhood has its own mean
    spread = near @ (x * rate**2) - 2 * mean * (near @ (x * rate)) + mean**2 * people
    safe = np.where(people > 0, people, 1)
    between = np.maximum(spread / safe - mean * counted / safe, 0)
    mean, between = np.broadcast_to(mean, rows), np.broadcast_to(between, rows)
    share = np.zeros(rows)
    np.divide(between * x, between * x + mean, out=share, where=between * x > 0)
    return SmoothedRates(raw, mean + share * (rate - mean), mean.copy(), between.copy())


def empirical_bayes_index(events: ArrayLike, base: ArrayLike) -> Floats:
    """Return rates as deviates of equal variance, for Moran's I of rates.

    Parameters
    ----------
    events, base : array_like, shape (n,)
        As in :func:`empirical_bayes`; every base over 0.

    Returns
    -------
    ndarray, shape (n,)

    References
    ----------
    Assunção, R. M., Reis, E. A. (1999). A new proposal to adjust Moran's I for population
    density. *Statistics in Medicine* 18, 2147-2162.

    Examples
    --------
    >>> empirical_bayes_index([2, 20, 30, 5], [40, 1000, 1000, 400]).round(4).tolist()
    [1.0881, -0.54, 1.0669, -1.2645]
    """
    n, x = _checked(events, base)
    if (x <= 0).any():
        raise InputError(f"area {int(np.argmax(x <= 0)) + 1} has no base: leave it out")
    rate, mean = n / x, n.sum() / x.sum()
    between = float((x * (rate - mean) ** 2).sum() / x.sum() - mean / x.mean())
    variance = between + mean / x
    variance = np.where(variance > 0, variance, mean / x)
    index = np.zeros(len(x))
    np.divide(rate - mean, np.sqrt(variance), out=index, where=variance > 0)
    return index


def _binomial(n: Floats, x: Floats, raw: Floats) -> SmoothedRates:
    mean = float(n.sum() / x.sum())
    rate = np.where(x > 0, np.nan_to_num(raw), mean)
    variance = float((x * (rate - mean) ** 2).sum() / x.sum())
    chance = mean * (1 - mean) / x[x > 0].mean()
    top = x * variance - x * chance
    bottom = (x - 1) * variance + (1 - x / x[x > 0].mean()) * mean * (1 - mean)
    share = np.divide(top, bottom, out=np.zeros(len(x)), where=(bottom != 0) & (x > 0))
    share = np.clip(share, 0, 1)
    size = np.full(len(x), 1.0)
    return SmoothedRates(raw, share * rate + (1 - share) * mean, mean * size, variance * size)


def _checked(events: ArrayLike, base: ArrayLike) -> tuple[Floats, Floats]:
    n, x = as_numbers(events, "events"), as_numbers(base, "bases")
    if n.ndim != 1 or n.shape != x.shape:
        raise InputError(f"events of shape {n.shape} and a base of shape {x.shape} do not fit")
    good = np.isfinite(n) & np.isfinite(x) & (n >= 0) & (x >= 0)
    if not good.all():
        raise InputError(f"area {int(np.argmin(good)) + 1} has a missing or negative number")
    if ((n > 0) & (x == 0)).any():
        row = int(np.argmax((n > 0) & (x == 0)))
        raise InputError(f"area {row + 1} has events but a base of 0: give its base")
    if not x.sum() > 0:
        raise InputError("no area has a base over 0: rates do not exist")
    return n, x
