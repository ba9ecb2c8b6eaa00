"""Accounts: users and roles in the classes that Flask-Security works on.

`User` and `Role` are made for `SQLAlchemySessionUserDatastore(sessions(engine),
User, Role)`; this is the one place where ORM objects leave the store.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask_security import RoleMixin, UserMixin
from sqlalchemy import orm

from geo_pora.store import account_tables

ROLES = ("contributor", "reviewer", "planner", "patrol", "analyst", "administrator")
# Held beside a role, by whom an administrator gives it to; no role has it by itself.
RIGHTS = ("exact",)


class Base(orm.DeclarativeBase):
    """Of the classes below; their tables are in `account_tables`."""


class Role(Base, RoleMixin):
    """A role; its name is one of `ROLES` or `RIGHTS`, which migrations have put in."""

    __table__ = account_tables.roles


class User(Base, UserMixin):
    """An account, with every column that Flask-Security may ask for.

    Of our own are `full_name`, `agency` (code; a contributor's own), `locale`
    and `password_set_at`.
    """

    __table__ = account_tables.users
    roles = orm.relationship(
        Role, secondary=account_tables.user_roles, backref="users", lazy="selectin"
    )


def sessions(engine: sa.Engine) -> orm.scoped_session[orm.Session]:
    """Return the session registry for Flask-Security's datastore.

    Call its `remove()` at the end of every request. On SQLite a session reads
    without holding a snapshot and takes its turn among the writers only when
    it first writes: one that read first and wrote later would otherwise fail
    as soon as another process had written in between.
    """
    bound = engine.execution_options(geo_pora_session=True)
    return orm.scoped_session(orm.sessionmaker(bound))
