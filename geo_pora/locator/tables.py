"""The tables of the point index: cells wholly inside one area, and cells on a border."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_pora.locator.geos import covered_by
from geo_pora.locator.grid import Floats, Grid, Ints
from geo_pora.locator.levels import Edges, Level, divide

FIRST, INSIDE, TURNED, UNSURE = 1, 2, 4, 8
"""Bits beside an edge of a border cell: it is the first of its area; the inner point of the
cell is inside its area; its ends change places so that the inner point is on its left; the
inner point is too near to be sure of the side."""
EDGE_BITS = 4
NOBODY = np.int32(2**31 - 1)
_SLICE = 2**20


@dataclass(frozen=True)
class Tables:
    """What a look-up reads, and never writes.

    Attributes
    ----------
    grid : Grid
    cells : (N,) int32
        Level 0 row by row, then blocks of SPLIT by SPLIT cells. The row of the area that the
        cell lies wholly inside, -1 for none; `-2 - i` for other cells, where `i < N` is the
        place of the block that divides the cell, and `i - N` the number of a border cell.
    first_edge : (C + 1,) int64
        Where the edges of each border cell begin in `edges`.
    edges : int32
        Vertex at which an edge begins, shifted left by EDGE_BITS, and its bits; by area.
    cover : (C,) int32
        Lowest row of an area that the border cell lies wholly inside, NOBODY for none.
    blur : float
        What `Edges.side` says is certain only beyond it.
    """

    grid: Grid
    cells: NDArray[np.int32]
    first_edge: Ints
    edges: NDArray[np.int32]
    cover: NDArray[np.int32]
    blur: float

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        parts = (self.cells, self.first_edge, self.edges, self.cover)
        return sum(part.nbytes for part in parts)


def build(edges: Edges, areas: NDArray[np.object_], rows: Ints) -> Tables:
    """Build the tables.

    GEOS is asked once for each patch of free cells, and once for the inner point of each
    border cell.

    Parameters
    ----------
    edges : Edges
        Edges of the areas.
    areas : (K,) polygons and multipolygons
        The areas.
    rows : (K,) int64
        Their rows, ascending.

    Returns
    -------
    Tables
    """
    grid, levels = divide(edges)
    patches = [level.patches() for level in levels]
    borders = [level.touched(divided=False) for level in levels]
    samples = [sample for _, _, sample in patches]
    x, y = np.concatenate(
        [
            grid.inner(*level.position(place), level.number)
            for places in (samples, borders)
            for level, place in zip(levels, places, strict=True)
        ],
        axis=1,
    )
    row, point = _covered(areas, rows, x, y)
    count = sum(len(sample) for sample in samples)
    first = point < count
    lowest = np.full(count, -1, np.int32)
    lowest[point[first][::-1]] = row[first][::-1]
    cells = _cells(levels, patches, lowest, np.concatenate(borders))
    hits = (point[~first] - count, row[~first])
    return Tables(grid, cells, *_border_cells(edges, grid, levels, x[count:], y[count:], hits))


def _cells(
    levels: list[Level],
    patches: list[tuple[Ints, Ints, Ints]],
    lowest: NDArray[np.int32],
    borders: Ints,
) -> NDArray[np.int32]:
    cells = np.empty(levels[-1].end, np.int32)
    first = 0
    for place, patch, sample in patches:
        cells[place] = lowest[first + patch]
        first += len(sample)
    for level, lower in pairwise(levels):
        blocks = np.arange(lower.offset, lower.end, lower.shape[1] * lower.shape[2])
        cells[level.touched(divided=True)] = -2 - blocks
    cells[borders] = -2 - len(cells) - np.arange(len(borders))
    return cells


def _border_cells(
    edges: Edges, grid: Grid, levels: list[Level], x: Floats, y: Floats, hits: tuple[Ints, Ints]
) -> tuple[Ints, NDArray[np.int32], NDArray[np.int32], float]:
    """Return the edges of the border cells with their bits; `hits`: cells and covering rows."""
    counts = np.concatenate([level.counts[~level.divided] for level in levels])
    edge = np.concatenate([v.edge[np.repeat(~v.divided, v.counts)] for v in levels])
    owner = np.repeat(np.arange(len(counts)), counts)
    # one number for a cell and an area, to find which covering areas have an edge in the cell
    wide = int(edges.row.max()) + 1
    pairs, hit = owner * wide + edges.row[edge], np.sort(hits[0] * wide + hits[1])
    nth = np.searchsorted(pairs, hit)
    known = pairs[np.minimum(nth, len(pairs) - 1)] == hit
    inside = np.zeros(len(pairs), bool)
    inside[nth[known]] = True
    whole, covering = np.divmod(hit[~known][::-1], wide)
    cover = np.full(len(counts), NOBODY, np.int32)
    cover[whole] = covering

    blur = _blur(edges, grid)
    packed = (edge << EDGE_BITS).astype(np.int32)
    packed += (np.diff(pairs, prepend=-1) != 0) * np.int32(FIRST) + inside * np.int32(INSIDE)
    for start in range(0, len(edge), _SLICE):
        part = slice(start, start + _SLICE)
        side = edges.side(edge[part], x[owner[part]], y[owner[part]])
        packed[part] += (side < 0) * np.int32(TURNED)
        packed[part] += ~(np.abs(side) > blur) * np.int32(UNSURE)
    return np.concatenate([[0], np.cumsum(counts)]), packed, cover, blur


def _covered(areas: NDArray[np.object_], rows: Ints, x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Return row and number of the points that each area covers, in order of rows."""
    order = np.argsort(x)
    x, y = x[order], y[order]
    west, south, east, north = shapely.bounds(areas).T
    first, last = np.searchsorted(x, west), np.searchsorted(x, east, "right")
    hits = []
    for i, area in enumerate(areas):
        between = y[first[i] : last[i]]
        near = first[i] + np.flatnonzero((between >= south[i]) & (between <= north[i]))
        hits.append(order[near[covered_by(area, x[near], y[near])]])
    return np.repeat(rows, [len(hit) for hit in hits]), np.concatenate(hits)


def _blur(edges: Edges, grid: Grid) -> float:
    """Bound the rounding error of `Edges.side`, for points in a cell that the edge touches.

    The error is below (3 + 16e)e times the sum of the magnitudes of the two products, with
    e = 2**-53 (Shewchuk 1997, Adaptive precision floating-point arithmetic, section 4.3);
    the products are bounded by the largest edge and the largest cell, and taken eight-fold.
    """
    cell = grid.steps(0) / grid.scale
    width, height = edges.extent()
    product = (float(width.max()) + cell) * (float(height.max()) + cell)
    return max(16 * float(np.finfo(float).eps) * product, 1e-290)
