"""The map on a bad network: few bytes, readable before its scripts, plain words when it breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

pytestmark = pytest.mark.browser
AREAS = "path[data-code]"
FIRST_VISIT = 250_000
LATER_VISIT = 30_000
# A slow 3G line: 400 kbit/s, 400 ms until the first byte of each answer.
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


class Line:
    """What went over the wire of one tab, as Chromium counts it: headers and packed bodies."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.bytes: list[float] = []
        self.bytes_of: dict[str, float] = {}
        self.addresses: list[str] = []
        asked: dict[str, str] = {}
        self.session.on(
            "Network.requestWillBeSent",
            lambda event: asked.update({event["requestId"]: event["request"]["url"]}),
        )

        def finished(event: dict[str, Any]) -> None:
            size = event["encodedDataLength"]
            self.bytes.append(size)
            self.bytes_of[asked.get(event["requestId"], "")] = size

        self.session.on("Network.loadingFinished", finished)
        page.on("request", lambda request: self.addresses.append(request.url))

    @property
    def figures(self) -> list[str]:
        """The requests for figures, of the map or of one area."""
        return [address for address in self.addresses if re.search(r"figures|/areas/", address)]

    def forget(self) -> None:
        """Begin to count anew."""
        self.bytes.clear()
        self.bytes_of.clear()
        self.addresses.clear()

    def empty_cache(self) -> None:
        self.session.send("Network.clearBrowserCache")
        self.forget()

    def slow_down(self) -> None:
        self.session.send("Network.emulateNetworkConditions", SLOW)


@pytest.fixture
def line(page: Page) -> Line:
    found = Line(page)
    found.empty_cache()
    return found


def painted(page: Page, count: int = 52) -> None:
    """Wait until every area is painted, and the line is quiet."""
    page.wait_for_function(
        "n => document.querySelectorAll('path[data-code][fill][aria-label]').length === n",
        arg=count,
    )
    page.wait_for_load_state("networkidle")
    expect(page.locator(".map-frame")).not_to_have_class(re.compile("is-loading"))


def choose_level(page: Page, level: str, count: int) -> None:
    page.locator(f'input[name="level"][value="{level}"] + span').click()
    painted(page, count)


@pytest.mark.parametrize(("level", "count"), [("district", 52), ("village", 728), ("regency", 3)])
def test_a_first_and_a_later_visit(page: Page, site, line: Line, level: str, count: int) -> None:
    address = f"{site.address}/map/?level={level}"
    page.goto(address)
    painted(page, count)
    first = sum(line.bytes)
    line.forget()
    page.goto(address)
    painted(page, count)
    print(f"{level}: first visit {first:,.0f} bytes, later {sum(line.bytes):,.0f}")
    assert first <= FIRST_VISIT
    assert sum(line.bytes) <= LATER_VISIT


def test_all_levels_in_one_first_visit(page: Page, site, line: Line) -> None:
    page.goto(f"{site.address}/map/")
    painted(page)
    for level, count in (("village", 728), ("regency", 3), ("district", 52)):
        choose_level(page, level, count)
    print(f"a first visit through every level: {sum(line.bytes):,.0f} bytes")
    assert sum(line.bytes) <= FIRST_VISIT
    line.forget()
    page.goto(f"{site.address}/map/")
    painted(page)
    for level, count in (("village", 728), ("regency", 3), ("district", 52)):
        choose_level(page, level, count)
    print(f"a later visit through every level: {sum(line.bytes):,.0f} bytes")
    assert sum(line.bytes) <= LATER_VISIT


def test_the_page_itself_holds_its_figures(page: Page, site, line: Line) -> None:
    page.goto(f"{site.address}/map/?level=village")
    painted(page, 728)
    assert line.figures == []
    line.forget()
    page.select_option('select[name="period"]', "2026-02")
    painted(page, 728)
    assert len(line.figures) == 1
    assert sum(line.bytes) <= LATER_VISIT / 3


def test_what_the_browser_has_is_not_sent_again(page: Page, site, line: Line) -> None:
    page.goto(f"{site.address}/map/")
    painted(page)
    for period in ("2026-02", "2026-03", "2026-02"):
        with page.expect_response(re.compile(f"figures.*{period}")) as answered:
            page.select_option('select[name="period"]', period)
        painted(page)
    line.forget()
    with page.expect_response(re.compile("figures")) as answered:
        page.select_option('select[name="period"]', "2026-03")
    painted(page)
    assert answered.value.headers.get("etag")
    # A 304: headers alone. What the page loads ahead, and when, is not asked here.
    assert 0 < line.bytes_of[answered.value.url] < 1500


def held(page: Page, pattern: str) -> Callable[[], None]:
    """Hold every answer to a pattern until the returned function is called."""
    waiting: list[Route] = []
    open_now = []

    def hold(route: Route) -> None:
        if open_now:
            route.continue_()
        else:
            waiting.append(route)

    page.route(re.compile(pattern), hold)

    def release() -> None:
        open_now.append(True)
        for route in waiting:
            route.continue_()

    return release


def test_the_table_is_there_before_any_script(page: Page, site, line: Line) -> None:
    release = held(page, r"\.js$")
    page.goto(f"{site.address}/map/?period=2026-02", wait_until="commit")
    expect(page.locator("#table tbody tr")).to_have_count(52)
    expect(page.locator("#subtitle")).to_contain_text("Februari 2026")
    expect(page.locator('select[name="period"]')).to_have_value("2026-02")
    expect(page.locator("#save-picture")).to_be_disabled()
    before = page.locator("#table tbody tr").all_text_contents()
    assert page.locator(AREAS).count() == 0
    release()
    painted(page)
    # The script writes the very table that was there.
    assert page.locator("#table tbody tr").all_text_contents() == before
    expect(page.locator("#save-picture")).to_be_enabled()


