"""Complementary suppression: what else to hide so that the small counts stay hidden.

For each small count in turn, the cheapest change of the tables is found that
moves it to the end of what must stay possible while every sum holds; the cells
that change are hidden too (Kelly, Golden and Assad 1992, "Cell suppression:
disclosure protection for sensitive tabular data", Networks 22; Fischetti and
Salazar 2001, JASA 96, for the model). Cells hidden in vain are shown again.

Protected is a small count when a reader cannot rule out a single value from
the least possible one to that plus the threshold: neither "it is 1" nor "it is
below the threshold" can be told. Every other hidden cell keeps an interval at
least as wide as the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from geo_pora.disclosure.cells import REST, STATED, System
from geo_pora.disclosure.reach import Space, propagate
from geo_pora.disclosure.table import TOTAL
from geo_pora.errors import RefusedError

_LEVEL_COST = {TOTAL: 64.0, "regency": 16.0, "district": 4.0, "village": 1.0}
_MEASURE_COST = {"persons": 4.0, "reports": 1.0, "arrivals": 1.0, "departures": 1.0}
_NEAR = (2, 4)  # sums away, tried in turn before the whole system
_LARGE = 3000  # unknown cells from which on intervals are first probed all at once
_UNDONE_AT_MOST = 200  # hidden cells that are tried again one by one

OnProgress = Callable[[int, int], None]
"""`(done, total)`: how many cells are protected; the total grows with what is hidden."""


def suppress(
    system: System,
    threshold: int,
    shown: np.ndarray | None = None,
    hidden: np.ndarray | None = None,
    seed: int = 0,
    zeros: np.ndarray | None = None,
    on_progress: OnProgress | None = None,
) -> np.ndarray:
    """Choose the cells to hide.

    Parameters
    ----------
    system : System
        With the true counts.
    threshold : int
        Counts from 1 to `threshold - 1` are small.
    shown, hidden : ndarray of bool, shape (cells,), optional
        Cells that earlier releases have shown, and that they have hidden.
    seed : int
        Of the random directions in which intervals are probed.
    zeros : ndarray of bool, shape (cells,), optional
        Cells that may be hidden though they are zero; none by default. The release says
        so, and a reader knows of a hidden one among them no more than that it is no
        negative number.
    on_progress : callable, optional
        Told how far the search is.

    Returns
    -------
    ndarray of bool, shape (cells,)
        Cells of tables to hide.

    Raises
    ------
    RefusedError
        If cells that were shown before leave a small count without protection.
    """
    choice = _Choice(system, threshold, shown, hidden, seed, zeros)
    choice.on_progress = on_progress
    choice.protect()
    choice.undo()
    chosen: np.ndarray = choice.hidden & system.in_table
    return chosen


class _Choice:
    """The state of one search: what is hidden by now, and how far cells can move."""

    def __init__(
        self,
        system: System,
        threshold: int,
        shown: np.ndarray | None,
        hidden: np.ndarray | None,
        seed: int,
        zeros: np.ndarray | None = None,
    ) -> None:
        none = np.zeros(len(system.value), dtype=bool)
        self.system, self.threshold = system, threshold
        self.seed = seed
        self.on_progress: OnProgress | None = None
        self.done = self.total = 0
        in_table = system.in_table
        small = (system.value >= 1) & (system.value < threshold)
        self.small = small & (in_table | system.person_group)
        self.shown = none if shown is None else shown & in_table
        self.forced = (small & in_table & ~self.shown) | (none if hidden is None else hidden)
        self.hidden = self.forced.copy()
        self.zeros = none if zeros is None else zeros & ~self.shown
        self.stated = (system.cells["kind"] == STATED).to_numpy()
        self.reports = system.reports_beside()
        # Where no reports were shown there were no persons, and hiding it is no use.
        self.zeros = self.zeros & ~((self.reports >= 0) & self.shown[self.reports])
        self.lower = np.where(in_table & (system.value >= 1) & ~self.zeros, 1.0, 0.0)
        self.cost = _costs(system)
        self.fixed = self._fixed()
        self.space = self._space()

    def _space(self) -> Space:
        """Return the tables that agree with what is not hidden."""
        system = self.system
        # A reader may guess that everything was placed: where it was, take it as known.
        all_placed = ((system.cells["kind"] == REST) & (system.value == 0)).to_numpy()
        secret = (self.hidden | ~system.in_table) & ~all_placed & ~self.stated
        known = np.where(secret, np.nan, system.value)
        free = np.isnan(propagate(system.relations, known))
        return Space(system.relations, system.value, free, self.lower)

    def _fixed(self) -> np.ndarray:
        """Return the cells that stay what they are whatever is hidden: spells of nobody, say."""
        reports = np.zeros(len(self.zeros), dtype=bool)
        reports[self.reports[self.zeros & (self.reports >= 0)]] = True
        known = np.where(self._may_move | reports, np.nan, self.system.value)
        fixed: np.ndarray = ~np.isnan(propagate(self.system.relations, known))
        return fixed

    @property
    def _may_move(self) -> np.ndarray:
        """Cells that are hidden, that are in no table, or that could be hidden."""
        could: np.ndarray = ((self.system.value >= 1) | self.zeros) & ~self.shown
        mask: np.ndarray = (~self.system.in_table | self.hidden | could) & ~self.stated
        return mask

    def protect(self) -> None:
        """Hide cells until every small count and every hidden cell is protected."""
        while True:
            self.hidden |= self._reports_of_nobody()
            before = int(self.hidden.sum())
            self.space = self._space()
            if self.space.free.sum() > _LARGE:
                self.space.probe(2 * self.threshold, 6, np.random.default_rng(self.seed))
            small = self.small & (self.hidden | ~self.system.in_table)
            self.total = self.done + int((small | self.hidden).sum())
            for cell in self._in_order(small):
                self._protect_small(cell)
            for cell in self._in_order(self.hidden & ~self.small):
                self._protect_other(cell)
            if int(self.hidden.sum()) == before:
                return

    def _reports_of_nobody(self) -> np.ndarray:
        """Return the reports beside hidden zeros of persons: shown, they would say zero."""
        nobody = self.hidden & (self.system.value == 0) & (self.reports >= 0)
        mask = np.zeros(len(self.hidden), dtype=bool)
        mask[self.reports[nobody]] = True
        return mask & ~self.shown

    def _in_order(self, mask: np.ndarray) -> Iterator[int]:
        """Coarse levels first: what is hidden above needs less below."""
        cells = np.flatnonzero(mask)
        self.total = max(self.total, self.done + len(cells))
        for cell in cells[np.argsort(-self.cost[cells], kind="stable")]:
            yield int(cell)
            self.done += 1
            if self.on_progress is not None:
                self.on_progress(self.done, self.total)

    def _protect_small(self, cell: int) -> None:
        space, value = self.space, self.system.value[cell]
        down = value - self.lower[cell]
        while space.low[cell] > value - down and not self._widen(cell, -down):
            # A sum of n hidden counts is at least n: the interval slides up.
            down -= 1
        least = min(value - down, space.low[cell])
        if space.high[cell] < least + self.threshold:
            self._widen_or_refuse(cell, least + self.threshold - value)

    def _protect_other(self, cell: int) -> None:
        space, need = self.space, float(self.threshold)
        if _is_wide(space, cell, self.threshold):
            return
        value = self.system.value[cell]
        least = max(space.high[cell] - need, self.lower[cell])
        if not self._widen(cell, space.low[cell] + need - value):
            self._widen_or_refuse(cell, least - value)

    def _widen_or_refuse(self, cell: int, change: float) -> None:
        if not self._widen(cell, change):
            raise RefusedError(
                f"{self.system.name(cell)} cannot be protected: what is already published leaves "
                "too few values possible; publish fewer tables, or other periods"
            )

    def _widen(self, cell: int, change: float) -> bool:
        """Hide the cheapest cells that let `cell` change by `change`; say whether any do."""
        for steps in (*_NEAR, len(self.system.value)):
            columns = self.space.near(cell, steps, self._may_move & ~self.fixed)
            moved = self._cheapest(cell, change, columns, whole=False)
            if moved is None:
                continue
            if self._hide(columns, moved):
                return True
            # In whole counts, first with the cells that the linear program has chosen.
            for some in (columns[self._is_free(columns) | (np.abs(moved) > 1e-6)], columns):
                moved = self._cheapest(cell, change, some, whole=True)
                if moved is not None and self._hide(some, moved):
                    return True
        return False

    def _hide(self, columns: np.ndarray, moved: np.ndarray) -> bool:
        """Hide the cells that a change of whole counts moves; say whether it is one."""
        if not self.space.note(columns, moved):
            return False
        self.hidden[columns[np.abs(moved) > 0.5]] = True
        self.hidden &= self.system.in_table
        return True

    def _is_free(self, columns: np.ndarray) -> np.ndarray:
        """Return which cells move without being hidden for it."""
        free: np.ndarray = (self.hidden | ~self.system.in_table)[columns]
        return free

    def _cheapest(
        self, cell: int, change: float, columns: np.ndarray, whole: bool
    ) -> np.ndarray | None:
        """Move at least cost: a cell up and a cell down are two columns of one program."""
        price = np.where(self._is_free(columns), 0.001, self.cost[columns])
        return self.space.cheapest(columns, price, (cell, change), whole)

    def undo(self) -> None:
        """Show again what was hidden in vain, dearest first."""
        extra = np.flatnonzero(self.hidden & ~self.forced & ~self._reports_of_nobody())
        if len(extra) > _UNDONE_AT_MOST:
            return
        for cell in extra[np.argsort(-self.cost[extra], kind="stable")]:
            self.hidden[cell] = False
            smaller, shaken = self.space.without(int(cell))
            if all(self._is_protected(smaller, int(other)) for other in shaken):
                self.space = smaller
            else:
                self.hidden[cell] = True

    def _is_protected(self, space: Space, cell: int) -> bool:
        if not (self.small[cell] or self.hidden[cell]) or not self._is_secret(cell):
            return True
        least = self.lower[cell]
        if self.small[cell] and space.low[cell] > least:
            _try(space, cell, least - space.point[cell])
        return _is_wide(space, cell, self.threshold, exact=False)

    def _is_secret(self, cell: int) -> bool:
        return bool(self.hidden[cell]) or not self.system.in_table[cell]


def _try(space: Space, cell: int, change: float) -> None:
    """Look for a small change near by that moves one cell by so much."""
    columns = space.near(cell, _NEAR[-1], space.free)
    price = np.full(len(columns), 1.0)
    moved = space.cheapest(columns, price, (cell, change), whole=False)
    if moved is not None:
        space.note(columns, moved)


def _is_wide(space: Space, cell: int, need: int, exact: bool = True) -> bool:
    if space.high[cell] - space.low[cell] >= need:
        return True
    if not space.free[cell]:
        return False
    _try(space, cell, space.low[cell] + need - space.point[cell])
    if space.high[cell] - space.low[cell] >= need:
        return True
    low, high = space.interval(cell, 2.0 * need, (4, 0) if exact else (4,))
    return bool(high - low >= need)


def _costs(system: System) -> np.ndarray:
    """Return what it costs to hide each cell: coarse, large and unsplit cells are dear."""
    cells = system.cells
    level = cells["level"].map(_LEVEL_COST).to_numpy(float)
    measure = cells["measure"].map(_MEASURE_COST).to_numpy(float)
    whole = np.where(cells["by"] == "", 2.0, 1.0)
    # A zero is the last thing to hide: elsewhere it is what tells people that nobody is there.
    size = np.where(system.value == 0, 16.0, 1 + np.log2(1 + np.maximum(system.value, 0)))
    cost: np.ndarray = level * measure * whole * size
    return cost
