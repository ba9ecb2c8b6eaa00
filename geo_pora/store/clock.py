"""The time now, in one place: instants in UTC, days as western Indonesia counts them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

WIB = ZoneInfo("Asia/Jakarta")


def now() -> dt.datetime:
    """Return the present moment, aware and in UTC."""
    return dt.datetime.now(dt.UTC)


def day_of(moment: dt.datetime) -> dt.date:
    """Return the calendar day in western Indonesia (WIB) at `moment`."""
    return moment.astimezone(WIB).date()
