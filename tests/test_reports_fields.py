"""Dates and numbers as people write them; texts made clean."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports_fixtures import csv_file, one, read, reasons

from geo_pora.reports import dates, numbers, repeats, texts

DAY = dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    "text",
    [
        "31/12/2026",
        "31-12-2026",
        "31.12.2026",
        "31/12/26",
        "31-12-26",
        "31 12 2026",
        "31 / 12 / 2026",
        "2026-12-31",
        "2026/12/31",
        "20261231",
        "31 Desember 2026",
        "31 desember 2026",
        "31 Des 2026",
        "31-Des-26",
        "31 Dec 2026",
        "31 Des. '26",
        "Kamis, 31 Desember 2026",
        "Jum'at, 31/12/2026",
        "December 31, 2026",
        "46387",
        "46387.75",
        "2026-12-31 10:15:00",
        "2026-12-31T10:15:00+07:00",
        "2026-12-30T17:00:00.000Z",
        "2026-12-31T23:30:00+0700",
        "31-XII-2026",
        "31st December 2026",
        "December 31 2026",
        "tgl. 31 Desember 2026",
        "31/12/2026 10.15 WIB",
        "31 Desember 2026, pukul 10:15",
        "  31/12/2026  ",
    ],
)
def test_dates_as_people_write_them(text):
    assert dates.parse(text) == DAY


@pytest.mark.parametrize(
    ("text", "month"), [("1 Peb 2026", 2), ("1 Nopember 2026", 11), ("1 Agt 26", 8)]
)
def test_old_and_short_names_of_months(text, month):
    assert dates.parse(text) == dt.date(2026, month, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("31/02/2026", "tanggal 31/02/2026 tidak ada"),
        ("29-02-2025", "tidak ada"),
        ("29 Februari 2025", "tanggal itu tidak ada"),
        ("2026-02-31T00:00:00Z", "tanggal itu tidak ada"),
        ("12/31/2026", "bulan 31 tidak ada"),
        ("2026-13-01", "bulan 13 tidak ada"),
        ("2026", "bukan tanggal"),
        ("Maret 2026", "bukan tanggal"),
        ("kemarin", "bukan tanggal"),
        ("31/12", "bukan tanggal"),
        ("12345", "bukan tanggal"),
        ("1 Foo 2026", "bukan tanggal"),
        ("Budi Santoso 081234567890", "isi kolom bukan tanggal"),
        ("9" * 100_000, "bukan tanggal"),
        ("٣١/١٢/٢٠٢٦٠", "bukan tanggal"),
    ],
)
def test_what_is_no_date_says_why_and_repeats_no_words(text, said):
    found = dates.parse(text)
    assert isinstance(found, str)
    assert said in found
    assert "Budi" not in found
    assert len(found) < 120


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
def test_every_notation_of_every_day_is_read_back(day):
    serial = (day - dt.date(1899, 12, 30)).days
    for text in (
        f"{day:%d/%m/%Y}",
        f"{day:%Y-%m-%d}",
        f"{day:%d %B %Y}",
        f"{day:%d-%m-%y}",
        str(serial),
    ):
        assert dates.parse(text) == day


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_reason(text):
    assert isinstance(dates.parse(text), dt.date | str)


def column(*values):
    return pa.chunked_array([pa.array(values, pa.string())])


@given(st.lists(st.one_of(st.dates().map(str), st.text(max_size=6), st.just("")), max_size=8))
def test_a_column_of_dates_is_read_like_its_cells(values):
    first, last = dt.date(2000, 1, 1), dt.date(2030, 12, 31)
    found, faults = dates.parse_all(column(*values), first, last)
    for at, text in enumerate(values):
        alone = dates.parse(text) if text else None
        if isinstance(alone, dt.date) and first <= alone <= last:
            assert found[at].date() == alone
            assert at not in faults
        else:
            assert pd.isna(found[at])
            assert (at in faults) == bool(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3), ("3 orang", 3), ("3 org", 3), ("3 (tiga) orang", 3), ("tiga", 3), ("3.0", 3),
        ("3,00", 3),
        ("1.200", 1200), ("1,200", 1200), ("12 WNA", 12), ("03", 3), ("5 jiwa.", 5),
        ("100000", 100_000),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, number):
    assert numbers.parse(text) == number


@pytest.mark.parametrize(
    "text",
    ["0", "-1", "1,5", "3-4", "banyak", "?", "1e3", "100001", "9" * 50, "½", "３ x", "1.20", "nan"],
)
def test_what_is_no_number_of_persons_says_why(text):
    assert isinstance(numbers.parse(text), str)


def test_blank_persons_are_one_and_counted():
    values, faults, blanks = numbers.parse_all(column("2", "", "x", ""))
    assert values.tolist() == [2, 1, 1, 1]
    assert list(faults) == [2]
    assert blanks == 2


def test_the_end_before_the_beginning_is_refused(tmp_path):
    text = "alamat;dari;sampai\nJl. A;02/02/2026;01/02/2026\nJl. B;01/02/2026;01/02/2026\n"
    batch = read(csv_file(tmp_path, text))
    assert reasons(batch) == {2: "tanggal akhir sebelum tanggal mulai"}
    assert one(batch)["to_date"] == pd.Timestamp("2026-02-01")


@pytest.mark.parametrize("year", ["1926", "2062", "0202", "9999"])
def test_a_slip_of_the_year_is_refused(tmp_path, year):
    batch = read(csv_file(tmp_path, f"alamat;tanggal\nJl. A;01/02/{year}\n"))
    assert "tahun" in reasons(batch)[2]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Jl.\u00a0 A \t B\r\n", "Jl. A B"),
        ("gpj\u202e.exe\u200b", "gpj.exe"),
        ("a\x00\x07b\x7f", "ab"),
        ("Desa\u3000X", "Desa X"),
        ("Jl. Café 😀", "Jl. Café 😀"),
        ("\ufeffx", "x"),
        ("", ""),
    ],
)
def test_texts_are_made_clean(text, cleaned):
    assert texts.clean(column(text, "ä")).to_pylist() == [cleaned, "ä"]
    assert texts.clean(texts.clean(column(text))).to_pylist() == [cleaned]


@given(st.lists(st.lists(st.one_of(st.none(), st.just("x"), st.just("y")), min_size=3, max_size=3)))
def test_joining_keeps_every_row(rows):
    """Also where all parts are missing, where Arrow's own join loses the row."""
    parts = [column(*(row[at] for row in rows)) for at in range(3)]
    expected = [", ".join(filter(None, row)) or None for row in rows]
    assert texts.join(parts, ", ").to_pylist() == expected


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=20))
def test_equal_rows_have_equal_hashes_and_others_not(rows):
    hashes = repeats.hash_rows(
        [column(*(r[0] for r in rows)), column(*(r[1] for r in rows))], len(rows)
    )
    assert len(set(hashes.tolist())) == len(set(rows))
    by_row = dict(zip(rows, hashes.tolist(), strict=True))
    assert [by_row[row] for row in rows] == hashes.tolist()


