"""The attack: what a reader can work out from everything that was published.

Reads disclosed tables only, never the reports. It is the same attack whether
tests run it or `geo-pora release audit` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo_pora.disclosure.cells import KEY, Counts, System
from geo_pora.disclosure.history import not_zero
from geo_pora.disclosure.reach import Space, agreeing, propagate
from geo_pora.disclosure.sums import build
from geo_pora.disclosure.table import HIDDEN, NO_DATA, Disclosed
from geo_pora.errors import InputError

_ROUNDS = 12


def attack(
    tables: Sequence[Disclosed], *, threshold: int | None = None, seed: int = 0
) -> pd.DataFrame:
    """Find the interval of every hidden count, and of every group that can be worked out.

    Parameters
    ----------
    tables : sequence of Disclosed
        Everything published that tells of the same reports: all tables of a
        release, and of earlier ones.
    threshold : int, optional
        That of the tables' policies by default (the greatest of them).
    seed : int
        Of the random directions in which intervals are probed.

    Returns
    -------
    DataFrame
        One row per hidden cell and per group of persons that is pinned down:
        `level`, `area_code`, `by`, `class`, `period`, `measure`, `kind`,
        `lower`, `upper` (cut off at twice the threshold above the least), and
        `broken`: a hidden count whose interval is narrower than the threshold,
        or a group that is certainly small and not zero.

    Raises
    ------
    InputError
        If the tables contradict each other.
    """
    need = threshold or max(table.policy.threshold for table in tables)
    try:
        system, space = _agreeing(tables, with_spells=True)
    except InputError:  # corrected in between: the reports behind them are not the same
        system, space = _agreeing(tables, with_spells=False)
    space.probe(2.0 * need, _ROUNDS, np.random.default_rng(seed))
    hidden = system.in_table & np.isnan(system.value)
    small = system.person_group & _could_be_small(space, need)
    return _report(system, space, np.flatnonzero(hidden | small), float(need))


def _agreeing(tables: Sequence[Disclosed], *, with_spells: bool) -> tuple[System, Space]:
    """Return the system of the tables, and the tables of counts that agree with them."""
    system = build(_merged(tables), with_spells=with_spells)
    known = _known(system)
    hidden = system.in_table & np.isnan(system.value)
    lower = np.where(hidden & not_zero(tables, system), 1.0, 0.0)
    point = agreeing(system.relations, known, lower)
    return system, Space(system.relations, point, np.isnan(known), lower)


def _known(system: System) -> np.ndarray:
    """Return what follows from the sums, and from it that no reports are no persons."""
    known = propagate(system.relations, system.value)
    reports = system.reports_beside()
    known[(reports >= 0) & (known[reports] == 0)] = 0
    return propagate(system.relations, known)


def _could_be_small(space: Space, need: float) -> np.ndarray:
    """Return the cells that are unknown, or are known to be small."""
    small: np.ndarray = space.free | ((space.point >= 1) & (space.point < need))
    return small


def _merged(tables: Sequence[Disclosed]) -> list[Counts]:
    """Put the tables of several releases together; what one of them shows is known."""
    groups: dict[tuple[str, str | None], list[pd.DataFrame]] = {}
    for table in tables:
        groups.setdefault((table.level, table.by), []).append(_as_counts(table))
    merged = []
    for (level, by), parts in groups.items():
        keys = ["period", "area_code", *([by] if by else [])]
        rows = pd.concat(parts[::-1], ignore_index=True)
        best = rows.groupby(keys, dropna=False, sort=False, as_index=False).first()
        merged.append(Counts(level, best, unknown=True))
    return merged


def _as_counts(table: Disclosed) -> pd.DataFrame:
    keys = ["period", "area_code", *([table.by] if table.by else [])]
    rows = table.table
    some = np.zeros(len(rows), dtype=bool)
    for measure in table.measures:
        some |= (rows[f"{measure}_status"] != NO_DATA).to_numpy()
    return rows.loc[some, [*keys, *table.measures]]


def _report(system: System, space: Space, wanted: np.ndarray, need: float) -> pd.DataFrame:
    rows = []
    in_table = system.in_table
    for cell in wanted:
        low, high = space.low[cell], space.high[cell]
        settled = high - low >= need if in_table[cell] else low < 1 or high >= need
        if space.free[cell] and not settled:
            low, high = space.interval(int(cell), 2 * need)
        broken = high - low < need if in_table[cell] else low >= 1 and high < need
        if in_table[cell] or broken:
            rows.append((*system.cells.loc[cell, [*KEY, "kind"]], low, high, broken))
    return pd.DataFrame(rows, columns=[*KEY, "kind", "lower", "upper", "broken"])


def hidden_cells(tables: Sequence[Disclosed]) -> int:
    """Count the hidden cells of all tables."""
    return sum(
        int((table.table[f"{measure}_status"] == HIDDEN).sum())
        for table in tables
        for measure in table.measures
    )
