"""A boundary layer: the areas of every level, to count in and to show."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo_pora.errors import InputError, NotFoundError
from geo_pora.gazetteer import CODE_LENGTH, LEVELS, Gazetteer, Level, shipped_folder

CRS = "EPSG:4326"
METRES_PER_DEGREE = 111_320
"""Of latitude, and of longitude within 2% at Indonesia's latitudes (11 degrees at most)."""

DISPLAY_TOLERANCE_M = 150
_GEOD = pyproj.Geod(ellps="WGS84")

# What the layer that ships says of itself: as releases store it, and to Indonesian readers.
_SHIPPED = "geo_pora, from village points of geografis 1.3.2 (MIT)"
_IN_INDONESIAN = {_SHIPPED: "geo_pora, dari titik desa geografis 1.3.2 (MIT)"}


@dataclass(frozen=True, eq=False)
class Layer:
    """Boundaries of one source at one time.

    Attributes
    ----------
    name : str
        Name under which it is installed; `indicative` for the one that ships.
    version : str
        Twelve hexadecimal digits of a hash over codes, names and geometries:
        the same areas have the same version wherever they come from.
    indicative : bool
        Whether every map has to say that these are no official boundaries.
    source : str
        Where it comes from, for the map's legend and the method note.
    valid_from : datetime.date or None
        First day of the boundaries, where known.
    finest : GeoDataFrame
        `code`, `name`, geometry of the finest level (EPSG:4326, valid, 2D, sorted
        by code), from which the coarser levels are dissolved.
    names : dict of str to str
        Names of the coarser areas by code.
    """

    name: str
    version: str
    indicative: bool
    source: str
    valid_from: dt.date | None
    finest: gpd.GeoDataFrame
    names: dict[str, str] = field(default_factory=dict)

    @property
    def source_in_indonesian(self) -> str:
        """The source as an Indonesian reader is told it; that of a file is its name."""
        return _IN_INDONESIAN.get(self.source, self.source)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Levels that the layer has, the coarsest first."""
        length = len(str(self.finest["code"].iloc[0]))
        return tuple(level for level in LEVELS if CODE_LENGTH[level] <= length)

    def areas(self, level: str) -> gpd.GeoDataFrame:
        """Return the areas to count in.

        Parameters
        ----------
        level : {'regency', 'district', 'village'}

        Returns
        -------
        GeoDataFrame
            `code`, `name`, `area_km2` (on the WGS 84 ellipsoid), `geometry`
            (EPSG:4326, valid, 2D), sorted by code, RangeIndex. A copy that the
            caller may change.

        Raises
        ------
        NotFoundError
            If the layer is not as fine as this.
        """
        return self._cached(level, display=False).copy()

    def display(self, level: str) -> gpd.GeoDataFrame:
        """Return the areas to show: simplified, never for counting.

        The finest level is simplified as a coverage (Visvalingam-Whyatt,
        shapely.coverage_simplify) and the coarser ones are dissolved from it, so
        there is no gap between neighbours and no line that differs from level to
        level. Columns as in `areas`; `area_km2` is that of the counting geometry.
        """
        return self._cached(level, display=True).copy()

    @cached_property
    def _cached(self) -> _Tables:
        return _Tables(self)


class _Tables:
    """Levels of a layer, computed when asked for and kept."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._made: dict[tuple[str, bool], gpd.GeoDataFrame] = {}

    def __call__(self, level: str, *, display: bool) -> gpd.GeoDataFrame:
        if level not in self._layer.levels:
            raise NotFoundError(
                f"the boundary layer {self._layer.name} has no level {level}: it has "
                f"{', '.join(self._layer.levels)}; install a file with finer areas"
            )
        if (level, display) not in self._made:
            self._made[level, display] = self._make(level, display)
        return self._made[level, display]

    def _make(self, level: str, display: bool) -> gpd.GeoDataFrame:
        finest = self._layer.finest
        if display:
            counting = self(level, display=False)
            shape = _dissolved(self._simplified(), level)
            return counting.set_geometry(shape.geometry.to_numpy(), crs=CRS)
        areas = _dissolved(finest, level)
        if level != self._layer.levels[-1]:
            areas["name"] = [self._layer.names.get(code, code) for code in areas["code"]]
        areas["area_km2"] = area_km2(areas.geometry)
        return areas[["code", "name", "area_km2", "geometry"]]

    def _simplified(self) -> gpd.GeoDataFrame:
        tolerance = DISPLAY_TOLERANCE_M / METRES_PER_DEGREE
        finest = self._layer.finest
        simple = shapely.coverage_simplify(finest.geometry.to_numpy(), tolerance)
        return finest.set_geometry(polygonal(simple), crs=CRS)


