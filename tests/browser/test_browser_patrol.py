"""The patrol's page on a phone: without a network, back again, and on a desk that others use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import patrol_fixtures as patrol
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from geo_pora.store import checks
from webmap import people

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
Patrol = Callable[[str], Page]


@pytest.fixture(scope="module")
def crowded(site):
    patrol.add_cases(site.app.extensions["geo_pora"].engine)
    return site


@pytest.fixture
def engine(crowded):
    return crowded.app.extensions["geo_pora"].engine


@pytest.fixture
def phone(chromium: Browser, crowded) -> Iterator[BrowserContext]:
    """A phone with little screen; nothing may have gone wrong on it but what the test provokes."""
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    before = crowded.violations
    yield context
    context.set_offline(False)
    context.close()
    assert crowded.violations == before


@pytest.fixture
def signed_in_as(phone: BrowserContext, crowded) -> Patrol:
    def enter(name: str) -> Page:
        known = {person.name for person in people.everybody(crowded.app)}
        token = (
            people.new_link(crowded.app, name, actor="test")
            if name in known
            else people.add(crowded.app, name, ["patrol"], actor="test")
        )
        page = phone.new_page()
        page.goto(f"{crowded.address}/sign-in/{token}")
        page.locator("main button").click()
        page.wait_for_url(f"{crowded.address}/")
        return page

    return enter


def list_of(page: Page, site) -> Page:
    """Open the list and wait until the phone has put it away for the road."""
    page.goto(f"{site.address}/hotspots/?period={patrol.PERIOD}")
    page.wait_for_selector("html[data-ready=offline]", state="attached")
    return page


def card(page: Page):
    return page.locator(f".spot[data-code='{patrol.HOT}']")


def note_check(page: Page) -> None:
    card(page).locator("summary").click()
    card(page).locator("input[value=follow_up]").check()
    card(page).locator("input[value=place_empty]").check()
    card(page).locator("form[data-check] button").click()


def kept(engine, name: str) -> list[str]:
    found = checks.for_areas(engine)
    return found.loc[found["actor"] == name, "outcome"].tolist()


def test_the_list_and_the_map_open_without_a_network_and_a_check_is_sent_once(
    signed_in_as: Patrol, phone: BrowserContext, crowded, engine
) -> None:
    page = list_of(signed_in_as("luring"), crowded)
    slow = phone.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    phone.set_offline(True)
    page.reload()
    expect(page.locator("#line")).to_be_visible()
    expect(page.locator("path.leaflet-interactive")).to_have_count(52)
    expect(card(page)).to_contain_text("60 kasus")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    note_check(page)
    expect(card(page).locator("[data-waiting]")).to_contain_text("perlu tindak lanjut")
    page.reload()  # it survives that too
    expect(card(page).locator("[data-waiting]")).to_contain_text("perlu tindak lanjut")
    assert kept(engine, "luring") == []
    phone.set_offline(False)
    # A page that was loaded without a network is not told of it: it tries again by itself.
    expect(card(page).locator("[data-last]")).to_contain_text("terkirim", timeout=60_000)
    expect(card(page).locator("[data-waiting] li")).to_have_count(0)
    expect(page.locator("#line")).to_be_hidden()
    assert kept(engine, "luring") == ["follow_up"]


def test_a_check_whose_answer_was_lost_is_still_one_check(
    signed_in_as: Patrol, crowded, engine
) -> None:
    page = list_of(signed_in_as("terputus"), crowded)
    lost = []

    def arrives_but_is_not_answered(route: Route) -> None:
        if not lost:
            lost.append(0)
            lost[0] = route.fetch().status
            route.abort()
        else:
            route.continue_()

    page.context.route(re.compile("/hotspots/checks$"), arrives_but_is_not_answered)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/checks")):
        note_check(page)
    expect(card(page).locator("[data-waiting]")).to_contain_text("perlu tindak lanjut")
    assert lost == [200]
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(card(page).locator("[data-waiting] li")).to_have_count(0)
    assert kept(engine, "terputus") == ["follow_up"]


def test_what_somebody_else_found_meanwhile_is_shown(
    signed_in_as: Patrol, phone: BrowserContext, crowded, engine
) -> None:
    page = list_of(signed_in_as("bersamaan"), crowded)
    phone.set_offline(True)
    note_check(page)
    expect(card(page).locator("[data-waiting] li")).to_have_count(1)
    checks.record(
        engine,
        idempotency_key="another-patrol",
        area_code=patrol.HOT,
        period=patrol.PERIOD,
        hot_spot_key="k",
        outcome="handed_over",
        actor="regu-lain",
    )
    phone.set_offline(False)
    expect(card(page).locator(".notice")).to_contain_text("diserahkan ke instansi berwenang")
    assert kept(engine, "bersamaan") == ["follow_up"]


def test_a_refused_check_says_why_and_can_be_discarded(
    signed_in_as: Patrol, crowded, engine
) -> None:
    page = list_of(signed_in_as("keliru"), crowded)
    page.evaluate(
        f"document.querySelector(\"[data-code='{patrol.HOT}'] [name=outcome]\").value = 'x'"
    )
    card(page).locator("summary").click()
    card(page).locator("input[value=x]").check()
    card(page).locator("form[data-check] button").click()
    waiting = card(page).locator("[data-waiting]")
    expect(waiting).to_contain_text("Tidak diterima")
    waiting.locator("button").click()
    expect(waiting.locator("li")).to_have_count(0)
    assert kept(engine, "keliru") == []


def test_signing_out_leaves_nothing_on_the_phone(
    signed_in_as: Patrol, phone: BrowserContext, crowded
) -> None:
    page = list_of(signed_in_as("pulang"), crowded)
    # Before anything is asked: what waits for the service worker goes its way unseen.
    page.context.route(re.compile("/hotspots/(session|checks)"), lambda route: route.abort())
    phone.set_offline(True)
    note_check(page)
    expect(card(page).locator("[data-waiting] li")).to_have_count(1)
    phone.set_offline(False)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Keluar").click()
    page.wait_for_url(re.compile("/login"))
    assert "1 pengecekan belum terkirim" in asked[0]
    left = page.evaluate(
        "async () => [await caches.keys(), (await indexedDB.databases()).length,"
        " (await navigator.serviceWorker.getRegistrations()).length, localStorage.length]"
    )
    assert left[0] == []
    assert left[2:] == [0, 0]
    phone.set_offline(True)
    with pytest.raises(Exception, match="INTERNET_DISCONNECTED"):
        page.goto(f"{crowded.address}/hotspots/")


def test_what_is_too_old_is_not_shown(signed_in_as: Patrol, phone: BrowserContext, crowded) -> None:
    page = list_of(signed_in_as("lama"), crowded)
    page.evaluate(AGED)
    phone.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("Tanpa jaringan")
    assert page.evaluate("async () => await caches.has('patrol-pages')") is False


def test_another_account_sends_none_of_what_waits(
    signed_in_as: Patrol, phone: BrowserContext, crowded, engine
) -> None:
    page = list_of(signed_in_as("pertama"), crowded)
    phone.set_offline(True)
    note_check(page)
    expect(card(page).locator("[data-waiting] li")).to_have_count(1)
    phone.clear_cookies()  # the session is over, but nobody signed out
    phone.set_offline(False)
    expect(page.locator("#queue")).to_contain_text("Masuk lagi untuk mengirim 1")
    other = list_of(signed_in_as("kedua"), crowded)
    expect(card(other).locator("[data-waiting] li")).to_have_count(0)
    assert kept(engine, "pertama") == kept(engine, "kedua") == []
    phone.clear_cookies()
    # Left open, the first page would send it as soon as its account is there again.
    page.close()
    other.close()
    again = list_of(signed_in_as("pertama"), crowded)
    expect(card(again).locator("[data-last]")).to_contain_text("terkirim")
    assert kept(engine, "pertama") == ["follow_up"]
    assert kept(engine, "kedua") == []


def test_a_session_that_ends_while_sending_refuses_no_check(
    signed_in_as: Patrol, crowded, engine
) -> None:
    page = list_of(signed_in_as("habis-waktu"), crowded)
    refusal = [503]

    def refused(route: Route) -> None:
        if refusal:
            route.fulfill(status=refusal[0], json={"title": "Silakan masuk"})
        else:
            route.continue_()

    page.context.route(re.compile("/hotspots/checks$"), refused)
    note_check(page)
    waiting = card(page).locator("[data-waiting] li")
    for status in (503, 403, 401):
        refusal[0] = status
        with page.expect_response(lambda answer, status=status: answer.status == status):
            page.evaluate("dispatchEvent(new Event('online'))")
        expect(waiting).to_contain_text("Menunggu dikirim")
        expect(waiting).not_to_contain_text("Tidak diterima")
    refusal.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(card(page).locator("[data-last]")).to_contain_text("terkirim")
    assert kept(engine, "habis-waktu") == ["follow_up"]


def test_a_check_tapped_twice_is_one_and_the_kept_list_knows_of_it(
    signed_in_as: Patrol, phone: BrowserContext, crowded, engine
) -> None:
    page = list_of(signed_in_as("ketuk-dua"), crowded)
    card(page).locator("summary").click()
    card(page).locator("input[value=follow_up]").check()
    page.evaluate("delete document.documentElement.dataset.ready")
    card(page).locator("form[data-check] button").evaluate("(b) => { b.click(); b.click(); }")
    expect(card(page).locator("[data-last]")).to_contain_text("terkirim")
    page.wait_for_selector("html[data-ready=offline]", state="attached")
    assert kept(engine, "ketuk-dua") == ["follow_up"]
    phone.set_offline(True)
    page.reload()
    expect(card(page).locator("[data-last]")).to_contain_text("perlu tindak lanjut")


def test_two_open_tabs_send_a_check_once(
    signed_in_as: Patrol, phone: BrowserContext, crowded, engine
) -> None:
    one = list_of(signed_in_as("dua-tab"), crowded)
    other = list_of(phone.new_page(), crowded)
    phone.set_offline(True)
    note_check(one)
    expect(card(one).locator("[data-waiting] li")).to_have_count(1)
    phone.set_offline(False)
    for page in (one, other):
        page.evaluate("dispatchEvent(new Event('online'))")
    for page in (one, other):
        expect(card(page).locator("[data-waiting] li")).to_have_count(0)
    assert kept(engine, "dua-tab") == ["follow_up"]


AGED = """async () => {
  const cache = await caches.open("patrol-pages");
  for (const key of await cache.keys()) {
    const answer = await cache.match(key, {ignoreVary: true});
    const headers = new Headers(answer.headers);
    headers.set("X-Keep-Until", String(Date.now() - 1));
    await cache.put(key, new Response(await answer.blob(), {headers}));
  }
}"""


def test_a_page_that_stays_open_goes_in_time_too(
    signed_in_as: Patrol, phone: BrowserContext, crowded
) -> None:
    page = list_of(signed_in_as("terbuka"), crowded)
    page.evaluate(AGED)
    phone.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("h1")).to_have_text("Tanpa jaringan")


def test_another_account_forgets_the_list_on_whatever_page_it_comes_in(
    signed_in_as: Patrol, phone: BrowserContext, crowded
) -> None:
    list_of(signed_in_as("dahulu"), crowded)
    phone.clear_cookies()
    page = signed_in_as("kemudian")
    page.wait_for_function("async () => !(await caches.has('patrol-pages'))")
    phone.set_offline(True)
    page.goto(f"{crowded.address}/hotspots/")
    expect(page.locator("h1")).to_have_text("Tanpa jaringan")


def test_a_page_made_of_files_that_are_gone_is_not_kept(
    signed_in_as: Patrol, phone: BrowserContext, crowded
) -> None:
    page = list_of(signed_in_as("versi-baru"), crowded)
    page.goto(f"{crowded.address}/hotspots/")
    page.wait_for_selector("html[data-ready=offline]", state="attached")
    addresses = "async () => (await (await caches.open('patrol-pages')).keys()).length"
    assert page.evaluate(addresses) == 2
    # A file of an edition before this one, as the phone has it after an update of the app.
    page.evaluate(
        "async () => (await caches.open('patrol-files')).put('/assets/old/js/patrol.js',"
        " new Response(''))"
    )
    page.reload()
    page.wait_for_selector("html[data-ready=offline]", state="attached")
    assert page.evaluate(addresses) == 1


def test_a_phone_may_install_it(signed_in_as: Patrol, phone: BrowserContext, crowded) -> None:
    page = list_of(signed_in_as("pasang"), crowded)
    session = phone.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/hotspots/app.webmanifest")
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # An incognito window, as a test has it, cannot install anything.
    assert [one["errorId"] for one in found if one["errorId"] != "in-incognito"] == []
    assert page.evaluate("navigator.serviceWorker.ready.then((one) => one.scope)").endswith(
        "/hotspots/"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_and_the_keyboard(signed_in_as: Patrol, crowded, axe: str, scheme: str, engine) -> None:
    page = list_of(signed_in_as(f"papan-ketik-{scheme}"), crowded)
    page.emulate_media(color_scheme=scheme)
    card(page).locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    expect(card(page).locator("input[value=follow_up]")).to_be_checked()
    page.keyboard.press("Enter")
    expect(card(page).locator("[data-last]")).to_contain_text("terkirim")
    assert kept(engine, f"papan-ketik-{scheme}") == ["follow_up"]
    small = page.evaluate(
        "[...document.querySelectorAll('main button, main a.button, main summary, .check')]"
        ".filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).length"
    )
    assert small == 0


def test_the_map_leads_to_the_card(signed_in_as: Patrol, crowded) -> None:
    page = list_of(signed_in_as("peta"), crowded)
    page.locator(f"path[data-code='{patrol.HOT}']").focus()
    page.keyboard.press("Enter")
    expect(card(page)).to_be_focused()
    expect(card(page)).to_have_class(re.compile("is-selected"))


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1440, 600), (1100, 800)])
def test_map_and_list_fill_the_window_and_the_list_scrolls_by_itself(
    page: Page, crowded, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    list_of(page, crowded)
    page.evaluate("document.querySelectorAll('.spot-check').forEach((one) => one.open = true)")
    below = page.evaluate(
        """() => {
          const [map, list, note] = [".map-frame", ".patrol-list", ".patrol .map-note"]
            .map((one) => document.querySelector(one).getBoundingClientRect());
          return [note.top - map.bottom, note.top - list.bottom];
        }"""
    )
    assert all(0 <= gap <= 24 for gap in below)
    assert page.locator(".patrol-list").evaluate("one => one.scrollHeight > one.clientHeight")
    assert page.locator(".map-frame").evaluate("one => one.clientHeight") >= 400
    taller = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    assert taller <= (0 if height == 900 else 500)
    page.locator(".spot-check summary").last.focus()
    expect(page.locator(".spot-check summary").last).to_be_in_viewport()


def test_without_hot_spots_the_map_has_the_whole_width(page: Page, crowded) -> None:
    page.goto(f"{crowded.address}/hotspots/?period=2024-01")
    main, frame = (page.locator(one).bounding_box() for one in (".patrol", ".map-frame"))
    assert frame["width"] == main["width"]


def test_without_scripts_a_check_is_recorded_too(chromium: Browser, crowded, engine) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    token = people.add(crowded.app, "tanpa-skrip", ["patrol"], actor="test")
    page = context.new_page()
    page.goto(f"{crowded.address}/sign-in/{token}")
    page.locator("main button").click()
    page.goto(f"{crowded.address}/hotspots/?period={patrol.PERIOD}")
    note_check(page)
    expect(page.locator(".notice.good")).to_contain_text("Pengecekan dicatat")
    context.close()
    assert kept(engine, "tanpa-skrip") == ["follow_up"]
