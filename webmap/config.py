"""Settings to Flask's configuration, and what production refuses."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo_pora.errors import InputError, UnavailableError
from geo_pora.settings import Settings

LEAST_SECRET = 32
DAY = 86_400


def flask_config(settings: Settings) -> dict[str, Any]:
    """Return Flask's configuration.

    Raises
    ------
    InputError
        In production with a weak secret, with debug, or without HTTPS.
    """
    secret = settings.secret_key.get_secret_value() or _kept_secret(settings.data_dir)
    secure = settings.public_url.startswith("https://")
    if settings.mode == "production":
        _refuse_unsafe(settings, secret, secure)
    return {
        "SECRET_KEY": secret,
        "DEBUG": settings.debug,
        "TRUSTED_HOSTS": _hosts(settings.public_url),
        "MAX_CONTENT_LENGTH": settings.max_upload_mb * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 200,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": dt.timedelta(hours=settings.session_hours),
        # The session is written anew at sign-in and when it changes, not on
        # every answer: an answer without a cookie can be kept and compared.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PREFERRED_URL_SCHEME": "https" if secure else "http",
        "SEND_FILE_MAX_AGE_DEFAULT": 0,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_MIMETYPES": [
            "text/html",
            "text/css",
            "text/csv",
            "text/javascript",
            "application/json",
            "application/geo+json",
            "application/problem+json",
            "image/svg+xml",
        ],
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": secure,
        "TEMPLATES_AUTO_RELOAD": settings.debug,
    }


def _hosts(public_url: str) -> list[str] | None:
    """Return the names under which the app answers: links that it makes carry one of them."""
    name = urlsplit(public_url).hostname
    return [name, "localhost", "127.0.0.1"] if name else None


def _refuse_unsafe(settings: Settings, secret: str, secure: bool) -> None:
    if len(secret) < LEAST_SECRET or len(set(secret)) < 10:
        raise InputError(
            f"setting secret_key is too weak for production: leave it empty, or give at least "
            f"{LEAST_SECRET} random characters"
        )
    if settings.debug:
        raise InputError("setting debug must be off in production: it shows the app's insides")
    if not secure and not settings.allow_plain_http:
        raise InputError(
            "production needs HTTPS: set public_url to the https:// address of the app, or "
            "allow_plain_http on a closed network"
        )


def _kept_secret(data_dir: Path) -> str:
    """Return the secret of this data directory, made at the first start."""
    file = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as out:
                out.write(secrets.token_urlsafe(48))
        found = file.read_text("ascii").strip()
    except OSError as error:
        raise UnavailableError(
            f"the secret of the sessions cannot be kept in {file}: {error.strerror}; "
            "set GEO_PORA_DATA_DIR to a folder that can be written"
        ) from None
    if len(found) < LEAST_SECRET:
        raise UnavailableError(f"{file} holds no usable secret: delete it and start again")
    return found
