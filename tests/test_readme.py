"""The README tells the truth: commands exist, options exist, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from geo_pora.cli import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_begins_with_the_two_commands():
    text = (ROOT / "README.md").read_text()
    assert text.index("make serve") < text.index("make test") < text.index("## ")
    make = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make ([a-z-]+)", text)):
        assert re.search(rf"^{target}:", make, re.M), f"the README names make {target}"


def test_the_readme_calls_pages_as_the_app_does():
    navigation = (ROOT / "webmap" / "views" / "start.py").read_text("utf-8")
    named = re.findall(r"the page \*([^*]+)\*", (ROOT / "README.md").read_text("utf-8"))
    assert len(named) >= 3
    for name in named:
        assert f'_("{name}")' in navigation, f"the app has no page {name}"
