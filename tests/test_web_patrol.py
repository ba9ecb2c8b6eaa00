"""The patrol's page as the app serves it: what it says, what it keeps to itself, and checks."""

from __future__ import annotations

import datetime as dt
import json
import re

import pandas as pd
import patrol_fixtures as patrol
import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

from geo_pora.store import checks
from webmap import hot_spot_page, words

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = web.make_app(tmp_path_factory.mktemp("patrol"))
    patrol.add_cases(app.extensions["geo_pora"].engine)
    return app


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return web.sign_in(app, "regu-1", ["patrol"])


@pytest.fixture
def engine(app: Flask):
    return app.extensions["geo_pora"].engine


def page(client: FlaskClient) -> str:
    answer = client.get(f"/hotspots/?period={patrol.PERIOD}")
    assert answer.status_code == 200
    return answer.text


def form(token: str = "", **more: object) -> dict[str, object]:
    fields = {"area_code": patrol.HOT, "period": patrol.PERIOD, "outcome": "follow_up"}
    return {**fields, "token": token, **more}


def test_a_card_says_the_evidence_in_one_sentence_and_leads_to_the_centre(
    client: FlaskClient,
) -> None:
    card = re.search(rf'<li id="spot-{patrol.HOT}">.*?</li>\s*(?=<li id|</ol>)', page(client), re.S)
    text = re.sub(r"<[^>]+>|\s+", " ", card[0])
    assert re.search(r"60 kasus, diharapkan \d+(,\d)?", text)
    assert "peluang kebetulan" in text
    assert re.search(r"sejak\s+Mei 2026", text)
    assert re.search(r"Bekerja 30", text)
    route = re.search(r'href="geo:(-?[\d.]+),([\d.]+)\?', card[0])
    area = app_area(client)
    assert area.contains_properly(_point(route[2], route[1]))
    assert all(len(number.partition(".")[2]) <= 3 for number in route.groups())


def app_area(client: FlaskClient):
    areas = client.application.extensions["geo_pora"].atlas().areas("district")
    return areas.set_index("code").geometry[patrol.HOT]


def _point(longitude: str, latitude: str):
    from shapely import Point

    return Point(float(longitude), float(latitude))


def test_nothing_smaller_than_a_district_is_in_the_page(client: FlaskClient) -> None:
    assert not re.search(r"\b16\.0[189]\.\d\d\.\d{4}\b", page(client))


def test_a_check_answers_what_the_phone_could_not_know(app: Flask, client: FlaskClient) -> None:
    other = web.sign_in(app, "regu-2", ["patrol"])
    first = other.post("/hotspots/checks", data=form("a"), headers=JSON).json
    assert first["others"] == []
    assert not first["gone"]
    late = form("b", seen=0, outcome="nothing", note=["place_empty", "moved_away"])
    said = client.post("/hotspots/checks", data=late, headers=JSON).json
    assert said["others"] == ["perlu tindak lanjut"]
    assert said["gone"], "its cases are cleared now"
    seen = form("c", seen=said["id"])
    assert client.post("/hotspots/checks", data=seen, headers=JSON).json["others"] == []


def test_the_same_token_is_one_check_and_another_persons_is_another(
    app: Flask, client: FlaskClient, engine
) -> None:
    before = len(checks.for_areas(engine))
    answers = [client.post("/hotspots/checks", data=form("same"), headers=JSON) for _ in range(3)]
    assert len({answer.json["id"] for answer in answers}) == 1
    other = web.sign_in(app, "regu-3", ["patrol"])
    other.post("/hotspots/checks", data=form("same"), headers=JSON)
    assert len(checks.for_areas(engine)) == before + 2


def test_a_check_keeps_no_word_that_somebody_wrote(client: FlaskClient, engine) -> None:
    words = {"key": "Bapak X, kamar 3", "token": "Bapak X" * 20, "remark": "Bapak X"}
    code = patrol.BESIDE[0]
    client.post("/hotspots/checks", data=form(area_code=code, **words), headers=JSON)
    client.post(
        "/hotspots/checks", data=form(area_code=code, token=words["token"] + "."), headers=JSON
    )
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM checks").mappings().all()
    made = [row for row in rows if row["area_code"] == code]
    assert len(made) == 2, "long tokens that differ are two checks"
    assert "Bapak" not in str(rows)
    assert made[0]["hot_spot_key"] == f"gi:{code}:{patrol.PERIOD}"


