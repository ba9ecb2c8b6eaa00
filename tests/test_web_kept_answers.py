"""Kept answers: never to somebody else, never after the session, never older than the data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

from geo_pora import periods
from geo_pora.store import batches, named_periods, sign_ins
from webmap import headers, people

ADDRESSES = ("/map/", "/map/figures.json?level=district", "/map/areas/16.01.14.json")
PASSWORD = "kuda berlari di tepi sungai"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return web.make_app(tmp_path)


def asked_of_the_app(app: Flask) -> int:
    """Return how often a view of the map was really called."""
    return sum(app.extensions["calls"].values())


@pytest.fixture
def counted(app: Flask) -> Flask:
    """The app, counting the calls of the map's views."""
    calls = app.extensions["calls"] = {}

    def counting(endpoint: str):
        view = app.view_functions[endpoint]

        def wrapped(**arguments: str):
            calls[endpoint] = calls.get(endpoint, 0) + 1
            return view(**arguments)

        wrapped.permission = view.permission
        return wrapped

    for endpoint in ("map.page", "map.figures", "map.area"):
        app.view_functions[endpoint] = counting(endpoint)
    return app


def warm(client: FlaskClient) -> None:
    """Ask often enough that every answer is kept: the first page sets a cookie."""
    for _ in range(2):
        for address in ADDRESSES:
            assert client.get(address).status_code == 200


def with_cookies_of(app: Flask, client: FlaskClient) -> FlaskClient:
    """Return another browser with a copy of the session's cookie."""
    copy = app.test_client()
    copy.set_cookie("session", client.get_cookie("session").value)
    return copy


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_same_answer_without_asking_the_view(counted: Flask, address: str) -> None:
    client = web.sign_in(counted, "planner", ["planner"])
    warm(client)
    before = asked_of_the_app(counted)
    first, second = client.get(address), client.get(address)
    assert asked_of_the_app(counted) == before
    assert first.data == second.data
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    for name, value in headers.HEADERS.items():
        assert second.headers[name] == value
    assert "Cookie" in second.headers["Vary"]
    kept = "private, no-cache" if ".json" in address else "no-store"
    assert second.headers["Cache-Control"] == kept


