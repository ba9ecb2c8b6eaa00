"""Questions to the store, answered without reading the reports, however many there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from geo_pora import periods as days
from geo_pora.errors import InputError
from geo_pora.periods import Period
from geo_pora.store import counting, memory, state
from geo_pora.store.coverage import coverage
from geo_pora.store.database import reading
from geo_pora.store.memory import Codes
from geo_pora.store.spans import CLASS_COLUMNS, LEVEL_COLUMNS
from geo_pora.store.tables import CONTENT, PLACING, reports

__all__ = [
    "Filters",
    "counts",
    "coverage",
    "data_version",
    "latest_period",
    "months_with_reports",
    "stored_locations",
]

COUNTED = ["reports", "persons", "arrivals", "departures"]


@dataclass(frozen=True)
class Filters:
    """Which reports to count: those with one of the codes; empty means all."""

    permits: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.permits or self.activities or self.statuses or self.agencies)

    def by_column(self) -> dict[str, tuple[str, ...]]:
        """Return the codes asked for by column, without the empty ones."""
        asked = zip(CLASS_COLUMNS, self._in_order(), strict=True)
        return {column: tuple(codes) for column, codes in asked if codes}

    def _in_order(self) -> tuple[tuple[str, ...], ...]:
        return (self.agencies, self.permits, self.activities, self.statuses)


def counts(
    engine: sa.Engine,
    level: str,
    periods: Sequence[Period],
    by: str | None = None,
    filters: Filters = Filters(),
) -> pd.DataFrame:
    """Count reports per area, period and class; the same figures as `aggregate.count`.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    level : {'regency', 'district', 'village'}
    periods : sequence of Period
        They may overlap; each is counted by itself.
    by : {'permit', 'activity', 'status', 'agency'}, optional
    filters : Filters

    Returns
    -------
    pandas.DataFrame
        `period`, `area_code` (missing = not placed at this level), the `by`
        column where asked, `reports`, `persons`, `arrivals`, `departures`;
        only rows in which a report was counted.

    Raises
    ------
    InputError
        For a level or a class that does not exist.
    """
    if level not in LEVEL_COLUMNS:
        raise InputError(f"level {level!r} is not known: use regency, district or village")
    if by is not None and by not in CLASS_COLUMNS:
        raise InputError(f"cannot count by {by!r}: use permit, activity, status or agency")
    asked = list(periods)
    with reading(engine) as connection:
        if not filters and by is None and all(map(_is_whole_months, asked)):
            return _from_months(engine, connection, level, asked)
        return _from_cells(engine, connection, level, asked, by, filters)


def data_version(engine: sa.Engine) -> str:
    """Return a text that changes whenever a figure may change, for one cheap look-up.

    It stands for counts, coverage, inhabitants, agencies, named periods and the layer in use.
    Two equal versions of one database mean equal figures, also after a restore.
    """
    with reading(engine) as connection:
        return state.data_version(connection)


def months_with_reports(engine: sa.Engine) -> list[Period]:
    """Return the months in which the span of a report begins, in order of time."""
    with reading(engine) as connection:
        running = memory.of(engine).months(connection, "regency")
    return [days.month(1970 + m // 12, m % 12 + 1) for m in running.with_starts]


def latest_period(engine: sa.Engine) -> Period | None:
    """Return the last month in which the span of a report begins, or None."""
    found = months_with_reports(engine)
    return found[-1] if found else None


def stored_locations(engine: sa.Engine, chunk: int = 100_000) -> Iterator[pd.DataFrame]:
    """Give the stored reports in chunks, to be placed again (`ingest.relocate`).

    Yields
    ------
    pandas.DataFrame
        `key`, `confirmed` (a person placed it) and the columns of located
        reports; where the address text was erased, only coordinates and codes
        are left to go by.
    """
    names = ["row_number", "report_id", "agency", *CONTENT, *PLACING]
    c = reports.c
    query = sa.select(c.id.label("key"), c.confirmed, *(c[name] for name in names))
    last = 0
    while True:
        with reading(engine) as connection:
            result = connection.execute(query.where(c.id > last).order_by(c.id).limit(chunk))
            frame = pd.DataFrame(result.all(), columns=list(result.keys()))
        if frame.empty:
            return
        last = int(frame["key"].iloc[-1])
        yield _typed(frame)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a chunk the types of docs/architecture.md, also where a column is all missing."""
    for name in ("reported_on", "from_date", "to_date"):
        frame[name] = pd.to_datetime(frame[name])
    numbers = {"latitude", "longitude", "confidence"}
    whole = {"key", "row_number", "persons", "confirmed"}
    for name in frame.columns.difference([*numbers, *whole, "reported_on", "from_date", "to_date"]):
        frame[name] = frame[name].astype("str")
    for name in numbers:
        frame[name] = frame[name].astype("float64")
    return frame


