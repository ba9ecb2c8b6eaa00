"""The locator: what the other rooms use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo_pora.errors import InputError
from geo_pora.locator.geos import covered_by
from geo_pora.locator.grid import Floats, Ints
from geo_pora.locator.lookup import BATCH, Lookup, Space
from geo_pora.locator.near import Near, metres_per_unit

_FAR = 1e100
"""Areas that reach farther are left to GEOS: products of coordinates could overflow."""


class Locator:
    """Finds the area that covers each of many points.

    The answers are those of `shapely.intersects_xy`, which is exact, for every point. A
    grid knows for most of its cells which area they lie wholly inside (true-hit filtering,
    as in Kipf et al. 2020, Adaptive main-memory indexing for high-performance point-polygon
    joins). For a point in a border cell, the edges in that cell are counted which lie between
    the point and a point of the cell whose areas are known. Where rounding could matter,
    GEOS is asked.

    Nothing changes after construction: one object serves many threads, and forked
    processes share its memory. A pickle holds the geometries alone; the tables are built
    again when it is loaded, which is faster than to move them.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Any number of areas; missing and empty geometries cover nothing. A CRS in degrees is
        assumed where none is set, which only `nearest` and `candidates` depend on.

    Raises
    ------
    InputError
        If `areas` has no geometry column.
    """

    def __init__(self, areas: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
        try:
            geometry = areas.geometry
        except AttributeError as error:
            raise InputError(
                "the areas to locate points in have no geometry: give a GeoDataFrame with one"
            ) from error
        plane = shapely.force_2d(np.asarray(geometry.values, dtype=object))
        self._build(shapely.to_wkb(plane), metres_per_unit(geometry.crs))

    def _build(self, wkb: Sequence[bytes | None], unit: float | None) -> None:
        with np.errstate(invalid="ignore"):
            # own copies, which stay unprepared whatever happens to the caller's
            areas = shapely.from_wkb(np.asarray(wkb, dtype=object))
            there = ~(shapely.is_missing(areas) | shapely.is_empty(areas))
            plain = there & _polygonal(areas)
        rows = np.flatnonzero(plain)
        self._areas = areas
        self._odd = np.flatnonzero(there & ~plain)
        self._near = Near(areas, unit)
        self._lookup = Lookup(areas, rows) if len(rows) else None

    def __getstate__(self) -> dict[str, Any]:
        return {"wkb": list(shapely.to_wkb(self._areas)), "unit": self._near.unit}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._build(state["wkb"], state["unit"])

    @property
    def nbytes(self) -> int:
        """Memory of the index: its tables, the edges, and the coordinates of the geometries."""
        coordinates = 16 * int(shapely.get_num_coordinates(self._areas).sum())
        return coordinates + (self._lookup.nbytes if self._lookup else 0)

    def locate(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        """Find the area of each point.

        Parameters
        ----------
        x, y : array_like of numbers
            Coordinates in the CRS of the areas (longitude and latitude in degrees), of
            shapes that broadcast. Points that are not finite are in no area.

        Returns
        -------
        int32 array of the broadcast shape
            The lowest row whose area covers the point, its border included; -1 for none.

        Raises
        ------
        InputError
            If the coordinates are not numbers, or their shapes do not fit.
        """
        x, y, shape = _coordinates(x, y)
        out = np.empty(len(x), np.int32)
        space = Space(min(len(x), BATCH))
        for start in range(0, len(x), BATCH):
            part = slice(start, start + BATCH)
            with np.errstate(over="ignore", invalid="ignore"):
                self._batch(x[part], y[part], out[part], space)
        return out.reshape(shape)

    def candidates(self, x: ArrayLike, y: ArrayLike, within_m: float) -> tuple[Ints, Ints, Floats]:
        """Find all areas within a distance of each point.

        Parameters
        ----------
        x, y : array_like of numbers
            As in `locate`.
        within_m : float
            Distance in metres, 0 or more. Degrees are scaled at the latitude of each point
            (WGS 84), which is right to one in a thousand within some tens of kilometres.

        Returns
        -------
        point, row : int64 arrays
            Number of the point (of the flattened input) and row of the area.
        metres : float64 array
            Distance; 0 where the area covers the point.

            Sorted by point, then distance, then row.

        Raises
        ------
        InputError
            As in `locate`, or if `within_m` is not a distance.
        """
        x, y, _ = _coordinates(x, y)
        return self._near.candidates(x, y, within_m)

    def nearest(self, x: ArrayLike, y: ArrayLike, within_m: float) -> NDArray[np.int32]:
        """Find the nearest area of each point, for points in the gaps between areas.

        Parameters
        ----------
        x, y, within_m
            As in `candidates`.

        Returns
        -------
        int32 array of the broadcast shape
            The area that covers the point, as `locate` says; else the nearest one, of several
            equally near ones the lowest; -1 where none is within the distance.
        """
        x, y, shape = _coordinates(x, y)
        out = self.locate(x, y)
        outside = np.flatnonzero(out < 0)
        point, row, _ = self._near.candidates(x[outside], y[outside], within_m)
        out[outside[point[::-1]]] = row[::-1]
        return out.reshape(shape)

    def _batch(self, x: Floats, y: Floats, out: NDArray[np.int32], space: Space) -> None:
        if self._lookup is None:
            out.fill(-1)
        else:
            self._lookup.rows(x, y, out, space)
        for row, bounds in zip(self._odd, shapely.bounds(self._areas[self._odd]), strict=True):
            west, south, east, north = bounds
            near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
            ask = np.flatnonzero(near & ((out < 0) | (out > row)))
            out[ask[covered_by(self._areas[row], x[ask], y[ask])]] = row


def _polygonal(areas: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which areas are polygons that our own arithmetic can work on."""
    polygonal = np.isin(shapely.get_type_id(areas), (3, 6))
    xy, area = shapely.get_coordinates(areas, return_index=True)
    polygonal[area[~(np.abs(xy) < _FAR).all(axis=1)]] = False
    # GEOS sees no hole beyond the bounds of its shell, where an invalid one may reach.
    rings = shapely.bounds(shapely.boundary(areas[polygonal]))
    polygonal[polygonal] = (rings == shapely.bounds(areas[polygonal])).all(axis=1)
    mask: NDArray[np.bool_] = polygonal
    return mask


def _coordinates(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats, tuple[int, ...]]:
    try:
        x, y = np.broadcast_arrays(_numbers(x), _numbers(y))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"these coordinates cannot be used, give two arrays of numbers: {error}"
        ) from None
    return x.ravel(), y.ravel(), x.shape


def _numbers(values: ArrayLike) -> Floats:
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(float), np.nan)
    return np.asarray(values, dtype=np.float64)
