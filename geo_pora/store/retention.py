"""Little data, for a short time: what must go when its time is over, or on a person's request.

Ages are counted in whole days in western Indonesia from the day a file was
received; a row that a later file repeats is as old as that file. Addresses go
first; later whole reports go, and only the counts made of them stay.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Protocol

import sqlalchemy as sa

from geo_pora import address
from geo_pora.errors import NotFoundError
from geo_pora.store import audit, clock, cube, shredding, spans, staging, state
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import (
    aliases,
    batches,
    erased,
    rejected_rows,
    reports,
    resent,
    revisions,
)

_TEXTS = ("location_text", "coordinates_text", "candidates")
_AT_ONCE = 50_000


class Limits(Protocol):
    """The two settings that retention reads."""

    @property
    def text_retention_days(self) -> int:
        """Days after which the text of an address is erased."""

    @property
    def report_retention_days(self) -> int:
        """Days after which a report is reduced to its counts."""


@dataclass(frozen=True)
class RetentionSummary:
    """What a run erased, or would erase.

    Attributes
    ----------
    texts : int
        Reports and old revisions whose address was erased.
    rejected : int
        Rejected rows whose cells were erased.
    revisions : int
        Old revisions removed.
    reports : int
        Reports reduced to their counts.
    applied : bool
        False for a dry run.
    shredded : bool
        True when the bytes are gone from the files too; a reader that was busy
        all the while keeps them until the next run.
    aliases : int
        Learnt names forgotten because they are whole addresses.
    """

    texts: int
    rejected: int
    revisions: int
    reports: int
    applied: bool
    shredded: bool = False
    aliases: int = 0


def run(
    engine: sa.Engine,
    today: dt.date,
    settings: Limits,
    apply: bool = False,
    *,
    actor: str = "retention",
) -> RetentionSummary:
    """Erase what is older than its retention.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    today : datetime.date
        The day in WIB from which ages are counted.
    settings : Limits
        `text_retention_days` and `report_retention_days`.
    apply : bool
        False only counts what would be erased.
    actor : str
        For the audit log.

    Returns
    -------
    RetentionSummary
    """
    texts = _received_before(today - dt.timedelta(days=settings.text_retention_days))
    whole = _received_before(today - dt.timedelta(days=settings.report_retention_days))
    with (writing if apply else reading)(engine) as connection:
        addresses = _addresses_learnt(connection, today, settings.text_retention_days)
        summary = RetentionSummary(
            texts=sum(_count(connection, t, _has_text(t, texts)) for t in (reports, revisions)),
            rejected=_count(connection, rejected_rows, _has_cells(texts)),
            revisions=_count(connection, revisions, _is_over(revisions, whole)),
            reports=_count(connection, reports, _is_over(reports, whole)),
            applied=apply,
            aliases=len(addresses),
        )
        found = summary.texts + summary.rejected + summary.revisions + summary.reports
        if apply and found + len(addresses):
            _erase_texts(connection, texts)
            for alias in addresses:
                connection.execute(aliases.delete().where(aliases.c.alias == alias))
            _reduce(connection, whole, today)
            audit.record(connection, actor, "retention.run", "store", asdict(summary))
    if not apply:
        return summary
    # Also where nothing was found: an earlier run may have been stopped before this.
    return RetentionSummary(**asdict(summary) | {"shredded": shredding.shred(engine)})


def erase(engine: sa.Engine, agency: str, report_id: str, actor: str) -> bool:
    """Erase one report, its history and its share of every count, on a person's request.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    agency, report_id : str
        Which report. A later file that repeats it is not taken in.
    actor : str
        Who erases; recorded with the agency and never with the report's id.

    Returns
    -------
    bool
        True when the bytes are gone from the files too; see `RetentionSummary`.

    Raises
    ------
    NotFoundError
        If there is no such report, or only its counts are left.
    """
    with writing(engine) as connection:
        named = sa.and_(reports.c.agency == agency, reports.c.report_id == report_id)
        key = connection.scalar(sa.select(reports.c.id).where(named))
        rejected = _rejected_as(connection, agency, report_id)
        if key is None and not rejected:
            raise NotFoundError(
                f"agency {agency} has no report with this id: check both, or its retention is over"
            )
        for row in rejected:
            connection.execute(
                rejected_rows.update().where(rejected_rows.c.id == row).values(cells=None)
            )
        versions = _count(connection, revisions, revisions.c.report_key == key)
        if key is not None:
            cube.change(connection, removed=spans.of_reports(connection, named))
            cube.compact(connection)
            _remember(connection, named, "request", clock.day_of(clock.now()))
            connection.execute(reports.delete().where(named))
            versions += 1
        detail = {"agency": agency, "revisions": versions, "rejected": len(rejected)}
        audit.record(connection, actor, "erase", f"report:{key or ''}", detail)
    return shredding.shred(engine)


def _rejected_as(connection: sa.Connection, agency: str, report_id: str) -> list[int]:
    """Return the rejected rows of an agency that have the id in one of their cells."""
    c = rejected_rows.c
    query = sa.select(c.id, c.cells).join_from(rejected_rows, batches)
    query = query.where(batches.c.agency == agency, c.cells.is_not(None))
    quoted = json.dumps(report_id, ensure_ascii=False)
    likely = connection.execute(query.where(c.cells.contains(quoted, autoescape=True)))
    return [row for row, cells in likely if report_id in json.loads(cells).values()]


def _addresses_learnt(connection: sa.Connection, today: dt.date, days: int) -> list[str]:
    """Return the old aliases that are no names of places: text of a location as any other."""
    last = today - dt.timedelta(days=days)
    rows = connection.execute(sa.select(aliases.c.alias, aliases.c.created_at))
    return [
        alias
        for alias, created_at in rows
        if clock.day_of(created_at) <= last and not address.may_be_name(alias)
    ]


def _received_before(day: dt.date) -> sa.Select[tuple[int]]:
    return sa.select(batches.c.id).where(batches.c.received_on <= day)


def _count(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(where)
    return int(connection.scalar(query) or 0)


def _has_text(table: sa.Table, old: sa.Select[tuple[int]]) -> sa.ColumnElement[bool]:
    present = sa.or_(*(table.c[name].is_not(None) for name in _TEXTS))
    return sa.and_(table.c.batch_id.in_(old), present)


def _has_cells(old: sa.Select[tuple[int]]) -> sa.ColumnElement[bool]:
    return sa.and_(rejected_rows.c.batch_id.in_(old), rejected_rows.c.cells.is_not(None))


def _is_over(table: sa.Table, old: sa.Select[tuple[int]]) -> sa.ColumnElement[bool]:
    """Say of a version of a report that no file received since then states it."""
    later = sa.select(sa.literal(1)).where(
        resent.c.report_key == (table.c.id if table is reports else table.c.report_key),
        resent.c.revision == table.c.revision,
        resent.c.batch_id.not_in(old),
    )
    return sa.and_(table.c.batch_id.in_(old), ~later.correlate(table).exists())


def _erase_texts(connection: sa.Connection, old: sa.Select[tuple[int]]) -> None:
    for table in (reports, revisions):
        nothing = dict.fromkeys(_TEXTS)
        connection.execute(table.update().where(_has_text(table, old)).values(**nothing))
    connection.execute(rejected_rows.update().where(_has_cells(old)).values(cells=None))


def _reduce(connection: sa.Connection, old: sa.Select[tuple[int]], today: dt.date) -> None:
    """Remove whole reports; the cube, which tells no report from another, keeps their counts."""
    connection.execute(revisions.delete().where(_is_over(revisions, old)))
    over = _is_over(reports, old)
    query = sa.select(reports.c.batch_id, sa.func.count()).where(over).group_by(reports.c.batch_id)
    for batch_id, count in connection.execute(query).all():
        row = batches.c.id == batch_id
        connection.execute(batches.update().where(row).values(reduced=batches.c.reduced + count))
    _remember(connection, over, "retention", today)
    connection.execute(reports.delete().where(over))
    cube.compact(connection)


def _remember(
    connection: sa.Connection, which: sa.ColumnElement[bool], reason: str, day: dt.date
) -> None:
    """Keep a keyed hash of the reports that go, so that a later file does not bring them back."""
    key = state.hash_key(connection)
    query = sa.select(reports.c.agency, reports.c.report_id).where(which)
    query = query.order_by(reports.c.agency)
    rows = connection.execute(query).all()
    hashes: set[int] = set(connection.scalars(sa.select(erased.c.key_hash)))
    for agency in {row.agency for row in rows}:
        ids = [row.report_id for row in rows if row.agency == agency]
        new = sorted(set(staging.key_hash(key, agency, ids).tolist()) - hashes)
        hashes |= set(new)
        for begin in range(0, len(new), _AT_ONCE):
            connection.execute(
                erased.insert(),
                [
                    {"key_hash": value, "reason": reason, "erased_on": day}
                    for value in new[begin : begin + _AT_ONCE]
                ],
            )
