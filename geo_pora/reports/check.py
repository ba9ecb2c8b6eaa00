"""Blocks of text cells to batches of checked reports and rejected rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo_pora.reports import fields, headers, identify, identity, labels, patterns, texts, withheld
from geo_pora.reports.fields import Cells, Findings
from geo_pora.reports.source import Block
from geo_pora.reports.texts import Column

COLUMNS = [
    "row_number",
    "report_id",
    "agency",
    "reported_on",
    "from_date",
    "to_date",
    "persons",
    "nationality",
    "permit",
    "activity",
    "status",
    "accommodation",
    "visa_index",
    "location_text",
    "latitude",
    "longitude",
    "coordinates_text",
]
_ERROR_CELL = r"^#(?:REF!|N/A|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|RUMUS|GETTING_DATA)$"
_DEGREES = frozenset({"latitude", "longitude"})


@dataclass(frozen=True)
class ReportBatch:
    """Some rows of a report file, in its order.

    Attributes
    ----------
    reports : DataFrame
        The checked table of docs/architecture.md, one row per report; RangeIndex.
    rejected : DataFrame
        `row_number`, `column` (label in the file, may be empty), `reason` (Indonesian); one
        row per row that cannot be used.
    original : DataFrame
        `row_number` and the kept columns as written, masked, for every row of both.
    """

    reports: pd.DataFrame
    rejected: pd.DataFrame
    original: pd.DataFrame

    @property
    def rows(self) -> int:
        """Number of rows read."""
        return len(self.original)


class Checker:
    """Checks the blocks of one file in order; remembers identifiers and keeps the counts.

    Parameters
    ----------
    columns : list of headers.Column
        What each column is.
    agency : str or None
        Code of the agency that sends the file.
    today : datetime.date
        Stands in where a file has no dates.
    repeats : bool
        See `identify.Identify`.
    """

    def __init__(
        self,
        columns: Sequence[headers.Column],
        agency: str | None,
        today: dt.date,
        repeats: bool = True,
    ) -> None:
        self._fields = [column for column in columns if column.field]
        self._codes = [column for column in columns if column.spare]
        self._others = [
            column
            for column in columns
            if not column.field and not column.spare
            if headers.key(column.label) not in labels.IGNORED
        ]
        self._identifies = any(column.identifies for column in columns)
        self._agency = agency
        self._today = today
        self._identify = identify.Identify(agency, repeats)
        self.values: Counter[int] = Counter()
        self.masked: Counter[str] = Counter()
        self.defaults: Counter[str] = Counter()
        self.unrecognised: Counter[str] = Counter()

    def check(self, block: Block) -> ReportBatch:
        """Check one block."""
        for column in self._others:
            filled = pc.sum(pc.not_equal(block.table.column(str(column.position)), "")).as_py()
            self.values[column.position] += filled or 0
        block, cells = self._with_content(block)
        rows = len(block.row_numbers)
        findings = Findings()
        at = {int(number): at for at, number in enumerate(block.row_numbers) if block.faults}
        position = {number: at[number] for number in block.faults if number in at}
        nowhere = headers.Column(0, "")
        findings.add(nowhere, {place: block.faults[number] for number, place in position.items()})
        for column, cell in cells.items():
            if column.field and pc.any(pc.starts_with(cell, "#")).as_py():
                broken = pc.match_substring_regex(cell, _ERROR_CELL)
                findings.refuse(column, broken, "sel berisi kesalahan atau rumus tanpa hasil")
        plain = {c: fields.as_numbers(cell) for c, cell in cells.items() if c.field in _DEGREES}
        cells = self._masked(cells, plain)
        table = self._table(cells, plain, findings, rows)
        table = self._identify.add(block, cells, table, findings)
        self.defaults.update(findings.defaults)
        self.unrecognised.update(findings.unrecognised)
        torn = position.values() if block.torn and self._identifies else ()
        cells = withheld.without_names(cells, findings, torn)
        return _batch(block.row_numbers, table, findings, cells)

    def _with_content(self, block: Block) -> tuple[Block, Cells]:
        """Leave out blank rows and repeated headers; note rows that say nothing we know."""
        table = block.table
        cells = {
            c: texts.without_placeholders(
                texts.clean(table.column(str(c.position))), dashes=c.field != "persons"
            )
            for c in self._fields + self._codes
        }
        blank = _all_equal(cells, lambda _: "")
        repeated = _all_equal(cells, lambda column: " ".join(column.label.split()))
        if blank is None and repeated is None:
            return block, cells
        skip = np.zeros(table.num_rows, dtype=bool)
        for rows in (blank, repeated):
            skip |= rows if rows is not None else False
        if blank is not None:
            for column in self._others:
                said = pc.utf8_trim_whitespace(table.column(str(column.position)))
                said = blank & pc.not_equal(said, "").to_numpy()
                skip &= ~said
                for number in block.row_numbers[said].tolist():
                    block.faults.setdefault(number, "tidak ada kolom yang dikenal yang terisi")
        if block.faults:
            skip &= ~np.isin(block.row_numbers, list(block.faults))
        keep = pa.array(~skip)
        kept = Block(table.filter(keep), block.row_numbers[~skip], block.faults, block.torn)
        return kept, {column: cell.filter(keep) for column, cell in cells.items()}

    def _masked(self, cells: Cells, plain: Cells) -> Cells:
        masked: Cells = {}
        for column, cell in cells.items():
            if column in plain and not plain[column].null_count:
                masked[column] = cell
            elif column.field == "report_id":
                personal = _personal(cell, column)
                self.masked["report_id"] += pc.sum(personal).as_py() or 0
                masked[column] = pc.if_else(personal, "", cell)
            elif not column.field:
                masked[column] = pc.if_else(
                    pc.match_substring_regex(cell, identity.CODE_LIKE), cell, ""
                )
            else:
                coordinates = column.field in _DEGREES | {"coordinates_text"}
                masked[column] = texts.mask(cell, self.masked, coordinates=coordinates)
                if column in plain:
                    masked[column] = pc.if_else(pc.is_valid(plain[column]), cell, masked[column])
        return masked

    def _table(
        self, cells: Cells, plain: Cells, findings: Findings, rows: int
    ) -> dict[str, Column]:
        """Return the columns of the checked table, without row number and identifier."""
        location = fields.place(cells, findings, rows)
        latitude, longitude, written = fields.coordinates(cells, plain, location, findings, rows)
        permit, visa = fields.permits(cells, findings, rows)
        reported, first, last = fields.dates_of_stay(cells, self._today, findings, rows)
        status = fields.coded(cells, "status", "statuses", findings, rows, strict=True)
        activity = fields.coded(cells, "activity", "activities", findings, rows)
        return {
            "agency": fields.agencies(cells, self._agency, findings, rows),
            "reported_on": reported,
            "from_date": first,
            "to_date": last,
            "persons": fields.persons(cells, findings, rows),
            "nationality": fields.coded(cells, "nationality", "nationalities", findings, rows),
            "permit": pc.fill_null(permit, "unknown"),
            "activity": pc.fill_null(activity, "unknown"),
            "status": pc.fill_null(status, "presence"),
            "accommodation": fields.coded(cells, "accommodation", "accommodations", findings, rows),
            "visa_index": visa,
            "location_text": location,
            "latitude": latitude,
            "longitude": longitude,
            "coordinates_text": written,
        }


def _personal(cell: Column, column: headers.Column) -> Column:
    """Return which identifiers are passports or other numbers of persons."""
    personal = pc.match_substring_regex(cell, patterns.PERSONAL_ID)
    if not column.series:
        passport = pc.match_substring_regex(cell, patterns.PASSPORT_ID)
        personal = pc.or_(personal, passport)
    parted = pc.match_substring_regex(cell, patterns.PARTED_ID)
    if pc.any(parted).as_py():
        rows = np.flatnonzero(parted.to_numpy()).tolist()
        found = personal.to_numpy().copy()
        found[rows] |= [patterns.is_national_id(cell[at].as_py()) for at in rows]
        personal = pa.chunked_array([found])
    return personal


def _all_equal(cells: Cells, wanted: object) -> npt.NDArray[np.bool_] | None:
    """Return the rows in which every field has the wanted text; None where there is none."""
    found = None
    for column, cell in cells.items():
        if not column.field:
            continue
        here = pc.equal(cell, wanted(column))  # type: ignore[operator]
        found = here if found is None else pc.and_(found, here)
        if not pc.any(found).as_py():
            return None
    return None if found is None else found.to_numpy()


def _batch(
    row_numbers: npt.NDArray[np.int64],
    table: dict[str, Column],
    findings: Findings,
    cells: Cells,
) -> ReportBatch:
    columns = {"row_number": pa.chunked_array([pa.array(row_numbers)]), **table}
    reports = pa.table({name: columns[name] for name in COLUMNS})
    faults = sorted(findings.faults.items())
    if faults:
        good = np.ones(len(row_numbers), dtype=bool)
        good[[at for at, _ in faults]] = False
        reports = reports.filter(pa.array(good))
    rejected = pd.DataFrame(
        {
            "row_number": row_numbers[[at for at, _ in faults]].astype(np.int64),
            "column": pd.Series([_listed(c for c, _ in why) for _, why in faults], dtype="str"),
            "reason": pd.Series(
                ["; ".join(dict.fromkeys(w for _, w in why)) for _, why in faults], dtype="str"
            ),
        }
    )
    kept = {
        column.label: cell for column, cell in sorted(cells.items(), key=lambda c: c[0].position)
    }
    original = pa.table({"row_number": columns["row_number"], **kept})
    return ReportBatch(reports.to_pandas(), rejected, original.to_pandas())


def _listed(labels: object) -> str:
    return ", ".join(dict.fromkeys(label for label in labels if label))  # type: ignore[attr-defined]
