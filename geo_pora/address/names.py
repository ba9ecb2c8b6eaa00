"""The index of names: what a run of words may name, exactly, shortened or mistyped.

Every name is kept once, compact (without spaces). Abbreviations come from the names
themselves: initials (Belitang Madang Raya: BMR), one shortened word
(Bta. Timur), directions (Tim, Sel).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from geo_pora.address.outside import outside_names
from geo_pora.address.slips import Slips
from geo_pora.address.spellings import (
    initialisms,
    local_words,
    series,
    shortens,
    telling_runs,
)
from geo_pora.address.vocabulary import (
    COMMON,
    COMPANIES,
    NUMBER_DIGITS,
    NUMBER_WORDS,
    VOWELS,
    canonical,
    fold,
    fold_javanese,
    without_units,
)
from geo_pora.gazetteer import Gazetteer, normalise, shipped_folder

MAX_WORDS = 6

# How surely a differing spelling means the name; docs/geocoding.md has an example of each.
QUALITY = {
    "exact": 1.0,
    "sound": 0.97,
    "abbreviation": 0.99,
    "javanese": 0.8,
    "typo": 0.92,
    "short typo": 0.8,
    "two typos": 0.8,
    "part": 0.7,
    "local": 0.6,
    "series": 0.85,
    "other number": 0.5,
}


@dataclass(frozen=True, slots=True)
class Named:
    """What a name may mean.

    Attributes
    ----------
    villages, districts, regencies : tuple of str
        Codes of the areas so named.
    outside : str
        The level of a place that is not served and also, or alone, goes by it; else empty.
    words : int
        Words in the name as the gazetteer writes it.
    how : str
        A key of `QUALITY`: how the written words differ from the name.
    """

    villages: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    regencies: tuple[str, ...] = ()
    outside: str = ""
    words: int = 1
    how: str = "exact"

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes."""
        return (*self.villages, *self.districts, *self.regencies)


def _named(codes: Iterable[str], words: int, how: str, outside: str = "") -> Named:
    by_length: dict[int, list[str]] = {5: [], 8: [], 13: []}
    for code in sorted(set(codes)):
        by_length[len(code)].append(code)
    return Named(
        tuple(by_length[13]), tuple(by_length[8]), tuple(by_length[5]), outside, words, how
    )


