"""The query parameters of `/items`, read strictly: what cannot be used is an error."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from werkzeug.datastructures import MultiDict

from geo_pora import periods
from geo_pora.errors import InputError
from webmap.ogc_document import BBOX, DATETIME

MOST = 1000
USUAL = 100
Days = tuple[dt.date | None, dt.date | None]


@dataclass(frozen=True)
class Query:
    """What a reader asks for.

    Attributes
    ----------
    box : tuple of float or None
        minLon, minLat, maxLon, maxLat; minLon > maxLon crosses the 180th meridian.
    days : tuple of date or None
        First and last day, either of them open.
    equal : dict of str
        Properties and the values they must have.
    limit, offset : int
    """

    box: tuple[float, float, float, float] | None = None
    days: Days | None = None
    equal: dict[str, str] = field(default_factory=dict)
    limit: int = USUAL
    offset: int = 0


def read(arguments: MultiDict[str, str], filters: Sequence[str]) -> Query:
    """Read the parameters of a request.

    Raises
    ------
    InputError
        For a parameter that is unknown, given twice or cannot be used.
    """
    only(arguments, ["f", "bbox", "limit", "offset", "datetime", *filters])
    return Query(
        _box(arguments["bbox"]) if "bbox" in arguments else None,
        _days(arguments["datetime"]) if "datetime" in arguments else None,
        {name: _text(name, arguments[name]) for name in filters if name in arguments},
        min(_number(arguments, "limit", 1, USUAL), MOST),
        _number(arguments, "offset", 0, 0),
    )


def only(arguments: MultiDict[str, str], known: Sequence[str]) -> None:
    """Refuse parameters that are not known or stand twice."""
    for name, values in arguments.lists():
        if name not in known:
            raise InputError(
                f"parameter {name[:40]!r} is not known here; known: {', '.join(known)}"
            )
        if len(values) > 1:
            raise InputError(f"parameter {name!r} stands {len(values)} times: give it once")
    if arguments.get("f", "json") not in ("json", "html"):
        raise InputError("parameter 'f' is json or html")


def _text(name: str, value: str) -> str:
    if not value:
        raise InputError(f"parameter {name!r} is empty: leave it out or give a value")
    return value


def _number(arguments: MultiDict[str, str], name: str, least: int, usual: int) -> int:
    text = arguments.get(name)
    if text is None:
        return usual
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) < least:
        raise InputError(f"parameter {name!r} is a whole number of at least {least}")
    return int(text)


def _box(text: str) -> tuple[float, float, float, float]:
    if not re.fullmatch(BBOX, text):
        raise InputError("parameter 'bbox' is four or six numbers: minLon,minLat,maxLon,maxLat")
    values = [float(part) for part in text.split(",")]
    west, south, east, north = (
        values[place] for place in ((0, 1, 3, 4) if values[4:] else range(4))
    )
    if not all(map(math.isfinite, values)) or max(abs(west), abs(east)) > 180:
        raise InputError("parameter 'bbox': longitudes are from -180 to 180")
    if max(abs(south), abs(north)) > 90 or south > north:
        raise InputError("parameter 'bbox': latitudes are from -90 to 90, the southern one first")
    return west, south, east, north


def _days(text: str) -> Days:
    if not re.fullmatch(DATETIME, text):
        raise InputError(
            "parameter 'datetime' is a date, a time with a zone, or two of them: "
            "2026-01-01/2026-03-31, 2026-01-01/.. or ../2026-03-31"
        )
    parts = text.split("/")
    try:
        ends = [None if part in ("", "..") else _day(part) for part in parts]
    except ValueError:
        raise InputError("parameter 'datetime' names a day or a time that does not exist") from None
    first, last = ends[0], ends[-1]
    if first and last and last < first:
        raise InputError("parameter 'datetime' ends before it begins")
    return first, last


def _day(text: str) -> dt.date:
    return dt.datetime.fromisoformat(text.upper()).date()


def answer(frame: gpd.GeoDataFrame, query: Query) -> gpd.GeoDataFrame:
    """Return the features that a query asks for, before paging."""
    keep = np.ones(len(frame), dtype=bool)
    for name, value in query.equal.items():
        keep &= (frame[name].astype("str") == value).to_numpy()
    if query.days is not None and "period" in frame:
        within = {key: _overlaps(key, query.days) for key in frame["period"].unique()}
        keep &= frame["period"].map(within).to_numpy(dtype=bool)
    if query.box is not None:
        keep &= _inside(frame, query.box)
    return frame[keep]


def _overlaps(key: str, days: Days) -> bool:
    period = periods.parse(key)
    first, last = days
    return (last is None or period.first <= last) and (first is None or first <= period.last)


def _inside(frame: gpd.GeoDataFrame, box: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = box
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    shapes = frame.geometry.to_numpy()
    found = np.zeros(len(frame), dtype=bool)
    for left, right in spans:
        found |= shapely.intersects(shapes, shapely.box(left, south, right, north))
    return found
