"""Which agencies have sent their reports, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from geo_pora.periods import Period
from geo_pora.store.database import reading
from geo_pora.store.tables import batch_months, batches

DUE_DAY = 10
COLUMNS = [
    "agency",
    "month",
    "files",
    "reports",
    "located",
    "review",
    "rejected",
    "first_sent_on",
    "state",
]


def coverage(
    engine: sa.Engine,
    months: Sequence[Period],
    agencies: Sequence[str] = (),
    *,
    due_day: int = DUE_DAY,
) -> pd.DataFrame:
    """Tell for each agency and month whether its reports came, when, and how well.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    months : sequence of Period
        Calendar months. A file belongs to each month in which a report of it
        was made (`reported_on`).
    agencies : sequence of str
        Agencies that should report; those that ever sent a file are added.
    due_day : int
        Day of the next month (in WIB) until which a month's file is in time.

    Returns
    -------
    pandas.DataFrame
        `agency`, `month` (Period.key), `files`, `reports` (first stored by
        these files), of which `located` and `review` at import, `rejected`,
        `first_sent_on` (day in WIB, missing if never) and `state`: `sent`,
        `late` or `missing`.
    """
    numbers = {12 * (p.first.year - 1970) + p.first.month - 1: p for p in months}
    c = batch_months.c
    sums = [sa.func.sum(c[name]) for name in ("reports", "located", "review", "rejected")]
    query = (
        sa.select(
            batches.c.agency, c.month, sa.func.count(), *sums, sa.func.min(batches.c.received_on)
        )
        .join_from(batch_months, batches)
        .where(batches.c.undone_at.is_(None), c.month.in_(list(numbers)))
        .group_by(batches.c.agency, c.month)
    )
    ever = sa.select(batches.c.agency).where(batches.c.undone_at.is_(None)).distinct()
    with reading(engine) as connection:
        sent = {(row[0], row[1]): row for row in connection.execute(query)}
        known = sorted({*agencies, *connection.scalars(ever)})
    rows = [
        _row(agency, number, period, sent.get((agency, number)), due_day)
        for agency in known
        for number, period in numbers.items()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["first_sent_on"] = pd.to_datetime(frame["first_sent_on"])
    return frame.astype({"agency": "str", "month": "str", "state": "str"})


def _row(
    agency: str, number: int, period: Period, sent: Sequence[object] | None, due_day: int
) -> list[object]:
    if sent is None:
        return [agency, period.key, 0, 0, 0, 0, 0, None, "missing"]
    due = period.last + dt.timedelta(days=due_day)
    first = sent[7]
    assert isinstance(first, dt.date)
    counts = [int(str(value)) for value in sent[2:7]]
    return [agency, period.key, *counts, first, "late" if first > due else "sent"]
