"""Points to areas: the locator and its peers on the same points, in pairs.

    python -m benchmarks.point_in_polygon [AREAS_FILE] [--points 1e6]

Each pair is measured in turns within one process, as CPU time over all threads (the machine
may be shared), and the median of the turns is compared. What the peers do:

- contains_xy: points sorted by x, pruned by bounding boxes, prepared GEOS
- geopandas: sjoin within
- strtree: shapely.STRtree.query intersects
- duckdb: ST_Intersects join, where duckdb-extension-spatial is installed
- copy: copies both coordinates and fills the answer; the bound that memory sets

Every answer is compared with exact GEOS, the lowest row of several.
"""

from __future__ import annotations

import argparse
import contextlib
import pickle
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_pora.locator import Locator

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "boundaries" / "villages.geojson"
SHIPPED = ROOT / "boundaries" / "indicative.parquet"
UNIT = "million points per CPU-second"
GOALS = {("contains_xy", "uniform"): 6.0, ("contains_xy", "clustered"): 4.0}
SLOW = 10
"""Peers so much slower than GEOS get so many times fewer points."""

Answer = Callable[[np.ndarray, np.ndarray], Any]


def areas_of(path: Path | None) -> gpd.GeoDataFrame:
    """Read the areas: the file given, else the real villages, else the shipped layer."""
    path = path or (SHARED if SHARED.exists() else SHIPPED)
    return gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)


