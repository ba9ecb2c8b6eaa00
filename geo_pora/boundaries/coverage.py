"""Areas that fit together: what is wrong with them, and its repair, measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries.layer import METRES_PER_DEGREE, polygonal
from geo_pora.errors import InputError

_TOUCH_KM2 = 1e-9
"""Overlaps and gaps smaller than this are noise of the arithmetic (1 mm wide, 1 m long)."""


@dataclass(frozen=True)
class Repair:
    """What cleaning changed.

    Attributes
    ----------
    overlap_km2, gap_km2 : float
        Ground that was in two areas, and in none between areas, and is in one now.
    overlaps, gaps : int
        How many of them there were.
    wide_overlaps : int
        Overlaps wider than the tolerance; they are ground in dispute, not slivers.
    kept_gaps : int
        Gaps wider than the tolerance, which stay: a lake, a forest without a village.
    widest_m : float
        Width of the widest strip that changed hands, overlaps apart, whose points
        count for the lowest code before and after: no other point farther than
        this from a border is in another area than before.
    """

    overlap_km2: float = 0.0
    gap_km2: float = 0.0
    overlaps: int = 0
    gaps: int = 0
    wide_overlaps: int = 0
    kept_gaps: int = 0
    widest_m: float = 0.0

    @property
    def said(self) -> str:
        """The repair in one sentence."""
        wide = f", {self.wide_overlaps} of them wide" if self.wide_overlaps else ""
        return (
            f"{self.overlaps} overlaps ({self.overlap_km2:.3f} km2{wide}) given to the lower code "
            f"and {self.gaps} gaps ({self.gap_km2:.3f} km2) closed, {self.kept_gaps} wider gaps "
            f"kept; no border moved more than {self.widest_m:.0f} m"
        )


def km2(geometries: np.ndarray) -> np.ndarray:
    """Return areas of small shapes in km2, near enough for a report (0.5%)."""
    bounds = shapely.bounds(geometries)
    y = (bounds[..., 1] + bounds[..., 3]) / 2
    scale = (METRES_PER_DEGREE / 1000) ** 2
    return np.asarray(np.nan_to_num(shapely.area(geometries) * scale * np.cos(np.radians(y))))


def width_m(geometry: shapely.Geometry) -> float:
    """Return the width of a shape: the diameter of the largest circle in it."""
    if geometry.is_empty or geometry.area == 0:
        return 0.0
    tolerance = 1 / METRES_PER_DEGREE
    circle = shapely.maximum_inscribed_circle(geometry, tolerance)
    return 2 * float(shapely.length(circle)) * METRES_PER_DEGREE


def valid(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return polygons made valid and 2D, and which of them were not.

    A missing or empty shape, or one without an area, becomes an empty polygon.
    """
    flat = shapely.force_2d(geometries)
    empty = shapely.is_missing(flat) | shapely.is_empty(flat)
    flat = np.where(empty, shapely.Polygon(), flat)
    finite = np.isfinite(shapely.bounds(flat)).all(axis=1) | empty
    flat = np.where(finite, flat, shapely.Polygon())
    bad = ~shapely.is_valid(flat) | ~finite
    fixed = flat.copy()
    fixed[bad] = shapely.make_valid(flat[bad], method="structure", keep_collapsed=False)
    return polygonal(fixed), bad


def overlaps(geometries: np.ndarray) -> pd.DataFrame:
    """Return every pair of areas that share ground: `left`, `right`, `km2`, `geometry`."""
    left, right = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    left, right = left[left < right], right[left < right]
    deep = ~shapely.touches(geometries[left], geometries[right])
    left, right = left[deep], right[deep]
    common = polygonal(shapely.intersection(geometries[left], geometries[right]))
    frame = pd.DataFrame({"left": left, "right": right, "km2": km2(common)})
    frame["geometry"] = common
    return frame[frame["km2"] > _TOUCH_KM2].reset_index(drop=True)


