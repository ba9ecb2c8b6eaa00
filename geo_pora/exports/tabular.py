"""CSV and XLSX for spreadsheets: numbers stay numbers, text never becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from geo_pora.exports.geojson import plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_WIDTHS = {"area_name": 28, "area_code": 16, "id": 16}


def write_csv(rows: pd.DataFrame, path: Path, semicolon: bool = False) -> None:
    """Write UTF-8 with a byte order mark, which Excel needs to show names right.

    Parameters
    ----------
    rows : DataFrame
    path : Path
    semicolon : bool
        Separate by semicolons, as an Indonesian Excel expects.
    """
    columns = [plain(rows[name]) for name in rows]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if semicolon else ",", lineterminator="\r\n")
        writer.writerow([escaped(str(name)) for name in rows])
        for values in zip(*columns, strict=True):
            writer.writerow([escaped(value) for value in values])


def escaped(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run; numbers stay as they are."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def write_xlsx(rows: pd.DataFrame, path: Path, about: Mapping[str, str]) -> None:
    """Write a workbook: the sheet `data`, and `keterangan` that tells what the figures are."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("data")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(rows, start=1):
        letter = openpyxl.utils.get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(str(name), 14)
    sheet.append([_cell(sheet, str(name), bold=True) for name in rows])
    for values in zip(*(plain(rows[name]) for name in rows), strict=True):
        sheet.append([_cell(sheet, value) for value in values])
    notes = book.create_sheet("keterangan")
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 100
    for key, text in about.items():
        notes.append([_cell(notes, key, bold=True), _cell(notes, text)])
    book.save(path)


def _cell(sheet: Any, value: Any, bold: bool = False) -> WriteOnlyCell:
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, "")
    # Text by type, not by content: "=1+1" stays the three characters it is.
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
