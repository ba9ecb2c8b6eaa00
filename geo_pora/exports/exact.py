"""The exact export: a right of its own, with a written purpose, in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
from sqlalchemy import Engine

from geo_pora import exports
from geo_pora.disclosure import Audience, Policy, disclose
from geo_pora.errors import RefusedError
from geo_pora.store import audit

LEAST_PURPOSE = 15  # letters: a sentence, not a full stop


def write_exact(
    engine: Engine,
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    path: Path,
    format: str | None = None,
    *,
    level: str,
    actor: str,
    purpose: str,
    about: Mapping[str, str],
    semicolon: bool = False,
) -> None:
    """Write counts with nothing hidden, after the audit log has taken note.

    The caller has checked that `actor` holds the right to it.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Whose audit log takes the entry; without it no file is written.
    counts : DataFrame
    areas : GeoDataFrame
    path : Path
    format : str, optional
    level : str
    actor : str
    purpose : str
        Why exact counts are needed, in words.
    about : mapping of str
    semicolon : bool

    Raises
    ------
    RefusedError
        If the purpose is not stated.
    """
    words = " ".join(purpose.split())
    if sum(map(str.isalpha, words)) < LEAST_PURPOSE:
        raise RefusedError("an exact export needs its purpose in words: who needs it, and what for")
    table = disclose(counts, level=level, policy=Policy(Audience.TEAM, 1, complementary=False))
    # A spreadsheet passed on has no notes: every row says of itself what it is.
    table = replace(table, table=table.table.assign(exact="ya"))
    detail = {
        "purpose": words[:500],
        "table": table.name,
        "periods": sorted(set(table.table["period"])),
        "rows": len(table.table),
        "format": exports.format_of(path, format),
    }
    audit.record(engine, actor, "export.exact", f"table:{table.name}", detail)
    notes = {**about, "exact": "ya: hanya untuk tujuan yang disebut", "purpose": words}
    exports.write(table, areas, path, format, about=notes, semicolon=semicolon)
