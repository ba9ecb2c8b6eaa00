"""GeoParquet 1.0 and 1.1, read with pyarrow in the guarded child."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo_pora.boundaries import formats, projection
from geo_pora.errors import InputError

_GEOARROW = ("polygon", "multipolygon")


def read(
    stream: BinaryIO, name: str, served: projection.Bounds, crs: str
) -> tuple[gpd.GeoDataFrame, pyproj.CRS]:
    """Read a file a batch at a time, keeping what is near the areas served.

    A file whose geometry is in GeoArrow's encodings is read whole and then cut.

    Returns
    -------
    tuple
        The features, indexed by their place in the file, in its reference system,
        and that system.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream if stream.seekable() else pa.BufferReader(stream.read()))
        if file.metadata.num_columns > formats.MAX_FIELDS:
            raise formats.too_many_fields(name)
        about = json.loads((file.schema_arrow.metadata or {})[b"geo"])
        column = about["primary_column"]
        column_about = about["columns"][column]
        stated = column_about.get("crs", "OGC:CRS84")
    except InputError:
        raise
    except (pa.ArrowException, KeyError, TypeError, ValueError, OSError):
        raise InputError(
            f"{name}: it is no GeoParquet: its metadata does not name the geometry"
        ) from None
    if isinstance(stated, dict):
        stated = json.dumps(stated)
    system = projection.parse(crs or stated) if crs or stated else None
    encoding = str(column_about.get("encoding", ""))
    if encoding != "WKB" and encoding.lower() not in _GEOARROW:
        raise InputError(f"{name}: its geometry is encoded as {encoding[:40]}; save it as WKB")
    batches, bounds = _near_batches(file, column, encoding != "WKB", system, served)
    system = projection.judge(system, bounds, served, name)
    if not batches:
        raise InputError(f"{name}: no area lies where the areas served are")
    frame = pd.concat(batches)
    geometry = shapely.force_2d(shapely.from_wkb(frame.pop(column).to_numpy()))
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=system), system


def _near_batches(
    file: Any, column: str, native: bool, system: pyproj.CRS | None, served: projection.Bounds
) -> tuple[list[pd.DataFrame], projection.Bounds]:
    near = None
    if system is not None:
        near = projection.window(system, served)
    names = [f.name for f in file.schema_arrow if not f.type.num_fields or f.name == column]
    total, kept, start = [], [], 0
    for batch in _batches(file, names, column if native else ""):
        try:
            bounds = shapely.bounds(shapely.from_wkb(batch[column].to_numpy()))
        except shapely.GEOSException:
            raise InputError("a geometry of the file is damaged; save it anew") from None
        batch.index = pd.RangeIndex(start, start + len(batch))
        start += len(batch)
        total.append(bounds)
        if near is not None:
            with np.errstate(invalid="ignore"):
                west, south, east, north = bounds.T
                hit = (west <= near[2]) & (east >= near[0])
                hit &= (south <= near[3]) & (north >= near[1])
            if hit.any():
                kept.append(batch[hit])
    every = np.concatenate(total) if total else np.full((1, 4), np.nan)
    if np.isnan(every).all():
        return [], (np.nan, np.nan, np.nan, np.nan)
    low, high = np.nanmin(every, axis=0), np.nanmax(every, axis=0)
    return kept, (low[0], low[1], high[2], high[3])


def _batches(file: Any, names: list[str], native: str) -> Iterator[pd.DataFrame]:
    """Yield the rows with their geometry as WKB; `native` is the field of GeoArrow's encodings."""
    import pyarrow as pa

    for batch in file.iter_batches(batch_size=2000, columns=names):
        if not native:
            yield batch.to_pandas()
            continue
        shapes = batch.column(native)
        plain = pa.RecordBatch.from_pydict({n: batch.column(n) for n in names if n != native})
        yield plain.to_pandas().assign(**{native: _wkb(shapes)})


def _wkb(shapes: Any) -> np.ndarray:
    """Return polygons in GeoArrow's encodings, nested lists of coordinates, as WKB."""
    import pyarrow as pa

    offsets: list[np.ndarray] = []
    while pa.types.is_list(shapes.type) or pa.types.is_large_list(shapes.type):
        offsets.insert(0, np.asarray(shapes.offsets).astype("int64"))
        shapes = shapes.values
    if pa.types.is_struct(shapes.type):
        xy = np.column_stack([np.asarray(shapes.field(axis)) for axis in ("x", "y")])
    else:
        xy = np.asarray(shapes.values).reshape(-1, shapes.type.list_size)[:, :2]
    kind = shapely.GeometryType.POLYGON if len(offsets) == 2 else shapely.GeometryType.MULTIPOLYGON
    made = shapely.from_ragged_array(kind, np.ascontiguousarray(xy), tuple(offsets))
    return np.asarray(shapely.to_wkb(made), dtype=object)
