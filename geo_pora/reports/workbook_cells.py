"""Cells of a workbook as text, read by calamine: runs in the guarded child.

calamine can abort the process or exhaust it. Nothing heavy is imported here: a small workbook
costs some 50 ms of processor time.
"""

from __future__ import annotations

import datetime as dt
import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geo_pora.errors import InputError

_MOST_COLUMNS = 1000
_MOST_SHEETS = 200
_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?(?:/>|>(.{0,8192}?)</(?:\w+:)?c>)',
    re.DOTALL,
)


def read_cells(path: Path, kind: str) -> list[dict[str, Any]]:
    """Return name, visibility and rows of text of every worksheet.

    A merged cell fills the cells it covers. An error or a formula whose result was never
    stored is returned as its error text, since the cell is not empty to the person who sees it.
    """
    import python_calamine as calamine

    book = calamine.load_workbook(path)
    if len(book.sheet_names) > _MOST_SHEETS:
        raise InputError(f"{path.name}: {len(book.sheet_names)} sheets are too many")
    broken = _broken_cells(path) if kind == "xlsx" else {}
    sheets = []
    for index, about in enumerate(book.sheets_metadata):
        if about.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        hidden = about.visible != calamine.SheetVisibleEnum.Visible
        rows: list[list[str]] = []
        filled: list[list[int]] = []
        if not hidden:
            sheet = book.get_sheet_by_index(index)
            if sheet.total_width > _MOST_COLUMNS * 4:
                raise InputError(f"{path.name}: a sheet is {sheet.total_width} columns wide")
            rows = [
                [_text(cell) for cell in row[:_MOST_COLUMNS]]
                for row in sheet.to_python(skip_empty_area=False)
            ]
            filled = _fill_merged(rows, sheet.merged_cell_ranges or [])
            for row_at, column_at, text in broken.get(about.name, ()):
                if (
                    row_at < len(rows)
                    and column_at < len(rows[row_at])
                    and not rows[row_at][column_at]
                ):
                    rows[row_at][column_at] = text
        sheets.append({"name": about.name, "hidden": hidden, "rows": rows, "filled": filled})
    return sheets


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, dt.datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)


def _fill_merged(rows: list[list[str]], ranges: list[Any]) -> list[list[int]]:
    """Write what a merged cell says into the cells below it that it covers; return which."""
    budget = 200_000
    filled: list[list[int]] = []
    for (top, left), (bottom, right) in ranges:
        if top >= len(rows) or left >= len(rows[top]) or bottom <= top or right > left:
            continue
        budget -= bottom - top
        if budget < 0:
            break
        for at in range(top + 1, min(bottom + 1, len(rows))):
            if not rows[at][left]:
                rows[at][left] = rows[top][left]
                filled.append([at, left])
    return filled


def _broken_cells(path: Path) -> dict[str, list[tuple[int, int, str]]]:
    """Return, per sheet, the cells with an error or a formula without a stored result."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    with zipfile.ZipFile(path) as archive:
        for name, part in _sheet_parts(archive):
            xml = archive.read(part) if archive.getinfo(part).file_size < 64 << 20 else b""
            if b"<f" not in xml and b":f" not in xml and b't="e"' not in xml:
                continue
            for cell in _ERROR_CELL.finditer(xml):
                head, inside = cell[0].split(b">", 1)[0], cell[3] or b""
                value = re.search(rb"<(?:\w+:)?v>([^<]{1,20})", inside)
                if b't="e"' in head:
                    text = value[1].decode("ascii", "replace") if value else "#N/A"
                elif re.search(rb"<(?:\w+:)?f\b", inside) and not value:
                    text = "#RUMUS"
                else:
                    continue
                found.setdefault(name, []).append((int(cell[2]) - 1, _column(cell[1]), text))
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return
    targets = {}
    for link in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links):
        ident, target = re.search(r'\bId="([^"]*)"', link), re.search(r'\bTarget="([^"]*)"', link)
        if ident and target:
            targets[ident[1]] = target[1]
    for sheet in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        name, ident = re.search(r'\bname="([^"]*)"', sheet), re.search(r':id="([^"]*)"', sheet)
        if not name or not ident or ident[1] not in targets:
            continue
        link = targets[ident[1]]
        part = link.lstrip("/") if link.startswith("/") else f"xl/{link}"
        if part in archive.namelist():
            yield html.unescape(name[1]), part


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
