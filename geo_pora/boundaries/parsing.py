"""The parser itself. It runs in the child process of `guard.call` and nowhere else.

Nothing here may import pyogrio before `_only_driver` has told GDAL which
drivers to leave out: GDAL goes by content, and a VRT or a GDALG named
`.geojson` would open other files and sockets.
"""

from __future__ import annotations

import os
import sys
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo_pora.boundaries import formats, geojson, geopackage, geoparquet, kml, projection
from geo_pora.errors import InputError

MAX_LAYERS = 60
MAX_FEATURES = 3_000_000
MAX_AREAS = 100_000
_READ_WHOLE = 20_000
"""Up to so many features are read and then cut, so that those without a shape are seen."""

_SHX_BYTES = 100 + 8 * MAX_FEATURES
_POLYGONS = ("Polygon", "MultiPolygon")


def other_drivers(kind: str) -> str:
    """Return, for GDAL's setting, every vector driver of this machine but the one for `kind`."""
    import pyogrio

    return ",".join(name for name in pyogrio.list_drivers() if name != formats.DRIVERS[kind])


def read_vector(
    path: Path,
    *_beside: Path,
    kind: str,
    member: str,
    skip: str,
    served: list[float],
    crs: str,
) -> list[dict[str, Any]]:
    """Read the polygon layers of one data set, cut to the areas served.

    Parameters
    ----------
    path, *_beside : Path
        The file and those that belong to it: the guard allows reading what is named.
    kind, member : str
        What `formats` found.
    skip : str
        Drivers that GDAL leaves out.
    served : list of float
        West, south, east, north in degrees.
    crs : str
        Reference system given by the user, or empty.

    Returns
    -------
    list of dict
        `layer`, `crs` (WKT), `frame` (GeoDataFrame in that system), `remarks`.
    """
    bounds = (served[0], served[1], served[2], served[3])
    if kind == "shapefile":
        formats.check_shapefile(member or str(path), _opener(path, member))
    look = kml.check if kind == "kml" else geojson.check if kind in formats.JSON else None
    if look:
        with _stream(path, member) as stream:
            look(stream, Path(member).name or path.name)
    if kind == "geoparquet":
        with _stream(path, member) as stream:
            shown = Path(member).name or path.name
            frame, system = geoparquet.read(stream, shown, bounds, crs)
        return [_answer(shown, shown, frame, system, frame.index.to_numpy() + 1)]
    _only_driver(skip)
    return _read_with_gdal(path, member, bounds, crs)


def _only_driver(skip: str) -> None:
    if "pyogrio" in sys.modules:
        raise RuntimeError("GDAL was loaded before its drivers were chosen")
    for name, value in (
        ("OGR_SKIP", skip),
        ("GDAL_SKIP", skip),
        ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "{noext}"),
        ("OGR_GEOJSON_MAX_OBJ_SIZE", "64"),
        ("PROJ_NETWORK", "OFF"),
    ):
        os.putenv(name, value)  # for GDAL, which reads it when it is loaded


def _opener(path: Path, member: str) -> formats.Opener:
    def plain(name: str) -> tuple[bytes, int] | None:
        file = Path(name)
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            return stream.read(_head(name)), file.stat().st_size

    def zipped(name: str) -> tuple[bytes, int] | None:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename.lower(): entry for entry in archive.infolist()}
            entry = entries.get(name.lower())
            if entry is None:
                return None
            with archive.open(entry) as stream:
                return stream.read(_head(name)), entry.file_size

    return zipped if member else plain


def _head(name: str) -> int:
    return _SHX_BYTES if name.lower().endswith(".shx") else 128


@contextmanager
def _stream(path: Path, member: str) -> Iterator[BinaryIO]:
    if not member:
        with path.open("rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive, archive.open(member) as entry:
        yield cast(BinaryIO, entry)


def _read_with_gdal(
    path: Path, member: str, served: projection.Bounds, crs: str
) -> list[dict[str, Any]]:
    import pyogrio

    shown = Path(member).name or path.name
    uri = _openable(path, member, shown)
    queries = _stored_queries(uri, path, member, shown)
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(uri) if kind is not None]
    except pyogrio.errors.DataSourceError:
        raise InputError(
            f"{shown}: the file is damaged or is not what its name says; save it anew"
        ) from None
    if len(layers) > MAX_LAYERS:
        raise InputError(f"{shown}: it has {len(layers)} layers, too many to be boundaries")
    nulls = geopackage.without_shape(path) if shown.lower().endswith(".gpkg") and not member else {}
    found: list[dict[str, Any]] = []
    passed_over: list[InputError] = []
    for layer in layers:
        try:
            if layer.lower() in queries:
                raise InputError(
                    f"{shown}: {layer[:40]} is a view; export it as a layer of its own"
                )
            found.append(_read_layer(uri, shown, layer, served, crs))
            missing = int(found[-1]["frame"].geometry.isna().sum())
            if missing > nulls.get(layer, missing):
                damaged = missing - nulls[layer]
                raise pyogrio.errors.GeometryError(f"{damaged} shapes cannot be read")
        except InputError as error:
            passed_over.append(error)
        except (
            pyogrio.errors.DataLayerError,
            pyogrio.errors.FeatureError,
            pyogrio.errors.GeometryError,
            shapely.GEOSException,
        ) as error:
            told = " ".join(str(error).split())[:160]
            raise InputError(f"{shown}: layer {layer[:40]} is damaged: {told}") from None
    if not found:
        raise passed_over[0] if passed_over else InputError(f"{shown}: it holds no areas")
    return found


