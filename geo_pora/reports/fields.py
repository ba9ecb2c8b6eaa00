"""Columns of text to columns of the checked table, one function per kind of field."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo_pora import codes
from geo_pora.reports import dates, headers, numbers, texts
from geo_pora.reports.texts import Column

Cells = dict[headers.Column, Column]

LONGEST_ID = 100
LONGEST_PLACE = 2000
FIRST_DAY = dt.date(2000, 1, 1)
_PLAIN_DECIMAL = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$"
_LARGEST_COORDINATE = 1e12  # more digits than a coordinate without its decimal point has
_STILL_THERE = [
    *("sekarang", "sampai sekarang", "s.d. sekarang", "s/d sekarang", "saat ini", "kini"),
    *("sampai saat ini", "masih tinggal", "masih menginap", "belum keluar", "belum pulang"),
    *("now", "present", "ongoing", "until now"),
]
_VISA_INDEX = r"^(?i)[A-Z]?[ .-]?\d{1,3}[ .-]?[A-Z]{0,2}$"
_LINK = r"(?i)(?P<link>(?:https?://|www\.)\S+)"
_MARKED = {
    "village": (r"^(?i)(?:desa|ds|kelurahan|kel|kampung|kp|dusun|lurah|nagari)\b", "Desa "),
    "district": (r"^(?i)(?:kecamatan|kec|distrik)\b", "Kec. "),
    "regency": (r"^(?i)(?:kabupaten|kab|kota|kotamadya)\b", "Kab. "),
}


@dataclass
class Findings:
    """What was found out about the rows of a block while reading its columns.

    Attributes
    ----------
    faults : dict of int to list of (str, str)
        Column label and reason, by position in the block.
    defaults : Counter
        Values that the file did not give, by column of the checked table.
    unrecognised : Counter
        Words that are no code of the list, by column.
    unread : dict of headers.Column to boolean column
        Cells that hold words where a code, a date or a number is read.
    no_reports : set of int
        Positions of rows that stand around the table: totals, headings, signatures.
    """

    faults: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    defaults: Counter[str] = field(default_factory=Counter)
    unrecognised: Counter[str] = field(default_factory=Counter)
    unread: dict[headers.Column, Column] = field(default_factory=dict)
    no_reports: set[int] = field(default_factory=set)

    def add(self, column: headers.Column, faults: dict[int, str]) -> None:
        """Note why rows cannot be used: one reason per column, and one alone for a broken row."""
        for at, why in faults.items():
            noted = self.faults.setdefault(at, [])
            if all(label and label != column.label for label, _ in noted):
                noted.append((column.label, why))

    def refuse(self, column: headers.Column, where: Column, why: str) -> None:
        """Note one reason for every row where a condition holds."""
        if pc.any(where).as_py():
            rows = np.flatnonzero(pc.fill_null(where, False).to_numpy(zero_copy_only=False))
            self.add(column, dict.fromkeys(rows.tolist(), why))


def of(cells: Cells, name: str) -> tuple[headers.Column, Column] | None:
    """Return the column of a field with its cells, where the file has it."""
    return next(((c, cell) for c, cell in cells.items() if c.field == name), None)


def _at(positions: Iterable[int], rows: int) -> Column:
    """Return a boolean column that is true at some positions."""
    found = np.zeros(rows, dtype=bool)
    found[list(positions)] = True
    return pa.chunked_array([found])


def empty(rows: int) -> Column:
    """Return a column of missing texts."""
    return pa.chunked_array([pa.nulls(rows, pa.string())])


def coded(
    cells: Cells, name: str, listed: str, findings: Findings, rows: int, *, strict: bool = False
) -> Column:
    """Read a column of words for codes; a word that is none is missing, or refused if `strict`."""
    found = of(cells, name)
    if found is None:
        return empty(rows)
    column, cell = found
    words = cell.combine_chunks().dictionary_encode()
    look_up = codes.load(listed)
    matched = [look_up.match(word) if word else None for word in words.dictionary.to_pylist()]
    result = pa.chunked_array([pa.array(matched, pa.string()).take(words.indices)])
    lost = pc.and_(pc.is_null(result), pc.not_equal(cell, ""))
    findings.unread[column] = lost
    if strict:
        allowed = ", ".join(code.id for code in look_up.codes.values())
        findings.refuse(column, lost, f"tidak dikenal; tulis salah satu: {allowed}")
    else:
        findings.unrecognised[name] += int(pc.sum(lost).as_py() or 0)
    return result


def agencies(cells: Cells, agency: str | None, findings: Findings, rows: int) -> Column:
    """Read who reports: the agency given for the file, else the column's."""
    found = coded(cells, "agency", "agencies", findings, rows)
    if agency is None:
        return found
    column = of(cells, "agency")
    if column is not None:
        other = pc.not_equal(found, agency)
        findings.refuse(column[0], other, f"instansi lain daripada yang mengirim berkas ({agency})")
    return pa.chunked_array([pa.repeat(pa.scalar(agency), rows)])


