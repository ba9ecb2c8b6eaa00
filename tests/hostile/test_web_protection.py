"""The app against forged, replayed, guessed and crafted requests; see docs/security.md."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import time
from pathlib import Path

import pytest
import web_fixtures as web
from flask import Flask
from flask.testing import FlaskClient

import webmap
from geo_pora import settings
from webmap import jobs, people, permissions
from webmap.permissions import PUBLIC, ROLES

pytestmark = pytest.mark.hostile
PASSWORD = "kuda terbang hijau 77"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
PERSONAL = [
    *("/", "/imports/", "/imports/1", "/review/", "/coverage/", "/exports/", "/change"),
    *("/admin/", "/admin/agencies", "/admin/settings", "/admin/audit", "/admin/retention"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("protection"))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return web.sign_in(app, "everything", tuple(ROLES))


def routes(app: Flask, methods: set[str]) -> list[tuple[str, str, str]]:
    """Return endpoint, method and an address of every route with one of the methods."""
    values = {"batch_id": 1, "key": 1, "version": "x", "level": "x", "kind": "x", "number": 1}
    bound = app.url_map.bind("localhost")
    return [
        (rule.endpoint, method, bound.build(rule.endpoint, part))
        for rule in app.url_map.iter_rules()
        for part in [{name: values.get(name, "1") for name in rule.arguments}]
        for method in sorted((rule.methods or set()) & methods)
    ]


class TestForgery:
    def test_every_unsafe_route_needs_a_token(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path, WTF_CSRF_ENABLED=False)
        client = web.sign_in(app, "everything", tuple(ROLES))
        app.config["WTF_CSRF_ENABLED"] = True
        found = routes(app, UNSAFE)
        assert len(found) > 15
        for endpoint, method, address in found:
            # reports of violations come without a session, and programs with a token of theirs
            if endpoint == "health.policy_report":
                continue
            for data in ({}, {"csrf_token": "x"}, {"csrf_token": ""}):
                status = client.open(address, method=method, data=data).status_code
                assert status == 400, (endpoint, method, status)

    def test_no_view_changes_anything_by_get(self, app: Flask) -> None:
        changing = re.compile(
            r"undo|delete|remove|logout|add|put|decide|upload|change_account|run$"
        )
        for rule in app.url_map.iter_rules():
            name = rule.endpoint.rpartition(".")[2]
            if changing.match(name):
                assert "GET" not in (rule.methods or set()), rule.endpoint

    def test_a_token_of_another_session_is_refused(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path, reports=False, WTF_CSRF_ENABLED=True)
        stolen = web.csrf_token(app.test_client().get("/login").text)
        form = {"language": "en", "csrf_token": stolen}
        assert app.test_client().post("/language", data=form).status_code == 400

    def test_violations_of_the_policy_are_counted(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path, reports=False, WTF_CSRF_ENABLED=True)
        body = b'{"csp-report": {"violated-directive": "script-src"}}'
        kind = "application/csp-report"
        answer = app.test_client().post("/csp-reports", data=body, content_type=kind)
        assert answer.status_code == 204
        assert "violations_total 1.0" in app.test_client().get("/metrics").text

    @pytest.mark.parametrize(
        "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]
    )
    def test_methods_are_not_overridden(self, client: FlaskClient, header: str) -> None:
        assert client.get("/", headers={header: "DELETE"}).status_code == 200
        assert client.get("/imports/2/undo", headers={header: "POST"}).status_code == 405
        assert client.get("/imports/2/undo?_method=POST").status_code == 405

    def test_other_origins_may_read_nothing(self, client: FlaskClient) -> None:
        for address in ("/", "/map/figures.json", "/login"):
            for method in ("GET", "OPTIONS"):
                headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
                answer = client.open(address, method=method, headers=headers)
                assert not [name for name in answer.headers if name[0].startswith("Access-Control")]


class TestAccess:
    """The matrix role x endpoint is in tests/test_web_access.py; here, ways around it."""

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"])
    def test_another_method_opens_no_closed_door(self, app: Flask, method: str) -> None:
        for endpoint, _, address in routes(app, {"GET"}):
            if permissions.declared(app, endpoint) == PUBLIC:
                continue
            answer = app.test_client().open(address, method=method)
            assert answer.status_code in (302, 401, 405, 501), (endpoint, method)

    @pytest.mark.parametrize(
        "path",
        [
            *("//admin/", "/admin//", "/./admin/", "/map/../admin/", "/%61dmin/", "/admin/%2e"),
            *("/admin;x=y/", "/admin/?x", "/ADMIN/", "/admin/..;/admin/", "/admin%00/", "/admin\\"),
            *("/imports/..%2fadmin/", "/%2e%2e/admin/", "/assets/x/../../admin/"),
        ],
    )
    def test_another_spelling_opens_no_closed_door(self, app: Flask, path: str) -> None:
        planner = web_planner(app)
        for client in (app.test_client(), planner):
            answer = client.get(path, follow_redirects=True)
            assert "Catatan audit" not in answer.text
            assert answer.status_code in (200, 400, 403, 404), path
            assert answer.status_code != 200 or "csrf_token" in answer.text

    @pytest.mark.parametrize(
        "header",
        [
            {"X-Original-URL": "/admin/"},
            {"X-Rewrite-URL": "/admin/"},
            {"X-Forwarded-Prefix": "/admin"},
            {"X-Forwarded-User": "everything"},
            {"Remote-User": "everything"},
            {"Authorization": "Basic ZXZlcnl0aGluZzp4"},
            {"Authorization": "Bearer x"},
            {"Authentication-Token": "x"},
        ],
    )
    def test_headers_sign_nobody_in(self, app: Flask, header: dict[str, str]) -> None:
        assert app.test_client().get("/admin/", headers=header).status_code == 302
        assert app.test_client().get("/map/figures.json", headers=header).status_code == 401

    def test_other_peoples_uploads_do_not_exist(self, app: Flask) -> None:
        own = web.sign_in(app, "own", ["contributor"], web.AGENCY)
        same = web.sign_in(app, "same-agency", ["contributor"], web.AGENCY)
        body = b"report_id,tanggal,jumlah,kecamatan\nX,2026-01-01,1,Baturaja Timur\n"
        job = own.post("/imports/", data={"file": (io.BytesIO(body), "x.csv")}).location
        while own.get(f"{job}.json").json["state"] == "running":
            time.sleep(0)  # let the thread go on
        identity = job.rpartition("/")[2]
        assert re.fullmatch(r"[0-9a-f]{32}", identity)  # 122 random bits
        for other in (same, app.test_client()):
            assert other.get(job).status_code in (302, 404)
            assert other.get(f"{job}.json").status_code in (401, 404)

    @pytest.mark.parametrize(
        "identity",
        ["../geo_pora", "..%2f..%2fsecret_key", "0" * 31, "G" * 32, "0" * 33, "rejected-1", "%00"],
    )
    def test_a_job_is_no_path(self, client: FlaskClient, identity: str) -> None:
        assert client.get(f"/imports/jobs/{identity}").status_code == 404
        assert client.get(f"/imports/jobs/{identity}.json").status_code == 404

    @pytest.mark.parametrize("root", ["/static/", "/assets/x/"])
    @pytest.mark.parametrize(
        "name",
        [
            *("../config.py", "..%2fconfig.py", "%2e%2e/config.py", "..%5cconfig.py", "....//x.py"),
            *("/etc/passwd", "%2fetc%2fpasswd", "css/../../config.py", "css/%00", "."),
        ],
    )
    def test_static_addresses_leave_no_folder(self, app: Flask, root: str, name: str) -> None:
        answer = app.test_client().get(root + name)
        assert answer.status_code in (308, 404)
        assert b"SECRET_KEY" not in answer.data


def web_planner(app: Flask) -> FlaskClient:
    """Return a signed-in planner, made once."""
    if "planner" not in {person.name for person in people.everybody(app)}:
        app.extensions["planner"] = web.sign_in(app, "planner", ["planner"])
    return app.extensions["planner"]


class TestSessions:
    @pytest.fixture
    def named(self, app: Flask) -> str:
        name = f"named-{len(people.everybody(app))}"
        client = web.sign_in(app, name, ["planner"], second_factor=False)
        form = {"new_password": PASSWORD, "new_password_confirm": PASSWORD}
        assert client.post("/change", data=form).status_code == 302
        return name

    def test_a_planted_session_is_not_taken_over(self, app: Flask, named: str) -> None:
        thief, victim = app.test_client(), app.test_client()
        thief.get("/login")
        planted = thief.get_cookie("session")
        if planted is not None:
            victim.set_cookie("session", planted.value)
        victim.post("/login", data={"username": named, "password": PASSWORD})
        assert victim.get("/").status_code == 200
        assert victim.get_cookie("session").value != (planted and planted.value)
        assert thief.get("/").status_code == 302

    def test_a_changed_cookie_signs_nobody_in(self, app: Flask, named: str) -> None:
        client = app.test_client()
        client.post("/login", data={"username": named, "password": PASSWORD})
        value = client.get_cookie("session").value
        forged = [value[:-2] + "xx", "x" + value[1:], value.rpartition(".")[0], "", "." * 9]
        for one in forged:
            thief = app.test_client()
            thief.set_cookie("session", one)
            assert thief.get("/").status_code == 302, one

    def test_a_session_ends_at_its_time(self, app: Flask, named: str, monkeypatch) -> None:
        client = app.test_client()
        client.post("/login", data={"username": named, "password": PASSWORD})
        assert client.get("/").status_code == 200
        hours = app.extensions["geo_pora"].settings.session_hours
        later = time.time() + hours * 3600 + 60
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
        assert client.get("/").status_code == 302

    def test_cookies_are_for_this_app_and_not_for_scripts(self, tmp_path: Path) -> None:
        address = "https://pora.example.go.id"
        app = webmap.create_app(
            settings.load(data_dir=tmp_path, mode="production", public_url=address), TESTING=True
        )
        client = app.test_client()
        token = people.add(app, "one", ["planner"], actor="test")
        headers = {"Host": "pora.example.go.id"}
        pages = [client.get(f"/sign-in/{token}", headers=headers, base_url=address)]
        form = {"language": "en", "csrf_token": web.csrf_token(pages[0].text)}
        referer = {**headers, "Referer": address + "/"}
        pages.append(client.post("/language", data=form, headers=referer, base_url=address))
        cookies = [line for page in pages for line in page.headers.getlist("Set-Cookie")]
        assert {line.partition("=")[0] for line in cookies} == {"__Host-session", "language"}
        for line in cookies:
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
            assert "Domain" not in line
        assert all("max-age" in page.headers["Strict-Transport-Security"] for page in pages)


class TestAnswers:
    @pytest.mark.parametrize("address", PERSONAL)
    def test_personal_pages_are_kept_by_nobody(self, client: FlaskClient, address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]

    def test_files_are_kept_by_nobody(self, client: FlaskClient) -> None:
        for address in (
            *("/imports/2/rejected.xlsx", "/imports/template.xlsx", "/login"),
            *("/exports/district.csv?period=2026-Q1", "/exports/map.html?period=2026-Q1"),
        ):
            assert client.get(address).headers["Cache-Control"] == "no-store", address

    def test_nothing_that_needs_signing_in_is_public(self, app: Flask, client: FlaskClient) -> None:
        for endpoint, _, address in routes(app, {"GET"}):
            if permissions.declared(app, endpoint) != PUBLIC:
                assert "public" not in client.get(address).headers["Cache-Control"], endpoint

    def test_one_person_does_not_get_what_another_was_sent(self, app: Flask) -> None:
        own = web.sign_in(app, "tag-own", ["contributor", "reviewer"], web.AGENCY)
        other = web.sign_in(app, "tag-patrol", ["contributor"], web.OTHER)
        tag = own.get("/map/figures.json").headers["ETag"]
        answer = other.get("/map/figures.json", headers={"If-None-Match": tag})
        assert answer.status_code == 403

    def test_errors_carry_the_headers_too(self, app: Flask, client: FlaskClient) -> None:
        for answer in (
            *(
                client.get("/nothing"),
                client.post("/map/"),
                client.get("/map/figures.json?level=x"),
            ),
            *(app.test_client().get("/admin/"), app.test_client().get("/map/figures.json")),
        ):
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%2f%2fevil.example"])
    def test_no_address_leads_away(self, app: Flask, path: str) -> None:
        for address in (path, f"/login?next={path}", f"/map/?next={path}", f"/verify?next={path}"):
            answer = app.test_client().get(address)
            target = answer.headers.get("Location", "/")
            assert target.startswith("/"), address
            assert not target.startswith(("//", "/\\")), address

    def test_only_the_apps_names_are_answered(self, tmp_path: Path) -> None:
        app = webmap.create_app(
            settings.load(data_dir=tmp_path, public_url="https://pora.example.go.id")
        )
        client = app.test_client()
        for host in (
            "evil.example",
            "pora.example.go.id.evil.example",
            "x@pora.example.go.id",
            '"',
        ):
            for address in ("/login", "/", "/nothing", "/map/figures.json"):
                answer = client.get(address, headers={"Host": host})
                assert answer.status_code == 400
                assert "evil" not in answer.text
        for host in ("pora.example.go.id", "pora.example.go.id:443", "localhost:8000"):
            assert client.get("/login", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"])
    def test_forwarded_headers_count_only_from_known_proxies(self, app: Flask, name: str) -> None:
        seen: dict[str, str] = {}
        with app.test_request_context(headers={name: "evil.example"}) as context:
            seen = {"host": context.request.host, "from": str(context.request.remote_addr)}
        assert "evil" not in json.dumps(seen)

    def test_metrics_are_not_for_who_comes_through_a_proxy(self, app: Flask) -> None:
        client = app.test_client()
        assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403


class TestLimits:
    def test_attempts_are_counted_by_account_and_by_address(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path, reports=False, RATELIMIT_ENABLED=True)
        one_address = [
            app.test_client().post("/login", data={"username": f"n{n}", "password": "x"})
            for n in range(11)
        ]
        assert [answer.status_code for answer in one_address] == [200] * 10 + [429]
        link = [app.test_client().post(f"/sign-in/{n}") for n in range(11)]
        assert link[-1].status_code == 429

    def test_a_forged_client_address_does_not_help(self, tmp_path: Path) -> None:
        app = web.make_app(tmp_path, reports=False, RATELIMIT_ENABLED=True)
        for n in range(11):
            headers = {"X-Forwarded-For": f"10.9.8.{n}", "X-Real-IP": f"10.9.8.{n}"}
            form = {"username": f"m{n}", "password": "x"}
            answer = app.test_client().post("/login", data=form, headers=headers)
        assert answer.status_code == 429

    def test_invented_methods_make_no_metrics(self, app: Flask) -> None:
        client = app.test_client()
        for number in range(20):
            client.open("/healthz", method=f"INVENTED{number}")
        assert "INVENTED" not in client.get("/metrics").text

    def test_a_form_of_many_fields_is_refused(self, app: Flask) -> None:
        client = app.test_client()
        boundary = "x"
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        body = part * 500 + f"--{boundary}--\r\n"
        kind = f"multipart/form-data; boundary={boundary}"
        assert client.post("/login", data=body, content_type=kind).status_code == 413

    @pytest.mark.parametrize("address", ["/login", "/imports/", "/csp-reports", "/admin/periods"])
    def test_a_large_form_is_refused_before_it_is_read(self, app: Flask, address: str) -> None:
        body = b"a&" * (1 << 20)  # a million fields would be half a gigabyte
        kind = "application/x-www-form-urlencoded"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = app.test_client().post(address, data=body, content_type=kind)
        assert answer.status_code in (204, 401, 413)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


class TestLogs:
    @pytest.mark.parametrize(
        "text", ["a\nb", '"}\n{"event":"forged"}', "\x1b[2J", "\r\n\r\nforged", "\u2028", "\0"]
    )
    def test_one_answer_is_one_line_of_json_and_names_nobody(
        self, app: Flask, text: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        client = app.test_client()
        capsys.readouterr()
        client.post("/login", data={"username": f"forged{text}", "password": f"secret{text}"})
        client.get("/login", query_string={"next": f"forged{text}"})
        client.get(
            "/map/figures.json", headers={"User-Agent": "forged", "X-Request-ID": "forged x"}
        )
        written = capsys.readouterr()
        lines = written.out.strip().splitlines()
        assert len(lines) == 3
        assert [json.loads(line)["event"] for line in lines] == ["answer"] * 3
        assert "forged" not in written.out + written.err
        assert "secret" not in written.out + written.err
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", written.out)

    def test_audited_names_stay_in_their_field(self, app: Flask) -> None:
        from geo_pora.store import audit

        engine = app.extensions["geo_pora"].engine
        audit.record(engine, "a\nadmin", "x", "y\x1b[2J", {"k\n": "v\r\n"})
        last = audit.entries(engine, limit=1).iloc[0]
        assert (last["actor"], last["subject"]) == ("a\nadmin", "y\x1b[2J")
        assert audit.verify(engine).intact


class TestFiles:
    def test_what_is_kept_is_only_for_the_owner(self, app: Flask, client: FlaskClient) -> None:
        folder = app.extensions["geo_pora"].settings.data_dir
        body = b"report_id,tanggal,jumlah\nX,y,z\n"
        client.post("/imports/", data={"file": (io.BytesIO(body), "x.csv")})
        assert (folder / "uploads").stat().st_mode & 0o077 == 0
        assert (folder / "secret_key").stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        "name",
        [
            "../../../x.csv",
            "/etc/cron.d/x.csv",
            "..\\..\\x.csv",
            "x.csv\0.py",
            "a" * 5000,
            ".htaccess",
        ],
    )
    def test_a_file_name_is_never_a_path(
        self, app: Flask, client: FlaskClient, name: str, monkeypatch
    ) -> None:
        monkeypatch.setattr(jobs, "_run", lambda *_: None)
        folder = app.extensions["geo_pora"].settings.data_dir
        before = {path for path in folder.rglob("*") if path.parent.name != "uploads"}
        answer = client.post("/imports/", data={"file": (io.BytesIO(b"x"), name)})
        assert answer.status_code in (302, 303)
        after = {path for path in folder.rglob("*") if path.parent.name != "uploads"}
        assert after == before
        for path in (folder / "uploads").iterdir():
            assert re.fullmatch(r"[0-9a-f]{32}[.\w]{0,20}|rejected-\d+\.xlsx", path.name)
            assert os.path.realpath(path) == str(path.resolve())
