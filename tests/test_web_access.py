"""Who may call what: every route says so, and the matrix role x endpoint has no surprise."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import web_fixtures as web
from flask import Flask

from geo_pora import settings
from geo_pora.errors import GeoPoraError
from webmap import config, people, permissions
from webmap.permissions import PERMISSIONS, PUBLIC, ROLES, SIGNED_IN

VALUES = {
    "batch_id": "1",
    "code": "16.01.07",
    "identity": "0" * 32,
    "key": "1",
    "kind": "csv",
    "level": "district",
    "name": "map",
    "token": "x",
    "version": "x",
    "filename": "x",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("access"))


def addresses(app: Flask) -> list[tuple[str, str, str]]:
    """Return endpoint, method and an address of every route."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {name: VALUES.get(name, "1") for name in rule.arguments}
            built = app.url_map.bind("localhost").build(rule.endpoint, values)
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                found.append((rule.endpoint, method, built))
    return found


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    known = {PUBLIC, SIGNED_IN, *PERMISSIONS}
    undeclared = [
        name for name in app.view_functions if permissions.declared(app, name) not in known
    ]
    assert undeclared == []


def test_a_route_that_declares_nothing_is_refused(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False)
    app.add_url_rule("/undeclared", "undeclared", lambda: "secret")
    client = web.sign_in(app, "all", tuple(ROLES))
    assert client.get("/undeclared").status_code == 403


def test_public_routes_are_these_and_no_others(app: Flask) -> None:
    public = {name for name in app.view_functions if permissions.declared(app, name) == PUBLIC}
    assert {name for name in public if not name.startswith("security.")} == {
        *("static", "assets", "language", "sign_in_link"),
        *("health.alive", "health.ready", "health.metrics", "health.policy_report"),
        *("hotspots.worker", "hotspots.manifest"),  # a script and an icon, for phones
    }


def test_without_sign_in_nothing_but_public_answers(app: Flask) -> None:
    for endpoint, method, address in addresses(app):
        if permissions.declared(app, endpoint) == PUBLIC:
            continue
        answer = app.test_client().open(address, method=method)
        signs_in = answer.status_code == 302 and "/login" in answer.headers["Location"]
        assert answer.status_code == 401 or signs_in, (endpoint, method, answer.status_code)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_reaches_what_it_holds_and_nothing_else(app: Flask, role: str) -> None:
    client = web.sign_in(app, f"only-{role}", [role])
    for endpoint, method, address in addresses(app):
        needed = permissions.declared(app, endpoint)
        if needed in {PUBLIC, SIGNED_IN}:
            continue
        status = client.open(address, method=method).status_code
        if needed in ROLES[role]:
            assert status not in {401, 403, 500}, (endpoint, method, status)
        else:
            assert status == 403, (endpoint, method, status)


def test_an_agency_does_not_see_another_ones_files(app: Flask) -> None:
    own = web.sign_in(app, "own", ["contributor"], web.AGENCY)
    other = web.sign_in(app, "other", ["contributor"], web.OTHER)
    assert own.get("/imports/1").status_code == 200
    assert other.get("/imports/1").status_code == 404
    assert other.post("/imports/1/undo").status_code == 404
    assert other.get("/imports/2").status_code == 200
    assert own.get("/imports/2/rejected.xlsx").status_code == 404
    assert other.get("/imports/2/rejected.xlsx").status_code == 200
    assert "Dinas Tenaga Kerja" not in own.get("/coverage/").text


def test_administration_needs_a_second_factor(app: Flask) -> None:
    client = web.sign_in(app, "one-factor", ["administrator"], second_factor=False)
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/second-factor")
    assert client.post("/admin/accounts", data={"name": "x", "role": "planner"}).status_code == 302
    assert "x" not in {person.name for person in people.everybody(app)}


