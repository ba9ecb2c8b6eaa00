"""Classes of a choropleth: breaks, colours and what a legend says about them.

Classes are made of published values above zero alone, so that neither a break
nor a colour tells anything about a cell that the gate has hidden. Zero, hidden
and no data are no classes: each has a look of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import mapclassify
import numpy as np
import pandas as pd

from geo_pora.errors import InputError

SCHEMES = ("quantiles", "natural", "equal", "own")

# ColorBrewer's YlGnBu and PuOr (Cynthia Brewer, Apache-2.0): told apart with
# every common colour-vision deficiency, and in grey when printed.
SEQUENTIAL = {
    1: ("#41b6c4",),
    2: ("#a1dab4", "#2c7fb8"),
    3: ("#c7e9b4", "#41b6c4", "#225ea8"),
    4: ("#c7e9b4", "#7fcdbb", "#2c7fb8", "#253494"),
    5: ("#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"),
    6: ("#d9f0c1", "#a1dab4", "#5fc1bf", "#1d91c0", "#225ea8", "#0c2c84"),
    7: ("#d9f0c1", "#a1dab4", "#5fc1bf", "#1d91c0", "#225ea8", "#253494", "#081d58"),
}
DECREASE = {
    1: ("#998ec3",),
    2: ("#8073ac", "#b2abd2"),
    3: ("#542788", "#8073ac", "#b2abd2"),
}
INCREASE = {
    1: ("#f1a340",),
    2: ("#fdb863", "#e08214"),
    3: ("#fdb863", "#e08214", "#b35806"),
}

_CLASSIFIERS = {
    "quantiles": mapclassify.Quantiles,
    "natural": mapclassify.FisherJenks,
    "equal": mapclassify.EqualInterval,
}


@dataclass(frozen=True)
class MapClass:
    """One class of a legend: values from `low` to `high`, both included, and its colour."""

    low: float
    high: float
    colour: str


@dataclass(frozen=True)
class Classes:
    """The classes of one map, in order of their values."""

    classes: tuple[MapClass, ...]

    def index(self, values: pd.Series) -> np.ndarray:
        """Return the class of each value, -1 for those in none.

        Parameters
        ----------
        values : Series of float, shape (n,)

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        array = values.to_numpy(dtype="float64", na_value=np.nan)
        found = np.full(len(array), -1)
        for place, one in enumerate(self.classes):
            found[(array >= one.low) & (array <= one.high)] = place
        return found


def classify(
    values: pd.Series,
    scheme: str = "quantiles",
    count: int = 5,
    breaks: Sequence[float] = (),
) -> Classes:
    """Divide published values into classes.

    Parameters
    ----------
    values : Series of float
        Published values; zeros and missing ones are left out. With negative
        values the classes are those of a change: the same widths on both sides
        of zero.
    scheme : {"quantiles", "natural", "equal", "own"}
        Quantiles; natural breaks by Fisher's exact algorithm (Fisher 1958,
        Jenks 1977); equal intervals; or the given `breaks`.
    count : int
        Number of classes, 2 to 7; fewer where there are fewer distinct values.
    breaks : sequence of float
        Upper limits of the classes of scheme `own`.

    Returns
    -------
    Classes
        Without any class where no value is left.

    Raises
    ------
    InputError
        If the scheme is unknown, or own breaks are missing or not finite.
    """
    if scheme not in SCHEMES:
        raise InputError(f"class scheme {scheme[:40]!r} is not one of {', '.join(SCHEMES)}")
    if scheme == "own" and (not breaks or not np.isfinite(breaks).all()):
        raise InputError("own classes need one to six finite upper limits, such as 5,10,20")
    array = values.to_numpy(dtype="float64", na_value=np.nan)
    array = array[np.isfinite(array) & (array != 0)]
    count = min(max(count, 2), 7)
    if not (array < 0).any():
        return Classes(_bins(array, scheme, count, breaks, SEQUENTIAL))
    side = min((count + 1) // 2, 3)
    magnitudes = _bins(np.abs(array), scheme, side, [abs(b) for b in breaks][:3], INCREASE)
    down = DECREASE[len(magnitudes)]
    mirrored = tuple(
        MapClass(-one.high, -one.low, colour)
        for one, colour in zip(reversed(magnitudes), down, strict=True)
    )
    both = mirrored + magnitudes
    return Classes(tuple(one for one in both if ((array >= one.low) & (array <= one.high)).any()))


def _bins(
    array: np.ndarray,
    scheme: str,
    count: int,
    breaks: Sequence[float],
    ramp: dict[int, tuple[str, ...]],
) -> tuple[MapClass, ...]:
    """Return the classes of positive values: each begins at the lowest value it holds."""
    distinct = np.unique(array)
    if not len(distinct):
        return ()
    if scheme == "own":
        limits = np.unique([*breaks, distinct[-1]])[-max(ramp) :]
    elif len(distinct) <= count:
        limits = distinct
    else:
        with warnings.catch_warnings():
            # Without Numba the exact algorithm is slow, which half a second is not.
            warnings.simplefilter("ignore", UserWarning)
            limits = _CLASSIFIERS[scheme](array, k=count).bins
    limits = np.unique(limits)
    limits[-1] = max(limits[-1], distinct[-1])
    member = np.searchsorted(limits, distinct)
    groups = [distinct[member == place] for place in np.unique(member)]
    return tuple(
        MapClass(float(group[0]), float(group[-1]), colour)
        for group, colour in zip(groups, ramp[len(groups)], strict=True)
    )
