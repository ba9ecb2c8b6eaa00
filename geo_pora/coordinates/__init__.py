"""Coordinates as people write them, to degrees.

`parse` reads one text in any usual notation; `resolve` does the same repairs on
columns of plain numbers. Whatever lies outside South Sumatra or can be read in
two ways is refused with a reason: a wrong place is worse than none. The rules
and a worked example of each are in docs/geocoding.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from geo_pora.coordinates import degrees, links, mgrs, packed, plus_codes, utm
from geo_pora.coordinates.characters import plain
from geo_pora.coordinates.place import (
    REASONS,
    REPAIRS,
    CoordinateError,
    Coordinates,
    Resolved,
    refuse,
    resolve,
)
from geo_pora.gazetteer import Gazetteer

__all__ = [
    "MAX_LENGTH",
    "REASONS",
    "REPAIRS",
    "CoordinateError",
    "Coordinates",
    "Resolved",
    "find",
    "parse",
    "resolve",
]

# An embedded map with its whole <iframe> is about 600 characters.
MAX_LENGTH = 2048

# Numbers and what stands around them in no other text; the directions are words of names, too.
_NUMBERS = re.compile(
    r"(?:[\d.,°'\"+-]|\b(?:LS|BT|S|E|LAT|LON|LONG|LNG|LATITUDE|LONGITUDE|LINTANG|BUJUR)\b"
    r"|[\s;:/=()\[\]])+",
    re.IGNORECASE,
)
# The first that recognises its notation answers, also when the answer is a refusal.
_Reader = Callable[[str, Gazetteer | None], Coordinates | None]
_READERS: tuple[_Reader, ...] = (
    links.read,
    plus_codes.read,
    mgrs.read,
    utm.read,
    packed.read,
    degrees.read,
)


def parse(text: str, gazetteer: Gazetteer | None = None) -> Coordinates:
    r"""Read a place in South Sumatra from a text.

    Parameters
    ----------
    text : str
        Decimal degrees, degrees and minutes (and seconds), UTM, MGRS, a map link, a
        geo: URI, WKT, GeoJSON, ISO 6709 or a plus code.
    gazetteer : Gazetteer, optional
        Where the locality named beside a short plus code is looked up.

    Returns
    -------
    Coordinates
        Degrees WGS 84 (EPSG:4326), with what was repaired.

    Raises
    ------
    CoordinateError
        With `reason`, a key of `REASONS`.

    Examples
    --------
    >>> parse('4°07\'33,6" LS 104°10\'12" BT')
    Coordinates(longitude=104.17, latitude=-4.126, repairs=())
    >>> parse("104.17, 4.126").repairs
    ('order_swapped', 'minus_restored')
    """
    if not isinstance(text, str) or not text.strip():
        raise refuse("empty", "")
    if len(text) > MAX_LENGTH:
        raise refuse("too_long", text)
    plainly = plain(text)
    # A spreadsheet writes a text that looks like a number as '-4.1 or ="-4.1".
    bare = plainly.strip("='\"")
    try:
        return _read(plainly, gazetteer)
    except CoordinateError as error:
        if error.reason != "not_a_coordinate" or not plainly.startswith(("'", "=")) or not bare:
            raise
    return _read(bare, gazetteer)


def find(text: str, gazetteer: Gazetteer | None = None) -> Coordinates | None:
    """Find the point in an address: a link, a plus code, or numbers among the words.

    Parameters
    ----------
    text : str
        `Kantor camat (-4.126, 104.17)`.
    gazetteer : Gazetteer, optional
        Where the locality beside a short plus code is looked up.

    Returns
    -------
    Coordinates or None
        None where there is none, or none that is sure.
    """
    try:
        return parse(text, gazetteer)
    except CoordinateError as error:
        if error.reason != "not_a_coordinate":
            return None
    points = []
    for match in _NUMBERS.finditer(plain(text)):
        try:
            points.append(parse(match[0].strip(" ,.;:/-"), gazetteer))
        except CoordinateError as error:
            if error.reason not in {"empty", "not_a_coordinate", "one_number"}:
                return None
    return points[0] if len(points) == 1 else None


def _read(text: str, gazetteer: Gazetteer | None) -> Coordinates:
    for read in _READERS:
        found = read(text, gazetteer)
        if found is not None:
            return found
    raise refuse("not_a_coordinate", text)