class TestSignIn:
    PASSWORD = "kuda terbang hijau 77"

    @pytest.fixture
    def named(self, app: Flask, request: pytest.FixtureRequest) -> str:
        name = re.sub(r"\W", "-", request.node.name)[-40:].strip("-_")
        client = web.sign_in(app, name, ["planner"], second_factor=False)
        form = {"new_password": self.PASSWORD, "new_password_confirm": self.PASSWORD}
        assert client.post("/change", data=form).status_code == 302
        return name

    def enter(self, app: Flask, name: str, password: str) -> object:
        return app.test_client().post("/login", data={"username": name, "password": password})

    def test_by_user_name(self, app: Flask, named: str) -> None:
        assert self.enter(app, named, self.PASSWORD).status_code == 302

    def test_by_address(self, app: Flask) -> None:
        name = "Budi.S-1_x"
        token = people.add(app, name, ["planner"], email="budi@oku.example", actor="test")
        client = app.test_client()
        client.post(f"/sign-in/{token}")
        form = {"new_password": self.PASSWORD, "new_password_confirm": self.PASSWORD}
        client.post("/change", data=form)
        for known in (name, "budi.s-1_x", "Budi@oku.example "):
            assert self.enter(app, known, self.PASSWORD).status_code == 302, known

    def test_the_same_answer_for_an_unknown_account(self, app: Flask, named: str) -> None:
        known = self.enter(app, named, "salah")
        unknown = self.enter(app, "tidak-ada", "salah")
        mailed = self.enter(app, "tidak@ada.example", "salah")
        strip = re.compile(r'name="csrf_token"[^>]*>')
        pages = {strip.sub("", answer.text) for answer in (known, unknown, mailed)}
        assert known.status_code == unknown.status_code == 200
        assert len(pages) == 1
        assert "tidak cocok" in pages.pop()

    def test_a_link_is_good_once(self, app: Flask) -> None:
        token = people.add(app, "once", ["planner"], actor="test")
        assert app.test_client().get(f"/sign-in/{token}").status_code == 200
        first = app.test_client().post(f"/sign-in/{token}")
        second = app.test_client().post(f"/sign-in/{token}")
        assert first.headers["Location"] == "/"
        assert second.headers["Location"] == "/login"

    def test_a_forged_link_is_refused(self, app: Flask) -> None:
        assert app.test_client().post("/sign-in/abc.def.ghi").headers["Location"] == "/login"

    def test_a_copied_cookie_ends_with_logout(self, app: Flask, named: str) -> None:
        client = app.test_client()
        client.post("/login", data={"username": named, "password": self.PASSWORD})
        copied = client.get_cookie("session").value
        assert client.get("/").status_code == 200
        client.post("/logout")
        thief = app.test_client()
        thief.set_cookie("session", copied)
        assert thief.get("/").status_code == 302

    def test_a_new_password_ends_other_sessions(self, app: Flask, named: str) -> None:
        clients = [app.test_client(), app.test_client()]
        for client in clients:
            client.post("/login", data={"username": named, "password": self.PASSWORD})
        new = "gunung berapi biru 88"
        form = {"password": self.PASSWORD, "new_password": new, "new_password_confirm": new}
        assert clients[0].post("/change", data=form).status_code == 302
        assert [client.get("/").status_code for client in clients] == [200, 302]

    def test_disabling_ends_the_session_at_once(self, app: Flask, named: str) -> None:
        client = app.test_client()
        client.post("/login", data={"username": named, "password": self.PASSWORD})
        people.set_active(app, named, False, actor="test")
        assert client.get("/").status_code == 302
        assert self.enter(app, named, self.PASSWORD).status_code == 200

    @pytest.mark.parametrize("weak", ["pendek", "password1234", "aaaaaaaaaaaaaa", "qwertyuiop12"])
    def test_weak_passwords_are_refused(self, app: Flask, weak: str) -> None:
        client = web.sign_in(app, f"weak-{weak}", ["planner"], second_factor=False)
        form = {"new_password": weak, "new_password_confirm": weak}
        assert client.post("/change", data=form).status_code == 200

    def test_a_second_factor_is_asked_for(self, app: Flask, named: str) -> None:
        web.give_second_factor(app, named)
        client = app.test_client()
        client.post("/login", data={"username": named, "password": self.PASSWORD})
        assert client.get("/").status_code == 302

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_the_form_of_the_code_signs_nobody_out(
        self, app: Flask, named: str, method: str
    ) -> None:
        client = app.test_client()
        client.post("/login", data={"username": named, "password": self.PASSWORD})
        for asked, target in {"": "/", "?next=/map/": "/map/", "?next=//example.org": "/"}.items():
            answer = client.open(f"/tf-validate{asked}", method=method)
            assert answer.headers["Location"] == target
            assert client.get("/").status_code == 200

    def test_a_lost_phone_is_no_reason_to_send_mail(self, app: Flask, named: str) -> None:
        web.give_second_factor(app, named)
        client = app.test_client()
        client.post("/login", data={"username": named, "password": self.PASSWORD})
        answer = client.post("/tf-rescue", data={"help_setup": "help"})
        assert answer.headers["Location"] == "/tf-validate"
        assert "Administrator dapat menghapus faktor kedua" in client.get("/tf-validate").text

    @pytest.mark.parametrize("wrong", ["000000", " ", "123456789", "seratus"])
    def test_a_wrong_code_is_told_in_the_language_of_the_page(
        self, app: Flask, named: str, wrong: str
    ) -> None:
        web.give_second_factor(app, named)
        client = app.test_client()
        client.post("/login", data={"username": named, "password": self.PASSWORD})
        page = client.post("/tf-validate", data={"code": wrong}).text
        assert re.search(r'aria-describedby="code-error"', page)
        assert re.search(r'id="code-error">Kode tidak cocok. Coba lagi.<', page)

    def test_a_set_up_that_took_too_long_is_told_in_the_language_of_the_page(
        self, tmp_path: Path
    ) -> None:
        own = web.make_app(
            tmp_path, reports=False, SECURITY_TWO_FACTOR_SETUP_WITHIN=dt.timedelta(days=-1)
        )
        client = web.sign_in(own, "siti", ["planner"], second_factor=False)
        page = client.post("/tf-setup", data={"setup": "authenticator"}).text
        late = re.search(r'action="(/tf-setup/[^"]+)"', page)
        assert late
        for address, said in {
            late[1]: "Waktu untuk memasang faktor kedua sudah habis",
            "/tf-setup/forged": "Permintaan tidak dapat dipakai",
        }.items():
            answer = client.post(address, data={"code": "1"}, follow_redirects=True)
            assert said in answer.text

    def test_next_does_not_lead_away(self, app: Flask, named: str) -> None:
        for target in ("https://example.org/", "//example.org", "/\\example.org"):
            form = {"username": named, "password": self.PASSWORD, "next": target}
            answer = app.test_client().post(f"/login?next={target}", data=form)
            goes_to = urlsplit(answer.headers.get("Location", "/"))
            assert not goes_to.netloc
            assert not goes_to.path.startswith(("//", "/\\"))
            away = app.test_client().post("/language", data={"language": "en", "next": target})
            assert away.headers["Location"] == "/"


