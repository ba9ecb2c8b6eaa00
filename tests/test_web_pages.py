"""What the pages show, and what they do with hostile and wrong input."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path

import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

from geo_pora.store import batches, queries, review
from webmap import headers, people
from webmap.permissions import ROLES, requires
from webmap.views import admin

HOSTILE = [
    "{{ 7*7 }}",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "${7*7}",
    "'\"><b>",
]
PAGES = [
    *(
        "/",
        "/map/",
        "/imports/",
        "/review/",
        "/coverage/",
        "/exports/",
        "/change",
        "/tf-setup",
        "/hotspots/",
    ),
    *("/admin/", "/admin/agencies", "/admin/periods", "/admin/layers", "/admin/settings"),
    *("/admin/retention", "/admin/audit", "/second-factor", "/nothing-here"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return web.sign_in(app, "everything", tuple(ROLES))


def page_data(client: FlaskClient) -> dict[str, object]:
    return json.loads(re.search(r'id="page">(.*?)</script>', client.get("/map/").text)[1])


def test_the_first_page_says_what_waits_for_each_role(app: Flask) -> None:
    said = {
        role: web.sign_in(app, f"first-{role}", [role]).get("/").text
        for role in ("contributor", "reviewer", "planner", "patrol")
    }
    assert re.search(r"laporan \w+ \d+ belum dikirim", said["contributor"])
    assert "instansi belum mengirim" not in said["contributor"]
    assert "1 baris menunggu" in said["reviewer"]
    assert re.search(r"\d\d instansi belum mengirim \w+ \d+", said["planner"])
    assert "belum dikirim" not in said["planner"]
    assert "pill warn" not in said["patrol"]


def test_agencies_without_any_report_are_listed_by_themselves(client: FlaskClient) -> None:
    page = client.get("/coverage/?months=24").text
    table, _cut, silent = page.partition("Tanpa laporan dalam rentang ini")
    assert "Polres Ogan Komering Ulu" in table
    assert "Camat Belitang III" in silent
    assert "Camat Belitang III" not in table


@pytest.mark.parametrize("address", [*PAGES, "/login", "/healthz", "/map/figures.json"])
def test_every_answer_has_the_security_headers(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    for name, value in headers.HEADERS.items():
        assert answer.headers[name] == value
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_the_policy_needs_no_exception() -> None:
    assert "unsafe" not in headers.POLICY
    assert "nonce" not in headers.POLICY
    assert "default-src 'none'" in headers.POLICY


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["id", "en"])
def test_pages_in_both_languages(client: FlaskClient, address: str, language: str) -> None:
    client.set_cookie("language", language)
    page = client.get(address).text
    client.delete_cookie("language")
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == 1
    assert not re.search(r"<(script|style)>|\sstyle=\"|\son[a-z]+=\"|javascript:", page)


class TestFigures:
    def test_the_map_shows_what_the_store_counts(self, app: Flask, client: FlaskClient) -> None:
        found = client.get("/map/figures.json?level=district&period=2026-Q1").json
        state = app.extensions["geo_pora"]
        from geo_pora import periods

        counted = queries.counts(state.engine, "district", [periods.quarter(2026, 1)])
        expected = counted.dropna(subset="area_code")["persons"].sum()
        assert sum(value or 0 for value in found["values"]) == expected > 0
        assert len(found["values"]) == len(found["statuses"]) == 52

    def test_villages_of_one_and_two_are_hidden(self, client: FlaskClient) -> None:
        found = client.get("/map/figures.json?level=village&period=2026-Q1").json
        assert found["hidden_label"] == "<3"
        for value, status in zip(found["values"], found["statuses"], strict=True):
            assert (value is None) == (status in "hn")
            assert value is None or value == 0 or value >= 3
        assert "h" in found["statuses"]

    def test_the_same_figures_are_not_sent_twice(self, client: FlaskClient) -> None:
        first = client.get("/map/figures.json?level=district")
        again = client.get(
            "/map/figures.json?level=district", headers={"If-None-Match": first.headers["ETag"]}
        )
        assert again.status_code == 304
        assert again.data == b""

    def test_new_reports_change_the_figures(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path)
        client = web.sign_in(app, "planner", ["planner"])
        before = client.get("/map/figures.json?period=2026-Q1")
        batches.undo(app.extensions["geo_pora"].engine, 1, "test")
        after = client.get(
            "/map/figures.json?period=2026-Q1", headers={"If-None-Match": before.headers["ETag"]}
        )
        assert after.status_code == 200
        assert sum(value or 0 for value in after.json["values"]) == 0

    @pytest.mark.parametrize(
        "query",
        [
            *("level=village&scheme=natural", "show=density", "show=change", "measure=arrivals"),
            *("permit=ITK", "agency=POLRES-OKU&classes=7", "scheme=own&breaks=5,10,20"),
            *("period=2026-01-05_2026-02-10", "show=change&compare=2025-Q4&period=2026-02"),
        ],
    )
    def test_every_choice_is_answered(self, client: FlaskClient, query: str) -> None:
        found = client.get(f"/map/figures.json?{query}")
        assert found.status_code == 200
        assert found.json["unit"]

    @pytest.mark.parametrize(
        "query",
        [
            *("level=country", "period=2026-13", "period=x", "measure=nationality", "show=z"),
            *("scheme=jenks", "scheme=own&breaks=a", "scheme=own&breaks=inf", "classes=many"),
            *("period=2026-02-01_2026-01-01", "period=0001-01", "scheme=own&breaks=1e999"),
            "period=1990-01-01_2190-01-01",
        ],
    )
    def test_a_wrong_choice_is_a_problem_with_one_sentence(
        self, client: FlaskClient, query: str
    ) -> None:
        answer = client.get(f"/map/figures.json?{query}")
        assert answer.status_code == 400
        assert answer.content_type == "application/problem+json"
        problem = answer.json
        assert problem["status"] == 400
        assert problem["detail"]
        assert problem["instance"].endswith(answer.headers["X-Request-ID"])

    def test_an_area_card(self, client: FlaskClient) -> None:
        found = client.get("/map/areas/16.01.14.json?period=2026-Q1").json
        assert [one["status"] for one in found["measures"]] == ["published"] * 4
        assert len(found["months"]) >= 6
        permits = next(one for one in found["groups"] if one["title"] == "Izin tinggal")
        persons = found["measures"][1]["value"]
        assert sum(row["value"] for row in permits["rows"]) == persons

    def test_an_area_that_is_not_there(self, client: FlaskClient) -> None:
        assert client.get("/map/areas/99.99.json").status_code == 404
        assert client.get("/map/areas/%7B%7B7*7%7D%7D.json").status_code == 404


class TestLayers:
    def test_layers_never_change_under_their_address(self, client: FlaskClient) -> None:
        data = page_data(client)
        address = data["script_url"].replace("LEVEL", "district")
        answer = client.get(address, headers={"Accept-Encoding": "br"})
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["Content-Encoding"] == "br"
        assert client.get(re.sub(r"layers/[^/]+", "layers/old", address)).status_code == 404

    def test_names_travel_as_json_apart_from_folium(self, client: FlaskClient) -> None:
        data = page_data(client)
        names = client.get(data["areas_url"].replace("LEVEL", "district")).json
        script = client.get(data["script_url"].replace("LEVEL", "district")).text
        assert "Baturaja Timur" in names["names"]
        assert not any(name in script for name in names["names"])

    @pytest.mark.parametrize("name", ["country", "..", "district.js", "MAP"])
    def test_other_layers_do_not_exist(self, client: FlaskClient, name: str) -> None:
        data = page_data(client)
        assert client.get(data["script_url"].replace("LEVEL", name)).status_code == 404

    @pytest.mark.parametrize("name", ["../__init__.py", "%2e%2e/config.py", "nothing.js", "vendor"])
    def test_only_listed_files_are_served(self, client: FlaskClient, name: str) -> None:
        assert client.get(f"/assets/x/{name}").status_code == 404


class TestImport:
    CSV = (
        "report_id,tanggal,jumlah,kecamatan,kabupaten,nama\n"
        "A1,2026-05-01,2,Baturaja Timur,Ogan Komering Ulu,Budi\n"
        "A2,bukan tanggal,x,,,\n"
    )

    def send(self, client: FlaskClient, body: bytes, name: str) -> str:
        answer = client.post("/imports/", data={"file": (io.BytesIO(body), name)})
        assert answer.status_code == 303
        job = answer.headers["Location"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            state = client.get(f"{job}.json").json
            if state["state"] != "running":
                return job
        raise AssertionError("the import did not end")

    def test_read_is_located_and_review_and_rejected(self, app: Flask, client: FlaskClient) -> None:
        job = self.send(client, self.CSV.encode(), "laporan.csv")
        page = client.get(job, follow_redirects=True).text
        newest = batches.list(app.extensions["geo_pora"].engine, limit=1).iloc[0]
        assert newest["read"] == newest["located"] + newest["review"] + newest["rejected"] == 2
        assert newest["rejected"] == 1
        assert "Budi" not in page
        workbook = client.get(f"/imports/{newest['id']}/rejected.xlsx")
        assert workbook.data[:2] == b"PK"
        again = client.get(
            self.send(client, self.CSV.encode(), "laporan.csv"), follow_redirects=True
        )
        assert "sudah pernah diterima" in again.text
        undone = client.post(f"/imports/{newest['id']}/undo", follow_redirects=True)
        assert "ditarik" in undone.text

    @pytest.mark.parametrize(
        ("body", "name"),
        [(b"", "kosong.csv"), (b"\x00\x01\x02", "rusak.xlsx"), (b"a,b\n1,2\n", "tanpa-kolom.csv")],
    )
    def test_a_file_that_cannot_be_read_is_said_in_one_sentence(
        self, client: FlaskClient, body: bytes, name: str
    ) -> None:
        job = self.send(client, body, name)
        page = client.get(job).text
        assert "Berkas tidak dapat dipakai" in page
        assert "Traceback" not in page
        assert "uploads" not in page
        assert page.count(name) == 1

    def test_no_upload_is_left_behind(self, app: Flask, client: FlaskClient) -> None:
        self.send(client, self.CSV.encode(), "x.csv")
        folder = app.extensions["geo_pora"].settings.data_dir / "uploads"
        assert not [file for file in folder.iterdir() if file.suffix == ".csv"]

    def test_nothing_chosen(self, client: FlaskClient) -> None:
        assert client.post("/imports/").status_code == 302

    def test_the_template_is_read_without_a_complaint(
        self, client: FlaskClient, tmp_path: Path
    ) -> None:
        from geo_pora import reports

        file = tmp_path / "template.xlsx"
        file.write_bytes(client.get("/imports/template.xlsx").data)
        found = reports.read(file)
        assert len(found.reports) == 2
        assert len(found.rejected) == 0

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_file_name_is_text(self, client: FlaskClient, name: str) -> None:
        job = self.send(client, f"{self.CSV}# {name}\n".encode(), f"{name}.csv".replace("/", ""))
        page = client.get(job, follow_redirects=True).text + client.get("/imports/").text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "49" not in "".join(re.findall(r"<h1>(.*?)</h1>", page))


class TestReview:
    def test_a_row_is_placed_by_a_person(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path)
        engine = app.extensions["geo_pora"].engine
        client = web.sign_in(app, "reviewer", ["reviewer"])
        key = int(review.queue(engine)["key"].iloc[0])
        page = client.get(f"/review/{key}").text
        assert "Kec. Entah" in page
        assert "16.01.07" in page
        wrong = client.post(f"/review/{key}", data={"code": "99.99", "decision": "place"})
        assert wrong.status_code == 400
        right = client.post(f"/review/{key}", data={"code": "16.01.14", "decision": "place"})
        assert right.headers["Location"] == "/review/"
        assert review.size(engine) == 0
        assert client.get(f"/review/{key}").status_code == 404

    @pytest.mark.parametrize("address", HOSTILE)
    def test_an_address_is_text(self, tmp_path: Path, address: str) -> None:
        from geo_pora import settings, store

        engine = store.open(settings.load(data_dir=tmp_path).database_url)
        web.fill(engine, address=address)
        app = web.make_app(tmp_path, reports=False)
        client = web.sign_in(app, "reviewer", ["reviewer"])
        key = int(review.queue(engine)["key"].iloc[0])
        page = client.get("/review/").text + client.get(f"/review/{key}").text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert ">49<" not in page


class TestExports:
    def test_a_release_hides_small_counts(self, client: FlaskClient) -> None:
        found = client.get("/exports/district.geojson?period=2026-Q1").json
        values = [feature["properties"] for feature in found["features"]]
        shown = [one["persons"] for one in values if one["persons_status"] == "published"]
        assert all(value >= 5 for value in shown)
        assert any(one["persons_status"] == "hidden" for one in values)

    def test_free_ranges_are_refused(self, client: FlaskClient) -> None:
        answer = client.get("/exports/district.csv?period=2026-01-05_2026-02-10")
        assert answer.status_code == 403
        assert "bulan atau triwulan penuh" in answer.json["detail"]

    def test_a_download_is_logged(self, app: Flask, client: FlaskClient) -> None:
        from geo_pora.store import audit

        client.get("/exports/village.csv?period=2026-Q1")
        last = audit.entries(app.extensions["geo_pora"].engine, limit=1).iloc[0]
        assert (last["actor"], last["action"]) == ("everything", "export")

    def test_the_briefing_is_a_pdf(self, client: FlaskClient) -> None:
        answer = client.get("/exports/briefing.pdf?period=2026-Q1")
        assert answer.data.startswith(b"%PDF")
        assert answer.headers["Content-Disposition"].startswith("attachment")

    def test_the_one_file_map_is_a_release(self, client: FlaskClient) -> None:
        page = client.get("/exports/map.html?period=2026-Q1&level=district").text
        found = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
        assert all(v is None or v == 0 or v >= 5 for v in found["values"])
        assert "h" in found["statuses"]


class TestHotSpots:
    def test_a_check_is_recorded_once(self, app: Flask, client: FlaskClient) -> None:
        from geo_pora.store import checks

        form = {"area_code": "16.01.14", "outcome": "clarified", "token": "t1", "key": "k"}
        for _ in range(2):
            assert client.post("/hotspots/checks", data=form).status_code == 303
        found = checks.for_areas(app.extensions["geo_pora"].engine, ["16.01.14"])
        assert found["outcome"].tolist() == ["clarified"]

    @pytest.mark.parametrize(
        "form",
        [
            {"area_code": "16.01.14", "outcome": "<b>"},
            {"area_code": "99", "outcome": "nothing"},
            {"area_code": "16.01", "outcome": "nothing"},
        ],
    )
    def test_a_wrong_check_is_refused(self, client: FlaskClient, form: dict[str, str]) -> None:
        assert client.post("/hotspots/checks", data=form).status_code in {400, 404}

    def test_too_few_cases_are_said(self, client: FlaskClient) -> None:
        assert "belum cukup" in client.get("/hotspots/?period=2026-Q1").text


class TestAdministration:
    def test_an_account_is_added_and_its_link_shown_once(
        self, app: Flask, client: FlaskClient
    ) -> None:
        form = {"name": "siti", "role": ["planner", "analyst"]}
        page = client.post("/admin/accounts", data=form, follow_redirects=True).text
        token = re.search(r"/sign-in/([^<\s]+)", page)[1]
        assert "/sign-in/" not in client.get("/admin/").text
        assert app.test_client().post(f"/sign-in/{token}").headers["Location"] == "/"
        person = next(one for one in people.everybody(app) if one.name == "siti")
        assert person.roles == ("analyst", "planner")

    @pytest.mark.parametrize(
        "form",
        [
            {"name": "<script>", "role": "planner"},
            {"name": "budi", "role": "king"},
            {"name": "budi", "role": "contributor"},
            {"name": "budi", "role": "planner", "email": "not an address"},
            {"name": "everything", "role": "planner"},
        ],
    )
    def test_a_bad_account_is_refused_in_one_sentence(
        self, client: FlaskClient, form: dict[str, str]
    ) -> None:
        answer = client.post("/admin/accounts", data=form)
        assert answer.status_code == 400
        assert 'class="detail"' in answer.text

    def test_a_named_period_appears_on_the_map(self, client: FlaskClient) -> None:
        for name in HOSTILE:
            form = {"name": name, "first": "2026-01-05", "last": "2026-02-10"}
            assert client.post("/admin/periods", data=form).status_code == 303
        page = client.get("/map/").text + client.get("/admin/periods").text
        assert "2026-01-05_2026-02-10" in page
        assert "<img src=x" not in page
        assert (
            client.post("/admin/periods", data={"name": "x", "first": "", "last": ""}).status_code
            == 400
        )

    def test_an_agency_name_is_text(self, client: FlaskClient) -> None:
        for name in HOSTILE:
            form = {"code": web.AGENCY, "name": name, "active": "on"}
            assert client.post("/admin/agencies", data=form).status_code == 303
            pages = "".join(
                client.get(page).text for page in ("/imports/", "/coverage/", "/map/", "/admin/")
            )
            assert "<img src=x" not in pages
            assert "<script>alert" not in pages

    def test_secrets_are_not_shown(self, app: Flask, client: FlaskClient) -> None:
        page = client.get("/admin/settings").text
        assert app.config["SECRET_KEY"] not in page
        for name in type(app.extensions["geo_pora"].settings).model_fields:
            assert name in page

    def test_the_audit_log_is_verified(self, client: FlaskClient) -> None:
        assert "Utuh" in client.get("/admin/audit?verify=1").text

    def test_a_file_is_no_layer(self, client: FlaskClient) -> None:
        assert client.post("/admin/layers", data={"name": "/etc/passwd"}).status_code == 400
        answer = client.post("/admin/layers", data={"name": "indicative", "action": "remove"})
        assert answer.status_code in {400, 403}

    def test_a_layer_put_to_use_again_moves_nothing(self, client: FlaskClient) -> None:
        answer = client.post("/admin/layers", data={"name": "indicative"})
        assert answer.status_code == 200
        assert "Semua laporan tetap di tempatnya." in answer.text

    def test_moves_are_added_up_by_district(self, app: Flask) -> None:
        moves = [("16.01.07.2001", "16.01.08.2001", 2), ("16.01.07.2002", "16.01.08.2004", 3)]
        with app.test_request_context():
            found = admin._moved([*moves, ("", "16.01.07.2001", 1)], {"16.01.07": "Sosoh"})
        assert found == [(5, "Sosoh", "16.01.08"), (1, "tidak dapat ditempatkan", "Sosoh")]


@pytest.mark.hostile
def test_naughty_strings_are_names_like_any_other(tmp_path: Path, shared: Path) -> None:
    """No string makes an error of ours, and each comes back as the text it is."""
    app = web.make_app(tmp_path, reports=False)
    client = web.sign_in(app, "everything", tuple(ROLES))
    lines = json.loads((shared / "hostile" / "blns" / "blns.json").read_text("utf-8"))
    for file in sorted((shared / "hostile" / "generated" / "xss").rglob("*")):
        if file.is_file():
            lines += file.read_text("utf-8", "replace").splitlines()
    assert len(lines) > 100
    for number, line in enumerate(lines):
        day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
        for address, form in (
            ("/admin/periods", {"name": line, "first": day, "last": day}),
            ("/admin/accounts", {"name": line, "role": "planner", "email": line}),
            ("/admin/agencies", {"code": web.AGENCY, "name": line}),
        ):
            assert client.post(address, data=form).status_code in {303, 400}, line
        query = {"level": line, "period": line, "permit": line, "q": line}
        assert client.get("/map/figures.json", query_string=query).status_code < 500, line
        assert client.get("/admin/audit", query_string=query).status_code < 500, line
    from markupsafe import escape

    page = client.get("/admin/periods").text
    kept = [name for name, _span in app.extensions["geo_pora"].named_periods()]
    assert all(str(escape(name)) in page for name in kept)


def test_synthetic_figures_are_called_so(tmp_path: Path) -> None:
    from geo_pora import settings, store

    engine = store.open(settings.load(data_dir=tmp_path).database_url)
    web.fill(engine, file_name="DEMO-laporan.csv")
    client = web.sign_in(web.make_app(tmp_path, reports=False), "planner", ["planner"])
    assert page_data(client)["source_note"].startswith("Sumber: data sintetis")
    assert "Data sintetis untuk peragaan" in client.get("/").text


class TestOperation:
    def test_health(self, app: Flask) -> None:
        client = app.test_client()
        assert client.get("/healthz").json == {"status": "ok"}
        assert client.get("/readyz").json == {"status": "ready"}
        assert "geo_pora_requests_total" in client.get("/metrics").text
        away = client.get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"})
        assert away.status_code == 403
        relayed = client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"})
        assert relayed.status_code == 403

    def test_logs_are_json_and_name_nobody(
        self, app: Flask, client: FlaskClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        client.get("/map/figures.json?agency=POLRES-OKU", headers={"X-Request-ID": "abcdef-123"})
        line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
        assert line["request_id"] == "abcdef-123"
        assert line["endpoint"] == "map.figures"
        assert "POLRES" not in json.dumps(line)
        assert "everything" not in json.dumps(line)

    def test_a_broken_view_is_a_page_with_a_number_and_no_traceback(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        app = web.make_app(tmp_path, reports=False, TESTING=False, PROPAGATE_EXCEPTIONS=False)
        client = web.sign_in(app, "planner", ["planner"])
        monkeypatch.setitem(app.view_functions, "exports.release", _broken)
        answer = client.get("/exports/", headers={"Accept": "text/html"})
        assert answer.status_code == 500
        assert "secret value" not in answer.text
        written = capsys.readouterr()
        assert "secret value" not in written.out + written.err
        assert '"event": "broken"' in written.out

    @pytest.mark.parametrize("body", [b"", b"{", b"[" * 9000, b'{"csp-report": 1}', b"x" * 20000])
    def test_violation_reports_are_not_believed(self, app: Flask, body: bytes) -> None:
        answer = app.test_client().post(
            "/csp-reports", data=body, content_type="application/csp-report"
        )
        assert answer.status_code == 204

    def test_an_upload_that_is_too_large_is_refused(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path, reports=False, MAX_CONTENT_LENGTH=1000)
        client = web.sign_in(app, "sender", ["contributor"])
        answer = client.post("/imports/", data={"file": (io.BytesIO(b"x" * 5000), "a.csv")})
        assert answer.status_code == 413
        longer = client.post("/change", data={"password": "x" * (2 << 20)})
        assert longer.status_code == 413
        for page in (answer, longer):
            assert "<h1>Kiriman terlalu besar</h1>" in page.text

    @pytest.mark.parametrize(
        "address",
        [
            "/map/?level=%00",
            "/map/?period=" + "9" * 5000,
            "/admin/audit?page=-1",
            "/review/?page=x",
            "/coverage/?months=1e9",
            "/imports/999999999999999999999999",
        ],
    )
    def test_strange_addresses_are_no_errors_of_ours(
        self, client: FlaskClient, address: str
    ) -> None:
        assert client.get(address).status_code < 500


@requires("export")
def _broken() -> None:
    raise RuntimeError("secret value")
