"""Rejected rows in a workbook that opens in Excel, is fixed there and imported again."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pandas as pd

from geo_pora.errors import InputError, UnavailableError

_LARGEST_SHEET = 1_048_575
_LONGEST_CELL = 32_000
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(rejected: pd.DataFrame, original: pd.DataFrame, path: Path) -> None:
    """Write the rows that were rejected; see `geo_pora.reports.write_rejected`."""
    if len(rejected) > _LARGEST_SHEET:
        raise InputError(
            f"{len(rejected)} rejected rows are more than a sheet holds; split the file"
        )
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Ditolak")
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABC", (8, 20, 60), strict=True):
        sheet.column_dimensions[letter].width = width

    def cell(value: object, *, bold: bool = False) -> WriteOnlyCell:
        text = "" if pd.isna(value) else _NOT_IN_XML.sub("", str(value))[:_LONGEST_CELL]
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # a text that begins with = + - @ stays a text
        if bold:
            made.font = Font(bold=True)
        return made

    labels = [name for name in original.columns if name != "row_number"]
    sheet.append([cell(label, bold=True) for label in ("Baris", "Kolom", "Alasan", *labels)])
    rows = rejected.merge(original, on="row_number", how="left", validate="1:1")
    for row in rows[["row_number", "column", "reason", *labels]].itertuples(index=False, name=None):
        number = WriteOnlyCell(sheet, value=int(row[0]))
        sheet.append([number, *(cell(value) for value in row[1:])])
    _save(book, path)


def _save(book: object, path: Path) -> None:
    """Write beside the target and put it in its place whole."""
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".xlsx")
        os.close(handle)
        book.save(name)  # type: ignore[attr-defined]
        Path(name).replace(path)
    except OSError as error:
        raise UnavailableError(f"{path}: the file cannot be written ({error.strerror})") from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
