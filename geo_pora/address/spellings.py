"""What people make of a name: initials, parts that tell it, shortened words, slips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from geo_pora.address.vocabulary import DIRECTION_WORDS

# Names without spaces, to their words and to the codes that bear them.
Spelled = Mapping[str, tuple[str, ...]]
Codes = Mapping[str, set[str]]


def telling_runs(spelled: Spelled, codes: Codes) -> Callable[[tuple[str, ...]], Iterable[str]]:
    """Return what finds the runs of a district's name that tell it: Baturaja, Bangsa Raja.

    A word that villages of other districts have tells nothing, unless it
    is rare there and begins the district's name. A regency's word tells the
    regency: PT Minanga Ogan is not in Ulu Ogan.
    """
    of_regencies = regency_words(spelled, codes)
    of_districts: dict[str, set[str]] = defaultdict(set)
    of_villages: dict[str, set[str]] = defaultdict(set)
    for key, words in spelled.items():
        for code in codes[key]:
            if len(code) > 5:
                of_level = of_districts if len(code) == 8 else of_villages
                for word in words:
                    of_level[word].add(code[:8])
    elsewhere = {w: len(found - of_districts[w]) for w, found in of_villages.items()}

    def tells(word: str, first: bool) -> bool:
        if word in DIRECTION_WORDS or word in of_regencies or word.isdigit():
            return False
        return elsewhere.get(word, 0) <= (2 if first else 1)

    def telling(words: tuple[str, ...]) -> Iterator[str]:
        for size in range(1, len(words)):
            for at in range(len(words) - size + 1):
                run = words[at : at + size]
                if any(tells(word, at + i == 0) for i, word in enumerate(run)):
                    yield "".join(run)

    return telling


def regency_words(spelled: Spelled, codes: Codes) -> set[str]:
    """Return the words of the regencies' names: rivers and peoples of the whole country here."""
    return {
        word
        for key, words in spelled.items()
        if any(len(code) == 5 for code in codes[key])
        for word in words
    }


def local_words(spelled: Spelled, codes: Codes) -> dict[str, set[str]]:
    """Index words that only the villages of one district have: Lekis of Lekis Rejo."""
    names: dict[str, set[str]] = defaultdict(set)
    districts: dict[str, set[str]] = defaultdict(set)
    for key, words in spelled.items():
        for word in words if len(words) > 1 else ():
            names[word].add(key)
            districts[word].update(code[:8] for code in codes[key])
    widely = regency_words(spelled, codes)
    return {
        word: keys
        for word, keys in names.items()
        if len(districts[word]) == 1 and len(word) > 4 and word not in codes and word not in widely
    }


def initialisms(words: tuple[str, ...]) -> Iterator[str]:
    """Yield the initials of the first two or more words with the rest in full."""
    if words[-1].isdigit() and len(words) > 2:
        yield "".join(word[0] for word in words[:-1]) + words[-1]
    letters = [word for word in words if not word.isdigit()]
    if len(letters) < 2:
        return
    for size in range(2, len(words) + 1):
        if all(not word.isdigit() for word in words[:size]):
            yield "".join(word[0] for word in words[:size]) + "".join(words[size:])


def series(words: tuple[str, ...]) -> Iterator[str]:
    """Yield the name of the series that a numbered name is one of: Batumarta."""
    if len(words) > 1 and words[-1].isdigit():
        yield "".join(words[:-1])


def shortens(short: str, word: str) -> bool:
    """Tell whether the letters of `short` occur in `word` in order, the first one first."""
    if len(short) >= len(word) or short[0] != word[0]:
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)