def persons(cells: Cells, findings: Findings, rows: int) -> Column:
    """Read how many persons; one where the file does not say."""
    found = of(cells, "persons")
    if found is None:
        findings.defaults["persons"] += rows
        return pa.chunked_array([pa.repeat(pa.scalar(1, pa.int64()), rows)])
    values, faults, blanks = numbers.parse_all(found[1])
    findings.add(found[0], faults)
    findings.unread[found[0]] = _at(faults, rows)
    findings.defaults["persons"] += blanks
    return pa.chunked_array([pa.array(values)])


def day(cells: Cells, name: str, last: dt.date, findings: Findings, rows: int) -> Column:
    """Read a column of dates; missing where blank."""
    found = of(cells, name)
    if found is None:
        return pa.chunked_array([pa.nulls(rows, pa.timestamp("us"))])
    cell = found[1]
    if name == "to_date":
        still = pc.is_in(pc.utf8_lower(cell), pa.array(_STILL_THERE))
        cell = pc.if_else(still, "", cell) if pc.any(still).as_py() else cell
    values, faults = dates.parse_all(cell, FIRST_DAY, last)
    findings.add(found[0], faults)
    findings.unread[found[0]] = _at(faults, rows)
    return pa.chunked_array([pa.array(values, pa.timestamp("us"), from_pandas=True)])


def permits(cells: Cells, findings: Findings, rows: int) -> tuple[Column, Column]:
    """Read permit and visa index; a permit written into the visa column counts as one."""
    permit = coded(cells, "permit", "permits", findings, rows)
    visa = of(cells, "visa_index")
    if visa is None:
        return permit, empty(rows)
    in_visa = coded(
        {headers.Column(0, "", "permit"): visa[1]}, "permit", "permits", Findings(), rows
    )
    is_index = pc.match_substring_regex(visa[1], _VISA_INDEX)
    index = pc.if_else(is_index, visa[1], pa.scalar(None, pa.string()))
    lost = pc.and_(pc.invert(pc.or_(is_index, pc.is_valid(in_visa))), pc.not_equal(visa[1], ""))
    findings.unrecognised["visa_index"] += int(pc.sum(lost).as_py() or 0)
    return pc.coalesce(permit, in_visa), index


def place(cells: Cells, findings: Findings, rows: int) -> Column:
    """Join address, RT/RW, village, district, regency and postal code as marked parts."""
    parts = []
    for name in ("location_text", "rt_rw", "village", "district", "regency", "postal_code"):
        for column, cell in cells.items():
            if column.field == name:
                parts.append(texts.missing_where_blank(_part(column, cell)))
    if not parts:
        return empty(rows)
    joined = texts.join(parts, ", ")
    first = next(c for c in cells if c.field in headers.PLACES | {"rt_rw", "postal_code"})
    long = pc.greater(pc.utf8_length(joined), LONGEST_PLACE)
    findings.refuse(first, long, f"alamat lebih panjang dari {LONGEST_PLACE} huruf")
    return texts.missing_where_blank(joined)


def _part(column: headers.Column, cell: Column) -> Column:
    """Mark a part of an address with what it is, where it does not say so itself."""
    if column.field == "location_text":
        return cell
    if column.field == "postal_code":
        return pc.if_else(pc.match_substring_regex(cell, r"^\d{5}$"), cell, "")
    marker, prefix = _MARKED.get(column.field, (r"^(?i)r[tw]\b", ""))
    if column.field == "rt_rw":
        words = headers.key(column.label).upper().split()
        prefix = "RT/RW " if len(words) != 1 or len(words[0]) != 2 else f"{words[0]} "
    said = pc.or_(pc.match_substring_regex(cell, marker), pc.equal(cell, ""))
    return pc.if_else(said, cell, pc.binary_join_element_wise(prefix, cell, ""))


