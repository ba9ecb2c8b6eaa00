"""API tokens: made and ended on a page, good for reading what was released and nothing else."""

from __future__ import annotations

import base64
import datetime as dt
import html
import re
from pathlib import Path

import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

from geo_pora.store import clock, tokens
from webmap import people


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("tokens"))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W", "-", request.node.name)[-50:].strip("-_")


@pytest.fixture
def analyst(app: Flask, name: str) -> FlaskClient:
    return web.sign_in(app, name, ["analyst"])


def make(client: FlaskClient, *scopes: str, days: int = 90, name: str = "QGIS") -> str:
    """Make a token on the page and read it there."""
    form = {"name": name, "scope": list(scopes), "days": days}
    page = client.post("/tokens/", data=form, follow_redirects=True).text
    found = re.search(r"<code>([^<]{40,})</code>", page)
    assert found, page
    return html.unescape(found[1])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def status(app: Flask, headers: dict[str, str], address: str = "/ogc/", method: str = "GET") -> int:
    return app.test_client().open(address, method=method, headers=headers).status_code


def test_a_token_is_shown_once_and_kept_as_a_hash(app: Flask, analyst: FlaskClient) -> None:
    token = make(analyst, "ogc")
    assert token not in analyst.get("/tokens/").text
    folder = app.extensions["geo_pora"].settings.data_dir
    for file in Path(folder).rglob("*.sqlite*"):
        assert token.encode() not in file.read_bytes()


def test_it_signs_in_as_bearer_and_as_the_password_of_its_owner(
    app: Flask, analyst: FlaskClient, name: str
) -> None:
    token = make(analyst, "ogc")
    assert status(app, bearer(token)) == 200
    assert status(app, basic(name, token)) == 200
    assert status(app, basic(name.upper(), token)) == 200
    assert status(app, basic("somebody-else", token)) == 401
    assert status(app, basic(name, "x" + token)) == 401


def test_the_password_of_an_account_opens_nothing(
    app: Flask, analyst: FlaskClient, name: str
) -> None:
    new = "gunung berapi biru 88"
    form = {"new_password": new, "new_password_confirm": new}
    assert analyst.post("/change", data=form).status_code == 302
    assert status(app, basic(name, new)) == 401


def test_without_a_token_both_ways_in_are_named(app: Flask) -> None:
    for path in ("/ogc/", "/ogc/api", "/ogc/collections", "/ogc/collections/districts/items"):
        answer = app.test_client().get(path)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        said = answer.headers.getlist("WWW-Authenticate")
        assert [one.split()[0] for one in said] == ["Basic", "Bearer"]


def test_a_person_is_asked_to_sign_in_on_a_page(app: Flask, analyst: FlaskClient) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = app.test_client().get("/ogc/", headers=accept)
    assert answer.status_code == 302
    assert analyst.get("/ogc/", headers=accept).status_code == 200


@pytest.mark.parametrize(
    ("address", "method"),
    [
        ("/map/", "GET"),
        ("/", "GET"),
        ("/tokens/", "GET"),
        ("/tokens/", "POST"),
        ("/coverage/", "GET"),
        ("/ogc/", "POST"),
        ("/exports/districts.csv", "GET"),
    ],
)
def test_a_scope_opens_no_other_page(
    app: Flask, analyst: FlaskClient, address: str, method: str
) -> None:
    token = make(analyst, "ogc")
    answer = app.test_client().open(address, method=method, headers=bearer(token))
    assert answer.status_code in {401, 405} or "/login" in answer.headers["Location"]
    assert "Set-Cookie" not in answer.headers or "_user_id" not in str(answer.headers)


def test_released_files_are_read_with_their_own_scope(app: Flask, analyst: FlaskClient) -> None:
    token = make(analyst, "exports")
    assert status(app, bearer(token)) == 401
    assert status(app, bearer(token), "/exports/districts.csv?period=2026-Q1") == 200


def test_it_ends_when_revoked_and_only_its_owner_can(app: Flask, analyst: FlaskClient) -> None:
    token = make(analyst, "ogc")
    other = web.sign_in(app, "other-analyst", ["analyst"])
    key = re.findall(r"/tokens/(\d+)/revoke", analyst.get("/tokens/").text)[0]
    assert other.post(f"/tokens/{key}/revoke").status_code == 404
    assert status(app, bearer(token)) == 200
    assert analyst.post(f"/tokens/{key}/revoke").status_code == 303
    assert status(app, bearer(token)) == 401


def test_it_ends_with_its_day_its_owner_and_its_owners_role(
    app: Flask, analyst: FlaskClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = make(analyst, "ogc", days=30)
    later = clock.now() + dt.timedelta(days=31)
    with monkeypatch.context() as patch:
        patch.setattr(tokens.clock, "now", lambda: later)
        assert status(app, bearer(token)) == 401
    people.set_roles(app, name, ["patrol"], None, actor="test")
    assert status(app, bearer(token)) == 403
    people.set_roles(app, name, ["analyst"], None, actor="test")
    assert status(app, bearer(token)) == 200
    people.set_active(app, name, False, actor="test")
    assert status(app, bearer(token)) == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "", "scope": "ogc", "days": "30"},
        {"name": "x" * 61, "scope": "ogc", "days": "30"},
        {"name": "x", "scope": "everything", "days": "30"},
        {"name": "x", "days": "30"},
        {"name": "x", "scope": "ogc", "days": "36500"},
        {"name": "x", "scope": "ogc", "days": "-1"},
        {"name": "x", "scope": "ogc", "days": "many"},
    ],
)
def test_a_wrong_form_makes_no_token(analyst: FlaskClient, wrong: dict[str, str]) -> None:
    assert analyst.post("/tokens/", data=wrong).status_code == 400
    assert "/revoke" not in analyst.get("/tokens/").text


def test_wrong_tokens_are_slowed_down(tmp_path: Path) -> None:
    app = web.make_app(tmp_path, reports=False, RATELIMIT_ENABLED=True)
    found = [status(app, bearer(f"wrong{n}")) for n in range(32)]
    assert found == [401] * 30 + [429] * 2
