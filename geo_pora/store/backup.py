"""Backups: one SQLite file with every table, whichever database it was made from.

So a backup of the embedded file can be restored into PostgreSQL, and back.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from geo_pora.errors import InputError, NotFoundError, RefusedError, UnavailableError
from geo_pora.store import audit, database
from geo_pora.store.tables import audit_log, batches, metadata

_AT_ONCE = 5_000
_MADE_BY_MIGRATIONS = ("audit_log",)


def backup(engine: sa.Engine, path: Path) -> None:
    """Write a backup, consistent while others read and write.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    path : pathlib.Path
        File to write; it appears whole or not at all, readable by its owner only.

    Raises
    ------
    InputError
        If the file exists already.
    UnavailableError
        If the database fails or the file cannot be written.
    """
    path = Path(path).absolute()
    if path.exists():
        raise InputError(f"{path} exists already: give the backup a new name")
    with _beside(path) as draft:
        if engine.dialect.name == "sqlite":
            with database.autocommitting(engine) as connection:
                connection.exec_driver_sql("VACUUM INTO ?", (str(draft),))
        else:
            target = database.open(f"sqlite:///{draft}")
            with database.reading(engine) as source, database.writing(target) as connection:
                _copy(source, connection)
            _settle(target)
        _check(draft)


def restore(path: Path, database_url: str) -> None:
    """Put a backup into an empty database.

    Parameters
    ----------
    path : pathlib.Path
        File that `backup` wrote; an older version's is brought up to date.
    database_url : str
        Where to restore; a database with reports or audit entries is never overwritten.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If the file is no backup, or damaged.
    RefusedError
        If the database is not empty.
    """
    path = Path(path).absolute()
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}: give the path of a backup")
    if Path(f"{path}-wal").exists():
        raise InputError(f"{path} is a store in use, not a backup: make one with geo-pora backup")
    _check(path)
    with tempfile.TemporaryDirectory(prefix=".geo-pora-restore-", dir=_folder(database_url)) as d:
        copy = Path(d) / "backup.sqlite"
        with closing(_opened(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        source_engine = database.open(f"sqlite:///{copy}")
        _refuse_broken_log(source_engine, path)
        engine = database.open(database_url)
        with database.writing(engine) as connection, database.reading(source_engine) as source:
            _refuse_full(connection)
            _copy(source, connection)
            _set_sequences(connection)
        database.close(source_engine)
        database.close(engine)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a file beside `path` that takes its place when the block ends well."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".geo-pora-backup-", dir=path.parent) as folder:
            draft = Path(folder) / "backup.sqlite"
            yield draft
            draft.chmod(0o600)
            for place in (draft, draft.parent):
                _sync(place)
            os.link(draft, path)  # unlike a rename, never over a file that came in between
        _sync(path.parent)
    except FileExistsError:
        raise InputError(f"{path} exists already: give the backup a new name") from None
    except OSError as error:
        raise UnavailableError(
            f"the backup {path} could not be written ({error.strerror}): "
            "give a folder that can be written and has space"
        ) from None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _settle(engine: sa.Engine) -> None:
    """Leave everything in one file, without a log beside it."""
    with database.autocommitting(engine) as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
    database.close(engine)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def _check(file: Path) -> None:
    try:
        with closing(_opened(file)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        verdict, tables = str(error), set()
    if verdict != "ok" or not {"alembic_version", "audit_log", "reports"} <= tables:
        reason = verdict if verdict != "ok" else "its tables are not those of a backup"
        raise InputError(f"{file} is no sound backup of geo_pora ({reason})")


def _refuse_broken_log(engine: sa.Engine, path: Path) -> None:
    found = audit.verify(engine)
    if not found.intact:
        raise InputError(f"{path} was tampered with: {found.reason} in its audit log")


def _refuse_full(connection: sa.Connection) -> None:
    log = sa.select(audit_log.c.id).limit(1)
    if connection.scalar(sa.select(batches.c.id).limit(1)) or connection.scalar(log):
        raise RefusedError(
            "the database is not empty and a restore never overwrites: "
            "move it away, or name another with GEO_PORA_DATABASE_URL"
        )


def _copy(source: sa.Connection, target: sa.Connection) -> None:
    for table in metadata.sorted_tables:
        if table.name not in _MADE_BY_MIGRATIONS:
            target.execute(table.delete())
        query = sa.select(table).execution_options(yield_per=_AT_ONCE)
        rows = source.execute(query)
        for part in rows.mappings().partitions():
            target.execute(table.insert(), [dict(row) for row in part])


def _set_sequences(connection: sa.Connection) -> None:
    """Let PostgreSQL number new rows after the restored ones."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, highest, False)))


def _folder(database_url: str) -> Path | None:
    url = sa.make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    folder = Path(url.database).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder
