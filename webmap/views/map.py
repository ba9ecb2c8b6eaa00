"""The planner's map: a page with its figures, layers that never change, the figures of others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from geo_pora.aggregate import MEASURES
from geo_pora.store import clock
from webmap import choices, kept_answers, map_page, words
from webmap.atlas import Resource
from webmap.permissions import allowed, requires
from webmap.state import current
from webmap.static_files import accepted_encoding, kept_response

blueprint = Blueprint("map", __name__, url_prefix="/map")
# What a layer's address answers never changes; only signed-in people may have it.
FOREVER = "private, max-age=31536000, immutable"
CARD_MONTHS = 24


@blueprint.get("/")
@requires("map")
def page() -> str:
    """Show the map's page, its figures and their table inside; scripts draw the map."""
    kept_answers.keep()
    state = current()
    atlas = state.atlas()
    choice, problem = choices.read_what_can_be(request.args, map_page.default_period())
    # Choosers, figures and words change only with the data, the language and the right to export;
    # which period is shown where none is chosen, and the date on the sheet, with the day.
    key = (
        *("page", state.data_version(), clock.day_of(clock.now())),
        *(str(get_locale()), allowed("export"), choice, problem),
    )
    return render_template(
        "map.html",
        version=atlas.version,
        leaflet=state.leaflet,
        level=choice.level if choice.level in atlas.layer.levels else "",
        content=atlas.keep_page(key, lambda: map_page.content(choice, problem)),
    )


@blueprint.get("/layers/<version>/<name>.js")
@requires("map")
def script(version: str, name: str) -> Response:
    """Send a script that folium wrote: the map itself, or the layer of a level."""
    kept_answers.keep()
    atlas = _atlas_of(version)
    encoding = accepted_encoding()
    body = atlas.script(name, encoding)
    return kept_response(body, encoding, "text/javascript; charset=utf-8", FOREVER)


@blueprint.get("/layers/<version>/map.css")
@requires("map")
def style(version: str) -> Response:
    """Send the style that folium wrote."""
    kept_answers.keep()
    body = _atlas_of(version).frame.style.encode()
    return kept_response(body, "", "text/css; charset=utf-8", FOREVER)


@blueprint.get("/layers/<version>/<level>.json")
@requires("map")
def about_areas(version: str, level: str) -> Response:
    """Send codes, names, parents and label points of a level."""
    kept_answers.keep()
    atlas = _atlas_of(version)
    if level not in atlas.layer.levels:
        abort(404)
    encoding = accepted_encoding()
    return kept_response(atlas.about_areas(level, encoding), encoding, "application/json", FOREVER)


@blueprint.get("/figures.json")
@requires("map")
def figures() -> Response:
    """Send value, status and class of every area for a choice."""
    kept_answers.keep()
    state = current()
    choice = choices.read(request.args, map_page.default_period())
    version = state.data_version()
    key = ("figures", version, choice, str(get_locale()))
    return tagged(state.atlas().keep(key, lambda: Resource.json(map_page.figures(choice, version))))


@blueprint.get("/areas/<code>.json")
@requires("map")
def area(code: str) -> Response:
    """Send the figures of one area: its measures, its months, and what they are made of."""
    kept_answers.keep()
    state = current()
    atlas = state.atlas()
    level = atlas.level_of(code)
    choice = choices.read({**request.args, "level": level}, map_page.default_period())
    key = ("area", state.data_version(), code, choice.period, choice.measure, choice.filters)
    found = atlas.keep(key, lambda: _area_figures(code, choice))
    return tagged(Resource.json(_in_words(found, choice)))


def _area_figures(code: str, choice: choices.Choice) -> dict[str, Any]:
    """Return the disclosed figures of one area, as plain values without words."""
    state = current()
    atlas = state.atlas()
    now = atlas.counts(choice)
    cells = _row(now, code)
    months = state.months()[-CARD_MONTHS:]
    monthly = atlas.counts(choice, period=months) if months else None
    return {
        "measures": [(name, *_cell(cells, name)) for name in MEASURES],
        "months": [
            (month, *_cell(_row(monthly.only(month.key), code), choice.measure))
            for month in months
            if monthly is not None
        ],
        "groups": [
            (name, _classes(atlas.counts(choice, by=name), code, name, choice.measure))
            for name in ("permit", "activity", "status")
        ],
        "hidden_label": now.policy.hidden_label,
    }


def _row(disclosed: Any, code: str) -> Any:
    table = disclosed.table
    found = table[table["area_code"] == code]
    return found.iloc[0] if len(found) else None


def _cell(row: Any, measure: str) -> tuple[int | None, str]:
    if row is None:
        return None, "no_data"
    status = str(row[f"{measure}_status"])
    return (int(row[measure]) if status in ("published", "zero") else None), status


def _classes(disclosed: Any, code: str, by: str, measure: str) -> list[tuple[str, int | None, str]]:
    """Return the classes of one area that are not zero, the largest first."""
    table = disclosed.table
    rows = table[(table["area_code"] == code) & (table[f"{measure}_status"] != "zero")]
    found = [(str(row[by]), *_cell(row, measure)) for _, row in rows.iterrows()]
    return sorted(found, key=lambda one: (-(one[1] or 0), one[0]))


def _in_words(found: dict[str, Any], choice: choices.Choice) -> dict[str, Any]:
    """Return the figures of an area with the labels of the person's language."""
    return {
        "measures": [
            {"label": words.measures()[name], "value": value, "status": status}
            for name, value, status in found["measures"]
        ],
        "months_title": _("%(measure)s per bulan", measure=words.measures()[choice.measure]),
        "months": [
            {
                "label": words.period(month, short=True),
                "value": value,
                "status": status,
                "now": choice.period.first <= month.first and month.last <= choice.period.last,
            }
            for month, value, status in found["months"]
        ],
        "groups": [
            {
                "title": words.dimensions()[name],
                "rows": [
                    {"label": words.label(name, code), "value": value, "status": status}
                    for code, value, status in rows
                ],
            }
            for name, rows in found["groups"]
        ],
        "hidden_label": found["hidden_label"],
    }


def tagged(resource: Resource, content_type: str = "application/json") -> Response:
    """Answer with a resource, or with 304 where the browser has it already."""
    response = Response(resource.body, content_type=content_type)
    response.set_etag(resource.tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def _atlas_of(version: str) -> Any:
    atlas = current().atlas()
    if version != atlas.version:
        abort(404)
    return atlas
