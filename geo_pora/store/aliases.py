"""Names of places as people write them, learnt in review."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import InputError, NotFoundError
from geo_pora.store import audit, clock
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import aliases

COLUMNS = ["alias", "code", "source"]


def all(engine: sa.Engine) -> pd.DataFrame:
    """Return every alias: `alias` as written, `code` of its area, `source`."""
    query = sa.select(*(aliases.c[name] for name in COLUMNS)).order_by(aliases.c.alias)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=COLUMNS).astype("str")


def add(engine: sa.Engine, alias: str, code: str, actor: str, source: str = "review") -> None:
    """Remember that `alias` means the area `code`; an earlier meaning is replaced."""
    with writing(engine) as connection:
        put(connection, alias, code, actor, source)
        audit.record(connection, actor, "alias.add", f"area:{code}", {"source": source})


def remove(engine: sa.Engine, alias: str, actor: str) -> None:
    """Forget an alias.

    Raises
    ------
    NotFoundError
        If there is none such.
    """
    with writing(engine) as connection:
        gone = connection.execute(aliases.delete().where(aliases.c.alias == alias)).rowcount
        if not gone:
            raise NotFoundError(f"there is no alias {alias[:60]!r}: nothing was removed")
        audit.record(connection, actor, "alias.remove", "alias")


def put(connection: sa.Connection, alias: str, code: str, actor: str, source: str) -> None:
    """Set an alias in the caller's write transaction."""
    written = " ".join(alias.split())
    if not written:
        raise InputError("an alias needs some text: write the place as the reports do")
    values = {"code": code, "source": source, "actor": actor, "created_at": clock.now()}
    changed = connection.execute(
        aliases.update().where(aliases.c.alias == written).values(**values)
    )
    if not changed.rowcount:
        connection.execute(aliases.insert().values(alias=written, **values))
