"""The gazetteer: names, aliases, codes and hierarchy of the areas served.

Codes are Kemendagri's as dotted strings; the level of a code shows in its
length: `16.01` a regency, `16.01.07` a district, `16.01.07.2001` a village.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from geo_pora.errors import InputError, NotFoundError

Level = Literal["regency", "district", "village"]
LEVELS: tuple[Level, ...] = get_args(Level)
CODE_LENGTH: dict[str, int] = {"regency": 5, "district": 8, "village": 13}

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc\u00b4]")
_NOT_WORD = re.compile(r"[^A-Z0-9]+")
_BETWEEN_WORDS = re.compile(r"(?<!\d) | (?!\d)")
_ROMAN = re.compile(r"(X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_VALUE = {"": 0, "X": 10, "XX": 20, "XXX": 30, "IX": 9, "IV": 4}


def _arabic(word: str) -> str:
    match = _ROMAN.fullmatch(word)
    if not match or not word:
        return word.lstrip("0") or "0" if word.isdigit() else word
    ones = _ROMAN_VALUE.get(match[2], 5 * ("V" in match[2]) + match[2].count("I"))
    return str(_ROMAN_VALUE[match[1]] + ones)


def _modern(word: str) -> str:
    """Write a word of before the spelling reforms of 1947 and 1972 as it is written today.

    A writer who writes dj for j writes j for y (`Djajapoera`), so j is only
    turned where the same word has dj or tj; nj is only turned where it begins
    the word or the word is old by another sign, since Tanjung and Banjar are
    modern.
    """
    dutch = re.search(r"[DT]J(?=[AIUEO])", word)
    old = bool(dutch) or "OE" in word
    word = re.sub(r"DJ(?=[AIUEO])", "\x01", word)
    word = re.sub(r"TJ(?=[AIUEO])", "C", word)
    word = re.sub(r"NJ(?=[AIUEO])" if old else r"^NJ(?=[AIUEO])", "NY", word)
    word = re.sub(r"^SJ(?=[AIUEO])", "SY", word)
    if dutch:
        word = word.replace("J", "Y")
    return word.replace("\x01", "J").replace("OE", "U")


def normalise(name: str) -> str:
    """Write a name in the one form in which names are compared.

    Upper case without accents, apostrophes or punctuation; words glued in
    camel case or to a number are parted (`BaturajaTimur`, `Batumarta2`);
    Roman numerals up to XXXIX become Arabic; spellings of before 1947 and 1972
    become modern (`Moeara Doea`, `Tjempaka`, `Djajapoera`). Abbreviations
    stay as they are. Applying it twice changes nothing.

    Parameters
    ----------
    name : str
        A name as somebody wrote it.

    Returns
    -------
    str
        Words of A to Z and digits, parted by one space; may be empty.

    Examples
    --------
    >>> normalise("Madang Suku II"), normalise("BaturajaTimur"), normalise("Moeara Doea")
    ('MADANG SUKU 2', 'BATURAJA TIMUR', 'MUARA DUA')
    """
    text = unicodedata.normalize("NFKD", name)
    # A letter like ß, of which the capitals are plain, is parted from others as they are.
    text = "".join(
        c if c.isascii() else c.upper().casefold() for c in text if not unicodedata.combining(c)
    )
    text = _CAMEL.sub(" ", _APOSTROPHES.sub("", text))
    words = _NOT_WORD.sub(" ", text.upper()).split()
    return " ".join(_arabic(_modern(word)) for word in words)


def compact(name: str) -> str:
    """Write a name as `normalise` does and without spaces: `Muara Dua` and `Muaradua` agree."""
    return normalise(name).replace(" ", "")


def same_text(text: str) -> str:
    """Return what two addresses have in common that say the same: letters and digits, normal.

    A choice made in review is applied to all rows of which this is equal, and
    an alias that is a whole address is compared by it. Numbers side by side
    stay apart: 1/12 is not 11/2.
    """
    return _BETWEEN_WORDS.sub("", normalise(text))


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Every area served, at three levels, and other names they go by.

    Attributes
    ----------
    areas : DataFrame
        `code`, `name`, `level`, `parent_code`, `postal_code`, `longitude`,
        `latitude` (degrees, EPSG:4326); sorted by level and code, RangeIndex.
        Regencies have no parent; only villages have a postal code.
    aliases : DataFrame
        `alias`, `code`, `source`; RangeIndex.
    """

    areas: pd.DataFrame
    aliases: pd.DataFrame

    @classmethod
    def load(cls, folder: Path | None = None) -> Gazetteer:
        """Read the gazetteer that ships with geo_pora.

        Parameters
        ----------
        folder : Path, optional
            Where `gazetteer.csv` and, where there is one, `aliases.csv` are;
            by default `shipped_folder()`.

        Raises
        ------
        NotFoundError
            If there is no `gazetteer.csv`.
        InputError
            If it lacks a column, repeats a code, or names a parent that is not in it.
        """
        folder = folder or shipped_folder()
        try:
            areas = _text_table(folder / "gazetteer.csv")
        except FileNotFoundError:
            raise NotFoundError(
                f"{folder} holds no gazetteer.csv: install geo_pora again"
            ) from None
        aliases = pd.DataFrame({"alias": [], "code": [], "source": []}, dtype="str")
        if (folder / "aliases.csv").exists():
            aliases = _text_table(folder / "aliases.csv")
        _check(areas, aliases)
        degrees = {"longitude": "float64", "latitude": "float64"}
        return cls(areas.astype(degrees), aliases)

    @cached_property
    def _rows(self) -> pd.DataFrame:
        return self.areas.set_index("code")

    @cached_property
    def _by_compact(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        named = zip(self.areas["name"], self.areas["code"], strict=True)
        also = zip(self.aliases["alias"], self.aliases["code"], strict=True)
        for name, code in [*named, *also]:
            codes = found.setdefault(compact(name), [])
            if code not in codes:
                codes.append(code)
        return {key: tuple(codes) for key, codes in found.items()}

    def __contains__(self, code: object) -> bool:
        return code in self._rows.index

    def name_of(self, code: str) -> str:
        """Return the name of the area `code`; raises NotFoundError for an unknown code."""
        if code not in self:
            raise NotFoundError(f"{code!r} is not a code of the gazetteer")
        return str(self._rows.at[code, "name"])

    def names(self, level: Level) -> pd.Series:
        """Return the names at a level, indexed by code, in order of code."""
        return self._rows.loc[self._rows["level"] == level, "name"]

    def codes(self, level: Level) -> list[str]:
        """Return the codes at a level, in order."""
        return list(self.names(level).index)

    def children(self, code: str) -> list[str]:
        """Return the codes one level below `code`, in order."""
        return list(self._rows.index[self._rows["parent_code"] == code])

    def villages_of(self, code: str) -> list[str]:
        """Return the codes of the villages in a regency or district, in order."""
        return [c for c in self.codes("village") if c == code or c.startswith(code + ".")]

    def named(self, name: str, level: Level | None = None) -> tuple[str, ...]:
        """Return the codes of all areas of that name or alias, however spaced or numbered.

        Parameters
        ----------
        name : str
            Compared by `compact`.
        level : {'regency', 'district', 'village'}, optional
            Only areas of this level.
        """
        codes = self._by_compact.get(compact(name), ())
        return tuple(c for c in codes if level is None or level_of(c) == level)


def level_of(code: str) -> Level:
    """Return the level that a code's length shows; raises InputError where it shows none."""
    for level, length in CODE_LENGTH.items():
        if len(code) == length:
            return level  # type: ignore[return-value]
    raise InputError(f"{code!r} is not a code like 16.01, 16.01.07 or 16.01.07.2001")


def parents(code: str) -> Iterator[str]:
    """Yield the codes above `code`, the nearest first, without looking whether they exist."""
    for length in (8, 5):
        if len(code) > length:
            yield code[:length]


def shipped_folder() -> Path:
    """Return the folder of the gazetteer and the indicative layer: of the wheel or the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_boundaries"
    return installed if installed.is_dir() else package.parent / "boundaries"


def _text_table(file: Path) -> pd.DataFrame:
    """Read a CSV with every column as text: codes and postal codes are no numbers."""
    return pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""])


def _check(areas: pd.DataFrame, aliases: pd.DataFrame) -> None:
    expected = ["code", "name", "level", "parent_code", "postal_code", "longitude", "latitude"]
    if list(areas.columns) != expected:
        raise InputError(f"gazetteer.csv needs the columns {', '.join(expected)}")
    if areas["code"].duplicated().any():
        raise InputError(
            f"gazetteer.csv has {areas['code'][areas['code'].duplicated()].iloc[0]} twice"
        )
    orphans = ~areas["parent_code"].dropna().isin(areas["code"])
    if orphans.any():
        raise InputError(
            f"gazetteer.csv lacks the parent {areas['parent_code'].dropna()[orphans].iloc[0]}"
        )
    if not {"alias", "code", "source"} <= set(aliases.columns):
        raise InputError("aliases.csv needs the columns alias, code, source")
    unknown = aliases["code"][~aliases["code"].isin(areas["code"])]
    if len(unknown):
        raise InputError(f"aliases.csv names {unknown.iloc[0]}, which gazetteer.csv lacks")
