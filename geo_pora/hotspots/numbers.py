"""Numbers as callers give them: lists, arrays, columns of a table."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_pora.errors import InputError

Floats = NDArray[np.float64]


def as_numbers(values: ArrayLike, what: str) -> Floats:
    """Return values as an array of numbers, NaN where one is missing.

    Parameters
    ----------
    values : array_like
    what : str
        What they are, for the message.

    Raises
    ------
    InputError
        If one is no real number, or rows have different lengths.

    Examples
    --------
    >>> as_numbers([1, None, 2.5], "counts").tolist()
    [1.0, nan, 2.5]
    """
    try:
        raw = np.asarray(values)
        if raw.dtype.kind in "cMm":
            raise TypeError(f"{raw.dtype} is no plain number")
        if raw.dtype.kind == "O" and raw.size:
            raw = np.where(_missing(raw), np.nan, raw)
        return raw.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"the {what} are not all numbers, or not as many in each row: correct them"
        ) from None


def check_whole(value: object, what: str, least: int) -> None:
    """Raise InputError unless a parameter is a whole number of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise InputError(f"{what} is {value!r}: give a whole number of {least} or more")


def check_share(value: float, what: str) -> None:
    """Raise InputError unless a parameter lies between 0 and 1."""
    if not 0 < value < 1:
        raise InputError(f"{what} is {value!r}: give a number between 0 and 1, say 0.05")


def _missing(raw: NDArray[np.object_]) -> NDArray[np.bool_]:
    import pandas as pd

    missing: NDArray[np.bool_] = pd.isna(raw)
    return missing
