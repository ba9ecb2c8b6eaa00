"""What hot-spot classes tell of the counts behind them, as bounds on sums.

A class is a statement about the area's *window*, the area and all that touch
it: its cases C, of T in all, against its share s of the persons present. C and T
are not published. Yet there are no more cases than reports, and what is said of
other windows leaves only some T possible. For each of those

- `hot` at a false discovery rate L says P(Bin(T, s) >= C) <= L R / 2m, with R areas of m
  found at that rate (Benjamini and Hochberg 1995): the share cannot be larger than the one
  at which the greatest possible C would just be found, nor the reports fewer than the
  least C that would be;
- `cold` says P(Bin(T, s) <= C) <= L R / 2m: the share cannot be smaller than the one at
  which no case at all would just be found;
- `none` and `insufficient` say that s T is above, or below, the expectation from which on
  an excess would have been found (`hotspots.power.informative_from`).

Each bound is one that the true counts keep. What of Gi* itself is not a bound on a sum,
the size of z, is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from geo_pora.disclosure.bounds import Bound
from geo_pora.disclosure.cells import KEY, System
from geo_pora.disclosure.reach import Space
from geo_pora.disclosure.spots import UNTOLD, Spots
from geo_pora.disclosure.table import HIDDEN
from geo_pora.hotspots import CASE_STATUSES
from geo_pora.hotspots.power import informative_from
from geo_pora.hotspots.stage import ALPHA, MIN_CASES, PLAUSIBLE_RISK

_FEWEST_AREAS = 3  # with fewer there is no test
_SLACK = 1e-9  # relative: what rounding may have moved a number by on its way to a class


def told(spots: Sequence[Spots], system: System, space: Space) -> list[Bound]:
    """Return what classes tell of counts beyond what the tables do.

    Parameters
    ----------
    spots : sequence of Spots
    system : System
        Of everything published.
    space : Space
        All counts that agree with it.

    Returns
    -------
    list of Bound
        True of the counts that the classes were found in.
    """
    sums = _Sums(space)
    return [bound for one in spots for bound in _Reading(one, system, sums).bounds()]


@dataclass(eq=False)
class _Sums:
    """Intervals of sums of cells, by linear programs; each is looked up once."""

    space: Space
    found: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.part = np.full(len(self.space.point), -1)
        self.parts = self.space.parts()
        for number, columns in enumerate(self.parts):
            self.part[columns] = number

    def interval(self, cells: np.ndarray) -> tuple[float, float]:
        """Return the least and the greatest sum; infinite where nothing limits it."""
        space = self.space
        open_cells = np.sort(cells[space.free[cells]])
        known = float(space.point[cells[~space.free[cells]]].sum())
        if not len(open_cells):
            return known, known
        key = open_cells.tobytes()
        if key not in self.found:
            self.found[key] = self._ends(open_cells)
        low, high = self.found[key]
        return known + low, known + high

    def _ends(self, cells: np.ndarray) -> tuple[float, float]:
        columns = np.sort(np.concatenate([self.parts[n] for n in np.unique(self.part[cells])]))
        at = np.searchsorted(columns, cells)
        here = self.space.point[cells].sum()
        ends = []
        for sign in (1.0, -1.0):
            cost = np.zeros(len(columns))
            cost[at] = sign
            change = self.space.move(columns, cost)
            ends.append(-sign * np.inf if change is None else here + change[at].sum())
        least = max(ends[0], self.space.lower[cells].sum())
        return float(np.ceil(least - 1e-6)), float(np.floor(ends[1] + 1e-6))


class _Reading:
    """One level's classes of a period, as a reader of everything else reads them."""

    def __init__(self, spots: Spots, system: System, sums: _Sums) -> None:
        self.spots, self.system, self.sums = spots, system, sums
        self.codes = list(spots.classes)
        self.place = place = {code: number for number, code in enumerate(self.codes)}
        self.window = {
            code: np.array([place[one] for one in spots.windows[code] if one in place])
            for code in self.codes
        }
        self.persons = self._numbers([("", "persons")])
        # Cases are reports, and reports of some statuses.
        by_status = [(status, "reports") for status in CASE_STATUSES]
        covers = [self._numbers([("", "reports")]), self._numbers(by_status)]
        self.covers = [cover for cover in covers if (cover >= 0).any()]

    def _numbers(self, columns: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return cells, shape (areas, columns), -1 where there is none."""
        found = []
        for status, measure in columns:
            names = pd.DataFrame({"area_code": self.codes, "measure": measure})
            names["level"], names["period"] = self.spots.level, self.spots.period
            names["by"], names["class"] = "status" if status else "", status
            found.append(self.system.find(names))
        return np.column_stack(found)

    def bounds(self) -> list[Bound]:
        """Return what the classes tell beyond what the tables do."""
        return [
            Bound(one.about, self.system.cells.loc[one.cells, KEY], one.limit, one.at_least)
            for one in self.limits()
            if self._is_news(one)
        ]

    def limits(self) -> list[_Limit]:
        """Return what the classes tell, known or not."""
        counted = len(self.codes) > 0 and (self.persons >= 0).all() and len(self.covers) > 0
        if not counted or not self._everybody[1]:
            return []
        fewest = self._totals.min() if len(self._totals) else self._fewest_and_most[0]
        found = [_at_least("all", _there(cover), fewest) for cover in self.covers]
        if not len(self._totals):
            return [one for one in found if one is not None]
        for code, word in self.spots.classes.items():
            about, window = f"window of {code}", self.window[code]
            persons = self.persons[window].ravel()
            if word.startswith("hot"):
                found.append(_at_most(about, persons, self._hot_share(code) * self._everybody[1]))
                found += [
                    _at_least(about, _there(cover[window]), self._fewest_cases(code))
                    for cover in self.covers
                ]
            elif word.startswith("cold"):
                least = self._cold_share(word) * self._everybody[0]
                found.append(_at_least(about, persons, least))
            elif word == "none":
                found.append(_at_least(about, persons, self._untold[0] / self._rate[1]))
            elif word == "insufficient" and self._is_tested(code):
                found.append(_at_most(about, persons, self._untold[1] / self._rate[0]))
        return [one for one in found if one is not None]

    def _is_news(self, one: _Limit) -> bool:
        low, high = self.sums.interval(one.cells)
        if not low <= one.limit <= high:
            return False  # as much is known already; or it is of other reports, corrected since
        return low < one.limit if one.at_least else one.limit < high

    # What is known of windows and of the whole

    @cached_property
    def _everybody(self) -> tuple[float, float]:
        return self.sums.interval(self.persons.ravel())

    def _present(self, code: str) -> tuple[float, float]:
        """Return the least and the greatest number of persons in a window."""
        return self.sums.interval(self.persons[self.window[code]].ravel())

    def _most_cases(self, rows: np.ndarray) -> float:
        return min(self.sums.interval(_there(cover[rows]))[1] for cover in self.covers)

    def _share(self, code: str) -> tuple[float, float]:
        """Return the least and the greatest share of all persons that a window can have."""
        (low, high), (fewest, most) = self._present(code), self._everybody
        return low / most, min(1.0, high / fewest) if fewest else 1.0

    @cached_property
    def _surely_there(self) -> np.ndarray:
        """Mask of the areas in which somebody is for certain."""
        cells, space = self.persons[:, 0], self.sums.space
        mask: np.ndarray = np.where(space.free[cells], space.lower[cells], space.point[cells]) >= 1
        return mask

    def _is_tested(self, code: str) -> bool:
        """Tell whether somebody is in the area, and somebody outside its window."""
        there = self._surely_there
        number, inside = int(there.sum()), int(there[self.window[code]].sum())
        return bool(there[self.place[code]] and inside < number and number >= _FEWEST_AREAS)

    @cached_property
    def _tests(self) -> int:
        """Return how many areas were tested for certain."""
        return sum(self._is_tested(code) for code in self.codes)

    def _tail(self, word: str) -> float:
        """Return what the one-sided p of a class is at most."""
        rate = (100 - int(word[-2:])) / 100
        found = sum(_is_as_sure(other, word) for other in self.spots.classes.values())
        return rate / 2 * min(1.0, found / max(self._tests, 1)) * (1 + _SLACK)

    @cached_property
    def _untold(self) -> tuple[float, float]:
        """Return the least expectation of a `none`, and the greatest of an `insufficient`."""
        cells, there = self.persons[:, 0], self._surely_there
        maybe = ~there & self.sums.space.free[cells]
        fewest, most = max(int(there.sum()), 1), max(int((there | maybe).sum()), 1)
        least, _ = informative_from(ALPHA / 2 / fewest, PLAUSIBLE_RISK)
        _, greatest = informative_from(ALPHA / 2 / most, PLAUSIBLE_RISK)
        return least * (1 - _SLACK), greatest * (1 + _SLACK)

    # How many cases there may be in all

    @cached_property
    def _fewest_and_most(self) -> tuple[float, float]:
        """Return how many cases there are at least and at most, hot and cold spots apart."""
        least, most = float(MIN_CASES), self._most_cases(np.arange(len(self.codes)))
        fewest, all_persons = self._everybody
        for code, word in self.spots.classes.items():
            low, high = self._present(code) if word in UNTOLD else (0.0, np.inf)
            if word == "none" and high:
                least = max(least, self._untold[0] * fewest / high)
            elif word == "insufficient" and low and self._is_tested(code):
                most = min(most, self._untold[1] * all_persons / low)
        return np.ceil(least * (1 - _SLACK)), np.floor(most * (1 + _SLACK))

    @cached_property
    def _totals(self) -> np.ndarray:
        """Return the numbers of all cases with which every class could have been said.

        None where nothing published limits them.
        """
        least, most = self._fewest_and_most
        totals = np.arange(least, most + 1) if np.isfinite(most) else np.zeros(0)
        for code, word in self.spots.classes.items():
            if len(totals) and word.startswith(("hot", "cold")):
                totals = totals[self._could_be_said(code, word, totals)]
        return totals

    def _could_be_said(self, code: str, word: str, totals: np.ndarray) -> np.ndarray:
        low, high = self._share(code)
        if word.startswith("cold"):
            few: np.ndarray = stats.binom.pmf(0, totals, high) <= self._tail(word)
            return few
        cases = np.minimum(totals, self._most_cases(self.window[code]))
        many: np.ndarray = stats.binom.sf(cases - 1, totals, low) <= self._tail(word)
        return many

    @cached_property
    def _rate(self) -> tuple[float, float]:
        """Return the least and the greatest number of cases per person present."""
        least = self._totals.min() / self._everybody[1]
        most = self._totals.max() / self._everybody[0] if self._everybody[0] else np.inf
        for code, word in self.spots.classes.items():
            low, high = self._present(code) if word in UNTOLD else (0.0, np.inf)
            if word == "none" and high:
                least = max(least, self._untold[0] / high)
            elif word == "insufficient" and low and self._is_tested(code):
                most = min(most, self._untold[1] / low)
        return least, most

    # What each class says then

    def _hot_share(self, code: str) -> float:
        """Return the greatest share of persons at which a window could be hot."""
        totals = self._totals
        cases = np.maximum(np.minimum(totals, self._most_cases(self.window[code])), 1)
        tail = self._tail(self.spots.classes[code])
        return float(special.betaincinv(cases, totals - cases + 1, tail).max())

    def _cold_share(self, word: str) -> float:
        """Return the least share of persons at which a window could be cold."""
        return float(-np.expm1(np.log(self._tail(word)) / self._totals.max()))

    def _fewest_cases(self, code: str) -> float:
        """Return the fewest cases with which a window could be hot."""
        tail = self._tail(self.spots.classes[code])
        fewest = stats.binom.isf(tail, self._totals, self._share(code)[0]).min() + 1
        return max(float(fewest), 1.0)


class _Limit(NamedTuple):
    """A whole number that a sum of the system's cells is at least, or at most."""

    about: str
    cells: np.ndarray
    limit: int
    at_least: bool


def _at_least(about: str, cells: np.ndarray, limit: float) -> _Limit | None:
    whole = np.ceil(limit * (1 - _SLACK))
    return _Limit(about, cells, int(whole), True) if np.isfinite(whole) else None


def _at_most(about: str, cells: np.ndarray, limit: float) -> _Limit | None:
    whole = np.floor(limit * (1 + _SLACK))
    return _Limit(about, cells, int(whole), False) if np.isfinite(whole) else None


def _there(cells: np.ndarray) -> np.ndarray:
    return cells[cells >= 0]


def _is_as_sure(word: str, than: str) -> bool:
    """Tell whether a class is, or may be if it is hidden, found at the rate of another."""
    found = word.startswith(("hot", "cold"))
    return word == HIDDEN or (found and int(word[-2:]) >= int(than[-2:]))
