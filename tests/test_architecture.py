"""The walls between rooms: who may import whom, and what may not be done at import."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Top to bottom, as in docs/architecture.md; rooms on one line do not import each other.
ROOMS = [
    ["webmap"],
    ["cli"],
    ["pipeline"],
    ["demo", "partitions", "briefing", "located_files"],
    ["exports", "maps"],
    ["releases"],
    ["disclosure"],
    ["hotspots"],
    ["aggregate"],
    ["store"],
    ["geocode"],
    ["locator", "address"],
    ["coordinates"],
    ["boundaries"],
    ["gazetteer", "reports", "population"],
    ["guard", "codes"],
    ["periods", "settings"],
    ["errors"],
]
RANK = {room: depth for depth, rooms in enumerate(ROOMS) for room in rooms}


def room_of(file: Path) -> str:
    parts = file.relative_to(ROOT).parts
    if parts[0] == "webmap":
        return "webmap"
    return parts[1].removesuffix(".py")


def imports(file: Path) -> set[str]:
    """Rooms that a file imports, wherever in the file it does so."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide which room is meant"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "webmap":
                found.add("webmap")
            elif parts[0] == "geo_pora" and len(parts) > 1:
                found.add(parts[1])
    return {name for name in found if not name.startswith("_")}


FILES = [
    file
    for folder in ("geo_pora", "webmap")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if file.name not in {"__main__.py"} and "node_modules" not in file.parts
    if file != ROOT / "geo_pora" / "__init__.py"
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_only_rooms_below_it(file):
    here = room_of(file)
    assert here in RANK, f"{here}: give the new room its place in docs/architecture.md and here"
    for other in imports(file) - {here}:
        assert other in RANK, f"{file}: {other} is no known room"
        # The command line starts the app; the app imports no command.
        if (here, other) == ("cli", "webmap"):
            continue
        assert RANK[here] < RANK[other], f"{here} imports {other}, which is not below it"


def test_only_the_map_room_knows_folium():
    for file in FILES:
        if room_of(file) != "maps":
            assert not re.search(r"^\s*(import|from) (folium|branca)", file.read_text(), re.M), file


def test_only_the_store_knows_the_orm():
    for file in FILES:
        if room_of(file) not in {"store"}:
            assert "sqlalchemy.orm" not in file.read_text(), file


def test_only_settings_reads_the_environment():
    allowed = {"settings", "cli", "guard", "assets"}
    for file in FILES:
        if room_of(file) not in allowed and file.name != "assets.py":
            assert "os.environ" not in file.read_text(), f"{file} reads the environment itself"


def test_every_room_is_described():
    described = (ROOT / "docs" / "architecture.md").read_text()
    for room in {room_of(file) for file in FILES}:
        assert f"`{room}" in described, f"docs/architecture.md does not name {room}"
