"""One session over two processes: everything a team does, and nothing lost when one dies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Iterator

import offices
import psycopg
import pytest
import requests

from geo_pora.gazetteer import Gazetteer

pytestmark = pytest.mark.postgres
AGENCY = "POLRES-OKU"
ROLES = ("contributor", "reviewer", "planner", "patrol", "analyst")
PASSWORD = "tujuh gajah menyeberang rawa"
DISTRICT = "16.01.14"
PLACED, PERSONS = 12, 3
FIELD = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture(scope="module", name="site")
def site_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[offices.Site]:
    with offices.site(tmp_path_factory.mktemp("offices")) as running:
        yield running


@pytest.fixture(scope="module", name="person")
def person_fixture(site: offices.Site) -> requests.Session:
    """A person with every role of daily work, signed in once with a link."""
    return signed_in(site, "siti", ROLES)


@pytest.fixture(autouse=True)
def _both_run(site: offices.Site) -> Iterator[None]:
    """Whatever a test did to the processes, the next one finds both, and both in nginx's turns."""
    yield
    for office in site.offices.values():
        if not office.alive():
            office.start()
            office.wait()
    seen: set[int] = set()

    def both() -> bool:
        seen.add(site.server_of(site.browser().get(f"{site.url}/healthz")))
        return len(seen) == len(site.offices)

    offices.until(both, "both processes in turns again")


def signed_in(site: offices.Site, name: str, roles: tuple[str, ...]) -> requests.Session:
    options = [word for role in roles for word in ("--role", role)]
    said = site.command("user", "add", name, *options, "--agency", AGENCY).stdout
    link = re.search(rf"{re.escape(site.url)}/sign-in/\S+", said)
    assert link, said
    client = site.browser()
    answer = submit(client, link[0])
    assert answer.url == f"{site.url}/"
    return client


def submit(client: requests.Session, url: str, **form: str) -> requests.Response:
    """Open a page with a form, fill it in and send it, as a browser does."""
    page = client.get(url)
    page.raise_for_status()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token, page.text[:400]
    files = {"file": form.pop("file")} if "file" in form else None
    answer = client.post(url, data={"csrf_token": token[1], **form}, files=files)
    answer.raise_for_status()
    return answer


def report_file(rows: int, first: int = 0, *, doubtful: int = 0) -> tuple[str, bytes]:
    lines = ["report_id,tanggal,jumlah,status,alamat,kecamatan,kabupaten"]
    for number in range(first, first + rows):
        place = ",Baturaja Timur,Ogan Komering Ulu"
        if number - first < doubtful:
            place = "Kec. Entah di mana,,"
        lines.append(f"R{number},2026-05-{1 + number % 28:02},{PERSONS},dugaan,{place}")
    return f"laporan-{first}.csv", "\n".join(lines).encode()


def send(site: offices.Site, client: requests.Session, file: tuple[str, bytes]) -> str:
    """Send a report file; return the address of its job."""
    page = client.get(f"{site.url}/imports/")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token
    answer = client.post(
        f"{site.url}/imports/",
        data={"csrf_token": token[1]},
        files={"file": file},
        allow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    client.last_upload = site.server_of(answer)  # type: ignore[attr-defined]
    return site.url + answer.headers["Location"]


def finished(client: requests.Session, job: str) -> dict[str, object]:
    def ended() -> dict[str, object] | None:
        state = client.get(f"{job}.json").json()
        return None if state["state"] == "running" else state

    found = offices.until(ended, "the import")
    assert isinstance(found, dict)
    assert found["state"] == "done", found
    return found


def from_both(
    site: offices.Site, client: requests.Session, path: str, **more: dict[str, str]
) -> list[requests.Response]:
    """Ask in turns until every process has answered; return one answer of each."""
    found: dict[int, requests.Response] = {}
    for _ in range(8):
        answer = client.get(site.url + path, **more)
        found.setdefault(site.server_of(answer), answer)
        if len(found) == len(site.offices):
            return list(found.values())
    raise AssertionError(f"only {set(found)} answered {path}")


def persons_on_the_map(site: offices.Site, client: requests.Session) -> int:
    """Return the persons in the district, which both processes must agree on."""
    maps = from_both(site, client, "/map/figures.json?level=district&period=2026-05")
    cards = from_both(site, client, f"/map/areas/{DISTRICT}.json?period=2026-05")
    found = {sum(value or 0 for value in answer.json()["values"]) for answer in maps}
    found |= {answer.json()["measures"][1]["value"] for answer in cards}
    assert len(found) == 1, found
    return int(found.pop())


def stored(site: offices.Site, what: str) -> int:
    with psycopg.connect(site.database_url.replace("+psycopg", "")) as connection:
        row = connection.execute(what).fetchone()
    assert row
    return int(row[0])


def test_one_session_over_both_processes(site: offices.Site, person: requests.Session) -> None:
    answers = from_both(site, person, "/")
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.url for answer in answers} == {f"{site.url}/"}, "sent to sign in again"
    cookie = next(iter(person.cookies))
    assert cookie.name == "__Host-session"
    assert cookie.secure