def coordinates(
    cells: Cells, plain: Cells, location: Column, findings: Findings, rows: int
) -> tuple[Column, Column, Column]:
    """Return latitude and longitude where both are plain decimals, else the text as written.

    A link in the address is coordinates too, where there are no others.
    """
    lat, lon = of(cells, "latitude"), of(cells, "longitude")
    text = of(cells, "coordinates_text")
    written = texts.missing_where_blank(text[1]) if text else empty(rows)
    nothing = pa.chunked_array([pa.nulls(rows, pa.float64())])
    latitude = longitude = nothing
    if lat and lon:
        latitude, longitude, other = _degrees(lat[1], lon[1], plain[lat[0]], plain[lon[0]])
        written = pc.coalesce(other, pc.if_else(pc.is_valid(latitude), None, written))
    elif lat or lon:
        one = lat or lon
        assert one is not None
        written = pc.coalesce(written, texts.missing_where_blank(one[1]))
    if pc.any(pc.match_substring(location, "://")).as_py():
        link = pc.struct_field(pc.extract_regex(location, _LINK), "link")
        unplaced = pc.and_(pc.is_null(written), pc.is_null(latitude))
        written = pc.if_else(unplaced, link, written)
    first = lat or lon or text
    if first:
        long = pc.greater(pc.utf8_length(written), LONGEST_PLACE)
        findings.refuse(first[0], long, f"koordinat lebih panjang dari {LONGEST_PLACE} huruf")
    return latitude, longitude, written


def _degrees(
    lat: Column, lon: Column, plain_lat: Column, plain_lon: Column
) -> tuple[Column, Column, Column]:
    both = pc.and_(pc.is_valid(plain_lat), pc.is_valid(plain_lon))
    if pc.all(both).as_py():
        return plain_lat, plain_lon, empty(len(lat))
    latitude, longitude = (pc.if_else(both, values, None) for values in (plain_lat, plain_lon))
    pair = [texts.missing_where_blank(lat), texts.missing_where_blank(lon)]
    other = texts.join(pair, "; ")
    return latitude, longitude, pc.if_else(both, None, texts.missing_where_blank(other))


def as_numbers(column: Column) -> Column:
    """Return plain decimals as float64, all else missing; a wholly numeric column at once."""
    try:
        values = column.cast(pa.float64())
        if pc.all(_is_coordinate(values)).as_py():
            return values
    except pa.ArrowInvalid:
        pass
    plain = pc.match_substring_regex(column, _PLAIN_DECIMAL)
    values = pc.if_else(plain, column, pa.scalar(None, pa.string())).cast(pa.float64())
    return pc.if_else(_is_coordinate(values), values, None)


def _is_coordinate(values: Column) -> Column:
    return pc.less(pc.abs(values), _LARGEST_COORDINATE)


def dates_of_stay(
    cells: Cells, today: dt.date, findings: Findings, rows: int
) -> tuple[Column, Column, Column]:
    """Return reported_on, from_date and to_date; missing ones from each other, else today.

    The day of the report is the first day of the stay where only that is given: taking today
    would attest a presence that nobody reported.
    """
    soon = today.replace(year=today.year + 1, month=12, day=31)
    reported = day(cells, "reported_on", soon, findings, rows)
    first = day(cells, "from_date", soon, findings, rows)
    last = day(cells, "to_date", soon.replace(year=soon.year + 10), findings, rows)
    for name in ("reported_on", "from_date"):
        found = of(cells, name)
        blank = pc.sum(pc.equal(found[1], "")).as_py() if found else rows
        findings.defaults[name] += blank or 0
    reported = pc.coalesce(reported, first, pa.scalar(pd.Timestamp(today), pa.timestamp("us")))
    first = pc.coalesce(first, reported)
    until = of(cells, "to_date")
    if until:
        findings.refuse(until[0], pc.less(last, first), "tanggal akhir sebelum tanggal mulai")
    return reported, first, last
