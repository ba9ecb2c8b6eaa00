"""Periods of whole days: months, quarters, and free ranges.

A period is a closed span of days. Days are the calendar days of the reports
(local dates without a time), so no time zone enters here.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from geo_pora.errors import InputError

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


@dataclass(frozen=True, order=True)
class Period:
    """A closed span of days.

    Attributes
    ----------
    first : datetime.date
        The first day, included.
    last : datetime.date
        The last day, included; never before `first`.
    """

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InputError(
                f"the period ends on {self.last} before it begins on {self.first}: "
                "give --from and --to in order of time"
            )

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.last - self.first).days + 1

    @property
    def key(self) -> str:
        """The period in a URL or a column: `2026-01`, `2026-Q1` or `2026-01-05_2026-02-10`."""
        if self == month(self.first.year, self.first.month):
            return f"{self.first:%Y-%m}"
        if self == quarter_of(self.first):
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return f"{self.first}_{self.last}"

    def __str__(self) -> str:
        return self.key


def month(year: int, number: int) -> Period:
    """Return the calendar month `number` (1 to 12) of `year`."""
    last = calendar.monthrange(year, number)[1]
    return Period(dt.date(year, number, 1), dt.date(year, number, last))


def quarter(year: int, number: int) -> Period:
    """Return the calendar quarter `number` (1 to 4) of `year`."""
    return Period(month(year, 3 * number - 2).first, month(year, 3 * number).last)


def quarter_of(day: dt.date) -> Period:
    """Return the calendar quarter that holds `day`."""
    return quarter(day.year, (day.month + 2) // 3)


def previous_quarter(day: dt.date) -> Period:
    """Return the last full quarter before the quarter that holds `day`."""
    return quarter_of(quarter_of(day).first - dt.timedelta(days=1))


def months(period: Period) -> list[Period]:
    """Return the calendar months that overlap `period`, in order of time."""
    found = []
    day = period.first.replace(day=1)
    while day <= period.last:
        found.append(month(day.year, day.month))
        day = found[-1].last + dt.timedelta(days=1)
    return found


def parse(text: str) -> Period:
    """Read a period's key, as `Period.key` writes it.

    Parameters
    ----------
    text : str
        `2026-01`, `2026-Q1`, or two ISO dates joined by `_` (or `..`).

    Returns
    -------
    Period

    Raises
    ------
    InputError
        If the text is none of these, or names a day that does not exist.
    """
    try:
        if match := _QUARTER.fullmatch(text):
            return quarter(int(match[1]), int(match[2]))
        if match := _MONTH.fullmatch(text):
            return month(int(match[1]), int(match[2]))
        first, last = re.split(r"_|\.\.", text)
        return Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    except InputError:
        raise
    except (ValueError, IndexError, calendar.IllegalMonthError):
        raise InputError(
            f"{text[:40]!r} is not a period: write 2026-01, 2026-Q1 or 2026-01-05_2026-02-10"
        ) from None
