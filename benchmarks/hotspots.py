"""The scan statistics against the same scan in plain numpy.

    python -m benchmarks.hotspots

CPU time over all threads, both in this process, in turns; the ratio is ours over the
peer's, so below 1 is faster. The peer is what one writes with numpy in an afternoon: about
each centre all circles of all replicas at once, counts by `cumsum`, the ratio by logarithms.
It leaves out what it may (checks, secondary clusters). Where it would take minutes it runs
fewer replicas and its time is scaled up, which its work allows: every replica costs the same.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_pora.hotspots.scan import space_time_scan, spatial_scan
from geo_pora.hotspots.zones import Zones, as_points

SHARED = Path(__file__).resolve().parents[2] / "shared"
REPLICAS = 999
TURNS = 3


def plain_numpy(
    order: list[np.ndarray], cases: np.ndarray, expected: np.ndarray, replicas: int, longest: int
) -> np.ndarray:
    """Return the largest ratio of each replica, high rates, 2 cases or more.

    Parameters
    ----------
    order : list of ndarray
        Areas in each centre's circles, nearest first.
    cases, expected : ndarray, shape (n, periods)
    """
    total = int(cases.sum())
    share = (expected / expected.sum()).ravel()
    drawn = np.random.default_rng(0).multinomial(total, share, size=replicas)
    drawn = drawn.T.reshape(*expected.shape, replicas).astype(np.float64)
    periods = expected.shape[1]
    best = np.zeros(replicas)
    for members in order:
        count, mean = drawn[members].cumsum(axis=0), expected[members].cumsum(axis=0)
        for first in range(periods):
            for stop in range(first + 1, min(first + longest, periods) + 1):
                c = count[:, first:stop].sum(axis=1)
                e = mean[:, first:stop].sum(axis=1)[:, np.newaxis]
                with np.errstate(divide="ignore", invalid="ignore"):
                    ratio = c * np.log(c / e) + (total - c) * np.log((total - c) / (total - e))
                ratio[(c <= e) | (c < 2)] = 0
                np.maximum(best, np.nanmax(ratio, axis=0, initial=0), out=best)
    return best


def cpu(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of all threads that a call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def new_york() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cases, population and places of the leukaemia data, or of a made-up likeness."""
    file = SHARED / "statistics" / "scan_ny_leukemia" / "ny.csv"
    if file.exists():
        ny = pd.read_csv(file)
        table = ny[["longitude", "latitude"]].to_numpy()
        return ny["cases_floor"].to_numpy(), ny["population"].to_numpy(), table
    rng = np.random.default_rng(1)
    people = rng.integers(9, 13_000, 281).astype(np.float64)
    return rng.multinomial(552, people / people.sum()), people, rng.random((281, 2))


def villages() -> np.ndarray:
    """Return places of the 728 villages, or of as many made-up ones."""
    file = SHARED / "boundaries" / "villages.geojson"
    if file.exists():
        points = gpd.read_file(file).representative_point()
        return np.column_stack([points.x, points.y])
    return np.random.default_rng(2).uniform([103.5, -5], [105, -3.8], (728, 2))


def run() -> list[dict[str, Any]]:
    """Measure, and return one row per figure: name, ours, peer, ratio, unit, goal."""
    return [_spatial(), *_space_time()]


def _spatial() -> dict[str, Any]:
    cases, people, places = new_york()
    expected = (people * cases.sum() / people.sum())[:, np.newaxis]
    table = cases[:, np.newaxis]
    zones = [z.order for z in Zones(as_points(places, "plane"), expected[:, 0], 0.5)]
    ours, peer = [], []
    for _ in range(TURNS):
        ours.append(cpu(lambda: spatial_scan(cases, people, places, replicas=REPLICAS)))
        peer.append(cpu(lambda: plain_numpy(zones, table, expected, REPLICAS, 1)))
    return _row("spatial scan, New York, 999 replicas", ours, peer, goal=1.0)


def _space_time(peer_replicas: int = 10) -> list[dict[str, Any]]:
    places = villages()
    rng = np.random.default_rng(3)
    people = rng.gamma(2, 400, len(places))[:, np.newaxis] * np.ones(12)
    cases = rng.multinomial(600, (people / people.sum()).ravel()).reshape(people.shape)
    expected = people * cases.sum() / people.sum()
    points = as_points(places, "great-circle")
    zones = [z.order for z in Zones(points, expected.sum(axis=1), 0.5, sphere=True)]
    options: dict[str, Any] = {"distance": "great-circle", "replicas": REPLICAS}
    ours = [cpu(lambda: space_time_scan(cases, people, places, **options))]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    few = cpu(lambda: plain_numpy(zones, cases, expected, peer_replicas, 6))
    name = "space-time scan, 728 villages x 12 months, 999 replicas"
    row = _row(name, ours, [few * REPLICAS / peer_replicas], goal=0.1)
    memory = {"name": f"{name}: peak memory of the process", "ours": round(peak), "peer": None,
              "ratio": round(peak / 1024, 2), "unit": "MiB", "goal": 1.0}  # fmt: skip
    return [row, memory]


def _row(name: str, ours: list[float], peer: list[float], goal: float) -> dict[str, Any]:
    mine, theirs = statistics.median(ours), statistics.median(peer)
    return {
        "name": name,
        "ours": round(mine, 3),
        "peer": round(theirs, 3),
        "ratio": round(mine / theirs, 3),
        "unit": "CPU seconds",
        "goal": goal,
    }


if __name__ == "__main__":
    for line in run():
        print(line)
