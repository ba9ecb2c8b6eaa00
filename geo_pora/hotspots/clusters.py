"""ST-DBSCAN: clusters of points that are close in space and in time."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers, check_whole
from geo_pora.hotspots.zones import Floats, arc, as_points

_ROUNDING = 1e-9
_MOST_PAIRS = 100_000_000
_BLOCK_PAIRS = 2_000_000


def st_dbscan(
    coordinates: ArrayLike,
    times: ArrayLike,
    *,
    eps_space: float,
    eps_time: float,
    min_samples: int = 5,
    distance: Literal["plane", "great-circle", "projected"] = "plane",
    projected_crs: str = "EPSG:32748",
) -> NDArray[np.int64]:
    """Group points by density in space and time; points of no group are noise.

    Two points are neighbours if they are at most `eps_space` apart on the map and at most
    `eps_time` apart in time; the rest is DBSCAN. A point with at least `min_samples`
    neighbours (itself included) is a core point; core points that are neighbours share a
    cluster, and so do the neighbours of core points. Descriptive: no null hypothesis and
    no p, and it finds groups in random points too. For a test use
    :func:`geo_pora.hotspots.scan.space_time_scan`.

    Parameters
    ----------
    coordinates : array_like, shape (n, 2)
    times : array_like of numbers, dates, datetimes or timedeltas, shape (n,)
        Dates and the like count in days.
    eps_space : float
        0 or more, in the unit of the distance (``great-circle``: km, ``projected``: metres).
    eps_time : float
        0 or more, in the unit of `times`; days for dates.
    min_samples : int
    distance, projected_crs
        As in :func:`geo_pora.hotspots.scan.spatial_scan`.

    Returns
    -------
    ndarray of int64, shape (n,)
        Cluster numbers from 0; -1 for noise.

    Raises
    ------
    InputError
        If shapes do not fit, a number is missing, or there are so many pairs of
        neighbours (over 100 million) that they would not fit in memory.

    Notes
    -----
    The labels are those of scikit-learn's ``DBSCAN(metric="precomputed")`` on the sparse
    matrix of neighbours, which takes 1.5 GB for the 27 million pairs of a published
    example of 20,399 points; this takes a third. Points at the same place and time are
    neighbours like all others: a distance of 0 is nowhere stored, so it cannot be lost.

    References
    ----------
    Birant, D., Kut, A. (2007). ST-DBSCAN: an algorithm for clustering spatial-temporal
    data. *Data & Knowledge Engineering* 60(1), 208-221.

    Examples
    --------
    Three points at one place within two days are a cluster; the fourth comes too late.

    >>> st_dbscan([(0, 0)] * 4, [0, 1, 2, 30], eps_space=1, eps_time=3, min_samples=3).tolist()
    [0, 0, 0, -1]
    """
    points = as_points(coordinates, distance, projected_crs)
    moments = _as_numbers(times)
    if moments.shape != (len(points),):
        raise InputError(f"{len(points)} points and {moments.size} times: give one time per point")
    if not (eps_space >= 0 and eps_time >= 0):
        raise InputError("the reach in space and time must be 0 or more")
    check_whole(min_samples, "min_samples", 1)
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    first, near = _neighbours(
        points, moments, eps_space, eps_time, sphere=distance == "great-circle"
    )
    return _dbscan(first, near, min_samples)


def _as_numbers(times: ArrayLike) -> Floats:
    if np.ndim(times) != 1:
        raise InputError("times have rows and columns: give one time per point")
    moments = as_numbers(_in_days(pd.Series(times)), "times")
    if not np.isfinite(moments).all():
        raise InputError(f"row {int(np.argmin(np.isfinite(moments))) + 1} has no time: give one")
    return moments


def _in_days(times: pd.Series) -> pd.Series:
    """Return dates, datetimes and timedeltas as days, and numbers as they are."""
    if times.dtype.kind == "O":
        first = times.loc[times.first_valid_index()] if times.notna().any() else None
        if isinstance(first, dt.date):
            times = pd.to_datetime(times, utc=True)
        elif isinstance(first, dt.timedelta):
            times = pd.to_timedelta(times)
    if isinstance(times.dtype, pd.DatetimeTZDtype) or times.dtype.kind == "M":
        times = times - times.min()
    return times / pd.Timedelta(days=1) if times.dtype.kind == "m" else times


def _neighbours(
    points: Floats, times: Floats, eps_space: float, eps_time: float, *, sphere: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return each point's neighbours, itself among them.

    Returns
    -------
    first : ndarray of int64, shape (n + 1,)
    near : ndarray of int32
        The neighbours of point i are ``near[first[i]:first[i + 1]]``.
    """
    n = len(points)
    scaled = _scaled(points, times, eps_space, eps_time)
    tree = cKDTree(scaled)
    reach = 1 + _ROUNDING
    crowd = tree.count_neighbors(tree, reach, p=np.inf) / n
    rows = max(1, int(_BLOCK_PAIRS / crowd))
    by_place = tree.indices  # neighbours in the tree: a block of them is compact
    counts = np.zeros(n, dtype=np.int64)
    lists: list[NDArray[np.int32]] = []
    for start in range(0, n, rows):
        block = by_place[start : start + rows]
        found = cKDTree(scaled[block]).sparse_distance_matrix(
            tree, reach, p=np.inf, output_type="ndarray"
        )
        i, j = found["i"], found["j"]
        gap = np.sqrt(((points[block[i]] - points[j]) ** 2).sum(axis=1))
        gap = arc(gap) if sphere else gap
        close = (gap <= eps_space) & (np.abs(times[block[i]] - times[j]) <= eps_time)
        i, j = i[close], j[close].astype(np.int32)
        counts[block] = np.bincount(i, minlength=len(block))
        lists.append(j[np.argsort(i, kind="stable")])
        if counts.sum() > _MOST_PAIRS:
            raise InputError(
                f"more than {_MOST_PAIRS:,} pairs of points are neighbours: give a shorter "
                "reach in space or time, or fewer points"
            )
    return _in_order(counts, by_place, np.concatenate(lists))


