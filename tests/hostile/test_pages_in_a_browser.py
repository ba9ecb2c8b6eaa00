"""A real Chromium on pages full of hostile texts: nothing runs, whatever got into the store."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import web_fixtures as web
from flask import Flask
from playwright.sync_api import Browser, Page
from strings import hostile
from werkzeug.serving import make_server

from geo_pora import codes, pipeline
from geo_pora.periods import month
from geo_pora.store import agencies, audit, named_periods, review, tables
from webmap import people
from webmap.permissions import ROLES

pytestmark = [pytest.mark.hostile, pytest.mark.browser]
PAGES = [
    *("/", "/map/", "/imports/", "/imports/1", "/review/", "/review/FIRST", "/coverage/"),
    *("/exports/", "/admin/", "/admin/agencies", "/admin/periods", "/admin/audit"),
    *("/map/?level=village&area=16.01.14", "/admin/layers"),
]


def spoil(app: Flask, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the texts into every place of the store, and into the names of the areas."""
    engine = app.extensions["geo_pora"].engine
    clean = [text.replace("\0", "").encode("utf-8", "replace").decode() for text in texts]
    clean = [text for text in clean if text.strip()]
    for code, text in zip(sorted(codes.load("agencies").codes), clean, strict=False):
        agencies.put(engine, code, text, "test")
    for text in clean[:60]:
        named_periods.put(engine, text[:100], month(2026, 2), "test")
        audit.record(engine, text, text, text, {text: text})
    with engine.begin() as connection:
        connection.execute(sa.update(tables.batches).values(file_name=clean[0]))
        waiting = tables.reports.c.review_reason.is_not(None)
        connection.execute(
            sa.update(tables.reports).where(waiting).values(location_text=" ".join(clean[:40]))
        )
    layer = pipeline.open_layer(app.extensions["geo_pora"].settings)
    count = len(layer.finest)
    finest = layer.finest.assign(name=(clean * (count // len(clean) + 1))[:count])
    names = dict(zip(layer.names, clean, strict=False))
    named = dataclasses.replace(layer, finest=finest, names=names, source=clean[0])
    monkeypatch.setattr(pipeline, "open_layer", lambda *_: named)


@pytest.fixture
def site(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Flask, str]]:
    app = web.make_app(tmp_path, WTF_CSRF_ENABLED=True)
    spoil(app, hostile(shared), monkeypatch)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Browser, site: tuple[Flask, str]) -> Iterator[Page]:
    app, address = site
    context = chromium.new_context()
    tab = context.new_page()
    token = people.add(app, "all", tuple(ROLES), agency=web.AGENCY, actor="test")
    tab.goto(f"{address}/sign-in/{token}")
    tab.locator("main button").click()
    tab.wait_for_url(f"{address}/")
    web.give_second_factor(app, "all")
    yield tab
    context.close()


def test_nothing_runs(page: Page, site: tuple[Flask, str]) -> None:
    app, address = site
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: line.type == "error" and wrong.append(line.text))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:", "blob:"))
            else wrong.append(request.url)
        ),
    )
    first = int(review.queue(app.extensions["geo_pora"].engine)["key"].iloc[0])
    for path in PAGES:
        page.goto(address + path.replace("FIRST", str(first)))
        page.wait_for_load_state("networkidle")
        if "/map" in path:
            page.wait_for_selector("path[data-code]")
            areas = page.locator("path[data-code]")
            for number in (0, 7, 20):
                areas.nth(number).dispatch_event("mouseover")
                areas.nth(number).dispatch_event("click")
        assert page.evaluate("window.__xss === undefined && ({}).polluted === undefined"), path
        assert "1787569" not in page.content(), path
    assert page.locator("iframe, object, embed, math, img[onerror], svg[onload]").count() == 0
    violations = app.extensions["geo_pora_metrics"].violations
    assert wrong == []
    assert next(iter(violations.collect())).samples[0].value == 0


def test_the_watch_sees_what_runs(page: Page, site: tuple[Flask, str]) -> None:
    """Without this, a test that finds nothing could be one that looks at nothing."""
    app, address = site
    lines: list[str] = []
    page.on("console", lambda line: lines.append(line.text))
    page.goto(f"{address}/coverage/")
    with page.expect_response("**/csp-reports") as reported:
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=a()>')")
    assert reported.value.status == 204
    violations = app.extensions["geo_pora_metrics"].violations
    assert next(iter(violations.collect())).samples[0].value >= 1
    assert any("Content Security Policy" in line for line in lines)
