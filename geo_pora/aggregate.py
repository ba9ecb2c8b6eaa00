"""Located reports to counts per area and period.

`count` is the definition of every figure geo_pora shows: a plain recount over
the reports themselves. The store keeps summaries that answer the same question
without reading the reports; its tests hold them against this room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from geo_pora.errors import InputError
from geo_pora.periods import Period

LEVELS = ("regency", "district", "village")
DIMENSIONS = ("permit", "activity", "status", "agency")
MEASURES = ("reports", "persons", "arrivals", "departures")


def check_level(level: str) -> str:
    """Return `level` if it is one of `LEVELS`, else raise `InputError`."""
    if level not in LEVELS:
        raise InputError(f"level {level!r} is not known: use regency, district or village")
    return level


def check_dimension(by: str | None) -> str | None:
    """Return `by` if it is none or one of `DIMENSIONS`, else raise `InputError`."""
    if by is not None and by not in DIMENSIONS:
        # Nationality is a column of the reports and deliberately no dimension.
        raise InputError(f"cannot count by {by!r}: use {', '.join(DIMENSIONS)}")
    return by


def spans(reports: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day of presence that each report attests.

    Parameters
    ----------
    reports : DataFrame
        With `reported_on`, `from_date` and `to_date`.

    Returns
    -------
    first, last : Series of datetime64
        `from_date`, and `to_date` where it is stated. An agency that states no
        end has attested presence only until the day it reported.
    """
    first = reports["from_date"]
    attested = reports["reported_on"].where(reports["reported_on"] > first, first)
    return first, reports["to_date"].where(reports["to_date"].notna(), attested)


def count(
    located: pd.DataFrame, level: str, periods: Sequence[Period], by: str | None = None
) -> pd.DataFrame:
    """Count located reports per area, period and class.

    Parameters
    ----------
    located : DataFrame
        Located reports (see docs/architecture.md), one row per report.
    level : {'regency', 'district', 'village'}
        Level of the areas.
    periods : sequence of Period
        They may overlap; each is counted by itself.
    by : {'permit', 'activity', 'status', 'agency'}, optional
        Class to split the counts by.

    Returns
    -------
    DataFrame
        `period`, `area_code` (missing = not placed at this level), the `by`
        column where asked, and the measures `reports`, `persons`, `arrivals`
        and `departures`; only rows in which something was counted.

    Raises
    ------
    InputError
        For a level or a class that does not exist.
    """
    check_level(level)
    check_dimension(by)
    first, last = spans(located)
    keys = pd.DataFrame({"area_code": located[f"{level}_code"]})
    if by:
        keys[by] = located[by]
    return _stacked(
        [_one_period(located, keys, first, last, period) for period in periods], keys.columns
    )


def _one_period(
    located: pd.DataFrame, keys: pd.DataFrame, first: pd.Series, last: pd.Series, period: Period
) -> pd.DataFrame:
    begin, end = pd.Timestamp(period.first), pd.Timestamp(period.last)
    present = (first <= end) & (last >= begin)
    persons = located.loc[present, "persons"]
    rows = keys[present].assign(
        reports=np.ones(len(persons), dtype="int64"),
        persons=persons,
        arrivals=persons.where(first[present] >= begin, 0),
        departures=persons.where(located.loc[present, "to_date"] <= end, 0),
    )
    counted = rows.groupby(list(keys.columns), dropna=False, sort=True, as_index=False)[
        list(MEASURES)
    ].sum()
    counted.insert(0, "period", period.key)
    return counted


def _stacked(parts: list[pd.DataFrame], keys: pd.Index) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=["period", *keys, *MEASURES])
    table = pd.concat(parts, ignore_index=True)
    return table.astype(dict.fromkeys(MEASURES, "int64"))


def complete(
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    periods: Sequence[Period],
    by: str | None = None,
    classes: Sequence[str] = (),
) -> pd.DataFrame:
    """Fill counts with zeros, so that every area stands in every period and class.

    Parameters
    ----------
    counts : DataFrame
        As returned by `count` or by the store.
    areas : DataFrame
        `code`, `name` and `area_km2` of the areas at this level.
    periods : sequence of Period
        The periods that were counted.
    by : str, optional
        The class column of `counts`.
    classes : sequence of str
        The classes that must appear; classes found in `counts` are added.

    Returns
    -------
    DataFrame
        `period`, `area_code`, `area_name`, `area_km2`, `by`, measures. Rows of
        an area that the layer does not have are kept at the end, and so are
        unplaced rows (`area_code` missing): every sum is preserved.
    """
    grid: list[Sequence[Any]] = [[p.key for p in periods], areas["code"].tolist()]
    names = ["period", "area_code"]
    if by:
        found = counts[by].dropna().unique()
        grid.append([*classes, *sorted(set(found) - set(classes))])
        names.append(by)
    full = pd.MultiIndex.from_product(grid, names=names).to_frame(index=False)
    placed = counts[counts["area_code"].isin(areas["code"])]
    rest = counts[~counts["area_code"].isin(areas["code"])]
    table = pd.concat([full.merge(placed, on=names, how="left"), rest], ignore_index=True)
    table[list(MEASURES)] = table[list(MEASURES)].fillna(0).astype("int64")
    known = areas.set_index("code")
    table.insert(2, "area_name", table["area_code"].map(known["name"]))
    table.insert(3, "area_km2", table["area_code"].map(known["area_km2"]))
    return table


def density(values: pd.Series, area_km2: pd.Series) -> pd.Series:
    """Return `values` per km2; missing where the area is unknown or zero."""
    return values / area_km2.where(area_km2 > 0, np.nan)
