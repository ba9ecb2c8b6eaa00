"""The briefing's map as vector graphics, drawn from display shapes and disclosed values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora.disclosure import HIDDEN, NO_DATA, ZERO
from geo_pora.maps.classes import classify

_HATCH, _EMPTY, _NONE = "url(#hidden)", "#ffffff", "#e3e3e3"
_KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Key:
    """One line of the legend."""

    fill: str
    label: str


@dataclass(frozen=True)
class Drawing:
    """A map and its legend.

    Attributes
    ----------
    svg : str
    legend : tuple of Key
    """

    svg: str
    legend: tuple[Key, ...]


def draw(
    areas: gpd.GeoDataFrame,
    outlines: gpd.GeoDataFrame,
    values: pd.Series,
    statuses: pd.Series,
    width: int = 680,
) -> Drawing:
    """Draw a choropleth.

    Parameters
    ----------
    areas : GeoDataFrame
        `code`, geometry (EPSG:4326) for display.
    outlines : GeoDataFrame
        `name`, geometry of the regencies, drawn above and labelled.
    values, statuses : Series
        By area code: disclosed values and their status.
    width : int
        In pixels of the drawing's own units.

    Returns
    -------
    Drawing
    """
    codes = pd.Index(areas["code"])
    shown = values.reindex(codes)
    status = statuses.reindex(codes).fillna(NO_DATA)
    found = classify(shown)
    place = found.index(shown)
    fills = [
        found.classes[n].colour if n >= 0 else _fill(str(word))
        for n, word in zip(place, status, strict=True)
    ]
    plane = _Plane.around(areas, width)
    body = [_path(plane, shape, fill) for shape, fill in zip(areas.geometry, fills, strict=True)]
    body += [_outline(plane, shape) for shape in outlines.geometry]
    body += [_label(plane, row.geometry, row.name_) for row in _labels(outlines)]
    body += [_scale_bar(plane), _north(plane)]
    legend = [Key(one.colour, _range(one.low, one.high)) for one in found.classes]
    legend += [Key(_fill(word), text) for word, text in _WORDS if (status == word).any()]
    return Drawing(_svg(plane, body), tuple(legend))


_WORDS = ((ZERO, "0"), (HIDDEN, "disembunyikan"), (NO_DATA, "tidak ada data"))


def _fill(status: str) -> str:
    return {HIDDEN: _HATCH, ZERO: _EMPTY}.get(status, _NONE)


def _range(low: float, high: float) -> str:
    return f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"


@dataclass(frozen=True)
class _Plane:
    """Degrees to the drawing: equirectangular, true to scale at the middle latitude."""

    west: float
    north: float
    across: float
    scale: float
    width: int
    height: int

    @classmethod
    def around(cls, areas: gpd.GeoDataFrame, width: int) -> _Plane:
        west, south, east, north = areas.total_bounds
        across = math.cos(math.radians((south + north) / 2))
        scale = (width - 20) / max((east - west) * across, 1e-9)
        height = int((north - south) * scale) + 60
        return cls(west, north, across, scale, width, height)

    def points(self, coordinates: np.ndarray) -> np.ndarray:
        x = (coordinates[:, 0] - self.west) * self.across * self.scale + 10
        y = (self.north - coordinates[:, 1]) * self.scale + 10
        return np.round(np.column_stack([x, y]), 1)


def _commands(plane: _Plane, shape: shapely.Geometry) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        for ring in (polygon.exterior, *polygon.interiors):
            points = plane.points(shapely.get_coordinates(ring))
            parts.append("M" + "L".join(f"{x:g},{y:g}" for x, y in points[:-1]) + "Z")
    return "".join(parts)


def _path(plane: _Plane, shape: shapely.Geometry, fill: str) -> str:
    commands = _commands(plane, shape)
    return f'<path d="{commands}" fill="{fill}" stroke="#8a8a8a" stroke-width="0.4"/>'


def _outline(plane: _Plane, shape: shapely.Geometry) -> str:
    return f'<path d="{_commands(plane, shape)}" fill="none" stroke="#333" stroke-width="1.2"/>'


@dataclass(frozen=True)
class _Named:
    name_: str
    geometry: shapely.Geometry


def _labels(outlines: gpd.GeoDataFrame) -> Sequence[_Named]:
    return [
        _Named(str(name), shape)
        for name, shape in zip(outlines["name"], outlines.geometry, strict=True)
    ]


def _label(plane: _Plane, shape: shapely.Geometry, text: str) -> str:
    (x, y), *_ = plane.points(shapely.get_coordinates(shapely.point_on_surface(shape)))
    common = f'x="{x:g}" y="{y:g}" text-anchor="middle" font-size="12" font-weight="bold"'
    halo = f'<text {common} fill="none" stroke="#fff" stroke-width="3">{escape(text)}</text>'
    return halo + f'<text {common} fill="#222">{escape(text)}</text>'


def _scale_bar(plane: _Plane) -> str:
    wide = plane.width / plane.scale * _KM_PER_DEGREE / 4
    km = next((n for n in (50, 25, 20, 10, 5, 2, 1) if n <= wide), 1)
    length = km / _KM_PER_DEGREE * plane.scale
    y = plane.height - 14
    return (
        f'<path d="M10,{y}h{length:.1f}" stroke="#222" stroke-width="2"/>'
        f'<text x="10" y="{y - 5}" font-size="11" fill="#222">{km} km</text>'
    )


def _north(plane: _Plane) -> str:
    x, y = plane.width - 24, plane.height - 44
    return (
        f'<path d="M{x},{y}l7,20l-7,-5l-7,5z" fill="#222"/>'
        f'<text x="{x}" y="{y + 34}" font-size="12" text-anchor="middle" fill="#222">U</text>'
    )


def _svg(plane: _Plane, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plane.width} {plane.height}" '
        'role="img"><defs><pattern id="hidden" width="6" height="6" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" '
        'fill="#f2f2f2"/><rect width="2" height="6" fill="#8a8a8a"/></pattern></defs>'
        + "".join(body)
        + "</svg>"
    )
