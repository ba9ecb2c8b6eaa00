"""Whether a database is one of geo_pora, and of which version; said before anything reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from geo_pora.errors import UnavailableError
from geo_pora.store import account_tables
from geo_pora.store.tables import metadata

assert account_tables.users.metadata is metadata

_COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
    "WHERE t.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema()",
}
_WAY_OUT = "restore a backup into a new place, or name another one with GEO_PORA_DATA_DIR or "
_WAY_OUT += "GEO_PORA_DATABASE_URL"


def revision_of(connection: sa.Connection) -> str | None:
    """Return the migration that a database is at, or None where it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def refuse_unknown(connection: sa.Connection, scripts: ScriptDirectory) -> None:
    """Refuse a database that the migrations cannot start from.

    Raises
    ------
    UnavailableError
        If it is newer than this geo_pora, or another program's.
    """
    found, head = revision_of(connection), scripts.get_current_head()
    if found is None:
        taken = sorted(set(_columns(connection)) & set(metadata.tables))
        if taken:
            raise UnavailableError(
                f"the database has a table {taken[0]} but no migration of geo_pora: it is another "
                f"program's or was not made whole; {_WAY_OUT}"
            )
        return
    if found in {script.revision for script in scripts.walk_revisions()}:
        return
    newer = found.isdigit() and found > str(head)
    whose = "made by a newer geo_pora: install that one, or" if newer else "another program's:"
    raise UnavailableError(
        f"the database is at migration {found[:40]}, and this geo_pora knows up to {head}; it is "
        f"{whose} {_WAY_OUT}"
    )


def check(connection: sa.Connection) -> None:
    """Refuse a database whose tables are not those of its migration.

    Raises
    ------
    UnavailableError
        Naming the first table or column that is missing.
    """
    missing = next(_missing(connection), None)
    if missing:
        raise UnavailableError(
            f"the database is at migration {revision_of(connection)} but lacks {missing}: it was "
            f"changed by hand or made by a version under development; {_WAY_OUT}"
        )


def _missing(connection: sa.Connection) -> Iterator[str]:
    there = _columns(connection)
    for table in metadata.sorted_tables:
        if table.name not in there:
            yield f"the table {table.name}"
        for column in table.columns:
            if column.name not in there[table.name]:
                yield f"the column {column.name} of {table.name}"


def _columns(connection: sa.Connection) -> dict[str, set[str]]:
    """Return the columns of every table."""
    there: dict[str, set[str]] = defaultdict(set)
    for table, column in connection.exec_driver_sql(_COLUMNS[connection.dialect.name]):
        there[table].add(column)
    return there
