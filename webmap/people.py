"""Accounts as the command line and the administration see them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from geo_pora import codes
from geo_pora.errors import InputError, NotFoundError, RefusedError
from geo_pora.store import audit
from geo_pora.store.accounts import User
from webmap import account_classes
from webmap.permissions import RIGHTS, ROLES

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{1,63}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")


@dataclass(frozen=True)
class Person:
    """An account without its secrets."""

    name: str
    email: str
    roles: tuple[str, ...]
    agency: str | None
    active: bool
    second_factor: bool
    has_password: bool


def name_of(user: Any) -> str:
    """Return the name under which an account acts, for batches and the audit log."""
    return str(user.username or user.email)


@contextmanager
def _accounts(app: Flask) -> Iterator[Any]:
    """Give the datastore inside the app's context, and let go of its session."""
    with app.app_context():
        yield app.extensions["geo_pora_accounts"]


def add(
    app: Flask,
    name: str,
    roles: Sequence[str],
    *,
    agency: str | None = None,
    email: str | None = None,
    actor: str,
) -> str:
    """Add an account without a password; return the token of its one-time link.

    Raises
    ------
    InputError
        If the name is taken or unfit, a role unknown, or a contributor has no agency.
    """
    _check(name, roles, agency, email)
    with _accounts(app) as store:
        if store.find_user(case_insensitive=True, username=name):
            raise InputError(f"there is an account {name} already: choose another name")
        if email and store.find_user(case_insensitive=True, email=email):
            raise InputError(f"the address {email} belongs to another account")
        user = store.create_user(
            username=name,
            email=email or f"{name.lower()}@accounts.invalid",
            active=True,
            agency=agency,
            password=None,
            fs_uniquifier=secrets.token_hex(32),
            roles=[store.find_or_create_role(role) for role in roles],
        )
        store.commit()
        token = account_classes.make_link(user, app.config["SECRET_KEY"])
        _record(app, actor, "account.add", name, {"roles": ",".join(roles), "agency": agency or ""})
    return token


def _check(name: str, roles: Sequence[str], agency: str | None, email: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name[:40]!r} is no account name: use 2 to 64 letters, digits, '.', '_' and '-'"
        )
    if email and not _EMAIL.fullmatch(email):
        raise InputError(f"{email[:60]!r} is no e-mail address")
    known = (*ROLES, *RIGHTS)
    for role in roles:
        if role not in known:
            raise InputError(f"role {role[:40]!r} is not one of {', '.join(known)}")
    if agency and agency not in codes.load("agencies"):
        raise InputError(f"{agency[:40]!r} is no code of an agency")
    if "contributor" in roles and not agency:
        raise InputError("a contributor reports for an agency: give its code with --agency")


def new_link(app: Flask, name: str, *, actor: str) -> str:
    """End the account's sessions and return the token of a new one-time link."""
    with _accounts(app) as store:
        user = _find(store, name)
        store.set_uniquifier(user)
        store.commit()
        token = account_classes.make_link(user, app.config["SECRET_KEY"])
        _record(app, actor, "account.link", name, {})
    return token


def set_active(app: Flask, name: str, active: bool, *, actor: str) -> None:
    """Enable or disable an account; its sessions end at once.

    Raises
    ------
    RefusedError
        If nobody would be left who may administer.
    """
    with _accounts(app) as store:
        user = _find(store, name)
        if not active:
            _keep_one_administrator(store, user)
        user.active = active
        store.set_uniquifier(user)
        store.commit()
        _record(app, actor, "account.enable" if active else "account.disable", name, {})


def set_roles(
    app: Flask, name: str, roles: Sequence[str], agency: str | None, *, actor: str
) -> None:
    """Give an account exactly these roles."""
    _check(name, roles, agency, None)
    with _accounts(app) as store:
        user = _find(store, name)
        if "administrator" not in roles:
            _keep_one_administrator(store, user)
        user.roles = [store.find_or_create_role(role) for role in roles]
        user.agency = agency
        store.put(user)
        store.commit()
        _record(app, actor, "account.roles", name, {"roles": ",".join(roles)})


def reset_second_factor(app: Flask, name: str, *, actor: str) -> None:
    """Remove an account's second factor, for a lost phone; its sessions end."""
    with _accounts(app) as store:
        user = _find(store, name)
        store.tf_reset(user)
        store.set_uniquifier(user)
        store.commit()
        _record(app, actor, "account.second_factor.reset", name, {})


def everybody(app: Flask) -> list[Person]:
    """Return every account, by name."""
    with _accounts(app) as store:
        users = store.db.session.query(User).all()
        found = [
            Person(
                user.username or user.email,
                "" if user.email.endswith("@accounts.invalid") else user.email,
                tuple(sorted(role.name for role in user.roles)),
                user.agency,
                user.active,
                bool(user.tf_primary_method),
                bool(user.password),
            )
            for user in users
        ]
    return sorted(found, key=lambda person: person.name.lower())


def first_sign_in(app: Flask, name: str) -> str | None:
    """Return a link for the first account while nobody has a password, making the account.

    The first account holds every role, and no right beside them: it is the one that looks
    around, and gives the others theirs.
    """
    people = everybody(app)
    if any(person.has_password for person in people):
        return None
    if any(person.name == name for person in people):
        return new_link(app, name, actor="command line")
    agency = next(iter(codes.load("agencies").codes))
    return add(app, name, tuple(ROLES), agency=agency, actor="command line")


def _find(store: Any, name: str) -> Any:
    user = store.find_user(case_insensitive=True, username=name)
    if user is None:
        raise NotFoundError(f"there is no account {name[:60]!r}")
    return user


def _keep_one_administrator(store: Any, leaving: Any) -> None:
    if "administrator" not in {role.name for role in leaving.roles} or not leaving.active:
        return
    users = store.db.session.query(User).all()
    others = [
        user
        for user in users
        if user.id != leaving.id
        and user.active
        and "administrator" in {role.name for role in user.roles}
    ]
    if not others:
        raise RefusedError("this is the last administrator: make another one first")


def _record(app: Flask, actor: str, action: str, name: str, detail: dict[str, str]) -> None:
    audit.record(app.extensions["geo_pora"].engine, actor, action, f"account:{name}", detail)
