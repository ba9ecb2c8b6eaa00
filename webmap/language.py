"""Indonesian first, English beside it; the choice is kept in a cookie."""

from __future__ import annotations

from flask import Flask, Response, redirect, request
from flask_babel import Babel, get_locale

from webmap.permissions import public

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
COOKIE = "language"


def chosen() -> str:
    """Return the language of this request: the person's choice, else Indonesian."""
    asked = request.cookies.get(COOKIE, "")
    return asked if asked in LANGUAGES else "id"


def safe_target(target: str | None) -> str:
    """Return a path of this app to go on to; `/` for anything else."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return "/"
    return target if target.isprintable() and "\\" not in target else "/"


def install(app: Flask) -> None:
    """Translate pages, and let a person choose the language on each of them."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "id")
    Babel(app, locale_selector=chosen)

    @app.post("/language")
    @public
    def language() -> Response:
        response = redirect(safe_target(request.form.get("next")), 303)
        wanted = request.form.get("language", "")
        if wanted in LANGUAGES:
            response.set_cookie(
                COOKIE,
                wanted,
                max_age=365 * 86_400,
                samesite="Lax",
                httponly=True,
                secure=app.config["SESSION_COOKIE_SECURE"],
            )
        return response  # type: ignore[return-value]

    @app.context_processor
    def words() -> dict[str, object]:
        return {"languages": LANGUAGES, "locale": str(get_locale() or "id")}