def test_a_slice_hashes_like_the_same_texts_alone():
    whole = pa.array(["a", "bb", "c" * 30, "", "d"])
    part = pa.chunked_array([whole.slice(1, 2), whole.slice(3, 2)])
    alone = column("bb", "c" * 30, "", "d")
    assert repeats.hash_rows([part], 4).tolist() == repeats.hash_rows([alone], 4).tolist()


@given(st.lists(st.lists(st.integers(1, 60), max_size=30), max_size=8))
def test_seen_answers_with_the_first_of_each(blocks):
    import numpy as np

    seen, first, number = repeats.Seen(), {}, 0
    for block in blocks:
        numbers_ = np.arange(number, number + len(block))
        # keys that want the same slots, so that they push each other on
        keys = np.array(block, dtype=np.uint64) << np.uint64(40)
        found = seen.add(keys, numbers_)
        for key, value, answer in zip(block, numbers_, found, strict=True):
            assert answer == first.setdefault(key, value)
        number += len(block)


def test_seen_grows():
    import numpy as np

    rng = np.random.default_rng(1)
    keys = rng.integers(1, 2**63, 200_000).astype(np.uint64)
    seen = repeats.Seen()
    for start in range(0, len(keys), 17_000):
        part = keys[start : start + 17_000]
        assert (seen.add(part, np.arange(start, start + len(part))) >= start).all()
    assert (seen.add(keys, np.full(len(keys), -1)) == np.arange(len(keys))).all()
