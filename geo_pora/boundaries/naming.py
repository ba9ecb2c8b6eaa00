"""Names of areas in boundary files, matched to the gazetteer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from geo_pora.gazetteer import Gazetteer, Level, compact, level_of, normalise

_MARKER = re.compile(
    r"(KABUPATEN|KAB|KECAMATAN|KEC|DESA|DS|KELURAHAN|KEL|DISTRICT|REGENCY|VILLAGE) (?=.)"
)
_TRAILING_MARKER = re.compile(r"(?<=.) (KABUPATEN|KECAMATAN|DESA|KELURAHAN|DISTRICT|REGENCY)$")
_SHORT_REGENCY = {
    "OKU": "OGAN KOMERING ULU",
    "OKUT": "OGAN KOMERING ULU TIMUR",
    "OKUS": "OGAN KOMERING ULU SELATAN",
}
_WRITTEN_OUT = {
    "TJ": "TANJUNG",
    "TG": "TANJUNG",
    "SEI": "SUNGAI",
    "SP": "SIMPANG",
    "LB": "LUBUK",
    "GN": "GUNUNG",
    "TIM": "TIMUR",
    "SEL": "SELATAN",
    "BRT": "BARAT",
}
"""Abbreviations of makers of maps that stand for one word only."""
_ROMAN = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
_OLD = re.compile(r"[DT]J(?=[AIUEO])|OE|J(?![A-Z])|J(?=[^AIUEO\W])")
_OLD_J = re.compile(r"(?<![DT])(N|S|)J")
_ALIKE = 88
_AHEAD = 6


def key(value: Any) -> str:
    """Return the form in which a file's name is compared: no spaces, no marker before it."""
    return _key(value) if isinstance(value, str) else ""


@lru_cache(maxsize=1 << 14)  # a file says the same few names in every row
def _key(name: str) -> str:
    words = [_WRITTEN_OUT.get(word, word) for word in normalise(_without_old_j(name)).split()]
    text = _TRAILING_MARKER.sub("", _MARKER.sub("", " ".join(words), count=1))
    first, _, rest = text.partition(" ")
    if first in _SHORT_REGENCY:
        text = f"{_SHORT_REGENCY[first]} {rest}"
    return text.replace(" ", "")


def _without_old_j(name: str) -> str:
    """Write y for j, and ny for nj, in a name that is spelled as before 1972 anywhere in it.

    `gazetteer.normalise` looks at single words, because an address mixes both; a name does not.
    """
    text = name.upper()
    return _OLD_J.sub(r"\1Y", text) if _OLD.search(text) else name


class Names:
    """The gazetteer's names and aliases of one level, as `key` writes them."""

    def __init__(self, gazetteer: Gazetteer, level: Level, regencies: Iterable[str]) -> None:
        self._codes: dict[str, list[str]] = {}
        served = tuple(regencies)
        names = gazetteer.names(level)
        entries = [*zip(names, names.index, strict=True)]
        entries += zip(gazetteer.aliases["alias"], gazetteer.aliases["code"], strict=True)
        for name, code in entries:
            if code.startswith(served) and level_of(code) == level:
                for form in {key(name), compact(name), _roman(name)}:
                    self._codes.setdefault(form, []).append(code)

    def __contains__(self, form: str) -> bool:
        return form in self._codes

    def codes(self, form: str, within: str = "") -> list[str]:
        """Return the codes of that name whose code begins with `within`."""
        found = dict.fromkeys(self._codes.get(form, ()))
        return [code for code in found if code.startswith(within)]

    def alike(self, form: str, within: str = "") -> list[str]:
        """Return the one code whose name is clearly the most similar, or none."""
        choices = [
            f for f, codes in self._codes.items() if any(c.startswith(within) for c in codes)
        ]
        best = process.extract(form, choices, scorer=fuzz.ratio, limit=8, score_cutoff=_ALIKE - 10)
        scored = {code: score for f, score, _ in reversed(best) for code in self.codes(f, within)}
        ranked = sorted(scored.items(), key=lambda item: -item[1])
        if not ranked or ranked[0][1] < _ALIKE:
            return []
        if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _AHEAD:
            return []
        return [ranked[0][0]]


def _roman(name: str) -> str:
    """Write a name as upper case without spaces has it where numerals stayed Roman."""
    words = normalise(name).split()
    return "".join(_ROMAN[int(w)] if w.isdigit() and 0 < int(w) < len(_ROMAN) else w for w in words)
