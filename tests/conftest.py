"""What every test may use: the shared material, and a loud word where it is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile("geo_pora", deadline=None)
hypothesis.settings.load_profile("geo_pora")

SHARED = Path(__file__).resolve().parents[2] / "shared"
CHROMIUM_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real boundary files, addresses, statistics and hostile inputs."""
    if not SHARED.is_dir():
        pytest.skip("the shared folder is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser: one a process, since Playwright runs only one of its loops in each."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that tests on shared material did not run: never silently in CI."""
    if not SHARED.is_dir():
        where = "CI" if os.environ.get("CI") else "this machine"
        terminalreporter.section("SHARED MATERIAL MISSING")
        terminalreporter.write_line(
            f"{where} has no shared folder beside the checkout: every test on real boundary "
            "files, addresses, statistics and hostile inputs was SKIPPED."
        )
