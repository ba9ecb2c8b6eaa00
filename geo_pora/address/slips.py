"""Mistyped names: within one or two slips of the keyboard.

A name is compared with those of the same first letter and number, which are so few that
measuring them all (optimal string alignment) is cheaper than any index. A word that other
names have is no slip: Tanjung Jaya is not a mistyped Tanjung Raya. A number is never one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from geo_pora.address.vocabulary import COMMON

_DIGITS = "0123456789"


class Slips:
    """The names by their beginnings.

    Parameters
    ----------
    spelled : mapping of str to tuple of str
        Compact names, to their words.
    """

    def __init__(self, spelled: Mapping[str, tuple[str, ...]]) -> None:
        self._spelled = spelled
        self._vocabulary = frozenset(word for words in spelled.values() for word in words)
        self._letters: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._headless: dict[str, set[str]] = defaultdict(set)
        for key in spelled:
            letters = key.rstrip(_DIGITS)
            self._letters[letters[:1], key[len(letters) :]].append(letters)
            self._headless[key[1:]].add(key)

    def near(self, words: tuple[str, ...]) -> tuple[set[str], str]:
        """Return the compact names nearest to the words, and a key of `names.QUALITY`."""
        key = "".join(words)
        letters = key.rstrip(_DIGITS)
        number = key[len(letters) :]
        limit = slips_allowed(letters)
        if not limit or not self._may_be_slip(words):
            return set(), ""
        alike = process.extract(
            letters,
            self._letters.get((letters[0], number), ()),
            scorer=OSA.distance,
            score_cutoff=limit,
            limit=None,
        )
        near: dict[int, set[str]] = defaultdict(set)
        for target, distance, _ in alike:
            slips = int(distance)
            if slips <= slips_allowed(target) and self._may_differ(words, target + number, slips):
                near[slips].add(target + number)
        if not near:
            return self._beheaded(key), "short typo"
        best = min(near)
        how = "two typos" if best > 1 else "typo" if len(letters) >= 8 else "short typo"
        return near[best], how

    def _may_be_slip(self, words: tuple[str, ...]) -> bool:
        """Tell whether at least one word is wrong, and of several at least one is right."""
        spelled = [word for word in words if not word.isdigit()]
        known = sum(word in self._vocabulary for word in spelled)
        if known == len(spelled) or (len(spelled) > 1 and not known):
            return False
        if len(words) == 1 and words[0] in COMMON:
            return False
        return not any(word.isdigit() for word in words[:-1])

    def _beheaded(self, key: str) -> set[str]:
        """Find names of which the first letter is lost or after the second: umawang, Ugmawang."""
        if len(key) < 6:
            return set()
        turned = key[1] + key[0] + key[2:]
        return self._headless.get(key, set()) | ({turned} & self._spelled.keys())

    def _may_differ(self, words: tuple[str, ...], other: str, slips: int) -> bool:
        spelled = self._spelled[other]
        if len(words) == 1 and len(spelled) > 1:
            return self._may_differ_glued(words[0], spelled, slips)
        if len(spelled) != len(words):
            return True
        return all(a == b or a not in self._vocabulary for a, b in zip(words, spelled, strict=True))

    def _may_differ_glued(self, word: str, spelled: tuple[str, ...], slips: int) -> bool:
        """Tell the same of a name written as one word: Tegalasri is not Tegal Sari.

        Nor is Talangbambu Talang Baru: two slips are too many in what is left.
        """
        rest = [part for part in spelled if not part.isdigit()]
        while len(rest) > 1 and word.startswith(rest[0]):
            word = word[len(rest.pop(0)) :]
        while len(rest) > 1 and word.endswith(rest[-1]):
            word = word[: -len(rest.pop())]
        allowed = 1 if len("".join(rest)) < 8 else 2
        return word not in self._vocabulary and slips <= allowed


def slips_allowed(letters: str) -> int:
    """Return how many slips a name of that length may have."""
    return 0 if len(letters) < 5 else 1 if len(letters) < 10 else 2
