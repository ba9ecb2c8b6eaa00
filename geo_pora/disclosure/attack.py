"""The attack: what a reader can work out from everything that was published.

Reads disclosed tables only, never the reports. It is the same attack whether
tests run it or `geo-pora release audit` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo_pora.disclosure.bounds import BETWEEN, Bound
from geo_pora.disclosure.cells import KEY, STATED, Counts, System
from geo_pora.disclosure.history import not_zero
from geo_pora.disclosure.reach import Space, agreeing, propagate
from geo_pora.disclosure.reading import told
from geo_pora.disclosure.spots import Spots
from geo_pora.disclosure.sums import build
from geo_pora.disclosure.table import HIDDEN, NO_DATA, Disclosed
from geo_pora.errors import InputError

_ROUNDS = 12
_READINGS = 3


def attack(
    tables: Sequence[Disclosed],
    *,
    spots: Sequence[Spots] = (),
    threshold: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Find the interval of every hidden count, and of every group that can be worked out.

    Parameters
    ----------
    tables : sequence of Disclosed
        Everything published that tells of the same reports: all tables of a
        release, and of earlier ones.
    spots : sequence of Spots
        The hot-spot classes that were published with them.
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
    need = float(threshold or max(table.policy.threshold for table in tables))
    system, space, _ = _read(tables, spots)
    space.probe(2.0 * need, _ROUNDS, np.random.default_rng(seed))
    return _report(system, space, _wanted(system, space, need), need)


def told_by(tables: Sequence[Disclosed], spots: Sequence[Spots]) -> list[Bound]:
    """Return what hot-spot classes tell of counts beyond what tables do.

    Parameters
    ----------
    tables : sequence of Disclosed
        Everything published that tells of the same reports.
    spots : sequence of Spots

    Raises
    ------
    InputError
        If the tables contradict each other.
    """
    return _read(tables, spots)[2]


def bites(
    tables: Sequence[Disclosed],
    spots: Sequence[Spots],
    *,
    beside: Sequence[Spots] = (),
    seed: int = 0,
) -> bool:
    """Tell whether hot-spot classes take protection away that tables have without them.

    Parameters
    ----------
    tables : sequence of Disclosed
        Everything published that tells of the same reports.
    spots : sequence of Spots
        Classes that are asked about.
    beside : sequence of Spots
        Classes that were published before.
    seed : int

    Returns
    -------
    bool
        Whether, by these classes, an interval becomes narrower than the threshold, or a group
        certainly small.

    Raises
    ------
    InputError
        If the tables contradict each other.
    """
    try:
        return _bite(tables, spots, beside, seed, with_spells=True)
    except InputError:  # corrected in between: the reports behind them are not the same
        return _bite(tables, spots, beside, seed, with_spells=False)


def _bite(
    tables: Sequence[Disclosed],
    spots: Sequence[Spots],
    beside: Sequence[Spots],
    seed: int,
    *,
    with_spells: bool,
) -> bool:
    need = float(max(table.policy.threshold for table in tables))
    system, before, _ = _agreeing(tables, beside, with_spells=with_spells)
    if not told(spots, system, before):
        return False
    _, after, bounds = _agreeing(tables, [*beside, *spots], with_spells=with_spells)
    touched = _touched(system, before, bounds)
    for space in (before, after):
        space.free[: len(touched)] &= touched
        space.probe(2.0 * need, _ROUNDS, np.random.default_rng(seed))
    wanted = _wanted(system, before, need)
    return any(
        _is_broken(system, after, cell, need) and not _is_broken(system, before, cell, need)
        for cell in wanted[touched[wanted]]
    )


def _read(tables: Sequence[Disclosed], spots: Sequence[Spots]) -> tuple[System, Space, list[Bound]]:
    try:
        return _agreeing(tables, spots, with_spells=True)
    except InputError:  # corrected in between: the reports behind them are not the same
        return _agreeing(tables, spots, with_spells=False)


def _agreeing(
    tables: Sequence[Disclosed], spots: Sequence[Spots], *, with_spells: bool
) -> tuple[System, Space, list[Bound]]:
    """Return all counts that agree with what was published, and what the classes add to it.

    A bound may tighten others, so the classes are read again until they tell nothing new.
    """
    merged, bounds = _merged(tables), list[Bound]()
    for _ in range(_READINGS):
        system = build(merged, bounds, with_spells=with_spells)
        space = _space(tables, system)
        new = told(spots, system, space) if spots else []
        if not new:
            break
        bounds += new
    else:
        system = build(merged, bounds, with_spells=with_spells)
        space = _space(tables, system)
    return system, space, bounds


def _space(tables: Sequence[Disclosed], system: System) -> Space:
    known = _known(system)
    hidden = system.in_table & np.isnan(system.value)
    lower = np.where(hidden & not_zero(tables, system), 1.0, 0.0)
    point = agreeing(system.relations, known, lower)
    return Space(system.relations, point, np.isnan(known), lower)


def _wanted(system: System, space: Space, need: float) -> np.ndarray:
    """Return the hidden cells, and the groups that are unknown or known to be small."""
    hidden = system.in_table & np.isnan(system.value)
    small = space.free | ((space.point >= 1) & (space.point < need))
    return np.flatnonzero(hidden | (system.person_group & small))


def _touched(system: System, space: Space, bounds: Sequence[Bound]) -> np.ndarray:
    """Return the mask of the cells that share sums, however many between, with a bound."""
    mask = np.zeros(len(system.value), dtype=bool)
    cells = system.find(pd.concat([bound.cells for bound in bounds], ignore_index=True))
    about = np.zeros(len(mask), dtype=bool)
    about[cells[cells >= 0]] = True
    for columns in space.parts():
        mask[columns] = about[columns].any()
    beyond = system.cells["kind"].isin([STATED, BETWEEN]).to_numpy()
    return mask[: int(np.argmax(beyond)) if beyond.any() else len(mask)]


def _is_broken(system: System, space: Space, cell: int, need: float) -> bool:
    return _interval(system, space, cell, need)[2]


def _known(system: System) -> np.ndarray:
    """Return what follows from the sums, and from it that no reports are no persons."""
    known = propagate(system.relations, system.value)
    reports = system.reports_beside()
    known[(reports >= 0) & (known[reports] == 0)] = 0
    return propagate(system.relations, known)


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
    for cell in wanted:
        low, high, broken = _interval(system, space, int(cell), need)
        if system.in_table[cell] or broken:
            rows.append((*system.cells.loc[cell, [*KEY, "kind"]], low, high, broken))
    return pd.DataFrame(rows, columns=[*KEY, "kind", "lower", "upper", "broken"])


def _interval(system: System, space: Space, cell: int, need: float) -> tuple[float, float, bool]:
    """Return the interval of a cell as far as it matters, and whether it is broken."""
    counted = system.in_table[cell]
    low, high = space.low[cell], space.high[cell]
    settled = high - low >= need if counted else low < 1 or high >= need
    if space.free[cell] and not settled:
        low, high = space.interval(cell, 2 * need)
    broken = high - low < need if counted else low >= 1 and high < need
    return float(low), float(high), bool(broken)


def hidden_cells(tables: Sequence[Disclosed]) -> int:
    """Count the hidden cells of all tables."""
    return sum(
        int((table.table[f"{measure}_status"] == HIDDEN).sum())
        for table in tables
        for measure in table.measures
    )
