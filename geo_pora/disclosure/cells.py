"""Everything a reader may combine: the cells of all tables, and the sums that tie them.

The tables of a release are one system. A district is the sum of its villages,
a count is the sum over its classes, a quarter is made of its months, and who is
present either arrived or was there before. Suppression and attack are both
linear programs over this system, so both read the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from geo_pora.aggregate import LEVELS, MEASURES
from geo_pora.disclosure.table import TOTAL, class_column
from geo_pora.errors import InputError

ORDER = (TOTAL, *LEVELS)
REST = "rest"  # what of an area is placed in none of its parts
STATED = "stated"  # a number that every reader knows, and no count
UNKNOWN = "?"  # a class that is not stated
SLOT = ["level", "area_code", "by", "class", "period"]
KEY = [*SLOT, "measure"]


@dataclass(frozen=True, eq=False)
class Counts:
    """A table on its way through the gate.

    Attributes
    ----------
    level : str
        `total`, `regency`, `district` or `village`.
    counts : DataFrame
        Counts.
    unknown : bool
        Whether a missing value is a hidden one; otherwise there is no data.
    """

    level: str
    counts: pd.DataFrame
    unknown: bool = False

    @property
    def by(self) -> str | None:
        """The class column, if there is one."""
        return class_column(self.counts)


@dataclass(frozen=True, eq=False)
class System:
    """Cells and the relations that hold between them.

    Attributes
    ----------
    cells : DataFrame
        `level`, `area_code`, `by`, `class`, `period`,
        `measure` and `kind`: `table` for a cell of a table, else the name of a
        quantity that a reader can work out (`rest`, `stayers`, ...).
    value : ndarray of float64, shape (cells,)
        Counts; NaN where unknown.
    person_group : ndarray of bool, shape (cells,)
        Derived quantities that count a group of persons, so that a small one
        is as sensitive as a small cell.
    relations : scipy.sparse.csr_array, shape (relations, cells)
        `relations @ x == 0` for the true counts x.
    """

    cells: pd.DataFrame
    value: np.ndarray
    person_group: np.ndarray
    relations: sp.csr_array

    @property
    def in_table(self) -> np.ndarray:
        """Mask of the cells that stand in a table."""
        mask: np.ndarray = (self.cells["kind"] == "table").to_numpy()
        return mask

    def find(self, keys: pd.DataFrame) -> np.ndarray:
        """Return the number of each table cell named by `KEY`, -1 where there is none."""
        known = self.cells.loc[self.in_table, KEY]
        if known.empty:  # nobody reported for any of the periods
            return np.full(len(keys), -1)
        at = pd.MultiIndex.from_frame(known).get_indexer(pd.MultiIndex.from_frame(keys[KEY]))
        return np.where(at >= 0, known.index.to_numpy()[at], -1)

    def reports_beside(self) -> np.ndarray:
        """Return for each cell of persons the cell of their reports; -1 elsewhere."""
        persons = (self.cells["measure"] == "persons").to_numpy() & self.in_table
        beside = np.full(len(self.value), -1)
        beside[persons] = self.find(self.cells[persons].assign(measure="reports"))
        return beside

    def name(self, cell: int) -> str:
        """Return the name of a cell for a message: level, area, class, period, measure."""
        row = self.cells.iloc[cell]
        group = f" {row['by']}={row['class']}" if row["by"] else ""
        kind = "" if row["kind"] == "table" else f" ({row['kind']})"
        return f"{row['measure']}{kind} of {row['level']} {row['area_code']}{group} {row['period']}"


@dataclass(frozen=True)
class Term:
    """Cells that enter relations with one coefficient.

    Attributes
    ----------
    rows : ndarray of int
        The relation of each cell.
    cells : ndarray of int
    coefficient : int
    """

    rows: np.ndarray
    cells: np.ndarray
    coefficient: int


class Builder:
    """Collects cells and relations; `slots` has one row per area, class and period."""

    def __init__(self, tables: Sequence[Counts]) -> None:
        self.slots = _slots(tables)
        self._names: list[pd.DataFrame] = []
        self._values: list[np.ndarray] = []
        self._groups: list[np.ndarray] = []
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._rests: list[pd.DataFrame] = []
        self._cells = self._relations = 0
        for measure in MEASURES:
            self._add_measure(measure)

    def _add_measure(self, measure: str) -> None:
        if measure not in self.slots:
            return
        present = self.slots[f"{measure}_present"].to_numpy()
        names = self.slots.loc[present, SLOT].assign(measure=measure, kind="table")
        ids = np.full(len(self.slots), -1)
        ids[present] = self._add(names, self.slots.loc[present, measure].to_numpy(float), False)
        self.slots[f"{measure}_id"] = ids

    def _add(
        self, names: pd.DataFrame, values: np.ndarray, person_group: bool | np.ndarray
    ) -> np.ndarray:
        ids = np.arange(self._cells, self._cells + len(values))
        self._cells += len(values)
        self._names.append(names)
        self._values.append(values)
        self._groups.append(np.full(len(values), person_group))
        return ids

    def add_unknowns(self, names: pd.DataFrame) -> np.ndarray:
        """Add cells that stand in no table and whose values nobody has told, and return them."""
        return self._add(names, np.full(len(names), np.nan), False)

    def relate(
        self,
        names: pd.DataFrame,
        terms: Sequence[Term],
        *,
        rest: str | None = None,
        person_group: bool | np.ndarray = False,
        strict: bool = False,
    ) -> np.ndarray:
        """Add one relation per row of `names`: the terms sum to 0, or to a rest of 0 or more.

        A relation that the data contradict is left out, since it gives a
        reader nothing; under `strict` it is an error of the caller.

        Returns
        -------
        ndarray of int, shape (rows,)
            The cell of the rest, -1 where there is none.
        """
        value = np.concatenate(self._values)
        total = np.zeros(len(names))
        for term in terms:
            np.add.at(total, term.rows, term.coefficient * value[term.cells])
        holds = ~(total < 0) if rest else ~(np.abs(total) > 0)
        if strict and not holds.all():
            where = names[~holds].iloc[0]
            raise InputError(
                f"the tables contradict each other: {where['measure']} of {where['level']} "
                f"{where['area_code']} in {where['period']} is not the sum of its parts; "
                "count all tables from the same reports"
            )
        number = np.cumsum(holds) - 1 + self._relations
        self._relations += int(holds.sum())
        ids = np.full(len(names), -1)
        if rest:
            kept = names[holds].assign(kind=rest)
            groups = np.broadcast_to(person_group, len(names))[holds]
            ids[holds] = self._add(kept, total[holds], groups)
            self._entries.append((number[holds], ids[holds], np.full(len(kept), -1)))
        for term in terms:
            keep = holds[term.rows]
            rows = number[term.rows[keep]]
            self._entries.append((rows, term.cells[keep], np.full(len(rows), term.coefficient)))
        return ids

    def state(self, names: pd.DataFrame, values: np.ndarray) -> np.ndarray:
        """Add numbers that every reader knows, and return their cells."""
        return self._add(names, values, False)

    def keep_rest(self, names: pd.DataFrame, measure: str, ids: np.ndarray) -> None:
        """Remember the rests of one measure under the names of the areas that they are like."""
        self._rests.append(names[SLOT].assign(**{f"{measure}_id": ids}))

    def add_rests(self) -> None:
        """Give the rests slots of their own: what ties the counts of an area ties theirs."""
        self.slots["rest"] = False
        if self._rests:
            columns = [name for name in self.slots if name.endswith("_id")]
            # The first of no or one number per slot and measure.
            found = pd.concat(self._rests).groupby(SLOT, sort=False).first().reset_index()
            found[columns] = found.reindex(columns=columns).fillna(-1).astype(int)
            slots = pd.concat([self.slots, found.assign(rest=True)], ignore_index=True)
            self.slots = slots

    def system(self) -> System:
        """Return what was collected."""
        rows, columns, data = (
            np.concatenate([entry[part] for entry in self._entries] or [np.zeros(0, int)])
            for part in range(3)
        )
        shape = (self._relations, self._cells)
        return System(
            pd.concat(self._names, ignore_index=True),
            np.concatenate(self._values),
            np.concatenate(self._groups),
            sp.csr_array((data.astype(float), (rows, columns)), shape=shape),
        )


def _slots(tables: Sequence[Counts]) -> pd.DataFrame:
    parts = []
    for table in tables:
        measures = [name for name in MEASURES if name in table.counts]
        part = table.counts[["period", "area_code", *measures]].copy()
        part["level"], part["by"] = table.level, table.by or ""
        part["class"] = table.counts[table.by].fillna(UNKNOWN) if table.by else ""
        for measure in measures:
            part[f"{measure}_present"] = part[measure].notna() | table.unknown
            part[measure] = part[measure].astype("Float64").to_numpy(float, na_value=np.nan)
        parts.append(part)
    slots = pd.concat(parts, ignore_index=True)
    flags = [name for name in slots if name.endswith("_present")]
    slots[flags] = slots[flags].astype("boolean").fillna(False).astype(bool)
    if not slots.duplicated(SLOT).any():
        return slots
    often = slots.groupby(SLOT)[flags].transform("sum").gt(1).any(axis=1)
    if often.any():
        row = slots[often].iloc[0]
        raise InputError(
            f"area {row['area_code']} stands twice in {row['period']} of one table: "
            "give each area, class and period one row"
        )
    values = [name.removesuffix("_present") for name in flags]
    how = dict.fromkeys(flags, "any") | dict.fromkeys(values, "max")
    return slots.groupby(SLOT, sort=False, as_index=False).agg(how)


def long(counts: pd.DataFrame, level: str, by: str | None) -> pd.DataFrame:
    """Return a counts table with one row per cell: `KEY`, `value`, and `status` if it has one.

    The order is measure by measure, each in the order of the table.
    """
    parts = []
    for measure in [name for name in MEASURES if name in counts]:
        part = pd.DataFrame(
            {
                "level": level,
                "area_code": counts["area_code"],
                "by": by or "",
                "class": counts[by].fillna(UNKNOWN) if by else "",
                "period": counts["period"],
                "measure": measure,
                "value": counts[measure].astype("Float64").to_numpy(float, na_value=np.nan),
            }
        )
        if f"{measure}_status" in counts:
            part["status"] = counts[f"{measure}_status"].to_numpy()
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def parent_of(area_code: str, level: str) -> str:
    """Return the code of the area at `level` that holds `area_code`."""
    if level == TOTAL:
        return TOTAL
    return ".".join(area_code.split(".")[: LEVELS.index(level) + 2])
