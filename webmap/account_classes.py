"""Flask-Security's datastore over the store's accounts, and one-time sign-in links."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from flask_security import SQLAlchemySessionUserDatastore
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine

from geo_pora.store.accounts import Role, User, sessions

_LINK = "one-time sign-in link"
LINK_SECONDS = 24 * 3600


def now() -> dt.datetime:
    """Return the time in UTC, without a zone as the tables keep it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def datastore(engine: Engine) -> Any:
    """Return Flask-Security's datastore over a database."""
    return SQLAlchemySessionUserDatastore(sessions(engine), User, Role)


def make_link(user: Any, secret: str) -> str:
    """Return the token of a link that signs an account in once, within a day."""
    return URLSafeTimedSerializer(secret, salt=_LINK).dumps(user.fs_uniquifier)


def spend_link(store: Any, token: str, secret: str) -> Any:
    """Return the account of a link and make the link useless, or None."""
    try:
        found = URLSafeTimedSerializer(secret, salt=_LINK).loads(token, max_age=LINK_SECONDS)
    except BadSignature:
        return None
    user = store.find_user(fs_uniquifier=str(found))
    if user is None or not user.active:
        return None
    user.fs_uniquifier = secrets.token_hex(32)
    store.put(user)
    store.commit()
    return user