def _is_whole_months(period: Period) -> bool:
    after = period.last + dt.timedelta(days=1) if period.last < dt.date.max else dt.date.min
    return period.first.day == 1 and after.day == 1


def _from_months(
    engine: sa.Engine, connection: sa.Connection, level: str, periods: list[Period]
) -> pd.DataFrame:
    """Answer whole months from the running sums of each area."""
    running = memory.of(engine).months(connection, level)
    counted = np.empty((len(periods), len(running.areas), 1, len(COUNTED)), dtype=np.int64)
    for i, period in enumerate(periods):
        first, last = (12 * (d.year - 1970) + d.month - 1 for d in (period.first, period.last))
        before, until = running.until(first), running.until(last + 1)
        counted[i, :, 0, 0:2] = until[:, 0:2] - before[:, 2:4]
        counted[i, :, 0, 2] = until[:, 1] - before[:, 1]
        counted[i, :, 0, 3] = until[:, 4] - before[:, 4]
    return _table(counted, periods, running.areas, None, [""])


def _from_cells(
    engine: sa.Engine,
    connection: sa.Connection,
    level: str,
    periods: list[Period],
    by: str | None,
    filters: Filters,
) -> pd.DataFrame:
    """Answer anything else from the cube's cells."""
    known = memory.of(engine).at(connection)
    areas, area_of = _numbered(known.codes[LEVEL_COLUMNS[level]])
    groups, group_of = _numbered(known.codes[by]) if by else ([""], None)
    chosen = known.codes["agency"].number >= 0
    for column, wanted in filters.by_column().items():
        codes = known.codes[column]
        chosen &= np.append(np.isin(codes.words, wanted), False)[codes.number]
    group_of = np.where(chosen, 0 if group_of is None else group_of, -1)
    counted = counting.tally(known.segments, periods, area_of, len(areas), group_of, len(groups))
    return _table(counted, periods, areas, by, groups)


def _numbered(codes: Codes) -> tuple[list[str], np.ndarray]:
    """Return the codes in order, and the number of its code by id (-1: none)."""
    ordered = sorted(codes.words)
    place = {word: i for i, word in enumerate(ordered)}
    return ordered, np.array([*(place[word] for word in codes.words), -1])[codes.number]


def _table(
    counted: np.ndarray, periods: list[Period], areas: list[str], by: str | None, groups: list[str]
) -> pd.DataFrame:
    period, area, group = np.nonzero(counted[..., 0])
    # By way of Arrow: pandas would look at each text of each column.
    columns = {"period": pa.array([p.key for p in periods], pa.string()).take(pa.array(period))}
    for name, codes, at in (("area_code", areas, area), (by, groups, group)):
        if name:
            known = pa.array([code or None for code in codes], pa.string())
            columns[name] = known.take(pa.array(at))
    values = counted[period, area, group]
    columns |= {name: pa.array(values[:, i]) for i, name in enumerate(COUNTED)}
    return pa.table(columns).to_pandas()
