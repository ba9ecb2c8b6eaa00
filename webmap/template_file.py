"""Workbooks that the app makes itself: the template of a report file, and plain tables."""

from __future__ import annotations

import io
from functools import cache

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from geo_pora import codes

ROWS = 1000
# Header, list of the allowed words, width, two examples; every word is one the reader knows.
COLUMNS = [
    ("ID Laporan", None, 14, "LAP-001", "LAP-002"),
    ("Tanggal Laporan", None, 16, "2026-01-31", "2026-01-31"),
    ("Tanggal Mulai", None, 16, "2026-01-05", "2026-01-12"),
    ("Tanggal Selesai", None, 16, "2026-03-04", ""),
    ("Jumlah Orang", None, 14, "2", "1"),
    ("Kewarganegaraan", "nationalities", 18, "Malaysia", "India"),
    ("Izin Tinggal", "permits", 18, "Izin Tinggal Terbatas", "Izin Tinggal Kunjungan"),
    ("Kegiatan", "activities", 18, "", ""),
    ("Status", "statuses", 18, "", ""),
    ("Alamat", None, 34, "Jl. Mawar 3", ""),
    ("Desa/Kelurahan", None, 20, "Sukajadi", ""),
    ("Kecamatan", None, 20, "Baturaja Timur", ""),
    ("Kabupaten", None, 22, "Ogan Komering Ulu", ""),
    ("Lintang", None, 12, "", "-4.1291"),
    ("Bujur", None, 12, "", "104.1695"),
]


@cache
def build() -> bytes:
    """Return the template: a sheet to fill, a sheet of allowed words, a sheet of advice."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Laporan"
    words = book.create_sheet("Daftar")
    words.sheet_state = "hidden"  # the reader leaves hidden sheets alone
    for number, (header, name, width, *examples) in enumerate(COLUMNS, start=1):
        letter = get_column_letter(number)
        cell = sheet.cell(1, number, header)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0B4F6C")
        sheet.column_dimensions[letter].width = width
        for row, example in enumerate(examples, start=2):
            sheet.cell(row, number, example or None).number_format = "@"
        if name:
            _add_list(sheet, words, letter, header, name)
    sheet.freeze_panes = "A2"
    advice = book.create_sheet("Petunjuk")
    for row, line in enumerate(_advice(), start=1):
        advice.cell(row, 1, line)
    advice.column_dimensions["A"].width = 100
    return _bytes(book)


def _add_list(sheet: object, words: object, letter: str, header: str, name: str) -> None:
    """Put the allowed codes of a column on the sheet of words and offer them in its cells."""
    found = codes.load(name).codes
    column = words.max_column + (1 if words.cell(1, 1).value else 0)  # type: ignore[attr-defined]
    at = get_column_letter(column)
    words.cell(1, column, header)  # type: ignore[attr-defined]
    for row, one in enumerate(found.values(), start=2):
        words.cell(row, column, one.id)  # type: ignore[attr-defined]
    rule = DataValidation(
        "list", formula1=f"Daftar!${at}$2:${at}${len(found) + 1}", allow_blank=True
    )
    rule.errorStyle = "warning"
    sheet.add_data_validation(rule)  # type: ignore[attr-defined]
    rule.add(f"{letter}2:{letter}{ROWS}")


def _advice() -> list[str]:
    return [
        "Isi satu baris per laporan. Hapus kedua baris contoh.",
        "Jangan mengisi nama orang, nomor paspor, NIK, telepon, atau tanggal lahir: kolom "
        "seperti itu dibuang sebelum disimpan.",
        "Tempat: koordinat, atau alamat dengan desa, kecamatan, dan kabupaten.",
        "ID Laporan membuat baris yang dikirim lagi dikenali sebagai perbaikan.",
        "Kosongkan Tanggal Selesai bila belum diketahui.",
        "Kolom berdaftar menawarkan katanya di setiap sel; singkatan seperti ITAS juga diterima.",
    ]


def plain_table(frame: pd.DataFrame) -> bytes:
    """Return a table as a workbook in which every cell is text, so that nothing is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Baris")
    sheet.append([_text(sheet, name) for name in frame.columns])
    for row in frame.itertuples(index=False):
        sheet.append([_text(sheet, "" if pd.isna(value) else value) for value in row])
    return _bytes(book)


def _text(sheet: object, value: object) -> WriteOnlyCell:
    clean = "".join(letter for letter in str(value) if letter.isprintable())
    cell = WriteOnlyCell(sheet, value=clean)
    cell.data_type = "s"
    return cell


def _bytes(book: Workbook) -> bytes:
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()