def _scaled(points: Floats, times: Floats, eps_space: float, eps_time: float) -> Floats:
    """Return space and time in units of their reach.

    The box of half-width 1 about a point holds all its neighbours and few others. A reach
    of 0 asks for equality: distinct values are put 2 apart.
    """
    space, moment = points / (eps_space or 1.0), times / (eps_time or 1.0)
    if not eps_space:
        same_place = np.unique(points, axis=0, return_inverse=True)[1]
        space = 2 * same_place.astype(np.float64).reshape(-1, 1)
    if not eps_time:
        moment = 2 * np.unique(times, return_inverse=True)[1].astype(np.float64)
    return np.column_stack([space, moment])


def _in_order(
    counts: NDArray[np.int64], by_place: NDArray[np.int64], near: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Bring lists of neighbours from the order of the tree to that of the points."""
    first = np.concatenate([[0], np.cumsum(counts)])
    out = np.empty_like(near)
    begin = 0
    for point in by_place:
        out[first[point] : first[point + 1]] = near[begin : begin + counts[point]]
        begin += counts[point]
    return first, out


def _dbscan(
    first: NDArray[np.int64], near: NDArray[np.int32], min_samples: int
) -> NDArray[np.int64]:
    """Return the labels that scikit-learn's DBSCAN gives, without its copies of the pairs.

    Clusters are the connected components of the core points, numbered by their first core
    point; another point joins the first cluster that has a core point near it.
    """
    n = len(first) - 1
    core = np.diff(first) >= min_samples
    part = np.arange(n)
    for start, stop in _blocks(first):
        i, j = _pairs(first, near, start, stop)
        both = core[i] & core[j]
        ones = np.ones(int(both.sum()), dtype=np.int8)
        graph = sparse.coo_array((ones, (part[i[both]], part[j[both]])), shape=(n, n))
        part = connected_components(graph, directed=False)[1][part]
    labels = np.full(n, n, dtype=np.int64)
    _, begins, member = np.unique(part[core], return_index=True, return_inverse=True)
    labels[core] = np.argsort(np.argsort(begins))[member]
    border = np.full(n, n, dtype=np.int64)
    for start, stop in _blocks(first):
        i, j = _pairs(first, near, start, stop)
        joins = ~core[i] & core[j]
        np.minimum.at(border, i[joins], labels[j[joins]])
    labels = np.where(core, labels, border)
    return np.where(labels == n, -1, labels)


def _blocks(first: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut the points into runs with about as many pairs as fit a block."""
    cuts = np.searchsorted(first, np.arange(0, first[-1] + _BLOCK_PAIRS, _BLOCK_PAIRS))
    edges = np.unique(np.minimum(cuts, len(first) - 1))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _pairs(
    first: NDArray[np.int64], near: NDArray[np.int32], start: int, stop: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    i = np.repeat(np.arange(start, stop), np.diff(first[start : stop + 1]))
    return i, near[first[start] : first[stop]]