def test_too_many_attempts_are_stopped(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False, RATELIMIT_ENABLED=True)
    form = {"username": "somebody", "password": "x"}
    statuses = [
        app.test_client()
        .post("/login", data=form, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"})
        .status_code
        for n in range(12)
    ]
    assert statuses[:10] == [200] * 10
    assert statuses[10:] == [429] * 2


def test_forms_need_a_token(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False, WTF_CSRF_ENABLED=True)
    assert app.test_client().post("/language", data={"language": "en"}).status_code == 400


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False)
    people.add(app, "boss", ["administrator"], actor="test")
    with pytest.raises(GeoPoraError, match="last administrator"):
        people.set_active(app, "boss", False, actor="test")
    with pytest.raises(GeoPoraError, match="last administrator"):
        people.set_roles(app, "boss", ["planner"], None, actor="test")


def test_there_is_no_default_account(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False)
    assert people.everybody(app) == []


class TestProduction:
    STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"

    @pytest.mark.parametrize(
        ("more", "word"),
        [
            ({"secret_key": "short", "public_url": "https://x.example"}, "weak"),
            ({"secret_key": "a" * 60, "public_url": "https://x.example"}, "weak"),
            ({"secret_key": STRONG, "public_url": "https://x.example", "debug": True}, "debug"),
            ({"secret_key": STRONG, "public_url": "http://x.example"}, "HTTPS"),
            ({"secret_key": STRONG}, "HTTPS"),
        ],
    )
    def test_refuses_to_start_unsafe(
        self, tmp_path: Path, more: dict[str, object], word: str
    ) -> None:
        with pytest.raises(GeoPoraError, match=word):
            config.flask_config(settings.load(data_dir=tmp_path, mode="production", **more))

    def test_starts_behind_https(self, tmp_path: Path) -> None:
        found = config.flask_config(
            settings.load(data_dir=tmp_path, mode="production", public_url="https://x.example")
        )
        assert found["SESSION_COOKIE_SECURE"]
        assert found["SESSION_COOKIE_NAME"] == "__Host-session"

    def test_the_secret_is_made_once_and_only_its_owner_reads_it(self, tmp_path: Path) -> None:
        first = config.flask_config(settings.load(data_dir=tmp_path))["SECRET_KEY"]
        again = config.flask_config(settings.load(data_dir=tmp_path))["SECRET_KEY"]
        assert first == again
        assert len(first) >= 32
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
