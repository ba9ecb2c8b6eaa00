"""Single named values of the store: the layer in use, the audit log's head, the hash key."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from geo_pora.store.tables import state

_DATA_VERSION = "data_version"


def get(connection: sa.Connection, name: str) -> str | None:
    """Return the value of `name`, or None."""
    return connection.scalar(sa.select(state.c.value).where(state.c.name == name))


def put(connection: sa.Connection, name: str, value: str) -> None:
    """Set the value of `name`, in the caller's write transaction."""
    changed = connection.execute(state.update().where(state.c.name == name).values(value=value))
    if not changed.rowcount:
        connection.execute(state.insert().values(name=name, value=value))


def data_version(connection: sa.Connection) -> str:
    """Return what changes with every figure; `0` while there has been none."""
    return get(connection, _DATA_VERSION) or "0"


def figures_changed(connection: sa.Connection) -> None:
    """Give the data a new version, in the caller's write transaction.

    A random one, not a number: after a restore and another import an earlier
    number would stand for other figures.
    """
    put(connection, _DATA_VERSION, secrets.token_hex(8))


def hash_key(connection: sa.Connection) -> str:
    """Return this database's own 16-character key of hashes, made when first asked for."""
    key = get(connection, "hash_key")
    if key is None:
        key = secrets.token_hex(8)
        put(connection, "hash_key", key)
    return key