def test_import_review_map_and_export(site: offices.Site, person: requests.Session) -> None:
    finished(person, send(site, person, report_file(PLACED + 1, doubtful=1)))
    assert persons_on_the_map(site, person) == PLACED * PERSONS

    queue = person.get(f"{site.url}/review/").text
    key = re.search(r'href="/review/(\d+)"', queue)
    assert key, "the doubtful row is in the queue"
    submit(person, f"{site.url}/review/{key[1]}", code=DISTRICT, decision="place")

    assert persons_on_the_map(site, person) == (PLACED + 1) * PERSONS

    for kind in ("csv", "geojson"):
        files = from_both(site, person, f"/exports/district.{kind}?period=2026-Q2")
        assert [file.status_code for file in files] == [200, 200]
        assert files[0].content == files[1].content
        assert b"Baturaja Timur" in files[0].content


def test_a_tag_of_one_process_is_known_to_the_other(
    site: offices.Site, person: requests.Session
) -> None:
    first = person.get(f"{site.url}/map/figures.json?period=2026-05")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = from_both(site, person, "/map/figures.json?period=2026-05", headers=tag)
    assert [answer.status_code for answer in again] == [304, 304]


def crowded_file() -> tuple[str, bytes]:
    """Reports of August: some persons in every district, and many cases in one of them."""
    areas = Gazetteer.load().areas.set_index("code")
    lines = ["report_id,tanggal,jumlah,status,kecamatan,kabupaten"]
    for code, district in areas[areas["level"] == "district"].iterrows():
        place = f"{district['name']},{areas.loc[district['parent_code'], 'name']}"
        lines.append(f"H{code},2026-08-01,20,hadir,{place}")
        if code == DISTRICT:
            lines += [f"H{code}-{n},2026-08-02,1,dugaan,{place}" for n in range(25)]
    return "agustus.csv", "\n".join(lines).encode()


def test_hot_spots_and_a_check(site: offices.Site, person: requests.Session) -> None:
    finished(person, send(site, person, crowded_file()))
    pages = from_both(site, person, "/hotspots/?period=2026-08")
    assert [page.status_code for page in pages] == [200, 200]
    forms = [
        {
            form["area_code"]: form
            for form in map(dict, map(FIELD.findall, page.text.split("<li id=")))
            if "area_code" in form
        }
        for page in pages
    ]
    assert forms[0], "so many cases in one place are a hot spot"
    assert forms[0].keys() == forms[1].keys(), "both find the same hot spots"

    area, form = next(iter(forms[0].items()))
    form["outcome"] = "nothing"
    checks = f"SELECT count(*) FROM checks WHERE area_code = '{area}'"
    ports = set()
    for _ in range(4):  # as a phone does that got no answer
        answer = person.post(f"{site.url}/hotspots/checks", data=form, allow_redirects=False)
        assert answer.status_code == 303
        ports.add(site.server_of(answer))
        person.get(f"{site.url}/hotspots/?period=2026-08")
        person.get(f"{site.url}/healthz")
    assert ports == set(site.offices)
    assert stored(site, checks) == 1
    for page in from_both(site, person, "/hotspots/?period=2026-08"):
        assert f'id="spot-{area}"' not in page.text, "its cases are cleared"
        assert "dari" in page.text


