"""Opening the database, and the two kinds of transaction: reading and writing.

Writers take turns: SQLite by BEGIN IMMEDIATE, PostgreSQL by one advisory lock
held until the end of the transaction. Readers never wait and see one snapshot.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event

from geo_pora.errors import InputError, UnavailableError
from geo_pora.store import schema

BUSY_SECONDS = 600
WRITERS_LOCK = 0x67656F70  # "geop"; any number that other software is unlikely to use
_OLDEST_POSTGRESQL = 15
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA journal_size_limit = 67108864",
)


def open(database_url: str, *, migrate: bool = True) -> sa.Engine:
    """Open the store, making or upgrading its tables where needed.

    Parameters
    ----------
    database_url : str
        `sqlite:////absolute/file` or `postgresql://user@host/name`.
    migrate : bool
        Bring the tables up to date; processes that open together do it once.

    Returns
    -------
    sqlalchemy.Engine

    Raises
    ------
    InputError
        If the URL is not one of SQLite or PostgreSQL.
    UnavailableError
        If the database cannot be reached, is too old, or is newer than this geo_pora.
    """
    engine = _engine(database_url)
    with errors(engine):
        if engine.dialect.name == "postgresql":
            _refuse_old_postgresql(engine)
        if migrate:
            upgrade(engine)
    return engine


def close(engine: sa.Engine) -> None:
    """Close every connection of `engine`."""
    engine.dispose()


def upgrade(engine: sa.Engine, revision: str = "head") -> str:
    """Bring the tables up to date, once however many processes ask; return the migration.

    Raises
    ------
    UnavailableError
        If the database is newer, another program's, or not as its migration left it.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head() or ""
    with reading(engine) as connection:
        found = schema.revision_of(connection)
        if found == head:
            schema.check(connection)
            return head
    with writing(engine) as connection:
        schema.refuse_unknown(connection, scripts)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, revision)
        except sa.exc.DBAPIError as error:
            raise UnavailableError(
                f"the database could not be brought from migration {found} to {head} "
                f"({str(error.orig).splitlines()[0]}): restore a backup, or make a new one"
            ) from error
        if revision == "head":
            schema.check(connection)
    return head


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection that sees one snapshot of the store and writes nothing."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with errors(engine), engine.connect() as connection:
        connection = connection.execution_options(**options)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in the one write transaction at a time; all or nothing."""
    with errors(engine), engine.connect() as connection, begin_writing(connection):
        yield connection


@contextmanager
def begin_writing(connection: sa.Connection) -> Iterator[None]:
    """Begin the write transaction on a connection that is in none."""
    connection = connection.execution_options(geo_pora_begin="BEGIN IMMEDIATE")
    try:
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITERS_LOCK)))
            yield
    finally:
        connection.execution_options(geo_pora_begin="BEGIN")


@contextmanager
def autocommitting(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in no transaction, for what a database does only outside of one."""
    option: dict[str, Any] = {"geo_pora_begin": None}
    if engine.dialect.name == "postgresql":
        option = {"isolation_level": "AUTOCOMMIT"}
    with errors(engine), engine.execution_options(**option).connect() as connection:
        yield connection


@contextmanager
def errors(engine: sa.Engine) -> Iterator[None]:
    """Say a failure of the database in one sentence, as `UnavailableError`."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, psycopg.Error) as error:
        original = getattr(error, "orig", None) or error
        raise UnavailableError(_sentence(engine, str(original))) from error


def _sentence(engine: sa.Engine, reason: str) -> str:
    where = "database" if engine.dialect.name == "postgresql" else "database file"
    reason = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
    lowered = reason.lower()
    if "full" in lowered or "no space" in lowered or "disk i/o" in lowered:
        return f"the {where} could not be written ({reason}): free disk space and try again"
    if "locked" in lowered or "lock timeout" in lowered:
        return f"the {where} is busy ({reason}): try again in a few minutes"
    if "not a database" in lowered or "malformed" in lowered:
        return f"the {where} is damaged ({reason}): restore the last backup"
    return f"the {where} is not available ({reason}): check it and try again"


def _engine(database_url: str) -> sa.Engine:
    try:
        url = sa.make_url(database_url)
    except sa.exc.ArgumentError:
        raise InputError(
            "database_url cannot be read: write sqlite:////folder/file or postgresql://user@host/name"
        ) from None
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=8
        )
    if kind != "sqlite" or not url.database or url.database == ":memory:":
        raise InputError(
            "database_url must name a SQLite file or a PostgreSQL database: "
            "write sqlite:////folder/file or postgresql://user@host/name"
        )
    return _embedded(url)


def _embedded(url: sa.URL) -> sa.Engine:
    file = Path(str(url.database))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"the database file {file} cannot be made ({error.strerror}): "
            "set GEO_PORA_DATA_DIR to a folder that can be written"
        ) from None
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=8)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("geo_pora_session"):
            begin = options.get("geo_pora_begin", "BEGIN")
            if begin:
                connection.exec_driver_sql(begin)

    event.listen(engine, "before_cursor_execute", _begin_late)
    return engine


def _begin_late(
    connection: sa.Connection, cursor: sqlite3.Cursor, statement: str, *_: object
) -> None:
    """Begin a session's transaction when it first writes; see `accounts.sessions`."""
    if not connection.get_execution_options().get("geo_pora_session"):
        return
    reads = statement.lstrip().upper().startswith(("SELECT", "PRAGMA"))
    if not reads and not cursor.connection.in_transaction:
        cursor.execute("BEGIN IMMEDIATE")


def _refuse_old_postgresql(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        version = connection.dialect.server_version_info or (0,)
    if int(version[0]) < _OLDEST_POSTGRESQL:
        raise UnavailableError(
            f"PostgreSQL {version[0]} is too old: geo_pora needs {_OLDEST_POSTGRESQL} or newer"
        )
