"""A country made by code: 38 provinces, 514 regencies, 7,000 districts and 80,000 villages.

The villages are the cells of a bent lattice over an extent like Indonesia's. Neighbours
share every vertex of their crooked borders, so they are a valid coverage. Codes have the
form of Kemendagri's: `PP.KK.CC.DDDD`, villages from 2001 on within their district.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

COLUMNS, ROWS = 400, 200
DISTRICT_COLUMNS, DISTRICT_ROWS = 100, 70
REGENCIES, PROVINCES = 514, 38
EXTENT = (95.0, -11.0, 141.0, 6.0)


def villages(share: float = 1.0, bends: int = 5, seed: int = 20240601) -> gpd.GeoDataFrame:
    """Make the villages.

    Parameters
    ----------
    share : float
        Of the country: a smaller one keeps the villages of its western part.
    bends : int
        Vertices along each of the four sides of a village, beside its corners.
    seed : int
        For the shape of the borders.

    Returns
    -------
    geopandas.GeoDataFrame
        `code`, `name` and `geometry` (EPSG:4326), sorted by code.
    """
    code = _codes()
    rings = _rings(bends, np.random.default_rng(seed)).reshape(len(code), -1, 2)
    keep = np.tile(np.arange(COLUMNS) < COLUMNS * share, ROWS)
    geometry = shapely.polygons(rings[keep])
    name = np.char.add("Desa ", np.arange(len(code)).astype(str))
    table = {"code": code[keep], "name": name[keep]}
    areas = gpd.GeoDataFrame(table, geometry=geometry, crs=4326)
    return areas.sort_values("code", ignore_index=True)


def points(areas: gpd.GeoDataFrame, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Draw points over the extent of the areas."""
    west, south, east, north = areas.total_bounds
    rng = np.random.default_rng(seed)
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


def _codes() -> np.ndarray:
    row, column = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    across = column * DISTRICT_COLUMNS // COLUMNS
    along = row * DISTRICT_ROWS // ROWS
    # districts in strips of seven rows, so that the next ones in order lie side by side
    district = (along // 7 * DISTRICT_COLUMNS + across) * 7 + along % 7
    regency = district * REGENCIES // (DISTRICT_COLUMNS * DISTRICT_ROWS)
    province = regency * PROVINCES // REGENCIES
    parts = [
        _padded(province + 11, 2),
        _padded(_within(regency, province) + 1, 2),
        _padded(_within(district, regency) + 1, 2),
        _padded(_counted(district) + 2001, 4),
    ]
    code = parts[0]
    for part in parts[1:]:
        code = np.char.add(np.char.add(code, "."), part)
    return code


def _padded(number: np.ndarray, width: int) -> np.ndarray:
    return np.char.zfill(number.astype(str), width)


def _within(child: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Number children from 0 within their parent; both ascend together."""
    first = np.full(parent.max() + 1, child.max() + 1)
    np.minimum.at(first, parent, child)
    return child - first[parent]


def _counted(group: np.ndarray) -> np.ndarray:
    """Number the members of each group from 0, in order."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    number = np.empty(len(group), np.int64)
    number[order] = np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group)))
    return number


def _rings(bends: int, rng: np.random.Generator) -> np.ndarray:
    """Return the closed rings of all cells, counter-clockwise: (ROWS, COLUMNS, vertices, 2)."""
    west, south, east, north = EXTENT
    side = np.array([(east - west) / COLUMNS, (north - south) / ROWS])
    row, column = np.mgrid[0 : ROWS + 1, 0 : COLUMNS + 1]
    corner = np.stack([column, row], axis=-1) + rng.uniform(-0.2, 0.2, (*row.shape, 2))
    across = _crooked(corner[:, :-1], corner[:, 1:], bends, rng)
    along = _crooked(corner[:-1], corner[1:], bends, rng)
    south_side, north_side = across[:-1], across[1:, :, ::-1]
    east_side, west_side = along[:, 1:], along[:, :-1, ::-1]
    parts = [p[:, :, :-1] for p in (south_side, east_side, north_side, west_side)]
    ring = np.concatenate([*parts, south_side[:, :, :1]], axis=2)
    return np.round(ring * side + [west, south], 7)


def _crooked(start: np.ndarray, end: np.ndarray, bends: int, rng: np.random.Generator):
    """Return the vertices of borders between corners: (..., bends + 2, 2)."""
    share = np.linspace(0, 1, bends + 2)[:, None]
    line = start[..., None, :] + share * (end - start)[..., None, :]
    wobble = rng.uniform(-0.25, 0.25, line.shape) / (bends + 1)
    wobble[..., [0, -1], :] = 0
    return line + wobble
