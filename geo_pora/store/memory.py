"""What a process remembers of the cube: kept beside its engine, never older than its snapshot.

Before it counts, a process looks which segments and codes its snapshot has and
reads only those that are new to it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from geo_pora.store import cube, months, packing, state
from geo_pora.store.cube import DEPARTURE, END, START
from geo_pora.store.tables import classes, cube_segments, places

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Run:
    """Cells of one kind in order of class and day, in the smallest types that hold them.

    Attributes
    ----------
    classes, begins : ndarray
        The distinct class ids, and where the cells of each begin (one entry more).
    moment : ndarray
        Class number (its place in `classes`) times `days`, plus day, of each cell.
    first_day, days : int
        The first day of the run, and how many days it spans.
    place, reports, persons : ndarray
        One entry per cell.
    """

    classes: Integers
    begins: Integers
    moment: npt.NDArray[np.signedinteger]
    first_day: int
    days: int
    place: npt.NDArray[np.unsignedinteger]
    reports: npt.NDArray[np.signedinteger]
    persons: npt.NDArray[np.signedinteger]

    def cut(self, numbers: Integers, edge: int) -> Integers:
        """Return where, within the cells of each class number, those from day `edge` on begin."""
        day = edge - self.first_day
        if day <= 0:
            return self.begins[numbers]
        if day >= self.days:
            return self.begins[numbers + 1]
        sought = (numbers * self.days + day).astype(self.moment.dtype)
        return np.searchsorted(self.moment, sought)


@dataclass(frozen=True)
class Codes:
    """One column of `places` or `classes`: which of `words` stands at each id (-1: no such id)."""

    words: list[str] = field(default_factory=list)
    number: Integers = field(default_factory=lambda: np.full(1, -1, dtype=np.int64))

    def extended(self, ids: Sequence[int], codes: Sequence[str]) -> Codes:
        """Return the column with more ids."""
        words = list(dict.fromkeys([*self.words, *codes]))
        place = {word: i for i, word in enumerate(words)}
        number = np.full(max([len(self.number) - 1, *ids]) + 1, -1, dtype=np.int64)
        number[: len(self.number)] = self.number
        number[list(ids)] = [place[code] for code in codes]
        return Codes(words, number)


@dataclass(frozen=True)
class Snapshot:
    """What counting needs: the segments' runs by kind, and the codes by column."""

    segments: list[dict[int, Run]]
    codes: dict[str, Codes]


class Memory:
    """Segments and codes that this process has read; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, dict[int, Run]] = {}
        self._codes = {c.name: Codes() for t in (places, classes) for c in list(t.columns)[1:]}
        self._months: dict[str, tuple[str, months.Running]] = {}
        self._last = {"places": 0, "classes": 0}

    def at(self, connection: sa.Connection) -> Snapshot:
        """Return what the connection's snapshot has; codes may be a few more."""
        ids = list(connection.scalars(sa.select(cube_segments.c.id).order_by(cube_segments.c.id)))
        with self._lock:
            for table in (places, classes):
                self._learn_codes(connection, table)
            self._learn(connection, ids)
            return Snapshot([self._runs[segment] for segment in ids], dict(self._codes))

    def months(self, connection: sa.Connection, level: str) -> months.Running:
        """Return the totals per month of the connection's snapshot."""
        version = state.data_version(connection)
        known, running = self._months.get(level, (None, None))
        if running is None or known != version:
            running = months.Running(months.read(connection, level))
            self._months[level] = (version, running)
        return running

    def _learn(self, connection: sa.Connection, ids: list[int]) -> None:
        missing = [segment for segment in ids if segment not in self._runs]
        for segment in missing:
            columns = cube.load_columns(connection, segment)
            self._refuse_unlisted(columns)
            self._runs[segment] = _runs(columns)
        if missing:
            # Those merged away are forgotten; those of a later snapshot than this one are not.
            newest = max(missing)
            self._runs = {i: run for i, run in self._runs.items() if i in ids or i > newest}

    def _refuse_unlisted(self, columns: cube.Columns) -> None:
        for ids, table in ((columns[1], "agency"), (columns[3], "village_code")):
            listed = self._codes[table].number
            if len(ids) and (int(ids.max()) >= len(listed) or (listed[np.unique(ids)] < 0).any()):
                raise packing.damaged(f"a {table.partition('_')[0]} that is not listed")

    def _learn_codes(self, connection: sa.Connection, table: sa.Table) -> None:
        query = sa.select(table).where(table.c.id > self._last[table.name]).order_by(table.c.id)
        rows = connection.execute(query).all()
        if not rows:
            return
        ids, *columns = zip(*rows, strict=True)
        for column, codes in zip(list(table.columns)[1:], columns, strict=True):
            self._codes[column.name] = self._codes[column.name].extended(ids, codes)
        self._last[table.name] = ids[-1]


def of(engine: sa.Engine) -> Memory:
    """Return the memory kept beside `engine`."""
    options = engine.get_execution_options()
    if "geo_pora_memory" not in options:
        engine.update_execution_options(geo_pora_memory=Memory())
        options = engine.get_execution_options()
    memory: Memory = options["geo_pora_memory"]
    return memory


def _runs(columns: cube.Columns) -> dict[int, Run]:
    kind, klass, day, place, reports, persons = columns
    bounds = np.searchsorted(kind, [START, END, DEPARTURE, DEPARTURE + 1]).tolist()
    return {
        name: _run(*(values[begin:end] for values in (klass, day, place, reports, persons)))
        for name, begin, end in zip((START, END, DEPARTURE), bounds[:-1], bounds[1:], strict=True)
    }


def _run(
    klass: Integers, day: Integers, place: Integers, reports: Integers, persons: Integers
) -> Run:
    begins = np.flatnonzero(np.append(True, klass[1:] != klass[:-1])[: len(klass)])
    classes = klass[begins].astype(np.int64)
    begins = np.append(begins, len(klass))
    first = int(day.min()) if len(day) else 0
    days = int(day.max()) - first + 1 if len(day) else 1
    moment = day.astype(np.min_scalar_type(-max(len(classes) * days, abs(first) + days)))
    moment -= first
    moment += np.repeat(np.arange(len(classes)) * days, np.diff(begins)).astype(moment.dtype)
    return Run(
        classes,
        begins,
        moment,
        first,
        days,
        _unsigned(place),
        packing.narrowed(reports),
        packing.narrowed(persons),
    )


def _unsigned(ids: Integers) -> npt.NDArray[np.unsignedinteger]:
    small = not len(ids) or int(ids.max()) <= np.iinfo(np.uint16).max
    return ids.astype(np.uint16 if small else np.uint32)