def test_password_and_second_factor(site: offices.Site) -> None:
    """Each step may be answered by another process than the one before it."""
    client = signed_in(site, "budi", ("administrator",))
    assert client.get(f"{site.url}/admin/").url.endswith("/second-factor")
    submit(client, f"{site.url}/change", new_password=PASSWORD, new_password_confirm=PASSWORD)
    page = submit(client, f"{site.url}/tf-setup", setup="authenticator")
    secret = re.search(r'id="authenticator-key">([^<]+)<', page.text)
    action = re.search(r'action="([^"]*tf[^"]*)"', page.text)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert secret
    assert action
    assert token
    code = code_of(secret[1])
    form = {"csrf_token": token[1], "code": code}
    assert client.post(site.url + action[1], data=form).ok
    assert client.get(f"{site.url}/admin/").url == f"{site.url}/admin/"

    other = site.browser()
    asked = submit(other, f"{site.url}/login", username="budi", password=PASSWORD)
    assert "one-time-code" in asked.text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', asked.text)
    assert token
    ports = set()
    while ports != set(site.offices):  # an overseen code is spent, whichever process is asked
        form = {"csrf_token": token[1], "code": code}
        refused = other.post(f"{site.url}/tf-validate", data=form, allow_redirects=False)
        assert refused.status_code == 200
        assert "one-time-code" in refused.text
        ports.add(site.server_of(refused))
    form["code"] = code_of(secret[1], ahead=1)
    assert other.post(f"{site.url}/tf-validate", data=form).ok
    assert other.get(f"{site.url}/admin/").url == f"{site.url}/admin/"


