"""Inhabitants per area, to compare counts with."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from geo_pora.store import audit, state
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import population

_PARTS = {"regency": 2, "district": 3, "village": 4}


def install(engine: sa.Engine, table: pd.DataFrame, year: int, actor: str) -> int:
    """Replace the inhabitants of one year.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    table : DataFrame
        `area_code` and `inhabitants` (0 or more), at any level.
    year : int
    actor : str
        Who does it, for the audit log.

    Returns
    -------
    int
        Areas installed.
    """
    rows = [
        {"area_code": str(code), "year": year, "inhabitants": int(number)}
        for code, number in zip(table["area_code"], table["inhabitants"], strict=True)
    ]
    with writing(engine) as connection:
        state.figures_changed(connection)
        connection.execute(population.delete().where(population.c.year == year))
        connection.execute(population.insert(), rows)
        audit.record(connection, actor, "population.install", f"year:{year}", {"areas": len(rows)})
    return len(rows)


def latest(engine: sa.Engine, level: str) -> pd.DataFrame:
    """Return the newest inhabitants per area of a level.

    A level that was not installed is added up from a finer one, if that is there.

    Returns
    -------
    DataFrame
        `area_code`, `inhabitants`; empty where nothing is known.
    """
    query = sa.select(population.c.area_code, population.c.year, population.c.inhabitants)
    with reading(engine) as connection:
        known = pd.DataFrame(
            connection.execute(query).all(), columns=["area_code", "year", "inhabitants"]
        ).astype({"area_code": "str"})
    known = known.sort_values("year").drop_duplicates("area_code", keep="last")
    parts = known["area_code"].str.count(r"\.") + 1
    wanted = _PARTS[level]
    for depth in range(wanted, max(_PARTS.values()) + 1):
        rows = known[parts == depth]
        if not rows.empty:
            codes = rows["area_code"].str.split(".").str[:wanted].str.join(".")
            summed = rows.assign(area_code=codes).groupby("area_code", as_index=False)
            return summed["inhabitants"].sum()
    return pd.DataFrame({"area_code": pd.Series(dtype="str"), "inhabitants": []})
