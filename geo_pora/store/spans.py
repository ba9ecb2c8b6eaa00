"""Spans: of each report only what counting needs - where, of what class, from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from geo_pora.store.tables import reports

LEVEL_COLUMNS = {
    "village": "village_code",
    "district": "district_code",
    "regency": "regency_code",
}
CLASS_COLUMNS = ["agency", "permit", "activity", "status"]
_NUMBERS = ["from_date", "to_date", "reported_on", "persons"]
_FIELDS = [*LEVEL_COLUMNS.values(), *CLASS_COLUMNS, *_NUMBERS]
_ROWS_AT_ONCE = 250_000
_EPOCH_JULIAN = 2_440_587  # julianday('1970-01-01') is this and a half


@dataclass(frozen=True)
class Spans:
    """Where, of what class, and from when to when the reports of a chunk are.

    Attributes
    ----------
    places, classes : list of tuple of str
        The distinct codes (`''` for a missing one): village, district,
        regency; and agency, permit, activity, status.
    place, klass : ndarray
        Number in `places` and in `classes`, one entry per report.
    first, last : ndarray
        Days since 1970.
    stated : ndarray of bool
        Whether the last day is stated, so that it is a departure.
    persons : ndarray
    """

    places: list[tuple[str, ...]]
    classes: list[tuple[str, ...]]
    place: npt.NDArray[np.int32]
    klass: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    stated: npt.NDArray[np.bool_]
    persons: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.persons)

    def kept(self, rows: npt.NDArray[np.bool_]) -> Spans:
        """Return the spans of some reports."""
        names = ("place", "klass", "first", "last", "stated", "persons")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def of(table: Mapping[str, pa.Array]) -> Spans:
    """Return the spans of reports given as Arrow columns, dates as date32 or days."""
    first, reported, stated_last = (
        table[name].cast(pa.int32()) for name in ("from_date", "reported_on", "to_date")
    )
    last = pc.coalesce(stated_last, pc.max_element_wise(first, reported))
    places, place = _distinct([table[column] for column in LEVEL_COLUMNS.values()])
    classes, klass = _distinct([table[column] for column in CLASS_COLUMNS])
    return Spans(
        places,
        classes,
        place,
        klass,
        first.to_numpy(),
        last.to_numpy(),
        stated_last.is_valid().to_numpy(zero_copy_only=False),
        table["persons"].cast(pa.int32()).to_numpy(),
    )


def select(
    connection: sa.Connection, table: sa.FromClause, agency: sa.ColumnElement[str] | None = None
) -> sa.Select[Any]:
    """Begin a query for `read`: add which reports of `table` are meant."""
    columns: dict[str, sa.ColumnElement[Any]] = {
        name: table.c[name] for name in _FIELDS if name != "agency"
    }
    columns["agency"] = table.c.agency if agency is None else agency
    for name in ("from_date", "to_date", "reported_on"):
        columns[name] = _day(connection, columns[name])
    return sa.select(*(columns[name].label(name) for name in _FIELDS))


def read(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Spans]:
    """Read the spans of the reports that a query made by `select` gives, in chunks."""
    result = connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    for rows in result.partitions():
        columns = zip(_FIELDS, zip(*rows, strict=True), strict=True)
        yield of(
            {
                name: pa.array(values, pa.int32() if name in _NUMBERS else pa.string())
                for name, values in columns
            }
        )


def of_reports(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Iterator[Spans]:
    """Read the spans of the stored reports for which `where` holds."""
    return read(connection, select(connection, reports).where(where))


def _day(connection: sa.Connection, date: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a date as days since 1970: numbers travel faster than dates."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.julianday(date), sa.Integer) - _EPOCH_JULIAN
    return sa.type_coerce(date - sa.literal_column("DATE '1970-01-01'"), sa.Integer)


def _distinct(columns: list[pa.Array]) -> tuple[list[tuple[str, ...]], npt.NDArray[np.int32]]:
    """Return the distinct rows of some text columns, and the number of its row by entry."""
    number = np.zeros(len(columns[0]), dtype=np.int64)
    rows: list[tuple[str, ...]] = [()]
    for column in columns:
        encoded = column.fill_null("").dictionary_encode()
        words = encoded.dictionary.to_pylist()
        # Numbered anew after each column, so that the product never overflows.
        number, pairs = pd.factorize(number * max(len(words), 1) + encoded.indices.to_numpy())
        rows = [(*rows[pair // len(words)], words[pair % len(words)]) for pair in pairs.tolist()]
    return rows, number.astype(np.int32)