def code_of(secret: str, ahead: int = 0) -> str:
    """Return the code of now, or of so many half minutes ahead (RFC 6238), for a key on a page."""
    compact = re.sub(r"[^A-Z2-7]", "", secret.upper())
    key = base64.b32decode(compact + "=" * (-len(compact) % 8))
    counter = int(time.time() // 30 + ahead).to_bytes(8, "big")
    digest = hmac.digest(key, counter, hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def test_killing_a_process_loses_no_page(site: offices.Site, person: requests.Session) -> None:
    dead, left = site.offices.values()
    dead.kill()
    answers = [person.get(f"{site.url}/map/?n={number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert {site.server_of(answer) for answer in answers} == {left.port}
    finished(person, send(site, person, report_file(2, first=500)))


def test_a_database_that_restarts(site: offices.Site, person: requests.Session) -> None:
    site.server.stop()
    try:
        figures = from_both(site, person, "/map/figures.json?period=2026-05")
        pages = from_both(site, person, "/map/")
        ready = from_both(site, person, "/readyz")
    finally:
        site.server.start()
    assert {answer.status_code for answer in (*figures, *pages, *ready)} == {503}
    assert all(answer.json()["detail"] for answer in figures)
    assert all("<h1" in answer.text for answer in pages)
    again = from_both(site, person, "/map/figures.json?period=2026-05")
    assert [answer.status_code for answer in again] == [200, 200], "still signed in"


def test_an_import_that_is_killed_is_rolled_back_and_repeated(
    site: offices.Site, person: requests.Session
) -> None:
    rows = 400
    file = report_file(rows, first=1000)
    of_file = "SELECT count(*) FROM reports WHERE report_id ~ '^R1[0-9]{3}$'"
    with psycopg.connect(site.database_url.replace("+psycopg", "")) as holder:
        # The last thing an import writes is its line in the audit log: there it waits for us,
        # with every row inserted and nothing committed.
        holder.execute("LOCK TABLE audit_log IN SHARE MODE")
        job = send(site, person, file)
        waits = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit_log'::regclass"
        )
        offices.until(lambda: stored(site, waits), "the import at its last step")
        assert person.get(f"{job}.json").json()["state"] == "running"
        site.offices[person.last_upload].kill()  # type: ignore[attr-defined]
        assert person.get(f"{site.url}/imports/").status_code == 200
        holder.rollback()
    assert len(uploads(site, job)) == 2
    lost = person.get(f"{job}.json").json()
    assert lost["state"] == "failed", "the page waits for a process that is dead"
    assert [file.suffix for file in uploads(site, job)] == [".json"], (
        "the dead one's upload is left"
    )
    writing = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    offices.until(lambda: not stored(site, writing), "the end of the dead import")
    assert stored(site, of_file) == 0

    finished(person, send(site, person, file))
    assert stored(site, of_file) == rows
    assert "intact" in site.command("audit", "verify").stdout


def uploads(site: offices.Site, job: str) -> list[offices.Path]:
    return sorted((site.data / "uploads").glob(f"{job.rpartition('/')[2]}.*"))


def test_a_json_file_is_not_taken_for_the_state_of_its_import(
    site: offices.Site, person: requests.Session
) -> None:
    point = {"type": "Point", "coordinates": [104.1683, -4.1265]}
    properties = {"report_id": "J1", "tanggal": "2026-04-02", "jumlah": 2}
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    body = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    finished(person, send(site, person, ("laporan.json", body)))
    assert stored(site, "SELECT count(*) FROM reports WHERE report_id = 'J1'") == 1


def test_two_offices_import_at_once(site: offices.Site, person: requests.Session) -> None:
    jobs = [send(site, person, report_file(50, first=first)) for first in (5000, 6000, 7000, 8000)]
    for job in jobs:
        finished(person, job)
    assert stored(site, "SELECT count(*) FROM reports WHERE report_id ~ '^R[5-8]0[0-9]{2}$'") == 200


def test_the_proxy_believes_nobody(site: offices.Site) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    answer = site.browser().get(
        f"{site.url}/map/", headers={**forged, "X-Forwarded-For": "127.0.0.1"}
    )
    assert answer.url.startswith(f"{site.url}/login")
    assert "evil.example" not in answer.text
    assert answer.headers["Strict-Transport-Security"]
    assert site.browser().get(f"{site.url}/metrics").status_code == 404
    context = ssl.create_default_context(cafile=str(site.certificate))
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", site.port)) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname="evil.example")
    redirect = requests.get(f"{site.plain_url}/login", allow_redirects=False, timeout=30)
    assert redirect.status_code == 301
    assert redirect.headers["Location"] == f"{site.url}/login"


def test_sign_ins_are_limited_over_both_processes(site: offices.Site) -> None:
    client = site.browser()
    codes = [
        client.post(f"{site.url}/login", data={"username": "x"}).status_code for _ in range(60)
    ]
    assert 429 in codes
    assert all(code < 500 for code in codes)


def test_logs_hold_nothing_of_persons(site: offices.Site, person: requests.Session) -> None:
    person.get(f"{site.url}/map/figures.json?agency={AGENCY}")
    logs = [site.folder / "access.log", site.folder / "errors.log"]
    logs += [office.log for office in site.offices.values()]
    said = "".join(log.read_text() for log in logs)
    for secret in ("siti", AGENCY, "127.0.0.1 ", "sign-in/", "Entah", "Traceback"):
        assert secret not in said


def test_a_backup_of_the_running_site_is_restored(
    site: offices.Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("backups")
    done = subprocess.run(
        [str(offices.SHIPPED / "backup"), str(folder)],
        env=site.environment | {"PATH": f"{geo_pora_on(folder)}:{site.environment['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (copy,) = folder.glob("geo-pora-*.sqlite")
    assert [file.name for file in folder.glob("geo-pora-*.tar.gz")] == [f"{copy.stem}.tar.gz"]
    restored = folder / "restored.sqlite"
    here = site.environment | {"GEO_PORA_DATABASE_URL": f"sqlite:///{restored}"}
    command = [str(geo_pora_on(folder) / "geo-pora"), "restore", str(copy)]
    subprocess.run(command, env=here, check=True, capture_output=True, timeout=120)
    with sqlite3.connect(restored) as connection:
        (count,) = connection.execute("SELECT count(*) FROM reports").fetchone()
    assert count == stored(site, "SELECT count(*) FROM reports") > 0


def geo_pora_on(folder: offices.Path) -> offices.Path:
    """Return a folder with the command `geo-pora`, as an installed package has it."""
    command = folder / "bin" / "geo-pora"
    if not command.exists():
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {offices.sys.executable} -m geo_pora "$@"\n')
        command.chmod(0o700)
    return command.parent
