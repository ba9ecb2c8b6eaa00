"""The demonstration: synthetic, marked, reproducible, messy, and readable."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter

import pytest

from geo_pora import codes, demo, reports
from geo_pora.gazetteer import Gazetteer
from geo_pora.periods import quarter_of

END = dt.date(2026, 9, 30)


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.load()


@pytest.fixture(scope="module")
def files(tmp_path_factory, gazetteer):
    return demo.write_files(tmp_path_factory.mktemp("demo"), 7, gazetteer, end=END)


@pytest.fixture(scope="module")
def batches(files):
    found = []
    for file in files:
        opened = reports.open(file.path, agency=file.agency, today=END)
        parts = list(opened)
        found.append((file, opened, parts[0]))
        assert len(parts) == 1
    return found


def test_forty_agencies_of_the_look_up_over_two_years(files):
    assert len({file.agency for file in files}) == 40
    assert all(file.agency in codes.load("agencies") for file in files)
    assert min(file.period.first for file in files) == dt.date(2024, 10, 1)
    assert max(file.period.last for file in files) == END


def test_marked_as_synthetic(files):
    for file in files:
        assert file.path.name.startswith(f"DEMO-{file.agency}")
    texts = [f.path.read_bytes() for f in files if f.path.suffix == ".csv"]
    assert texts
    assert all(b"DATA SINTETIS" in text for text in texts)


def test_read_like_any_other_file_and_nothing_is_lost(batches):
    total = Counter()
    for file, opened, batch in batches:
        assert len(batch.reports) + len(batch.rejected) == len(batch.original) == opened.rows
        assert set(batch.reports["agency"]) <= {file.agency}
        total["read"] += len(batch.original)
        total["rejected"] += len(batch.rejected)
    assert 3000 <= total["read"] <= 6000
    assert 0 < total["rejected"] < 0.05 * total["read"]


def test_messy_on_purpose(batches):
    reasons = Counter(reason for *_, batch in batches for reason in batch.rejected["reason"])
    assert any(reason.startswith("baris sama persis") for reason in reasons)
    assert any("tidak ada" in reason for reason in reasons)
    assert {opened.format for _, opened, _ in batches} == {"csv", "xlsx"}
    assert len({opened.encoding for _, opened, _ in batches}) >= 3
    assert len({tuple(opened.columns) for _, opened, _ in batches}) >= 5


def test_identifying_columns_are_there_and_dropped(batches):
    dropped = Counter(one.category for _, opened, _ in batches for one in opened.dropped)
    assert {"name", "passport", "phone", "remarks"} <= set(dropped)
    for *_, batch in batches:
        content = batch.original.to_csv() + batch.reports.to_csv()
        assert "CONTOH" not in content
        assert "X0000" not in content
        assert "0800-0000" not in content


def test_cases_gather_in_the_last_quarter_somewhere(batches, gazetteer):
    """Hot spots exist: a few districts have far more than their share of the cases."""
    last = quarter_of(END)
    cases = Counter()
    names = {gazetteer.name_of(code): code for code in gazetteer.codes("district")}
    for *_, batch in batches:
        recent = batch.reports[batch.reports["reported_on"].dt.date >= last.first]
        for text in recent.loc[recent["status"].isin(["suspected", "to_verify"]), "location_text"]:
            if isinstance(text, str):
                cases.update(name for name in names if text.endswith(f"Kec. {name}"))
    top = cases.most_common(4)
    assert sum(count for _, count in top) > 0.4 * sum(cases.values())


def test_the_same_seed_gives_the_same_bytes(tmp_path, gazetteer, files):
    again = demo.write_files(tmp_path, 7, gazetteer, end=END)
    assert [digest(file.path) for file in again] == [digest(file.path) for file in files]


def test_another_seed_gives_another_world(tmp_path, gazetteer, files):
    other = demo.write_files(tmp_path, 8, gazetteer, end=END)
    assert {digest(file.path) for file in other}.isdisjoint(digest(file.path) for file in files)


def test_ends_with_the_last_full_quarter(tmp_path, gazetteer):
    found = demo.write_files(tmp_path, 1, gazetteer)
    last = max(file.period.last for file in found)
    assert last < dt.date.today()
    assert (last + dt.timedelta(days=1)).month in (1, 4, 7, 10)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_most_files_came_in_time_and_some_late(files):
    late = [file.received_on > file.period.last + dt.timedelta(days=10) for file in files]
    assert all(file.received_on > file.period.last for file in files)
    assert 0.1 < sum(late) / len(late) < 0.4
