"""The gate itself: counts go in, disclosed tables come out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from geo_pora import periods
from geo_pora.aggregate import MEASURES
from geo_pora.disclosure.bounds import Bound
from geo_pora.disclosure.cells import ORDER, Counts, System, long
from geo_pora.disclosure.history import SHOWN, Past, against, not_zero
from geo_pora.disclosure.policy import Audience, Policy
from geo_pora.disclosure.reach import agreeing
from geo_pora.disclosure.sums import build
from geo_pora.disclosure.suppress import OnProgress, suppress
from geo_pora.disclosure.table import (
    HIDDEN,
    TOTAL,
    Disclosed,
    apply,
    class_column,
)
from geo_pora.errors import InputError, RefusedError


def disclose(counts: pd.DataFrame, *, level: str, policy: Policy | None = None) -> Disclosed:
    """Pass one table of counts through the gate.

    Under a release policy the table is protected together with its own totals.
    Tables that are published together must go through `disclose_together`: each
    by itself, they would give each other's hidden counts back.

    Parameters
    ----------
    counts : DataFrame
        Counts, complete with zeros (`aggregate.complete`).
    level : {'regency', 'district', 'village'}
    policy : Policy, optional
        The team's policy of the level by default.

    Returns
    -------
    Disclosed
    """
    policy = policy or Policy.team(level)
    if policy.audience is Audience.RELEASE:
        tables = disclose_together([Counts(level, counts)], policy)
        wanted = class_column(counts)
        return next(table for table in tables if (table.level, table.by) == (level, wanted))
    small = {
        name: counts[name].between(1, policy.threshold - 1).fillna(False).to_numpy(dtype=bool)
        for name in MEASURES
        if name in counts
    }
    return apply(counts, small, policy, level)


def disclose_together(
    tables: Sequence[Counts],
    policy: Policy,
    *,
    earlier: Sequence[Disclosed] = (),
    truth: Sequence[Counts] = (),
    bounds: Sequence[Bound] = (),
    silent: Sequence[Disclosed] = (),
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> list[Disclosed]:
    """Pass tables that are published together through the gate.

    Parameters
    ----------
    tables : sequence of Counts
        All tables of the release.
    policy : Policy
        Of a release.
    earlier : sequence of Disclosed
        Tables of all releases so far that tell of the same reports.
    truth : sequence of Counts
        The counts, made from today's reports, behind those tables of `earlier`
        that are not in `tables`.
    bounds : sequence of Bound
        What hot-spot classes of earlier releases tell of the counts.
    silent : sequence of Disclosed
        The same tables, made without `bounds`: what they hide stays hidden.
    seed : int
        Of the random directions in which intervals are probed.
    on_progress : callable, optional
        Told how many cells are protected, and of how many.

    Returns
    -------
    list of Disclosed
        The tables, with their totals over all areas (level `total`) and the
        unsplit table of each split one.

    Raises
    ------
    RefusedError
        If periods overlap without being fixed ones, or earlier releases leave
        a small count without protection.
    """
    if policy.audience is not Audience.RELEASE:
        raise RefusedError("tables are published together only under a release policy")
    published = with_margins(tables)
    _refuse_free_periods(published)
    past = against(published, with_margins(truth) if truth else [], earlier, policy.threshold)
    search = partial(_protected, published, policy, earlier, bounds, seed, on_progress)
    made = search(past, silent)
    if past.corrected.empty:
        return made
    try:
        return search(past.at_face_value(), made)
    except InputError:
        return made  # No reports give both, so nobody can combine them.


def _protected(
    published: Sequence[Counts],
    policy: Policy,
    earlier: Sequence[Disclosed],
    bounds: Sequence[Bound],
    seed: int,
    on_progress: OnProgress | None,
    past: Past,
    silent: Sequence[Disclosed],
) -> list[Disclosed]:
    """Protect the tables together with the past; what `silent` hides is hidden again."""
    system = build([*published, *past.tables], bounds)
    shown, before = past.mask(system, SHOWN), past.mask(system, [HIDDEN])
    before |= _hidden_in(silent, system)
    not_null = not_zero([*earlier, *silent], system)
    maybe_zero = before & ~not_null
    if np.isnan(system.value).any():
        # Counts that could have been, where today's are not those of then.
        value = agreeing(system.relations, system.value, not_null.astype(float))
        system = dataclasses.replace(system, value=value)
    try:
        hidden = suppress(system, policy.threshold, shown, before, seed, maybe_zero, on_progress)
    except RefusedError:
        # What is hidden for good may hang on zeros of the new tables. With those hidden too
        # the new tables can always keep silent.
        maybe_zero |= _cells_of(published, system) & ~before
        hidden = suppress(system, policy.threshold, shown, before, seed, maybe_zero, on_progress)
    # Said wherever the protection counts on it, whether or not one of the hidden is a zero.
    hides_zeros = bool((hidden & maybe_zero & _cells_of(published, system)).any())
    policy = dataclasses.replace(policy, hides_zeros=hides_zeros)
    return [_disclosed(table, system, hidden, policy) for table in published]


def _cells_of(tables: Sequence[Counts], system: System) -> np.ndarray:
    """Return the mask of the system's cells that stand in these tables."""
    mask = np.zeros(len(system.value), dtype=bool)
    for table in tables:
        found = system.find(long(table.counts, table.level, table.by))
        mask[found[found >= 0]] = True
    return mask


