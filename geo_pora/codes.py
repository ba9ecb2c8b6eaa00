"""Look-ups as data: agencies, permits, activities, statuses, accommodations, nationalities.

Each list is a CSV file in `data/codes`, with a version and a source in `versions.csv`: a code,
its Indonesian and English label, and the other words for it that files may hold. Adding a word
or an agency is a change of data. Text that is no word for a code is never guessed at: `match`
returns None and the caller decides.
"""

from __future__ import annotations

import csv
import gettext
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import pandas as pd
import pycountry
from rapidfuzz import process
from rapidfuzz.distance import OSA

from geo_pora.errors import NotFoundError

LISTS = ("agencies", "permits", "activities", "statuses", "accommodations", "nationalities")
UNKNOWN = "unknown"

# A slip of the finger is mended in words of this length or more; in shorter ones it may make
# another word of the list (Iran and Irak, Mali and Malta).
_SHORTEST_MENDED = 7
_NATIONAL = re.compile(r"^(?:wn|wna|warga ?negara(?: asing)?|warga|kewarganegaraan|negara) ")
_NOT_WORD = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True)
class Code:
    """One code of a list.

    Attributes
    ----------
    code, id, en : str
        The code, its Indonesian and its English label.
    synonyms : tuple of str
        Other words for it that files hold.
    regencies : tuple of str
        Kemendagri codes of the regencies an agency works in; empty in other lists.
    """

    code: str
    id: str
    en: str
    synonyms: tuple[str, ...] = ()
    regencies: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class CodeList:
    """A versioned list of codes.

    Attributes
    ----------
    name : str
        One of `LISTS`.
    version, source : str
        Which edition it is and where it comes from.
    codes : dict of str to Code
        In the order of the file.
    """

    name: str
    version: str
    source: str
    codes: dict[str, Code]
    _words: dict[str, str] = field(repr=False)

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def label(self, code: str, language: str = "id") -> str:
        """Return the label of `code` in `id` or `en`; raises NotFoundError for an unknown code."""
        try:
            found = self.codes[code]
        except KeyError:
            raise NotFoundError(
                f"{code[:40]!r} is no code of the list {self.name}; see docs/reports.md"
            ) from None
        return found.en if language == "en" else found.id

    def match(self, text: str) -> str | None:
        """Return the code that a text of a file means, or None where it means none for sure.

        Parameters
        ----------
        text : str
            A code, a label or a synonym in any case, spacing and punctuation. One slip
            (a letter too many, too few, wrong or swapped) is mended in words of seven letters
            or more, where only one code is that near.
        """
        key = _key(text)
        if self.name == "nationalities":
            key = _NATIONAL.sub("", key)
        if not key:
            return None
        found = self._words.get(key) or self._words.get(key.replace(" ", ""))
        if found or len(key) < _SHORTEST_MENDED or len(key) > 80:
            return found
        near = process.extract(key, self._words.keys(), scorer=OSA.distance, score_cutoff=1)
        codes = {self._words[word] for word, _, _ in near if len(word) >= _SHORTEST_MENDED}
        return codes.pop() if len(codes) == 1 else None

    def match_all(self, texts: pd.Series) -> pd.Series:
        """Return `match` of every text; missing stays missing. Each distinct text is read once."""
        found = {text: self.match(text) for text in texts.dropna().unique()}
        return texts.map(found).astype("str")


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:200]).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain).strip()


def _rows(name: str) -> list[dict[str, str]]:
    file = resources.files("geo_pora") / "data" / "codes" / f"{name}.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def _split(text: str | None, by: str) -> tuple[str, ...]:
    return tuple(part for part in (text or "").split(by) if part)


def _countries() -> dict[str, Code]:
    """Return ISO 3166-1 in Indonesian and English, with our own words laid over it."""
    try:
        indonesian = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["id"])
    except OSError:
        indonesian = gettext.NullTranslations()  # type: ignore[assignment]
    found = {}
    for country in pycountry.countries:
        names = [country.name, getattr(country, "common_name", ""), country.alpha_2]
        names += [getattr(country, "official_name", ""), indonesian.gettext(country.name)]
        names += [" ".join(reversed(name.split(", "))) for name in names if ", " in name]
        label = indonesian.gettext(country.name).split(",")[0]
        english = getattr(country, "common_name", country.name)
        found[country.alpha_3] = Code(country.alpha_3, label, english, _split("|".join(names), "|"))
    for row in _rows("nationalities"):
        code, words = row["code"], _split(row["synonyms"], "|")
        known = found.get(code, Code(code, row["id"], words[0].capitalize() if words else code))
        found[code] = Code(code, row["id"], known.en, known.synonyms + words)
    return found


@cache
def load(name: str) -> CodeList:
    """Return one of the lists.

    Parameters
    ----------
    name : str
        One of `LISTS`.

    Raises
    ------
    NotFoundError
        If there is no list of that name.
    """
    if name not in LISTS:
        raise NotFoundError(f"there is no list {name[:40]!r}: use one of {', '.join(LISTS)}")
    edition = next(row for row in _rows("versions") if row["list"] == name)
    if name == "nationalities":
        codes = _countries()
    else:
        codes = {
            row["code"]: Code(
                row["code"],
                row["id"],
                row["en"],
                _split(row["synonyms"], "|"),
                _split(row.get("regencies"), ";"),
            )
            for row in _rows(name)
        }
    return CodeList(name, edition["version"], edition["source"], codes, _word_index(codes, name))


def _word_index(codes: dict[str, Code], name: str) -> dict[str, str]:
    """Return every way to write each code; what ISO and we name differently, we win."""
    words: dict[str, str] = {}
    for code in codes.values():
        for word in (code.id, code.en, *code.synonyms):
            words.setdefault(_key(word), code.code)
    if name == "nationalities":
        own = {row["code"]: (row["id"], *_split(row["synonyms"], "|")) for row in _rows(name)}
        words |= {_key(word): code for code, spelled in own.items() for word in spelled}
    words |= {_key(code): code for code in codes}
    words.pop("", None)
    glued = {word.replace(" ", ""): code for word, code in words.items()}
    return glued | words
