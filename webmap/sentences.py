"""What the rooms below say to a person, in the language of the page.

An error of `geo_pora` is one English sentence: the command line prints it, logs keep it. On a
page it stands in Indonesian. The catalogue `translations/id/LC_MESSAGES/sentences.po` has each
sentence once, with {1}, {2} where a name or a number stands, and {said1}, {said2} where what
stands there is a sentence or a word of the catalogue itself. tests/test_web_sentences.py reads the
rooms' sources and fails where one is missing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from babel.messages import pofile
from flask_babel import get_locale

CATALOGUE = Path(__file__).resolve().parent / "translations/id/LC_MESSAGES/sentences.po"
_GAP = re.compile(r"\{(\d)\}")


def translated(sentence: str) -> str:
    """Return a sentence in Indonesian; in English, or as it is, where that is the language.

    Parameters
    ----------
    sentence : str
        Of an error or a remark.
    """
    return sentence if str(get_locale()) == "en" else indonesian(sentence)


def indonesian(sentence: str) -> str:
    """Return a sentence in Indonesian, as it is where the catalogue lacks it."""
    for pattern, words in _catalogue():
        if found := pattern.fullmatch(sentence):
            gaps = found.groups()
            said = {f"said{at}": indonesian(text) for at, text in enumerate(gaps, 1)}
            return words.format("", *gaps, **said)
    return sentence


@lru_cache(maxsize=1)
def _catalogue() -> list[tuple[re.Pattern[str], str]]:
    """Return every sentence as a pattern; those with the most words of their own first."""
    with CATALOGUE.open("rb") as file:
        known = {str(one.id): str(one.string) for one in pofile.read_po(file) if one.id}
    ordered = sorted(known, key=lambda sentence: len(_GAP.sub("", sentence)), reverse=True)
    return [(_pattern(sentence), known[sentence]) for sentence in ordered]


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what a sentence looks like with its gaps filled."""
    words = [re.escape(part) for part in re.split(r"\{\d\}", sentence)]
    return re.compile("(.+?)".join(words), re.DOTALL)
