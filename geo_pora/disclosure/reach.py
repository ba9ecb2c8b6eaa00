"""How far a cell can move while everything published stays as it is.

The *interval* of a cell is what a reader can work out about it: the least and
the greatest value over all tables of whole counts that agree with everything
published. A reader knows the sums (`sums`), that no count is negative, and that
a zero is published as zero, so that a hidden cell of a table is at least 1.

Intervals are found by linear programs (Willenborg and de Waal, *Elements of
Statistical Disclosure Control*, 2001, ch. 4) and are tightened to whole counts
by integer programs where a linear one ends between two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from geo_pora.errors import InputError

_SECONDS = 20.0  # limit of one integer program; the linear bound stands where it is hit
_TOLERANCE = 1e-6


def propagate(relations: sp.csr_array, value: np.ndarray) -> np.ndarray:
    """Fill in what a single sum gives back, again and again until nothing more follows.

    Parameters
    ----------
    relations : csr_array, shape (relations, cells)
        `relations @ x == 0`.
    value : ndarray of float64, shape (cells,)
        NaN where unknown.

    Returns
    -------
    ndarray of float64, shape (cells,)
    """
    value = value.copy()
    while True:
        unknown = np.isnan(value)
        open_cells = relations[:, unknown]
        counts = np.diff(open_cells.indptr)
        balance = relations @ np.where(unknown, 0.0, value)
        single = np.flatnonzero(counts == 1)
        # Where all signs agree and nothing is left to share, each cell is zero.
        signs = open_cells.sum(axis=1)
        empty = np.flatnonzero((counts > 1) & (np.abs(signs) == counts) & (balance == 0))
        if not len(single) and not len(empty):
            return value
        columns = np.flatnonzero(unknown)
        for row in empty:
            value[
                columns[open_cells.indices[open_cells.indptr[row] : open_cells.indptr[row + 1]]]
            ] = 0
        first = open_cells.indptr[single]
        value[columns[open_cells.indices[first]]] = -balance[single] / open_cells.data[first]


@dataclass
class Space:
    """All tables of whole counts that agree with what is published.

    Attributes
    ----------
    relations : csr_array, shape (relations, cells)
    point : ndarray of float64, shape (cells,)
        One table that agrees: the truth, or any that an attacker finds.
    free : ndarray of bool, shape (cells,)
        Cells that the reader does not know.
    lower : ndarray of float64, shape (cells,)
        What the reader knows each cell to be at least.
    low, high : ndarray of float64, shape (cells,)
        The least and the greatest value seen in a table that agrees.
    """

    relations: sp.csr_array
    point: np.ndarray
    free: np.ndarray
    lower: np.ndarray
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.by_cell = self.relations.tocsc()
        self.low, self.high = self.point.copy(), self.point.copy()
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []  # cells and their changes
        self._lowest = np.full(len(self.point), -1)  # which of them moved a cell furthest
        self._highest = np.full(len(self.point), -1)

    def near(self, cell: int, steps: int, among: np.ndarray) -> np.ndarray:
        """Return cells of `among` at most `steps` sums away from `cell`."""
        columns = np.array([cell])
        seen = np.zeros(len(self.point), dtype=bool)
        seen[cell] = True
        for _ in range(steps):
            rows = np.unique(self.by_cell[:, columns].indices)
            touched = np.unique(self.relations[rows].indices)
            columns = touched[among[touched] & ~seen[touched]]
            if not len(columns):
                break
            seen[columns] = True
        return np.flatnonzero(seen)

    def move(
        self,
        columns: np.ndarray,
        cost: np.ndarray,
        need: tuple[int, float, float] | None = None,
        slack: float = np.inf,
        whole: bool = False,
    ) -> np.ndarray | None:
        """Return the cheapest change of `columns` that keeps every sum, or nothing.

        Parameters
        ----------
        columns : ndarray of int
            Cells that may change; all others stay.
        cost : ndarray of float64, shape (columns,)
            Cost per unit of change (signed: a negative cost rewards an increase).
        need : (cell, least, greatest), optional
            Bounds of the change of one cell.
        slack : float
            Greatest change of any cell.
        whole : bool
            Whether only whole changes count.
        """
        part = self.by_cell[:, columns]
        rows = np.unique(part.indices)
        below = np.maximum(self.lower[columns] - self.point[columns], -slack)
        above = np.full(len(columns), slack)
        if need is not None:
            at = int(np.searchsorted(columns, need[0]))
            below[at], above[at] = max(below[at], need[1]), min(above[at], need[2])
            if below[at] > above[at]:
                return None
        solution = milp(
            cost,
            constraints=LinearConstraint(part.tocsr()[rows], 0, 0),
            bounds=Bounds(below, above),
            integrality=np.full(len(columns), int(whole)),
            options={"time_limit": _SECONDS},
        )
        return None if solution.x is None else solution.x

    def cheapest(
        self, columns: np.ndarray, price: np.ndarray, need: tuple[int, float], whole: bool
    ) -> np.ndarray | None:
        """Return the change that moves one cell by so much at the least price, or nothing.

        Parameters
        ----------
        columns : ndarray of int, sorted
            Cells that may change.
        price : ndarray of float64, shape (columns,)
            Price of a unit of change in either direction.
        need : (cell, change)
        whole : bool
            Whether only whole changes count.
        """
        part = self.by_cell[:, columns]
        rows = np.unique(part.indices)
        part = part.tocsr()[rows]
        at = int(np.searchsorted(columns, need[0]))
        down = np.maximum(self.point[columns] - self.lower[columns], 0)
        least, greatest = (
            np.zeros(2 * len(columns)),
            np.concatenate([np.full(len(columns), np.inf), down]),
        )
        for half, wanted in ((0, need[1]), (1, -need[1])):
            least[half * len(columns) + at] = max(wanted, 0)
            greatest[half * len(columns) + at] = max(wanted, 0)
        if (least > greatest).any():
            return None
        solution = milp(
            np.concatenate([price, price]),
            constraints=LinearConstraint(sp.hstack([part, -part], format="csr"), 0, 0),
            bounds=Bounds(least, greatest),
            integrality=np.full(2 * len(columns), int(whole)),
            options={"time_limit": _SECONDS},
        )
        if solution.x is None:
            return None
        change: np.ndarray = solution.x[: len(columns)] - solution.x[len(columns) :]
        return change

    def note(self, columns: np.ndarray, change: np.ndarray) -> bool:
        """Remember a table of whole counts that agrees; say whether it was one."""
        rounded = np.round(change)
        if np.abs(change - rounded).max(initial=0) > _TOLERANCE:
            return False
        moved = np.flatnonzero(rounded)
        self._remember(columns[moved], rounded[moved], len(self._seen))
        self._seen.append((columns[moved], rounded[moved]))
        return True

    def _remember(self, cells: np.ndarray, change: np.ndarray, number: int) -> None:
        seen = self.point[cells] + change
        lower, higher = seen < self.low[cells], seen > self.high[cells]
        self.low[cells[lower]], self._lowest[cells[lower]] = seen[lower], number
        self.high[cells[higher]], self._highest[cells[higher]] = seen[higher], number

    def without(self, cell: int) -> tuple[Space, np.ndarray]:
        """Return the space in which `cell` is known, and the cells that went less far then."""
        smaller = Space(self.relations, self.point, self.free.copy(), self.lower)
        smaller.free[cell] = False
        kept = [not (cells == cell).any() for cells, _ in self._seen]
        for keep, (cells, change) in zip(kept, self._seen, strict=True):
            if keep:
                smaller._remember(cells, change, len(smaller._seen))
                smaller._seen.append((cells, change))
        less = (smaller.low > self.low) | (smaller.high < self.high)
        return smaller, np.flatnonzero(less)

    def parts(self) -> list[np.ndarray]:
        """Return the free cells, split into parts that share no sum."""
        columns = np.flatnonzero(self.free)
        if not len(columns):
            return []
        open_cells = self.by_cell[:, columns]
        shared = sp.csr_array(open_cells.T @ abs(open_cells))
        number, label = connected_components(shared, directed=False)
        order = np.argsort(label, kind="stable")
        return np.split(columns[order], np.cumsum(np.bincount(label, minlength=number))[:-1])

    def probe(self, reach: float, rounds: int, random: np.random.Generator) -> None:
        """Push all free cells about at random and remember how far each one went."""
        for columns in self.parts():
            if len(columns) == 1:
                continue
            for _ in range(rounds):
                cost = random.choice([-1.0, 1.0], len(columns)) * random.uniform(
                    0.5, 1, len(columns)
                )
                change = self.move(columns, cost, slack=reach)
                if change is not None and not self.note(columns, change):
                    self._note_whole_parts(columns, change)

    def _note_whole_parts(self, columns: np.ndarray, change: np.ndarray) -> None:
        """Keep the parts of a change that are whole: split at the cells that did not move."""
        moved = np.abs(change) > _TOLERANCE
        inside = Space(self.relations, self.point, np.zeros(len(self.point), bool), self.lower)
        inside.free[columns[moved]] = True
        shift = np.zeros(len(self.point))
        shift[columns] = change
        for part in inside.parts():
            self.note(part, shift[part])

    def extreme(self, cell: int, upward: bool, reach: float, columns: np.ndarray) -> float:
        """Return how far a cell can go in one direction, at most `reach` from the point."""
        at = int(np.searchsorted(columns, cell))
        cost = np.zeros(len(columns))
        cost[at] = -1.0 if upward else 1.0
        limits = (cell, 0.0, reach) if upward else (cell, -reach, 0.0)
        change = self.move(columns, cost, limits)
        if change is None:
            return 0.0
        if self.note(columns, change):
            return float(change[at])
        # No whole count lies beyond the linear program's end cut down to one. It is quickly
        # found, if it can be, among the cells that moved.
        end = float(np.trunc(change[at] + np.copysign(_TOLERANCE, change[at])))
        some = columns[(np.abs(change) > _TOLERANCE) | (columns == cell)]
        near = self.move(some, np.zeros(len(some)), (cell, end, end), whole=True)
        if near is not None and self.note(some, near):
            return end
        change = self.move(columns, cost, limits, whole=True)
        if change is None:
            return 0.0
        self.note(columns, change)
        return float(change[at])

    def interval(
        self, cell: int, reach: float, radii: Sequence[int] = (4, 0)
    ) -> tuple[float, float]:
        """Return the interval of a free cell, cut off at `reach` from the point.

        Cells up to so many sums away may change; 0 stands for all, and only
        then is the interval the whole one.
        """
        for steps in radii:
            columns = self.near(cell, steps, self.free) if steps else self._part_of(cell)
            low = self.point[cell] + self.extreme(cell, False, reach, columns)
            high = self.point[cell] + self.extreme(cell, True, reach, columns)
            if high - low >= reach:
                break
        return low, high

    def _part_of(self, cell: int) -> np.ndarray:
        return self.near(cell, len(self.point), self.free)


def agreeing(relations: sp.csr_array, value: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Find one table of whole counts that agrees with everything known.

    Raises
    ------
    InputError
        If there is none: what was published contradicts itself.
    """
    free = np.isnan(value)
    balance = -(relations @ np.where(free, 0.0, value))
    found = np.zeros(0)
    for whole in (0, 1):
        solution = _solve(relations[:, free], balance, lower[free], whole) if free.any() else found
        closed = np.abs(balance).max(initial=0) < _TOLERANCE
        if solution is None or not (free.any() or closed):
            raise InputError(
                "the published tables contradict each other: no counts agree with all of them"
            )
        found = solution
        if np.abs(found - np.round(found)).max(initial=0) < _TOLERANCE:
            break
    point = value.copy()
    point[free] = np.round(found)
    return point


def _solve(
    relations: sp.csr_array, balance: np.ndarray, lower: np.ndarray, whole: int
) -> np.ndarray | None:
    solution = milp(
        np.ones(len(lower)),
        constraints=LinearConstraint(relations, balance, balance),
        bounds=Bounds(lower, np.inf),
        integrality=np.full(len(lower), whole),
    )
    return None if solution.x is None else solution.x
