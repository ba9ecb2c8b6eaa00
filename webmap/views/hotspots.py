"""Hot spots for planners and patrols: where, how sure, since when, and what a check found."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.csrf import generate_csrf

from geo_pora import periods
from geo_pora.errors import InputError
from geo_pora.periods import Period
from geo_pora.store import checks, clock
from webmap import errors, hot_spot_page, static_files, words
from webmap.hot_spot_page import LEVEL
from webmap.people import name_of
from webmap.permissions import public, requires
from webmap.state import current

blueprint = Blueprint("hotspots", __name__, url_prefix="/hotspots")


@blueprint.get("/")
@requires("hotspots")
def page() -> Response:
    """List the hot spots of a period, the surest first, with the last check of each."""
    state = current()
    atlas = state.atlas()
    period = _period(request.args.get("period", ""))
    known = _known(period)
    listed = hot_spot_page.spots(known, period)
    response = Response(
        render_template(
            "hotspots.html",
            spots=listed,
            known=known,
            checked=sum(1 for spot in listed if spot["last"]),
            outcomes=words.outcomes(),
            notes=words.check_notes(),
            period=period,
            periods=words.period_groups(state.months(), state.named_periods())[1:],
            token=secrets.token_hex(16),
            version=atlas.version,
            leaflet=state.leaflet,
            map_html=atlas.frame.html,
            source_note=words.source_note(atlas.layer),
            indicative=atlas.layer.indicative,
            page=hot_spot_page.script_data(listed, period, _owner()),
        )
    )
    # The service worker keeps the page for the road, and this says how long.
    response.headers["X-Keep-Hours"] = str(state.settings.patrol_keep_hours)
    return response


def _known(period: Period) -> hot_spot_page.Found:
    state = current()
    # A check is no new figure, but it ends the counting of what it cleared.
    checked = checks.for_areas(state.engine)["id"]
    key = ("hot spots", state.data_version(), len(checked), period)
    found: hot_spot_page.Found = state.atlas().keep(key, lambda: hot_spot_page.found(period))
    return found


def _period(text: str) -> Period:
    return periods.parse(text) if text else current().default_period()


def _owner() -> str:
    """Return a name for the account that a phone keeps things for; it says nothing of it."""
    return str(current_user.id)


@blueprint.get("/session.json")
@requires("check")
def session() -> dict[str, str]:
    """Say whose session it is, and give a token to send checks with."""
    return {"owner": _owner(), "csrf_token": generate_csrf()}


@blueprint.post("/checks")
@requires("check")
def check() -> Any:
    """Record what a patrol found; the same check sent twice is one check."""
    form, state = request.form, current()
    code, outcome = form.get("area_code", ""), form.get("outcome", "")
    if state.atlas().level_of(code) != LEVEL or outcome not in checks.OUTCOMES:
        raise InputError(_("Pilih hasil pengecekan."))
    period = _period(form.get("period", ""))
    seen = form.get("seen", 0, type=int)
    key, _added = checks.record(
        state.engine,
        idempotency_key=_once(form.get("token", "")),
        area_code=code,
        period=period.key,
        hot_spot_key=hot_spot_page.key(code, period),
        outcome=outcome,
        notes=form.getlist("note"),
        actor=name_of(current_user),
        checked_at=_checked_at(form.get("checked_at", ""), form.get("sent_at", "")),
    )
    if errors.wants_json():
        return _receipt(code, period, key, seen)
    flash(_("Pengecekan dicatat."), "success")
    return redirect(url_for(".page", period=period.key), 303)


def _once(token: str) -> str:
    """Return what makes a check one check: its token and its account, and no word of either."""
    return hashlib.sha256(f"{_owner()}:{token or secrets.token_hex(16)}".encode()).hexdigest()


def _checked_at(noted: str, sent: str) -> dt.datetime | None:
    """Return when a check was made, or None, whatever time the phone takes it to be.

    Its clock need not be right, only the same when the check was noted and when it was sent.
    """
    then, now = _moment(noted), _moment(sent)
    return then + (clock.now() - now) if then and now else then


def _moment(text: str) -> dt.datetime | None:
    """Return when a phone says it was, or None."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(_("Waktu pengecekan tidak dapat dibaca.")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _receipt(code: str, period: Period, key: int, seen: int) -> dict[str, Any]:
    """Say what became of a check, and what the phone could not know when it was made."""
    known = checks.for_areas(current().engine, [code])
    others = known[(known["id"] > seen) & (known["id"] != key)]
    return {
        "id": key,
        "others": [hot_spot_page.check_text(other) for _at, other in others.head(3).iterrows()],
        "gone": code not in {row["area_code"] for row in _known(period).rows},
    }


@blueprint.get("/worker.js")
@public
def worker() -> Response:
    """Send the service worker: from here, so that it serves the pages here and no others."""
    body = (static_files.STATIC / "js" / "patrol_worker.js").read_bytes()
    response = Response(body, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, no-cache"
    return response


@blueprint.get("/app.webmanifest")
@public
def manifest() -> Response:
    """Send what a phone needs to put the page among its apps."""
    from flask import json

    version = current().edition
    icons = [
        {
            "src": url_for("assets", version=version, name=f"img/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    body = {
        "id": url_for(".page"),
        "name": _("Titik rawan Tim PORA"),
        "short_name": _("Titik rawan"),
        "lang": "id",
        "start_url": url_for(".page"),
        "scope": url_for(".page"),
        "display": "standalone",
        "background_color": "#f3f5f6",
        "theme_color": "#0b4f6c",
        "icons": icons,
    }
    response = Response(json.dumps(body), content_type="application/manifest+json")
    response.headers["Cache-Control"] = "public, no-cache"
    return response
