"""The cube: signed cells from which every count is summed, however many reports there are.

A report adds one cell where its span starts and one where it ends, and takes
both away when it is revised, moved, undone or erased. Persons present between
two days are those whose span started by the last one, less those whose span
ended before the first: no report need be read, and a span's two ends are not
bound together. Cells are kept as few sorted segments that merge like the
levels of a log-structured merge tree (O'Neil et al. 1996), so adding is cheap
and readers load only what is new to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from geo_pora.store import months, packing, state
from geo_pora.store.months import MEASURES
from geo_pora.store.spans import Spans
from geo_pora.store.tables import classes, cube_segments, places

START, END, DEPARTURE = 0, 1, 2  # END: the last day attested; DEPARTURE: a last day stated
_LARGEST_SEGMENT = 4_000_000  # cells; bounds what one merge holds in memory
_COLUMNS = ["kind", "class", "day", "place", "reports", "persons"]
_DAY_BITS, _PLACE_BITS, _CLASS_BITS = 22, 20, 19  # with 2 for the kind: 63
_DAY_ZERO = 1 << 20  # so that the days of the years 1 to 9999 fit

Integers = npt.NDArray[np.int64]
Columns = list[npt.NDArray[np.signedinteger]]


@dataclass(frozen=True)
class Cells:
    """Sorted signed cells: `key` packs kind, class, day and place; see `pack`."""

    key: Integers
    reports: Integers
    persons: Integers

    @staticmethod
    def empty() -> Cells:
        """Return no cells."""
        none = np.empty(0, dtype=np.int64)
        return Cells(none, none, none)

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, rows: slice) -> Cells:
        return Cells(self.key[rows], self.reports[rows], self.persons[rows])


def pack(kind: int | Integers, klass: Integers, day: Integers, place: Integers) -> Integers:
    """Pack kind, class id, day since 1970 and place id so that keys sort in this order."""
    assert not len(place) or int(place.max()) < 1 << _PLACE_BITS
    assert not len(klass) or int(klass.max()) < 1 << _CLASS_BITS
    key = (((kind << _CLASS_BITS) + klass) << _DAY_BITS) + (day + _DAY_ZERO)
    packed: Integers = (key << _PLACE_BITS) + place
    return packed


def unpack(key: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """Return kind, class id, day and place id of packed keys."""
    place = key & ((1 << _PLACE_BITS) - 1)
    day = (key >> _PLACE_BITS) & ((1 << _DAY_BITS) - 1)
    klass = (key >> (_PLACE_BITS + _DAY_BITS)) & ((1 << _CLASS_BITS) - 1)
    return key >> (_CLASS_BITS + _PLACE_BITS + _DAY_BITS), klass, day - _DAY_ZERO, place


def summed(parts: Iterable[Cells]) -> Cells:
    """Return the cells of `parts` as one: sorted, each key once, none of zero."""
    found = list(parts)
    key = np.concatenate([part.key for part in found] or [Cells.empty().key])
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=key[:1] - 1))
    if not len(first):
        return Cells.empty()
    totals = []
    for name in ("reports", "persons"):
        values = np.concatenate([getattr(part, name) for part in found])[order]
        totals.append(np.add.reduceat(values, first))
    kept = (totals[0] != 0) | (totals[1] != 0)
    return Cells(key[first][kept], totals[0][kept], totals[1][kept])


def change(
    connection: sa.Connection, added: Iterable[Spans] = (), removed: Iterable[Spans] = ()
) -> None:
    """Add and take away the cells of reports, in the caller's write transaction."""
    parts: list[Cells] = []
    for sign, chunks in ((1, added), (-1, removed)):
        for spans in chunks:
            parts.append(_cells(connection, spans, sign))
            if sum(map(len, parts)) > _LARGEST_SEGMENT:
                apply(connection, summed(parts))
                parts = []
    apply(connection, summed(parts))


def apply(connection: sa.Connection, cells: Cells) -> None:
    """Write cells to the cube and to the monthly totals, in the caller's transaction."""
    if not len(cells):
        return
    state.figures_changed(connection)
    _add_to_months(connection, cells)
    stored = connection.execute(
        sa.select(cube_segments.c.id, cube_segments.c.cells).order_by(cube_segments.c.id)
    ).all()
    merged: list[int] = []
    size = len(cells)
    for segment, count in reversed(stored):
        if count > 2 * size or count + size > _LARGEST_SEGMENT:
            break
        merged.append(segment)
        size += count
    if merged:
        cells = summed([*load(connection, merged).values(), cells])
    _replace(connection, merged, cells)


