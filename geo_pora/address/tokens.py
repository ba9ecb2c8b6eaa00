"""Address text to words, and words to parts: what follows Kec. is a district's name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from geo_pora.address.vocabulary import (
    ENGLISH,
    INSTITUTIONS,
    LEADING,
    MARKERS,
    NUMBERED,
    OPENS_ROAD,
    TOWARDS,
    canonical,
)

# Longer than any address; what comes after is not looked at.
MAX_LENGTH = 1000

_WORD = re.compile(r"[^\W\d_]+(?:['’`ʼ´][^\W\d_]+)*|\d+(?:[A-Za-z](?![^\W_]))?")
_INITIALS = re.compile(r"\b([^\W\d_])\.([^\W\d_])(?:\.([^\W\d_]))?(?:\.([^\W\d_]))?\b(?![^\W\d_])")
_LONGITUDE = re.compile(r"(?<!\d)10[2-6](?:[.,]\d{2}|\s?[°º])")
_PLUS_CODE = re.compile(r"\b[23456789CFGHJMPQRVWX]{2,8}\+[23456789CFGHJMPQRVWX]{2,7}\b", re.I)
_CODE = re.compile(r"(?<![\d.])(\d{2})\.?(\d{2})(?:\.?(\d{2})(?:\.?(\d{4}))?)?(?![\d.]*\d)")
# A digit that a scanner or a thumb put for a letter: BAND1NG AGUNG, Bel1tang.
_MISREAD = re.compile(r"\b([A-Z]{2,}|[A-Z]?[a-z]{2,})([0158])(?=([A-Z]{2,}|[a-z]{2,}))")
_LETTER_FOR = {"0": "O", "1": "I", "5": "S", "8": "B"}
_BREAKS = frozenset(',;/|()[]{}:\n\r\t"<>=•·')


@dataclass(slots=True)
class Token:
    """A word of an address.

    Attributes
    ----------
    word : str
        Normal form: upper case, modern spelling, Arabic numerals.
    surface : str
        As written.
    parted : bool
        A comma, slash or the like stands before it.
    joined : bool
        A hyphen stands before it: Palembang-Baturaja, Batumarta-2.
    spaced : bool
        And there is a space around it.
    kind : str
        Of the part that it is in; `bare` where nothing marks it.
    at : int
        Position in its part, markers and leading words not counted.
    leading : str
        What says that the part is a road named after where it leads (`leading`)
        or that the place is elsewhere (`towards`); else empty.
    part : int
        Number of its part.
    """

    word: str
    surface: str
    parted: bool
    joined: bool
    spaced: bool = False
    kind: str = "bare"
    at: int = 0
    leading: str = ""
    part: int = 0

    @property
    def is_marker(self) -> bool:
        """Whether the word only says what the next ones are."""
        return self.kind.startswith("#")


@lru_cache(maxsize=50_000)
def _canonical(word: str) -> tuple[str, ...]:
    return canonical(word)


def tokenise(text: str) -> list[Token]:
    """Cut a text into words with the parts they are in.

    Parameters
    ----------
    text : str
        Only the first `MAX_LENGTH` characters are read.
    """
    text = text[:MAX_LENGTH]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "+" in text:
        text = _PLUS_CODE.sub(",", text)
    text = _MISREAD.sub(_letter, text)
    if "." in text:
        text = _INITIALS.sub(lambda m: "".join(g for g in m.groups() if g), text)
    found: list[Token] = []
    end, ended = 0, False
    named: list[tuple[int, str]] = []
    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        end = match.end()
        parted = not _BREAKS.isdisjoint(gap)
        # A full stop ends a part only after a whole word: not after Kec. or Jend.
        parted = parted or (". " in gap and bool(found) and _ends_part(found[-1]))
        if (english := ENGLISH.get(match[0].upper())) is not None:
            named.append((len(found) - 1, english))
            ended = True
            continue
        parted, ended = parted or ended, False
        joined = "-" in gap
        spaced = joined and " " in gap
        for i, word in enumerate(_canonical(match[0])):
            first = i == 0
            surface = match[0] if first else ""
            found.append(Token(word, surface, parted and first, joined and first, spaced))
    _mark(found)
    for last, kind in named:
        _mark_before(found, last, kind)
    return found


def _letter(match: re.Match[str]) -> str:
    if match[1].upper() in MARKERS or match[1].upper() in INSTITUTIONS:
        return match[0]  # RT1RW2, SDN1Gumawang
    letter = _LETTER_FOR[match[2]]
    return match[1] + (letter.lower() if match[3][0].islower() else letter)


def _mark_before(tokens: list[Token], last: int, kind: str) -> None:
    """Mark the part that ends at a word with what English says after it: Belitang District."""
    first = last
    while first > 0 and tokens[first - 1].part == tokens[last].part:
        first -= 1
    if kind and last >= 0 and tokens[last].kind == "bare":
        for token in tokens[first : last + 1]:
            token.kind = kind


def _ends_part(token: Token) -> bool:
    return len(token.surface) >= 4 and token.word not in MARKERS


def _mark(tokens: list[Token]) -> None:
    """Give each token the part that it is in."""
    kind, at, leading, part, numbered = "bare", 0, "", 0, False
    for i, token in enumerate(tokens):
        marker = MARKERS.get(token.word)
        if marker == "postal" and not _is_postal_marker(tokens, i):
            marker = None
        if marker and _marks(tokens, i, marker):
            kind, at, leading, numbered = marker, 0, "", marker in NUMBERED
            part += 1
            token.kind, token.part = f"#{marker}", part
            continue
        # A sign between a marker and its name parts nothing: Kec : Buay Madang. But a road
        # that is only Raya is the main road of the place named next: Jl. Raya, Sukaraja.
        if token.parted and (at or (leading and leading != "towards")):
            kind, at, leading, numbered = "bare", 0, "", False
            part += 1
        isdigit = token.word.isdigit()
        if numbered and at and not isdigit:
            kind, numbered, at = "bare", False, 0
            part += 1
        elif kind == "road" and at and isdigit and token.surface[:1].isdigit():
            # The house number ends the road: Jl. Pahlawan 45 Sukajadi.
            kind, numbered = "number", True
            part += 1
        elif kind == "hamlet" and at and not isdigit and tokens[i - 1].word.isdigit() and at == 1:
            kind, at = "bare", 0
            part += 1
        if at == 0 and token.word in LEADING and (kind == "road" or token.word in OPENS_ROAD):
            if kind == "bare":
                kind = "road"
            leading = "towards" if token.word in TOWARDS else leading or "leading"
            token.kind, token.part, token.leading = "#leading", part, leading
            continue
        token.kind, token.at, token.leading, token.part = kind, at, leading, part
        at += 1


def _is_postal_marker(tokens: list[Token], i: int) -> bool:
    """Tell Kode Pos from a post: Pos Polisi."""
    words = [token.word for token in tokens[max(i - 1, 0) : i + 2]]
    return "KODEPOS" in words or ("KODE" in words and "POS" in words)


def _marks(tokens: list[Token], i: int, marker: str) -> bool:
    """Tell a marker from the same word within a name or as a number's unit."""
    if marker in NUMBERED and marker not in {"postal", "number"}:
        after = tokens[i + 1].word if i + 1 < len(tokens) else ""
        return after.isdigit() or after in MARKERS or len(after) == 1
    return True


def may_be_name(text: str) -> bool:
    """Tell whether a text can be the name of a place and not a whole address."""
    tokens = tokenise(text)
    few = 0 < len(tokens) <= 4 and not any(token.parted for token in tokens)
    return few and not any(token.is_marker for token in tokens)


def may_hold_point(text: str) -> bool:
    """Tell whether a link, a plus code or a longitude of here may be in the text; cheap."""
    if "://" in text or _LONGITUDE.search(text):
        return True
    return "+" in text and bool(_PLUS_CODE.search(text))


def postal_code(tokens: list[Token]) -> str | None:
    """Return the last number of five digits that is no house or telephone number."""
    for token in reversed(tokens):
        if len(token.word) == 5 and token.word.isdigit() and token.word[0] in "123456789":
            return token.word
    return None


def area_code(text: str) -> str | None:
    """Return a Kemendagri code of South Sumatra in the text, dotted: 16.01.07.2001, 1601072001."""
    for match in _CODE.finditer(text[:MAX_LENGTH]):
        dotted = "." in match[0]
        if match[1] == "16" and ((dotted and match[3]) or match[4]):
            return ".".join(group for group in match.groups() if group)
    return None
