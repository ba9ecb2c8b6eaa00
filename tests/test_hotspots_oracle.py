"""Both scans against the same scan in plain Python, on data where everything ties and is missing.

The oracle is written from the description of the method alone: it shares no line with the scan.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from geo_pora.hotspots.scan import space_time_scan, spatial_scan

Place = tuple[float, float]
EARTH_KM = 6367.0


def apart(a: Place, b: Place, distance: str) -> float:
    if distance == "plane":
        return math.dist(a, b)
    (x1, y1), (x2, y2) = (tuple(map(math.radians, place)) for place in (a, b))
    half = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def ratio(c: float, e: float, total: float, rates: str) -> float:
    if not 0 < e < total or abs(c - e) < 1e-9:
        return 0.0
    if (rates == "high" and c < e) or (rates == "low" and c > e):
        return 0.0
    rest = total - c
    inside = c * math.log(c / e) if c else 0.0
    return inside + (rest * math.log(rest / (total - e)) if rest else 0.0)


def scan(cases: Any, people: Any, places: list[Place], spans: list[Any], **rule: Any) -> list[Any]:
    """Return (ratio, members, span) of the clusters reported, the most likely first."""
    expected = people * cases.sum() / people.sum()
    at: dict[Place, list[int]] = {}
    for area, place in enumerate(places):
        at.setdefault(place, []).append(area)
    best = []
    for number, centre in enumerate(at):
        gap = {place: apart(centre, place, rule["distance"]) for place in at}
        members: list[int] = []
        found, size, used = None, 0, 0.0
        for place in sorted(at, key=lambda p: (round(gap[p], 9), p)):
            used += people[at[place]].sum()
            too_far = rule["max_radius"] is not None and gap[place] > rule["max_radius"] + 1e-9
            if used > rule["max_population"] * people.sum() * (1 + 1e-12) or too_far:
                break
            members += at[place]
            size += 1
            for first, stop in spans:
                c, e = cases[members, first:stop].sum(), expected[members, first:stop].sum()
                if c > e and c < rule["min_cases"]:
                    continue
                value = ratio(c, e, cases.sum(), rule["rates"])
                if value > (found[0] + 1e-10 if found else 0):
                    found = (value, list(members), (first, stop), size)
        if found:
            best.append((round(found[0], 9), found[3], number, found))
    best.sort(key=lambda row: (-row[0], row[1], row[2]))
    reported: list[Any] = []
    for *_, (value, members, span, _size) in best:
        if value >= 0.001 and all(set(members).isdisjoint(other[1]) for other in reported):
            reported.append((value, members, span))
    return reported


def awkward(rng: np.random.Generator) -> tuple[Any, Any, list[Place], dict[str, Any]]:
    """Return cases, population, places and options: ties, coincident places, nobody, many."""
    n, periods = int(rng.integers(1, 14)), int(rng.choice([1, 2, 3, 5]))
    where = [
        rng.integers(0, 4, (n, 2)).astype(float),
        np.array([104, -4]) + rng.integers(-2, 3, (n, 2)) / 10,
        np.full((n, 2), 3.0),
        np.array([104, -5]) + rng.random((n, 2)),
    ]
    kind = int(rng.integers(4))
    people = rng.choice([0, 1, 1, 2, 10, 1000, 0.37], (n, periods))
    cases = rng.poisson(rng.choice([0.1, 1, 5, 300]) * (people > 0))
    options = {
        # Equal distances are exact in the plane alone.
        "distance": "great-circle" if kind == 3 else "plane",
        "rates": str(rng.choice(["high", "low", "both"])),
        "max_population": float(rng.choice([0.1, 0.25, 1 / 3, 0.5, 1.0])),
        "max_radius": [None, 0.1, 1.0, 30.0][rng.integers(4)],
        "min_cases": int(rng.choice([0, 1, 2, 5])),
    }
    return cases, people, [tuple(map(float, place)) for place in where[kind]], options


@pytest.mark.parametrize("seed", range(30))
def test_all_clusters_with_their_members_are_those_of_the_oracle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(10):
        cases, people, places, options = awkward(rng)
        if not cases.sum():
            continue
        periods = cases.shape[1]
        longest, alive = max(1, periods // 2), bool(rng.random() < 0.4)
        spans = [(0, 1)]
        if periods > 1:
            lengths = range(1, longest + 1)
            spans = [(s, s + k) for k in lengths for s in range(periods - k + 1)]
            spans = [span for span in spans if not alive or span[1] == periods]
            found = space_time_scan(
                cases, people, places, alive=alive, max_duration=longest, replicas=0, **options
            )
        else:
            found = spatial_scan(cases[:, 0], people[:, 0], places, replicas=0, **options)
        want = scan(cases, people, places, spans, **options)
        assert [sorted(c.members) for c in found.clusters] == [sorted(row[1]) for row in want]
        assert [c.llr for c in found.clusters] == pytest.approx([row[0] for row in want], rel=1e-9)
