"""The review queue: rows that the geocoder would not decide alone, decided by a person."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import InputError, NotFoundError
from geo_pora.gazetteer import same_text as saying
from geo_pora.store import aliases, audit, cube, spans
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import CONTENT, PLACING, reports, revisions

_COLUMNS = ["agency", "report_id", "batch_id", "row_number", *CONTENT, *PLACING]
_LEVELS = {2: "regency", 3: "district", 4: "village"}


def queue(
    engine: sa.Engine, limit: int = 50, offset: int = 0, agency: str | None = None
) -> pd.DataFrame:
    """List rows to review, oldest first.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    limit, offset : int
        Which page.
    agency : str, optional
        Only this agency's.

    Returns
    -------
    pandas.DataFrame
        `key`, `agency`, `report_id`, `batch_id`, `row_number` and the columns
        of located reports.
    """
    query = _open(agency).order_by(reports.c.id).limit(limit).offset(offset)
    with reading(engine) as connection:
        result = connection.execute(query)
        return pd.DataFrame(result.all(), columns=list(result.keys()))


def size(engine: sa.Engine, agency: str | None = None) -> int:
    """Return how many rows wait for review."""
    with reading(engine) as connection:
        query = sa.select(sa.func.count()).select_from(_open(agency).subquery())
        return int(connection.scalar(query) or 0)


def item(engine: sa.Engine, key: int) -> dict[str, Any]:
    """Return one row of the queue, with two facts that help to decide.

    `same_text` is how many other rows wait whose address says the same, and
    `shared_name` whether several areas go by the address: kept as an alias, it
    decides all later reports with that text.

    Raises
    ------
    NotFoundError
        If the row is not in the queue.
    """
    with reading(engine) as connection:
        row = connection.execute(_open(None).where(reports.c.id == key)).mappings().first()
        if row is None:
            raise NotFoundError(f"row {key} does not wait for review: it may be decided already")
        others = len(_same_text(connection, row)) - 1
        shared = bool(row["location_text"]) and _several(row["candidates"])
        return {**row, "same_text": others, "shared_name": shared}


def resolve(
    engine: sa.Engine,
    key: int,
    code: str | None,
    actor: str,
    *,
    keep_alias: bool | str = False,
    same_text: bool = False,
) -> int:
    """Decide where a report is; its address and finer details are erased with that.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    key : int
        Of the queue.
    code : str or None
        Code of a village, district or regency; None where it is in none of them.
    actor : str
        Who decides.
    keep_alias : bool or str
        Remember this text (True: the whole address) as a name of `code`.
    same_text : bool
        Decide likewise on every waiting row whose address says the same.

    Returns
    -------
    int
        Number of rows decided.

    Raises
    ------
    NotFoundError
        If the row is not in the queue.
    InputError
        If the code is none of an area, or an alias is to be kept but has no text.
    """
    decision = _decision(code)
    with writing(engine) as connection:
        row = connection.execute(_open(None).where(reports.c.id == key)).mappings().first()
        if row is None:
            raise NotFoundError(f"row {key} does not wait for review: it may be decided already")
        keys = _same_text(connection, row) if same_text else [key]
        chosen = reports.c.id.in_(keys)
        cube.change(connection, removed=spans.of_reports(connection, chosen))
        connection.execute(reports.update().where(chosen).values(**decision))
        connection.execute(
            revisions.update()
            .where(revisions.c.report_key.in_(keys))
            .values(location_text=None, coordinates_text=None)
        )
        cube.change(connection, added=spans.of_reports(connection, chosen))
        if keep_alias and code:
            text = keep_alias if isinstance(keep_alias, str) else row["location_text"] or ""
            aliases.put(connection, text, code, actor, "review")
        detail = {"code": code, "rows": len(keys), "alias": bool(keep_alias and code)}
        audit.record(connection, actor, "review.resolve", f"report:{key}", detail)
        return len(keys)


def _open(agency: str | None) -> sa.Select[Any]:
    c = reports.c
    query = sa.select(c.id.label("key"), *(c[name] for name in _COLUMNS))
    query = query.where(c.review_reason.is_not(None))
    return query if agency is None else query.where(c.agency == agency)


def _same_text(connection: sa.Connection, row: sa.RowMapping) -> list[int]:
    """Return the keys of the waiting rows whose address says the same, this row's own included.

    Letters and digits count, not case, spaces or punctuation: what the
    geocoder takes for the same text when it applies an alias.
    """
    wanted = saying(row["location_text"] or "")
    if not wanted:
        return [row["key"]]
    c = reports.c
    waiting = sa.select(c.id, c.location_text).where(
        c.review_reason.is_not(None), c.location_text.is_not(None)
    )
    known: dict[str, bool] = {}
    keys = []
    for key, text in connection.execute(waiting):
        if text not in known:
            known[text] = saying(text) == wanted
        if known[text]:
            keys.append(key)
    return keys


def _several(candidates: str | None) -> bool:
    """Tell whether another area is at least nearly half as likely as the likeliest one."""
    shares = [float(one.rpartition(":")[2]) for one in (candidates or "").split(";") if one]
    return len(shares) > 1 and shares[1] > 0.4 * shares[0]


def _decision(code: str | None) -> dict[str, Any]:
    parts = code.split(".") if code else []
    if code and len(parts) not in _LEVELS:
        raise InputError(f"{code[:40]!r} is no code of a regency, a district or a village")
    ancestors = {len(parts[:n]): ".".join(parts[:n]) for n in range(2, len(parts) + 1)}
    return {
        "regency_code": ancestors.get(2),
        "district_code": ancestors.get(3),
        "village_code": ancestors.get(4),
        "match_level": _LEVELS.get(len(parts), "none"),
        "confidence": 1.0 if code else 0.0,
        "review_reason": None,
        "candidates": None,
        "location_text": None,
        "coordinates_text": None,
        "confirmed": True,
    }
