"""Totals per area and calendar month, from which whole months are counted at once.

They are kept in the transaction that changes the reports, as one small packed table per level:
its size depends on the areas and the months, not on the reports, and so does the time to read
it and to count from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from geo_pora.store import packing
from geo_pora.store.spans import LEVEL_COLUMNS
from geo_pora.store.tables import month_totals, places

Integers = npt.NDArray[np.int64]

MEASURES = ["starts", "arrivals", "ends", "ended", "departures"]


@dataclass(frozen=True)
class Totals:
    """What began and ended in each month in each area of one level.

    Attributes
    ----------
    areas : list of str
        In order; an empty text for reports that are not placed at this level.
    area, month : ndarray, shape (n,)
        Number in `areas`, and months since January 1970; by area, then by month.
    values : ndarray, shape (n, 5)
        `MEASURES`: reports and persons whose span starts, reports and persons whose span
        ends, and persons whose stated last day it is.
    """

    areas: list[str]
    area: Integers
    month: Integers
    values: Integers

    @staticmethod
    def empty() -> Totals:
        """Return totals of no reports."""
        none = np.empty(0, dtype=np.int64)
        return Totals([], none, none, np.empty((0, len(MEASURES)), dtype=np.int64))

    def plus(self, other: Totals) -> Totals:
        """Return the sums of both, without rows and areas of which nothing is left."""
        areas = sorted({*self.areas, *other.areas})
        place = {area: number for number, area in enumerate(areas)}
        renumbered = [
            np.array([place[area] for area in part.areas], dtype=np.int64)[part.area]
            for part in (self, other)
        ]
        keys = np.stack([np.concatenate(renumbered), np.concatenate([self.month, other.month])])
        order = np.lexsort(keys[::-1])
        keys = keys[:, order]
        first = np.flatnonzero(np.append(True, np.diff(keys).any(axis=0))[: keys.shape[1]])
        values = np.concatenate([self.values, other.values])[order]
        if len(first):
            values = np.add.reduceat(values, first)
        left = values.any(axis=1)
        (area, month), values = keys[:, first[left]], values[left]
        used, area = np.unique(area, return_inverse=True)
        return Totals([areas[number] for number in used], area, month, values)


class Running:
    """Totals made ready to be counted from: running sums over the months of each area."""

    def __init__(self, totals: Totals) -> None:
        self.areas = totals.areas
        self._first = int(totals.month.min(initial=0))
        self._months = int(totals.month.max(initial=0)) - self._first + 1
        self._cell = totals.area * self._months + totals.month - self._first
        self._sums = np.zeros((len(totals.month) + 1, len(MEASURES)), dtype=np.int64)
        np.cumsum(totals.values, axis=0, out=self._sums[1:])
        self._begins = np.arange(len(self.areas)) * self._months
        self._before = self._sums[np.searchsorted(self._cell, self._begins)]
        starts = totals.month[totals.values[:, 0] > 0]
        self.with_starts: list[int] = np.unique(starts).tolist()

    def until(self, month: int) -> Integers:
        """Return per area the sums over all months before `month`, shape (areas, 5)."""
        edge = min(max(month - self._first, 0), self._months)
        sums: Integers = self._sums[np.searchsorted(self._cell, self._begins + edge)]
        return sums - self._before


def add(connection: sa.Connection, month: Integers, place: Integers, values: Integers) -> None:
    """Add to the totals of every level, in the caller's write transaction.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    month, place : ndarray, shape (n,)
        Months since January 1970, and place ids.
    values : ndarray, shape (n, 5)
        `MEASURES`; negative where reports go.
    """
    known = {row.id: row for row in connection.execute(sa.select(places))}
    ids, number = np.unique(place, return_inverse=True)
    for level, column in LEVEL_COLUMNS.items():
        codes = [getattr(known[one], column) for one in ids.tolist()]
        changed = _grouped(codes, number, month, values)
        write(connection, level, read(connection, level).plus(changed))


def read(connection: sa.Connection, level: str) -> Totals:
    """Read the totals of a level."""
    query = sa.select(month_totals.c.data).where(month_totals.c.level == level)
    data = connection.scalar(query)
    if data is None:
        return Totals.empty()
    columns, areas = packing.unpacked(data, 2 + len(MEASURES))
    area, month, *values = (column.astype(np.int64) for column in columns)
    return Totals(areas.split("\n"), area, month, np.stack(values, axis=1))


def _grouped(codes: Sequence[str], number: Integers, month: Integers, values: Integers) -> Totals:
    """Return as totals what happened at places, given the code of each place's area."""
    areas = sorted(set(codes))
    index = {code: at for at, code in enumerate(areas)}
    area = np.array([index[code] for code in codes], dtype=np.int64)[number]
    return Totals.empty().plus(Totals(areas, area, month, values))


def write(connection: sa.Connection, level: str, totals: Totals) -> None:
    """Replace the totals of a level, in the caller's write transaction."""
    row = month_totals.c.level == level
    if not len(totals.month):
        connection.execute(month_totals.delete().where(row))
        return
    columns = dict(zip(["area", "month"], [totals.area, totals.month], strict=True))
    columns |= dict(zip(MEASURES, totals.values.T, strict=True))
    data = packing.packed(columns, "\n".join(totals.areas))
    changed = connection.execute(month_totals.update().where(row).values(data=data))
    if not changed.rowcount:
        connection.execute(month_totals.insert().values(level=level, data=data))
