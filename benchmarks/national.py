"""National batches: a synthetic country of 80,000 villages and 10 million points.

    python -m benchmarks.national [--points 1e7]

CPU seconds over all processes for costs, so that other work on the machine counts little;
wall seconds, which it does distort, only for what two workers gain over one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.point_in_polygon import cpu, lowest, pair, row_of
from geo_pora.locator import Locator
from geo_pora.partitions import geocode_partitions

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
import synthetic_country

MILLION = 1_000_000
PER_ROW = "ns of CPU per row"


@dataclass(frozen=True)
class Placing:
    """A job for partitions: read points, locate them, write them with their village."""

    locator: Locator
    codes: np.ndarray

    def __call__(self, source: Path, target: Path) -> tuple[int, float]:
        start = time.process_time()
        table = pd.read_parquet(source)
        found = self.locator.locate(table["x"], table["y"])
        table["village_code"] = pd.Categorical.from_codes(found, self.codes)
        table.to_parquet(target)
        return len(table), time.process_time() - start


def locating(areas: gpd.GeoDataFrame, locator: Locator, count: int) -> list[dict[str, Any]]:
    """Compare the cost per point at a million and at `count`, and with a tree of GEOS."""
    few, many = (synthetic_country.points(areas, n) for n in (MILLION, count))
    locator.locate(*few)
    small = min(cpu(lambda: locator.locate(*few)) for _ in range(3)) / MILLION * 1e9
    large = min(cpu(lambda: locator.locate(*many)) for _ in range(3)) / count * 1e9
    polygons = np.asarray(areas.geometry.values)
    tree = shapely.STRtree(polygons)

    def peer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return lowest(len(x), *tree.query(shapely.points(x, y), predicate="intersects"))

    x, y = (part[:100_000] for part in few)
    wrong = int((locator.locate(x, y) != peer(x, y)).sum())
    ours, theirs = pair(locator.locate, peer, x, y, turns=3)
    unit = "million points per CPU-second"
    name = f"country, locate, {count / MILLION:g} million against 1 million"
    return [
        row_of(name, large, small, small / large, PER_ROW, 0.8),
        row_of("country, strtree", ours, theirs, ours / theirs, unit, None, mismatches=wrong),
    ]


def batches(areas: gpd.GeoDataFrame, locator: Locator, count: int) -> list[dict[str, Any]]:
    """Run the same batch with one and with two workers, and a tenth of it with one."""
    job = Placing(locator, areas["code"].to_numpy())

    def measured(folder: Path, files: list[Path], workers: int) -> tuple[float, float]:
        start = time.perf_counter()
        done = geocode_partitions(files, folder, job, workers=workers)
        wall = time.perf_counter() - start
        return sum(seconds for _, seconds in done) / sum(rows for rows, _ in done) * 1e9, wall

    with tempfile.TemporaryDirectory() as name:
        files = []
        for number in range(10):
            x, y = synthetic_country.points(areas, count // 10, seed=number)
            files.append(Path(name, f"{number}.parquet"))
            pd.DataFrame({"x": x, "y": y}).to_parquet(files[-1])
        tenth, _ = measured(Path(name, "tenth"), files[:1], 1)
        whole, one = measured(Path(name, "one"), files, 1)
        _, two = measured(Path(name, "two"), files, 2)
    rows = f"{count / MILLION:g} million rows"
    return [
        row_of(f"batch, {rows} against a tenth", whole, tenth, tenth / whole, PER_ROW, 0.8),
        row_of(f"batch, {rows}, two workers against one", two, one, one / two, "s (wall)", None),
    ]


def run(count: int = 10 * MILLION) -> list[dict[str, Any]]:
    """Measure; see `benchmarks.point_in_polygon.run` for the rows."""
    areas = synthetic_country.villages()
    built: list[Locator] = []
    seconds = cpu(lambda: built.append(Locator(areas)))
    vertices = int(shapely.get_num_coordinates(np.asarray(areas.geometry.values)).sum())
    name = f"country, index of {len(areas):,} villages, {vertices:,} vertices"
    size = built[0].nbytes / 1e6
    results = [
        row_of(f"{name}, build", seconds, None, None, "CPU-s", None),
        row_of(f"{name}, memory", size, None, None, "MB", None),
    ]
    parts: tuple[Callable[..., list[dict[str, Any]]], ...] = (locating, batches)
    for part in parts:
        results += part(areas, built[0], count)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", type=float, default=1e7)
    for row in run(int(parser.parse_args().points)):
        peer = "" if row["peer"] is None else f" : {row['peer']:9.2f}  ratio {row['ratio']:.2f}"
        print(f"{row['name']:70} {row['ours']:9.2f} {row['unit']}{peer}")


if __name__ == "__main__":
    main()
