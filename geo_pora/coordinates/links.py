"""Map links, geo: URIs, WKT and GeoJSON.

A link can hold several pairs: the pin (`!3d…!4d…`), what was searched (`q=`),
the middle of the map (`@lat,lon,17z`). The pin wins, then what was searched,
and the middle of the map comes last and is recorded as a repair: it is where
somebody looked, not always what they meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from geo_pora.coordinates import degrees, plus_codes, utm
from geo_pora.coordinates.place import CoordinateError, Coordinates, refuse, settle
from geo_pora.gazetteer import Gazetteer

_DECIMAL = r"([+-]?\d{1,9}(?:\.\d{1,20})?)"
_LINK = re.compile(
    r"^@|\b[a-z]{4,20}:/|www\.|\b(?:maps?\.|goo\.gl|google\.|g\.page|g\.co/|plus\.codes/)", re.I
)
_FRAME = re.compile(r"\bsrc\s?=\s?[\"']([^\"'\s]*)", re.I)
_SHORT = re.compile(
    r"(?:maps\.app\.goo\.gl|goo\.gl|g\.page|g\.co|bit\.ly|s\.id|t\.co|tinyurl\.com|share\.google"
    r"|maps\.apple/p|cutt\.ly|linktr\.ee)/",
    re.I,
)
# what3words keeps to itself where its words are: ///index.home.raft.
_THREE_WORDS = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:what3words\.com|w3w\.co)/|what3words[\s:]{0,3}|///)"
    r"[^\W\d_]+\.[^\W\d_]+\.[^\W\d_]+",
    re.I,
)
_PIN = re.compile(rf"!3d{_DECIMAL}!4d{_DECIMAL}")
_EMBED = re.compile(rf"!2d{_DECIMAL}!3d{_DECIMAL}")
_DIRECTIONS = re.compile(rf"!1d{_DECIMAL}!2d{_DECIMAL}")
_CENTRE = re.compile(rf"@{_DECIMAL},{_DECIMAL}(?=[,/?&#\s\"']|$)")
_HASH = re.compile(rf"#(?:map=)?\d{{1,2}}(?:\.\d{{1,4}})?/{_DECIMAL}/{_DECIMAL}")
_PARAMETER = re.compile(r"[?&#;:]([a-zA-Z_]{1,20})=([^?&#<>]*)")
_SEGMENT = re.compile(r"/(?:place|search|dir|l)/([^?#<>]*)")
# In the order in which they are believed.
_SEARCHED = (
    "q",
    "query",
    "daddr",
    "destination",
    "to",
    "coordinate",
    "ll",
    "latlng",
    "pt",
    "sp",
    "cp",
    "loc",
    "viewpoint",
    "cbll",
)
_PAIRS = (("mlat", "mlon"), ("lat", "lon"), ("lat", "lng"), ("latitude", "longitude"), ("y", "x"))
_CENTRES = ("sll", "center", "centre", "map")
_DRESS = re.compile(r"^loc:|^ll\.|\([^()]*\)$")
_GEO = re.compile(rf"geo:\s?{_DECIMAL},\s?{_DECIMAL}(?:,{_DECIMAL})?([;?].*)?", re.I)
_CRS = re.compile(r"crs=([^;?&]*)", re.I)
_WKT = re.compile(
    rf"(?:SRID\s*=\s*(\d{{1,6}})\s*;\s*)?POINT\s*(?:ZM|Z|M)?\s*\(\s*{_DECIMAL}\s*[\s,]\s*{_DECIMAL}"
    rf"(?:\s+{_DECIMAL}){{0,2}}\s*\)",
    re.I,
)
_GEOJSON = re.compile(rf"\"coordinates\"\s?:\s?\[\s?{_DECIMAL}\s?,\s?{_DECIMAL}", re.I)


def read(text: str, gazetteer: Gazetteer | None = None) -> Coordinates | None:
    """Read a link, a geo: URI, WKT or GeoJSON; None where the text is none of them."""
    if match := _GEO.fullmatch(text):
        return _geo(match, text, gazetteer)
    if _THREE_WORDS.match(text):
        raise refuse("three_words", text)
    if match := _WKT.fullmatch(text):
        if match[1] and match[1][:3] == "327" and len(match[1]) == 5:
            return utm.read(f"{match[1][3:]}S {match[2]} {match[3]}")
        if match[1] not in {None, "4326"}:
            raise refuse("unknown_datum", text)
        return settle(float(match[3]), float(match[2]), text)
    if '"coordinates"' in text.lower():
        points = _GEOJSON.findall(text)
        if len(points) == 1:
            return settle(float(points[0][1]), float(points[0][0]), text)
        raise refuse("several_points" if points else "not_a_coordinate", text)
    if _LINK.search(text) or "!3d" in text:
        return _link(text, gazetteer)
    return None


def _geo(match: re.Match[str], text: str, gazetteer: Gazetteer | None) -> Coordinates:
    rest = match[4] or ""
    crs = _CRS.search(rest)
    if crs and crs[1].lower() != "wgs84":
        raise refuse("unknown_datum", text)
    # Android writes geo:0,0?q=lat,lon(label).
    for value in _parameters(rest, ("q",)):
        if place := _value(value, gazetteer):
            return place
    repairs = ("height_dropped",) if match[3] else ()
    return settle(float(match[1]), float(match[2]), text, repairs)


def _link(text: str, gazetteer: Gazetteer | None) -> Coordinates:
    framed = _FRAME.search(text)
    link = framed[1] if framed else text
    for _ in range(3):  # a link within a link is escaped twice
        link = unquote(link)
    for look in _LOOKS:
        points = list(dict.fromkeys(look(link, gazetteer)))
        if len(points) > 1:
            raise refuse("several_points", text)
        if points:
            return points[0]
    beside = " ".join(w for w in text.split() if "/" not in w and "www." not in w)
    if beside and (place := _value(beside, gazetteer)):
        return place
    raise refuse("short_link" if _SHORT.search(text) else "link_without_coordinates", text)


def _pin(link: str, _: Gazetteer | None) -> Iterator[Coordinates]:
    for latitude, longitude in _PIN.findall(link):
        yield settle(float(latitude), float(longitude), link)


def _parameters(link: str, names: tuple[str, ...]) -> Iterator[str]:
    given = [(name.lower(), value) for name, value in _PARAMETER.findall(link)]
    for wanted in names:
        yield from (value for name, value in given if name == wanted)


def _value(value: str, gazetteer: Gazetteer | None) -> Coordinates | None:
    """Read what somebody searched for; a place's name is no coordinate and no error."""
    if found := plus_codes.read(value, gazetteer):
        return found
    value = _DRESS.sub("", value.replace("+", " ").strip(" /")).replace("~", ",")
    # Bing's point.LAT_LON_Label, HERE's LAT,LON,ZOOM,style.
    value = re.sub(r"^point\.([^_]*)_([^_]*).*|^([^,]*),([^,]*),\d{1,2}(?:,[a-z]+)?$", _pair, value)
    # What stands after the link is not of it: ?q=-4.126,104.17 (rumah makan).
    for written in (value, value.partition(" ")[0]):
        try:
            return degrees.read(written)
        except CoordinateError as error:
            if error.reason not in {"not_a_coordinate", "one_number", "empty"}:
                raise
    return None


