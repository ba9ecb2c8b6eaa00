"""Disclosed tables as rows with a place: what all formats are written from."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora.errors import InputError

DECIMALS = 6  # of a degree: 0.1 m
_GRID = 10.0**-DECIMALS


def located(rows: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each row the shape of its area and an id.

    Parameters
    ----------
    rows : DataFrame
        With `area_code`.
    areas : GeoDataFrame
        `code`, `name`, geometry (EPSG:4326).

    Returns
    -------
    GeoDataFrame
        `id` first, `area_name`, then the columns of `rows`. A row without an
        area, or of the whole territory, has the union's or no shape.

    Raises
    ------
    InputError
        If a code is not among the areas.
    """
    known = areas.set_index("code")
    unknown = rows["area_code"].dropna()
    unknown = unknown[~unknown.isin(known.index)]
    if len(unknown):
        raise InputError(
            f"area {unknown.iloc[0]} is not in the boundary layer: export with the layer that "
            "the counts were made on"
        )
    shapes = pd.Series(exact_to_grid(known.geometry.to_numpy()), index=known.index, dtype=object)
    frame = rows.reset_index(drop=True)
    names = frame["area_code"].map(known["name"])
    if "area_name" in frame:
        frame["area_name"] = frame["area_name"].where(frame["area_name"].notna(), names)
    else:
        frame.insert(frame.columns.get_loc("area_code") + 1, "area_name", names)
    frame.insert(0, "id", identifiers(frame))
    geometry = frame["area_code"].map(shapes)
    geometry = geometry.where(geometry.notna(), None)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry.tolist()), crs="EPSG:4326")


def identifiers(rows: pd.DataFrame) -> pd.Series:
    """Return the code of the area; with period and class where an area has several rows."""
    code = rows["area_code"].fillna("unplaced").astype("str")
    keys = [code]
    if code.duplicated().any():
        keys = [code, *(rows[name] for name in _keys_of(rows))]
    joined = keys[0]
    for key in keys[1:]:
        joined = joined + "@" + key.fillna("?").astype("str")
    return joined


def _keys_of(rows: pd.DataFrame) -> list[str]:
    """Return the columns that tell rows of one area apart: the period and the class."""
    statuses = {name for name in rows if str(name).endswith("_status")}
    values = {str(name).removesuffix("_status") for name in statuses}
    other = ["area_code", "area_name", *statuses, *values]
    return [str(name) for name in rows if name not in other]


def exact_to_grid(geometry: np.ndarray) -> np.ndarray:
    """Round to six decimals, keep valid, and turn exteriors counter-clockwise (RFC 7946)."""
    rounded = shapely.set_precision(geometry, _GRID)
    oriented: np.ndarray = shapely.orient_polygons(rounded, exterior_cw=False)
    return oriented
