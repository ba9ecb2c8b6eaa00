"""What can leave the team: files of the release audience, made by the gate's strict policy."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_file
from flask_security import current_user

from geo_pora import exports, periods, pipeline
from geo_pora.aggregate import LEVELS, MEASURES
from geo_pora.periods import Period
from webmap import choices, words
from webmap.people import name_of
from webmap.permissions import requires
from webmap.state import current

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
_PLURALS = {"regencies": "regency", "districts": "district", "villages": "village"}


@blueprint.get("/")
@requires("export")
def release() -> str:
    """Let a person choose what to download, and say what is in it."""
    state = current()
    months = state.months()
    chosen = request.args.get("period", "")
    fixed = words.period_groups(months, [])[1:]
    known = {key for _group, options in fixed for key, _name in options}
    return render_template(
        "exports.html",
        levels=[(level, words.levels()[level]) for level in LEVELS],
        level=request.args.get("level", "district"),
        periods=fixed,
        period=chosen if chosen in known else state.default_period().key,
        refused=bool(chosen) and chosen not in known,
        formats=exports.FORMATS,
        measures=words.measures(),
        threshold=state.settings.release_threshold,
    )


def _period() -> Period:
    text = request.args.get("period", "")
    return periods.parse(text) if text else current().default_period()


@blueprint.get("/<level>.<kind>")
@requires("export", scope="exports")
def table(level: str, kind: str) -> Response:
    """Send the counts of a level, or the hot spots' classes, as a file; it is logged."""
    level = _PLURALS.get(level, level)
    if level not in (*LEVELS, "hotspots") or kind not in exports.FORMATS:
        abort(404)
    period = _period()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{level}.{kind}"
        if level == "hotspots":
            state = current()
            pipeline.write_hot_spot_classes(
                state.engine,
                state.settings,
                state.atlas().layer,
                period,
                path,
                kind,
                actor=name_of(current_user),
            )
        else:
            pipeline.write_export(*_wanted(level, period), path, kind, actor=name_of(current_user))
        body = io.BytesIO(path.read_bytes())
    name = f"geo_pora-{level}-{period.key}.{kind}"
    response = send_file(body, exports.MEDIA_TYPES[kind], as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/map.html")
@requires("export", scope="exports")
def one_file_map() -> Response:
    """Send the map as one file that opens without a network."""
    level = choices.one_of("level", request.args.get("level", "district"), LEVELS)
    measure = choices.one_of("measure", request.args.get("measure", "persons"), MEASURES)
    period = _period()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.html"
        pipeline.write_map(*_wanted(level, period), measure, path, actor=name_of(current_user))
        body = io.BytesIO(path.read_bytes())
    response = send_file(
        body,
        "text/html",
        as_attachment=True,
        download_name=f"geo_pora-peta-{level}-{period.key}.html",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/briefing.pdf")
@requires("briefing")
def briefing() -> Response:
    """Send the briefing of a period as a PDF."""
    period = _period()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "briefing.pdf"
        pipeline.write_briefing(*_wanted("district", period), path, actor=name_of(current_user))
        body = io.BytesIO(path.read_bytes())
    name = f"bahan-rapat-{period.key}.pdf"
    response = send_file(body, "application/pdf", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _wanted(level: str, period: Period) -> tuple[Any, ...]:
    """Return what every file of a release is asked with."""
    state = current()
    return state.engine, state.settings, state.atlas().layer, level, period