def points_over(areas: gpd.GeoDataFrame, kind: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw points, uniform over the bounding box or clustered around the areas' centroids."""
    rng = np.random.default_rng(20240601)
    west, south, east, north = areas.total_bounds
    if kind == "uniform":
        return rng.uniform(west, east, count), rng.uniform(south, north, count)
    centres = shapely.get_coordinates(shapely.centroid(np.asarray(areas.geometry.values)))
    x, y = centres[rng.integers(0, len(centres), count)].T
    return x + rng.normal(0, 0.01, count), y + rng.normal(0, 0.01, count)


def lowest(count: int, point: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Reduce pairs of point and covering row to the lowest row of each point."""
    out = np.full(count, -1, np.int32)
    order = np.argsort(-np.asarray(row), kind="stable")
    out[np.asarray(point)[order]] = np.asarray(row)[order]
    return out


def pruned(polygons: np.ndarray, test: Callable[..., np.ndarray]) -> Answer:
    """Test points, sorted by x and pruned by bounding boxes, with a predicate of shapely."""
    bounds = shapely.bounds(polygons)

    def answer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        order = np.argsort(x)
        xs, ys = x[order], y[order]
        first = np.searchsorted(xs, bounds[:, 0])
        last = np.searchsorted(xs, bounds[:, 2], "right")
        out = np.full(len(x), -1, np.int32)
        for row in range(len(polygons) - 1, -1, -1):
            part = slice(first[row], last[row])
            between = (ys[part] >= bounds[row, 1]) & (ys[part] <= bounds[row, 3])
            near = np.flatnonzero(between)
            near = near[test(polygons[row], xs[part][near], ys[part][near])]
            out[order[part][near]] = row
        return out

    return answer


def peers(polygons: np.ndarray) -> Iterator[tuple[str, Answer]]:
    """Yield the peers that are installed."""
    yield "contains_xy", pruned(polygons, shapely.contains_xy)
    rows = gpd.GeoDataFrame({"row": np.arange(len(polygons))}, geometry=polygons, crs=4326)

    def geopandas(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=4326))
        joined = gpd.sjoin(points, rows, predicate="within")
        return lowest(len(x), joined.index.values, joined["row"].values)

    yield "geopandas", geopandas
    tree = shapely.STRtree(polygons)
    yield (
        "strtree",
        lambda x, y: lowest(len(x), *tree.query(shapely.points(x, y), predicate="intersects")),
    )
    with contextlib.suppress(ImportError):
        yield "duckdb", duckdb_join(polygons)


def duckdb_join(polygons: np.ndarray) -> Answer:
    """Join in DuckDB."""
    import duckdb
    import duckdb_extension_spatial as extension
    import pyarrow as pa

    folder = Path(extension.__file__).parent
    connection = duckdb.connect()
    connection.execute(f"LOAD '{next(folder.rglob('spatial.duckdb_extension'))}'")
    wkb = pa.table({"row": np.arange(len(polygons)), "wkb": list(shapely.to_wkb(polygons))})
    connection.register("wkb", wkb)
    connection.execute("create table areas as select row, ST_GeomFromWKB(wkb) as g from wkb")

    def answer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        connection.register("points", pa.table({"id": np.arange(len(x)), "x": x, "y": y}))
        found = connection.execute(
            "select p.id, a.row from (select id, ST_Point(x, y) as g from points) p "
            "join areas a on ST_Intersects(a.g, p.g)"
        ).fetchnumpy()
        return lowest(len(x), found["id"], found["row"])

    return answer


def copied(x: np.ndarray, y: np.ndarray) -> None:
    """Move the memory of a look-up, and do nothing else."""
    np.copyto(np.empty_like(x), x)
    np.copyto(np.empty_like(y), y)
    np.empty(len(x), np.int32).fill(3)


def cpu(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of some work, over all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def pair(ours: Answer, peer: Answer, x: np.ndarray, y: np.ndarray, turns: int = 7) -> list[float]:
    """Measure two in turns; return millions of points per CPU-second of each."""
    ours(x, y), peer(x, y)
    seconds = [(cpu(lambda: ours(x, y)), cpu(lambda: peer(x, y))) for _ in range(turns)]
    medians = (statistics.median(part) for part in zip(*seconds, strict=True))
    return [len(x) / max(median, 1e-9) / 1e6 for median in medians]


def row_of(name: str, ours: float, peer: float, ratio: float, unit: str, goal: Any, **more: Any):
    """Name one result; where there is a goal, the ratio should reach it."""
    row = {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "unit": unit, "goal": goal}
    return row | more


def run(path: Path | None = None, count: int = 1_000_000) -> list[dict[str, Any]]:
    """Measure the locator against every peer.

    Returns
    -------
    list of dict
        `name`, `ours`, `peer`, `ratio` (more is better), `unit`, `goal` (least ratio, or
        None), and `mismatches` with exact GEOS where points were located.
    """
    areas = areas_of(path)
    seconds = statistics.median(cpu(lambda: Locator(areas)) for _ in range(5))
    locator = Locator(areas)
    polygons = shapely.from_wkb(shapely.to_wkb(np.asarray(areas.geometry.values)))
    shapely.prepare(polygons)
    exact = pruned(polygons, shapely.intersects_xy)
    results = []
    for name, peer in peers(polygons):
        kinds = ("uniform", "clustered") if name == "contains_xy" else ("uniform",)
        for kind in kinds:
            x, y = points_over(areas, kind, count if name == "contains_xy" else count // SLOW)
            wrong = int((locator.locate(x, y) != exact(x, y)).sum())
            ours, theirs = pair(locator.locate, peer, x, y)
            goal = GOALS.get((name, kind))
            label = f"point in polygon, {kind}, {name}"
            results.append(row_of(label, ours, theirs, ours / theirs, UNIT, goal, mismatches=wrong))
    x, y = points_over(areas, "uniform", count)
    ours, bound = pair(locator.locate, copied, x, y)
    results.append(row_of("point in polygon, memory copy", ours, bound, ours / bound, UNIT, None))
    size, dumped = locator.nbytes / 1e6, len(pickle.dumps(locator)) / 1e6
    results.append(row_of("index, build against 1 s", seconds, 1.0, 1 / seconds, "CPU-s", 1.0))
    results.append(row_of("index, memory against 64 MB", size, 64.0, 64 / size, "MB", 1.0))
    results.append(row_of("index, pickle against memory", dumped, size, size / dumped, "MB", None))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("areas", nargs="?", type=Path, help="file of areas")
    parser.add_argument("--points", type=float, default=1e6)
    given = parser.parse_args()
    for row in run(given.areas, int(given.points)):
        goal = "" if row["goal"] is None else f"  goal {row['goal']:g}"
        wrong = f"  mismatches {row['mismatches']}" if "mismatches" in row else ""
        print(
            f"{row['name']:40} {row['ours']:9.3f} : {row['peer']:9.3f} {row['unit']:30} "
            f"ratio {row['ratio']:7.2f}{goal}{wrong}"
        )


if __name__ == "__main__":
    main()
