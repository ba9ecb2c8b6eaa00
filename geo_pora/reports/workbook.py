"""XLSX, XLS and ODS: their sheets, titles and headers; the cells come from a guarded child."""

from __future__ import annotations

from collections.abc import Iterator
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
    labels = list(found[0][1].labels)
    for _, header in found[1:]:
        labels += [label for label in header.labels if _same(label, labels) is None]
    if len(found) > 1:
        remarks.append(f"{len(found)} sheets were read one after the other")
    return Source(
        kind,
        tuple(labels),
        lambda: _blocks(found, labels),
        sheet=", ".join(sheet["name"] for sheet, _ in found),
        remarks=remarks,
    )


def _same(label: str, labels: list[str]) -> int | None:
    keys = [headers.key(other) for other in labels]
    return keys.index(headers.key(label)) if headers.key(label) in keys else None


def _blocks(
    found: list[tuple[dict[str, Any], headers.Header]], labels: list[str]
) -> Iterator[Block]:
    """Yield the rows of the sheets; those of a second sheet are numbered on from the first."""
    offset = 0
    for sheet, header in found:
        rows = sheet["rows"]
        persons = [c.position for c in headers.recognise(header.labels) if c.field == "persons"]
        for at, column in sheet["filled"]:
            if column in persons and at >= header.body:
                rows[at][column] = MERGED
        if list(header.labels) == labels[: len(header.labels)]:
            places = list(range(len(header.labels)))
        else:
            places = [_same(label, labels) or 0 for label in header.labels]
        for start in range(header.body, len(rows), _BLOCK_ROWS):
            part = rows[start : start + _BLOCK_ROWS]
            aligned = []
            for row in part:
                cells = [""] * len(labels)
                for place, cell in zip(places, row, strict=False):
                    cells[place] = cells[place] or cell
                aligned.append(cells)
            first = offset + start + 1
            yield block_of_rows(aligned, len(labels), list(range(first, first + len(part))))
        offset += len(rows)
