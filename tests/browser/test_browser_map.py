"""The map as a planner uses it: painted, in step with its table, by mouse and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pypdf
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Page, expect

from geo_pora.periods import parse
from geo_pora.store import named_periods, population

pytestmark = pytest.mark.browser
AREAS = "path[data-code]"


def open_map(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}/map/{query}")
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")


def table(page: Page) -> dict[str, str]:
    """Return what the table shows, by code."""
    rows = page.locator("#table tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.code, row.cells[1].textContent])"
    )
    return dict(rows)


def painted(page: Page) -> dict[str, tuple[str, str]]:
    """Return fill and spoken name of every area, by code."""
    areas = page.locator(AREAS).evaluate_all(
        "all => all.map(a => ["
        "a.dataset.code, a.getAttribute('fill'), a.getAttribute('aria-label')])"
    )
    return {code: (fill, label) for code, fill, label in areas}


def choose(page: Page, name: str, value: str) -> None:
    with page.expect_response(re.compile(r"/map/figures\.json")):
        if name == "level":
            page.locator(f'input[name="level"][value="{value}"] + span').click()
        else:
            page.select_option(f'select[name="{name}"]', value)
    expect(page.locator(".map-frame")).not_to_have_class(re.compile("is-loading"))


def test_map_and_table_show_the_same_figures(page: Page, site) -> None:
    open_map(page, site.address)
    for level, count in (("district", 52), ("regency", 3), ("village", 728), ("district", 52)):
        if level != "district" or count != len(painted(page)):
            choose(page, "level", level)
        expect(page.locator("#table tbody tr")).to_have_count(count)
        areas, rows = painted(page), table(page)
        assert len(areas) == len(rows) == count
        assert all(fill for fill, _label in areas.values())
        for code, (_fill, label) in areas.items():
            said = label.rpartition(": ")[2]
            shown = rows[code]
            assert said.startswith(shown) or (shown.startswith("<") and shown in said), (
                code,
                label,
            )


def test_villages_lie_within_the_borders_and_names_of_their_districts(page: Page, site) -> None:
    open_map(page, site.address, "?level=village")
    borders = page.locator(f".leaflet-overlay-pane path:not({AREAS.removeprefix('path')})")
    expect(borders).to_have_count(52)
    expect(page.locator(".gp-label.is-above span:not([hidden])").first).to_be_attached()
    assert len(painted(page)) == 728
    choose(page, "level", "regency")
    expect(borders).to_have_count(0)
    expect(page.locator(".gp-label.is-above")).to_have_count(0)


def test_another_period_changes_map_table_and_address(page: Page, site) -> None:
    open_map(page, site.address)
    before = table(page)
    choose(page, "period", "2026-02")
    assert table(page) != before
    assert "period=2026-02" in page.url
    expect(page.locator("#subtitle")).to_contain_text("Februari 2026")
    choose(page, "measure", "arrivals")
    assert "measure=arrivals" in page.url
    page.reload()
    page.wait_for_selector(AREAS)
    expect(page.locator('select[name="period"]')).to_have_value("2026-02")
    expect(page.locator('select[name="measure"]')).to_have_value("arrivals")


def test_the_address_holds_no_coordinates(page: Page, site) -> None:
    open_map(page, site.address)
    page.locator(AREAS).first.click(force=True)
    assert not re.search(r"-?\d{1,3}\.\d{3,}", page.url)


def test_an_area_opens_by_keyboard(page: Page, site) -> None:
    open_map(page, site.address)
    page.locator(f"{AREAS}[tabindex='0']").focus()
    assert page.locator(f"{AREAS}[tabindex='0']").count() == 1
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    code = page.evaluate("document.activeElement.dataset.code")
    assert code
    page.keyboard.press("Enter")
    card = page.locator("#area-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text(code)
    expect(card.locator("svg.chart")).to_be_visible()
    assert f"area={code}" in page.url
    expect(page.locator("#table tr.is-selected")).to_have_attribute("data-code", code)
    card.get_by_role("button").click()
    expect(card).to_be_hidden()


def test_the_table_sorts_and_searches(page: Page, site) -> None:
    open_map(page, site.address)
    page.locator("button[data-sort=name]").click()
    names = page.locator("#table tbody th button").evaluate_all(
        "all => all.map(b => b.firstChild.data)"
    )
    assert names == sorted(names, key=str.casefold)
    page.fill("#search", "baturaja")
    shown = page.locator("#table tbody tr:visible")
    assert shown.count() == 2


def test_change_classes_and_filters(page: Page, site) -> None:
    open_map(page, site.address, "?period=2026-03")
    choose(page, "show", "change")
    expect(page.locator("#legend-unit")).to_contain_text("Februari 2026")
    choose(page, "show", "density")
    page.locator("details.more summary").click()
    choose(page, "scheme", "natural")
    choose(page, "permit", "ITK")
    expect(page.locator("#subtitle")).to_contain_text("Izin Tinggal Kunjungan")
    expect(page.locator("#filter-count")).to_have_text("1")


def test_a_free_range(page: Page, site) -> None:
    open_map(page, site.address)
    page.select_option('select[name="period"]', "free")
    page.fill('input[name="from"]', "2026-01-05")
    with page.expect_response(re.compile("2026-01-05_2026-02-10")):
        page.fill('input[name="to"]', "2026-02-10")
        page.locator('input[name="to"]').blur()
    expect(page.locator("#subtitle")).to_contain_text("10 Feb 2026")


def test_the_timeline_plays_and_stops(page: Page, site) -> None:
    open_map(page, site.address)
    page.locator("#play").click()
    expect(page.locator("#month-name")).to_contain_text("2026")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")


def test_a_picture_is_saved(page: Page, site, tmp_path: Path) -> None:
    open_map(page, site.address)
    with page.expect_download() as saved:
        page.locator("#save-picture").click()
    assert saved.value.suggested_filename.startswith("peta-district-2026")
    target = tmp_path / "map.png"
    saved.value.save_as(target)
    with Image.open(target) as picture:
        assert picture.format == "PNG"
        assert picture.width > 2000
        seen = {colour for _count, colour in picture.convert("RGB").getcolors(1 << 24)}
    for swatch in page.locator("#legend rect").evaluate_all(
        "all => all.map(r => r.attributes.fill.value)"
    ):
        if swatch.startswith("#"):
            assert ImageColor.getrgb(swatch) in seen, "a class of the legend is not in the picture"


def test_the_print_is_a_sheet_with_all_that_a_map_needs(page: Page, site, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark")
    open_map(page, site.address, "?level=village&period=2026-03")
    page.wait_for_function(
        "() => performance.getEntries().some(entry => entry.name.endsWith('picture.js'))"
    )
    page.pdf(path=tmp_path / "map.pdf", format="A4", landscape=True, print_background=True)
    pdf = pypdf.PdfReader(tmp_path / "map.pdf")
    sheet = pdf.pages[0].extract_text()
    for part in (
        *("Peta sebaran", "per desa, Maret 2026", "Legenda", "disembunyikan (<3)", "nol"),
        *("tidak ada data", " km", "U", "Sumber:", "Dibuat", "Batas indikatif"),
        "jangan disebarluaskan",
    ):
        assert part in sheet, part
    assert not pdf.pages[0].images, "the map is vectors"
    table = "".join(page.extract_text() for page in pdf.pages[1:])
    assert "Baturaja Lama" in table
    assert len(pdf.pages) < 15
    expect(page.locator("#print-sheet svg")).to_have_count(0)


def test_a_period_without_reports_says_what_to_do(page: Page, site) -> None:
    open_map(page, site.address, "?period=2010-01")
    expect(page.locator("#empty")).to_be_visible()


def test_a_named_period_and_another_to_compare_with(page: Page, site) -> None:
    engine = site.app.extensions["geo_pora"].engine
    named_periods.put(engine, "Masa kampanye", parse("2026-02-10_2026-03-20"), "test")
    open_map(page, site.address)
    choose(page, "period", "2026-02-10_2026-03-20")
    expect(page.locator('select[name="period"] option:checked')).to_have_text("Masa kampanye")
    expect(page.locator("#free-range")).to_be_hidden()
    choose(page, "show", "change")
    page.locator("details.more summary").click()
    choose(page, "compare", "2026-01")
    expect(page.locator("#subtitle")).to_contain_text("sejak Januari 2026")
    expect(page.locator("#legend-unit")).to_contain_text("sejak Januari 2026")
    assert "compare=2026-01" in page.url
    signs = [text for text in table(page).values() if text[0] in "+-"]
    assert signs, "a change has a sign"


def test_a_rate_is_offered_where_inhabitants_are_known(page: Page, site) -> None:
    engine = site.app.extensions["geo_pora"].engine
    open_map(page, site.address)
    assert page.locator('select[name="show"] option[value="rate"]').count() == 0
    areas = site.app.extensions["geo_pora"].atlas().areas("district")
    known = pd.DataFrame({"area_code": areas["code"], "inhabitants": 20_000})
    population.install(engine, known, 2025, "test")
    open_map(page, site.address, "?period=2026-02")
    counts = table(page)
    choose(page, "show", "rate")
    rates = table(page)
    for code, count in counts.items():
        if count.isdigit():
            assert float(rates[code].replace(",", ".")) == int(count) / 2
    expect(page.locator("#legend-unit")).to_contain_text("per 10.000 penduduk")
    expect(page.locator("#sum")).to_have_text("–")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("permit", "ITK", "Izin tinggal: Izin Tinggal Kunjungan"),
        ("activity", "unknown", "Kegiatan: Tidak diketahui"),
        ("status", "presence", "Status: Keberadaan"),
        ("agency", "POLRES-OKU", "Instansi: "),
    ],
)
def test_every_filter_is_said_and_kept_in_the_address(
    page: Page, site, name: str, value: str, said: str
) -> None:
    open_map(page, site.address, "?period=2026-02")
    page.locator("details.more summary").click()
    choose(page, name, value)
    expect(page.locator("#subtitle")).to_contain_text(said)
    assert f"{name}={value}" in page.url
    expect(page.locator("#filter-count")).to_have_text("1")
    page.locator('button[type="reset"]').click()
    expect(page.locator("#filter-count")).to_be_hidden()
    assert f"{name}=" not in page.url


def test_own_limits_of_classes_good_and_bad(page: Page, site) -> None:
    open_map(page, site.address, "?period=2026-02")
    page.locator("details.more summary").click()
    page.select_option('select[name="scheme"]', "own")
    limits = page.locator('input[name="breaks"]')
    expect(limits).to_be_focused()
    with page.expect_response(re.compile("figures.*scheme=own")):
        limits.fill("2; 4")
        limits.press("Enter")
    expect(page.locator("#legend li")).to_have_count(5)
    classes = page.locator("#legend li").all_inner_texts()[:-2]
    values = [[float(number) for number in text.split(" – ")] for text in reversed(classes)]
    edges = [0, 2, 4, float("inf")]
    assert len(values) == 3
    for place, found in enumerate(values):
        assert edges[place] < min(found) <= max(found) <= edges[place + 1]
    before = page.locator("#legend").inner_text()
    for wrong, said in (("banyak", "sebagai angka"), ("-3", "di atas 0"), ("1,2,3,4,5,6,7", "6")):
        limits.fill(wrong)
        limits.blur()
        expect(page.locator("#problem")).to_contain_text(said)
        expect(page.locator("#retry")).to_be_hidden()
        assert page.locator("#legend").inner_text() == before
        limits.fill("2; 4")
        limits.blur()
        expect(page.locator("#problem")).to_be_hidden()
    site.errors.clear()  # the browser notes each answer of 400


def test_a_range_that_ends_before_it_begins(page: Page, site) -> None:
    open_map(page, site.address)
    page.select_option('select[name="period"]', "free")
    page.fill('input[name="to"]', "2026-01-05")
    page.fill('input[name="from"]', "2026-02-10")
    page.locator('input[name="from"]').blur()
    expect(page.locator("#problem")).to_contain_text("sebelum")
    with page.expect_response(re.compile("2026-02-10_2026-02-20")):
        page.fill('input[name="to"]', "2026-02-20")
        page.locator('input[name="to"]').blur()
    expect(page.locator("#problem")).to_be_hidden()


@pytest.mark.parametrize(
    "query", ["?level=country", "?period=2026-13", "?scheme=own&breaks=x", "?classes=many"]
)
def test_an_address_that_cannot_be_read_shows_a_map_and_says_why(
    page: Page, site, query: str
) -> None:
    open_map(page, site.address, query + "&measure=arrivals")
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#table tbody tr")).to_have_count(52)
    # What could be read is kept.
    expect(page.locator('select[name="measure"]')).to_have_value("arrivals")
    choose(page, "period", "2026-02")
    expect(page.locator("#problem")).to_be_hidden()


def test_the_whole_choice_comes_back_from_the_address(page: Page, site) -> None:
    query = (
        "?level=village&period=2026-01-05_2026-02-10&measure=arrivals&show=change&compare=2025-12"
        "&permit=ITK&status=presence&scheme=own&breaks=2%3B5&area=16.01.14.1001"
    )
    open_map(page, site.address, query)
    expect(page.locator("#area-card")).to_contain_text("16.01.14.1001")
    before = (page.url, page.locator("#subtitle").inner_text(), table(page))
    page.reload()
    page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    assert (page.url, page.locator("#subtitle").inner_text(), table(page)) == before
    for part in ("measure=arrivals", "show=change", "permit=ITK", "scheme=own", "level=village"):
        assert part in page.url


def test_the_slider_goes_by_keyboard_through_the_months(page: Page, site) -> None:
    open_map(page, site.address, "?period=2026-01")
    slider = page.locator("#month")
    slider.focus()
    for month in ("Februari 2026", "Maret 2026"):
        slider.press("ArrowRight")
        expect(page.locator("#subtitle")).to_contain_text(month)
        expect(slider).to_have_attribute("aria-valuetext", month)
    assert "period=2026-03" in page.url
    expect(page.locator('select[name="period"]')).to_have_value("2026-03")


def test_play_goes_on_to_the_last_month(page: Page, site) -> None:
    page.clock.install()
    open_map(page, site.address, "?period=2026-01")
    months = page.evaluate("JSON.parse(document.getElementById('page').textContent).months")
    page.locator("#play").click()
    for month in months[1:]:
        page.clock.run_for(100)
        expect(page.locator("#subtitle")).to_contain_text(month["label"])
        page.wait_for_load_state("networkidle")
        page.clock.run_for(1500)
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")


def test_the_sum_is_that_of_the_rows_shown(page: Page, site) -> None:
    open_map(page, site.address, "?period=2026-02")
    page.fill("#search", "baturaja")
    rows = page.locator("#table tbody tr:visible td").all_inner_texts()
    total = sum(int(text) for text in rows if text.isdigit())
    expect(page.locator("#sum")).to_have_text(str(total))
