"""The areas served, as a yardstick for boundary files: their names, codes and places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries.layer import METRES_PER_DEGREE, indicative
from geo_pora.boundaries.naming import Names
from geo_pora.gazetteer import CODE_LENGTH, LEVELS, Gazetteer, Level

# How much of a district's villages must have their point in it, for it to be in its place.
MIN_SHARE_IN_PLACE = 0.3
FEW_IN_PLACE = 0.6
"""With fewer of them a district is reported: each of 52 real ones holds 3 in 4 or more."""
FAR_M = 2_000
"""A village's point farther than this from its area is reported: 1 in 300 real ones is."""
BESIDE_M = 5_000
"""An area no farther than this from among a coarser one's villages can be part of it."""
TOO_FAR_M = 12_000
"""Farther than this it contradicts the code: twice the largest error known of the gazetteer."""


@dataclass(frozen=True, eq=False)
class Served:
    """What the gazetteer and the indicative layer know of the regencies served."""

    gazetteer: Gazetteer
    regencies: tuple[str, ...]

    @cached_property
    def names(self) -> dict[Level, Names]:
        """Names of each level."""
        return {level: Names(self.gazetteer, level, self.regencies) for level in LEVELS}

    @cached_property
    def villages(self) -> pd.DataFrame:
        """`longitude` and `latitude` by village code."""
        areas = self.gazetteer.areas
        mine = areas["code"].str[:5].isin(self.regencies) & (areas["level"] == "village")
        return areas[mine].set_index("code")[["longitude", "latitude"]]

    @cached_property
    def points(self) -> np.ndarray:
        """Points of `villages`, in its order."""
        return np.asarray(shapely.points(self.villages.to_numpy()))

    @cached_property
    def _outline(self) -> shapely.Geometry | None:
        layer = indicative(self.gazetteer).areas("regency")
        mine = layer[layer["code"].isin(self.regencies)]
        return mine.union_all() if len(mine) else None

    def inside(self, geometries: np.ndarray) -> np.ndarray:
        """Tell which geometries have their inner point in the regencies, as far as is known."""
        if self._outline is None:
            return np.ones(len(geometries), dtype=bool)
        return np.asarray(shapely.intersects(self._outline, shapely.point_on_surface(geometries)))

    def regency_at(self, geometries: np.ndarray) -> np.ndarray:
        """Return the code of the regency that the inner point of each most likely lies in."""
        layer = indicative(self.gazetteer).areas("regency")
        tree = shapely.STRtree(layer.geometry.to_numpy())
        nearest = tree.nearest(shapely.point_on_surface(geometries))
        codes: np.ndarray = np.asarray(layer["code"], dtype=object)
        return np.asarray(codes[nearest])

    def within(self, geometries: np.ndarray) -> list[list[str]]:
        """Return, for each geometry, the codes of the villages whose points it covers."""
        rows, points = shapely.STRtree(self.points).query(geometries, predicate="covers").tolist()
        codes = self.villages.index
        found: list[list[str]] = [[] for _ in geometries]
        for row, point in zip(rows, points, strict=True):
            found[row].append(str(codes[point]))
        return found

    def distance_m(self, code: str, geometry: shapely.Geometry) -> float:
        """Return how far the point of a village is from an area; NaN for one without a point."""
        if code not in self.villages.index:
            return float("nan")
        point = self.points[self.villages.index.get_loc(code)]
        return float(shapely.distance(point, geometry)) * METRES_PER_DEGREE

    def share_in_place(self, code: str, geometry: shapely.Geometry) -> float:
        """Return which share of an area's villages have their points in it; NaN for none."""
        mine = self.villages.index.str.startswith(code + ".")
        if not mine.any():
            return float("nan")
        return float(shapely.intersects(geometry, self.points[mine]).mean())

    def beside_m(self, code: str, geometry: shapely.Geometry) -> float:
        """Return how far an area is from among a coarser one's villages; NaN where it has none."""
        mine = self.points[self.villages.index.str.startswith(code + ".")]
        hull = shapely.convex_hull(shapely.multipoints(mine))
        return float(shapely.distance(hull, geometry)) * METRES_PER_DEGREE

    def codes(self, level: Level) -> list[str]:
        """Return the codes of a level in the regencies served."""
        return [c for c in self.gazetteer.codes(level) if c[:5] in self.regencies]


def code_level(code: str) -> Level:
    """Return the level of a code by its length."""
    return next(level for level in LEVELS if CODE_LENGTH[level] == len(code))


def rows_inside(frame: gpd.GeoDataFrame, served: Served) -> np.ndarray:
    """Tell which features lie in the regencies served; none for a missing shape."""
    geometry = frame.geometry.to_numpy()
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    result = np.zeros(len(frame), dtype=bool)
    result[present] = served.inside(geometry[present])
    return result
