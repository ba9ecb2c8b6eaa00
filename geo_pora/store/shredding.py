"""Making erased bytes really go from the database's files."""

from __future__ import annotations

import sqlalchemy as sa

from geo_pora.store.database import BUSY_SECONDS, autocommitting
from geo_pora.store.tables import (
    aliases,
    cube_segments,
    month_totals,
    rejected_rows,
    reports,
    resent,
    revisions,
)

PATIENCE_MS = 10_000  # how long to wait for readers that hold an old snapshot
_HOLDING = (aliases, reports, revisions, resent, rejected_rows, cube_segments, month_totals)


def shred(engine: sa.Engine) -> bool:
    """Rewrite the files so that nothing deleted is left in them.

    SQLite overwrites what it deletes (`secure_delete`), but old pages may
    still be in the log and at the end of the file: the file is rewritten and
    the log cut to nothing. PostgreSQL rewrites each table that held reports;
    its write-ahead log is recycled by the server in its own time.

    Returns
    -------
    bool
        False where a reader held an old snapshot and the log could not be cut.
    """
    with autocommitting(engine) as connection:
        if engine.dialect.name == "postgresql":
            for table in _HOLDING:
                connection.execute(sa.text(f"VACUUM FULL {table.name}"))
            return True
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        try:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")
        return not busy
