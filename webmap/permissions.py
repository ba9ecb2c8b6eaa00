"""Roles, permissions, and the guard that denies by default.

Every view says with a decorator who may call it; a view that says nothing is
answered with 403 and fails the suite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Request, Response, current_app, redirect, request, url_for
from flask_security import current_user

from webmap import errors

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"

ROLES: dict[str, frozenset[str]] = {
    "contributor": frozenset({"import", "coverage"}),
    "reviewer": frozenset({"map", "review", "coverage"}),
    "planner": frozenset({"map", "hotspots", "coverage", "export", "briefing"}),
    "patrol": frozenset({"map", "hotspots", "check"}),
    "analyst": frozenset({"map", "hotspots", "coverage", "export", "briefing"}),
    "administrator": frozenset({"administer", "coverage"}),
}
# No role has these by itself: an administrator gives one to an account, beside its roles.
RIGHTS: dict[str, frozenset[str]] = {"exact": frozenset({"exact"})}
_GRANTS = ROLES | RIGHTS
PERMISSIONS = frozenset().union(*_GRANTS.values())

# What only these may do needs a second factor, however the person signed in.
SECOND_FACTOR = frozenset({"administer", "exact"})

# How a program may sign in at views that have a scope.
_CHALLENGES = ('Basic realm="geo_pora", charset="UTF-8"', 'Bearer realm="geo_pora"')

# Views that other packages bring along.
_BROUGHT = {
    "static": PUBLIC,
    "security.static": PUBLIC,
    "security.login": PUBLIC,
    "security.verify": SIGNED_IN,
    "security.logout": PUBLIC,
    "security.change_password": SIGNED_IN,
    "security.two_factor_setup": SIGNED_IN,
    "security.two_factor_setup_validate": SIGNED_IN,
    "security.two_factor_token_validation": PUBLIC,
    "security.two_factor_rescue": PUBLIC,
    "security.tf_select": PUBLIC,
}


def public(view: View) -> View:
    """Let everybody call a view, signed in or not."""
    view.permission = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Let everybody call a view who is signed in."""
    view.permission = SIGNED_IN  # type: ignore[attr-defined]
    return view


def requires(permission: str, scope: str | None = None) -> Callable[[View], View]:
    """Let those call a view who hold a permission.

    Parameters
    ----------
    permission : str
        One of `PERMISSIONS`.
    scope : str, optional
        Of `api_tokens.SCOPES`: a program may read the view with a token made for it.
    """
    if permission not in PERMISSIONS:
        raise LookupError(f"permission {permission!r} is held by no role")

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return declare


def scope_asked(request: Request) -> str | None:
    """Return the scope whose tokens open what a request is for, or None."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "scope", None) if request.method in {"GET", "HEAD"} else None


def declared(app: Flask, endpoint: str) -> str | None:
    """Return what an endpoint asks for, None where it says nothing."""
    view = app.view_functions[endpoint]
    return getattr(view, "permission", None) or _BROUGHT.get(endpoint)


def held(user: Any) -> frozenset[str]:
    """Return the permissions of an account."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return frozenset().union(*(_GRANTS.get(role.name, frozenset()) for role in user.roles))


def allowed(permission: str) -> bool:
    """Tell whether the current person holds a permission; for templates."""
    return permission in held(current_user)


def install(app: Flask) -> None:
    """Check every request before its view is called."""

    @app.before_request
    def guard() -> Response | None:
        if request.endpoint is None:
            return None  # no such address: the 404 is for everybody
        needed = declared(app, request.endpoint)
        if needed == PUBLIC:
            return None
        if not current_user.is_authenticated:
            return _sign_in_first()
        if needed == SIGNED_IN:
            return None
        if needed is None or needed not in held(current_user):
            return errors.answer(403)
        if needed in SECOND_FACTOR and not current_user.tf_primary_method:
            if errors.wants_json():
                return errors.answer(403)
            return redirect(url_for("start.second_factor"))  # type: ignore[return-value]
        return None

    app.context_processor(lambda: {"allowed": allowed})


def _sign_in_first() -> Response:
    if scope_asked(request) and not _is_browser():
        answer = errors.answer(401)
        for way in _CHALLENGES:
            answer.headers.add("WWW-Authenticate", way)
        return answer
    if (errors.wants_json() and not _is_browser()) or request.method != "GET":
        return errors.answer(401)
    target = request.full_path.rstrip("?")
    return redirect(url_for("security.login", next=target))  # type: ignore[return-value]


def _is_browser() -> bool:
    """Tell whether a person waits for a page, at an address that programs read too."""
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return best == "text/html" and request.authorization is None
