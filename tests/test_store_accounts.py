"""Accounts, tokens and signed-in sessions, as Flask-Security and the app use them."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security import Security, SQLAlchemySessionUserDatastore
from store_fixtures import stored

from geo_pora.errors import InputError, NotFoundError
from geo_pora.store import account_tables, accounts, audit, clock, sign_ins, state, tokens
from geo_pora.store.database import writing

pytest_plugins = ["store_engines"]

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def datastore(engine):
    sessions = accounts.sessions(engine)
    found = SQLAlchemySessionUserDatastore(sessions, accounts.User, accounts.Role)
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for this test only", SECURITY_PASSWORD_SALT="for this test only")
    Security(app, found, register_blueprint=False)
    with app.app_context():
        yield found
    sessions.remove()


@pytest.fixture
def user(datastore):
    made = datastore.create_user(
        email="sari@example.org", password="x", roles=["reviewer", "planner"], agency="DISNAKER"
    )
    datastore.commit()
    return made


def test_the_roles_are_there(engine):
    assert set(stored(engine, "name", "roles")["name"]) == {*accounts.ROLES, *accounts.RIGHTS}


def test_flask_security_keeps_an_account(datastore, user):
    user.mf_recovery_codes = ["one", "two"]
    datastore.put(user)
    datastore.commit()
    datastore.db.session.expire_all()
    found = datastore.find_user(email="SARI@example.org", case_insensitive=True)
    assert found.id == user.id
    assert found.has_role("planner")
    assert not found.has_role("administrator")
    assert found.agency == "DISNAKER"
    assert found.mf_recovery_codes == ["one", "two"]
    datastore.mf_delete_recovery_code(found, 0)
    datastore.commit()
    datastore.db.session.expire_all()
    assert found.mf_recovery_codes == ["two"]
    datastore.delete_user(found)
    datastore.commit()
    assert datastore.find_user(email="sari@example.org") is None


def test_every_column_that_flask_security_names_is_there():
    from flask_security.models import sqla

    named = {name for part in (sqla.FsUserMixin, sqla.FsRoleMixin) for name in part.__annotations__}
    here = set(account_tables.users.c.keys()) | set(account_tables.roles.c.keys())
    assert named <= here


def test_a_session_that_read_first_can_write_after_others_wrote(engine, datastore, user):
    """On SQLite a held snapshot could not be written on any more: "database is locked"."""
    datastore.find_user(email="sari@example.org")
    audit.record(engine, "someone else", "test", "store")
    user.full_name = "Sari"
    datastore.put(user)
    datastore.commit()
    assert stored(engine, "full_name", "users")["full_name"].tolist() == ["Sari"]


def test_a_session_that_only_reads_locks_nobody_out(engine, datastore, user):
    datastore.find_user(email="sari@example.org")
    done = threading.Event()

    def write():
        audit.record(engine, "someone else", "test", "store")
        done.set()

    threading.Thread(target=write, daemon=True).start()
    assert done.wait(20)


def test_a_session_rolls_back_whole(engine, datastore, user):
    user.full_name = "Sari"
    datastore.db.session.flush()
    datastore.create_user(email="other@example.org", password="x")
    datastore.db.session.flush()
    datastore.db.session.rollback()
    users = stored(engine, "email, full_name", "users")
    assert users["email"].tolist() == ["sari@example.org"]
    assert users["full_name"].isna().all()


def test_a_token_is_good_for_its_scopes_until_it_ends(engine, user, monkeypatch):
    token = tokens.issue(engine, user.id, "QGIS", ["figures:read"], clock.now() + HOUR, "sari")
    bearer = tokens.bearer(engine, token)
    assert (bearer.user_id, bearer.scopes) == (user.id, ("figures:read",))
    assert tokens.bearer(engine, token + "x") is None
    assert tokens.bearer(engine, "") is None
    later = clock.now() + 2 * HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    assert tokens.bearer(engine, token) is None


def test_the_token_itself_is_not_kept(engine, user):
    token = tokens.issue(engine, user.id, "QGIS", ["read"], clock.now() + HOUR, "sari")
    for table in ("api_tokens", "audit_log"):
        assert token not in stored(engine, table=table).to_string()


def test_a_revoked_token_and_a_disabled_account_are_refused(engine, datastore, user):
    token = tokens.issue(engine, user.id, "QGIS", ["read"], clock.now() + HOUR, "sari")
    other = tokens.issue(engine, user.id, "R", ["read"], clock.now() + HOUR, "sari")
    tokens.revoke(engine, user.id, tokens.bearer(engine, token).token_id, "sari")
    assert tokens.bearer(engine, token) is None
    assert tokens.of_user(engine, user.id)["revoked_at"].notna().tolist() == [True, False]
    datastore.deactivate_user(user)
    datastore.commit()
    assert tokens.bearer(engine, other) is None
    with pytest.raises(NotFoundError):
        tokens.revoke(engine, user.id + 1, 2, "someone")


def test_tokens_that_make_no_sense_are_refused(engine, user):
    with pytest.raises(InputError, match="ended"):
        tokens.issue(engine, user.id, "x", ["read"], clock.now() - HOUR, "sari")
    with pytest.raises(InputError, match="scope"):
        tokens.issue(engine, user.id, "x", ["read write"], clock.now() + HOUR, "sari")


def test_sessions_end_by_sign_out_time_password_and_disabling(engine, datastore, user, monkeypatch):
    names = [sign_ins.start(engine, user.id, HOUR) for _ in range(4)]
    alive = lambda: [sign_ins.alive(engine, user.id, name) for name in names]  # noqa: E731
    assert alive() == [True] * 4
    assert not sign_ins.alive(engine, user.id + 1, names[0]), "another user's cookie"
    sign_ins.end(engine, names[0])
    assert alive() == [False, True, True, True]
    datastore.deactivate_user(user)
    datastore.commit()
    assert alive() == [False] * 4
    datastore.activate_user(user)
    datastore.commit()
    assert alive() == [False, True, True, True]
    datastore.set_uniquifier(user)  # as Flask-Security does when the password changes
    datastore.commit()
    assert alive() == [False] * 4
    names = [sign_ins.start(engine, user.id, HOUR) for _ in range(2)]
    sign_ins.end_all(engine, user.id)
    assert alive() == [False] * 2
    names = [sign_ins.start(engine, user.id, HOUR)]
    later = clock.now() + 2 * HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    assert alive() == [False]


def test_values_of_the_store_are_set_and_read_back(engine):
    with writing(engine) as connection:
        assert state.get(connection, "x") is None
        state.put(connection, "x", "1")
        state.put(connection, "x", "2")
        assert state.get(connection, "x") == "2"
        assert len(state.hash_key(connection)) == 16
        assert state.hash_key(connection) == state.hash_key(connection)
        assert connection.scalar(sa.select(sa.func.count()).select_from(account_tables.users)) == 0