@pytest.mark.parametrize("query", ["level=village", "show=change", "show=density", "level=regency"])
def test_the_script_writes_the_table_that_was_there(page: Page, site, query: str) -> None:
    release = held(page, r"\.js$")
    page.goto(f"{site.address}/map/?period=2026-03&{query}", wait_until="commit")
    page.locator("#page").wait_for(state="attached")
    rows = "rows => rows.map(row => [row.dataset.code, row.textContent])"
    before = page.locator("#table tbody tr").evaluate_all(rows)
    foot = page.locator("#table tfoot").text_content()
    release()
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    assert page.locator("#table tbody tr").evaluate_all(rows) == before
    assert page.locator("#table tfoot").text_content() == foot


def test_the_map_works_on_a_slow_line(page: Page, site, line: Line) -> None:
    line.slow_down()
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{site.address}/map/", wait_until="domcontentloaded")
    expect(page.locator("#table tbody tr")).to_have_count(52)
    painted(page)
    assert sum(line.bytes) <= FIRST_VISIT
    assert len(line.addresses) <= 25
    line.forget()
    page.locator("button[data-sort=name]").click()
    page.fill("#search", "baturaja")
    expect(page.locator("#table tbody tr:visible")).to_have_count(2)
    page.locator("#table tbody tr:visible button").first.click()
    expect(page.locator("#area-card svg.chart")).to_be_visible()
    assert len(line.figures) == 1
    line.forget()
    page.select_option('select[name="period"]', "2026-02")
    expect(page.locator("#subtitle")).to_contain_text("Februari 2026")
    expect(page.locator("#area-card svg.chart")).to_be_visible()
    assert len(line.figures) == 2
    assert sum(line.bytes) <= LATER_VISIT


def answering(page: Page, pattern: str, answer: Callable[[Route], None]) -> Callable[[], None]:
    """Answer a pattern in the app's stead until the returned function is called."""
    page.route(pattern, answer)
    return lambda: page.unroute(pattern)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda route: route.abort(), "Tidak tersambung"),
        (lambda route: route.fulfill(status=503, json={"detail": "x"}), "tidak dapat menjawab"),
        (lambda route: route.fulfill(status=500, body="<h1>no JSON</h1>"), "tidak dapat menjawab"),
        (lambda route: route.fulfill(status=200, body="<html>a portal"), "Tidak tersambung"),
    ],
    ids=["cut", "busy", "broken", "portal"],
)
@pytest.mark.parametrize("part", ["figures.json*", "layers/*/regency.js", "layers/*/regency.json"])
def test_what_fails_is_said_and_tried_again(page: Page, site, answer, said: str, part: str) -> None:
    page.goto(f"{site.address}/map/?period=2026-02")
    painted(page)
    before = page.locator("#table tbody").inner_text()
    mend = answering(page, f"**/map/{part}", answer)
    page.locator('input[name="level"][value="regency"] + span').click()
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#problem")).to_contain_text(
        "Tidak tersambung" if part.endswith(".js") else said
    )
    assert page.locator("#table tbody").inner_text() == before
    expect(page.locator("#subtitle")).to_contain_text("per kecamatan")
    mend()
    page.locator("#retry").click()
    painted(page, 3)
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator("#table tbody tr")).to_have_count(3)
    site.errors.clear()


def test_a_session_that_is_over_leads_to_the_door(chromium: Browser, site, signed_in) -> None:
    context = chromium.new_context(storage_state=signed_in.storage_state())
    page = context.new_page()
    page.goto(f"{site.address}/map/")
    painted(page)
    context.clear_cookies()
    page.select_option('select[name="period"]', "2026-02")
    page.wait_for_url(re.compile("/login"))
    context.close()


def test_a_card_that_cannot_be_loaded_says_so(page: Page, site) -> None:
    page.goto(f"{site.address}/map/")
    painted(page)
    page.route("**/map/areas/*", lambda route: route.abort())
    page.locator("#table tbody th button").first.click()
    expect(page.locator("#area-card")).to_contain_text("Tidak tersambung")
    site.errors.clear()


@pytest.fixture
def without_scripts(chromium: Browser, site, signed_in: BrowserContext) -> Iterator[Page]:
    context = chromium.new_context(
        storage_state=signed_in.storage_state(), java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def test_without_scripts_the_form_and_the_table_do_the_work(without_scripts: Page, site) -> None:
    page = without_scripts
    page.goto(f"{site.address}/map/")
    before = page.locator("#table tbody").inner_text()
    page.select_option('select[name="period"]', "2026-02")
    page.locator('input[name="level"][value="regency"] + span').click()
    page.locator("#controls noscript button").click()
    expect(page.locator("#subtitle")).to_contain_text("per kabupaten, Februari 2026")
    expect(page.locator("#table tbody tr")).to_have_count(3)
    assert page.locator("#table tbody").inner_text() != before


def test_nothing_is_asked_of_another_host(page: Page, site, line: Line) -> None:
    page.goto(f"{site.address}/map/")
    painted(page)
    choose_level(page, "village", 728)
    page.locator("#table tbody th button").first.click()
    expect(page.locator("#area-card svg.chart")).to_be_visible()
    assert all(address.startswith((site.address, "data:", "blob:")) for address in line.addresses)
