"""Every text field and page against naughty strings: text in, text out, never an error of ours."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient
from strings import EVALUATED, code, hostile, some, tags
from werkzeug.test import TestResponse

from geo_pora import codes, pipeline
from geo_pora.errors import InputError
from geo_pora.periods import Period, month
from geo_pora.store import agencies, audit, named_periods, review, tables
from webmap import import_jobs
from webmap.permissions import ROLES

pytestmark = pytest.mark.hostile
PLAIN = "harmless"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("texts"), PROPAGATE_EXCEPTIONS=False)


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return web.sign_in(app, "everything", tuple(ROLES))


@pytest.fixture(scope="module")
def engine(app: Flask) -> sa.Engine:
    return app.extensions["geo_pora"].engine


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    """Return a page, after the checks that hold for each."""
    answer = client.get(address)
    assert answer.status_code == status, address
    check(answer, address)
    return answer.text


def check(answer: TestResponse, *about: object) -> None:
    """Check what holds of every answer: no error of ours, nothing evaluated, nothing that runs."""
    assert answer.status_code < 500, about
    assert EVALUATED.encode() not in answer.data, about
    target = answer.headers.get("Location", "/").removeprefix("http://localhost")
    assert target.startswith("/"), about
    assert not target.startswith(("//", "/\\")), about
    if answer.mimetype == "text/html":
        assert code(answer.text) == [], about


def stored(text: str) -> str:
    """Return a text as a database takes it: no NUL, no half of a pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


