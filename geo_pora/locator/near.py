"""Areas near a point, by distance in metres."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_pora.errors import InputError
from geo_pora.locator.grid import Floats, Ints

_EQUATOR, _FLATTENING = 6_378_137.0, 1 / 298.257_223_563
_BATCH = 2**13


def metres_per_unit(crs: Any) -> float | None:
    """Return the metres of one unit of a projected CRS, None for degrees."""
    if crs is None or crs.is_geographic:
        return None
    return float(crs.axis_info[0].unit_conversion_factor)


class Near:
    """Distances from points to areas.

    Parameters
    ----------
    areas : (K,) geometries or None
    unit : float or None
        Metres of one unit of the coordinates; None for longitude and latitude in degrees.
    """

    def __init__(self, areas: NDArray[np.object_], unit: float | None) -> None:
        self._areas = areas
        self.unit = unit
        there = ~(shapely.is_missing(areas) | shapely.is_empty(areas))
        self._rows = np.flatnonzero(there & np.isfinite(shapely.bounds(areas)).all(axis=1))
        bounds = shapely.bounds(areas[self._rows])
        self._tree = shapely.STRtree(shapely.box(*bounds.T))

    def candidates(self, x: Floats, y: Floats, within_m: float) -> tuple[Ints, Ints, Floats]:
        """Return point, row and metres, sorted; see `Locator.candidates`."""
        if not (np.isfinite(within_m) and within_m >= 0):
            raise InputError(f"{within_m} is not a distance: give metres, 0 or more")
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        parts = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
        for start in range(0, len(finite), _BATCH):
            points = finite[start : start + _BATCH]
            point, row, metres = self._batch(x[points], y[points], float(within_m))
            parts.append((points[point], row, metres))
        point, row, metres = (np.concatenate(part) for part in zip(*parts, strict=True))
        return point, row, metres

    def _batch(self, x: Floats, y: Floats, within_m: float) -> tuple[Ints, Ints, Floats]:
        across, along = self._scales(y)
        dx, dy = within_m / across, within_m / along
        # a hair wider, so that rounding loses nothing at the rim
        boxes = shapely.box(x - 1.001 * dx, y - 1.001 * dy, x + 1.001 * dx, y + 1.001 * dy)
        point, found = self._tree.query(boxes)
        row = self._rows[found]
        metres = _distances(self._areas[row], x[point], y[point], across[point], along[point])
        inside = np.flatnonzero(shapely.intersects_xy(self._areas[row], x[point], y[point]))
        metres[inside] = 0.0
        keep = np.flatnonzero(metres <= within_m)
        point, row, metres = point[keep], row[keep], metres[keep]
        order = np.lexsort((row, metres, point))
        return point[order], row[order], metres[order]

    def _scales(self, y: Floats) -> tuple[Floats, Floats]:
        """Return the metres of one unit of x and of y at each point."""
        if self.unit is not None:
            return np.full(len(y), self.unit), np.full(len(y), self.unit)
        latitude = np.radians(np.clip(y, -89.9, 89.9))
        square = _FLATTENING * (2 - _FLATTENING)
        root = 1 - square * np.sin(latitude) ** 2
        across = np.radians(_EQUATOR * np.cos(latitude) / np.sqrt(root))
        along = np.radians(_EQUATOR * (1 - square) / root**1.5)
        return across, along


def _distances(
    areas: NDArray[np.object_], x: Floats, y: Floats, across: Floats, along: Floats
) -> Floats:
    """Return the metres from each area to the point beside it."""
    counts = shapely.get_num_coordinates(areas)
    origin = np.repeat(np.column_stack([x, y]), counts, axis=0)
    scale = np.repeat(np.column_stack([across, along]), counts, axis=0)
    local = shapely.transform(areas, lambda xy: (xy - origin) * scale)
    metres: Floats = shapely.distance(local, shapely.points(0.0, 0.0))
    return metres
