"""What can leave the team: files of the release audience, made by the gate's strict policy."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_security import current_user

from geo_pora import exports, periods
from geo_pora.aggregate import LEVELS, MEASURES
from geo_pora.errors import InputError, NotFoundError, RefusedError
from geo_pora.periods import Period
from geo_pora.store import releases
from webmap import choices, export_choice, export_jobs, words
from webmap.export_choice import Wanted
from webmap.export_jobs import EXPORTS
from webmap.people import name_of
from webmap.permissions import allowed, requires
from webmap.sentences import translated
from webmap.state import current

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
_PLURALS = {"regencies": "regency", "districts": "district", "villages": "village"}
_LISTED_RELEASES = 50


def fields() -> dict[str, Any]:
    """Return what the forms of files offer, and what was chosen before."""
    state = current()
    fixed = words.period_groups(state.months(), [])[1:]
    known = {key for _group, options in fixed for key, _name in options}
    said = request.values
    chosen = said.get("period", "")
    return {
        "levels": words.levels(),
        "periods": fixed,
        "period": chosen if chosen in known else state.default_period().key,
        "until": said.get("until", ""),
        "refused": bool(chosen) and chosen not in known,
        "kinds": words.file_kinds(),
        "dimensions": words.dimensions(),
        "chosen": said,
    }


@blueprint.get("/")
@requires("export")
def release() -> str:
    """Let a person choose what to download, and say what is in it."""
    state = current()
    EXPORTS.folder(state)  # what was kept long enough goes
    return render_template(
        "exports.html",
        whats=words.file_contents(),
        releases=releases.list(state.engine, limit=_LISTED_RELEASES).to_dict("records"),
        measures=words.measures(),
        threshold=state.settings.release_threshold,
        running=EXPORTS.running(state, name_of(current_user)),
        **fields(),
    )


@blueprint.post("/")
@requires("export")
def ask() -> Any:
    """Send a file at once where its release is kept, else begin to make it."""
    state, choice = current(), request.form.to_dict()
    choice.pop("csrf_token", None)
    try:
        wanted = export_choice.read(choice, state.default_period())
        if wanted.what == "briefing" and not allowed("briefing"):
            abort(403)
        if export_jobs.is_ready(state, wanted):
            return _sent(wanted)
    except (InputError, NotFoundError, RefusedError) as error:
        flash(translated(str(error)), "error")
        return redirect(url_for(".release", **_asked(choice)), 303)
    job = export_jobs.start(state, wanted, _asked(choice), account=name_of(current_user))
    return redirect(url_for(".job", identity=job.id), 303)


def _asked(choice: dict[str, str]) -> dict[str, str]:
    """Return what the form is to show again."""
    names = ("what", "period", "until", "by", "kind", "release", "level", "measure")
    return {name: choice[name][:64] for name in names if choice.get(name)}


@blueprint.get("/jobs/<identity>")
@requires("export")
def job(identity: str) -> str:
    """Show how far a file is; offer it when it is made."""
    found = EXPORTS.find(current(), identity, name_of(current_user))
    return render_template("export_job.html", job=found)


@blueprint.get("/jobs/<identity>.json")
@requires("export")
def job_state(identity: str) -> Response:
    """Tell the page's script how far a file is."""
    found = EXPORTS.find(current(), identity, name_of(current_user))
    answer = jsonify(
        state=found.state, done=found.done, total=found.total, error=translated(found.error)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/jobs/<identity>/file")
@requires("export")
def made(identity: str) -> Response:
    """Send the file of a job to the person who asked for it."""
    found = EXPORTS.find(current(), identity, name_of(current_user))
    path = export_jobs.made(current(), found)
    return attachment(path.read_bytes(), found.media_type, found.name)


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
    return _sent(Wanted(level, _period(), kind))


@blueprint.get("/map.html")
@requires("export", scope="exports")
def one_file_map() -> Response:
    """Send the map as one file that opens without a network."""
    level = choices.one_of("level", request.args.get("level", "district"), LEVELS)
    measure = choices.one_of("measure", request.args.get("measure", "persons"), MEASURES)
    return _sent(Wanted("map", _period(), level=level, measure=measure))


@blueprint.get("/briefing.pdf")
@requires("briefing")
def briefing() -> Response:
    """Send the briefing of a period as a PDF."""
    return _sent(Wanted("briefing", _period()))


def _sent(wanted: Wanted) -> Response:
    """Make a file and send it; nothing of it stays here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / wanted.file_name
        export_jobs.write(current(), wanted, path, actor=name_of(current_user))
        body = path.read_bytes()
    return attachment(body, wanted.media_type, wanted.file_name)


def attachment(body: bytes, media_type: str, name: str) -> Response:
    """Return a file to be saved, and kept by nobody in between."""
    response = send_file(io.BytesIO(body), media_type, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response