def _pair(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]},{match[2] or match[4]}"


def _searched(link: str, gazetteer: Gazetteer | None) -> Iterator[Coordinates]:
    given = {name.lower(): value for name, value in _PARAMETER.findall(link)}
    for lat, lon in _PAIRS:
        if lat in given and lon in given:
            if place := _value(f"{given[lat]},{given[lon]}", gazetteer):
                yield place
            return
    for value in _parameters(link, _SEARCHED):
        if place := _value(value, gazetteer):
            yield place
            return


def _path(link: str, gazetteer: Gazetteer | None) -> Iterator[Coordinates]:
    """Read `/place/…`, `/search/…` and the last stop of `/dir/…`."""
    match = _SEGMENT.search(link)
    if match is None and "plus.codes/" in link:
        if place := plus_codes.read(link, gazetteer):
            yield place
        return
    parts = match[1].split("/data=")[0].split("/@")[0].split("/") if match else []
    stops = [part for part in parts if part]
    # Where a route ends, and nothing it passes: the start is not the place meant.
    for part in stops[-1:] if "/dir/" in link else reversed(stops):
        if place := _value(part, gazetteer):
            yield place
            return


def _embed(link: str, _: Gazetteer | None) -> Iterator[Coordinates]:
    for longitude, latitude in _EMBED.findall(link)[:1]:
        yield settle(float(latitude), float(longitude), link)


def _destination(link: str, _: Gazetteer | None) -> Iterator[Coordinates]:
    if "/dir/" in link:
        for longitude, latitude in _DIRECTIONS.findall(link)[-1:]:
            yield settle(float(latitude), float(longitude), link)


def _middle(link: str, gazetteer: Gazetteer | None) -> Iterator[Coordinates]:
    if "/dir/" in link:  # the middle of a route is nobody's place
        return
    pairs = [*_CENTRE.findall(link), *_HASH.findall(link)]
    for latitude, longitude in pairs[:1]:
        yield settle(float(latitude), float(longitude), link, ("map_centre",))
        return
    for value in _parameters(link, _CENTRES):
        if place := _value(value, gazetteer):
            yield Coordinates(place.longitude, place.latitude, (*place.repairs, "map_centre"))
            return


_LOOKS: tuple[Callable[[str, Gazetteer | None], Iterator[Coordinates]], ...] = (
    _pin,
    _searched,
    _path,
    _destination,
    _embed,
    _middle,
)
