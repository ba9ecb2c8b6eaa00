"""Files from the page: at once where a release is kept, else made behind a page."""

from __future__ import annotations

import io
import os
import re
import time
from pathlib import Path

import pandas as pd
import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

from geo_pora import pipeline
from geo_pora.errors import RefusedError
from geo_pora.store import audit, releases
from webmap import export_jobs, jobs

QUARTER = {"what": "regency", "period": "2026-Q1", "kind": "csv"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    with pytest.MonkeyPatch.context() as few:
        few.setattr(web, "PERSONS", 60)  # a release of few counts is built in a moment
        return web.make_app(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return web.sign_in(app, "planner", ["planner"])


def engine_of(app: Flask):
    return app.extensions["geo_pora"].engine


def folder_of(app: Flask) -> Path:
    return app.extensions["geo_pora"].settings.data_dir / "downloads"


def ended(client: FlaskClient, answer) -> str:
    """Wait until the job that an answer leads to has ended; return its address."""
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert re.fullmatch(r"/exports/jobs/[0-9a-f]{32}", address), address
    while client.get(f"{address}.json").json["state"] == "running":
        time.sleep(0)  # let the thread go on
    return address


class TestFiles:
    def test_a_release_is_built_behind_a_page_and_then_comes_at_once(
        self, app: Flask, client: FlaskClient
    ) -> None:
        asked = {"what": "district", "period": "2026-Q1", "by": "agency", "kind": "csv-semicolon"}
        job = ended(client, client.post("/exports/", data=asked))
        page = client.get(job).text
        assert "Berkas siap" in page
        assert f'href="{job}/file"' in page
        made = client.get(f"{job}/file")
        assert made.headers["Content-Disposition"].endswith("geo_pora-district-agency-2026-Q1.csv")
        assert made.headers["Cache-Control"] == "no-store"
        rows = pd.read_csv(io.BytesIO(made.data), sep=";")
        assert {"agency", "persons_status"} <= set(rows)
        again = client.post("/exports/", data=asked)
        assert (again.status_code, again.data) == (200, made.data)
        newest = audit.entries(engine_of(app), limit=1).iloc[0]
        assert (newest["actor"], newest["action"]) == ("planner", "export")

    @pytest.mark.parametrize("kind", ["geojson", "gpkg", "parquet", "csv", "xlsx"])
    @pytest.mark.parametrize("what", ["regency", "coverage"])
    def test_every_content_comes_in_every_kind(
        self, client: FlaskClient, what: str, kind: str
    ) -> None:
        answer = client.post("/exports/", data=QUARTER | {"what": what, "kind": kind})
        if answer.status_code == 303:
            answer = client.get(f"{ended(client, answer)}/file")
        assert answer.status_code == 200
        assert answer.data

    def test_hot_spots_of_too_few_reports_are_none(self, client: FlaskClient) -> None:
        asked = QUARTER | {"what": "hotspots", "kind": "xlsx"}
        page = client.post("/exports/", data=asked, follow_redirects=True)
        while "Menghitung" in page.text:
            page = client.get(page.request.path)
        assert "data belum cukup" in page.text

    def test_a_span_of_months_and_a_release_of_the_list(
        self, app: Flask, client: FlaskClient
    ) -> None:
        asked = QUARTER | {"period": "2025-11", "until": "2025-12"}
        job = ended(client, client.post("/exports/", data=asked))
        made = client.get(f"{job}/file")
        rows = pd.read_csv(io.BytesIO(made.data))
        assert set(rows["period"]) == {"2025-11", "2025-12"}
        newest = releases.list(engine_of(app), limit=1)["id"].iloc[0]
        assert newest in client.get("/exports/").text
        same = client.post("/exports/", data=asked | {"release": newest})
        assert (same.status_code, same.data) == (200, made.data)

    def test_a_map_and_a_briefing(self, client: FlaskClient) -> None:
        drawn = {"what": "map", "level": "regency", "period": "2026-Q1", "measure": "persons"}
        answer = client.post("/exports/", data=drawn)
        if answer.status_code == 303:
            answer = client.get(f"{ended(client, answer)}/file")
        assert b"<html" in answer.data
        briefing = {"what": "briefing", "period": "2026-Q1"}
        job = ended(client, client.post("/exports/", data=briefing))
        assert client.get(f"{job}/file").data.startswith(b"%PDF")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"period": "2026-01-05_2026-02-10"}, "tidak terdiri dari bulan atau triwulan penuh"),
            ({"period": "2026-02", "until": "2026-01"}, "Periode akhir harus sesudah"),
            ({"period": "entah"}, "periode"),
            ({"what": "coverage", "by": "permit"}, "Hanya jumlah per wilayah"),
            ({"what": "reports"}, "tidak dikenal"),
            ({"kind": "exe"}, "tidak dikenal"),
            ({"by": "nationality"}, "tidak dikenal"),
            ({"release": "none-such"}, "tidak ada rilis"),
        ],
    )
    def test_what_cannot_be_had_is_said_on_the_form(
        self, client: FlaskClient, change: dict[str, str], said: str
    ) -> None:
        answer = client.post("/exports/", data=QUARTER | change, follow_redirects=True)
        assert answer.status_code == 200
        assert said in answer.text
        assert "Buat berkas" in answer.text

    def test_a_refused_release_gives_its_reason(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise RefusedError(
                "persons of district 16.01.07 2026-Q2 was shown by an earlier release and is "
                "below 5 now: release periods that were not released yet"
            )

        monkeypatch.setattr(pipeline, "write_export", refuse)
        asked = {"what": "village", "period": "2026-Q2", "kind": "gpkg"}
        page = client.get(ended(client, client.post("/exports/", data=asked))).text
        assert "Berkas tidak dapat dibuat" in page
        assert "di kecamatan 16.01.07 2026-Q2 sudah ditampilkan rilis terdahulu" in page
        back = re.search(r'href="(/exports/\?[^"]+)"', page)[1].replace("&amp;", "&")
        assert '<option value="village" selected>' in client.get(back).text

    def test_progress_is_told_with_and_without_a_script(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = {}
        monkeypatch.setattr(jobs, "TOLD_SECONDS", -1)

        def look(state, wanted, path, *, actor, note) -> None:
            note(7, 9)
            address = f"/exports/jobs/{path.stem}"
            seen["json"] = client.get(f"{address}.json").json
            seen["page"] = client.get(address).text
            seen["file"] = client.get(f"{address}/file").status_code
            seen["second"] = client.post("/exports/", data=asked).headers["Location"]
            seen["here"] = address
            path.write_bytes(b"x")

        monkeypatch.setattr(export_jobs, "write", look)
        asked = {"what": "village", "period": "2026-Q2", "kind": "csv"}
        job = ended(client, client.post("/exports/", data=asked))
        assert (seen["json"]["done"], seen["json"]["total"]) == (7, 9)
        assert 'max="9" value="7"' in seen["page"]
        assert 'http-equiv="refresh"' in seen["page"]
        assert seen["file"] == 404
        assert seen["second"] == seen["here"] == job, "one file of a person at a time"

    def test_a_file_is_for_the_person_who_asked_and_for_an_hour(
        self, app: Flask, client: FlaskClient
    ) -> None:
        job = ended(
            client, client.post("/exports/", data={"what": "briefing", "period": "2026-Q1"})
        )
        other = web.sign_in(app, "other-planner", ["planner"])
        for address in (job, f"{job}.json", f"{job}/file"):
            assert other.get(address).status_code == 404
        assert folder_of(app).stat().st_mode & 0o077 == 0
        assert client.get(f"{job}/file").status_code == 200
        past = time.time() - export_jobs.KEPT_SECONDS - 1
        for file in folder_of(app).iterdir():
            os.utime(file, (past, past))
        client.get("/exports/")
        assert list(folder_of(app).iterdir()) == []
        assert client.get(f"{job}/file").status_code == 404
