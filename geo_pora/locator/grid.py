"""A grid of square cells, each dividable into 8 by 8, and the cells that segments touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPLIT_BITS = 3
SPLIT = 2**SPLIT_BITS
"""A cell divides into SPLIT by SPLIT cells of the next level."""

_MARGIN = 2.0**-10
"""Cells are widened by this share of their side before they are called free of edges.

The computed cell of a point is off by less than `2**-20` of a side (see `Grid.over`), so
the widened cell holds every point that is ever counted to it, with room for the rounding in
`touched`.
"""
_LONGEST = 2**12
"""At most so many cells of level 0 along one side."""
_DEEPEST = 5


@dataclass(frozen=True)
class Grid:
    """Square cells over the plane, up to `depth` times divided.

    Attributes
    ----------
    x0, y0 : float
        The corner with the smallest coordinates, in the unit of the CRS.
    scale : float
        Cells of the deepest level per unit of the CRS.
    columns, rows : int
        Cells of level 0. The outermost ring of them is free of areas.
    depth : int
        The deepest level: its cells are `SPLIT**depth` times smaller than those of level 0.
    """

    x0: float
    y0: float
    scale: float
    columns: int
    rows: int
    depth: int

    @classmethod
    def over(cls, x: Floats, y: Floats, side: float, cells: int) -> Grid:
        """Lay a grid over points, with cells of level 0 about `side` wide.

        Cells are wider where level 0 would have more than `cells` of them, and where they
        would be so small against the coordinates that rounding shows: the deepest ones
        are `2**22` units in the last place of the largest coordinate wide.
        """
        west, east = float(x.min()), float(x.max())
        south, north = float(y.min()), float(y.max())
        width, height = east - west, north - south
        reach = max(abs(west), abs(east), abs(south), abs(north), 1e-100)
        finest = 2.0**22 * float(np.finfo(float).eps) * reach
        side = max(side, finest, max(width, height) / _LONGEST, (width * height / cells) ** 0.5)
        depth = min(int(np.log2(side / finest) / SPLIT_BITS), _DEEPEST)
        x0, y0 = west - 1.5 * side, south - 1.5 * side
        columns, rows = int((east - x0) / side) + 3, int((north - y0) / side) + 3
        return cls(x0, y0, SPLIT**depth / side, columns, rows, depth)

    def steps(self, level: int) -> int:
        """Return how many of the deepest cells lie along a side of a cell of `level`."""
        return int(SPLIT ** (self.depth - level))

    def continuous(self, x: Floats, y: Floats, level: int) -> tuple[Floats, Floats]:
        """Return coordinates in cells of `level`; the deepest ones round like a look-up."""
        steps = self.steps(level)
        column: Floats = (x - self.x0) * self.scale / steps
        row: Floats = (y - self.y0) * self.scale / steps
        return column, row

    def inner(self, column: Ints, row: Ints, level: int) -> tuple[Floats, Floats]:
        """Return one point inside each cell, off its middle so that few edges meet it."""
        scale = self.scale / self.steps(level)
        x: Floats = (column.astype(np.float64) + 0.4871) / scale + self.x0
        y: Floats = (row.astype(np.float64) + 0.5237) / scale + self.y0
        return x, y


def ranges(counts: Ints) -> tuple[Ints, Ints]:
    """Return for `counts` of items the owner of each item, and its number within the owner."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def touched(
    ends: tuple[Floats, Floats, Floats, Floats], window: tuple[Ints, Ints, Ints, Ints]
) -> tuple[Ints, Ints, Ints]:
    """Find the widened cells that segments touch, each within a window of its own.

    Parameters
    ----------
    ends : x1, y1, x2, y2
        Ends of the segments, in cells.
    window : first column, first row, last column, last row
        Cells outside are left out.

    Returns
    -------
    segment, column, row
        One item per touched cell; a few cells that are only nearly touched may be among them.
    """
    x1, y1, x2, y2 = ends
    first = np.maximum(np.floor(np.minimum(y1, y2) - _MARGIN).astype(np.int64), window[1])
    last = np.minimum(np.floor(np.maximum(y1, y2) + _MARGIN).astype(np.int64), window[3])
    segment, row = ranges(np.maximum(last - first + 1, 0))
    row += first[segment]
    x1, y1, dx, dy = (part[segment] for part in (x1, y1, x2 - x1, y2 - y1))
    # Where the segment enters and leaves the row, as shares of its way. The widening makes
    # these shares further apart by MARGIN / dy, far more than rounding takes away.
    steep = np.abs(dy) > _MARGIN
    dy = np.where(steep, dy, 1.0)
    enters = np.where(steep, ((row - _MARGIN - y1) / dy).clip(0, 1), 0.0)
    leaves = np.where(steep, ((row + (1 + _MARGIN) - y1) / dy).clip(0, 1), 1.0)
    at1, at2 = x1 + enters * dx, x1 + leaves * dx
    west = np.floor(np.minimum(at1, at2) - _MARGIN).astype(np.int64)
    east = np.floor(np.maximum(at1, at2) + _MARGIN).astype(np.int64)
    west, east = np.maximum(west, window[0][segment]), np.minimum(east, window[2][segment])
    item, column = ranges(np.maximum(east - west + 1, 0))
    return segment[item], column + west[item], row[item]
