"""Identifiers of reports: given ones are used once, missing ones are made of the content."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo_pora.reports import around, fields, headers, repeats, texts
from geo_pora.reports.fields import Cells, Findings
from geo_pora.reports.source import Block
from geo_pora.reports.texts import Column

_DEGREES = frozenset({"latitude", "longitude"})
_PARTS = headers.PLACES | {"rt_rw", "postal_code"}


class Identify:
    """Gives every row of a file an identifier, block by block.

    Parameters
    ----------
    agency : str or None
        Code of the agency that sends the file; without it the agency column counts too.
    refuse_repeats : bool
        Whether to refuse rows that were there before, and to make the identifiers that the
        file lacks; without it every row is judged by itself.
    """

    def __init__(self, agency: str | None, refuse_repeats: bool = True) -> None:
        self._agency = agency
        self._by_itself = not refuse_repeats
        self._seen = repeats.Seen()
        self._identifiers = repeats.Identifiers()
        self._numbering = repeats.Numbering()
        self._around = around.Around(self._by_itself)

    def add(
        self, block: Block, cells: Cells, table: dict[str, Column], findings: Findings
    ) -> dict[str, Column]:
        """Add identifiers, and refuse rows without a place or that were there before."""
        rows = len(block.row_numbers)
        found = fields.of(cells, "report_id")
        given = found[1] if found else pa.chunked_array([pa.repeat(pa.scalar(""), rows)])
        if found:
            long = pc.greater(pc.utf8_length(given), fields.LONGEST_ID)
            findings.refuse(found[0], long, f"lebih panjang dari {fields.LONGEST_ID} huruf")
        self._around.refuse(block, cells, table["location_text"], findings)
        self._require_place(cells, table, findings, given)
        if self._by_itself:
            return {"report_id": texts.missing_where_blank(given), **table}
        good = np.ones(rows, dtype=bool)
        good[list(findings.faults)] = False
        sound = np.flatnonzero(good)
        derived = pc.equal(given, "").to_numpy()[sound]
        report_id = given
        if derived.any():
            new = self._derive(block, cells, table, sound[derived], findings)
            texts_of = given.to_pandas().astype(object)
            texts_of.iloc[sound[derived]] = new
            report_id = pa.chunked_array([pa.array(texts_of, pa.string())])
        self._refuse_repeats(block, cells, report_id, table, sound[~derived], findings)
        return {"report_id": report_id, **table}

    def _require_place(
        self,
        cells: Cells,
        table: dict[str, Column],
        findings: Findings,
        given: Column,
    ) -> None:
        """Refuse rows without a place, but for reports that only lack it: these are unplaced."""
        column = next(c for c in cells if c.field in headers.PLACES | {"latitude"})
        placed = pc.or_(pc.is_valid(table["location_text"]), pc.is_valid(table["latitude"]))
        placed = pc.or_(placed, pc.is_valid(table["coordinates_text"]))
        if pc.all(placed).as_py():
            return
        said = pc.not_equal(given, "")
        for name in ("reported_on", "from_date", "nationality", "permit"):
            found = fields.of(cells, name)
            if found:
                said = pc.or_(said, pc.not_equal(found[1], ""))
        findings.refuse(column, pc.invert(pc.or_(placed, said)), "tidak ada alamat atau koordinat")

    def _derive(
        self,
        block: Block,
        cells: Cells,
        table: dict[str, Column],
        rows: npt.NDArray[np.int64],
        findings: Findings,
    ) -> list[str]:
        """Return identifiers made of the content, and refuse rows that repeat a whole row.

        Two persons of one company at one address leave equal rows once their names are
        dropped: as long as the rows differ in the file they are two reports, told apart by a
        running number. Only what is kept goes into the identifier.
        """
        at = pa.array(rows)
        whole = [column.take(at) for column in block.table.columns]
        first = self._seen.add(repeats.hash_rows(whole, len(rows)), block.row_numbers[rows])
        repeated = first != block.row_numbers[rows]
        column = next(iter(cells))
        for position, number in zip(rows[repeated].tolist(), first[repeated].tolist(), strict=True):
            findings.add(column, {position: f"baris sama persis dengan baris {number}"})
        said = [column.take(at) for column in self._content(cells, table)]
        content = repeats.hash_rows(said, len(rows))
        return self._numbering.identifiers(content, skip=repeated)

    def _refuse_repeats(
        self,
        block: Block,
        cells: Cells,
        report_id: Column,
        table: dict[str, Column],
        rows: npt.NDArray[np.int64],
        findings: Findings,
    ) -> None:
        """Refuse rows whose identifier the agency used before in the file."""
        if not len(rows):
            return
        everything = len(rows) == len(block.row_numbers)
        at = pa.array(rows)
        keys = [report_id] if self._agency else [report_id, *_column_of(cells, "agency")]
        content = self._content(cells, table)
        if not everything:
            keys, content = [k.take(at) for k in keys], [c.take(at) for c in content]
        hashes = repeats.hash_rows(content, len(rows))
        column = next(c for c in cells if c.field == "report_id")
        for one, earlier, same in self._identifiers.repeated(keys, hashes, block.row_numbers[rows]):
            why = f"nomor laporan sudah dipakai di baris {earlier} dengan isi lain"
            if same:
                why = f"baris sama persis dengan baris {earlier}"
            findings.add(column, {int(rows[one]): why})

    @staticmethod
    def _content(cells: Cells, table: dict[str, Column]) -> list[Column]:
        """Return the columns that the file has something for, in a fixed order."""
        given = {column.field for column in cells}
        given |= {"location_text"} if given & _PARTS else set()
        given |= {"coordinates_text"} if given & (_DEGREES | _PARTS) else set()
        return [column for name, column in sorted(table.items()) if name in given]


def _column_of(cells: Cells, name: str) -> list[Column]:
    found = fields.of(cells, name)
    return [found[1]] if found else []
