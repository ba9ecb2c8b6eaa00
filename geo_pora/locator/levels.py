"""The edges of all areas, and level by level the cells that they touch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from geo_pora.locator.grid import SPLIT, Floats, Grid, Ints, touched

_LEVEL_0 = 2**20
"""At most so many cells at level 0 (4 bytes each)."""
_DIVIDED = 2**18
"""About so many of them are divided at most (256 bytes each)."""
_CROWDED = 8
"""A cell of level 1 or deeper is divided again where areas have more edges than their first."""
_EDGES_AGAIN = 2**16
"""So many edges at most are drawn again at each level, of the most crowded cells: where edges
run along one another (slivers, a needle's tip) no division parts them."""
_SLICE = 2**18
"""So many edges are drawn into the grid at a time."""
_SIDES = np.array([[[0] * 3] * 3, [[0, 1, 0], [1, 1, 1], [0, 1, 0]], [[0] * 3] * 3])


@dataclass(frozen=True)
class Edges:
    """The rings of areas, one after the other.

    Attributes
    ----------
    x, y : (V,) float64
        Vertices.
    row : (V,) int32
        Row of the area of each vertex, ascending.
    start : (E,) int64
        Vertices at which an edge to the next vertex begins: all but the last of each ring.
    """

    x: Floats
    y: Floats
    row: NDArray[np.int32]
    start: Ints

    @classmethod
    def of(cls, areas: NDArray[np.object_], rows: Ints) -> Edges:
        """Take the edges of polygons and multipolygons, given with their rows."""
        parts, area = shapely.get_parts(areas, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        x, y = np.ascontiguousarray(xy.T)
        row = rows[area[part[ring]]].astype(np.int32)
        return cls(x, y, row, np.flatnonzero(ring[1:] == ring[:-1]))

    @property
    def nbytes(self) -> int:
        """Memory of the edges."""
        return self.x.nbytes + self.y.nbytes + self.row.nbytes + self.start.nbytes

    def extent(self) -> tuple[Floats, Floats]:
        """Return width and height of each edge."""
        end = self.start + 1
        return np.abs(self.x[end] - self.x[self.start]), np.abs(self.y[end] - self.y[self.start])

    def grid(self, cells: int) -> Grid:
        """Lay a grid whose tables are in proportion to the number of edges."""
        count = len(self.start)
        crossings = max(3 * min(count, 500_000), 500)
        length = sum(float(part.sum()) for part in self.extent())
        return Grid.over(self.x, self.y, length / crossings, cells)

    def side(self, start: Ints, x: Floats, y: Floats) -> Floats:
        """Return twice the area of edge and point: positive where the point is on the left."""
        x1, y1, x2, y2 = self.x[start], self.y[start], self.x[start + 1], self.y[start + 1]
        doubled: Floats = (x1 - x) * (y2 - y) - (y1 - y) * (x2 - x)
        return doubled


@dataclass
class Level:
    """The cells of one level: blocks of them, and the pairs of a cell and an edge it touches.

    Attributes
    ----------
    number : int
        0 for the coarsest.
    offset : int
        Place of the first cell in the table of all levels.
    shape : blocks, rows in a block, columns in a block
    columns, rows : (blocks,) int64
        First column and row of each block, in cells of this level.
    place, edge : (pairs,) int64
        Cell, and vertex at which the edge begins; sorted by both.
    starts : (touched cells,) int64
        Where the pairs of each touched cell begin.
    divided : (touched cells,) bool
        Cells that have a block at the next level; the other touched ones are border cells.
    """

    number: int
    offset: int
    shape: tuple[int, int, int]
    columns: Ints
    rows: Ints
    place: Ints
    edge: Ints
    starts: Ints = field(init=False)
    divided: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        order = np.argsort(self.place * (self.edge.max(initial=0) + 1) + self.edge)
        self.place, self.edge = self.place[order], self.edge[order]
        self.starts = np.flatnonzero(np.diff(self.place, prepend=-1))
        self.divided = np.zeros(len(self.starts), bool)

    @property
    def end(self) -> int:
        """Place after the last cell."""
        return self.offset + int(np.prod(self.shape))

    @property
    def counts(self) -> Ints:
        """Edges in each touched cell."""
        return np.diff(self.starts, append=len(self.place))

    def touched(self, divided: bool) -> Ints:
        """Return the places of the touched cells that are divided, or not."""
        places: Ints = self.place[self.starts[self.divided == divided]]
        return places

    def position(self, place: Ints) -> tuple[Ints, Ints]:
        """Return column and row of cells, in cells of this level."""
        block, inner = np.divmod(place - self.offset, self.shape[1] * self.shape[2])
        row, column = np.divmod(inner, self.shape[2])
        return self.columns[block] + column, self.rows[block] + row

    def patches(self) -> tuple[Ints, Ints, Ints]:
        """Join the cells that no edge touches into patches, side by side within their block.

        Returns
        -------
        place, patch : int64
            Of each free cell.
        sample : int64
            Place of one cell of each patch.
        """
        free = np.ones(self.shape, bool)
        free.ravel()[self.place[self.starts] - self.offset] = False
        labels, count = ndimage.label(free, structure=_SIDES)
        place = np.flatnonzero(labels)
        patch = labels.ravel()[place].astype(np.int64) - 1
        sample = np.empty(count, np.int64)
        sample[patch] = place
        return place + self.offset, patch, sample + self.offset


def divide(edges: Edges) -> tuple[Grid, list[Level]]:
    """Draw the edges into a grid, and divide cells until few edges are left in each."""
    cells = _LEVEL_0
    while True:
        grid = edges.grid(cells)
        top = _top(edges, grid)
        if len(top.starts) <= _DIVIDED or cells < 2**12:
            break
        cells //= 2
    levels = [top]
    while levels[-1].number < grid.depth:
        level = levels[-1]
        level.divided = np.ones(len(level.starts), bool) if level is top else _crowded(edges, level)
        if not level.divided.any():
            break
        levels.append(_next(edges, grid, level))
    return grid, levels


def _crowded(edges: Edges, level: Level) -> NDArray[np.bool_]:
    """Choose the cells to divide: not those where many areas have one edge each."""
    again = edges.row[level.edge[1:]] == edges.row[level.edge[:-1]]
    again &= level.place[1:] == level.place[:-1]
    counts = np.add.reduceat(np.concatenate([[0], again]), level.starts)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > _CROWDED]
    crowded = np.zeros(len(counts), bool)
    crowded[order[np.cumsum(level.counts[order]) <= _EDGES_AGAIN]] = True
    return crowded


def _top(edges: Edges, grid: Grid) -> Level:
    corner, none = np.zeros(1, np.int64), np.empty(0, np.int64)
    blank = Level(0, 0, (1, grid.rows, grid.columns), corner, corner, none, none)
    return _drawn(edges, grid, blank, edges.start, np.zeros(len(edges.start), np.int64))


def _next(edges: Edges, grid: Grid, upper: Level) -> Level:
    column, row = upper.position(upper.touched(divided=True))
    counts, none = upper.counts, np.empty(0, np.int64)
    shape = (len(column), SPLIT, SPLIT)
    number, columns, rows = upper.number + 1, column * SPLIT, row * SPLIT
    blank = Level(number, upper.end, shape, columns, rows, none, none)
    edge = upper.edge[np.repeat(upper.divided, counts)]
    block = np.repeat(np.arange(len(column)), counts[upper.divided])
    return _drawn(edges, grid, blank, edge, block)


def _drawn(edges: Edges, grid: Grid, level: Level, edge: Ints, block: Ints) -> Level:
    """Fill a level with the cells that edges touch, each edge within the block beside it."""
    x, y = grid.continuous(edges.x, edges.y, level.number)
    _, height, width = level.shape
    places, found = [], []
    for start in range(0, len(edge), _SLICE):
        e, b = edge[start : start + _SLICE], block[start : start + _SLICE]
        west, south = level.columns[b], level.rows[b]
        window = (west, south, west + width - 1, south + height - 1)
        nth, column, row = touched((x[e], y[e], x[e + 1], y[e + 1]), window)
        inner = (row - south[nth]) * width + column - west[nth]
        places.append(level.offset + b[nth] * (height * width) + inner)
        found.append(e[nth])
    return replace(level, place=np.concatenate(places), edge=np.concatenate(found))
