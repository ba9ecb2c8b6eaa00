"""The stage: cases and expectations per area to hot spots, whichever the method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_pora.errors import InputError
from geo_pora.hotspots import verdicts
from geo_pora.hotspots.monte_carlo import Progress
from geo_pora.hotspots.panel import ExpectedFrom, Panel, lay_out
from geo_pora.hotspots.verdicts import Verdicts

Method = Literal["gi", "scan", "space-time"]

METHODS = ("gi", "scan", "space-time")
SOURCES = ("persons", "population", "history")

ALPHA = 0.05
MIN_CASES = 5
PLAUSIBLE_RISK = 10.0


@dataclass(frozen=True)
class HotSpots:
    """Hot spots of one layer over one stretch of time.

    Attributes
    ----------
    table : DataFrame
        One row per area, in the order of the layer:

        ``area_code``, ``area_name``; ``key``, which names this finding (method, area and
        periods) so that a check can refer to it; ``class``: ``hot99``, ``hot95``,
        ``hot90``, ``none``, ``cold90``, ``cold95``, ``cold99``, or ``insufficient``
        ("data belum cukup");
        ``cases``, ``expected`` of the area itself; ``p``, the chance of as much by
        accident; ``q``, the false discovery rate (``gi``; a scan's p needs none);
        ``window``, number of the cluster (scans); ``window_areas``, codes joined by ``;``,
        ``window_cases``, ``window_expected``: what p is about, the area with its
        neighbours (``gi``) or its cluster; ``since``, key of the period since when;
        ``pattern``, the category of emerging hot spots (``gi`` over 10 periods or more);
        ``detectable_risk``, the smallest multiple of the expectation, in the area and its
        neighbours, that would have been found 8 times in 10.
    method, expected_from : str
    periods : tuple of str
        Keys of the periods looked at.
    total_cases, unplaced_cases : int
        Cases with an area, and without one at this level.
    change : float
        All cases over all that the past lets expect (``history``), else NaN. The areas are
        compared with each other: a rise everywhere is told by this number alone.
    enough : bool
        Whether there are cases enough for a test at all.
    min_cases, replicas, seed : int
    alpha : float
        Level that `detectable_risk` refers to.
    """

    table: pd.DataFrame
    method: str
    expected_from: str
    periods: tuple[str, ...]
    total_cases: int
    unplaced_cases: int
    change: float
    enough: bool
    min_cases: int
    replicas: int
    seed: int
    alpha: float

    def for_release(self) -> pd.DataFrame:
        """Return all that may leave the team: `area_code` and `class`.

        With p, z or expectations of an area and its neighbours, suppressed counts can be
        solved for; classes alone do not give them back.
        """
        return self.table[["area_code", "class"]].copy()


def find(
    cases: pd.DataFrame,
    expected: pd.DataFrame | pd.Series,
    areas: gpd.GeoDataFrame,
    *,
    method: Method = "gi",
    expected_from: ExpectedFrom = "persons",
    periods: Sequence[str] | None = None,
    seed: int = 0,
    replicas: int = 999,
    alpha: float = ALPHA,
    min_cases: int = MIN_CASES,
    plausible_risk: float = PLAUSIBLE_RISK,
    progress: Progress | None = None,
) -> HotSpots:
    """Find the areas with significantly more, or fewer, cases than expected.

    Null hypothesis: cases fall on areas in proportion to the expectation. Two-sided. What
    carries no test is called ``insufficient``: everything below `min_cases` cases in all;
    areas where nobody is exposed; and areas without a finding where not even
    `plausible_risk` times the expectation would have been found 8 times in 10, in the area
    and its neighbours together. "None" is said only where an excess would have shown.

    Parameters
    ----------
    cases : DataFrame
        `area_code` (missing: not placed at this level), `cases`, and `period` where there
        are several; zeros may be left out. :func:`geo_pora.hotspots.panel.cases_of` makes
        it of counts by status.
    expected : DataFrame or Series
        What to compare with. For ``persons`` and ``population``: `area_code`, the number
        in a column of that name (or `expected`), and `period` where it changes; a Series
        is indexed by area code. An area without persons may be left out. For ``history``:
        `area_code`, `period`, `cases` of earlier periods of the same length, every period
        with at least one row.
    areas : GeoDataFrame
        `code`, `name`, `geometry`, with a CRS: all areas of the level.
    method : {"gi", "scan", "space-time"}
        ``gi``: Gi* of Pearson residuals over touching areas, classes by
        Benjamini-Hochberg; p is the larger of the analytic one and the exact binomial one
        of the same sum, for the normal approximation is too ready with few cases.
        ``scan``: circles, by Kulldorff. ``space-time``: cylinders that are still open in
        the last period, of up to half the periods.
    expected_from : {"persons", "population", "history"}
    periods : sequence of str, optional
        Keys of the periods looked at, in order of time; those in `cases` by default.
    seed, replicas
        Of the Monte Carlo replicas of the scans.
    alpha : float
    min_cases : int
    plausible_risk : float
    progress : callable, optional
        Called as ``progress(done, work)`` with growing numbers.

    Returns
    -------
    HotSpots

    Raises
    ------
    InputError
        If the tables cannot be brought together, or the method needs more periods.
    """
    if method not in METHODS:
        raise InputError(f"{method!r} is no method: write one of {', '.join(METHODS)}")
    if expected_from not in SOURCES:
        raise InputError(f"cannot expect from {expected_from!r}: use {', '.join(SOURCES)}")
    if not 0 < alpha < 1:
        raise InputError(f"the level is {alpha:g}: give a number between 0 and 1, say 0.05")
    codes = _codes(areas)
    panel = lay_out(cases, expected, codes, expected_from, periods)
    if method == "space-time" and len(panel.periods) < 2:
        raise InputError("a space-time scan needs at least 2 periods: give months of a longer time")
    enough = panel.total >= max(1, min_cases)
    if not enough:
        found = verdicts.insufficient(panel)
    elif method == "gi":
        found = verdicts.by_gi(panel, areas, alpha, plausible_risk)
    else:
        found = verdicts.by_scan(
            panel,
            areas,
            alpha,
            plausible_risk,
            in_time=method == "space-time",
            replicas=replicas,
            seed=seed,
            progress=progress,
        )
    return HotSpots(
        table=_table(panel, areas, found, method),
        method=method,
        expected_from=expected_from,
        periods=tuple(panel.periods),
        total_cases=panel.total,
        unplaced_cases=panel.unplaced,
        change=_change(panel, expected_from),
        enough=enough,
        min_cases=min_cases,
        replicas=replicas if method != "gi" else 0,
        seed=seed,
        alpha=alpha,
    )


def over_time(
    cases: pd.DataFrame,
    expected: pd.DataFrame | pd.Series,
    areas: gpd.GeoDataFrame,
    *,
    periods: Sequence[str],
    expected_from: ExpectedFrom = "persons",
    alpha: float = ALPHA,
) -> pd.DataFrame:
    """Say of each area with its touching neighbours since when it exceeds, and how it develops.

    Parameters
    ----------
    cases, expected, areas, expected_from, alpha
        As for `find`; cases that are counted in each period anew, so that a long stay does
        not look like a lasting rise.
    periods : sequence of str
        Keys of the periods, say months, in order of time.

    Returns
    -------
    DataFrame
        `area_code`; `since`, the key of the first of the last unbroken run of periods with
        more cases than expected (missing where there never were more); `pattern`, the
        category of emerging hot spots (missing below 10 periods).
    """
    panel = lay_out(cases, expected, _codes(areas), expected_from, periods)
    since, pattern = verdicts.over_time(panel, areas, alpha)
    table = pd.DataFrame({"area_code": panel.codes, "since": since, "pattern": pattern})
    return table.astype("str")


def _codes(areas: gpd.GeoDataFrame) -> list[str]:
    """Return the codes of a layer that can be worked with."""
    if "code" not in areas or areas.crs is None:
        raise InputError("the areas need a column code and a CRS: take them from a boundary layer")
    codes = areas["code"].astype(str)
    if codes.duplicated().any():
        raise InputError(
            f"area {codes[codes.duplicated()].iloc[0]} is in the layer twice: repair the layer"
        )
    return list(codes)


def _change(panel: Panel, expected_from: str) -> float:
    if expected_from != "history":
        return float("nan")
    return panel.total / float(panel.exposure.sum())


def _table(panel: Panel, areas: gpd.GeoDataFrame, found: Verdicts, method: str) -> pd.DataFrame:
    expected = panel.expected if panel.exposure.sum() > 0 else np.zeros_like(panel.exposure)
    names = areas["name"] if "name" in areas else areas["code"]
    over = "..".join(dict.fromkeys([panel.periods[0], panel.periods[-1]]))
    text = {
        "area_code": panel.codes,
        "area_name": list(names),
        "key": [f"{method}:{code}:{over}" for code in panel.codes],
        "class": found.spots,
    }
    window = {
        "window_areas": [";".join(codes) for codes in found.window_areas],
        "since": found.since,
        "pattern": found.pattern,
    }
    numbers = {
        "cases": panel.cases.sum(axis=1),
        "expected": expected.sum(axis=1),
        "p": found.p,
        "q": found.q,
        "window": found.window,
        "window_cases": found.window_cases,
        "window_expected": found.window_expected,
        "detectable_risk": found.detectable_risk,
    }
    table = pd.DataFrame({**text, **numbers, **window})
    table["window"] = table["window"].astype("Int64").mask(table["window"] < 0)
    table["window_cases"] = table["window_cases"].astype("Int64")
    return table.astype(dict.fromkeys((*text, *window), "str"))
