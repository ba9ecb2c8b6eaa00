"""Triggers that refuse to change or delete rows of a table, on either database."""

from __future__ import annotations

import sqlalchemy as sa

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} can only be added to'); END
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} can only be added to'; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()
"""


def protect(connection: sa.Connection, table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on `table` from now on."""
    if connection.dialect.name == "sqlite":
        statements = [_SQLITE.format(table=table, verb=verb) for verb in ("UPDATE", "DELETE")]
    else:
        statements = [_FUNCTION.format(table=table), _POSTGRESQL.format(table=table)]
    for statement in statements:
        connection.exec_driver_sql(statement)
