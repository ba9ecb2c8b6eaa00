"""Periods of whole days."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_pora import periods
from geo_pora.errors import InputError
from geo_pora.periods import Period

days = st.dates(dt.date(1999, 1, 1), dt.date(2100, 12, 31))


@given(days, st.integers(0, 800))
def test_a_key_is_read_back_as_the_same_period(first, length):
    period = Period(first, first + dt.timedelta(length))
    assert periods.parse(period.key) == period


@given(days)
def test_months_and_quarters_have_short_keys_and_are_read_back(day):
    for period in (periods.month(day.year, day.month), periods.quarter_of(day)):
        assert period.first <= day <= period.last
        assert "_" not in period.key
        assert periods.parse(period.key) == period


@given(days, st.integers(0, 400))
def test_months_cover_the_period_without_gap_or_overlap(first, length):
    period = Period(first, first + dt.timedelta(length))
    found = periods.months(period)
    assert found[0].first <= period.first
    assert found[-1].last >= period.last
    for one, following in itertools.pairwise(found):
        assert following.first - one.last == dt.timedelta(days=1)


def test_a_leap_day_belongs_to_its_month():
    assert periods.month(2028, 2).last == dt.date(2028, 2, 29)
    assert periods.previous_quarter(dt.date(2028, 3, 31)) == periods.quarter(2027, 4)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-Q5", "2026-02-30_2026-03-01", "x_y", "a_b_c", "2026-00"]
)
def test_what_is_no_period_is_refused_with_examples(text):
    with pytest.raises(InputError, match="2026-Q1"):
        periods.parse(text)


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match="before it begins"):
        periods.parse("2026-03-01_2026-02-01")
