"""The briefing (bahan rapat): two to four pages for the coordination meeting, as a PDF.

Only tables that passed the gate as a release go in, since a print can leave
the team.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import geopandas as gpd
import jinja2
import pandas as pd
from markupsafe import Markup

from geo_pora import periods
from geo_pora.briefing.drawing import draw
from geo_pora.disclosure import HIDDEN, PUBLISHED, ZERO, Audience, Disclosed, masked_classes
from geo_pora.errors import InputError, RefusedError
from geo_pora.exports.atomic import beside

ROWS = 60  # of the table; the areas with most persons where there are more
LATE_ROWS = 80
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_LEVELS = {"regency": "Kabupaten", "district": "Kecamatan", "village": "Desa/kelurahan"}
_CLASSES = {
    "hot99": "sangat kuat (99%)",
    "hot95": "kuat (95%)",
    "hot90": "cukup kuat (90%)",
}
_HEADINGS = {
    "persons": "Orang",
    "arrivals": "Datang",
    "departures": "Pergi",
    "reports": "Laporan",
}
_STATES = {"late": "terlambat", "missing": "belum ada"}


@dataclass(frozen=True, eq=False)
class Context:
    """What a briefing tells.

    Attributes
    ----------
    table : Disclosed
        Of one level; `period` chooses its rows. Under a release policy.
    period : str
        Key of the period.
    areas, regencies : GeoDataFrame
        Display shapes of the table's level and of the regencies.
    previous : Disclosed, optional
        The table that `previous_period` is in, for the changes.
    previous_period : str, optional
    hot_spots : DataFrame, optional
        `area_code` and `class`, as released.
    coverage : DataFrame, optional
        `agency`, `month` and `state`.
    sources : str
        Where the figures come from.
    boundaries : str
        Source and version of the boundaries.
    indicative : bool
        Whether the boundaries are not official.
    release_id : str
    made_on : date
    """

    table: Disclosed
    period: str
    areas: gpd.GeoDataFrame
    regencies: gpd.GeoDataFrame
    made_on: dt.date
    previous: Disclosed | None = None
    previous_period: str | None = None
    hot_spots: pd.DataFrame | None = None
    coverage: pd.DataFrame | None = None
    sources: str = "Laporan Tim PORA"
    boundaries: str = ""
    indicative: bool = False
    release_id: str = ""

    def __post_init__(self) -> None:
        for table in (self.table, self.previous):
            if table is not None and table.policy.audience is not Audience.RELEASE:
                raise RefusedError(
                    "a briefing can leave the team: give it tables of a release, not the team's"
                )
        if self.period not in set(self.table.table["period"]):
            raise InputError(f"the table has no period {self.period}: build a release of it first")


def write(context: Context, path: Path) -> None:
    """Write the briefing as a PDF.

    Parameters
    ----------
    context : Context
    path : Path
        Replaced in one step.
    """
    import weasyprint  # a second to import, which who makes no briefing need not wait for

    document = weasyprint.HTML(string=html(context), url_fetcher=_fetch_nothing)
    with beside(path) as draft:
        document.write_pdf(draft, pdf_identifier=context.release_id.encode() or b"geo_pora")


def _fetch_nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a briefing loads nothing: {url[:60]}")


def html(context: Context) -> str:
    """Return the briefing as one HTML page; every text is escaped."""
    loader = jinja2.FunctionLoader(_source)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    rows = context.table.only(context.period).table
    rows = rows[rows["area_code"].notna()]
    by_code = rows.set_index("area_code")
    drawing = draw(context.areas, context.regencies, by_code["persons"], by_code["persons_status"])
    return environment.get_template(
        "template.html"
    ).render(
        style=Markup(_source("style.css")),  # noqa: S704 - our own file
        context=context,
        level=_LEVELS[context.table.level],
        columns=[_HEADINGS[name] for name in _measures(context.table)],
        period=in_words(context.period),
        previous=in_words(context.previous_period) if context.previous_period else "",
        map=Markup(drawing.svg),  # noqa: S704 - names in it are escaped by `drawing`
        legend=drawing.legend,
        summary=_summary(rows),
        rows=_table(context, rows),
        left_out=max(len(rows) - ROWS, 0),
        changes=_changes(context, rows),
        hot=_hot(context),
        late=_late(context.coverage)[:LATE_ROWS],
        late_left_out=max(len(_late(context.coverage)) - LATE_ROWS, 0),
        states=_states(context.coverage),
        made_on=_day(context.made_on),
        loss=f"{100 * context.table.only(context.period).information_loss:.0f}",
    )


def _source(name: str) -> str:
    return (resources.files("geo_pora.briefing") / name).read_text(encoding="utf-8")


def in_words(key: str) -> str:
    """Return a period as an Indonesian reads it: `Januari 2026`, `Triwulan I 2026`."""
    period = periods.parse(key)
    if "-Q" in key:
        return f"Triwulan {('I', 'II', 'III', 'IV')[int(key[-1]) - 1]} {period.first.year}"
    if "_" not in key:
        return f"{_MONTHS[period.first.month - 1]} {period.first.year}"
    return f"{_day(period.first)} – {_day(period.last)}"


def _day(day: dt.date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def cell(value: Any, status: str) -> str:
    """Return a disclosed cell as it is printed."""
    if status in (PUBLISHED, ZERO):
        return f"{int(value):,}".replace(",", ".")
    return "tersembunyi" if status == HIDDEN else "tidak ada data"


def _summary(rows: pd.DataFrame) -> dict[str, int]:
    found = rows["persons_status"].value_counts()
    return {name: int(found.get(name, 0)) for name in (PUBLISHED, HIDDEN, ZERO)}


def _table(context: Context, rows: pd.DataFrame) -> list[dict[str, Any]]:
    if len(rows) > ROWS:
        rows = rows.sort_values("persons", ascending=False, na_position="last").head(ROWS)
        rows = rows.sort_values("area_code")
    regency = dict(zip(context.regencies["code"], context.regencies["name"], strict=True))
    names = dict(zip(context.areas["code"], context.areas["name"], strict=True))
    return [
        {
            "name": names.get(row["area_code"], row["area_code"]),
            "regency": regency.get(".".join(row["area_code"].split(".")[:2]), ""),
            "cells": [cell(row[name], row[f"{name}_status"]) for name in _measures(context.table)],
        }
        for row in rows.to_dict("records")
    ]


def _measures(table: Disclosed) -> list[str]:
    """Measures of the printed table, in the order of its columns."""
    return [
        name for name in ("persons", "arrivals", "departures", "reports") if name in table.measures
    ]


def _changes(context: Context, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the largest changes between two counts that are both shown."""
    if context.previous is None or context.previous_period is None:
        return []
    before = context.previous.only(context.previous_period).table
    both = rows.merge(before, on="area_code", suffixes=("", "_before"))
    shown = [PUBLISHED, ZERO]
    both = both[both["persons_status"].isin(shown) & both["persons_status_before"].isin(shown)]
    both = both.assign(change=(both["persons"] - both["persons_before"]).astype("int64"))
    both = both[both["change"] != 0]
    both = both.loc[both["change"].abs().sort_values(ascending=False, kind="stable").index].head(10)
    names = dict(zip(context.areas["code"], context.areas["name"], strict=True))
    return [
        {
            "name": names.get(row["area_code"], row["area_code"]),
            "before": row["persons_before"],
            "now": row["persons"],
            "change": f"{row['change']:+d}",
        }
        for row in both.to_dict("records")
    ]


