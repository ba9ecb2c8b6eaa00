"""From a disclosed table to the figures of one map: a value, a status and a class per area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_pora.disclosure import HIDDEN, NO_DATA, PUBLISHED, ZERO, Disclosed
from geo_pora.errors import InputError
from geo_pora.maps.classes import Classes, classify

# One letter per status keeps the figures of 727 villages small on a slow line.
LETTERS = {PUBLISHED: "p", HIDDEN: "h", ZERO: "z", NO_DATA: "n"}


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of one map.

    Attributes
    ----------
    cells : DataFrame
        `code`, `name`, `value` (float, missing unless published or zero),
        `status` and `cls` (class, -1 in none), in the order of the areas.
    classes : Classes
    elsewhere : float or None
        Value that could not be placed at this level; None where it is hidden
        or there is none.
    hidden_label : str
        What a hidden count is shown as; empty where the policy hides nothing.
    """

    cells: pd.DataFrame
    classes: Classes
    elsewhere: float | None
    hidden_label: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; no names, the order is that of the areas."""
        return {
            "values": [None if pd.isna(v) else round(float(v), 4) for v in self.cells["value"]],
            "statuses": "".join(LETTERS[status] for status in self.cells["status"]),
            "cls": [int(place) for place in self.cells["cls"]],
            "classes": [
                {"low": round(one.low, 4), "high": round(one.high, 4), "colour": one.colour}
                for one in self.classes.classes
            ],
            "elsewhere": self.elsewhere,
            "hidden_label": self.hidden_label,
        }


def figures(
    disclosed: Disclosed,
    areas: gpd.GeoDataFrame,
    measure: str = "persons",
    *,
    per_km2: bool = False,
    inhabitants: pd.Series | None = None,
    before: Disclosed | None = None,
    scheme: str = "quantiles",
    count: int = 5,
    breaks: tuple[float, ...] = (),
) -> Figures:
    """Return the figures of a map.

    Parameters
    ----------
    disclosed : Disclosed
        One period, without a class column.
    areas : GeoDataFrame
        `code`, `name`, `area_km2`: every area that is drawn, in order.
    measure : str
        `persons`, `arrivals`, `departures` or `reports`.
    per_km2 : bool
        Divide published values by the area's size.
    inhabitants : Series, optional
        Inhabitants by area code: published values become a rate per 10,000; an
        area without inhabitants on record has no data.
    before : Disclosed, optional
        The same table of an earlier period: the figures are the change since
        then, where both are published or zero.
    scheme, count, breaks
        Classes, as in `classify`.

    Raises
    ------
    InputError
        If the table has more than one period, a class column, or no such measure.
    """
    cells, elsewhere = _cells(disclosed, areas, measure)
    if before is not None:
        earlier, earlier_elsewhere = _cells(before, areas, measure)
        cells = _change(cells, earlier)
        both = elsewhere is not None and earlier_elsewhere is not None
        elsewhere = elsewhere - earlier_elsewhere if both else None  # type: ignore[operator]
    if per_km2:
        cells["value"] = cells["value"] / areas["area_km2"].to_numpy()
        elsewhere = None
    if inhabitants is not None:
        cells, elsewhere = _rate(cells, inhabitants), None
    shown = cells["value"].where(cells["status"] == PUBLISHED)
    classes = classify(shown, scheme, count, breaks)
    cells["cls"] = classes.index(shown)
    policy = disclosed.policy
    # A policy that hides nothing has no such class in its legend.
    label = policy.hidden_label if policy.threshold > 1 or policy.complementary else ""
    return Figures(cells, classes, elsewhere, label)


def _cells(
    disclosed: Disclosed, areas: gpd.GeoDataFrame, measure: str
) -> tuple[pd.DataFrame, float | None]:
    """Return value and status per area, and the value that is in no area."""
    table = disclosed.table
    if disclosed.by is not None or table["period"].nunique() > 1:
        raise InputError("a map shows one period and no classes: choose one period")
    if measure not in table:
        raise InputError(f"measure {measure[:40]!r} is not one of {', '.join(disclosed.measures)}")
    placed = table[table["area_code"].notna()].set_index("area_code")
    rows = placed.reindex(areas["code"].to_numpy())
    cells = pd.DataFrame(
        {
            "code": areas["code"].to_numpy(),
            "name": areas["name"].to_numpy(),
            "value": rows[measure].to_numpy(dtype="float64", na_value=np.nan),
            "status": rows[f"{measure}_status"].fillna(NO_DATA).to_numpy(),
        }
    )
    rest = table.loc[table["area_code"].isna(), measure].dropna()
    return cells, float(rest.sum()) if len(rest) else None


def _rate(cells: pd.DataFrame, inhabitants: pd.Series) -> pd.DataFrame:
    """Return values per 10,000 inhabitants."""
    known = inhabitants.reindex(cells["code"]).to_numpy(dtype="float64", na_value=np.nan)
    known = np.where(known > 0, known, np.nan)
    shown = cells["status"].isin((PUBLISHED, ZERO)) & ~np.isnan(known)
    status = cells["status"].where(shown | (cells["status"] == HIDDEN), NO_DATA)
    return cells.assign(value=cells["value"] / known * 10_000, status=status)


def _change(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the change between two tables: hidden where either side is."""
    value = now["value"] - before["value"]
    either = [now["status"], before["status"]]
    status = np.select(
        [
            (either[0] == HIDDEN) | (either[1] == HIDDEN),
            (either[0] == NO_DATA) | (either[1] == NO_DATA),
            (value == 0).to_numpy(),
        ],
        [HIDDEN, NO_DATA, ZERO],
        PUBLISHED,
    )
    return now.assign(value=value.where(np.isin(status, (PUBLISHED, ZERO))), status=status)