def _stored_queries(uri: str | bytes, path: Path, member: str, shown: str) -> set[str]:
    if not shown.lower().endswith(".gpkg"):
        return set()
    if isinstance(uri, bytes) or not member:
        return geopackage.stored_queries(path, shown, uri if isinstance(uri, bytes) else None)
    with _stream(path, member) as stream:
        return geopackage.stored_queries(path, shown, stream.read())


def _openable(path: Path, member: str, shown: str) -> str | bytes:
    """Return what GDAL can open: a path, or the bytes of a GeoPackage that QGIS had open.

    SQLite in WAL mode wants to write beside the file, which a parser may not; without its
    `-wal` beside it the file is whole, and the same bytes without the mark can be read.
    """
    if shown.lower().endswith(".gpkg"):
        with _stream(path, member) as stream:
            head = stream.read(20)
            if head[18:20] != b"\1\1":
                return head[:18] + b"\1\1" + stream.read()
    return f"/vsizip/{{{path}}}/{member}" if member else str(path)


def _read_layer(
    uri: str | bytes, shown: str, layer: str, served: projection.Bounds, crs: str
) -> dict[str, Any]:
    import pyogrio

    info = pyogrio.read_info(uri, layer=layer, force_feature_count=True, force_total_bounds=True)
    if info["features"] > MAX_FEATURES:
        raise InputError(f"{shown}: {info['features']} features are too many to be boundaries")
    if not info["features"] or info["total_bounds"] is None:
        raise InputError(f"{shown}: it holds no areas")
    if len(info["fields"]) > formats.MAX_FIELDS:
        raise formats.too_many_fields(shown)
    kind = str(info["geometry_type"])
    if "Point" in kind or "Line" in kind:
        raise InputError(f"{shown}: it holds {kind}, and boundaries are polygons")
    # TopoJSON has no way to say it and is in degrees.
    stated = crs or info["crs"] or ("EPSG:4326" if info["driver"] == "TopoJSON" else None)
    system = projection.parse(stated) if stated else None
    bounds = tuple(info["total_bounds"])
    system = projection.judge(system, bounds, served, shown)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        frame = pyogrio.read_dataframe(
            uri,
            layer=layer,
            bbox=projection.window(system, served) if info["features"] > _READ_WHOLE else None,
            force_2d=True,
            fid_as_index=True,
            on_invalid="raise",
        )
    _refuse_loss(said, shown)
    if len(frame) < info["features"] <= _READ_WHOLE:
        raise InputError(
            f"{shown}: only {len(frame)} of its {info['features']} areas can be read; it is cut "
            "off, send it again"
        )
    frame = frame[_near(frame, projection.window(system, served))]
    if shown.lower().endswith(".kml"):
        frame = kml.with_tables(frame)
    # GeoPackage and FileGDB count their features from 1, the others from 0.
    first = 0 if shown.lower().endswith((".gpkg", ".gdb")) else 1
    return _answer(shown, layer, frame, system, frame.index.to_numpy() + first)


def _near(frame: gpd.GeoDataFrame, window: projection.Bounds) -> np.ndarray:
    """Tell which features touch the window, or have no shape: those are told of, not lost."""
    geometry = np.asarray(frame.geometry)
    bounds = shapely.bounds(geometry)
    with np.errstate(invalid="ignore"):
        hit = (bounds[:, 0] <= window[2]) & (bounds[:, 2] >= window[0])
        hit &= (bounds[:, 1] <= window[3]) & (bounds[:, 3] >= window[1])
    return np.asarray(hit | shapely.is_missing(geometry) | shapely.is_empty(geometry))


def _refuse_loss(said: list[warnings.WarningMessage], shown: str) -> None:
    """Turn GDAL's warnings of damaged shapes into a refusal: a silent hole is worse."""
    for warning in said:
        text = str(warning.message).lower()
        if any(word in text for word in ("corrupt", "invalid", "truncated", "cannot", "unable")):
            line = " ".join(str(warning.message).split())[:160]
            raise InputError(f"{shown}: the file is damaged ({line}); send it again")


def _answer(
    shown: str, layer: str, frame: gpd.GeoDataFrame, system: pyproj.CRS, rows: np.ndarray
) -> dict[str, Any]:
    if len(frame) > MAX_AREAS:
        raise InputError(f"{shown}: {len(frame)} areas near those served are too many")
    plain = pd.DataFrame({"row_number": rows.astype("int64")})
    for column in frame.columns.drop(frame.geometry.name):
        if str(column) not in ("row_number", "geometry"):
            plain[str(column)] = _values(frame[column])
    geometry = frame.geometry.to_numpy()
    kinds = {g.geom_type for g in geometry if g is not None}
    if kinds and not kinds & {*_POLYGONS, "GeometryCollection"}:
        raise InputError(f"{shown}: it holds {', '.join(sorted(kinds))}, not polygons")
    remarks = []
    if any(g is not None and g.geom_type not in _POLYGONS for g in geometry):
        remarks.append("shapes that are no polygons were passed over")
    cut = gpd.GeoDataFrame(plain, geometry=geometry, crs=system)
    return {"layer": layer, "crs": system.to_wkt(), "frame": cut, "remarks": remarks}


def _values(column: pd.Series) -> np.ndarray:
    """Return a field as text, or as numbers where it is numbers."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return np.asarray(column)
    gone = [v is None or v is pd.NaT or (isinstance(v, float) and np.isnan(v)) for v in column]
    text = [None if none else str(v)[:500] for none, v in zip(gone, column, strict=True)]
    return np.array(text, dtype=object)