def gaps(geometries: np.ndarray) -> np.ndarray:
    """Return the holes between the areas, as polygons."""
    whole = shapely.get_parts(shapely.union_all(geometries))
    rings = [ring for part in whole if part.geom_type == "Polygon" for ring in part.interiors]
    holes = shapely.polygons(np.array(rings, dtype=object)) if rings else np.array([])
    return np.asarray(holes[km2(holes) > _TOUCH_KM2] if len(holes) else holes)


def clean(
    geometries: np.ndarray, labels: list[str], tolerance_m: float, file: str
) -> tuple[np.ndarray, Repair, pd.DataFrame, np.ndarray]:
    """Make valid areas a coverage: no overlaps, no gaps up to the tolerance, common vertices.

    Ground in two areas goes to the first of them, which is where a point in two
    areas is counted anyway, so closing overlaps changes no count.

    Parameters
    ----------
    geometries : array of valid Polygon and MultiPolygon, EPSG:4326, in order of code
    labels : list of str
        What to call each area in a message.
    tolerance_m : float
        Widest gap that is closed and widest strip that may change hands, in metres.
    file : str
        Name of the file, for the message.

    Returns
    -------
    tuple
        The cleaned areas, what was changed, the overlaps and gaps as they were.

    Raises
    ------
    InputError
        If an area lies for the most part in others, or cannot be fitted within the
        tolerance.
    """
    crossing, holes = overlaps(geometries), gaps(geometries)
    counted = _without_overlaps(geometries, crossing, labels, file)
    # A little less than the tolerance: GEOS measures the width of a gap roughly.
    width = 0.95 * tolerance_m / METRES_PER_DEGREE
    cleaned = shapely.coverage_clean(geometries, gap_width=width, merge_strategy="min_index")
    cleaned, _ = valid(polygonal(cleaned))
    moved = polygonal(shapely.symmetric_difference(counted, cleaned))
    strips = shapely.get_parts(moved[~shapely.is_empty(moved)])
    most = max((width_m(strip) for strip in strips[km2(strips) > _TOUCH_KM2]), default=0.0)
    lost = shapely.is_empty(cleaned)
    if most > tolerance_m or lost.any():
        what = f"{labels[int(np.argmax(lost))]} would vanish" if lost.any() else f"{most:.0f} m"
        raise InputError(
            f"{file}: its areas cannot be fitted together within {tolerance_m:g} m ({what}); "
            "correct the file, or give another --tolerance"
        )
    left = gaps(cleaned)
    closed = max(float(km2(holes).sum()) - float(km2(left).sum()), 0.0)
    crossing["width_m"] = [width_m(shape) for shape in crossing["geometry"]]
    repair = Repair(
        overlap_km2=float(crossing["km2"].sum()),
        gap_km2=closed,
        overlaps=len(crossing),
        gaps=max(len(holes) - len(left), 0),
        wide_overlaps=int((crossing["width_m"] > tolerance_m).sum()),
        kept_gaps=len(left),
        widest_m=most,
    )
    return cleaned, repair, crossing, holes


def _without_overlaps(
    geometries: np.ndarray, crossing: pd.DataFrame, labels: list[str], file: str
) -> np.ndarray:
    """Return the areas as they are counted: ground in two of them is the first one's."""
    counted = geometries.copy()
    for left, right in zip(crossing["left"], crossing["right"], strict=True):
        counted[right] = shapely.difference(counted[right], geometries[left])
    counted = polygonal(counted)
    for row in np.nonzero(shapely.area(counted) < shapely.area(geometries) / 2)[0]:
        mine = crossing[crossing["right"] == row].sort_values("km2", ascending=False)
        raise InputError(
            f"{file}: {labels[row]} lies for the most part in {labels[mine['left'].iloc[0]]}; "
            "correct the file: areas of one level cannot contain each other"
        )
    return counted
