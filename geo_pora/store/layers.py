"""Which boundary layer, in which version, the stored reports are placed on."""

from __future__ import annotations

import json

import sqlalchemy as sa

from geo_pora.store import audit, state
from geo_pora.store.database import reading, writing

_NAME = "layer_in_use"


def in_use(engine: sa.Engine) -> tuple[str, str] | None:
    """Return name and version of the layer in use, or None where none was chosen."""
    with reading(engine) as connection:
        value = state.get(connection, _NAME)
    if value is None:
        return None
    name, version = json.loads(value)
    return name, version


def use(engine: sa.Engine, name: str, version: str, actor: str = "system") -> None:
    """Use a layer from now on; `ingest.relocate` does so and moves the reports as well."""
    with writing(engine) as connection:
        put(connection, name, version)
        audit.record(connection, actor, "layer.use", f"layer:{name}", {"version": version})


def put(connection: sa.Connection, name: str, version: str) -> None:
    """Set the layer in use, in the caller's write transaction."""
    state.figures_changed(connection)
    state.put(connection, _NAME, json.dumps([name, version]))
