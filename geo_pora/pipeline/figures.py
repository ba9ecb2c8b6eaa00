"""From the store through the gate: counts, maps and files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from geo_pora import aggregate, codes, disclosure, located_files, periods
from geo_pora.boundaries import Layer
from geo_pora.disclosure import Disclosed, Policy
from geo_pora.periods import Period
from geo_pora.pipeline.placing import open_layer
from geo_pora.settings import Settings
from geo_pora.store import batches, queries
from geo_pora.store.queries import Filters

Chosen = Mapping[str, str | Sequence[str]]
_LISTS = {
    "permit": "permits",
    "activity": "activities",
    "status": "statuses",
    "agency": "agencies",
}


def default_period(engine: Engine, today: dt.date | None = None) -> Period:
    """Return the last full quarter that has reports, else the last quarter that has any.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    today : datetime.date, optional
        The day that decides which quarters are over.
    """
    today = today or dt.date.today()
    quarters = sorted({periods.quarter_of(m.first) for m in queries.months_with_reports(engine)})
    full = [quarter for quarter in quarters if quarter.last < today]
    return (full or quarters or [periods.previous_quarter(today)])[-1]


def filters_of(chosen: Chosen) -> Filters:
    """Return the store's filters for codes chosen by dimension.

    Raises
    ------
    InputError
        For anything that is no dimension; nationality is none.
    """
    asked = {}
    for name, value in chosen.items():
        aggregate.check_dimension(name)
        asked[_LISTS[name]] = (value,) if isinstance(value, str) else tuple(value)
    return Filters(**asked)


def counts(
    engine: Engine,
    layer: Layer,
    level: str,
    asked: Sequence[Period],
    by: str | None = None,
    filters: Chosen | None = None,
) -> pd.DataFrame:
    """Count the stored reports, zeros included; for the rooms behind the gate only.

    A zero says that somebody reported and nobody was there. A period for which the store
    holds no report at all has no data instead.
    """
    aggregate.check_level(level)
    found = queries.counts(engine, level, asked, by, filters_of(filters or {}))
    classes = list(codes.load(_LISTS[by]).codes) if by and by != "agency" else []
    table = aggregate.complete(found, layer.areas(level), asked, by, classes)
    silent = [p for p in asked if p.key not in set(found["period"])]
    if silent and filters:
        heard = set(queries.counts(engine, "regency", silent)["period"])
        silent = [p for p in silent if p.key not in heard]
    measures = list(aggregate.MEASURES)
    table[measures] = table[measures].astype("Int64")
    table.loc[table["period"].isin([p.key for p in silent]), measures] = pd.NA
    return table


def disclosed_counts(
    engine: Engine,
    layer: Layer,
    *,
    level: str,
    period: Period | Sequence[Period],
    by: str | None = None,
    filters: Chosen | None = None,
) -> Disclosed:
    """Count the stored reports for the team and pass the counts through the gate.

    What leaves the team is not counted here but taken from a release: see
    `pipeline.released`.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    layer : Layer
    level : {'regency', 'district', 'village'}
    period : Period or sequence of Period
    by : {'permit', 'activity', 'status', 'agency'}, optional
    filters : mapping, optional
        Codes to count, by dimension.

    Returns
    -------
    Disclosed

    Raises
    ------
    InputError
        For a level, a class or a filter that does not exist; nationality is none.
    """
    asked = [period] if isinstance(period, Period) else list(period)
    table = counts(engine, layer, level, asked, by, filters)
    return disclosure.disclose(table, level=level, policy=Policy.team(level))


def team_counts(
    engine: Engine,
    settings: Settings,
    level: str,
    asked: Sequence[Period],
    *,
    by: str | None = None,
) -> Disclosed:
    """Return the team's counts on the layer in use."""
    layer = open_layer(settings, engine)
    return disclosed_counts(engine, layer, level=level, period=asked, by=by)


def write_counts(disclosed: Disclosed, path: Path) -> None:
    """Write a disclosed table as CSV: a value or a status per cell, unplaced rows last."""
    with located_files.writing(path) as write:
        write(disclosed.table)


def is_demonstration(engine: Engine) -> bool:
    """Return whether the store holds synthetic reports, which every page must say."""
    names = batches.list(engine)["file_name"]
    return bool(names.str.startswith("DEMO-").any())


def source_note(engine: Engine) -> str:
    """Return what the figures come from, as a map's legend says it."""
    if is_demonstration(engine):
        return "Data sintetis untuk peragaan, bukan laporan sebenarnya"
    return "Laporan Tim PORA"
