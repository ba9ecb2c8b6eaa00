"""Areas that all lie somewhat beside their places: a wrong reference system or datum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries import projection
from geo_pora.boundaries.layer import METRES_PER_DEGREE
from geo_pora.boundaries.reading import Source
from geo_pora.boundaries.served import Served
from geo_pora.errors import InputError

_REACH_KM = 12
_LEAST_GAIN = 10
_LEAST_SHARE = 0.03
_CLEARLY = 4
_IN_PLACE = 0.5
_ALIKE_M = 700


@dataclass(frozen=True)
class Displacement:
    """By how much all areas are moved, and how many known places say so.

    Attributes
    ----------
    east_m, north_m : float
        Where the areas lie, seen from where they belong; to the nearest kilometre.
    known : int
        Villages whose place and area are known.
    inside, moved_inside : int
        Of them, how many lie in their area as the file has it, and moved back.
    """

    east_m: float
    north_m: float
    known: int
    inside: int
    moved_inside: int

    @property
    def said(self) -> str:
        """Distance and direction in words."""
        way = ("north" if self.north_m > 0 else "south") * (self.north_m != 0)
        way += ("east" if self.east_m > 0 else "west") * (self.east_m != 0)
        return f"{np.hypot(self.east_m, self.north_m) / 1000:.0f} km {way}"


def find(codes: pd.Series, shapes: np.ndarray, served: Served) -> Displacement | None:
    """Find out whether areas fit the known places of villages much better when moved.

    The areas are tried a kilometre further at a time, up to 12 km each way. Villages that
    are in their area only when it is moved are counted against those that are in it only
    as it is (as in McNemar's test of paired shares): errors of single places fall on both
    sides, a wrong reference system on one. Of real files, districts 3 km off lose a third
    of their villages and get them all back.

    Parameters
    ----------
    codes : Series of str
        Code of each area, of one level.
    shapes : array of polygons
        The areas, in degrees.
    served : Served

    Returns
    -------
    Displacement or None
        None where the areas are in their place, or too few places are known.
    """
    steps = np.arange(-_REACH_KM, _REACH_KM + 1) * 1000 / METRES_PER_DEGREE
    east, north = (axis.ravel() for axis in np.meshgrid(steps, steps))
    places = served.villages.to_numpy()
    mine = served.villages.index.str[: len(codes.iloc[0])].to_numpy()
    inside = np.zeros((len(east), len(places)), dtype=bool)
    known = np.isin(mine, codes)
    for code, shape in zip(codes, shapes, strict=True):
        rows = np.flatnonzero(mine == code)
        x, y = places[rows, 0] + east[:, None], places[rows, 1] + north[:, None]
        shapely.prepare(shape)
        inside[:, rows] |= shapely.contains_xy(shape, x, y)
    here = len(east) // 2
    best = int(inside.sum(axis=1).argmax())
    gained = int((inside[best] & ~inside[here]).sum())
    lost = int((inside[here] & ~inside[best]).sum())
    least = max(_LEAST_GAIN, _LEAST_SHARE * known.sum())
    if gained - lost < least or gained < _CLEARLY * (lost + 1):
        return None
    if inside[best].sum() < _IN_PLACE * known.sum():  # codes of one another, not one shift of all
        return None
    return Displacement(
        east_m=float(east[best] * METRES_PER_DEGREE),
        north_m=float(north[best] * METRES_PER_DEGREE),
        known=int(known.sum()),
        inside=int(inside[here].sum()),
        moved_inside=int(inside[best].sum()),
    )


def refuse(source: Source, codes: pd.Series, shapes: np.ndarray, served: Served) -> None:
    """Raise InputError where the areas are displaced, with the systems that would be right."""
    found = find(codes, shapes, served)
    if found is None:
        return
    fitting = _fitting(source, found, served)
    hint = (
        f"give --crs {fitting[0]} if that is what it is in"
        if fitting
        else "give the right one with --crs"
    )
    raise InputError(
        f"{source.file}: its areas lie {found.said} of their known places ({found.inside} of "
        f"{found.known} villages are in their area, moved back {found.moved_inside}), as when "
        f"the reference system or datum is wrong; {hint}"
    )


def _fitting(source: Source, found: Displacement, served: Served) -> list[str]:
    """Return the systems in which the file's numbers would lie where they belong."""
    west, south, east, north = source.frame.total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    right = (x - found.east_m / METRES_PER_DEGREE, y - found.north_m / METRES_PER_DEGREE)
    numbers = projection.transformer(projection.WGS84, source.system).transform(x, y)
    fitting = []
    for name in projection.usual((west, south, east, north)):
        there = projection.transformer(projection.parse(name), projection.WGS84)
        offset = np.subtract(there.transform(*numbers), right) * METRES_PER_DEGREE
        if np.hypot(*offset) < _ALIKE_M:
            fitting.append(name)
    return fitting
