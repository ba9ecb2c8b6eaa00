"""Rows of cases and population brought together at distinct places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo_pora.errors import InputError
from geo_pora.hotspots.numbers import as_numbers
from geo_pora.hotspots.zones import Distance, Floats, Ints, as_points, coincident


@dataclass(frozen=True)
class Locations:
    """Distinct places with their counts.

    Attributes
    ----------
    points : ndarray, shape (n, d)
    cases : ndarray of int64, shape (n, periods)
    population : ndarray of float64, shape (n, periods)
    ids : tuple of tuples
        Ids of the areas at each place, in the order of the data.
    """

    points: Floats
    cases: Ints
    population: Floats
    ids: tuple[tuple[Hashable, ...], ...]

    def members(self, places: Iterable[int]) -> tuple[Hashable, ...]:
        """Return the ids of the areas at these places, in this order."""
        return tuple(name for place in places for name in self.ids[place])


def gather(
    cases: NDArray[np.generic],
    population: NDArray[np.generic],
    coordinates: ArrayLike,
    ids: Sequence[Hashable] | None,
    distance: Distance,
    projected_crs: str,
) -> Locations:
    """Check rows of data and add up those of one area, then those at one place.

    Parameters
    ----------
    cases, population : ndarray, shape (rows, periods)
    coordinates : array_like, shape (rows, 2)
    ids : sequence, optional
    distance, projected_crs
        As in :func:`geo_pora.hotspots.scan.spatial_scan`.

    Raises
    ------
    InputError
        As :func:`geo_pora.hotspots.scan.spatial_scan` says.
    """
    rows = len(cases)
    points = as_points(coordinates, distance, projected_crs)
    names = np.arange(rows) if ids is None else ids
    if not len(points) == rows == len(names) or population.shape != cases.shape:
        raise InputError(
            f"{rows} rows of cases, {len(population)} of population, {len(points)} of coordinates "
            f"and {len(names)} ids do not fit together: give as many of each"
        )
    if not rows:
        raise InputError("there are no areas to scan: give at least one row")
    counts, people = _numbers(cases, "cases"), _numbers(population, "population")
    if (counts != np.floor(counts)).any():
        row = int(np.argmax((counts != np.floor(counts)).any(axis=1)))
        raise InputError(f"row {row + 1} has a count of cases that is not a whole number: round it")
    area, first = pd.factorize(pd.Index(names), use_na_sentinel=False)
    area_points = points[np.unique(area, return_index=True)[1]]
    moved = (points != area_points[area]).any(axis=1)
    if moved.any():
        row = int(np.argmax(moved))
        raise InputError(
            f"row {row + 1} puts area {first[area[row]]} at another place than the rows before: "
            "give one place per area"
        )
    counts, people = _add_up(counts, area), _add_up(people, area)
    _check_population(counts, people, first)
    distinct, place = coincident(area_points)
    named: list[list[Hashable]] = [[] for _ in distinct]
    for name, where in zip(first.tolist(), place, strict=True):
        named[where].append(name)
    return Locations(
        distinct,
        _add_up(counts, place).astype(np.int64),
        _add_up(people, place),
        tuple(map(tuple, named)),
    )


def _numbers(table: NDArray[np.generic], what: str) -> Floats:
    numbers = as_numbers(table, what)
    good = (np.isfinite(numbers) & (numbers >= 0)).all(axis=1)
    if not good.all():
        raise InputError(
            f"row {int(np.argmin(good)) + 1} has a number for {what} that is missing, negative or "
            "infinite: give 0 or more"
        )
    return numbers


def _check_population(cases: Floats, population: Floats, names: pd.Index) -> None:
    impossible = (cases > 0) & (population <= 0)
    if impossible.any():
        row, period = np.argwhere(impossible)[0]
        when = f" in period {period + 1}" if cases.shape[1] > 1 else ""
        raise InputError(
            f"area {names[row]} has {int(cases[row, period])} cases but no population{when}: "
            "give its population or leave its cases out"
        )


def _add_up(table: Floats, group: Ints) -> Floats:
    total = np.zeros((int(group.max()) + 1, table.shape[1]))
    np.add.at(total, group, table)
    return total
