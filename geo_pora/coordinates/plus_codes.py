"""Plus codes (Open Location Code), full, and short with a locality beside them.

The code is specified at https://github.com/google/open-location-code: pairs of
digits of base 20 for latitude and longitude, then one digit each for a cell of
a grid of 4 columns and 5 rows. The place is the middle of the cell.
"""

from __future__ import annotations

import re

from geo_pora.coordinates.place import EAST, NORTH, SOUTH, WEST, Coordinates, refuse, settle
from geo_pora.gazetteer import Gazetteer, normalise

_DIGITS = "23456789CFGHJMPQRVWX"
_CODE = re.compile(
    rf"(?<![A-Z0-9.])([{_DIGITS}0]{{2,8}})\+([{_DIGITS}]{{2,7}})?(?![A-Z0-9.])", re.IGNORECASE
)
# Words of the longest name; longer runs are not looked up, so that work grows with the text.
_LONGEST_NAME = 6
_MARKERS = re.compile(
    r"\b(?:kecamatan|kec|kabupaten|kab|desa|kelurahan|kel|ds)\b\.?", re.IGNORECASE
)


def read(text: str, gazetteer: Gazetteer | None = None) -> Coordinates | None:
    """Read a plus code anywhere in the text; None where there is none."""
    match = _CODE.search(text)
    if match is None or (match[1].isdigit() and not _is_short_code(match, text)):
        return None
    before, after = match[1].upper(), (match[2] or "").upper()
    if "0" in before or len(before) % 2:
        raise refuse("too_coarse" if "0" in before else "not_a_coordinate", text)
    if len(before) == 8:
        latitude, longitude = _middle(before + after)
        return settle(latitude, longitude, text)
    if not after:
        raise refuse("too_coarse", text)
    return _complete(before, after, _without(text, match), gazetteer, text)


def _is_short_code(match: re.Match[str], text: str) -> bool:
    """Tell a short code that has no letters before its plus from numbers: 6892+G7 Peninjauan."""
    short = len(match[1]) == 4 and "0" not in match[1] and bool(match[2])
    return short and bool(re.search(r"[^\W\d_]{3}", _without(text, match)))


def _middle(digits: str) -> tuple[float, float]:
    """Return the middle of the cell of a full code without its plus sign."""
    # Whole numbers of the finest cell keep the sum exact: 8000 * 5**5 and 8000 * 4**5 per degree.
    latitude, longitude = -90 * 25_000_000, -180 * 8_192_000
    tall, wide = 20 * 25_000_000 * 20, 20 * 8_192_000 * 20
    for at in range(0, min(len(digits), 10), 2):
        tall, wide = tall // 20, wide // 20
        latitude += _DIGITS.index(digits[at]) * tall
        longitude += _DIGITS.index(digits[at + 1]) * wide
    for digit in digits[10:15]:
        row, column = divmod(_DIGITS.index(digit), 4)
        tall, wide = tall // 5, wide // 4
        latitude += row * tall
        longitude += column * wide
    return (latitude + tall / 2) / 25_000_000, (longitude + wide / 2) / 8_192_000


def _without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "," + text[match.end() :]


def _complete(
    before: str, after: str, locality: str, gazetteer: Gazetteer | None, text: str
) -> Coordinates:
    """Complete a short code with the cell nearest to the locality.

    A name that several villages have is fine as long as all of them complete
    the code to the same place.
    """
    step = 1.0 if len(before) == 4 else 20.0 if len(before) == 2 else 0.05
    missing = 8 - len(before)
    low, left = _middle(_DIGITS[0] * missing + before + after)
    places = set()
    for latitude, longitude in _references(locality, gazetteer):
        near = (
            round(low + step * round((latitude - low) / step), 10),
            round(left + step * round((longitude - left) / step), 10),
        )
        if SOUTH <= near[0] <= NORTH and WEST <= near[1] <= EAST:
            places.add(near)
    if not places:
        raise refuse("locality_needed", text)
    if len(places) > 1:
        raise refuse("ambiguous", text)
    latitude, longitude = places.pop()
    return settle(latitude, longitude, text, ("short_code_completed",))


def _references(locality: str, gazetteer: Gazetteer | None) -> list[tuple[float, float]]:
    """Return the points of the places named, at the highest level that is named but regencies.

    A regency is wider than the cell of a short code is unique, so it cannot complete one.
    """
    if gazetteer is None:
        return []
    named: list[str] = []
    for part in re.split(r"[,;/|]", locality):
        words = normalise(_MARKERS.sub(" ", part)).split()
        named += next(
            (
                codes
                for size in range(min(len(words), _LONGEST_NAME), 0, -1)
                for at in range(len(words) - size + 1)
                if (codes := gazetteer.named(" ".join(words[at : at + size])))
            ),
            (),
        ) or _towns(words, gazetteer)
    districts = [code for code in named if len(code) == 8]
    villages = [code for code in named if len(code) == 13]
    if districts:
        villages = [code for code in villages if code[:8] in districts] or districts
    chosen = gazetteer.areas[gazetteer.areas["code"].isin(villages)]
    return list(zip(chosen["latitude"], chosen["longitude"], strict=True))


def _towns(words: list[str], gazetteer: Gazetteer) -> list[str]:
    """Return the districts into which a town is divided: Baturaja is Baturaja Barat and Timur."""
    return [
        code
        for code, name in gazetteer.names("district").items()
        if words and normalise(name).split()[: len(words)] == words
    ]
