"""Metres of the Universal Transverse Mercator grid: easting, northing, zone."""

from __future__ import annotations

import math
import re

from geo_pora.coordinates.place import Coordinates, from_utm, refuse, settle
from geo_pora.gazetteer import Gazetteer

_NUMBER = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<word>[A-Z]+)|(?P<gap>[\s,;:/=()°|]+)|(?P<other>.)")
_DATUM = re.compile(r"\bWGS[\s_-]?(?:19)?84\b")
# The codes of UTM on WGS 84: 32748 is zone 48 south.
_EPSG = re.compile(r"\b(?:EPSG|SRID)[\s:=]{0,3}32([67])(\d\d)\b;?")
_LABELS = re.compile(
    "UTM|ZON[EA]|WGS|[MXYTU]|M?[EN]|EAST(ING)?|NORTH(ING)?|TIMUR|UTARA|M[TUS]|KOORDINAT|DAN"
)
_SOUTH = frozenset(["S", "SOUTH", "SELATAN", *"CDEFGHJKLM"])
_NORTH = frozenset(["N", "NORTH", "UTARA", *"PQRTUVWX"])


def read(text: str, _gazetteer: Gazetteer | None = None) -> Coordinates | None:
    """Read UTM coordinates; None where the text is none.

    The letter after the zone is a hemisphere (48S) or a latitude band (48M).
    `S` is taken as the hemisphere: the band of that letter is in China. Which
    number is the northing shows in its size: millions of metres.
    """
    numbers: list[tuple[float, int]] = []
    zone = letter = ""
    previous = ""
    written = _DATUM.sub("WGS", _EPSG.sub(_zone_of, text.upper()))
    for match in _TOKEN.finditer(written):
        kind, token = match.lastgroup, match[0]
        if kind == "number":
            metres = _metres(token)
            if token.isdigit() and 1 <= metres <= 60 and not zone:
                zone = token
            else:
                numbers.append((metres, match.start()))
        elif kind == "word":
            if previous == "zone" and (token in _SOUTH or token in _NORTH) and not letter:
                letter = token
            elif not _LABELS.fullmatch(token) and token not in {"S", "SOUTH", "SELATAN"}:
                return None
            elif token in {"S", "SOUTH", "SELATAN"}:
                letter = letter or "S"
        elif kind == "other":
            return None
        if kind != "gap":
            previous = "zone" if kind == "number" and token == zone else ""
    if len(numbers) != 2:
        return None
    easting, northing = sorted(metres for metres, _ in numbers)
    if zone and letter in _NORTH and easting >= 100_000:
        raise refuse("outside", text)
    if not (100_000 <= easting < 1_000_000 <= northing <= 10_000_000):
        return None
    if not zone:
        found = settle(northing, easting, text)
        return found if "zone_assumed" in found.repairs else None
    longitude, latitude = from_utm(int(zone), letter not in _NORTH).transform(easting, northing)
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise refuse("outside", text)
    return settle(latitude, longitude, text, north_stated=True)


def _metres(token: str) -> float:
    """Read metres with thousands parted by points or commas: 9.512.345,67 or 9,512,345.67."""
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", token):
        return float(token.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", token):
        return float(token.replace(",", ""))
    return float(token.replace(",", "."))


def _zone_of(match: re.Match[str]) -> str:
    return f"{match[2]}{'S' if match[1] == '7' else 'N'} "
