"""API tokens: random, shown once, kept as a hash, with scopes and an end."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import InputError, NotFoundError
from geo_pora.store import audit, clock
from geo_pora.store.account_tables import api_tokens, users
from geo_pora.store.database import reading, writing

PREFIX = "gp_"


@dataclass(frozen=True)
class Bearer:
    """Whose token it is, and what it may be used for."""

    token_id: int
    user_id: int
    scopes: tuple[str, ...]


def issue(
    engine: sa.Engine,
    user_id: int,
    name: str,
    scopes: Sequence[str],
    expires_at: dt.datetime,
    actor: str,
) -> str:
    """Make a token and return it; this is the only time it can be read.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    user_id : int
    name : str
        What the person calls it.
    scopes : sequence of str
        Codes without spaces.
    expires_at : datetime.datetime
        Aware.
    actor : str
        Who makes it.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it would be expired already or a scope has a space.
    """
    moment = clock.now()
    if expires_at <= moment:
        raise InputError("a token cannot have ended already: choose a later day")
    if any(not scope or " " in scope for scope in scopes):
        raise InputError("a scope is one word")
    token = PREFIX + secrets.token_urlsafe(32)
    with writing(engine) as connection:
        added = connection.execute(
            api_tokens.insert().values(
                user_id=user_id,
                name=name,
                hash=digest(token),
                scopes=" ".join(scopes),
                created_at=moment,
                expires_at=expires_at,
            )
        )
        assert added.inserted_primary_key is not None
        key = added.inserted_primary_key[0]
        detail = {"user": user_id, "scopes": list(scopes)}
        audit.record(connection, actor, "token.issue", f"token:{key}", detail)
    return token


def bearer(engine: sa.Engine, token: str) -> Bearer | None:
    """Return whose token this is, or None if it is unknown, ended, revoked or its user disabled."""
    moment = clock.now()
    c = api_tokens.c
    query = (
        sa.select(c.id, c.user_id, c.scopes, c.last_used_on)
        .join_from(api_tokens, users)
        .where(c.hash == digest(token), c.revoked_at.is_(None), c.expires_at > moment)
        .where(users.c.active.is_(True))
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    today = clock.day_of(moment)
    if row.last_used_on != today:  # one write a day, not one a request
        with writing(engine) as connection:
            used = api_tokens.update().where(c.id == row.id).values(last_used_on=today)
            connection.execute(used)
    return Bearer(row.id, row.user_id, tuple(row.scopes.split()))


def of_user(engine: sa.Engine, user_id: int) -> pd.DataFrame:
    """List a user's tokens: `id`, `name`, `scopes`, times, `last_used_on`, `revoked_at`."""
    names = ["id", "name", "scopes", "created_at", "expires_at", "last_used_on", "revoked_at"]
    query = sa.select(*(api_tokens.c[name] for name in names))
    query = query.where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.id)
    with reading(engine) as connection:
        return pd.DataFrame(connection.execute(query).all(), columns=names)


def revoke(engine: sa.Engine, user_id: int, token_id: int, actor: str) -> None:
    """End a token of a user at once.

    Raises
    ------
    NotFoundError
        If the user has no such token that still lives.
    """
    c = api_tokens.c
    own = sa.and_(c.id == token_id, c.user_id == user_id, c.revoked_at.is_(None))
    with writing(engine) as connection:
        ended = connection.execute(api_tokens.update().where(own).values(revoked_at=clock.now()))
        if not ended.rowcount:
            raise NotFoundError(f"this account has no token {token_id}: it may be revoked already")
        audit.record(connection, actor, "token.revoke", f"token:{token_id}", {"user": user_id})


def digest(token: str) -> str:
    """Return the hash under which a random token is kept; see `account_tables`."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
