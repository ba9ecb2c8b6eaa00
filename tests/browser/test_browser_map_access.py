"""The map for everybody: axe-core in every state of the page, touch, focus, motion, overlaps."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
AREAS = "path[data-code]"
STATES = {
    "plain": "",
    "card": "?area=16.01.14",
    "villages with hidden counts": "?level=village&area=16.01.14.1001&period=2026-02",
    "change with own classes": "?show=change&scheme=own&breaks=2;4&period=2026-03",
    "no reports": "?period=2010-01",
    "an address that cannot be read": "?level=country",
    "free range": "?period=2026-01-05_2026-02-10",
}


def open_state(page: Page, address: str, query: str) -> None:
    page.goto(f"{address}/map/{query}")
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    if "area=" in query:
        expect(page.locator("#area-card svg.chart")).to_be_visible()
        for parts in page.locator(".parts summary").all():  # none where nothing was reported
            parts.click()
    page.locator("details.more summary").click()


# Village level is slow to check, for its 728 rows; once is enough.
FEW = ["plain", "card", "change with own classes"]
MOST = [state for state in STATES if not state.startswith("villages")]


@pytest.mark.parametrize(
    ("width", "scheme", "states"),
    [(375, "dark", list(STATES)), (1440, "light", MOST), (768, "light", FEW), (1440, "dark", FEW)],
    ids=["phone-dark", "desktop-light", "tablet-light", "desktop-dark"],
)
def test_axe_finds_nothing_in_any_state(
    page: Page, site, axe: str, width: int, scheme: str, states: list[str]
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for state in states:
        open_state(page, site.address, STATES[state])
        page.evaluate(axe)
        found = page.evaluate(
            "axe.run(document, {resultTypes: ['violations'],"
            " runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        bad = [
            (one["id"], node["target"], node["failureSummary"])
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert bad == [], f"{state}: {json.dumps(bad, indent=1)}"
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{state}: the page scrolls sideways"


@pytest.mark.parametrize("width", [375, 768, 1440])
@pytest.mark.parametrize("query", ["?area=16.01.14", "?period=2026-01-05_2026-02-10", "?level=x"])
def test_everything_is_large_enough_to_touch(page: Page, site, width: int, query: str) -> None:
    page.set_viewport_size({"width": width, "height": 812})
    open_state(page, site.address, query)
    small = page.locator(
        "main :is(button, select, input, summary, a.button, .segments span):visible"
    ).evaluate_all(
        "all => all.filter(e => !e.closest('.segments label input') && e.type !== 'radio')"
        ".map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 43.5 || box.width < 43.5).map(([html]) => html)"
    )
    assert small == []


@pytest.mark.parametrize("width", [375, 768, 1024, 1440])
def test_nothing_leaves_the_window_or_covers_the_map(page: Page, site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for query in ("", "?period=2026-01-05_2026-02-10", "?show=change"):
        open_state(page, site.address, query)
        box = page.locator(".more-box").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        page.keyboard.press("Escape")
        expect(page.locator(".more-box")).to_be_hidden()
        expect(page.locator("details.more summary")).to_be_focused()
        hint, areas = (page.locator(one).first for one in ("#hint", ".leaflet-overlay-pane svg g"))
        if hint.is_visible():
            low = hint.bounding_box()
            for path in page.locator(AREAS).all()[:60]:
                part = path.bounding_box()
                overlaps = (
                    part["x"] < low["x"] + low["width"]
                    and low["x"] < part["x"] + part["width"]
                    and part["y"] < low["y"] + low["height"]
                    and low["y"] < part["y"] + part["height"]
                )
                assert not overlaps, (query, path.get_attribute("aria-label"))
        assert areas


def test_the_map_is_one_stop_of_the_tab_key(page: Page, site) -> None:
    page.goto(f"{site.address}/map/")
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    page.locator(".leaflet-control-zoom-out").focus()
    stops = 0
    for _ in range(6):
        page.keyboard.press("Tab")
        stops += page.evaluate("document.activeElement.matches('path[data-code]')")
    page.locator(".leaflet-control-zoom-in").focus()
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        stops += page.evaluate("document.activeElement.matches('path[data-code]')")
    assert stops == 1


def test_focus_is_seen_and_areas_are_announced(page: Page, site) -> None:
    page.goto(f"{site.address}/map/")
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    page.locator(f"{AREAS}[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    stroke = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement);"
        "return [s.stroke, parseFloat(s.strokeWidth)]; })()"
    )
    assert stroke[0] == "rgb(213, 0, 109)"
    assert stroke[1] >= 3
    named = page.get_by_role("button", name=re.compile("Baturaja Timur: .+ orang asing"))
    expect(named).to_have_count(1)


@pytest.mark.parametrize("way", ["button", "Escape"])
@pytest.mark.parametrize("start", ["map", "table"])
def test_closing_the_card_goes_back_to_where_it_was_opened(
    page: Page, site, start: str, way: str
) -> None:
    page.goto(f"{site.address}/map/")
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    opener = page.locator(f"{AREAS}[tabindex='0']" if start == "map" else "#table tbody button")
    opener.first.focus()
    page.keyboard.press("Enter")
    card = page.locator("#area-card")
    expect(card.locator("svg.chart")).to_be_visible()
    marked = "aria-pressed" if start == "map" else "aria-current"
    expect(opener.first).to_have_attribute(marked, "true")
    card.get_by_role("button").focus()
    page.keyboard.press("Enter" if way == "button" else way)
    expect(card).to_be_hidden()
    expect(opener.first).to_be_focused()
    expect(page.locator(f"[{marked}='true']:is(path, td button, th button)")).to_have_count(0)


def test_what_changed_is_announced(page: Page, site) -> None:
    page.goto(f"{site.address}/map/")
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    for selector, role in (("#subtitle", "status"), ("#problem", "alert")):
        expect(page.locator(selector)).to_have_attribute("role", role)
    expect(page.locator("#area-card")).to_have_attribute("aria-live", "polite")
    for button in page.locator("#table thead button").all():
        button.click()
        sorted_by = page.locator("#table thead th:not([aria-sort='none'])")
        expect(sorted_by).to_have_count(1)


def test_nothing_moves_for_whom_it_should_not(page: Page, site) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site.address}/map/")
    page.wait_for_selector(AREAS)
    page.locator(".map-frame").evaluate("frame => frame.classList.add('is-loading')")
    assert page.evaluate("document.getAnimations({subtree: true}).length") == 0