def compact(connection: sa.Connection) -> None:
    """Merge all segments into one, so that no trace stays of cells that cancel out."""
    ids = list(connection.scalars(sa.select(cube_segments.c.id)))
    _replace(connection, ids, summed(load(connection, ids).values()))


def load(connection: sa.Connection, ids: list[int]) -> dict[int, Cells]:
    """Read segments by id."""
    query = sa.select(cube_segments.c.id, cube_segments.c.data).where(cube_segments.c.id.in_(ids))
    return {segment: _decoded(data) for segment, data in connection.execute(query)}


def load_columns(connection: sa.Connection, segment: int) -> Columns:
    """Read kind, class, day, place, reports and persons of a segment, as narrow as stored."""
    query = sa.select(cube_segments.c.data).where(cube_segments.c.id == segment)
    columns, _ = packing.unpacked(connection.execute(query).scalar_one(), len(_COLUMNS))
    return columns


def _cells(connection: sa.Connection, spans: Spans, sign: int) -> Cells:
    place = _ids(connection, places, spans.places)[spans.place]
    klass = _ids(connection, classes, spans.classes)[spans.klass]
    ones = np.full(len(spans), sign, dtype=np.int64)
    persons = sign * spans.persons.astype(np.int64)
    started = np.ones_like(spans.stated)
    last = spans.last.astype(np.int64)
    return summed(
        Cells(
            pack(kind, klass[rows], day[rows].astype(np.int64), place[rows]),
            ones[rows],
            persons[rows],
        )
        for kind, day, rows in (
            (START, spans.first.astype(np.int64), started),
            (END, last, ~spans.stated),
            (DEPARTURE, last, spans.stated),
        )
    )


def _ids(connection: sa.Connection, table: sa.Table, codes: list[tuple[str, ...]]) -> Integers:
    """Return the id of each combination of codes in `table`, adding those it has not."""
    known = {tuple(found[1:]): found[0] for found in connection.execute(sa.select(table))}
    missing = [code for code in codes if code not in known]
    if missing:
        names = [column.name for column in table.columns]
        first = max(known.values(), default=0) + 1
        known |= {code: first + i for i, code in enumerate(missing)}
        rows = [dict(zip(names, (known[m], *m), strict=True)) for m in missing]
        connection.execute(table.insert(), rows)
    return np.array([known[code] for code in codes], dtype=np.int64)


def _add_to_months(connection: sa.Connection, cells: Cells) -> None:
    kind, _, day, place = unpack(cells.key)
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    group, at = np.unique((month << _PLACE_BITS) + place, return_inverse=True)
    values = np.zeros((len(group), len(MEASURES)), dtype=np.int64)
    start, departure = kind == START, kind == DEPARTURE
    for measure, mask, amounts in (
        ("starts", start, cells.reports),
        ("arrivals", start, cells.persons),
        ("ends", ~start, cells.reports),
        ("ended", ~start, cells.persons),
        ("departures", departure, cells.persons),
    ):
        np.add.at(values[:, MEASURES.index(measure)], at[mask], amounts[mask])
    months.add(connection, group >> _PLACE_BITS, group & ((1 << _PLACE_BITS) - 1), values)


def _replace(connection: sa.Connection, ids: list[int], cells: Cells) -> None:
    if ids:
        connection.execute(cube_segments.delete().where(cube_segments.c.id.in_(ids)))
    for begin in range(0, len(cells), _LARGEST_SEGMENT):
        part = cells[begin : begin + _LARGEST_SEGMENT]
        data = {"cells": len(part), "data": _encoded(part)}
        connection.execute(cube_segments.insert().values(data))


def _encoded(cells: Cells) -> bytes:
    """Return cells packed, with the key's parts in columns so that they compress well."""
    columns = [*unpack(cells.key), cells.reports, cells.persons]
    return packing.packed(dict(zip(_COLUMNS, columns, strict=True)))


def _decoded(data: bytes) -> Cells:
    columns, _ = packing.unpacked(data, len(_COLUMNS))
    kind, klass, day, place, reports, persons = (one.astype(np.int64) for one in columns)
    return Cells(pack(kind, klass, day, place), reports, persons)
