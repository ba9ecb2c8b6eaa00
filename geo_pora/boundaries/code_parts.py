"""Codes that a file keeps in parts, a field for each level, put together again."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

_PART = {
    "province": re.compile(r"prov|prop"),
    "regency": re.compile(r"kab|kota"),
    "district": re.compile(r"kec|cam"),
    "village": re.compile(r"desa|des$|kel"),
}
_MOST = {"province": 99, "regency": 99, "district": 999, "village": 9999}
_USED = 0.9


def joined(frame: pd.DataFrame, province: str) -> pd.DataFrame:
    """Return the table with one more field where codes are in parts (PROVNO, KABKOTNO, ...).

    A part is a field whose name tells the level and whose values are numbers too short to be
    codes themselves. Villages from 1001 are Kemendagri's, those from 1 BPS's; where there
    are districts alone BPS's numbers are above 99 or tens.

    Parameters
    ----------
    frame : DataFrame
        Fields of a boundary file.
    province : str
        Its two digits, where the file has no field for it.
    """
    parts = {level: _field(frame, level) for level in _PART}
    if parts["regency"] is None or parts["district"] is None:
        return frame
    numbers = {level: _numbers(frame[name]) for level, name in parts.items() if name}
    numbers.setdefault("province", pd.Series(int(province), index=frame.index, dtype="Int64"))
    kemendagri = _is_kemendagri(numbers)
    widths = {"province": 2, "regency": 2, "district": 2 if kemendagri else 3}
    if "village" in numbers:
        widths["village"] = 4 if kemendagri else 3
    columns = [
        numbers[level].astype("str").str.zfill(width).to_numpy() for level, width in widths.items()
    ]
    codes = [".".join(row) for row in zip(*columns, strict=True)]
    whole = pd.concat([numbers[level].notna() for level in widths], axis=1).all(axis=1)
    name = "+".join(name for level, name in parts.items() if name and level in widths)
    made = pd.Series(codes, index=frame.index, dtype=object).where(whole, None)
    return frame.assign(**{name: made})


def _field(frame: pd.DataFrame, level: str) -> str | None:
    """Return the field of the parts of a level; of several the first."""
    for column in frame.columns.drop(["geometry", "row_number"]):
        values = frame[column].dropna()
        short = [_short(value, _MOST[level]) for value in values]
        if _PART[level].search(str(column).lower()) and sum(short) > _USED * len(frame):
            return str(column)
    return None


def _short(value: Any, most: int) -> bool:
    """Tell whether a value is a number from 1 to `most`."""
    text = str(value).strip().removesuffix(".0")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return False
    return 0 < int(text) <= most


def _numbers(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce").round().astype("Int64")


def _is_kemendagri(numbers: dict[str, pd.Series]) -> bool:
    if "village" in numbers:
        return bool((numbers["village"] >= 1000).mean() > 0.5)
    district = numbers["district"]
    return not ((district > 99).any() or (district % 10 == 0).mean() > 0.5)
