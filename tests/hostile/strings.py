"""Naughty strings, and the plainest proof that a page took one as text: it has the same tags."""

from __future__ import annotations

import json
import os
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

FULL = bool(os.environ.get("GEO_PORA_HOSTILE_FULL"))
"""Set GEO_PORA_HOSTILE_FULL=1 for every string and several thousand mutations."""

EVALUATED = "1787569"
"""What 1337 * 1337 is: on no page but one that evaluated a template."""

_OWN = [
    "{{1337*1337}}",
    "{{ 1337*1337 }}${1337*1337}#{1337*1337}<%= 1337*1337 %>",
    "{% print(1337*1337) %}",
    "{% raw %}{{1337*1337}}",
    "{{ config }}{{ self.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "%(name)s %s %d {0} {name} %n",
    "</title></textarea></script></style><script>window.__xss=1</script>",
    "--><img src=x onerror=window.__xss=1><!--",
    "' onmouseover='window.__xss=1' autofocus onfocus='window.__xss=1' x='",
    '" onmouseover="window.__xss=1" autofocus onfocus="window.__xss=1" x="',
    "` onmouseover=window.__xss=1 x=`",
    "javascript:window.__xss=1//",
    "data:text/html,<script>window.__xss=1</script>",
    "]]><script>window.__xss=1</script>",
    "\u2028window.__xss=1\u2029",
    "\u202egnp.exe",
    '{"__proto__":{"polluted":1}}',
    "9" * 96,
    '=HYPERLINK("http://example.invalid")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
]


def hostile(shared: Path) -> list[str]:
    """Return every naughty string, cross-site script and template injection."""
    folder = shared / "hostile"
    blns = json.loads((folder / "blns/blns.json").read_text())
    payloads = json.loads((folder / "generated/xss/payloads.json").read_text())
    found = list(dict.fromkeys([*_OWN, *payloads, *blns]))
    assert len(found) > 400
    return found


def some(strings: list[str], step: int) -> list[str]:
    """Return one in `step`, but all that look like code; all in the full form."""
    if FULL:
        return strings
    code = [
        one for one in strings if "1337" in one or "__xss" in one or "{{" in one or one.isdigit()
    ]
    return list(dict.fromkeys([*code, *strings[::step]]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.code: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags[tag, tuple(sorted(values))] += 1
        runs = tag in _RUN or (tag == "script" and not _is_ours(values))
        if runs or any(_is_code(name, value) for name, value in values.items()):
            self.code.append(self.get_starttag_text() or tag)


_RUN = {"iframe", "object", "embed", "math", "base", "applet", "frame", "style"}
_ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data", "poster"}


def _is_ours(values: dict[str, str]) -> bool:
    return values.get("src", "").startswith(("/assets/", "/map/layers/")) or "json" in values.get(
        "type", ""
    )


def _is_code(name: str, value: str) -> bool:
    link = "".join(value.split()).lower()
    return name.startswith("on") or (
        name in _ADDRESSES and link.startswith(("javascript:", "vbscript:", "data:text", "//"))
    )


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader


def tags(page: str) -> Counter[tuple[str, tuple[str, ...]]]:
    """Return how often each tag, with the names of its attributes, is on a page.

    Who gets a tag or an attribute onto a page changes these; who only gets text does not.
    """
    return _read(page).tags


def code(page: str) -> list[str]:
    """Return the tags of a page that a browser would run; the app's own pages have none."""
    return _read(page).code
