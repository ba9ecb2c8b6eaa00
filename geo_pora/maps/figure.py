"""Folium without its remote links, its random ids and its inline page.

Folium gets geometry, opaque ids and numbers, and nothing else: branca renders
what it wrote a second time as a template, so that a name with braces in it
would run on the server. What comes out are parts that an app can serve as
files of their own under a strict content security policy.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import folium
import geopandas as gpd
import shapely
from branca.element import Element, Figure
from folium.folium import _default_css, _default_js

from geo_pora.errors import InputError, UnavailableError
from geo_pora.maps import assets

Style = Mapping[str, str | float | bool]

MAP_ID = "geopora"
_RANDOM_ID = re.compile(r"[0-9a-f]{32}")
_OPAQUE_ID = re.compile(r"[0-9A-Za-z._-]{1,40}")
_REMOTE = re.compile(r"(?:https?:)?//[A-Za-z0-9\[]")


@dataclass(frozen=True)
class MapParts:
    """A rendered map, in parts.

    Attributes
    ----------
    html : str
        The element that the map lives in.
    scripts : dict of str to str
        Scripts by the name of the JavaScript variable each one makes, in order.
    style : str
        Rules, in the cascade layer `folium`.
    links : tuple of str
        The local assets it needs before its script, as `package/file`.
    """

    html: str
    scripts: dict[str, str]
    style: str
    links: tuple[str, ...]

    @property
    def script(self) -> str:
        """All scripts, in order."""
        return "\n".join(self.scripts.values())


class _Header(HTMLParser):
    """The links, inline scripts and inline styles of what folium wrote into the head."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.script: list[str] = []
        self.style: list[str] = []
        self._sink: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "script" and named.get("src"):
            self.links.append(str(named["src"]))
        elif tag == "script":
            self._sink = self.script
        elif tag == "style":
            self._sink = self.style
        elif tag == "link":
            self.links.append(str(named.get("href")))
        elif tag != "meta":
            raise UnavailableError(f"folium wrote an unexpected <{tag}> into the map's head")

    def handle_endtag(self, tag: str) -> None:
        self._sink = None

    def handle_data(self, data: str) -> None:
        if self._sink is not None:
            self._sink.append(data)


class LocalFigure(Figure):
    """A figure that is rendered in parts and never points to another host."""

    def parts(self) -> MapParts:
        """Render the map once and return its parts.

        Raises
        ------
        UnavailableError
            If it asks for something that is not served from this host.
        """
        _fix_ids(self)
        for child in list(self._children.values()):
            child.render()
        header = _Header()
        header.feed(self.header.render())
        links = tuple(dict.fromkeys(assets.local_name(link) for link in header.links))
        parts = MapParts(
            html=self.html.render().strip(),
            scripts={"": "\n".join(header.script)}
            | {name: part.render() for name, part in self.script._children.items()},
            # In a layer of its own, so that every rule of the page itself wins.
            style="@layer folium {" + "\n".join(header.style) + "}",
            links=links,
        )
        for text in (parts.html, parts.script, parts.style):
            if found := _REMOTE.search(text):
                at = text[found.start() : found.start() + 80]
                raise UnavailableError(f"the map points to another host: {at!r}")
        return parts


class LocalMap(folium.Map):
    """A Leaflet map of folium's that needs Leaflet alone, and no tiles."""

    def __init__(self, bounds: tuple[float, float, float, float], **options: Any) -> None:
        if not all(math.isfinite(edge) for edge in bounds):
            raise InputError("there is nothing to draw: the areas have no extent")
        west, south, east, north = bounds
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=9,
            min_zoom=7,
            max_zoom=14,
            zoom_snap=0.25,
            zoom_delta=0.5,
            attribution_control=False,
            **options,
        )
        self.options = {**self.options, "scrollWheelZoom": False}
        self._id = MAP_ID
        # Lists of our own: folium's `add_js_link` changes the class it is called on.
        self.default_js = [link for link in _default_js if link[0] == "leaflet"]
        self.default_css = [link for link in _default_css if link[0] == "leaflet_css"]
        LocalFigure().add_child(self)


def _fix_ids(root: Element) -> None:
    """Give every element an id by its place: the same map, the same bytes, the same ETag."""
    waiting = [(root, MAP_ID)]
    while waiting:
        element, name = waiting.pop()
        if _RANDOM_ID.fullmatch(element._id):
            element._id = name
        waiting += [
            (child, f"{name}_{place}") for place, child in enumerate(element._children.values())
        ]


def features(areas: gpd.GeoDataFrame, decimals: int = 4) -> dict[str, Any]:
    """Return areas as GeoJSON with their code as the only property.

    Parameters
    ----------
    areas : GeoDataFrame
        With `code` and `geometry` (EPSG:4326).
    decimals : int
        Decimals of a degree that a screen needs; 4 are 11 m.

    Raises
    ------
    InputError
        If a code is not an opaque id.
    """
    for code in areas["code"]:
        if not _OPAQUE_ID.fullmatch(str(code)):
            raise InputError(
                f"area code {str(code)[:40]!r} cannot be drawn: codes are letters, digits, "
                "'.', '_' and '-'"
            )
    rounded = shapely.transform(areas.geometry.to_numpy(), lambda xy: xy.round(decimals))
    texts = shapely.to_geojson(rounded)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": code,
                "properties": {"id": code},
                "geometry": json.loads(text),
            }
            for code, text in zip(areas["code"], texts, strict=True)
        ],
    }


def area_layer(
    areas: gpd.GeoDataFrame,
    level: str,
    style: Callable[[str], Style] | None = None,
    *,
    show: bool = True,
) -> folium.GeoJson:
    """Return the areas of one level as a layer whose script name is `geo_json_<level>`.

    Parameters
    ----------
    areas : GeoDataFrame
        With `code` and `geometry` (EPSG:4326).
    level : str
        `regency`, `district` or `village`.
    style : callable, optional
        From a code to Leaflet's path options; without it the page paints the areas.
    show : bool
        Whether the layer's script adds it to the map, or leaves that to the page.
    """
    layer = folium.GeoJson(
        features(areas),
        smooth_factor=0.5,
        show=show,
        style_function=(lambda feature: dict(style(feature["id"]))) if style else None,
    )
    layer._id = level
    return layer
