"""Every page: usable by everybody (axe-core), at phone width, and deaf to hostile names."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import web_fixtures as web
from playwright.sync_api import Browser, Page, expect

from geo_pora import maps
from geo_pora.disclosure import disclose
from geo_pora.errors import RefusedError
from geo_pora.periods import quarter
from geo_pora.store import agencies, named_periods
from webmap import export_jobs, jobs, people

pytestmark = pytest.mark.browser
PAGES = [
    *(
        "/",
        "/map/",
        "/imports/",
        "/imports/1",
        "/review/",
        "/review/FIRST",
        "/coverage/",
        "/hotspots/",
        "/exports/",
        "/exports/exact",
        "/tokens/",
    ),
    *("/admin/", "/admin/agencies", "/admin/periods", "/admin/layers", "/admin/settings"),
    *("/admin/retention", "/admin/audit", "/change", "/tf-setup", "/second-factor"),
]
HOSTILE = [
    "{{ 7*7 }}${7*7}",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
]


def first_in_review(site) -> str:
    from geo_pora.store import review

    return str(int(review.queue(site.app.extensions["geo_pora"].engine)["key"].iloc[0]))


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_serious(page: Page, site, axe: str, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.address + address.replace("FIRST", first_in_review(site)))
    page.wait_for_load_state("networkidle")
    assert page.locator("h1").count() == 1
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (one["id"], node["target"], node["failureSummary"])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
    assert serious == [], json.dumps(serious, indent=1)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "the page scrolls sideways"


@pytest.mark.parametrize("scheme", ["dark"])
@pytest.mark.parametrize("address", ["/", "/map/", "/imports/", "/coverage/", "/admin/"])
def test_dark_pages_have_enough_contrast(
    page: Page, site, axe: str, address: str, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(site.address + address)
    page.wait_for_load_state("networkidle")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {runOnly: ['color-contrast']})")
    assert [node["target"] for one in found["violations"] for node in one["nodes"]] == []


@pytest.mark.parametrize("address", ["/login", "/nothing-here"])
def test_axe_without_sign_in(chromium: Browser, site, axe: str, address: str) -> None:
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto(site.address + address)
    tab.evaluate(axe)
    found = tab.evaluate("axe.run()")
    context.close()
    assert [
        one["id"] for one in found["violations"] if one["impact"] in {"serious", "critical"}
    ] == []


def test_controls_are_large_enough_to_touch(page: Page, site) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{site.address}/map/")
    page.wait_for_selector("path[data-code]")
    small = page.locator(
        "button:visible, select:visible, .nav a:visible, .segments span:visible"
    ).evaluate_all(
        "all => all.map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 43.5).map(([html]) => html)"
    )
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_key_of_the_second_factor_can_be_scanned(page: Page, site, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site.address}/tf-setup")
    page.locator("main form button").click()
    picture = page.locator("main img")
    expect(picture).to_be_visible()
    expect(picture).to_have_css("background-color", "rgb(255, 255, 255)")


@pytest.mark.parametrize("width", [320, 375])
def test_a_long_account_name_stays_beside_the_mark(chromium: Browser, site, width: int) -> None:
    name = f"panitia.pengawasan-orang-asing-{width}"
    token = people.add(site.app, name, ["planner"], actor="test")
    context = chromium.new_context(viewport={"width": width, "height": 740})
    tab = context.new_page()
    tab.goto(f"{site.address}/sign-in/{token}")
    tab.locator("main button").click()
    mark, end = (tab.locator(one).bounding_box() for one in (".brand", ".top-end"))
    context.close()
    assert end["y"] < mark["y"] + mark["height"] / 2


def test_a_row_is_reviewed_on_the_map(page: Page, site) -> None:
    engine = site.app.extensions["geo_pora"].engine
    from geo_pora.store import review

    before = review.size(engine)
    if not before:
        pytest.skip("decided by an earlier test")
    page.goto(f"{site.address}/review/{first_in_review(site)}")
    page.wait_for_selector("path[data-code]")
    expect(page.locator("#place")).to_be_disabled()
    page.locator('path[data-code="16.01.14"]').dispatch_event("click")
    page.locator('input[name="candidate"]').first.check()
    expect(page.locator("#chosen")).to_contain_text("dipilih")
    expect(page.locator("#place")).to_be_enabled()


def test_a_file_is_sent_and_read(page: Page, site) -> None:
    page.goto(f"{site.address}/imports/")
    body = (
        "report_id,tanggal,jumlah,kecamatan,kabupaten\n"
        "B1,2026-05-01,2,Baturaja Timur,Ogan Komering Ulu\n"
    )
    page.set_input_files(
        "#file", {"name": "mei.csv", "mimeType": "text/csv", "buffer": body.encode()}
    )
    page.locator("#upload button").click()
    expect(page.locator("h1")).to_have_text("mei.csv", timeout=60_000)
    expect(page.locator("dl.sum")).to_contain_text("baris dibaca")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_never_run(page: Page, site, name: str) -> None:
    engine = site.app.extensions["geo_pora"].engine
    agencies.put(engine, web.AGENCY, name, "test")
    named_periods.put(engine, name, quarter(2026, 1), "test")
    for address in (
        "/map/",
        "/imports/",
        "/coverage/",
        "/admin/agencies",
        "/admin/periods",
        "/admin/audit",
    ):
        page.goto(site.address + address)
        page.wait_for_load_state("networkidle")
        assert "4949" not in page.locator("body").inner_text()
        assert page.locator("img[src=x], svg[onload]").count() == 0
    agencies.put(engine, web.AGENCY, "Polres OKU", "test")


def test_area_names_never_run_on_the_map(page: Page, site) -> None:
    def answer(route) -> None:
        found = route.fetch()
        value = found.json()
        value["names"] = [HOSTILE[at % len(HOSTILE)] for at in range(len(value["names"]))]
        value["parents"] = value["names"]
        route.fulfill(response=found, json=value)

    page.route("**/layers/*/district.json", answer)
    page.goto(f"{site.address}/map/")
    page.wait_for_selector("path[data-code]")
    page.locator("path[data-code]").first.hover(force=True)
    page.locator("#table tbody th button").first.click()
    expect(page.locator("#area-card")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_the_one_file_map_opens_without_a_network(chromium: Browser, site, tmp_path) -> None:
    state = site.app.extensions["geo_pora"]
    from geo_pora.store import queries

    areas = state.atlas().areas("district")
    areas.loc[0, "name"] = HOSTILE[2]
    counted = queries.counts(state.engine, "district", [quarter(2026, 1)])
    page_text = maps.standalone(
        maps.figures(disclose(counted, level="district"), areas),
        areas,
        level="district",
        period="2026",
    )
    file = tmp_path / "map.html"
    file.write_text(page_text, "utf-8")
    context = chromium.new_context(offline=True)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("dialog", lambda dialog: errors.append("dialog"))
    tab.goto(file.as_uri())
    tab.wait_for_selector("path[data-code]")
    assert tab.locator("path[data-code]").count() == len(areas)
    assert tab.locator("#rows tr").count() == len(areas)
    assert tab.locator("#legend li").count() >= 3
    expect(tab.locator("figcaption")).to_contain_text("Batas indikatif, bukan batas resmi")
    context.close()
    assert errors == []


def test_a_file_is_made_with_progress_and_offered(page: Page, site, monkeypatch) -> None:
    seen = threading.Event()

    def write(state, wanted, path, *, actor, note=None) -> None:
        note(1234, 3567)
        seen.wait(30)
        path.write_bytes(b"kode;orang\n")

    monkeypatch.setattr(jobs, "TOLD_SECONDS", -1)
    monkeypatch.setattr(export_jobs, "write", write)
    page.goto(f"{site.address}/exports/")
    page.locator("#table select[name=what]").select_option("village")
    page.locator("#table select[name=kind]").select_option("csv-semicolon")
    page.locator("#table button").click()
    expect(page.locator("#job")).to_contain_text("1.234 / 3.567 jumlah dilindungi")
    seen.set()
    expect(page.locator("h1")).to_have_text("Berkas siap")
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh").click()
    assert download.value.suggested_filename == "geo_pora-village-2026-Q2.csv"
    assert Path(download.value.path()).read_bytes() == b"kode;orang\n"


def test_why_a_file_is_not_made_is_said_and_the_choice_is_kept(
    page: Page, site, monkeypatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RefusedError(
            "persons of district 16.01.07 2026-Q2 was shown by an earlier release and is below "
            "5 now: release periods that were not released yet"
        )

    monkeypatch.setattr(export_jobs, "write", refuse)
    page.goto(f"{site.address}/exports/")
    page.locator("#table select[name=what]").select_option("village")
    page.locator("#table button").click()
    expect(page.locator("h1")).to_have_text("Berkas tidak dapat dibuat")
    expect(page.locator(".detail")).to_contain_text("kecamatan 16.01.07 2026-Q2 sudah ditampilkan")
    page.get_by_role("link", name="Kembali").click()
    expect(page.locator("#table select[name=what]")).to_have_value("village")
