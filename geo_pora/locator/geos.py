"""Asking GEOS without a trace: areas stay unprepared, so that threads can share them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_pora.locator.grid import Floats, Ints


def covered_by(area: shapely.Geometry, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Tell which points one area covers, as `shapely.intersects_xy` does, on a copy of it.

    `intersects_xy` prepares its area in place, which is not thread-safe. And the first answer
    that a prepared area gives is worked out in another way than all others, which shows in
    invalid multipolygons: it is spent on a vertex.
    """
    copy = shapely.from_wkb(shapely.to_wkb(area))
    first = shapely.get_coordinates(copy)[0]
    covered: NDArray[np.bool_] = shapely.intersects_xy(
        copy, np.concatenate([first[:1], x]), np.concatenate([first[1:], y])
    )
    return covered[1:]


def covered_by_each(
    areas: NDArray[np.object_], invalid: NDArray[np.bool_], rows: Ints, x: Floats, y: Floats
) -> NDArray[np.bool_]:
    """Tell which points the area beside each covers.

    Parameters
    ----------
    areas, invalid : of all rows
    rows, x, y : (N,)
        Areas and points.
    """
    covered: NDArray[np.bool_] = shapely.intersects_xy(areas[rows], x, y)
    for row in np.unique(rows[invalid[rows]]):
        here = np.flatnonzero(rows == row)
        covered[here] = covered_by(areas[row], x[here], y[here])
    return covered
