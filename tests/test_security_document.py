"""docs/security.md and docs/privacy.md name tests and settings that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from geo_pora.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["security.md", "privacy.md"]


@cache
def defined_in(file: Path) -> set[str]:
    """Return the ids of the tests in a file, as pytest writes them."""
    tree = ast.parse(file.read_text("utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names = (part.name for part in node.body if isinstance(part, ast.FunctionDef))
            found |= {f"{node.name}::{name}" for name in names}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", (ROOT / "docs" / page).read_text("utf-8"))
    assert len(named) > 5
    assert [f"{file}::{name}" for file, name in named if name not in defined_in(ROOT / file)] == []


def test_every_requirement_names_a_test() -> None:
    text = (ROOT / "docs/security.md").read_text("utf-8")
    rows = re.findall(r"^\| \d+\.\d+\.\d+.*$", text, re.M)
    assert len(rows) > 25
    assert [row for row in rows if "`tests/" not in row] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_named_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text))
    assert named
    assert named <= {*Settings.model_fields, "geo_pora", "location_text", "coordinates_text"}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_that_is_linked_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
