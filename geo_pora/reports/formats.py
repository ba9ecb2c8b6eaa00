"""Which reader a file is for: by its first bytes, never by its name."""

from __future__ import annotations

import codecs
import datetime as dt
import zipfile
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from geo_pora import codes
from geo_pora.errors import InputError, NotFoundError
from geo_pora.reports import columnar, delimited, encoding, features, workbook
from geo_pora.reports.file import Manner, ReportFile
from geo_pora.reports.source import Source

_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1"
_BINARY = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF; export the table as XLSX or CSV",
    b"SQLite format 3": "a database",
    b"\x1f\x8b": "compressed; unpack it first",
    b"7z\xbc\xaf": "compressed; unpack it first",
    b"Rar!": "compressed; unpack it first",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}


def open_file(
    path: Path,
    agency: str | None,
    today: dt.date | None,
    *,
    repeats: bool = True,
    like: Manner | None = None,
) -> ReportFile:
    """Open a report file; see `geo_pora.reports.open`."""
    path = Path(path)
    if agency is not None and agency not in codes.load("agencies"):
        raise NotFoundError(
            f"{agency[:40]!r} is no agency code; the list is in geo_pora/data/codes/agencies.csv"
        )
    try:
        if not path.is_file():
            raise NotFoundError(f"{path}: there is no such file")
        with path.open("rb") as file:
            head = file.read(4096)
        if not head.strip(b"\0 \r\n\t"):
            raise InputError(f"{path.name}: the file is empty; send one with a header and rows")
        source, sha256 = _source(path, head, like)
    except OSError as error:
        raise InputError(f"{path.name}: the file cannot be read ({error.strerror})") from None
    day = like.today if like else today or dt.datetime.now(ZoneInfo("Asia/Jakarta")).date()
    return ReportFile(path, agency, day, sha256, source, repeats, like)


def _source(path: Path, head: bytes, like: Manner | None) -> tuple[Source, str]:
    """Choose the reader by the file's first bytes; its name is not asked."""
    text = _plain(head).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(_ZIP):
        return workbook.open_source(path, _kind_of_zip(path)), encoding.sha256(path)
    if head.startswith(_OLE):
        return workbook.open_source(path, "xls"), encoding.sha256(path)
    if head.startswith(_PARQUET):
        return columnar.open_source(path), encoding.sha256(path)
    if text.startswith((b"{", b"[")) and not text.startswith(b"[["):
        return features.open_source(path), encoding.sha256(path)
    for start, what in _BINARY.items():
        if head.startswith(start):
            raise InputError(f"{path.name}: the file is {what}, not a report")
    if text.startswith((b"<", b"{\\rtf")):
        raise InputError(f"{path.name}: the file is a web page or XML; save it as XLSX or CSV")
    scan = encoding.scan(path)
    if like is not None:
        scan = replace(scan, encoding=like.encoding, damaged=0)
    return delimited.open_source(path, scan, like.delimiter if like else ""), scan.sha256


def _plain(head: bytes) -> bytes:
    """Return the first bytes of a text in UTF-16 as those of UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) & ~1].decode("utf-16", "replace").encode("utf-8", "replace")
    return head


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "xl/workbook.bin" in names:
                return "xlsb"
            if "mimetype" in names:
                # A few bytes only: the entry may be a bomb, and this is no guarded child.
                with archive.open("mimetype") as part:
                    if b"opendocument.spreadsheet" in part.read(100):
                        return "ods"
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        raise InputError(f"{path.name}: the file is damaged; save it anew and send it") from None
    raise InputError(f"{path.name}: the zip archive is no workbook; send XLSX, CSV or GeoJSON")
