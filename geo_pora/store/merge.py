"""The merge of a staged file into the reports: one transaction, set by set."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from geo_pora.store import audit, cube, spans, staging, state
from geo_pora.store.spans import Spans
from geo_pora.store.staging import DUPLICATE, ERASED, NEW, REVISED, UNCHANGED, stage
from geo_pora.store.tables import (
    CONTENT,
    PLACING,
    batch_months,
    batches,
    erased,
    rejected_rows,
    reports,
    resent,
    revisions,
)

VERSIONED = ["row_number", "content_hash", *CONTENT, *PLACING]
_DUPLICATE_REASON = "the same report_id stands in an earlier row with other content"


def merge(
    connection: sa.Connection,
    batch: Mapping[str, Any],
    staged: Sequence[Spans],
    *,
    checkpoint: Callable[[str], None],
) -> dict[str, Any]:
    """Merge the stage into the reports as one batch, in the caller's write transaction.

    Returns
    -------
    dict
        `batch_id` and the figures of `ImportSummary`.
    """
    agency = str(batch["agency"])
    state.figures_changed(connection)
    batch_id = connection.execute(batches.insert().values(**batch)).inserted_primary_key[0]  # type: ignore[index]
    _decide_outcomes(connection, agency)
    checkpoint("summarise")
    _count_cells(connection, staged)
    checkpoint("insert")
    _store(connection, agency, batch_id)
    rejected = _store_rejected(connection, batch_id)
    figures = _figures(connection, batch_id, batch["received_on"], rejected)
    connection.execute(batches.update().where(batches.c.id == batch_id).values(**figures))
    detail = {"sha256": batch["sha256"], **figures}
    audit.record(connection, str(batch["actor"]), "import", f"batch:{batch_id}", detail)
    return {"batch_id": batch_id, **figures}


def _decide_outcomes(connection: sa.Connection, agency: str) -> None:
    """Say of each staged row what it does to the store; nothing is said of new ones."""
    connection.execute(sa.text("CREATE INDEX stage_report_id ON stage (report_id, seq)"))
    _mark_repeated(connection)
    _mark_known(connection, agency)
    _mark_erased(connection)


def _mark_repeated(connection: sa.Connection) -> None:
    """Of rows with one report_id in the file the first stands; the others must say the same."""
    total, distinct = connection.execute(
        sa.select(sa.func.count(), sa.func.count(stage.c.report_id.distinct()))
    ).one()
    if total == distinct:
        return
    first = (
        sa.select(stage.c.report_id, sa.func.min(stage.c.seq).label("seq"))
        .group_by(stage.c.report_id)
        .having(sa.func.count() > 1)
        .subquery()
    )
    original = stage.alias("original")
    same = stage.c.content_hash == original.c.content_hash
    connection.execute(
        stage.update()
        .where(stage.c.report_id == first.c.report_id, stage.c.seq > first.c.seq)
        .where(original.c.seq == first.c.seq)
        .values(outcome=sa.case((same, UNCHANGED), else_=DUPLICATE))
    )


def _mark_known(connection: sa.Connection, agency: str) -> None:
    earlier = sa.select(reports.c.id).where(reports.c.agency == agency).limit(1)
    if connection.scalar(earlier) is None:
        return
    same = stage.c.content_hash == reports.c.content_hash
    connection.execute(
        stage.update()
        .where(stage.c.outcome.is_(None))
        .where(reports.c.agency == agency, reports.c.report_id == stage.c.report_id)
        .values(outcome=sa.case((same, UNCHANGED), else_=REVISED), report_key=reports.c.id)
    )


def _mark_erased(connection: sa.Connection) -> None:
    if connection.scalar(sa.select(erased.c.key_hash).limit(1)) is None:
        return
    known = sa.select(erased.c.key_hash).where(erased.c.key_hash == stage.c.key_hash)
    connection.execute(
        stage.update().where(stage.c.outcome.is_(None), known.exists()).values(outcome=ERASED)
    )


def _count_cells(connection: sa.Connection, staged: Sequence[Spans]) -> None:
    """Count what is new and take away what was there of the revised reports."""
    left_out = sa.select(stage.c.seq).where(stage.c.outcome.in_([UNCHANGED, ERASED, DUPLICATE]))
    taken = np.ones(sum(map(len, staged)), dtype=bool)
    taken[np.fromiter(connection.scalars(left_out), dtype=np.int64) - 1] = False
    ends = np.cumsum([len(chunk) for chunk in staged])
    added = (
        chunk.kept(taken[end - len(chunk) : end]) for chunk, end in zip(staged, ends, strict=True)
    )
    before = spans.select(connection, reports).join_from(
        reports, stage, sa.and_(stage.c.report_key == reports.c.id, stage.c.outcome == REVISED)
    )
    cube.change(connection, added=added, removed=spans.read(connection, before))


def _store(connection: sa.Connection, agency: str, batch_id: int) -> None:
    c = stage.c
    revised = sa.and_(c.report_key == reports.c.id, c.outcome == REVISED)
    kept = ["revision", "batch_id", "confirmed", *VERSIONED]
    history = sa.select(reports.c.id, *(reports.c[name] for name in kept)).join_from(
        reports, stage, revised
    )
    connection.execute(revisions.insert().from_select(["report_key", *kept], history))
    connection.execute(
        reports.update()
        .where(revised)
        .values(
            {name: c[name] for name in VERSIONED}
            | {"revision": reports.c.revision + 1, "batch_id": batch_id, "confirmed": False}
        )
    )
    again = (
        sa.select(reports.c.id, reports.c.revision, sa.literal(batch_id), sa.func.min(c.row_number))
        .join_from(reports, stage, c.report_key == reports.c.id)
        .where(c.outcome == UNCHANGED)
        .group_by(reports.c.id, reports.c.revision)
    )
    columns = ["report_key", "revision", "batch_id", "row_number"]
    connection.execute(resent.insert().from_select(columns, again))
    # In the order of the unique index, so that a long file fills its pages one by one.
    fresh = sa.select(
        sa.literal(agency),
        c.report_id,
        sa.literal(1),
        sa.literal(batch_id),
        sa.false(),
        *(c[name] for name in VERSIONED),
    )
    fresh = fresh.where(c.outcome.is_(None)).order_by(c.report_id)
    columns = ["agency", "report_id", "revision", "batch_id", "confirmed", *VERSIONED]
    connection.execute(reports.insert().from_select(columns, fresh))


def _figures(
    connection: sa.Connection, batch_id: int, received_on: dt.date, rejected: int
) -> dict[str, int]:
    c = stage.c
    doubtful = c.review_reason.is_not(None)
    query = sa.select(
        c.outcome, c.reported_on, doubtful, sa.func.count(), sa.func.sum(c.persons)
    ).group_by(c.outcome, c.reported_on, doubtful)
    outcomes: dict[str, int] = defaultdict(int)
    months: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    located = review = persons = 0
    for stated, day, to_review, rows, people in connection.execute(query):
        outcome = stated or NEW
        outcomes[outcome] += rows
        if outcome == DUPLICATE:
            continue  # counted among the rejected rows
        review += rows if to_review else 0
        located += 0 if to_review else rows
        persons += people
        month = months[_month(day)]
        if outcome == NEW:
            month[0] += rows
            month[2 if to_review else 1] += rows
    if rejected:
        months[max(months, default=_month(received_on))][3] = rejected
    if months:
        names = ["month", "reports", "located", "review", "rejected"]
        connection.execute(
            batch_months.insert(),
            [
                {"batch_id": batch_id, **dict(zip(names, (month, *counts), strict=True))}
                for month, counts in sorted(months.items())
            ],
        )
    return {
        "read": located + review + rejected,
        "located": located,
        "review": review,
        "rejected": rejected,
        **{name: outcomes[name] for name in (NEW, REVISED, UNCHANGED, ERASED)},
        "persons": int(persons),
    }


def _month(day: dt.date) -> int:
    """Return the month of `day`, counted from January 1970 as 0."""
    return 12 * (day.year - 1970) + day.month - 1


def _store_rejected(connection: sa.Connection, batch_id: int) -> int:
    """Keep the rejected rows of the file, and those that the merge itself rejects."""
    c = stage.c
    names = [*staging.REJECTED]
    batch = sa.literal(batch_id)
    read = sa.select(batch, *(staging.stage_rejected.c[name] for name in names))
    repeated = sa.select(
        batch, c.row_number, sa.literal("report_id"), sa.literal(_DUPLICATE_REASON), sa.null()
    ).where(c.outcome == DUPLICATE)
    for query in (read, repeated):
        connection.execute(rejected_rows.insert().from_select(["batch_id", *names], query))
    count = sa.select(sa.func.count()).where(rejected_rows.c.batch_id == batch_id)
    return int(connection.scalar(count) or 0)
