"""Dates as people write them in Indonesia: the day before the month, never swapped in silence."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "januari january jan",
            "februari february pebruari feb peb",
            "maret march mar mrt",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agu agt ags aug agus agst",
            "september sep sept",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        1,
    )
    for word in words.split()
} | {numeral: number for number, numeral in enumerate(_ROMAN, 1)}
_PREFIX = re.compile(r"^(?:tgl|tanggal|per)\b[\s.:]*")
_WEEKDAY = re.compile(
    r"^(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b"
    r"[\s,./]*"
)
_TIME = re.compile(
    r"[\st,]+(?:pukul|jam|pkl\.?)?\s*\d{1,2}[.:]\d{2}(?:[.:]\d{2}(?:\.\d+)?)?.{0,12}$"
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*'?(\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s./-]*([a-z]{1,9})\.?[\s,./-]*'?(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?[\s,]+(\d{4})")
# A moment with its zone, as phones and databases write it: the day is that of the clock here.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)")
_HERE = ZoneInfo("Asia/Jakarta")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d{1,12})?")
_EXCEL_ZERO = dt.date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 36526, 73050  # 2000 and 2099
_PLAIN = re.compile(r"[\d\s./:'-]{1,20}")


def parse(text: str) -> dt.date | str:
    """Read a date, or say in Indonesian why it is none.

    Parameters
    ----------
    text : str
        `31/12/2026`, `31-12-26`, `31 Desember 2026`, `Kamis, 31 Des 2026`, `2026-12-31`,
        `20261231`, an Excel serial (`46387`), each also with a time behind it.

    Returns
    -------
    datetime.date or str
        The date; or the reason. Day and month are never swapped: `12/31/2026` is refused.

    Examples
    --------
    >>> parse("1 Des 2026")
    datetime.date(2026, 12, 1)
    >>> parse("31/02/2026")
    'tanggal 31/02/2026 tidak ada'
    """
    shown = " ".join(text.split())
    if _MOMENT.fullmatch(shown):
        return _day_here(shown)
    plain = _WEEKDAY.sub("", _PREFIX.sub("", shown[:80].casefold()))
    plain = _TIME.sub("", plain).strip(" ,.;")
    if match := (_ISO.fullmatch(plain) or _COMPACT.fullmatch(plain)):
        return _date(int(match[1]), int(match[2]), int(match[3]), shown)
    if match := _DAY_FIRST.fullmatch(plain):
        return _date(_year(match[3]), int(match[2]), int(match[1]), shown)
    if (match := _NAMED.fullmatch(plain)) and match[2] in _MONTHS:
        return _date(_year(match[3]), _MONTHS[match[2]], int(match[1]), shown)
    if (match := _NAMED_FIRST.fullmatch(plain)) and match[1] in _MONTHS:
        return _date(int(match[3]), _MONTHS[match[1]], int(match[2]), shown)
    match = _SERIAL.fullmatch(plain)
    if match and _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL:
        return _EXCEL_ZERO + dt.timedelta(days=int(match[1]))
    return f"{_quoted(shown)} bukan tanggal; tulis seperti 31/12/2026"


def _day_here(shown: str) -> dt.date | str:
    try:
        return dt.datetime.fromisoformat(shown).astimezone(_HERE).date()
    except (ValueError, OverflowError):
        return _no_such_day(shown)


def _no_such_day(shown: str) -> str:
    return f"tanggal {shown if _PLAIN.fullmatch(shown) else 'itu'} tidak ada"


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _date(year: int, month: int, day: int, shown: str) -> dt.date | str:
    try:
        return dt.date(year, month, day)
    except ValueError:
        if month > 12 >= day:
            return f"bulan {month} tidak ada; tulis hari sebelum bulan, seperti 31/12/2026"
        return _no_such_day(shown)


def _quoted(text: str) -> str:
    """Repeat what was written where it cannot hold anything but a date."""
    return text if _PLAIN.fullmatch(text) else "isi kolom"


def parse_all(
    column: pa.ChunkedArray, first: dt.date, last: dt.date
) -> tuple[pd.Series, dict[int, str]]:
    """Read a column of dates.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string
        Trimmed texts; blank is missing.
    first, last : datetime.date
        Dates outside are refused, since a slip of the year is likelier.

    Returns
    -------
    Series of datetime64
        NaT where blank or refused.
    dict of int to str
        The reason by position, where refused.
    """
    fast = _iso_column(column)
    if fast is None:
        return _by_distinct_text(column, first, last)
    low, high = pc.min_max(fast).as_py().values()
    if low is not None and (low < first or high > last):
        return _by_distinct_text(column, first, last)
    return fast.cast(pa.timestamp("us")).to_pandas(), {}


def _iso_column(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Read a column wholly of ISO dates (or blanks) without a look at single values."""
    text = pc.if_else(pc.equal(column, ""), None, column)
    if not pc.all(
        pc.match_substring_regex(text, r"^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d[:.\d]{0,10})?$")
    ).as_py():
        return None
    try:
        return pc.utf8_slice_codeunits(text, 0, 10).cast(pa.date32())
    except pa.ArrowInvalid:
        return None


def _by_distinct_text(
    column: pa.ChunkedArray, first: dt.date, last: dt.date
) -> tuple[pd.Series, dict[int, str]]:
    coded = column.combine_chunks().dictionary_encode()
    dates: list[dt.date | None] = []
    reasons: dict[int, str] = {}
    for code, text in enumerate(coded.dictionary.to_pylist()):
        found = parse(text) if text else None
        if isinstance(found, dt.date) and not first <= found <= last:
            found = f"tahun {found.year} tidak masuk akal"
        if isinstance(found, str):
            reasons[code], found = found, None
        dates.append(found)
    values = pa.array(dates, pa.date32()).cast(pa.timestamp("us"))
    codes = coded.indices.to_numpy()
    faults = {}
    if reasons:
        bad = pd.Series(codes).map(reasons).dropna()
        faults = {int(at): why for at, why in bad.items()}
    return values.take(coded.indices).to_pandas(), faults