class Names:
    """The index over a gazetteer and the names of places that are not served.

    Parameters
    ----------
    gazetteer : Gazetteer
    outside : Path, optional
        CSV with a column `name` of places not served; the shipped one by default.
    """

    def __init__(self, gazetteer: Gazetteer, outside: Path | None = None) -> None:
        self._codes: dict[str, set[str]] = defaultdict(set)
        self._spelled: dict[str, tuple[str, ...]] = {}
        for name, code in _all_names(gazetteer):
            words = without_units(canonical(name))
            self._codes["".join(words)].add(code)
            # The longer spelling tells the words: Kali Rejo beside Kalirejo.
            self._spelled["".join(words)] = max(
                self._spelled.get("".join(words), ()), words, key=len
            )
        self.vocabulary = frozenset(w for words in self._spelled.values() for w in words)
        self._outside = outside_names(outside or shipped_folder() / "outside.csv")
        # Of the longest name, with two slips.
        self.longest = max(map(len, (*self._spelled, *self._outside))) + 2
        for name in gazetteer.names("regency"):
            for part in _runs(canonical(name)):
                self._outside.pop(part, None)  # Ogan is a river and half of our own names
        first = Counter(words[0] for words in self._spelled.values() if len(words) > 1)
        self.generic = frozenset(word for word, count in first.items() if count >= 3)
        self.begin = frozenset(word for word, count in first.items() if count >= 2) - COMMON
        self._initials = self._by(initialisms, lambda code: len(code) < 13)
        self._parts = self._by(
            telling_runs(self._spelled, self._codes), lambda code: len(code) == 8
        )
        self._local = local_words(self._spelled, self._codes)
        self._series = self._by(series, lambda code: True)
        self._sound = self._by(lambda words: [fold("".join(words))], lambda code: True)
        self._javanese = self._by(lambda words: [fold_javanese("".join(words))], lambda code: True)
        self._wild = self._wildcards()
        self._slips = Slips(self._spelled)
        self._found: dict[tuple[str, ...], Named | None] = {}

    def _by(
        self, derive: Callable[[tuple[str, ...]], Iterable[str]], keep: Callable[[str], bool]
    ) -> dict[str, set[str]]:
        """Index what `derive` makes of each name, to the names."""
        index: dict[str, set[str]] = defaultdict(set)
        for key, words in self._spelled.items():
            if any(keep(code) for code in self._codes[key]):
                for derived in derive(words):
                    index[derived].add(key)
        return index

    def _wildcards(self) -> dict[tuple[int, int, str], list[tuple[str, str]]]:
        index: dict[tuple[int, int, str], list[tuple[str, str]]] = defaultdict(list)
        for key, words in self._spelled.items():
            if len(words) > 1:
                for i, word in enumerate(words):
                    if len(word) > 2:
                        rest = "".join((*words[:i], "*", *words[i + 1 :]))
                        index[len(words), i, rest].append((word, key))
        return index

    def find(self, words: tuple[str, ...]) -> Named | None:
        """Return what the words may name; None where they name nothing.

        Parameters
        ----------
        words : tuple of str
            In normal form, at most `MAX_WORDS`.
        """
        try:
            return self._found[words]
        except KeyError:
            pass
        if len(self._found) > 100_000:
            self._found.clear()
        named = self._found[words] = self._look_up(words)
        return named

    def exact(self, words: tuple[str, ...]) -> Named | None:
        """Return what the words name as they are, however spaced; None where nothing."""
        key = "".join(words)
        if key in self._codes:
            return self._of({key}, "exact", self._outside.get(key, ""))
        if key in self._outside:
            return Named(outside=self._outside[key], words=len(words))
        return None

    def _look_up(self, words: tuple[str, ...]) -> Named | None:
        if named := self.exact(words):
            return named
        key = "".join(words)
        if key in self._initials and (len(words) > 1 or len(key.rstrip("0123456789")) > 2):
            return self._of(self._initials[key], "abbreviation")
        if len(key) < 4 or key.isdigit():
            return None
        return (
            self._of(self._respelled(words) or self._glued_number(key), "sound")
            or self._sounds_like(key)
            or self._of(self._abbreviated(words), "abbreviation")
            or self._of(self._series.get(key, ()), "series")
            or self._mistyped(words)
            or self._told_by_a_part(key)
            or self._other_number(words)
        )

    def _told_by_a_part(self, key: str) -> Named | None:
        if key in COMMON:
            return None  # Kebun of Kebun Jati is any plantation
        return self._of(self._parts.get(key, ()), "part") or self._of(
            self._local.get(key, ()), "local"
        )

    def _of(self, keys: Iterable[str], how: str, outside: str = "") -> Named | None:
        keys = list(keys)
        if not keys:
            return None
        codes = [code for key in keys for code in self._codes[key]]
        if how in {"part", "abbreviation"}:
            # Only districts and regencies are said by a part of their name or by initials.
            codes = [code for code in codes if len(code) < 13] or codes
        if how == "local":
            codes = [code[:8] for code in codes]  # it tells the neighbourhood, not the village
        return _named(codes, max(len(self._spelled[key]) for key in keys), how, outside)

    def _respelled(self, words: tuple[str, ...]) -> list[str]:
        """Find names of which a number is a word, or the other way round: Campang 3 Ilir."""
        found = []
        for i, word in enumerate(words):
            other = NUMBER_WORDS.get(word) or NUMBER_DIGITS.get(word)
            if other and i:
                found.append("".join((*words[:i], other, *words[i + 1 :])))
        return [key for key in found if key in self._codes]

    def _glued_number(self, key: str) -> list[str]:
        """Find the name of which the Roman number stands without a space: BELITANGIII."""
        if key[-1] not in "IVX":
            return []
        cut = [(key[:-size], normalise(key[-size:])) for size in range(4, 0, -1)]
        return [name + number for name, number in cut if name + number in self._codes][:1]

    def _sounds_like(self, key: str) -> Named | None:
        """Find names that sound the same; Sumber Mulya may be Sumber Mulia or Sumber Mulyo."""
        sound = fold(key)
        nearly = self._javanese.get(sound.replace("O", "A"))
        if nearly is None:  # every sound is in it
            return None
        same = self._sound.get(sound, set())
        return self._of(nearly, "sound" if same and same == nearly else "javanese")

    def _abbreviated(self, words: tuple[str, ...]) -> set[str]:
        """Find names of which one word is shortened: Bta. Timur, Tj. Harapan."""
        found = set()
        for i, short in enumerate(words):
            if len(words) < 2 or len(short) > 4 or short.isdigit() or short in COMPANIES:
                continue
            if short in self.vocabulary and not VOWELS.isdisjoint(short):
                continue  # a word of its own; Sp. is none, though a name is written so
            rest = "".join((*words[:i], "*", *words[i + 1 :]))
            for word, key in self._wild.get((len(words), i, rest), ()):
                if shortens(short, word):
                    found.add(key)
        return found

    def _mistyped(self, words: tuple[str, ...]) -> Named | None:
        keys, how = self._slips.near(words)
        return self._of(keys, how)

    def _other_number(self, words: tuple[str, ...]) -> Named | None:
        """Find the series that a numbered name belongs to, where that number is unknown."""
        if len(words) < 2 or not words[-1].isdigit() or len(words[-1]) > 2:
            return None
        return self._of(self._series.get("".join(words[:-1]), ()), "other number")


def _runs(words: tuple[str, ...]) -> Iterator[str]:
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            yield "".join(words[start:end])


def _all_names(gazetteer: Gazetteer) -> Iterator[tuple[str, str]]:
    yield from zip(gazetteer.areas["name"], gazetteer.areas["code"], strict=True)
    yield from zip(gazetteer.aliases["alias"], gazetteer.aliases["code"], strict=True)