def _hot(context: Context) -> list[dict[str, str]] | None:
    if context.hot_spots is None:
        return None
    names = dict(zip(context.areas["code"], context.areas["name"], strict=True))
    found = masked_classes(context.hot_spots, context.table.only(context.period))
    found = found[found["class"].isin(list(_CLASSES))]
    found = found.sort_values("class", ascending=False, kind="stable")
    return [
        {"name": names.get(row["area_code"], row["area_code"]), "class": _CLASSES[row["class"]]}
        for row in found.to_dict("records")
    ]


def _states(coverage: pd.DataFrame | None) -> dict[str, int] | None:
    if coverage is None:
        return None
    found = coverage["state"].value_counts()
    return {name: int(found.get(name, 0)) for name in ("sent", "late", "missing")}


def _late(coverage: pd.DataFrame | None) -> Sequence[dict[str, str]]:
    if coverage is None:
        return []
    open_ = coverage[coverage["state"].isin(list(_STATES))]
    one_year = open_["month"].str[:4].nunique() == 1
    return [
        {"agency": str(agency), "months": _months_by_state(part, with_year=not one_year)}
        for agency, part in open_.groupby("agency", sort=True)
    ]


def _months_by_state(part: pd.DataFrame, *, with_year: bool) -> str:
    """Return `terlambat Juli, Agustus; belum ada September` of one agency."""
    said = []
    for state, rows in part.groupby("state", sort=True):
        months = [in_words(month) for month in rows["month"]]
        names = months if with_year else [month.split(" ")[0] for month in months]
        said.append(f"{_STATES[str(state)]} {', '.join(names)}")
    return "; ".join(said)
