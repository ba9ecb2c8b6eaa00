"""The README tells the truth: commands exist, options exist, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from geo_pora.cli import cli

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("", "docs", "boundaries", "benchmarks")
PAGES = sorted(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))


def commands(text: str) -> list[str]:
    blocks = re.findall(r"```(?:sh|console|bash)\n(.*?)```", text, re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    inline = re.findall(r"`((?:\S*bin/)?geo-pora [^`]+)`", text)
    found = [re.sub(r"^\s*[$] ", "", line).split(" #")[0].strip() for line in lines] + inline
    return [line for line in found if re.match(r"(\S*bin/)?geo-pora\s", line)]


CASES = [(page.name, line) for page in PAGES for line in commands(page.read_text())]


@pytest.mark.parametrize(("page", "line"), CASES)
def test_a_command_in_the_documents_exists_with_its_options(page, line):
    words = shlex.split(re.split(r" \| | > | && ", line)[0])[1:]
    context, command = click.Context(cli), cli
    while words and isinstance(command, click.Group):
        name = words.pop(0)
        if name.startswith("-"):
            return
        following = command.get_command(context, name)
        assert following is not None, f"{page}: there is no command {name!r} in {line!r}"
        command = following
        context = click.Context(command, parent=context)
    known = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        if word.startswith("-") and not re.match(r"-\d", word):
            option = word.split("=")[0]
            assert option in {*known, "--help"}, f"{page}: {line!r} has no option {option}"


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as they stand in addresses."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_exist(page):
    for target, heading in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            found = page.parent / target if target else page
            assert found.exists(), f"{page.name} links to {target}"
            assert not heading or heading in anchors(found), f"{page.name} links to #{heading}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_of_the_project_that_are_named_exist(page):
    """A path in a page, from the root or from the package that ships."""
    roots = "geo_pora|webmap|tests|docs|benchmarks|boundaries|\\.ci"
    for path in re.findall(rf"`((?:{roots})/[\w./-]+?\w/?)`", page.read_text()):
        made = path.startswith("benchmarks/RESULTS") or "/static/vendor" in path
        assert made or (ROOT / path).exists(), f"{page.name} names {path}"


def test_the_readme_begins_with_the_two_commands():
    text = (ROOT / "README.md").read_text()
    assert text.index("make serve") < text.index("make test") < text.index("## ")
    make = (ROOT / "Makefile").read_text()
    pages = "".join(page.read_text() for page in PAGES)
    for target in set(re.findall(r"`make ([a-z-]+)", pages + text)):
        assert re.search(rf"^{target}:", make, re.M), f"a page names make {target}"


def test_the_readme_calls_pages_as_the_app_does():
    navigation = (ROOT / "webmap" / "views" / "start.py").read_text("utf-8")
    named = re.findall(r"the page \*([^*]+)\*", (ROOT / "README.md").read_text("utf-8"))
    assert len(named) >= 3
    for name in named:
        assert f'_("{name}")' in navigation, f"the app has no page {name}"
