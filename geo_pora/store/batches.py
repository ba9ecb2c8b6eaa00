"""The imports of the past: list them, look into one, take one back whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import NotFoundError, RefusedError
from geo_pora.store import audit, clock, cube, spans, state
from geo_pora.store.database import reading, writing
from geo_pora.store.merge import VERSIONED
from geo_pora.store.tables import (
    batch_months,
    batches,
    rejected_rows,
    reports,
    resent,
    revisions,
)


@dataclass(frozen=True)
class Undone:
    """What taking a batch back did: reports `removed`, or `restored` to what they were."""

    batch_id: int
    removed: int
    restored: int


def list(  # the module is read as batches.list
    engine: sa.Engine,
    *,
    agency: str | None = None,
    limit: int = 100,
    offset: int = 0,
    undone: bool = True,
) -> pd.DataFrame:
    """List imports, newest first.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    agency : str, optional
        Only this agency's.
    limit, offset : int
        Which page.
    undone : bool
        Also those that were taken back.

    Returns
    -------
    pandas.DataFrame
        The columns of the batches: `id`, `agency`, `actor`, `file_name`,
        `sha256`, `imported_at`, figures, `undone_at`, `undone_by`.
    """
    query = sa.select(batches).order_by(batches.c.id.desc()).limit(limit).offset(offset)
    if agency is not None:
        query = query.where(batches.c.agency == agency)
    if not undone:
        query = query.where(batches.c.undone_at.is_(None))
    with reading(engine) as connection:
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=[*result.keys()])
    for name in ("imported_at", "undone_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def show(engine: sa.Engine, batch_id: int) -> dict[str, Any]:
    """Return one import, with `months`: figures by month of report.

    Raises
    ------
    NotFoundError
        If there is no such import.
    """
    with reading(engine) as connection:
        found = dict(_found(connection, batch_id))
        months = sa.select(batch_months).where(batch_months.c.batch_id == batch_id)
        found["months"] = [
            {**row, "month": f"{1970 + row['month'] // 12}-{row['month'] % 12 + 1:02}"}
            for row in connection.execute(months.order_by(batch_months.c.month)).mappings()
        ]
        return found


def rejected(engine: sa.Engine, batch_id: int) -> pd.DataFrame:
    """Return the rejected rows of an import: `row_number`, `column`, `reason`, kept cells."""
    c = rejected_rows.c
    query = sa.select(c.row_number, c.column_name, c.reason, c.cells).where(c.batch_id == batch_id)
    with reading(engine) as connection:
        _found(connection, batch_id)
        rows = connection.execute(query.order_by(c.row_number, c.id)).all()
    own = [{"row_number": row[0], "column": row[1], "reason": row[2]} for row in rows]
    cells = [json.loads(row[3]) if row[3] else {} for row in rows]
    columns = [*dict.fromkeys(["row_number", "column", "reason", *(k for c in cells for k in c)])]
    return pd.DataFrame([{**c, **o} for o, c in zip(own, cells, strict=True)], columns=columns)


def undo(engine: sa.Engine, batch_id: int, actor: str) -> Undone:
    """Take an import back whole: as if its file had never been imported.

    Reports that it brought go, unless a later file brought the same row too;
    reports that it revised are again what they were before.

    Raises
    ------
    NotFoundError
        If there is no such import.
    RefusedError
        If it was taken back already, or reports of it are reduced to counts.
    """
    with writing(engine) as connection:
        batch = _found(connection, batch_id)
        if batch["undone_at"] is not None:
            raise RefusedError(f"batch {batch_id} was already taken back on {batch['undone_at']}")
        if batch["reduced"]:
            raise RefusedError(
                f"batch {batch_id} cannot be taken back: {batch['reduced']} of its reports were "
                "reduced to counts when their retention ended"
            )
        state.figures_changed(connection)
        for table in (reports, revisions):
            _hand_over(connection, table, batch_id)
        restored, removed = _restore(connection, batch_id)
        for table in (revisions, resent, rejected_rows, batch_months):
            connection.execute(table.delete().where(table.c.batch_id == batch_id))
        undone = {"undone_at": clock.now(), "undone_by": actor}
        connection.execute(batches.update().where(batches.c.id == batch_id).values(**undone))
        detail = {"removed": removed, "restored": restored}
        audit.record(connection, actor, "batches.undo", f"batch:{batch_id}", detail)
    return Undone(batch_id, removed, restored)


def _found(connection: sa.Connection, batch_id: int) -> sa.RowMapping:
    query = sa.select(batches).where(batches.c.id == batch_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise NotFoundError(f"there is no batch {batch_id}: see `geo-pora batches list`")
    return found


def _hand_over(connection: sa.Connection, table: sa.Table, batch_id: int) -> None:
    """Give versions that another batch states as well to the first such batch."""
    key = table.c.id if table is reports else table.c.report_key
    again = resent.c
    heir = sa.and_(
        again.report_key == key, again.revision == table.c.revision, again.batch_id != batch_id
    )
    first = sa.select(sa.func.min(again.batch_id)).where(heir).scalar_subquery()
    own = table.c.batch_id == batch_id
    stated = sa.select(sa.literal(1)).where(heir).exists()
    connection.execute(table.update().where(own, stated).values(batch_id=first))
    taken = sa.and_(
        again.report_key == key,
        again.revision == table.c.revision,
        again.batch_id == table.c.batch_id,
    )
    connection.execute(resent.delete().where(sa.select(sa.literal(1)).where(taken).exists()))


def _restore(connection: sa.Connection, batch_id: int) -> tuple[int, int]:
    """Put the version before in the place of the batch's, or remove the report."""
    own = reports.c.batch_id == batch_id
    older = revisions.alias("older")
    latest = (
        sa.select(sa.func.max(older.c.revision))
        .where(older.c.report_key == reports.c.id, older.c.batch_id != batch_id)
        .scalar_subquery()
    )
    pair = sa.and_(revisions.c.report_key == reports.c.id, revisions.c.revision == latest)
    back = spans.select(connection, revisions, reports.c.agency).join_from(revisions, reports, pair)
    gone = spans.select(connection, reports).where(own)
    cube.change(
        connection,
        added=spans.read(connection, back.where(own)),
        removed=spans.read(connection, gone),
    )
    # The restored version leaves the history in the same order as it enters the reports.
    restored_keys = sa.select(reports.c.id).where(
        own, sa.select(sa.literal(1)).where(pair).correlate(reports).exists()
    )
    keys = [*connection.scalars(restored_keys)]
    connection.execute(
        resent.delete().where(
            resent.c.report_key.in_(sa.select(reports.c.id).where(own)),
            resent.c.revision
            == sa.select(reports.c.revision)
            .where(reports.c.id == resent.c.report_key)
            .scalar_subquery(),
        )
    )
    names = ["revision", "batch_id", "confirmed", *VERSIONED]
    connection.execute(
        reports.update().where(own, pair).values({name: revisions.c[name] for name in names})
    )
    current = sa.and_(
        reports.c.id == revisions.c.report_key, reports.c.revision == revisions.c.revision
    )
    connection.execute(revisions.delete().where(sa.select(sa.literal(1)).where(current).exists()))
    removed = connection.execute(reports.delete().where(own)).rowcount
    return len(keys), removed