def test_requests_are_counted_and_logged_all_the_same(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    client = web.sign_in(app, "planner", ["planner"])
    warm(client)
    capsys.readouterr()
    answer = client.get("/map/", headers={"X-Request-ID": "abcdef-123"})
    assert answer.headers["X-Request-ID"] == "abcdef-123"
    line = json.loads(capsys.readouterr().out.strip())
    assert (line["endpoint"], line["status"], line["request_id"]) == ("map.page", 200, "abcdef-123")
    assert "planner" not in json.dumps(line)
    assert 'endpoint="map.page",method="GET",status="200"} 3.0' in client.get("/metrics").text


def test_what_a_browser_has_is_not_sent_again(counted: Flask) -> None:
    client = web.sign_in(counted, "planner", ["planner"])
    address = "/map/figures.json?level=district"
    for encoding in ("br", "gzip", ""):
        asked = {"Accept-Encoding": encoding}
        tag = client.get(address, headers=asked).headers["ETag"]
        for known in (tag, f'"other", {tag}', "*"):
            again = client.get(address, headers={**asked, "If-None-Match": known})
            assert (again.status_code, again.data) == (304, b""), known
            assert again.headers["ETag"] == tag
            assert "Content-Type" not in again.headers
            assert again.headers["Cache-Control"] == "private, no-cache"
        whole = client.get(address, headers={**asked, "If-None-Match": '"other"'})
        assert whole.status_code == 200
    assert counted.extensions["calls"]["map.figures"] == 3


def test_a_browser_that_has_it_already_makes_an_answer_that_is_kept(counted: Flask) -> None:
    client = web.sign_in(counted, "planner", ["planner"])
    address = "/map/figures.json?level=district"
    tag = client.get(address).headers["ETag"]
    named_periods.put(
        counted.extensions["geo_pora"].engine, "Kampanye", periods.month(2026, 2), "test"
    )
    for _ in range(3):
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert counted.extensions["calls"]["map.figures"] == 2


class TestNobodyElse:
    def test_two_people_two_languages_two_roles(self, app: Flask) -> None:
        """Each of six browsers gets its own page, whoever asked before."""
        people_of = {
            "satu": ["planner"],
            "dua": ["reviewer"],
            "tiga": ["planner", "administrator", "contributor"],
        }
        browsers = {}
        for name, roles in people_of.items():
            for language in ("id", "en"):
                client = web.sign_in(app, f"{name}-{language}", roles)
                client.set_cookie("language", language)
                browsers[name, language] = client
        for _ in range(3):
            for (name, language), client in browsers.items():
                page = client.get("/map/").text
                assert f'<html lang="{language}">' in page
                assert re.findall(r'menu-name">([^<]+)<', page) == [f"{name}-{language}"]
                assert ('id="download"' in page) == (name != "dua")
                assert ('href="/admin/"' in page) == (name == "tiga")
                assert ('href="/review/"' in page) == (name == "dua")
                title = client.get("/map/areas/16.01.14.json").json["groups"][0]["title"]
                assert (title == "Izin tinggal") == (language == "id")
        tokens = [web.csrf_token(client.get("/map/").text) for client in browsers.values()]
        assert len(set(tokens)) == len(browsers)

    def test_nobody_gets_a_page_without_a_session(self, app: Flask) -> None:
        warm(web.sign_in(app, "planner", ["planner"]))
        stranger = app.test_client()
        assert stranger.get("/map/").status_code == 302
        assert stranger.get("/map/figures.json?level=district").status_code == 401
        stranger.set_cookie("session", "forged")
        assert stranger.get("/map/figures.json?level=district").status_code == 401

    def test_who_may_not_see_the_map_does_not_see_a_kept_one(self, app: Flask) -> None:
        warm(web.sign_in(app, "planner", ["planner"]))
        other = web.sign_in(app, "sender", ["contributor"])
        for address in ADDRESSES:
            assert other.get(address).status_code == 403

    @pytest.mark.parametrize("header", [{"Authorization": "Basic eDp5"}, {"Range": "bytes=0-10"}])
    def test_an_unusual_request_goes_to_the_app(
        self, counted: Flask, header: dict[str, str]
    ) -> None:
        client = web.sign_in(counted, "planner", ["planner"])
        warm(client)
        before = asked_of_the_app(counted)
        client.get("/map/figures.json?level=district", headers=header)
        assert asked_of_the_app(counted) == before + 1
        assert client.head("/map/").data == b""


class TestTheEndOfASession:
    def ended(self, copies: list[FlaskClient]) -> None:
        for copy in copies:
            assert copy.get("/map/").status_code == 302
            assert copy.get("/map/figures.json?level=district").status_code == 401
            assert copy.get("/map/areas/16.01.14.json").status_code == 401

    def test_signing_out_ends_a_copied_cookie(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        copy = with_cookies_of(app, client)
        warm(copy)
        client.post("/logout")
        self.ended([copy, client])

    def test_a_new_password(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        copy = with_cookies_of(app, client)
        warm(copy)
        form = {"new_password": PASSWORD, "new_password_confirm": PASSWORD}
        assert client.post("/change", data=form).status_code == 302
        self.ended([copy])
        assert client.get("/map/").status_code == 200

    def test_a_disabled_account(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        people.set_active(app, "planner", False, actor="test")
        self.ended([client])

    def test_all_sessions_ended_in_the_store(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        with app.app_context():
            user = app.extensions["geo_pora_accounts"].find_user(username="planner")
        sign_ins.end_all(app.extensions["geo_pora"].engine, user.id)
        self.ended([client])

    def test_the_time_is_over(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        import datetime as dt

        from geo_pora.store import clock

        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        later = clock.now() + dt.timedelta(days=2)
        monkeypatch.setattr(clock, "now", lambda: later)
        self.ended([client])

    def test_a_role_that_is_taken_away(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        with app.app_context():  # behind the back of the audit log
            accounts = app.extensions["geo_pora_accounts"]
            user = accounts.find_user(username="planner")
            accounts.remove_role_from_user(user, "planner")
            accounts.commit()
        for address in ADDRESSES:
            assert client.get(address).status_code == 403


class TestChanges:
    def test_data_that_are_taken_back(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        address = "/map/figures.json?level=district&period=2026-Q1"
        assert sum(value or 0 for value in client.get(address).json["values"]) > 0
        assert sum(value or 0 for value in client.get(address).json["values"]) > 0
        batches.undo(app.extensions["geo_pora"].engine, 1, "test")
        assert sum(value or 0 for value in client.get(address).json["values"]) == 0

    def test_a_named_period_is_on_the_page_at_once(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        engine = app.extensions["geo_pora"].engine
        named_periods.put(engine, "Masa kampanye", periods.month(2026, 2), "test")
        assert "Masa kampanye" in client.get("/map/").text

    def test_a_change_while_the_answer_is_made_is_not_lost(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        engine = app.extensions["geo_pora"].engine
        view = app.view_functions["map.page"]

        def slow() -> str:
            made = view()
            named_periods.put(engine, "Tepat saat itu", periods.month(2026, 1), "test")
            return made

        slow.permission = "map"
        named_periods.put(engine, "Sebelumnya", periods.month(2026, 3), "test")
        app.view_functions["map.page"] = slow
        assert "Tepat saat itu" not in client.get("/map/").text
        app.view_functions["map.page"] = view
        assert "Tepat saat itu" in client.get("/map/").text

    def test_a_message_is_shown_once(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        warm(client)
        with client.session_transaction() as session:
            session["_flashes"] = [("success", "Sekali saja")]
        assert "Sekali saja" in client.get("/map/").text
        for _ in range(2):
            assert "Sekali saja" not in client.get("/map/").text


class TestForEverybody:
    def addresses(self, client: FlaskClient) -> list[str]:
        page = client.get("/map/").text
        return re.findall(r'(?:src|href)="(/(?:assets|map/layers)/[^"]+)"', page)

    def test_scripts_and_styles_are_for_all_and_layers_are_not(self, app: Flask) -> None:
        client = web.sign_in(app, "planner", ["planner"])
        found = self.addresses(client)
        assert len(found) > 10
        bodies = {}
        for _ in range(2):
            for address in found:
                answer = client.get(address, headers={"Accept-Encoding": "br"})
                assert answer.status_code == 200
                assert bodies.setdefault(address, answer.data) == answer.data
        stranger = app.test_client()
        for address in found:
            answer = stranger.get(address, headers={"Accept-Encoding": "br"})
            if address.startswith("/assets/"):
                assert answer.data == bodies[address]
                assert answer.headers["Cache-Control"].startswith("public")
                assert "Set-Cookie" not in answer.headers
            else:
                assert answer.status_code in {302, 401}

    def test_an_old_address_is_not_kept(self, app: Flask) -> None:
        client = app.test_client()
        for _ in range(2):
            answer = client.get("/assets/0123456789ab/css/app.css")
            assert answer.headers["Cache-Control"] == "no-store"
        assert not app.wsgi_app._found

    def test_each_encoding_by_itself(self, app: Flask) -> None:
        client = app.test_client()
        address = next(
            one for one in self.addresses(web.sign_in(app, "pp", ["planner"])) if "app.css" in one
        )
        for _ in range(2):
            for encoding in ("br", "gzip", ""):
                answer = client.get(address, headers={"Accept-Encoding": encoding})
                assert answer.headers.get("Content-Encoding", "") == encoding


def test_only_so_much_is_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from webmap import kept_answers

    monkeypatch.setattr(kept_answers, "KEPT_BYTES", 20_000)
    client = web.sign_in(app, "planner", ["planner"])
    for number in range(40):
        client.get(f"/map/figures.json?level=district&classes={2 + number % 6}&x={number}")
    kept = app.wsgi_app
    assert 0 < kept._bytes == sum(one.size for one in kept._found.values()) <= 20_000
