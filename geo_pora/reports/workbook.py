"""XLSX, XLS and ODS: their sheets, titles and headers; the cells come from a guarded child."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from geo_pora import guard
from geo_pora.errors import InputError
from geo_pora.reports import headers, workbook_cells
from geo_pora.reports.source import MERGED, Block, Source, block_of_rows

MEMORY_BYTES = 512 << 20
_UNPACKED_BYTES = 256 << 20
_HEAD_ROWS = 30
_BLOCK_ROWS = 50_000
_SUMMARY = re.compile(r"\b(?:rekap\w*|ringkasan|resume|recap\w*|summary|pivot)\b", re.IGNORECASE)
_DATES = frozenset({"reported_on", "from_date", "to_date"})


def open_source(path: Path, kind: str) -> Source:
    """Read every visible sheet that has a known header; several of one form are joined.

    Parameters
    ----------
    path : Path
        The workbook.
    kind : str
        `xlsx`, `xls` or `ods`.
    """
    if kind != "xls":
        guard.check_zip(path, unpacked_bytes=_UNPACKED_BYTES)
    sheets = guard.call(
        workbook_cells.read_cells,
        path,
        kind,
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=20,
        wall_seconds=60,
    )
    found, remarks = [], []
    for sheet in sheets:
        if sheet["hidden"]:
            remarks.append(f"sheet {sheet['name'][:31]!r} is hidden and was not read")
            continue
        header = headers.find(sheet["rows"][:_HEAD_ROWS])
        if header is not None:
            found.append((sheet, header))
        elif sheet["rows"]:
            remarks.append(f"sheet {sheet['name'][:31]!r} has no known header and was not read")
    if not found:
        raise InputError(
            f"{path.name}: no visible sheet has a header with an address, a desa or kecamatan, "
            "or lintang and bujur; docs/reports.md lists the column names"
        )
    summaries = [found_one for found_one in found if _sums_up(*found_one)]
    if len(summaries) < len(found):
        for sheet, header in summaries:
            remarks.append(f"sheet {sheet['name'][:31]!r} sums up the others and was not read")
            found.remove((sheet, header))
    labels: list[str] = []
    places = [_aligned(header.labels, labels) for _, header in found]
    if len(found) > 1:
        remarks.append(f"{len(found)} sheets were read one after the other")
    return Source(
        kind,
        tuple(labels),
        lambda: _blocks(found, places, len(labels)),
        sheet=", ".join(sheet["name"] for sheet, _ in found),
        remarks=remarks,
    )


def _sums_up(sheet: dict[str, Any], header: headers.Header) -> bool:
    """Whether a sheet says what the others say once more: named so, and without any date."""
    fields = {column.field for column in headers.recognise(header.labels)}
    return _SUMMARY.search(sheet["name"]) is not None and not fields & _DATES


def _aligned(theirs: Sequence[str], labels: list[str]) -> list[int]:
    """Return the place of each column of a sheet among `labels`, and add there what is new.

    Columns are the same by their label, or where both are the same field: `Jml` in January
    and `Jumlah Orang` in February.
    """
    mine, other = headers.recognise(labels), headers.recognise(theirs)
    places: list[int] = []
    for column, label in zip(other, theirs, strict=True):
        same = [at for at, known in enumerate(labels) if headers.key(known) == headers.key(label)]
        if column.field and column.field not in headers.JOINED:
            same += [known.position for known in mine if known.field == column.field]
        free = [at for at in same if at not in places]
        if not free:
            labels.append(label)
        places.append(free[0] if free else len(labels) - 1)
    return places


def _blocks(
    found: list[tuple[dict[str, Any], headers.Header]], places: list[list[int]], width: int
) -> Iterator[Block]:
    """Yield the rows of the sheets; those of a second sheet are numbered on from the first."""
    offset = 0
    for (sheet, header), places_here in zip(found, places, strict=True):
        rows = sheet["rows"]
        persons = [c.position for c in headers.recognise(header.labels) if c.field == "persons"]
        for at, column in sheet["filled"]:
            if column in persons and at >= header.body:
                rows[at][column] = MERGED
        for start in range(header.body, len(rows), _BLOCK_ROWS):
            part = rows[start : start + _BLOCK_ROWS]
            aligned = []
            for row in part:
                cells = [""] * width
                for place, cell in zip(places_here, row, strict=False):
                    cells[place] = cell
                aligned.append(cells)
            first = offset + start + 1
            yield block_of_rows(aligned, width, list(range(first, first + len(part))))
        offset += len(rows)
