"""Who is whose neighbour: binary spatial weights as sparse matrices.

A weights matrix is square, one row per area; an entry of 1 says that the
column's area is a neighbour of the row's. An area is not its own neighbour
here: statistics that count it in (the star of Gi*) add it themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import check_whole
from geo_pora.hotspots.zones import Distance, as_points

Weights: TypeAlias = sparse.csr_array

_ROUNDING = 1e-9


def contiguity(
    areas: gpd.GeoDataFrame, tolerance_m: float = 50, projected_crs: str = "EPSG:32748"
) -> Weights:
    """Return which areas touch, or lie within a tolerance of each other.

    Real boundary files have sliver gaps and overlaps between neighbours, so that shared
    vertices are not to be relied on.

    Parameters
    ----------
    areas : GeoDataFrame, n rows, with a CRS
    tolerance_m : float
        Areas up to this many metres apart are neighbours.
    projected_crs : str
        CRS in metres to measure in.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n), symmetric
    """
    if areas.crs is None:
        raise InputError("the areas have no CRS: set it, for example EPSG:4326")
    metric = areas.geometry.to_crs(projected_crs)
    rows, columns = metric.sindex.query(metric, predicate="dwithin", distance=tolerance_m)
    return from_pairs(rows, columns, len(areas))


def windows(areas: gpd.GeoDataFrame) -> dict[str, tuple[str, ...]]:
    """Return of each area, by code, the codes of those that touch it and its own.

    What Gi* judges an area by; an area where nobody is adds nothing to it.
    """
    near = contiguity(areas) + sparse.eye_array(len(areas), format="csr")
    codes = areas["code"].astype(str).to_numpy()
    return {
        code: tuple(codes[near.indices[near.indptr[row] : near.indptr[row + 1]]])
        for row, code in enumerate(codes)
    }


def distance_band(
    coordinates: ArrayLike,
    threshold: float,
    distance: Distance = "plane",
    projected_crs: str = "EPSG:32748",
) -> Weights:
    """Return which areas are at most `threshold` apart.

    Parameters
    ----------
    coordinates : array_like, shape (n, 2)
    threshold : float
        In the unit of the distance: of the coordinates, km (``great-circle``) or metres.
    distance, projected_crs
        As in :func:`geo_pora.hotspots.scan.spatial_scan`.

    Examples
    --------
    >>> distance_band([(0, 0), (3, 4), (9, 9)], 5).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    if not threshold > 0:
        raise InputError(f"a distance band of {threshold:g} holds no neighbours: give more than 0")
    points = as_points(coordinates, distance, projected_crs)
    reach = _chord(threshold) if distance == "great-circle" else threshold
    pairs = cKDTree(points).query_pairs(reach * (1 + _ROUNDING), output_type="ndarray")
    first, second = np.vstack([pairs, pairs[:, ::-1]]).T
    return from_pairs(first, second, len(points))


def k_nearest(
    coordinates: ArrayLike,
    k: int,
    distance: Distance = "plane",
    projected_crs: str = "EPSG:32748",
) -> Weights:
    """Return the k nearest neighbours of each area; of equally near ones the first in the data.

    Parameters
    ----------
    coordinates : array_like, shape (n, 2)
    k : int
        1 to n - 1.
    distance, projected_crs
        As in :func:`geo_pora.hotspots.scan.spatial_scan`.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n), not symmetric in general
    """
    points = as_points(coordinates, distance, projected_crs)
    n = len(points)
    check_whole(k, "the number of nearest neighbours", 1)
    if k >= n:
        raise InputError(f"{k} nearest neighbours of {n} areas: give 1 to {n - 1}")
    nearest = np.empty((n, k), dtype=np.int64)
    for row in range(n):
        gap = ((points - points[row]) ** 2).sum(axis=1)
        gap[row] = np.inf
        nearest[row] = np.argsort(gap, kind="stable")[:k]
    return from_pairs(np.repeat(np.arange(n), k), nearest.ravel(), n)


def higher_order(weights: Any, order: int) -> Weights:
    """Return which areas are exactly `order` steps apart, on the shortest way.

    Examples
    --------
    >>> row = from_pairs([0, 1, 1, 2], [1, 0, 2, 1], 3)
    >>> higher_order(row, 2).toarray().astype(int).tolist()
    [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    """
    first = as_binary(weights)
    n = first.shape[0]
    seen = np.eye(n, dtype=bool)
    step = np.eye(n, dtype=bool)
    for _ in range(order):
        step = (step.astype(np.float64) @ first > 0) & ~seen
        seen |= step
    return sparse.csr_array(step.astype(np.float64))


def from_pairs(rows: Iterable[int], columns: Iterable[int], n: int) -> Weights:
    """Return binary weights of pairs of row and column numbers; pairs of one area are left out."""
    i, j = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    if not ((i >= 0) & (i < n) & (j >= 0) & (j < n)).all():
        raise InputError(f"a pair names an area outside 0 to {n - 1}: count areas from 0")
    apart = i != j
    matrix = sparse.csr_array((np.ones(int(apart.sum())), (i[apart], j[apart])), shape=(n, n))
    matrix.data[:] = 1  # a pair given twice is one neighbour
    return matrix


def as_binary(weights: Any) -> Weights:
    """Return weights of any usual kind as a binary matrix with an empty diagonal.

    Row-standardised weights are taken back to the neighbours they came from. They are
    no input for Gi*: with the area itself added after the division, its analytic z is wrong.

    Parameters
    ----------
    weights : scipy sparse matrix, array_like, libpysal Graph or W
        Square, one row per area.

    Raises
    ------
    InputError
        If the matrix is not square or its rows hold different weights (distance decay).
    """
    try:
        matrix = sparse.csr_array(getattr(weights, "sparse", weights)).astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"weights cannot be a {type(weights).__name__}: give a square matrix, or a Graph or W "
            "of libpysal"
        ) from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"weights have the shape {matrix.shape}: give a square matrix")
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    largest = np.zeros(matrix.shape[0])
    np.fmax.at(largest, row, matrix.data)
    if not (np.isclose(matrix.data, largest[row], rtol=1e-9, atol=0) & (matrix.data > 0)).all():
        raise InputError("the weights of one area differ between its neighbours: give binary ones")
    matrix.data[:] = 1
    return matrix


def row_standardised(weights: Any) -> Weights:
    """Return weights whose rows sum to 1; rows of areas without neighbours stay empty."""
    matrix = as_binary(weights)
    counts: NDArray[np.int64] = np.diff(matrix.indptr)
    matrix.data = 1 / np.repeat(counts, counts).astype(np.float64)
    return matrix


def _chord(arc_km: float) -> float:
    from geo_pora.hotspots.zones import EARTH_RADIUS_KM

    return float(2 * EARTH_RADIUS_KM * np.sin(min(arc_km / (2 * EARTH_RADIUS_KM), np.pi / 2)))
