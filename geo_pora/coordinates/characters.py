"""The characters people type for digits, signs and marks, written in one way."""

from __future__ import annotations

import unicodedata

_SAME = {
    "°": "º˚ᵒ⁰∘○◦゜",  # compatibility forms of some of these are the letter o or the digit 0
    "'": "’‘‛′´`ʹʼ＇′‵",
    '"': "”“‟″˝ʺ＂″〃",
    "-": "−‐‑‒–—﹣－⁻",
    ".": "٫．。",
    ",": "،，、﹐",
    ";": "；；",
    ":": "：∶",
    "+": "＋",
}
_TABLE = {ord(c): to for to, characters in _SAME.items() for c in characters}


def plain(text: str) -> str:
    """Write `text` with ASCII digits, signs and marks; the length never grows.

    Decimal digits of every script count as digits (they have one value each);
    superscripts and fractions do not (`4²` is not 42). Invisible format
    characters vanish, every kind of space becomes one, and two apostrophes
    become a double one.
    """
    written = text if text.isascii() else "".join(map(_plain_character, text.translate(_TABLE)))
    return " ".join(written.replace("''", '"').split())


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in {"Cf", "Mn"}:
        return ""
    if category == "Zs":
        return " "
    if "\uff01" <= character <= "\uff5e":  # fullwidth forms of ASCII
        return chr(ord(character) - 0xFEE0)
    return character
