"""Signed-in sessions on the server's side, so that signing out really ends one.

A session cookie alone stays good after logout for whoever kept a copy; the app
puts the name given by `start` into it and asks `alive` on each request.
"""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa

from geo_pora.store import clock, state
from geo_pora.store.account_tables import sign_ins, users
from geo_pora.store.database import reading, writing
from geo_pora.store.tokens import digest


def start(engine: sa.Engine, user_id: int, lifetime: dt.timedelta) -> str:
    """Begin a session of a user and return its secret name."""
    name, moment = secrets.token_urlsafe(32), clock.now()
    uniquifier = sa.select(users.c.fs_uniquifier).where(users.c.id == user_id).scalar_subquery()
    with writing(engine) as connection:
        # Nothing needs those that are over; they go when the next one comes.
        connection.execute(sign_ins.delete().where(sign_ins.c.expires_at <= moment))
        connection.execute(
            sign_ins.insert().values(
                hash=digest(name),
                user_id=user_id,
                fs_uniquifier=uniquifier,
                started_at=moment,
                expires_at=moment + lifetime,
            )
        )
    return name


def alive(engine: sa.Engine, user_id: int, name: str) -> bool:
    """Tell whether a session goes on: not ended, not over, and the user's `fs_uniquifier` the same.

    Flask-Security changes the `fs_uniquifier` with the password, and ends all
    sessions of an account with it.
    """
    c = sign_ins.c
    query = (
        sa.select(c.user_id)
        .join_from(sign_ins, users)
        .where(c.hash == digest(name), c.user_id == user_id)
        .where(c.ended_at.is_(None), c.expires_at > clock.now())
        .where(users.c.active.is_(True), users.c.fs_uniquifier == c.fs_uniquifier)
    )
    with reading(engine) as connection:
        return connection.scalar(query) is not None


def end(engine: sa.Engine, name: str) -> None:
    """End one session; nothing happens if it is over already."""
    _end(engine, sign_ins.c.hash == digest(name))


def end_all(engine: sa.Engine, user_id: int) -> None:
    """End every session of a user."""
    _end(engine, sign_ins.c.user_id == user_id)


def last_code(engine: sa.Engine, user_id: int) -> int | None:
    """Return the counter of the last second-factor code that a user spent."""
    with reading(engine) as connection:
        found = state.get(connection, f"code_of_user:{user_id}")
    return None if found is None else int(found)


def spend_code(engine: sa.Engine, user_id: int, counter: int) -> bool:
    """Spend a code by its counter; False if that or a later one is spent, in whichever process."""
    name = f"code_of_user:{user_id}"
    with writing(engine) as connection:
        last = state.get(connection, name)
        if last is not None and counter <= int(last):
            return False
        state.put(connection, name, str(counter))
    return True


def _end(engine: sa.Engine, which: sa.ColumnElement[bool]) -> None:
    with writing(engine) as connection:
        live = sa.and_(which, sign_ins.c.ended_at.is_(None))
        connection.execute(sign_ins.update().where(live).values(ended_at=clock.now()))
