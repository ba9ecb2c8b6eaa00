"""Agencies as an administrator has changed or added them; `codes` has the ones that ship."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import InputError
from geo_pora.store import audit, state
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import agencies

COLUMNS = ["code", "name", "active"]


def all(engine: sa.Engine) -> pd.DataFrame:
    """Return `code`, `name` and `active` of the agencies that were changed or added."""
    query = sa.select(*(agencies.c[name] for name in COLUMNS)).order_by(agencies.c.code)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"code": "str", "name": "str", "active": bool})


def put(engine: sa.Engine, code: str, name: str, actor: str, *, active: bool = True) -> None:
    """Add an agency or change its name; one that is not active need not report any more."""
    if not code.strip() or not name.strip():
        raise InputError("an agency needs a code and a name")
    values = {"name": name.strip(), "active": active}
    with writing(engine) as connection:
        state.figures_changed(connection)
        row = agencies.c.code == code.strip()
        changed = connection.execute(agencies.update().where(row).values(**values))
        if not changed.rowcount:
            connection.execute(agencies.insert().values(code=code.strip(), **values))
        audit.record(connection, actor, "agency.put", f"agency:{code.strip()}", {"active": active})
