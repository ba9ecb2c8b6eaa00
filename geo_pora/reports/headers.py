"""Which column means what: header labels in Indonesian and English to fields.

Labels are compared by `key`: lower case, words parted by one space, no punctuation. A label
that is not in the table is tried without what stands in brackets, then with one slip mended
where only one field is that near, then as an address if it begins like one. Which column
identifies a person is decided in `identity`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from geo_pora.reports import identity
from geo_pora.reports.labels import IGNORED, LABELS

# Fields of which several columns are joined; of the others the first column wins.
JOINED = frozenset({"location_text", "rt_rw"})
PLACES = frozenset({"location_text", "village", "district", "regency", "coordinates_text"})

_NOT_WORD = re.compile(r"[^0-9a-z#]+")
_ABBREVIATED = re.compile(r"\bnm\b")
# Any address but one elsewhere, as in "Alamat Tinggal Selama di Indonesia".
_ADDRESS = re.compile(
    r"(?:alamat|lokasi|address|location)\b(?!.*\b(?:asal|negara|luar|origin|home|abroad|permanent|"
    r"pusat|web|situs|ip|url)\b)[a-z ]{0,40}"
)
_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_SHORTEST_MENDED = 7


def key(label: str) -> str:
    """Return the form in which header labels are compared."""
    camel = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label[:120])
    plain = unicodedata.normalize("NFKD", camel).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _ABBREVIATED.sub("nama", _NOT_WORD.sub(" ", plain).strip())


_FIELD_OF = {word: field for field, words in LABELS.items() for word in words.split("|")}
_GLUED = {word.replace(" ", ""): field for word, field in _FIELD_OF.items()}


@dataclass(frozen=True)
class Column:
    """What a column of the file was recognised as.

    Attributes
    ----------
    position : int
        From 0.
    label : str
        The header as written, shortened; unique in the file.
    field : str
        A key of `LABELS`; or empty.
    identifies : str
        A category of `identity`; or empty.
    mended : bool
        Whether a slip in the label was mended.
    spare : bool
        Whether it is unknown but holds only numbers or codes, and so is kept as written.
    series : bool
        Whether it holds running numbers with a letter before them, which look like passports.
    """

    position: int
    label: str
    field: str = ""
    identifies: str = ""
    mended: bool = False
    spare: bool = False
    series: bool = False


def field_of(label: str) -> tuple[str, bool]:
    """Return the field that a label names, and whether a slip was mended; or `("", False)`."""
    bare = key(_BRACKETS.sub(" ", label))
    for form in (key(label), bare):
        found = _FIELD_OF.get(form) or _GLUED.get(form.replace(" ", ""))
        if found:
            return found, False
    mended = _mended(bare)
    if not mended[0] and _ADDRESS.fullmatch(bare) and ":" not in label:
        return "location_text", True
    return mended


def _mended(form: str) -> tuple[str, bool]:
    if not _SHORTEST_MENDED <= len(form) <= 40:
        return "", False
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = process.extract(form, _FIELD_OF.keys(), scorer=OSA.distance, score_cutoff=1, limit=5)
    fields = {_FIELD_OF[word] for word, _, _ in near if len(word) >= _SHORTEST_MENDED}
    return (fields.pop(), True) if len(fields) == 1 else ("", False)


def recognise(labels: Sequence[str]) -> list[Column]:
    """Say for each column of a header which field it is and whether it identifies persons.

    Parameters
    ----------
    labels : sequence of str
        The header row.

    Returns
    -------
    list of Column
        One per label; each field once, but for those in `JOINED`.
    """
    taken: set[str] = set()
    columns = []
    for position, (label, unique) in enumerate(zip(labels, _unique(labels), strict=True)):
        field, mended = field_of(label)
        category = identity.by_header(key(label))
        exact = bool(field) and not mended and field != "report_id"
        if category and not exact:
            columns.append(Column(position, unique, identifies=category))
            continue
        if field in taken and field not in JOINED:
            field, mended = "", False
        taken.add(field)
        columns.append(Column(position, unique, field, mended=mended))
    return columns


def _unique(labels: Sequence[str]) -> list[str]:
    found: list[str] = []
    seen: dict[str, int] = {"row_number": 1}
    for position, label in enumerate(labels):
        name = " ".join(label.split())[:60] or f"kolom {position + 1}"
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        count = seen[name.casefold()]
        found.append(name if count == 1 else f"{name} ({count})")
    return found


def is_usable(columns: Sequence[Column]) -> bool:
    """Whether there is a column that says where: an address, an area or coordinates."""
    fields = {column.field for column in columns}
    return bool(fields & PLACES) or {"latitude", "longitude"} <= fields


def score(labels: Sequence[str]) -> int:
    """Return two for each known column of a possible header, one for a mended one; 0 for none."""
    columns = recognise(labels)
    if not is_usable(columns):
        return 0
    known = (c for c in columns if c.field or c.identifies or key(c.label) in IGNORED)
    return sum(1 if column.mended else 2 for column in known)


@dataclass(frozen=True)
class Header:
    """Where the header of a table is and what it says.

    Attributes
    ----------
    labels : tuple of str
        One label per column.
    first : int
        Index of the first row of the header.
    body : int
        Index of the first row below it.
    """

    labels: tuple[str, ...]
    first: int
    body: int


def find(rows: Sequence[Sequence[str]]) -> Header | None:
    """Find the header among the first rows of a table, below titles and above the data.

    A header of two rows (`Alamat` above `Desa` and `Kecamatan`) is read as one where that
    explains more columns; a row of column numbers below it, `(1) (2) (3)`, belongs to it.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first rows, blank ones included.

    Returns
    -------
    Header or None
        None where no row names a usable column.
    """
    best, best_score = None, 0
    for index, row in enumerate(rows):
        if not any(cell.strip() for cell in row):
            continue
        found = score(row)
        if found > best_score:
            best, best_score = Header(tuple(row), index, index + 1), found
        below = rows[index + 1] if index + 1 < len(rows) else ()
        if below and not all(cell.strip() for cell in row):
            both = _stacked(row, below)
            found = score(both)
            if found > max(best_score, score(below)):
                best, best_score = Header(both, index, index + 2), found
    if best and best.body < len(rows) and _is_numbering(rows[best.body]):
        best = Header(best.labels, best.first, best.body + 1)
    return best


def _stacked(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Join two header rows: the lower label where it is a known one, else both."""
    width = max(len(upper), len(lower))
    joined = []
    above = ""
    for position in range(width):
        top = upper[position].strip() if position < len(upper) else ""
        bottom = lower[position].strip() if position < len(lower) else ""
        above = top or above
        if not bottom:
            joined.append(top)
        elif field_of(bottom)[0]:
            joined.append(bottom)
        else:
            joined.append(f"{above} {bottom}".strip())
    return tuple(joined)


def _is_numbering(row: Sequence[str]) -> bool:
    numbers = [cell.strip().strip("().").strip() for cell in row if cell.strip()]
    return len(numbers) >= 3 and numbers == [str(n + 1) for n in range(len(numbers))]
