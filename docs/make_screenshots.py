"""Make the pictures of the documents again: `make screenshots`.

Starts the app over the synthetic demonstration reports in a folder that is
thrown away, opens its pages in Chromium and writes them to docs/screenshots/.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright
from werkzeug.serving import make_server

import webmap
from geo_pora import pipeline, settings, store
from webmap import people
from webmap.permissions import ROLES

TARGET = Path(__file__).resolve().parent / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
AREAS = "path[data-code]"
AGENCY = "POLRES-OKU"

# Name, address, width, colour scheme, and what to press before the picture is taken.
PICTURES = [
    ("peta", "/map/?area=16.01.14", 1440, "light", ""),
    ("peta-desa-gelap", "/map/?level=village&scheme=natural", 1440, "dark", ""),
    ("peta-ponsel", "/map/", 375, "light", ""),
    ("titik-rawan-ponsel", "/hotspots/", 360, "light", ""),
    ("tinjauan", "/review/", 1440, "light", "main a.button"),
    ("kelengkapan", "/coverage/?months=3", 1440, "light", ""),
    ("kirim-laporan", "/imports/", 768, "light", ""),
]


def main() -> int:
    """Make every picture; returns the exit status."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("error: there is no Chromium: install the package chromium", file=sys.stderr)
        return 1
    TARGET.mkdir(exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        found = settings.load(data_dir=Path(folder))
        engine = store.open(found.database_url)
        pipeline.import_demo(engine, found, seed=1, actor="screenshots")
        app = webmap.create_app(found)
        token = people.add(app, "siti", tuple(ROLES), agency=AGENCY, actor="screenshots")
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.port}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{address}/sign-in/{token}")
            page.locator("main button").click()
            page.wait_for_url(f"{address}/")
            for picture in PICTURES:
                take(context, address, *picture)
            browser.close()
        server.shutdown()
        store.close(engine)
    return 0


def take(
    context: BrowserContext, address: str, name: str, path: str, width: int, scheme: str, press: str
) -> None:
    """Take one picture."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 812 if width < 500 else 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address + path)
    if press:
        page.locator(press).first.click()
    if page.locator(".folium-map").count():
        page.wait_for_selector(AREAS)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    page.screenshot(path=TARGET / f"{name}.png")
    print(f"docs/screenshots/{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
