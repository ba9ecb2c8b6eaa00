"""Candidate zones of the scan statistics: the areas about a centre, nearest first.

Distances and their ties follow SaTScan, so that published answers come out:
locations at the same coordinates enter a zone together, and of two others at
the same distance the one with the lesser coordinates enters first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers

Distance = Literal["plane", "great-circle", "projected"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH_RADIUS_KM = 6367.0
"""Radius of the sphere that SaTScan takes for the earth, km."""

_CAP_TOLERANCE = 1e-12
_REACH_TOLERANCE = 1e-9
_CACHED_ORDERS = 64 * 2**20


@dataclass(frozen=True)
class Zone:
    """The nested zones about one centre.

    Attributes
    ----------
    centre : int
        The location at the centre.
    order : ndarray of int64, shape (k,)
        Locations from the nearest outwards; the first m of them are the m-th zone.
    radius : ndarray of float64, shape (k,)
        Distance from the centre to each of them.
    """

    centre: int
    order: Ints
    radius: Floats


class Zones:
    """All circular zones over a set of locations, within the caps on their size.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct locations in a space where straight-line distance orders them.
    weight : ndarray, shape (n,)
        Population at risk of each location.
    max_share : float
        Largest share of all weight that a zone may hold, over 0 and at most 1.
    max_radius : float, optional
        Largest distance from the centre.
    sphere : bool
        Whether `points` lie on SaTScan's sphere: distances are then along it.
    """

    def __init__(
        self,
        points: Floats,
        weight: Floats,
        max_share: float,
        max_radius: float | None = None,
        *,
        sphere: bool = False,
    ) -> None:
        if not 0 < max_share <= 1:
            raise InputError(
                f"the largest share of the population in a window is {max_share:g}: "
                "give a number over 0 and at most 1, for example 0.5"
            )
        if max_radius is not None and not max_radius > 0:
            raise InputError(f"the largest radius is {max_radius:g}: give a number over 0")
        self._points = points
        self._weight = weight
        self._cap = max_share * weight.sum() * (1 + _CAP_TOLERANCE)
        self._max_radius = np.inf if max_radius is None else max_radius * (1 + _REACH_TOLERANCE)
        self._sphere = sphere
        # Ties in distance are broken by coordinates: first axis first, lesser first.
        self._tie_rank = np.empty(len(points), dtype=np.int64)
        self._tie_rank[np.lexsort(points.T[::-1])] = np.arange(len(points))
        self._cache: dict[int, Zone] | None = {} if 8 * len(points) ** 2 <= _CACHED_ORDERS else None

    def __len__(self) -> int:
        return len(self._points)

    def __iter__(self) -> Iterator[Zone]:
        return (self.about(centre) for centre in range(len(self)))

    def about(self, centre: int) -> Zone:
        """Return the zones about the location `centre`; none where a cap excludes it alone."""
        if self._cache is not None and centre in self._cache:
            return self._cache[centre]
        distance = np.sqrt(((self._points - self._points[centre]) ** 2).sum(axis=1))
        # Single precision: equal distances differ in their last digits on a grid of decimals.
        order = np.lexsort((self._tie_rank, distance.astype(np.float32)))
        radius = distance[order]
        if self._sphere:
            radius = arc(radius)
        inside = (np.cumsum(self._weight[order]) <= self._cap) & (radius <= self._max_radius)
        size = len(order) if inside.all() else int(np.argmin(inside))
        zone = Zone(centre, order[:size], radius[:size])
        if self._cache is not None:
            self._cache[centre] = zone
        return zone


def arc(chord: Floats) -> Floats:
    """Return the length along SaTScan's sphere of a straight line through it, km."""
    diameter = 2 * EARTH_RADIUS_KM
    return diameter * np.arcsin(np.minimum(chord / diameter, 1.0))


def on_sphere(longitude_latitude: Floats) -> Floats:
    """Return points on SaTScan's sphere, km, shape (n, 3), of degrees, shape (n, 2)."""
    longitude, latitude = np.radians(longitude_latitude).T
    return EARTH_RADIUS_KM * np.column_stack(
        [
            np.cos(longitude) * np.cos(latitude),
            np.sin(longitude) * np.cos(latitude),
            np.sin(latitude),
        ]
    )


def as_points(
    coordinates: ArrayLike, distance: Distance, projected_crs: str = "EPSG:32748"
) -> Floats:
    """Return coordinates in a space where straight-line distance orders locations.

    Parameters
    ----------
    coordinates : array_like, shape (n, 2)
        x and y for ``plane``; longitude and latitude in degrees for the others.
    distance : {"plane", "great-circle", "projected"}
        ``plane`` takes the numbers as they are. ``great-circle`` puts degrees on a
        sphere of 6367 km as SaTScan does (km). ``projected`` projects degrees (WGS 84)
        to `projected_crs` (metres).
    projected_crs : str
        Target of ``projected``; UTM zone 48 south by default.

    Returns
    -------
    ndarray of float64, shape (n, 2) or (n, 3)

    Raises
    ------
    InputError
        If a coordinate is missing, not a number, or not a degree where it should be, or
        `projected_crs` is not a projected CRS.
    """
    table = as_numbers(coordinates, "coordinates")
    if table.ndim != 2 or table.shape[1] != 2:
        raise InputError(f"coordinates have the shape {table.shape}: give one x and y per row")
    _check_rows(np.isfinite(table).all(axis=1), "has no coordinates")
    if distance == "plane":
        return table
    if distance not in ("great-circle", "projected"):
        raise InputError(f"{distance!r} is not a distance: write plane, great-circle or projected")
    in_range = np.abs(table) <= [180, 90]
    _check_rows(in_range.all(axis=1), "is not a longitude and latitude in degrees, in this order")
    if distance == "great-circle":
        return on_sphere(table)
    return _projected(table, projected_crs)


def _projected(longitude_latitude: Floats, crs: str) -> Floats:
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    try:
        target = CRS.from_user_input(crs)
    except CRSError:
        raise InputError(f"{crs!r} is no CRS: write for example EPSG:32748") from None
    if not target.is_projected:
        raise InputError(f"{crs} measures in degrees: give a projected CRS, say EPSG:32748")
    transformer = Transformer.from_crs("EPSG:4326", target, always_xy=True)
    points = np.column_stack(transformer.transform(*longitude_latitude.T))
    _check_rows(np.isfinite(points).all(axis=1), f"cannot be projected to {crs}")
    return points


def coincident(points: Floats) -> tuple[Floats, Ints]:
    """Return the distinct points in order of first appearance, and each row's point.

    Returns
    -------
    distinct : ndarray, shape (m, d)
    location : ndarray of int64, shape (n,)
        ``distinct[location]`` gives `points` back.
    """
    _, first, inverse = np.unique(points, axis=0, return_index=True, return_inverse=True)
    by_appearance = np.argsort(first, kind="stable")
    place = np.empty(len(first), dtype=np.int64)
    place[by_appearance] = np.arange(len(first))
    return points[first[by_appearance]], place[inverse.ravel()]


def _check_rows(good: NDArray[np.bool_] | np.bool_, fault: str) -> None:
    if not good.all():
        raise InputError(f"row {int(np.argmin(good)) + 1} of the coordinates {fault}: correct it")
