"""Hot-spot classes as published, and how they are worded beside hidden counts.

What they tell all the same: `reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_pora.disclosure.table import HIDDEN, Disclosed

NONE_OR_INSUFFICIENT = "none_or_insufficient"
"""Not found, and left open whether it would have been: what is said beside hidden counts."""

UNTOLD = ("none", "insufficient")
"""Classes that say that nothing was found."""

Windows = Mapping[str, Sequence[str]]
"""By area code, the codes that the area is judged by: its own and those that touch it."""
WindowsOf = Callable[[str], Windows]
"""The windows of a level."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Hot-spot classes of a level and period, as published.

    Attributes
    ----------
    level, period : str
    classes : dict of str to str
        By area code.
    windows : mapping of str to sequence of str
    """

    level: str
    period: str
    classes: Mapping[str, str]
    windows: Windows


def worded(found: pd.DataFrame, table: Disclosed, windows: Windows) -> pd.DataFrame:
    """Return hot-spot classes as they may be said beside a table.

    A class is hidden where the area's own persons are. Where those of a neighbour are,
    `none` and `insufficient` are not told apart: which of the two it is compares the
    window's persons with a number that can be worked out elsewhere.

    Parameters
    ----------
    found : DataFrame
        `area_code` and `class`.
    table : Disclosed
        Of the same level and period.
    windows : mapping of str to sequence of str

    Returns
    -------
    DataFrame
        `area_code` and `class`.
    """
    secret = hidden_in(table, ["persons"])
    shown = found[["area_code", "class"]].copy()
    beside = _beside(shown["area_code"], windows, secret)
    untold = shown["class"].isin(UNTOLD) & beside
    shown["class"] = shown["class"].mask(untold, NONE_OR_INSUFFICIENT)
    shown["class"] = shown["class"].mask(shown["area_code"].isin(secret), HIDDEN)
    return shown


def hidden_in(table: Disclosed, measures: Sequence[str]) -> set[str]:
    """Return the areas of which one of the measures is hidden."""
    rows = table.table
    status = rows[[f"{name}_status" for name in measures if name in rows]]
    return set(rows.loc[(status == HIDDEN).any(axis=1), "area_code"])


def without(shown: pd.DataFrame, windows: Windows, secret: set[str]) -> pd.DataFrame:
    """Return classes without those of the areas whose window holds one of `secret`."""
    beside = _beside(shown["area_code"], windows, secret)
    return shown.assign(**{"class": shown["class"].mask(beside, HIDDEN)})


def _beside(codes: pd.Series, windows: Windows, secret: set[str]) -> np.ndarray:
    return np.array([not secret.isdisjoint(windows[code]) for code in codes], dtype=bool)
