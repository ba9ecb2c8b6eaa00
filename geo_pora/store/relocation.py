"""Placing the stored reports again on another version of the boundaries, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from geo_pora.store import audit, cube, layers, spans
from geo_pora.store.database import writing
from geo_pora.store.spans import Spans
from geo_pora.store.tables import PLACING, reports

_AT_ONCE = 5_000
_CODES = ("village_code", "district_code", "regency_code")
_VERSION: sa.BindParameter[str] = sa.bindparam("version")


class Move(NamedTuple):
    """How many reports went from one area to another; the finest codes known, '' for none."""

    from_code: str
    to_code: str
    reports: int


@dataclass(frozen=True)
class Relocation:
    """What a re-geocode changed: reports `read`, of them `moved` to another area.

    `moves` are counts per pair of areas, sorted by code: no report can be told from them
    but by who can read the store.
    """

    read: int
    moved: int
    moves: tuple[Move, ...] = ()


def relocate(
    engine: sa.Engine,
    located: pd.DataFrame | Iterable[pd.DataFrame],
    boundary_version: str,
    actor: str,
    *,
    layer: str | None = None,
) -> Relocation:
    """Put stored reports where another boundary version places them.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    located : pandas.DataFrame or iterable of them
        `key` (of `queries.stored_locations`) and the placing columns
        `village_code` ... `repairs`; chunks keep the memory bounded.
    boundary_version : str
        The version that placed them.
    actor : str
        Who does it, for the audit log.
    layer : str, optional
        Name of the layer, to be used from now on, in the same transaction.

    Returns
    -------
    Relocation
    """
    read, moves = 0, Counter[tuple[str, str]]()
    chunks = [located] if isinstance(located, pd.DataFrame) else located
    with writing(engine) as connection:
        for chunk in chunks:
            read += len(chunk)
            moves += _move(connection, chunk, boundary_version)
        if layer is not None:
            layers.put(connection, layer, boundary_version)
        moved = moves.total()
        detail = {"layer": layer, "version": boundary_version, "read": read, "moved": moved}
        audit.record(connection, actor, "relocate", f"layer:{layer or ''}", detail)
    sums = tuple(Move(before, now, count) for (before, now), count in sorted(moves.items()))
    return Relocation(read, moved, sums)


def _move(
    connection: sa.Connection, chunk: pd.DataFrame, boundary_version: str
) -> Counter[tuple[str, str]]:
    """Move a chunk; count the reports in another area than before, by both areas."""
    names = [name for name in PLACING if name in chunk and name != "boundary_version"]
    values = chunk[names].astype(object).where(chunk[names].notna(), None)
    rows = [
        {"at": int(key), **row, "version": boundary_version}
        for key, row in zip(chunk["key"], values.to_dict("records"), strict=True)
    ]
    update = (
        reports.update()
        .where(reports.c.id == sa.bindparam("at"))
        .values({**{name: sa.bindparam(name) for name in names}, "boundary_version": _VERSION})
    )
    removed: list[Spans] = []
    added: list[Spans] = []
    moves = Counter[tuple[str, str]]()
    for begin in range(0, len(rows), _AT_ONCE):
        part = {row["at"]: row for row in rows[begin : begin + _AT_ONCE]}
        chosen = reports.c.id.in_(part)
        query = sa.select(reports.c.id, *(reports.c[name] for name in _CODES)).where(chosen)
        for key, *codes in connection.execute(query):
            now = [part[key].get(name) for name in _CODES]
            if now != codes:
                moves[_finest(codes), _finest(now)] += 1
        removed += spans.of_reports(connection, chosen)
        connection.execute(update, [*part.values()])
        added += spans.of_reports(connection, chosen)
    cube.change(connection, added=added, removed=removed)
    return moves


def _finest(codes: list[str | None]) -> str:
    return next((code for code in codes if code), "")