def _hidden_in(tables: Sequence[Disclosed], system: System) -> np.ndarray:
    """Return the mask of the system's cells that these tables hide."""
    mask = np.zeros(len(system.value), dtype=bool)
    for table in tables:
        cells = long(table.table, table.level, table.by)
        found = system.find(cells[cells["status"] == HIDDEN])
        mask[found[found >= 0]] = True
    return mask


def with_margins(tables: Sequence[Counts]) -> list[Counts]:
    """Add the totals and the unsplit tables, and leave out what was not placed.

    Returns
    -------
    list of Counts
        Coarse before fine, unsplit before split; no table twice. The total is
        that of the coarsest level.
    """
    done = {(table.level, table.by): _placed(table) for table in tables}
    for table in list(done.values()):
        if table.by and (table.level, None) not in done:
            done[table.level, None] = Counts(table.level, _sum(table.counts, ["area_code"]))
    coarsest = min((table.level for table in tables), key=ORDER.index)
    for table in list(done.values()):
        if table.level == coarsest != TOTAL:
            done[TOTAL, table.by] = Counts(TOTAL, _total(table))
    return sorted(done.values(), key=lambda table: (ORDER.index(table.level), table.by or ""))


def _sum(counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    measures = [name for name in MEASURES if name in counts]
    if "area_name" in counts and "area_code" in keys:
        keys = [*keys, "area_name"]
    grouped = counts.groupby(["period", *keys], dropna=False, sort=False, as_index=False)
    return grouped[measures].sum(min_count=1)


def _total(table: Counts) -> pd.DataFrame:
    total = _sum(table.counts, [table.by] if table.by else [])
    total.insert(1, "area_code", TOTAL)
    return total


def _placed(table: Counts) -> Counts:
    return Counts(table.level, table.counts[table.counts["area_code"].notna()])


def _refuse_free_periods(tables: Sequence[Counts]) -> None:
    """Only months, quarters and years: free ranges cut from one another give days back."""
    for key in sorted({key for table in tables for key in table.counts["period"]}):
        if not _is_fixed(periods.parse(key)):
            raise RefusedError(
                f"{key} is not a month, a quarter or a year: a release has fixed periods only, "
                "since the difference of two ranges would be a count of a few days"
            )


def _is_fixed(period: periods.Period) -> bool:
    first, last = period.first, period.last
    whole_year = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    return "_" not in period.key or (whole_year and first.year == last.year)


def _disclosed(table: Counts, system: System, hidden: np.ndarray, policy: Policy) -> Disclosed:
    cells = long(table.counts, table.level, table.by)
    at = system.find(cells)
    mask = np.append(hidden, False)[at]  # the last for cells without data, which have no number
    rows = len(table.counts)
    measures = [name for name in MEASURES if name in table.counts]
    split = {name: mask[n * rows : (n + 1) * rows] for n, name in enumerate(measures)}
    return apply(table.counts, split, policy, table.level)
