"""KML: a look at it before GDAL, and the fields that ArcGIS hides in descriptions."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import BinaryIO

import pandas as pd

from geo_pora.boundaries.formats import MAX_FIELDS, too_many_fields
from geo_pora.errors import InputError

_CHUNK = 4 << 20
_LONGEST = 16 << 20
_NAME = re.compile(rb"""\bname\s*=\s*(?:"([^"]*)"|'([^']*)')""")

_DESCRIPTION = "description"
_MOST_TEXT = 100_000
_MOST_FIELDS = 300
_OFTEN = 0.1


def check(stream: BinaryIO, file: str) -> None:
    """Refuse a file with more names of fields than boundaries have; raises InputError."""
    names: set[bytes] = set()
    kept = b""
    while chunk := stream.read(_CHUNK):
        kept += chunk
        names.update(found[1] or found[2] or b"" for found in _NAME.finditer(kept))
        if len(names) > MAX_FIELDS:
            raise too_many_fields(file)
        kept = kept[max(kept.rfind(b"<"), 0) :]  # a tag that goes on in the next chunk
        if len(kept) > _LONGEST:
            raise InputError(f"{file}: a text in it is longer than {_LONGEST >> 20} MiB")


def with_tables(frame: pd.DataFrame) -> pd.DataFrame:
    """Return features with the fields that stand in an HTML table of their description.

    Every row of two cells is a field and its value; those that are in one of ten
    descriptions are taken. Fields of the file itself stay as they are.
    """
    column = next((c for c in frame.columns if str(c).lower() == _DESCRIPTION), None)
    if column is None:
        return frame
    rows = [_cells(text) if isinstance(text, str) else {} for text in frame[column]]
    counts = pd.Series([name for row in rows for name in row], dtype=object).value_counts()
    often = counts.index[counts >= _OFTEN * len(frame)][:_MOST_FIELDS]
    taken = {str(c).lower() for c in frame.columns}
    fields = {name: [row.get(name) for row in rows] for name in often if name.lower() not in taken}
    return frame.assign(**fields)


def _cells(text: str) -> dict[str, str]:
    if "<t" not in text.lower():
        return {}
    table = _Table()
    table.feed(text[:_MOST_TEXT])
    table.end_row()
    return {name: value for name, value in table.pairs if name}


class _Table(HTMLParser):
    """Collects rows of two cells; a table within a cell begins anew."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._row: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("tr", "table"):
            self.end_row()
        if tag in ("td", "th"):
            self._row.append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False
        if tag == "tr":
            self.end_row()

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._row:
            self._row[-1] += data

    def end_row(self) -> None:
        """Keep the row where it is a name and its value."""
        if len(self._row) == 2:
            name, value = (" ".join(cell.split()) for cell in self._row)
            self.pairs.append((name[:60], value[:500]))
        self._row = []
