"""Periods that an administrator names: "masa kampanye"."""

from __future__ import annotations

import sqlalchemy as sa

from geo_pora.errors import InputError, NotFoundError
from geo_pora.periods import Period
from geo_pora.store import audit, state
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import named_periods


def all(engine: sa.Engine) -> dict[str, Period]:
    """Return the named periods by name, in order of time."""
    c = named_periods.c
    query = sa.select(c.name, c.first, c.last).order_by(c.first, c.last, c.name)
    with reading(engine) as connection:
        return {row.name: Period(row.first, row.last) for row in connection.execute(query)}


def put(engine: sa.Engine, name: str, period: Period, actor: str) -> None:
    """Name a period; an earlier one of this name is replaced."""
    name = " ".join(name.split())
    if not name:
        raise InputError("a named period needs a name")
    values = {"first": period.first, "last": period.last}
    with writing(engine) as connection:
        state.figures_changed(connection)
        row = named_periods.c.name == name
        changed = connection.execute(named_periods.update().where(row).values(**values))
        if not changed.rowcount:
            connection.execute(named_periods.insert().values(name=name, **values))
        audit.record(connection, actor, "period.put", f"period:{name}", {"period": period.key})


def remove(engine: sa.Engine, name: str, actor: str) -> None:
    """Forget a named period.

    Raises
    ------
    NotFoundError
        If there is none such.
    """
    with writing(engine) as connection:
        state.figures_changed(connection)
        row = named_periods.c.name == name
        if not connection.execute(named_periods.delete().where(row)).rowcount:
            raise NotFoundError(f"there is no period named {name[:60]!r}")
        audit.record(connection, actor, "period.remove", f"period:{name}")
