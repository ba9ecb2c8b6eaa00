"""Degrees, minutes and seconds run together: ISO 6709, NMEA 0183, aeronautical charts.

`-04.126+104.17/`, `-040733.6+1041012/`, `0407.56,S,10410.2,E`, `040733S 1041012E`.
"""

from __future__ import annotations

import re

from geo_pora.coordinates.place import Coordinates, angle, refuse, settle
from geo_pora.gazetteer import Gazetteer

_ISO_6709 = re.compile(
    r"(?P<lat_sign>[+-])(?P<lat>\d{2}|\d{4}|\d{6})(?P<lat_part>\.\d+)?"
    r"(?P<lon_sign>[+-])(?P<lon>\d{3}|\d{5}|\d{7})(?P<lon_part>\.\d+)?"
    r"(?:[+-]\d+(?:\.\d+)?)?(?:CRS[A-Z0-9_]+)?/?"
)
# The leading zero tells them from degrees that lost their decimal point.
_PACKED = re.compile(
    r"(?P<s>S|LS|N|LU)?[\s,:]{0,2}(?P<lat>0\d{3}|0\d{5})(?P<lat_part>[.,]\d{1,10})?[\s,]{0,2}"
    r"(?P<s2>S|LS|N|LU)?[\s,;/-]{0,3}"
    r"(?P<e>E|BT|W|BB)?[\s,:]{0,2}(?P<lon>[01]\d{4}|[01]\d{6})(?P<lon_part>[.,]\d{1,10})?"
    r"[\s,]{0,2}(?P<e2>E|BT|W|BB)?\.?",
    re.IGNORECASE,
)
_WEST_OR_NORTH = frozenset({"N", "LU", "W", "BB"})


def read(text: str, _gazetteer: Gazetteer | None = None) -> Coordinates | None:
    """Read packed degrees; None where the text is not of their form."""
    if match := _ISO_6709.fullmatch(text):
        lat, lon = _unpacked(match, "lat", 2), _unpacked(match, "lon", 3)
        south, west = match["lat_sign"] == "-", match["lon_sign"] == "-"
        return settle(-lat if south else lat, -lon if west else lon, text)
    match = _PACKED.fullmatch(text)
    if match is None or bool(match["s"]) == bool(match["s2"]):
        return None
    if bool(match["e"]) == bool(match["e2"]) or len(match["lat"]) + 1 != len(match["lon"]):
        return None
    north = (match["s"] or match["s2"]).upper() in _WEST_OR_NORTH
    west = (match["e"] or match["e2"]).upper() in _WEST_OR_NORTH
    lat, lon = _unpacked(match, "lat", 2), _unpacked(match, "lon", 3)
    return settle(lat if north else -lat, -lon if west else lon, text, north_stated=north)


def _unpacked(match: re.Match[str], axis: str, width: int) -> float:
    """Cut degrees of `width` digits, minutes and seconds apart and add them."""
    digits = match[axis]
    pieces = [digits[:width], *re.findall("..", digits[width:])]
    pieces[-1] += (match[f"{axis}_part"] or "").replace(",", ".")
    parts = [float(piece) for piece in pieces]
    if any(value >= 60 for value in parts[1:]):
        raise refuse("minutes_out_of_range", match.string)
    return angle(parts)
