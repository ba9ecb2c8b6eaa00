"""What the map page holds before a script has run: choosers, figures, and the table of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from flask import render_template, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from geo_pora.aggregate import DIMENSIONS, LEVELS
from geo_pora.disclosure import HIDDEN, NO_DATA, PUBLISHED, ZERO
from geo_pora.errors import GeoPoraError
from geo_pora.maps import Figures
from geo_pora.periods import Period
from geo_pora.store import clock
from webmap import choices, words
from webmap.choices import Choice
from webmap.state import current

DEFAULTS = {
    "level": "district",
    "measure": "persons",
    "show": "count",
    "scheme": "quantiles",
    "classes": "5",
}
# As the table's script orders them: figures, then what is hidden, then what is not known.
_RANK = {PUBLISHED: 0, ZERO: 0, HIDDEN: 1, NO_DATA: 2}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    code: str
    name: str
    parent: str
    text: str
    muted: bool


def figures(choice: Choice, version: str) -> dict[str, Any]:
    """Return the figures of a choice as plain values, with their words."""
    unit, short = words.unit(choice)
    drawn = current().atlas().drawn(choice, version)
    said = {"unit": unit, "unit_short": short, "subtitle": words.subtitle(choice)}
    return {**drawn.as_dict(), **said}


def content(choice: Choice, problem: str) -> str:
    """Return the page's own part.

    Parameters
    ----------
    choice : Choice
        What the address asks for, or the default where it cannot be read.
    problem : str
        Why it cannot be read; empty where it can.
    """
    state = current()
    atlas = state.atlas()
    version = state.data_version()
    try:
        found: dict[str, Any] | None = figures(choice, version)
        rows = table_rows(atlas.drawn(choice, version), choice.show)
    except GeoPoraError as error:
        found, rows, problem = None, [], problem or str(error)
    periods = words.period_groups(state.months(), state.named_periods())
    offered = {key for _group, options in periods for key, _name in options}
    return render_template(
        "_map_content.html",
        map_html=atlas.frame.html,
        indicative=atlas.layer.indicative,
        source_note=words.source_note(atlas.layer),
        levels=[(level, words.levels()[level]) for level in LEVELS if level in atlas.layer.levels],
        periods=periods,
        free=choice.period.key not in offered,
        measures=list(words.measures().items()),
        # Inhabitants of a finer level are added up, so that those of any level show here.
        shows=list(words.shows(rate=len(atlas.inhabitants("regency")) > 0).items()),
        schemes=list(words.schemes().items()),
        filters=[
            (name, words.dimensions()[name], [("", _("semua")), *words.labels(name)])
            for name in DIMENSIONS
        ],
        choice=choice,
        chosen=dict(choice.filters),
        problem=problem,
        figures=found,
        rows=rows,
        total=_total(found, choice.show),
        page={**_script_data(choice), "figures": found, "problem": problem},
    )


def _script_data(choice: Choice) -> dict[str, Any]:
    """Return what the page's script needs: addresses, months, words."""
    state = current()
    atlas = state.atlas()
    months = state.months()
    layer = {"version": atlas.version, "level": "LEVEL"}
    return {
        "defaults": {**DEFAULTS, "period": default_period().key},
        "state": in_address(choice),
        "bounds": atlas.bounds,
        "span": [str(months[0].first), str(months[-1].last)] if months else ["", ""],
        "months": [{"key": month.key, "label": words.period(month)} for month in months],
        "areas_url": url_for("map.about_areas", **layer),
        "script_url": url_for("map.script", version=atlas.version, name="LEVEL"),
        "figures_url": url_for("map.figures"),
        "area_url": url_for("map.area", code="CODE"),
        "download_url": url_for("exports.release") if state.has("exports.release") else "",
        "source_note": words.source_note(atlas.layer),
        "texts": words.map_texts(indicative=atlas.layer.indicative),
    }


def default_period() -> Period:
    """Return the period of a map whose address names none; asked of the store once a day."""
    state = current()
    key = ("default period", state.data_version(), clock.day_of(clock.now()))
    return state.atlas().keep(key, state.default_period)  # type: ignore[no-any-return]


def in_address(choice: Choice) -> dict[str, str]:
    """Return a choice as the parts of an address."""
    plain = {
        name: value
        for name, value in asdict(choice).items()
        if name in ("level", "measure", "show", "scheme")
    }
    return {
        **plain,
        "period": choice.period.key,
        "compare": choice.compare.key if choice.compare else "",
        "classes": str(choice.classes),
        "breaks": choices.written(choice.breaks),
        **dict(choice.filters),
    }


def table_rows(drawn: Figures, show: str) -> list[Row]:
    """Return the rows of the table, the largest figure first."""
    atlas = current().atlas()
    cells = drawn.cells
    values = cells["value"].fillna(0)
    order = sorted(
        range(len(cells)),
        key=lambda at: (_RANK[cells["status"][at]], -values[at], cells["name"][at]),
    )
    texts = {HIDDEN: drawn.hidden_label, ZERO: _("nol"), NO_DATA: _("tidak ada data")}
    return [
        Row(
            code=cells["code"][at],
            name=cells["name"][at],
            parent=atlas.name_of(cells["code"][at].rpartition(".")[0]),
            text=texts.get(cells["status"][at]) or number(cells["value"][at], show),
            muted=cells["status"][at] != PUBLISHED,
        )
        for at in order
    ]


def number(value: float, show: str) -> str:
    """Return a figure as the language writes it; a change with its sign."""
    signed = "+#,##0.##;-#,##0.##" if show == "change" and round(value, 2) else "#,##0.##"
    return str(format_decimal(value, format=signed))


def _total(found: dict[str, Any] | None, show: str) -> str:
    """Return the sum of what is shown, where a sum has a meaning."""
    if found is None or show in ("density", "rate"):
        return "–"
    return number(float(pd.Series(found["values"], dtype="float64").sum()), show)
