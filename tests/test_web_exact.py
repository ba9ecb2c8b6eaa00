"""Exact counts as a file: for those who hold the right, for a purpose that is written down."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

from geo_pora.store import audit
from webmap.permissions import RIGHTS, ROLES

PURPOSE = "rapat koordinasi PORA OKU, untuk Kepala Kantor"
QUARTER = {"what": "regency", "period": "2026-Q1", "kind": "csv"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("exact"))


@pytest.fixture(scope="module")
def holder(app: Flask) -> FlaskClient:
    return web.sign_in(app, "holder", ["analyst", "exact"])


def engine_of(app: Flask):
    return app.extensions["geo_pora"].engine


def test_an_administrator_gives_the_right(app: Flask) -> None:
    chief = web.sign_in(app, "chief", ["administrator"])
    person = web.sign_in(app, "given", ["analyst"])
    assert person.get("/exports/exact").status_code == 403
    assert "ekspor persis (hak khusus)" in chief.get("/admin/").text
    form = {"action": "roles", "role": ["analyst", "exact"]}
    assert chief.post("/admin/accounts/given", data=form).status_code == 303
    assert person.get("/exports/exact").status_code == 200
    last = audit.entries(engine_of(app), limit=1).iloc[0]
    assert last["action"] == "account.roles"
    assert "exact" in json.dumps(last["detail"])


def test_no_role_has_it_by_itself(app: Flask) -> None:
    assert "exact" not in frozenset().union(*ROLES.values())
    everything = web.sign_in(app, "everything", tuple(ROLES))
    before = len(audit.entries(engine_of(app), limit=1000))
    form = QUARTER | {"purpose": PURPOSE}
    for client in (everything, *(web.sign_in(app, f"has-{one}", [one]) for one in ROLES)):
        assert client.get("/exports/exact").status_code == 403
        answer = client.post("/exports/exact", data=form)
        assert answer.status_code == 403
        assert "Content-Disposition" not in answer.headers
        assert "/exports/exact" not in client.get("/exports/").text
        assert "/exports/exact" not in client.get("/").text
    assert app.test_client().post("/exports/exact", data=form).status_code == 401
    said = audit.entries(engine_of(app), limit=1000)["action"]
    assert "export.exact" not in set(said[: len(said) - before])


def test_it_needs_a_second_factor(app: Flask) -> None:
    client = web.sign_in(app, "one-factor", ["analyst", "exact"], second_factor=False)
    answer = client.post("/exports/exact", data=QUARTER | {"purpose": PURPOSE})
    assert answer.headers["Location"].endswith("/second-factor")
    assert "ekspor persis" in client.get("/second-factor").text


def test_the_right_alone_opens_nothing_else(app: Flask) -> None:
    client = web.sign_in(app, "right-alone", list(RIGHTS))
    start = client.get("/").text
    menu, tiles = start.split('<ul class="tiles">')
    assert re.findall(r'<li><a href="([^"]+)"', menu) == ["/exports/exact"]
    assert re.findall(r'class="tile" href="([^"]+)"', tiles) == ["/exports/exact"]
    assert "belum memiliki peran" not in start
    assert 'href="/exports/exact" aria-current="page"' in client.get("/exports/exact").text
    assert client.get("/exports/exact").status_code == 200
    for address in ("/exports/", "/map/", "/admin/", "/hotspots/"):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize("purpose", ["", "   ", "rapat", " . " * 40])
def test_without_a_purpose_there_is_no_file(app: Flask, holder: FlaskClient, purpose: str) -> None:
    answer = holder.post("/exports/exact", data=QUARTER | {"purpose": purpose})
    assert answer.status_code == 400
    assert "memerlukan tujuan dengan kata-kata" in answer.text
    assert "Content-Disposition" not in answer.headers


def test_it_is_logged_before_the_file_and_marked(
    app: Flask, holder: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = QUARTER | {"what": "district", "purpose": PURPOSE, "by": "permit"}
    answer = holder.post("/exports/exact", data=form)
    assert answer.status_code == 200
    assert "geo_pora-PERSIS-district-permit-2026-Q1.csv" in (answer.headers["Content-Disposition"])
    rows = pd.read_csv(io.BytesIO(answer.data))
    assert set(rows["exact"]) == {"ya"}
    assert "hidden" not in set(rows["persons_status"])
    assert rows["persons"].between(1, 2).any()
    last = audit.entries(engine_of(app), limit=1).iloc[0]
    assert (last["actor"], last["action"]) == ("holder", "export.exact")
    assert PURPOSE in json.dumps(last["detail"])


def test_nothing_of_it_stays(app: Flask, holder: FlaskClient) -> None:
    folder = app.extensions["geo_pora"].settings.data_dir
    before = {file for file in folder.rglob("*") if "-wal" not in file.name}
    holder.post("/exports/exact", data=QUARTER | {"purpose": PURPOSE, "kind": "gpkg"})
    after = {file for file in folder.rglob("*") if "-wal" not in file.name}
    assert after - before == set()


def test_only_counts(holder: FlaskClient) -> None:
    for what in ("coverage", "hotspots", "map"):
        form = QUARTER | {"what": what, "purpose": PURPOSE}
        answer = holder.post("/exports/exact", data=form)
        assert answer.status_code == 400
        assert "Hanya jumlah per wilayah yang dapat diekspor persis" in answer.text
