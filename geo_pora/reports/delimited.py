"""CSV and its relatives: any separator and encoding, titles above the header, quoted newlines.

The file is cut into blocks of whole records, and each block is parsed by Arrow. A row with too
many or too few cells becomes a fault with its cells as far as they go; a quotation mark that
is never closed costs its own row, not the ones behind it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from geo_pora.errors import InputError
from geo_pora.reports import headers
from geo_pora.reports.encoding import Scan, Utf8Stream
from geo_pora.reports.source import Block, Source, block_of_rows

DELIMITERS = ",;\t|"
_BLOCK = 4 << 20
_LONGEST_RECORD = 16 << 20
_HEAD_LINES = 60
_HEAD_BYTES = 256 << 10
_MOST_COLUMNS = 1000
_SEP_LINE = re.compile(r'^"?sep=(.)"?\r?\n', re.IGNORECASE)

Numbers = npt.NDArray[np.int64]

csv.field_size_limit(_LONGEST_RECORD)


def open_source(path: Path, scan: Scan, delimiter: str = "") -> Source:
    """Find header and, where it is not given, separator of a text file.

    Raises
    ------
    InputError
        If no row near the top names a usable column.
    """
    with Utf8Stream(path, scan.encoding) as stream:
        head = stream.next_chunk()[:_HEAD_BYTES].decode("utf-8", "replace")
    if not head.strip():
        raise InputError(f"{path.name}: the file is empty; send one with a header and rows")
    newline = "\n" if "\n" in head else "\r"
    sep = _SEP_LINE.match(head)
    body = head[sep.end() :] if sep else head
    possible = delimiter or (sep[1] if sep else DELIMITERS)
    layouts = [_layout(body, one, newline) for one in possible]
    found = max((layout for layout in layouts if layout), key=lambda found: found[0], default=None)
    if found is None:
        if not scan.encoding.startswith("utf"):
            raise InputError(
                f"{path.name}: no known header was found in the first rows, or the encoding is not "
                "known; save the file as CSV UTF-8"
            )
        raise InputError(
            f"{path.name}: no header with an address, a desa or kecamatan, or lintang and bujur "
            "was found in the first rows; docs/reports.md lists the column names"
        )
    _, delimiter, header, skip = found
    remarks = []
    if scan.damaged:
        remarks.append(f"{scan.damaged} bytes are no {scan.encoding} and were replaced")
    layout = _Layout(path, scan.encoding, delimiter, header, skip + bool(sep), newline)
    return Source("csv", header.labels, layout.blocks, scan.encoding, delimiter, remarks=remarks)


_Found = tuple[tuple[int, int], str, headers.Header, int]


def _layout(head: str, delimiter: str, newline: str) -> _Found | None:
    """Return score, separator, header and the number of lines down to the first row."""
    reader = csv.reader(
        io.StringIO(head.replace("\r\n", "\n").replace("\r", "\n")), delimiter=delimiter
    )
    rows, ends = [], []
    try:
        for row in reader:
            rows.append(row[:_MOST_COLUMNS])
            ends.append(reader.line_num)
            if len(rows) >= _HEAD_LINES:
                break
    except csv.Error:
        pass
    header = headers.find(rows[: _HEAD_LINES // 2])
    if header is None:
        return None
    labels = list(header.labels)
    widths = [len(row) for row in rows[header.body :] if any(row)]
    usual = max(set(widths), key=widths.count) if widths else 0
    if usual > len(labels) and widths.count(usual) * 2 > len(widths):
        extra = [row[len(labels) :] for row in rows[header.body :] if len(row) == usual]
        if not any(cell.strip() for cells in extra for cell in cells):
            labels += [""] * (usual - len(labels))  # a separator too many at the end of rows
    header = headers.Header(tuple(labels), header.first, header.body)
    return (headers.score(labels), usual), delimiter, header, ends[header.body - 1]


class _Layout:
    """How to cut one file into blocks."""

    def __init__(
        self,
        path: Path,
        encoding: str,
        delimiter: str,
        header: headers.Header,
        skip: int,
        newline: str,
    ) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._width = len(header.labels)
        self._first_row = header.body + 1
        self._skip = skip
        self._carriage = newline == "\r"

    def blocks(self) -> Iterator[Block]:
        """Yield the rows below the header."""
        row_number = self._first_row
        for records in self._records():
            block, read = self._parse(records, row_number)
            row_number += read
            block.torn = True
            yield block

    def _records(self) -> Iterator[bytes]:
        """Yield pieces of the file that end where a record ends."""
        with Utf8Stream(self._path, self._encoding) as stream:
            skip, rest = self._skip, b""
            while chunk := stream.next_chunk():
                if self._carriage:
                    chunk = chunk.replace(b"\r", b"\n")
                rest += chunk
                while skip and b"\n" in rest:
                    rest, skip = rest[rest.index(b"\n") + 1 :], skip - 1
                if skip:
                    continue
                cut = _last_record_end(rest)
                if cut:
                    yield rest[:cut]
                    rest = rest[cut:]
                elif len(rest) > _LONGEST_RECORD:
                    raise InputError(
                        f"{self._path.name}: a row is longer than {_LONGEST_RECORD >> 20} MiB; "
                        "look for a quotation mark that is not closed"
                    )
            if rest and not skip:
                yield rest

    def _parse(self, records: bytes, row_number: int, *, quotes: bool = True) -> tuple[Block, int]:
        """Parse whole records; return them and how many rows a spreadsheet would show."""
        broken: list[tuple[int, str]] = []

        def set_aside(row: pyarrow.csv.InvalidRow) -> str:
            broken.append((row.number or 1, row.text))
            return "skip"

        names = [str(at) for at in range(self._width)]
        try:
            table = pyarrow.csv.read_csv(
                pa.py_buffer(records),
                pyarrow.csv.ReadOptions(
                    column_names=names, use_threads=False, block_size=len(records) + 16
                ),
                pyarrow.csv.ParseOptions(
                    delimiter=self._delimiter,
                    quote_char='"' if quotes else False,
                    newlines_in_values=quotes and b'"' in records,
                    ignore_empty_lines=False,
                    invalid_row_handler=set_aside,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return block_of_rows([], self._width, []), 0
            raise InputError(
                f"{self._path.name}: the rows from {row_number} on could not be read as CSV; "
                "open the file in a spreadsheet and save it anew"
            ) from None
        if not quotes:
            trimmed = [pc.utf8_trim(column, '"') for column in table.columns]
            table = pa.table(trimmed, names=names)
        total = table.num_rows + len(broken)
        numbers = np.arange(row_number, row_number + total, dtype=np.int64)
        if quotes and self._runs_to_the_end(table, records):
            return self._parse_split(records, row_number)
        block = Block(table, numbers)
        if broken:
            block, total = self._with_broken(table, numbers, broken)
        if quotes and b'"' in records:
            self._mark_swallowed(block)
        return block, total

    @staticmethod
    def _runs_to_the_end(table: pa.Table, records: bytes) -> bool:
        """Whether the last row was opened by a quotation mark that nothing closed."""
        if not table.num_rows or records.count(b'"') % 2 == 0:
            return False
        cells = (column[-1].as_py() for column in table.columns)
        return any("\n" in cell.rstrip("\n") for cell in cells)

    def _parse_split(self, records: bytes, row_number: int) -> tuple[Block, int]:
        """Parse what stands before the line of the last quotation mark, then the rest."""
        start = records.rfind(b"\n", 0, records.rfind(b'"')) + 1
        before, read = self._parse(records[:start], row_number)
        nothing = block_of_rows([], self._width, []).table
        number = np.array([row_number + read], dtype=np.int64)
        text = records[start:].decode("utf-8", "replace")
        behind, more = self._with_broken(nothing, number, [(1, text)])
        return _joined([before, behind]), read + more

    @staticmethod
    def _mark_swallowed(block: Block) -> None:
        """Refuse rows with a cell over several lines that has a stray quotation mark in it.

        There two marks that were never closed have met, and made one row of several.
        """
        for column in block.table.columns:
            several = pc.match_substring(column, "\n")
            if not pc.any(several).as_py():
                continue
            odd = pc.equal(pc.bit_wise_and(pc.count_substring(column, '"'), 1), 1)
            for at in np.flatnonzero(pc.and_(several, odd).to_numpy()).tolist():
                block.faults.setdefault(int(block.row_numbers[at]), "tanda kutip tidak ditutup")

    def _with_broken(
        self, table: pa.Table, numbers: Numbers, broken: list[tuple[int, str]]
    ) -> tuple[Block, int]:
        """Put the rows that Arrow set aside back into their places, with the reason.

        A quotation mark that is not closed has swallowed lines: they are parsed again as rows
        of their own, and every row behind them moves down.
        """
        positions = [number - 1 for number, _ in broken]
        moved = np.zeros(len(numbers) + 1, dtype=np.int64)
        pieces, rows, at, faults = [], [], [], {}
        for position, (_, text) in zip(positions, broken, strict=True):
            number = int(numbers[position] + moved.sum())
            first, *swallowed = text.splitlines(keepends=True) or [""]
            cells, count = _cells(first, self._delimiter, self._width)
            rows.append(cells)
            at.append(number)
            faults[number] = f"baris ini berisi {count} kolom, seharusnya {self._width}"
            if swallowed:
                if first.count('"') % 2:
                    faults[number] = "tanda kutip tidak ditutup"
                lines = "".join(swallowed).encode()
                behind, read = self._parse(lines, number + 1, quotes=False)
                pieces.append(behind)
                moved[position + 1] += read
        numbers = numbers + np.cumsum(moved[:-1])
        pieces.append(Block(table, np.delete(numbers, positions)))
        pieces.append(block_of_rows(rows, self._width, at, faults))
        return _joined(pieces), int(len(numbers) + moved.sum())


def _joined(pieces: list[Block]) -> Block:
    """Put blocks together in the order of their row numbers."""
    table = pa.concat_tables([piece.table for piece in pieces]).combine_chunks()
    numbers = np.concatenate([piece.row_numbers for piece in pieces])
    order = np.argsort(numbers, kind="stable")
    faults = {number: why for piece in pieces for number, why in piece.faults.items()}
    return Block(table.take(pa.array(order)), numbers[order], faults)


def _last_record_end(text: bytes) -> int:
    """Return where the last whole record ends: a newline outside quotation marks.

    Quotation marks are counted, so a stray one (5" pipe) hides the ends behind it; where no
    newline has an even number before it, the last newline is taken.
    """
    end = text.rfind(b"\n") + 1
    if not end or text.count(b'"', 0, end) % 2 == 0:
        return end
    candidate = end
    for _ in range(64):
        quote = text.rfind(b'"', 0, candidate)
        before = text.rfind(b"\n", 0, quote) + 1
        if not before:
            break
        if text.count(b'"', 0, before) % 2 == 0:
            return before
        candidate = before
    return end if len(text) > _BLOCK else 0


def _cells(line: str, delimiter: str, width: int) -> tuple[list[str], int]:
    """Return a row's first cells, the last with all that follows, and how many it has."""
    line = line.rstrip("\r\n")
    count = line.count(delimiter) + 1
    if count <= _MOST_COLUMNS:
        with contextlib.suppress(csv.Error):
            cells = next(csv.reader([line], delimiter=delimiter), [])
            return [*cells[: width - 1], " ".join(cells[width - 1 :])], len(cells)
    return line.split(delimiter, width - 1), count
