"""A real Chromium against a running app; every test fails on a console error or a stray request."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import web_fixtures as web
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from webmap import assets, people
from webmap.permissions import RIGHTS, ROLES


@dataclass
class Site:
    """The running app, and what went wrong in the browser."""

    app: Flask
    address: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        """Note console errors, uncaught exceptions, dialogs and requests to other hosts."""
        page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda d: (self.errors.append(f"dialog {d.message}"), d.dismiss()))
        page.on("request", lambda request: self._note(request.url))
        return page

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if (
            parts.scheme in {"http", "https", "ws"}
            and parts.netloc != urlsplit(self.address).netloc
        ):
            self.outside.append(url)

    @property
    def violations(self) -> float:
        """How many violations of the content security policy the browser reported."""
        counter = self.app.extensions["geo_pora_metrics"].violations
        return next(iter(counter.collect())).samples[0].value


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of axe-core, installed from the locked npm packages where it is missing."""
    file = Path(assets.HERE, "node_modules", "axe-core", "axe.min.js")
    if not file.is_file():
        subprocess.run([sys.executable, "-m", "webmap.assets", "--tests"], check=False)
    if not file.is_file():
        pytest.skip("axe-core could not be installed")
    return file.read_text("utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app = web.make_app(tmp_path_factory.mktemp("site"), WTF_CSRF_ENABLED=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.port}")
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A context in which an account with every role and right is signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    everything = (*ROLES, *RIGHTS)
    token = people.add(site.app, "everything", everything, agency=web.AGENCY, actor="test")
    page = context.new_page()
    page.goto(f"{site.address}/sign-in/{token}")
    page.locator("main button").click()
    page.wait_for_url(f"{site.address}/")
    web.give_second_factor(site.app, "everything")
    yield context
    context.close()


@pytest.fixture
def page(site: Site, signed_in: BrowserContext) -> Iterator[Page]:
    """A page; afterwards nothing may have gone wrong in it."""
    site.errors.clear()
    site.outside.clear()
    before = site.violations
    tab = site.watch(signed_in.new_page())
    yield tab
    tab.close()
    assert site.errors == []
    assert site.outside == []
    assert site.violations == before
