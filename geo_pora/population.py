"""A table of inhabitants per area, read from the file a statistics office gives out."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd

from geo_pora import guard
from geo_pora.errors import InputError

_CODE = re.compile(r"kode|code|kd|id", re.I)
_COUNT = re.compile(r"penduduk|jumlah|jiwa|population|inhabitants|total", re.I)
_HEADER_WITHIN = 20
_PLAIN_CODE = re.compile(r"(\d{2})\.?(\d{2})(?:\.?(\d{2})(?:\.?(\d{4}))?)?")
_NOUGHTS = re.compile(r"[.,]0{1,2}$")
"""Decimals of a whole number: `45123.0`, but not the thousands of `45.000`."""
_NUMBER = re.compile(r"\d{1,9}|\d{1,3}(?:[.,\s]\d{3}){1,2}")


def read(path: Path) -> pd.DataFrame:
    """Read a table of inhabitants.

    Parameters
    ----------
    path : Path
        CSV (comma, semicolon or tab) or XLSX, with a column of Kemendagri codes,
        with or without dots, and one of inhabitants. Rows above the header, and
        rows without a code such as totals, are passed over.

    Returns
    -------
    DataFrame
        `area_code` (dotted) and `inhabitants`.

    Raises
    ------
    InputError
        If there is no such header, or a row has a code twice or no number.
    """
    rows: list[list[str]] = guard.call(_cells, path)
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        code = next((i for i, cell in enumerate(row) if _CODE.search(cell)), None)
        count = next((i for i, cell in enumerate(row) if _COUNT.search(cell) and i != code), None)
        if code is not None and count is not None:
            return _table(path.name, rows, at, code, count)
    raise InputError(
        f"{path.name}: no header with a code and a number of inhabitants in the first "
        f"{_HEADER_WITHIN} rows; name the columns kode and jumlah_penduduk"
    )


def _table(name: str, rows: list[list[str]], header: int, code: int, count: int) -> pd.DataFrame:
    found: dict[str, int] = {}
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        match = _PLAIN_CODE.fullmatch(_cell(row, code))
        if match is None:
            continue
        dotted = ".".join(part for part in match.groups() if part)
        written = _NOUGHTS.sub("", _cell(row, count).strip())
        if not _NUMBER.fullmatch(written):
            raise InputError(
                f"{name}, row {number}, column {rows[header][count]}: not a number of "
                "inhabitants; write it in digits"
            )
        if dotted in found:
            raise InputError(f"{name}, row {number}: {dotted} stands there twice; keep one row")
        found[dotted] = int(re.sub(r"\D", "", written))
    if not found:
        raise InputError(f"{name}: no row has a code such as 16.01.07 or 160107")
    table = pd.DataFrame({"area_code": list(found), "inhabitants": list(found.values())})
    return table.astype({"area_code": "str"})


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _cells(path: Path) -> list[list[str]]:
    """Read all cells as text; runs in the guarded child."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
        import python_calamine

        guard.check_zip(path)
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        return [[str(cell) for cell in row] for row in sheet.to_python()]
    text = path.read_text("utf-8-sig", errors="replace")
    first = "\n".join(text.splitlines()[:_HEADER_WITHIN])
    delimiter = max(",;\t", key=first.count)
    return list(csv.reader(text.splitlines(), delimiter=delimiter))
