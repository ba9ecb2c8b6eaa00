"""The reference system a boundary file says it has, and whether its numbers agree."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
from pyproj.exceptions import CRSError, ProjError

from geo_pora.errors import InputError

WGS84 = pyproj.CRS("EPSG:4326")
Bounds = tuple[float, float, float, float]

_INDONESIA: Bounds = (94.0, -12.0, 142.0, 7.0)
_WORLD = ("EPSG:4326", "EPSG:3857", "EPSG:3395", "EPSG:4211", "EPSG:3001")
"""WGS 84, web and world Mercator, and of before 1974 Batavia alone and as NEIEZ."""


def parse(text: str) -> pyproj.CRS:
    """Read what a person or a file calls a reference system; raises InputError."""
    try:
        return pyproj.CRS.from_user_input(text)
    except (CRSError, ProjError):
        raise InputError(
            f"{text[:60]!r} is no coordinate reference system: write it like EPSG:32748"
        ) from None


def transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """Return the transformation between two systems, longitude or easting first."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def usual(served: Bounds) -> list[str]:
    """Return the systems that files of a part of Indonesia come in, the likeliest first.

    WGS 84, its UTM zones south and north, DGN95 TM-3 (the land agency's) and some others.
    """
    longitude = (served[0] + served[2]) / 2
    utm = int(longitude // 6) + 31
    tm3 = int((longitude - 93) // 3)
    names = ["EPSG:4326", f"EPSG:{32700 + utm}", "EPSG:3857", "EPSG:3395"]
    names += [f"EPSG:{23830 + zone}" for zone in (tm3, tm3 - 1, tm3 + 1) if 0 <= zone <= 15]
    names += [f"EPSG:{32700 + zone}" for zone in (utm - 1, utm + 1)]
    names += [f"EPSG:{32600 + zone}" for zone in (utm, utm - 1, utm + 1)]
    return [*names, *(name for name in _WORLD if name not in names)]


def judge(crs: pyproj.CRS | None, bounds: Bounds, served: Bounds, file: str) -> pyproj.CRS:
    """Return the reference system of a file, if its numbers lie where the areas served are.

    Parameters
    ----------
    crs : pyproj.CRS or None
        What the file or the user says it is.
    bounds : tuple of float
        Left, bottom, right and top of the file's content, in its own units.
    served : tuple of float
        The same of the areas served, in degrees.
    file : str
        Its name, for the message.

    Raises
    ------
    InputError
        If no system is stated or the stated one puts the content elsewhere. The
        message names the systems that would fit, and asks; nothing is assumed.
    """
    if not np.isfinite(bounds).all():
        raise InputError(f"{file}: it has no areas, or positions that are no numbers")
    if crs is not None and _fits(crs, bounds, served):
        return crs
    fitting = [n for n in usual(served) if _fits(pyproj.CRS(n), bounds, served)][:3]
    hint = f"; its numbers would fit {' or '.join(fitting)}" if fitting else ""
    ask = f"give --crs {fitting[0]} if that is what it is in" if fitting else "check the file"
    if crs is None:
        raise InputError(
            f"{file}: it does not say its coordinate reference system (a Shapefile does in its "
            f".prj){hint}: " + (ask if fitting else "give it with --crs, like --crs EPSG:32748")
        )
    west, south, east, north = bounds
    if _fits(crs, (south, west, north, east), served):
        raise InputError(
            f"{file}: its two coordinates are swapped (longitude and latitude, or easting and "
            "northing); save it with the eastward one first, in QGIS with Swap X and Y"
        )
    if not crs.is_projected and _fits(crs, (west, -north, east, -south), served):
        raise InputError(
            f"{file}: its latitudes have lost their minus sign: it lies north of the equator; "
            "correct it and save it anew"
        )
    if crs.is_projected and _touch(bounds, _INDONESIA) and west > -180 and east < 180:
        raise InputError(
            f"{file}: it says it is in {crs.name}, but its numbers are degrees{hint}: {ask}"
        )
    raise InputError(
        f"{file}: in {crs.name}, which it says it is in, it lies far from the areas served{hint}: "
        + ask
    )


def _touch(bounds: Bounds, other: Bounds) -> bool:
    west, south, east, north = bounds
    return west < other[2] and east > other[0] and south < other[3] and north > other[1]


def _fits(crs: pyproj.CRS, bounds: Bounds, served: Bounds) -> bool:
    """Whether the content is of Indonesia and touches the areas served."""
    try:
        forward = transformer(crs, WGS84)
        there = forward.transform_bounds(*bounds)
    except ProjError:
        return False
    if not np.isfinite(there).all() or there[0] > there[2]:
        return False
    west, south, east, north = _INDONESIA
    inside = there[0] > west and there[1] > south and there[2] < east and there[3] < north
    return inside and _touch(there, served)


def window(crs: pyproj.CRS, served: Bounds) -> Bounds:
    """Return the areas served as a rectangle in the file's own units."""
    forward = transformer(WGS84, crs)
    left, bottom, right, top = forward.transform_bounds(*served)
    return left, bottom, right, top


def to_degrees(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame, str]:
    """Transform to EPSG:4326 with a datum shift; return also what a person should know.

    PROJ's best operation is used. Where it knows none between the datums
    (a `.prj` that names an ellipsoid alone), the positions are taken as they
    are and the remark says so.
    """
    remark = ""
    try:
        pyproj.Transformer.from_crs(crs, WGS84, always_xy=True, allow_ballpark=False)
    except ProjError:
        remark = f"no datum shift is known from {crs.name}: positions may be off by some 100 m"
    return frame.set_crs(crs, allow_override=True).to_crs(WGS84), remark
