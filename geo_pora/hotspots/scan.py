"""Kulldorff's spatial and space-time scan statistics for the discrete Poisson model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from geo_pora.errors import InputError
from geo_pora.hotspots.likelihood import Rates
from geo_pora.hotspots.locations import gather
from geo_pora.hotspots.monte_carlo import Progress, Spans
from geo_pora.hotspots.numbers import as_numbers, check_whole
from geo_pora.hotspots.scan_result import Cluster, ScanResult
from geo_pora.hotspots.search import Search
from geo_pora.hotspots.secondary import Secondary
from geo_pora.hotspots.zones import Distance

__all__ = ["Cluster", "ScanResult", "space_time_scan", "spatial_scan"]


def spatial_scan(
    cases: ArrayLike,
    population: ArrayLike,
    coordinates: ArrayLike,
    *,
    ids: Sequence[Hashable] | None = None,
    distance: Distance = "plane",
    projected_crs: str = "EPSG:32748",
    rates: Rates = "high",
    max_population: float = 0.5,
    max_radius: float | None = None,
    max_reported_population: float | None = None,
    min_cases: int = 2,
    secondary: Secondary = "no-overlap",
    replicas: int = 999,
    seed: int | np.random.Generator | None = 0,
    progress: Progress | None = None,
) -> ScanResult:
    """Find circles of areas whose rate of cases differs from the rate outside.

    Model: the count of an area is Poisson with a mean proportional to its population.
    Null hypothesis: the proportion is the same everywhere; given the total, cases fall
    on areas with probability proportional to population. Alternative: it is higher (or
    lower) inside some circle. One-sided in each direction (`rates`); the p-value refers
    to the largest ratio over all circles, so no further adjustment is due.

    Parameters
    ----------
    cases : array_like of whole numbers, shape (n,)
        Cases per row.
    population : array_like, shape (n,)
        Population at risk, or expected counts in any unit, 0 or more.
    coordinates : array_like, shape (n, 2)
        x and y, or longitude and latitude in degrees: see `distance`.
    ids : sequence, optional
        Names of the areas; rows with the same id are added up. Row positions by default.
    distance : {"plane", "great-circle", "projected"}
        ``plane``: Euclidean on the numbers as they are. ``great-circle``: on a sphere of
        6367 km, as SaTScan (km). ``projected``: degrees are projected to `projected_crs`
        first (metres). It changes which circles exist, and so the answer.
    projected_crs : str
        For ``projected``; UTM 48 south by default.
    rates : {"high", "low", "both"}
    max_population : float
        Largest share of the population in a circle, over 0 to 1 (SaTScan: 0.5).
    max_radius : float, optional
        Largest radius, in the unit of the distance.
    max_reported_population : float, optional
        Report only circles with at most this share; the test is over all of them.
    min_cases : int
        Fewest cases in a circle of high rate.
    secondary : str
        Which clusters are reported beside the most likely one:
        :func:`geo_pora.hotspots.secondary.thin_out`, or ``gini``.
    replicas : int
        Monte Carlo replicas: 999 give p to 0.001; 0 gives no p.
    seed : int or numpy.random.Generator
        The same seed gives the same p-values.
    progress : callable, optional
        Called as ``progress(done, work)`` with growing numbers.

    Returns
    -------
    ScanResult

    Raises
    ------
    InputError
        If shapes do not fit, a count is not a whole number of 0 or more, an area has
        cases but no population, or one id has two places.

    Notes
    -----
    As in SaTScan: circles centre on areas; areas at the same place enter together, of
    areas at the same distance the one with the lesser coordinates enters first; a circle
    stops growing before the first area that would break a cap; one best circle is kept
    per centre. Limits: a cluster that is not round is found in part or with its
    neighbours; areas count as their points; with a dozen cases only risks several times
    the usual can be seen (:mod:`geo_pora.hotspots.power`).

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. *Communications in Statistics:
    Theory and Methods* 26(6), 1481-1496.
    Abrams, A., Kleinman, K., Kulldorff, M. (2010). Gumbel based p-value approximations
    for spatial scan statistics. *International Journal of Health Geographics* 9:61.

    Examples
    --------
    Ten areas in a row with 100 persons each; the third and fourth have most cases.

    >>> places = [(x, 0) for x in range(10)]
    >>> found = spatial_scan([1, 2, 9, 8, 1, 0, 2, 1, 1, 2], [100] * 10, places)
    >>> first = found.clusters[0]
    >>> first.members, first.cases, round(first.expected, 2), round(first.llr, 6)
    ((3, 2), 17, 5.4, 11.794762)
    >>> first.p_value
    0.001
    """
    counts, people = as_numbers(cases, "cases"), as_numbers(population, "population")
    if counts.ndim != 1 or people.ndim != 1:
        raise InputError("a spatial scan takes one count and one population per row")
    places = gather(
        counts[:, np.newaxis], people[:, np.newaxis], coordinates, ids, distance, projected_crs
    )
    search = Search(
        rates,
        max_population,
        max_radius,
        max_reported_population,
        min_cases,
        secondary,
        replicas,
        seed,
        progress,
        sphere=distance == "great-circle",
    )
    return search.run(places, [Spans(1, 0, 0)])


def space_time_scan(
    cases: ArrayLike,
    population: ArrayLike,
    coordinates: ArrayLike,
    *,
    ids: Sequence[Hashable] | None = None,
    distance: Distance = "plane",
    projected_crs: str = "EPSG:32748",
    rates: Rates = "high",
    max_population: float = 0.5,
    max_radius: float | None = None,
    max_reported_population: float | None = None,
    max_duration: float | int = 0.5,
    min_duration: int = 1,
    alive: bool = False,
    include_purely_spatial: bool = False,
    min_cases: int = 2,
    secondary: Secondary = "no-overlap",
    replicas: int = 999,
    seed: int | np.random.Generator | None = 0,
    progress: Progress | None = None,
) -> ScanResult:
    """Find cylinders, circles of areas over some periods, whose rate differs from the rest.

    Model: the count of an area in a period is Poisson with a mean proportional to its
    population then. Null hypothesis: the proportion is the same everywhere and always.
    So an overall rise is a cluster too, unless `population` follows it. One-sided in each
    direction; p refers to the largest ratio over all cylinders.

    Parameters
    ----------
    cases : array_like of whole numbers, shape (n, periods)
    population : array_like, shape (n, periods) or (n,)
        Population at risk per period, or one for all periods.
    max_duration : float or int
        Longest cylinder: a share of all periods (a float up to 1.0; the number is rounded
        down, as SaTScan does) or a number of periods (an int).
    min_duration : int
        Shortest cylinder, in periods.
    alive : bool
        Only cylinders that reach the last period (a prospective scan): what is going on
        now, rather than what was.
    include_purely_spatial : bool
        Also circles over all periods.
    coordinates, ids, distance, projected_crs, rates, max_population, max_radius
        As in :func:`spatial_scan`; the share of the population is of all periods.
    max_reported_population, min_cases, secondary, replicas, seed, progress
        As in :func:`spatial_scan`. Overlap is judged on the map, whatever the time.

    Returns
    -------
    ScanResult
        `first_period` and `last_period` of each cluster tell when.

    Raises
    ------
    InputError
        As :func:`spatial_scan`; also for a period of an area with cases and no
        population, and for durations that leave no cylinder.

    References
    ----------
    Kulldorff, M., Athas, W., Feuer, E., Miller, B., Key, C. (1998). Evaluating cluster
    alarms: a space-time scan statistic and brain cancer in Los Alamos, New Mexico.
    *American Journal of Public Health* 88(9), 1377-1380.
    Kulldorff, M. (2001). Prospective time periodic geographical disease surveillance
    using a scan statistic. *Journal of the Royal Statistical Society A* 164(1), 61-72.

    Examples
    --------
    >>> quiet, busy = [1, 1, 1, 1], [1, 1, 6, 7]
    >>> places = [(0, 0), (1, 0), (2, 0), (9, 0), (10, 0), (11, 0)]
    >>> found = space_time_scan([quiet, busy, quiet, quiet, quiet, quiet], [50] * 6, places)
    >>> first = found.clusters[0]
    >>> first.members, first.first_period, first.last_period, first.cases
    ((1,), 2, 3, 13)
    """
    counts, people = as_numbers(cases, "cases"), as_numbers(population, "population")
    if counts.ndim != 2:
        raise InputError(
            "a space-time scan takes cases as a table: a row per area, a column per period"
        )
    if people.ndim == 1:
        people = np.repeat(people[:, np.newaxis], counts.shape[1], axis=1)
    places = gather(counts, people, coordinates, ids, distance, projected_crs)
    spans = _spans(counts.shape[1], max_duration, min_duration, alive, include_purely_spatial)
    search = Search(
        rates,
        max_population,
        max_radius,
        max_reported_population,
        min_cases,
        secondary,
        replicas,
        seed,
        progress,
        sphere=distance == "great-circle",
    )
    return search.run(places, spans)


def _spans(
    periods: int, longest: float | int, shortest: int, alive: bool, purely_spatial: bool
) -> list[Spans]:
    if isinstance(longest, float):
        if not 0 < longest <= 1:
            raise InputError(
                f"a longest window of {longest} is no share of all periods: give a share up to "
                "1.0, or a number of periods as a whole number"
            )
        longest = int(np.floor(periods * longest + 1e-9))
    check_whole(longest, "the longest window", 0)
    check_whole(shortest, "the shortest window", 1)
    if not 1 <= shortest <= longest <= periods:
        raise InputError(
            f"windows of {shortest} to {longest} of {periods} periods: the longest must be at "
            "least the shortest and at most all; give more periods or other durations"
        )
    lengths = list(range(shortest, longest + 1))
    if purely_spatial and periods not in lengths:
        lengths.append(periods)
    return [Spans(n, periods - n if alive else 0, periods - n) for n in lengths]
