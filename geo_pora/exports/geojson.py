"""GeoJSON as RFC 7946 has it: no crs, flat properties, counter-clockwise, six decimals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora.exports.features import DECIMALS


def write(frame: gpd.GeoDataFrame, path: Path, about: Mapping[str, str]) -> None:
    """Write a FeatureCollection with a bbox, one feature per line.

    Parameters
    ----------
    frame : GeoDataFrame
        As `features.located` returns it.
    path : Path
    about : mapping of str
        What the figures are; written as a foreign member (RFC 7946, 6.1).
    """
    head: dict[str, Any] = {"type": "FeatureCollection", "about": dict(about)}
    bounds = frame.total_bounds
    if np.isfinite(bounds).all():
        head["bbox"] = [round(float(value), DECIMALS) for value in bounds]
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n')
        for number, feature in enumerate(features(frame)):
            file.write(",\n" if number else "")
            file.write(json.dumps(feature, ensure_ascii=False, allow_nan=False))
        file.write("\n]}\n")


def features(frame: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    """Return each row as a GeoJSON feature; its `id` is the member `id`."""
    names = [name for name in frame.columns if name not in ("id", "geometry")]
    columns = [plain(frame[name]) for name in names]
    shapes = frame.geometry.to_numpy()
    for number, (identity, values) in enumerate(
        zip(frame["id"], zip(*columns, strict=True), strict=True)
    ):
        yield {
            "type": "Feature",
            "id": identity,
            "geometry": geometry(shapes[number]),
            "properties": dict(zip(names, values, strict=True)),
        }


def geometry(shape: shapely.Geometry | None) -> dict[str, Any] | None:
    """Return a shape as a GeoJSON geometry with six decimals."""
    if shape is None or shape.is_empty:
        return None
    made: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    made["coordinates"] = _rounded(made["coordinates"])
    return made


def _rounded(part: Any) -> Any:
    if isinstance(part, list):
        return [_rounded(one) for one in part]
    return round(part, DECIMALS)


def plain(column: pd.Series) -> list[Any]:
    """Return a column as values that JSON has; missing is None."""
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return [value.item() if isinstance(value, np.generic) else value for value in values]
