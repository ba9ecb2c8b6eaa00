"""A report file: opened by content, read in batches of bounded memory."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from geo_pora import codes
from geo_pora.errors import InputError
from geo_pora.reports import headers, identity, labels, texts
from geo_pora.reports.check import Checker, ReportBatch
from geo_pora.reports.source import Block, Source, block_of_rows


@dataclass(frozen=True)
class Dropped:
    """A column that is not kept.

    Attributes
    ----------
    label : str
        Its header.
    category : str
        What it holds: `name`, `passport`, `phone`, ...; `remarks`; `unused` for a column that
        is simply not needed.
    found_by : str
        `header` or `content`; empty for `unused`.
    values : int
        How many rows had something in it, as far as the file was read.
    """

    label: str
    category: str
    found_by: str
    values: int = 0


@dataclass(frozen=True)
class Manner:
    """How a file is read: what was decided from its first rows, for parts of the same file.

    Attributes
    ----------
    encoding, delimiter : str
        Of a text file.
    columns : tuple of headers.Column
        What each column is.
    found_by_content : frozenset of int
        Positions of the columns that were dropped for what was in them.
    today : datetime.date
        The day that stands in where the file has no dates.
    """

    encoding: str
    delimiter: str
    columns: tuple[headers.Column, ...]
    found_by_content: frozenset[int]
    today: dt.date


@dataclass
class ReportFile:
    """A report file, to be iterated over in batches; the counts fill up while it is read.

    Attributes
    ----------
    path : Path
        The file.
    format, encoding, delimiter, sheet : str
        How it is read; empty where the format has no such thing.
    sha256 : str
        Of the file's bytes.
    columns : dict of str to str
        Header to field, for the columns that are used.
    mended : dict of str to str
        Those of `columns` whose header had a slip.
    dropped : tuple of Dropped
        Columns that are not kept, with what they hold and how often; never their content.
    masked : Counter
        Identifying content masked inside kept columns, by category.
    defaults : Counter
        Values the file did not give, by column of the checked table.
    unrecognised : Counter
        Words that are no code of the list, by column; the value is `unknown` or missing.
    remarks : list of str
        What else the user should know: sheets left out, characters replaced.
    rows, rejected : int
        Rows read and rejected so far; the others are reports.
    """

    path: Path
    agency: str | None
    today: dt.date
    sha256: str
    _source: Source
    _repeats: bool = True
    _like: Manner | None = None
    _columns: list[headers.Column] = field(default_factory=list)
    _found_by_content: frozenset[int] = frozenset()
    _checker: Checker | None = None
    rows: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        if self._like is not None:
            self._take(self._like)
            return
        first = next(iter(self._source.blocks()), None)
        by_header = headers.recognise(self._source.labels)
        self._columns = by_header if first is None else _by_content(by_header, first)
        self._found_by_content = frozenset(
            now.position
            for now, then in zip(self._columns, by_header, strict=True)
            if now.identifies and not then.identifies
        )
        if not headers.is_usable(self._columns):
            raise InputError(
                f"{self.path.name}: the columns with the place hold names, passports or telephone "
                "numbers; send a column with the address or with lintang and bujur"
            )

    def _take(self, like: Manner) -> None:
        labels = tuple(column.label for column in headers.recognise(self._source.labels))
        if labels != tuple(column.label for column in like.columns):
            raise InputError(
                f"{self.path.name}: its header is not that of the file it is a part of"
            )
        self._columns, self._found_by_content = list(like.columns), like.found_by_content

    @property
    def manner(self) -> Manner:
        """How this file is read, to read parts of it alike."""
        return Manner(
            self.encoding,
            self.delimiter,
            tuple(self._columns),
            self._found_by_content,
            self.today,
        )

    def __iter__(self) -> Iterator[ReportBatch]:
        """Yield the batches from the first row on; the counts begin anew."""
        self._checker = Checker(self._columns, self.agency, self.today, self._repeats)
        self.rows = self.rejected = 0
        for block in self._source.blocks():
            batch = self._checker.check(block)
            self.rows += batch.rows
            self.rejected += len(batch.rejected)
            if batch.rows:
                yield batch

    @property
    def format(self) -> str:
        """`csv`, `xlsx`, `xls`, `ods`, `geojson` or `parquet`."""
        return self._source.format

    @property
    def encoding(self) -> str:
        """Encoding of a text file."""
        return self._source.encoding

    @property
    def delimiter(self) -> str:
        """Separator of a CSV file."""
        return self._source.delimiter

    @property
    def sheet(self) -> str:
        """Names of the sheets that are read."""
        return self._source.sheet

    @property
    def remarks(self) -> list[str]:
        """What else the user should know."""
        return list(self._source.remarks)

    @property
    def columns(self) -> dict[str, str]:
        """Header to field, for the columns that are used."""
        return {column.label: column.field for column in self._columns if column.field}

    @property
    def mended(self) -> dict[str, str]:
        """Header to field, where a slip in the header was mended."""
        return {column.label: column.field for column in self._columns if column.mended}

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """Columns that are not kept; never their content."""
        values = self._checker.values if self._checker else Counter[int]()
        return tuple(
            Dropped(
                identity.mask(column.label),
                column.identifies or "unused",
                self._how(column),
                values[column.position],
            )
            for column in self._columns
            if not column.field and not column.spare
            if headers.key(column.label) not in labels.IGNORED
        )

    def _how(self, column: headers.Column) -> str:
        if not column.identifies:
            return ""
        return "content" if column.position in self._found_by_content else "header"

    @property
    def masked(self) -> Counter[str]:
        """Identifying content masked inside kept columns, by category."""
        return +self._checker.masked if self._checker else Counter()

    @property
    def defaults(self) -> Counter[str]:
        """Values the file did not give, by column of the checked table."""
        return +self._checker.defaults if self._checker else Counter()

    @property
    def unrecognised(self) -> Counter[str]:
        """Words that are no code of the list, by column."""
        return +self._checker.unrecognised if self._checker else Counter()


def _by_content(columns: list[headers.Column], first: Block) -> list[headers.Column]:
    """Look into the first block: drop columns that hold persons, keep plain unknown ones."""
    decided = []
    for column in columns:
        values = texts.sample(first.table.column(str(column.position)))
        if column.identifies or column.field in ("latitude", "longitude", "persons"):
            decided.append(column)
        elif category := identity.by_content(values, names=not column.field):
            decided.append(replace(column, field="", identifies=category, mended=False))
        elif not column.field and headers.key(column.label) not in labels.IGNORED:
            decided.append(replace(column, spare=identity.is_code_like(values)))
        elif column.field == "report_id":
            decided.append(replace(column, series=identity.are_a_series(values)))
        elif column.field == "status" and not _are_statuses(values):
            decided.append(replace(column, field="", mended=False))
        else:
            decided.append(column)
    return decided


def _are_statuses(values: list[str]) -> bool:
    """Whether a column named status is about reports: it may be about permits or marriage."""
    statuses = codes.load("statuses")
    known = sum(statuses.match(value) is not None for value in values)
    return known * 2 >= len(values)


def read_all(file: ReportFile) -> ReportBatch:
    """Read a file at once; see `geo_pora.reports.read`."""
    batches = list(file)
    if not batches:
        batches = [Checker(file._columns, None, file.today).check(_nothing(file._columns))]
    return ReportBatch(
        pd.concat([batch.reports for batch in batches], ignore_index=True),
        pd.concat([batch.rejected for batch in batches], ignore_index=True),
        pd.concat([batch.original for batch in batches], ignore_index=True),
    )


def _nothing(columns: list[headers.Column]) -> Block:
    return block_of_rows([], len(columns), [])
