"""A person's API tokens, with which programs such as QGIS read what was released."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user

from geo_pora.errors import InputError
from geo_pora.store import clock, tokens
from webmap.api_tokens import DAYS, MOST_LIVING, SCOPES
from webmap.people import name_of
from webmap.permissions import requires
from webmap.state import current

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")


@blueprint.get("/")
@requires("export")
def page() -> str:
    """List the person's tokens; a new one is shown here, this once."""
    known = tokens.of_user(current().engine, current_user.id).astype("object")
    return render_template(
        "tokens.html",
        tokens=known.where(known.notna(), None).iloc[::-1].to_dict("records"),
        now=clock.now(),
        scopes=SCOPES,
        days=DAYS,
        new=session.pop("new_token", None),
        address=url_for("ogc.landing", _external=True),
    )


@blueprint.post("/")
@requires("export")
def make() -> Any:
    """Make a token for reading."""
    name = request.form.get("name", "").strip()
    scopes = [scope for scope in request.form.getlist("scope") if scope in SCOPES]
    days = request.form.get("days", "", type=int)
    if not 1 <= len(name) <= 60:
        raise InputError(_("Beri token ini nama, paling panjang 60 huruf."))
    if not scopes or days not in DAYS:
        raise InputError(_("Pilih kegunaan dan masa berlaku token."))
    moment = clock.now()
    known = tokens.of_user(current().engine, current_user.id)
    living = known["revoked_at"].isna() & (known["expires_at"] > moment)
    if living.sum() >= MOST_LIVING:
        raise InputError(_("Akun ini sudah punya %(most)s token; cabut dahulu.", most=MOST_LIVING))
    session["new_token"] = tokens.issue(
        current().engine,
        current_user.id,
        name,
        scopes,
        moment + dt.timedelta(days=days),
        name_of(current_user),
    )
    flash(_("Token dibuat."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/<int:key>/revoke")
@requires("export")
def revoke(key: int) -> Any:
    """End one of the person's own tokens at once."""
    tokens.revoke(current().engine, current_user.id, key, name_of(current_user))
    flash(_("Token dicabut."), "success")
    return redirect(url_for(".page"), 303)