@pytest.mark.parametrize("wrong_by", [dt.timedelta(0), dt.timedelta(days=400), -dt.timedelta(9)])
def test_a_wrong_clock_does_not_move_a_check(client: FlaskClient, wrong_by: dt.timedelta) -> None:
    now = dt.datetime.now(dt.UTC)
    noted, sent = now - dt.timedelta(hours=5) + wrong_by, now + wrong_by
    said = client.post(
        "/hotspots/checks",
        data=form(f"clock{wrong_by}", checked_at=noted.isoformat(), sent_at=sent.isoformat()),
        headers=JSON,
    ).json
    found = checks.for_areas(client.application.extensions["geo_pora"].engine)
    ago = now - found.set_index("id")["checked_at"][said["id"]]
    assert abs(ago - dt.timedelta(hours=5)) < dt.timedelta(minutes=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "as I like"},
        {"note": ["Bapak X, kamar 3"]},
        {"area_code": "16.01"},
        {"area_code": "16.01.13.2001"},
        {"checked_at": "yesterday"},
        {"sent_at": "tomorrow"},
        {"period": "never"},
    ],
)
def test_a_wrong_check_is_refused_with_a_reason(
    client: FlaskClient, engine, wrong: dict[str, object]
) -> None:
    before = len(checks.for_areas(engine))
    answer = client.post("/hotspots/checks", data=form("w", **wrong), headers=JSON)
    assert answer.status_code in {400, 404}
    assert answer.json["detail"]
    assert len(checks.for_areas(engine)) == before


def test_planners_see_how_many_were_checked_and_cannot_check(app: Flask) -> None:
    planner = web.sign_in(app, "perencana", ["planner"])
    text = page(planner)
    assert re.search(r"\d dari \d titik rawan sudah dicek", text) or "Tidak ada titik rawan" in text
    assert "data-check" not in text
    assert planner.post("/hotspots/checks", data=form("p")).status_code == 403
    assert planner.get("/hotspots/session.json").status_code == 403


def test_what_a_phone_keeps_says_for_how_long_and_for_whom(app: Flask, client: FlaskClient) -> None:
    answer = client.get(f"/hotspots/?period={patrol.PERIOD}")
    data = json.loads(re.search(r'id="page">(.*?)</script>', answer.text)[1])
    assert answer.headers["X-Keep-Hours"] == "24"
    assert data["owner"] == client.get("/hotspots/session.json").json["owner"]
    other = web.sign_in(app, "regu-4", ["patrol"])
    assert other.get("/hotspots/session.json").json["owner"] != data["owner"]


def test_signing_out_clears_the_device(app: Flask) -> None:
    client = web.sign_in(app, "regu-5", ["patrol"])
    answer = client.post("/logout")
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert "Clear-Site-Data" not in client.get("/login").headers


def test_what_makes_it_an_app_is_there_without_signing_in(app: Flask) -> None:
    client = app.test_client()
    manifest = client.get("/hotspots/app.webmanifest")
    assert manifest.content_type == "application/manifest+json"
    found = json.loads(manifest.data)
    assert found["scope"] == found["start_url"] == "/hotspots/"
    for icon in found["icons"]:
        assert client.get(icon["src"]).content_type == "image/png"
    worker = client.get("/hotspots/worker.js")
    assert worker.content_type.startswith("text/javascript")
    assert "no-cache" in worker.headers["Cache-Control"]


def test_every_outcome_and_note_has_words(app: Flask) -> None:
    with app.test_request_context():
        assert list(words.outcomes()) == list(checks.OUTCOMES)
        assert list(words.check_notes()) == list(checks.NOTES)


def test_a_patrol_is_sent_where_the_cases_are_not_next_to_it() -> None:
    table = pd.DataFrame(
        {
            "area_code": ["a", "b", "c"],
            "class": ["hot95", "none", "hot99"],
            "cases": [0, 25, 1],
            "expected": [2.0, 3.0, 2.0],
            "p": [0.01, 0.2, 0.001],
            "window_areas": ["a;b", "a;b;c", "b;c"],
            "window_cases": [25, 26, 26],
            "window_expected": [5.0, 7.0, 5.0],
            "since": ["2026-05", None, "2026-06"],
        }
    )
    (only,) = hot_spot_page._where_the_cases_are(table)
    assert (only["area_code"], only["cases"]) == ("b", 25)
    assert (only["class"], only["p"], only["since"]) == ("hot99", 0.001, "2026-06")