class TestStored:
    """Strings that got into the store, whatever the forms say: every page shows them as text."""

    def test_agency_names(self, client: FlaskClient, engine: sa.Engine, shared: Path) -> None:
        known = sorted(codes.load("agencies").codes)
        pages = ("/admin/agencies", "/coverage/", "/imports/", "/admin/", "/map/")
        for one in known:
            agencies.put(engine, one, PLAIN, "test")
        before = {address: tags(page(client, address)) for address in pages}
        strings = [stored(one) for one in some(hostile(shared), 4)]
        for start in range(0, len(strings), len(known)):
            for one, name in zip(known, strings[start : start + len(known)], strict=False):
                if name.strip():
                    agencies.put(engine, one, name, "test")
            for address in pages:
                assert tags(page(client, address)) == before[address], address

    def test_named_periods(self, client: FlaskClient, engine: sa.Engine, shared: Path) -> None:
        strings = list(dict.fromkeys(stored(one)[:100] for one in some(hostile(shared), 2)))
        strings = [one for one in strings if one.strip()]
        pages = ("/admin/periods", "/map/")
        span = month(2026, 2)
        for name in strings:
            named_periods.put(engine, name, Period(span.first, span.last), "test")
        found = {address: tags(page(client, address)) for address in pages}
        names = list(named_periods.all(engine))
        assert len(names) > 0.9 * len(strings)  # some differ by blanks alone
        for name in names:
            named_periods.remove(engine, name, "test")
        for number in range(len(names)):
            named_periods.put(engine, f"{PLAIN} {number}", span, "test")
        for address in pages:
            assert tags(page(client, address)) == found[address], address
        for name in named_periods.all(engine):
            named_periods.remove(engine, name, "test")

    def test_addresses_and_file_names(
        self, client: FlaskClient, engine: sa.Engine, shared: Path
    ) -> None:
        key = int(review.queue(engine)["key"].iloc[0])
        pages = ("/review/", f"/review/{key}", "/imports/", "/imports/1")

        def put(text: str) -> None:
            with engine.begin() as connection:
                waiting = tables.reports.c.id == key
                connection.execute(
                    tables.reports.update().where(waiting).values(location_text=text)
                )
                connection.execute(tables.batches.update().values(file_name=text))

        put(PLAIN)
        before = {address: tags(page(client, address)) for address in pages}
        for text in some(hostile(shared), 12):
            put(stored(text) or "x")
            for address in pages:
                assert tags(page(client, address)) == before[address], (address, text)

    def test_the_audit_log(self, client: FlaskClient, engine: sa.Engine, shared: Path) -> None:
        for text in some(hostile(shared), 8):
            audit.record(engine, text or "x", text or "x", text or "x", {text: text})
        for number in range(1, 6):
            page(client, f"/admin/audit?page={number}")
        assert "&lt;" in page(client, "/admin/audit?q=onerror")

    def test_area_names(self, tmp_path: Path, shared: Path, monkeypatch) -> None:
        app = web.make_app(tmp_path, PROPAGATE_EXCEPTIONS=False)
        client = web.sign_in(app, "everything", tuple(ROLES))
        key = int(review.queue(app.extensions["geo_pora"].engine)["key"].iloc[0])
        pages = ("/map/", f"/review/{key}", "/admin/layers", "/exports/", "/review/")
        layer = pipeline.open_layer(app.extensions["geo_pora"].settings)
        before = {address: tags(page(client, address)) for address in pages}
        strings = [stored(one) for one in hostile(shared)]
        count = len(layer.finest)
        finest = layer.finest.assign(name=(strings * (count // len(strings) + 1))[:count])
        names = dict(zip(layer.names, strings, strict=False))
        named = dataclasses.replace(layer, finest=finest, names=names, source=strings[0])
        monkeypatch.setattr(pipeline, "open_layer", lambda *_: named)
        app.extensions["geo_pora"]._atlas = None
        for address in pages:
            assert tags(page(client, address)) == before[address], address
        with app.app_context():
            version = app.extensions["geo_pora"].atlas().version
        for level in layer.levels:
            script = page(client, f"/map/layers/{version}/{level}.js")
            assert not [name for name in strings if len(name) > 12 and name in script]
            about = client.get(f"/map/layers/{version}/{level}.json")
            assert set(about.json["names"]) <= {*strings, *names.values()}
        assert client.get("/map/areas/16.01.14.json").status_code == 200
        for kind in ("csv", "geojson", "xlsx", "gpkg", "parquet"):
            answer = client.get(f"/exports/district.{kind}?period=2026-Q1")
            assert answer.status_code == 200
            check(answer, kind)
        one_file = client.get("/exports/map.html?period=2026-Q1")
        assert one_file.status_code == 200
        assert EVALUATED not in one_file.text
        assert not [one for one in code(one_file.text) if not one.startswith(("<script", "<style"))]


class TestSent:
    """Strings in every form, path and query: refused or kept, answered and never an error."""

    def test_queries(self, client: FlaskClient, shared: Path) -> None:
        fields = {
            "/map/": ("level", "period", "area"),
            "/map/figures.json": ("level", "period", "agency", "measure", "breaks", "classes"),
            "/map/areas/16.01.14.json": ("period", "permit"),
            "/coverage/": ("months",),
            "/exports/": ("period", "level"),
            "/exports/district.csv": ("period",),
            "/exports/map.html": ("period", "measure", "level"),
            "/admin/audit": ("q", "page", "verify"),
            "/review/": ("page",),
            "/imports/1": ("job",),
            "/login": ("next",),
            "/change": ("next",),
        }
        for text in some(hostile(shared), 40):
            for address, names in fields.items():
                query = "&".join(
                    f"{name}={quote(text.encode('utf-8', 'replace'))}" for name in names
                )
                check(client.get(f"{address}?{query}"), address, text)

    def test_paths(self, client: FlaskClient, shared: Path) -> None:
        for text in some(hostile(shared), 25):
            part = quote(text.encode("utf-8", "replace"), safe="")
            for address in (
                *("/{}", "/map/areas/{}.json", "/map/layers/x/{}.js", "/assets/x/{}"),
                *("/imports/jobs/{}", "/imports/jobs/{}.json", "/imports/{}", "/review/{}"),
                *("/exports/{}.csv", "/exports/district.{}", "/sign-in/{}", "/static/{}"),
            ):
                check(client.get(address.format(part)), address, text)

    def test_forms(self, client: FlaskClient, shared: Path) -> None:
        fields = {
            "/admin/accounts": ("name", "role", "agency", "email"),
            "/admin/accounts/nobody": ("action", "role", "agency"),
            "/admin/agencies": ("code",),
            "/admin/periods": ("name", "first", "last"),
            "/admin/layers": ("name",),
            "/language": ("language", "next"),
            "/review/999999": ("code", "decision"),
            "/imports/999/undo": ("x",),
            "/change": ("password", "new_password", "new_password_confirm"),
        }
        for text in some(hostile(shared), 60):
            for address, names in fields.items():
                check(client.post(address, data=dict.fromkeys(names, text)), address, text)

    def test_account_names_and_addresses(
        self, app: Flask, client: FlaskClient, shared: Path
    ) -> None:
        for number, text in enumerate(some(hostile(shared), 25)):
            address = "".join(text.split()).replace("@", "")[:60]
            form = {"name": f"a{number}", "role": "planner", "email": f"{address}@example.id"}
            assert client.post("/admin/accounts", data=form).status_code in (303, 400)
            form = {"name": text, "role": "planner"}
            status = client.post("/admin/accounts", data=form).status_code
            assert status == 400 or re.fullmatch(r"[0-9A-Za-z][\w.-]{1,63}", text, re.ASCII), text
            assert status in (303, 400)
        page(client, "/admin/")

    def test_names_at_sign_in(self, app: Flask, shared: Path) -> None:
        client = app.test_client()
        for text in some(hostile(shared), 40):
            answer = client.post("/login", data={"username": text, "password": text})
            assert answer.status_code == 200, text
            check(answer, text)

    def test_file_names(self, client: FlaskClient, shared: Path, monkeypatch) -> None:
        def broken(state, job, source, note) -> None:
            raise InputError(f"{source}: damaged")

        monkeypatch.setattr(import_jobs, "_import", broken)
        folder = client.application.extensions["geo_pora"].settings.data_dir / "uploads"
        before = None
        for text in ["plain.csv", *some(hostile(shared), 6)]:
            name = text.replace("\r", "").replace("\n", "").replace('"', "'")
            answer = client.post("/imports/", data={"file": (io.BytesIO(b"x"), name + ".csv")})
            assert answer.status_code in (302, 303), text
            if answer.status_code == 302:
                continue
            job = answer.headers["Location"]
            assert re.fullmatch(r"/imports/jobs/[0-9a-f]{32}", job)
            found = tags(wait(client, job))
            before = before or found
            assert found == before, text
        assert all(re.fullmatch(r"[0-9a-f]{32}\.json", one.name) for one in folder.iterdir())


def wait(client: FlaskClient, job: str) -> str:
    """Return the page of a job that has ended: the thread has only a file to write."""
    for _ in range(10_000):
        if client.get(f"{job}.json").json["state"] != "running":
            return page(client, job)
    raise AssertionError("the job did not end")


def test_problem_details_are_json_and_never_sniffed(client: FlaskClient) -> None:
    answer = client.get("/map/figures.json?level=<script>window.__xss=1</script>")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(answer.text)["status"] == 400