def _dissolved(areas: gpd.GeoDataFrame, level: str) -> gpd.GeoDataFrame:
    """Join areas by the first characters of their codes; a coverage stays one."""
    codes = areas["code"].str[: CODE_LENGTH[level]]
    if codes.is_unique:
        return areas.assign(code=codes).reset_index(drop=True)
    geometry = areas.geometry.to_numpy()
    groups = pd.Series(np.arange(len(areas))).groupby(codes.to_numpy())
    joined = {
        str(code): shapely.coverage_union_all(geometry[rows.to_numpy()]) for code, rows in groups
    }
    frame = {"code": list(joined), "name": list(joined)}
    return gpd.GeoDataFrame(frame, geometry=polygonal(np.array(list(joined.values()))), crs=CRS)


def polygonal(geometries: np.ndarray) -> np.ndarray:
    """Return what of each geometry has an area: Polygon, MultiPolygon, or an empty Polygon."""
    result = np.array(geometries, dtype=object)
    kinds = shapely.get_type_id(result)
    for row in np.nonzero((kinds != 3) & (kinds != 6))[0]:
        kept = _polygons(result[row])
        several = shapely.multipolygons(kept) if len(kept) > 1 else None
        result[row] = several or (kept[0] if kept else shapely.Polygon())
    return result


def _polygons(geometry: shapely.Geometry | None) -> list[shapely.Polygon]:
    if geometry is None or geometry.is_empty:
        return []
    if geometry.geom_type == "Polygon":
        return [geometry]
    if not hasattr(geometry, "geoms"):
        return []
    return [polygon for part in geometry.geoms for polygon in _polygons(part)]


def area_km2(geometries: gpd.GeoSeries) -> np.ndarray:
    """Return areas in km2 on the WGS 84 ellipsoid (Karney 2013, by pyproj)."""
    oriented = shapely.orient_polygons(geometries.to_numpy())
    square_metres = [_GEOD.geometry_area_perimeter(geometry)[0] for geometry in oriented]
    return np.array(square_metres, dtype="float64") / 1e6


def make(
    name: str,
    areas: gpd.GeoDataFrame,
    *,
    source: str,
    names: dict[str, str],
    indicative: bool = False,
    valid_from: dt.date | None = None,
) -> Layer:
    """Make a layer of checked areas of one level; computes its version."""
    finest = areas[["code", "name", "geometry"]].sort_values("code", ignore_index=True)
    if finest.empty:
        raise InputError(f"the boundary layer {name} has no area")
    digest = hashlib.sha256()
    for code, title, shape in zip(
        finest["code"], finest["name"], shapely.to_wkb(finest.geometry.to_numpy()), strict=True
    ):
        digest.update(f"{code}\t{title}\n".encode())
        digest.update(shape)
    version = digest.hexdigest()[:12]
    return Layer(name, version, indicative, source, valid_from, finest, dict(names))


def coarser_names(gazetteer: Gazetteer) -> dict[str, str]:
    """Return the gazetteer's names of regencies and districts by code."""
    regencies, districts = gazetteer.names("regency"), gazetteer.names("district")
    return {**regencies.to_dict(), **districts.to_dict()}


def indicative(gazetteer: Gazetteer | None = None) -> Layer:
    """Return the layer that ships: areas made from village points, never official."""
    gazetteer = gazetteer or Gazetteer.load()
    file = shipped_folder() / "indicative.parquet"
    try:
        areas = gpd.read_parquet(file)
    except FileNotFoundError:
        raise NotFoundError(f"{file} is missing: install geo_pora again") from None
    areas["name"] = [gazetteer.name_of(code) for code in areas["code"]]
    return make(
        "indicative",
        areas,
        source=_SHIPPED,
        names=coarser_names(gazetteer),
        indicative=True,
    )
