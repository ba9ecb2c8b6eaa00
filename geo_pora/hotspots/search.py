"""The search behind both scans: best windows, replicas, p-values, report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo_pora.errors import InputError
from geo_pora.hotspots.likelihood import Rates
from geo_pora.hotspots.locations import Locations
from geo_pora.hotspots.monte_carlo import Progress, Spans, replica_maxima
from geo_pora.hotspots.numbers import check_whole
from geo_pora.hotspots.scan_result import Cluster, ScanResult
from geo_pora.hotspots.secondary import (
    Secondary,
    Window,
    best_windows,
    gini_collection,
    thin_out,
)
from geo_pora.hotspots.zones import Floats, Zones

_SMALLEST_RATIO = 0.001
_TIE = 1e-9
_GINI_ALPHA = 0.05


@dataclass(frozen=True)
class Search:
    """What is searched for; the fields are the parameters of the public functions."""

    rates: Rates
    max_population: float
    max_radius: float | None
    max_reported_population: float | None
    min_cases: int
    secondary: Secondary
    replicas: int
    seed: int | np.random.Generator | None
    progress: Progress | None
    sphere: bool

    def __post_init__(self) -> None:
        if self.rates not in ("high", "low", "both"):
            raise InputError(f"{self.rates!r} is no side to scan for: write high, low or both")
        check_whole(self.replicas, "the number of replicas", 0)
        check_whole(self.min_cases, "the fewest cases in a window", 0)
        if not isinstance(self.seed, np.random.Generator | None):
            check_whole(self.seed, "the seed", 0)
        thin_out([], self.secondary)

    def run(self, places: Locations, spans: list[Spans]) -> ScanResult:
        """Scan, test and report."""
        cases, population = places.cases, places.population
        total, people = int(cases.sum()), float(population.sum())
        if total == 0:
            return ScanResult((), 0, people / cases.shape[1], np.zeros(0))
        expected = population * (total / people)
        weight = expected.sum(axis=1)

        def zones(share: float) -> Zones:
            return Zones(places.points, weight, share, self.max_radius, sphere=self.sphere)

        def within(share: float) -> list[Window]:
            return best_windows(
                zones(share), cases, expected, spans, rates=self.rates, min_cases=self.min_cases
            )

        maxima = replica_maxima(
            zones(self.max_population),
            expected,
            spans,
            total,
            rates=self.rates,
            min_cases=self.min_cases,
            replicas=self.replicas,
            rng=np.random.default_rng(self.seed),
            progress=self.progress,
        )
        reported = self.max_population
        if self.max_reported_population is not None:
            reported = min(reported, self.max_reported_population)
        if self.secondary == "gini":
            windows = gini_collection(
                within, reported, total, lambda w: p_values(w.ratio, maxima)[0] < _GINI_ALPHA
            )
        else:
            windows = thin_out(within(reported), self.secondary)
        found = (_cluster(window, places, total, maxima) for window in windows)
        clusters = tuple(c for c in found if c.llr >= _SMALLEST_RATIO and not c.p_value >= 1)
        return ScanResult(clusters, total, people / cases.shape[1], maxima)


def _cluster(window: Window, places: Locations, total: int, maxima: Floats) -> Cluster:
    outside_cases, outside = total - window.cases, total - window.expected
    inside_rate = window.cases / window.expected
    population = places.population[window.locations, window.first : window.last + 1]
    p_value, gumbel = p_values(window.ratio, maxima)
    return Cluster(
        members=places.members(window.locations),
        centre=places.members([window.centre])[0],
        radius=window.radius,
        first_period=window.first,
        last_period=window.last,
        cases=window.cases,
        expected=window.expected,
        population=float(population.sum() / population.shape[1]),
        relative_risk=inside_rate * outside / outside_cases if outside_cases else float("inf"),
        llr=window.ratio,
        p_value=p_value,
        gumbel_p_value=gumbel,
    )


def p_values(ratio: float, maxima: Floats) -> tuple[float, float]:
    """Return the Monte Carlo p-value and the one of a Gumbel fitted by moments."""
    if not len(maxima):
        return float("nan"), float("nan")
    monte_carlo = (1 + int((maxima >= ratio - _TIE).sum())) / (1 + len(maxima))
    scale = float(maxima.std(ddof=1) * np.sqrt(6) / np.pi) if len(maxima) > 1 else 0.0
    if scale == 0:
        return monte_carlo, float("nan")
    location = float(maxima.mean()) - np.euler_gamma * scale
    return monte_carlo, float(-np.expm1(-np.exp(-(ratio - location) / scale)))
