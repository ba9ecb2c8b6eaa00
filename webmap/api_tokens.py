"""Programs such as QGIS sign in with an API token: as Bearer, or as the password of Basic.

A token stands for its owner, for reading only, and only at views that name the scope it was
made for; everywhere else it is as if nobody had signed in. The password of an account is never
taken here: it would go past the second factor.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, abort, current_app
from flask_babel import lazy_gettext
from flask_limiter.util import get_remote_address
from limits import parse

from geo_pora.store import tokens
from webmap.people import name_of
from webmap.permissions import scope_asked
from webmap.state import current

SCOPES = {
    "ogc": lazy_gettext("Membaca angka yang sudah dirilis dari QGIS (OGC API)"),
    "exports": lazy_gettext("Mengunduh berkas rilis"),
}
DAYS = (30, 90, 365)
MOST_LIVING = 20
_FAILURES = parse("30 per minute")


def owner(request: Request) -> Any:
    """Return the account whose token a request carries, if it opens the view; else None.

    Parameters
    ----------
    request : flask.Request
        With `Authorization: Bearer TOKEN`, or Basic with the account's name and the token.
    """
    scope, given = scope_asked(request), request.authorization
    if scope is None or given is None:
        return None
    token = given.token if given.type == "bearer" else given.password
    if not token:
        return None
    found = tokens.bearer(current().engine, token)
    if found is None or scope not in found.scopes:
        return None
    user = current_app.extensions["geo_pora_accounts"].find_user(id=found.user_id)
    if given.type == "basic" and not _is_named(user, given.username or ""):
        return None
    return user


def _is_named(user: Any, name: str) -> bool:
    return name.strip().lower() in {name_of(user).lower(), str(user.email).lower()}


def install(app: Flask) -> None:
    """Let tokens sign in."""
    app.login_manager.request_loader(_loaded)  # type: ignore[attr-defined]


def _loaded(request: Request) -> Any:
    """Return the owner of a request's token; who keeps sending wrong ones has to wait."""
    if scope_asked(request) is None or request.authorization is None:
        return None
    limiter = current_app.extensions["geo_pora_limiter"]
    key = ("api_tokens", get_remote_address())
    if limiter.enabled and not limiter.limiter.test(_FAILURES, *key):
        abort(429)
    user = owner(request)
    if user is None and limiter.enabled:
        limiter.limiter.hit(_FAILURES, *key)
    return user
