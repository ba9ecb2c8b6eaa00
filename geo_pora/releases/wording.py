"""How the hot-spot classes of a release are worded, so that they give no hidden count back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from geo_pora.aggregate import MEASURES
from geo_pora.disclosure import Disclosed, Spots, Windows, WindowsOf, bites, spots
from geo_pora.releases.together import Together


def reworded(
    found: Mapping[str, pd.DataFrame],
    period: str,
    made: Sequence[Disclosed],
    published: Together,
    windows_of: WindowsOf,
    *,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Return the classes that a release says, by level.

    What was said of a level and period before is said again: a second wording, after a
    check or with other counts shown beside it, would tell by the difference. Otherwise the
    first of `_wordings` is taken that takes no protection away.

    Parameters
    ----------
    found : mapping of str to DataFrame
        `area_code` and `class` by level.
    period : str
    made : sequence of Disclosed
        The tables of the release.
    published : Together
        These tables, and all that was published before and agrees with them.
    windows_of : callable
    seed : int

    Returns
    -------
    dict of str to DataFrame
        `area_code`, `class`, `period`; a level of which nothing can be said is left out.
    """
    before = {one.level: one for one in reversed(published.spots) if one.period == period}
    shown, said = {}, list(published.spots)
    for level, classes in found.items():
        if level in before:
            repeated = classes["area_code"].map(before[level].classes)
            shown[level] = classes[["area_code"]].assign(**{"class": repeated}, period=period)
            continue
        windows = windows_of(level)
        tables = [table.only(period) for table in made if table.level == level]
        for rows in _wordings(classes, tables, windows):
            named = dict(zip(rows["area_code"], rows["class"], strict=True))
            candidate = Spots(level, period, named, windows)
            if not bites(published.tables, [candidate], beside=said, seed=seed):
                shown[level] = rows.assign(period=period)
                said.append(candidate)
                break
    return shown


def _wordings(
    found: pd.DataFrame, tables: Sequence[Disclosed], windows: Windows
) -> Iterator[pd.DataFrame]:
    """Return what can be said of a level, most first.

    All classes beside hidden counts are hidden, or none: if one alone were, that it is
    hidden would say that it is one of those that tell something.
    """
    whole = next(table for table in tables if table.by is None)
    worded = spots.worded(found, whole, windows)
    yield worded
    yield spots.without(worded, windows, spots.hidden_in(whole, ["persons"]))
    secret = set[str]().union(*(spots.hidden_in(table, MEASURES) for table in tables))
    yield spots.without(worded, windows, secret)
