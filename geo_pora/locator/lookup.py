"""Look-ups in the tables: one for most points, and a few edges for points near a border."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_pora.locator.geos import covered_by_each
from geo_pora.locator.grid import SPLIT, SPLIT_BITS, Floats, Ints, ranges
from geo_pora.locator.levels import Edges
from geo_pora.locator.tables import EDGE_BITS, FIRST, INSIDE, NOBODY, TURNED, UNSURE, build

BATCH = 2**18
"""Points of one round; what is left after the first look-up is worked off together."""
_SLICE = 2**16
"""Points of one look-up in the coarsest table: coordinates stay in the cache."""
_PAIRS = 2**21
"""At most so many pairs of a point and an edge at a time."""


class Space:
    """Memory for one call of `locate`, used again by each of its batches."""

    def __init__(self, points: int) -> None:
        self.columns = np.empty(points, np.int32)
        self.rows = np.empty(points, np.int32)
        self.places = np.empty(min(points, _SLICE), np.intp)
        self._continuous = np.empty(min(points, _SLICE))

    def cells(self, x: Floats, x0: float, scale: float, count: int, out: NDArray[np.int32]) -> None:
        """Write the cells of coordinates to `out`; those outside the grid to its rim."""
        continuous = self._continuous[: len(x)]
        np.subtract(x, x0, out=continuous)
        continuous *= scale
        if not (continuous.min() >= 0 and continuous.max() < count):
            np.fmax(continuous, 0, out=continuous)  # also what is not a number
            np.fmin(continuous, count - 1, out=continuous)
        np.copyto(out, continuous, casting="unsafe")


class Lookup:
    """Finds the lowest of many polygons and multipolygons that covers each point.

    Parameters
    ----------
    areas : (K,) geometries
        Of all rows; unprepared, and held by nobody who prepares them.
    rows : int64
        Rows to look up, ascending.
    """

    def __init__(self, areas: NDArray[np.object_], rows: Ints) -> None:
        self._areas = areas
        self._edges = Edges.of(areas[rows], rows)
        self._tables = build(self._edges, areas[rows], rows)
        self._invalid = ~shapely.is_valid(areas)

    @property
    def nbytes(self) -> int:
        """Memory of tables and edges."""
        return self._edges.nbytes + self._tables.nbytes

    def rows(self, x: Floats, y: Floats, out: NDArray[np.int32], space: Space) -> None:
        """Write the row of each point to `out`, -1 for none."""
        cells, grid = self._tables.cells, self._tables.grid
        shift = SPLIT_BITS * grid.depth
        columns, rows = space.columns[: len(x)], space.rows[: len(x)]
        for start in range(0, len(x), _SLICE):
            part = slice(start, start + _SLICE)
            column, row = columns[part], rows[part]
            space.cells(x[part], grid.x0, grid.scale, grid.columns << shift, column)
            space.cells(y[part], grid.y0, grid.scale, grid.rows << shift, row)
            place = space.places[: len(row)]
            np.right_shift(row, shift, out=place)
            place *= grid.columns
            place += column >> shift
            cells.take(place, out=out[part], mode="wrap")
        self._look_closer(x, y, columns, rows, out)

    def _look_closer(
        self,
        x: Floats,
        y: Floats,
        columns: NDArray[np.int32],
        rows: NDArray[np.int32],
        out: NDArray[np.int32],
    ) -> None:
        """Replace the codes of divided and border cells in `out` by rows of areas."""
        cells, grid = self._tables.cells, self._tables.grid
        at = np.flatnonzero(out < -1)
        code, column, row = -2 - out[at], columns[at], rows[at]
        for level in range(grid.depth + 1):
            shift = SPLIT_BITS * (grid.depth - level)
            if level:
                inner = ((row >> shift) % SPLIT) * SPLIT + (column >> shift) % SPLIT
                value = cells.take(code + inner)
                out[at] = value
                left = np.flatnonzero(value < -1)
                at, code, column, row = at[left], -2 - value[left], column[left], row[left]
            border = np.flatnonzero(code >= len(cells))
            if len(border):
                on, number = at[border], code[border] - len(cells)
                inner = grid.inner(column[border] >> shift, row[border] >> shift, level)
                out[on] = self._on_border(number, x[on], y[on], *inner)
                left = np.flatnonzero(code < len(cells))
                at, code, column, row = at[left], code[left], column[left], row[left]
            if not len(at):
                break

    def _on_border(
        self, cell: NDArray[np.int32], x: Floats, y: Floats, inner_x: Floats, inner_y: Floats
    ) -> NDArray[np.int32]:
        """Find the areas of points in border cells, whose inner points are given."""
        tables, edges = self._tables, self._edges
        begin = tables.first_edge[cell]
        counts = tables.first_edge[cell + 1] - begin
        if len(cell) > 1 and counts.sum() > _PAIRS:
            points = np.column_stack([x, y, inner_x, inner_y])
            halves = np.array_split(np.arange(len(cell)), 2)
            return np.concatenate([self._on_border(cell[h], *points[h].T) for h in halves])
        point, nth = ranges(counts)
        packed = tables.edges[begin[point] + nth]
        vertex = packed >> EDGE_BITS
        here, inner = (x[point], y[point]), (inner_x[point], inner_y[point])
        between, unsure = _between(edges, packed, here, inner, tables.blur)

        first = np.flatnonzero(packed & FIRST)
        inside = np.logical_xor.reduceat(between, first)
        inside ^= (packed[first] & INSIDE) != 0
        row, owner = edges.row[vertex[first]], point[first]
        if unsure.any():
            ask = np.flatnonzero(np.logical_or.reduceat(unsure, first))
            p = owner[ask]
            inside[ask] = covered_by_each(self._areas, self._invalid, row[ask], x[p], y[p])
        row[~inside] = NOBODY
        lowest = np.minimum.reduceat(row, np.flatnonzero(np.diff(owner, prepend=-1)))
        np.minimum(lowest, tables.cover[cell], out=lowest)
        lowest[lowest == NOBODY] = -1
        return lowest


def _between(
    edges: Edges,
    packed: NDArray[np.int32],
    here: tuple[Floats, Floats],
    inner: tuple[Floats, Floats],
    blur: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which edges lie between a point and the inner point of its cell.

    With the inner point on the left of an edge, it does where the point is on the right,
    and the ends of the edge on either side of the line through both points.

    Returns
    -------
    between, unsure : bool
        Where `unsure`, `between` means nothing.
    """
    vertex, turned = packed >> EDGE_BITS, (packed & TURNED) != 0
    start, end = vertex + turned, vertex + ~turned
    (x, y), (inner_x, inner_y) = here, inner
    ux, uy = edges.x[start] - x, edges.y[start] - y
    vx, vy = edges.x[end] - x, edges.y[end] - y
    wx, wy = inner_x - x, inner_y - y
    right = uy * vx - ux * vy
    ahead, behind = wx * uy - wy * ux, wy * vx - wx * vy
    least = np.minimum(np.minimum(right, ahead), behind)
    unsure = (packed & UNSURE) != 0
    unsure |= ~(np.abs(least) > blur)
    return least > blur, unsure
