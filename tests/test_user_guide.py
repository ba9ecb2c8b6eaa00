"""The Indonesian guide names the pages, roles and sections as the app does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import web_fixtures as web
from flask import Flask

from webmap import words
from webmap.permissions import RIGHTS, ROLES

GUIDE = (Path(__file__).resolve().parents[1] / "docs/panduan-pengguna.md").read_text("utf-8")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return web.make_app(tmp_path_factory.mktemp("guide"), reports=False)


@pytest.mark.parametrize("role", [*ROLES, *RIGHTS])
def test_a_role_finds_the_pages_that_the_guide_lists(app: Flask, role: str) -> None:
    client = web.sign_in(app, f"only-{role}", [role], web.AGENCY)
    page = client.get("/", headers={"Accept-Language": "id"}).text
    menu = re.search(r'<nav class="nav".*?</nav>', page, re.DOTALL)
    assert menu
    pages = re.findall(r"<a [^>]*>([^<]+)</a>", menu[0])
    with app.test_request_context():
        name = words.role(role)
    row = re.search(rf"^\| {re.escape(name)} \| (.+) \|$", GUIDE, re.MULTILINE)
    assert row
    assert [one.partition(" (")[0] for one in row[1].split(", ")] == pages
    for title in pages:
        assert f"\n## {title}\n" in GUIDE


def test_every_section_of_the_administration_is_explained(app: Flask) -> None:
    client = web.sign_in(app, "chief", ["administrator"])
    page = client.get("/admin/", headers={"Accept-Language": "id"}).text
    menu = re.search(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
    assert menu
    sections = re.findall(r"<a [^>]*>([^<]+)</a>", menu[0])
    assert sections
    assert [name for name in sections if f"\n| {name} |" not in GUIDE] == []
