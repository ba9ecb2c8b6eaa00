"""Code schemes: Kemendagri's and BPS's, told apart and translated where they can be.

Kemendagri writes regency, district and village as 2+2+2+4 digits, BPS as
2+2+3+3, and both with or without dots or the `ID` of HDX. Six, seven and
dotted digits tell the scheme (regencies are dotted by Kemendagri, but for a
field that says BPS); four and ten do not. The regencies' numbers agree but for those in `_SWAPPED`,
which is why the scheme comes before the code.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from geo_pora.gazetteer import Level

Scheme = Literal["kemendagri", "bps"]

_SWAPPED = {"16.08": "16.09", "16.09": "16.08"}
"""BPS 1608 is OKU Selatan and 1609 OKU Timur; Kemendagri numbers them the other way."""

_DOTTED: list[tuple[re.Pattern[str], Scheme | None, Level]] = [
    (re.compile(r"(\d\d)\D(\d\d)"), None, "regency"),
    (re.compile(r"(\d\d)\D(\d\d)\D(\d\d)"), "kemendagri", "district"),
    (re.compile(r"(\d\d)\D(\d\d)\D(\d\d)\D(\d{4})"), "kemendagri", "village"),
    (re.compile(r"(\d\d)\D(\d\d)\D(\d{3})"), "bps", "district"),
    (re.compile(r"(\d\d)\D(\d\d)\D(\d{3})\D(\d{3})"), "bps", "village"),
]
_PLAIN: dict[int, tuple[Scheme | None, Level]] = {
    4: (None, "regency"),
    6: ("kemendagri", "district"),
    7: ("bps", "district"),
    10: (None, "village"),
}


@dataclass(frozen=True)
class Code:
    """An area's code as a file has it.

    Attributes
    ----------
    digits : str
        Its digits alone.
    scheme : {'kemendagri', 'bps'} or None
        What its form tells; none where the form is common to both.
    level : {'regency', 'district', 'village'}
        What its length tells.
    dotted : bool
        Whether its parts were parted.
    """

    digits: str
    scheme: Scheme | None
    level: Level
    dotted: bool = False

    def kemendagri(self) -> str:
        """Return the code as Kemendagri dots it, taking for granted that it is one."""
        parts = [self.digits[:2], self.digits[2:4], self.digits[4:6], self.digits[6:]]
        return ".".join(part for part in parts if part)

    def regency(self, scheme: Scheme) -> str:
        """Return Kemendagri's code of its regency, reading it in `scheme`."""
        regency = f"{self.digits[:2]}.{self.digits[2:4]}"
        return _SWAPPED.get(regency, regency) if scheme == "bps" else regency


def of_dotted_regencies(field: str) -> Scheme:
    """Return the scheme of codes like `16.08`: Kemendagri's, but in a field that says BPS."""
    name = field.lower()
    return "bps" if "bps" in name or "pcod" in name else "kemendagri"


def parse(value: Any) -> Code | None:
    """Read one value of a field as a code; none where it cannot be one.

    Numbers that a table made of codes are read too: 1601070.0 and 16.01.
    """
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else f"{value:.2f}"
    text = str(value).strip().upper().removesuffix(".0").strip(". ")
    text = re.sub(r"^ID\s*[-.]?\s*", "", text)
    for pattern, form, level in _DOTTED:
        if match := pattern.fullmatch(text):
            return Code("".join(match.groups()), form, level, dotted=True)
    if not (text.isascii() and text.isdigit()) or len(text) not in _PLAIN:
        return None
    scheme, level = _PLAIN[len(text)]
    return Code(text, scheme, level)
