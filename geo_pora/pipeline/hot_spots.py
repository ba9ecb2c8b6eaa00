"""Hot spots of the stored reports: cases against what is expected, less what checks cleared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
from sqlalchemy import Engine

from geo_pora import exports, hotspots, periods
from geo_pora.boundaries import Layer
from geo_pora.errors import InputError
from geo_pora.hotspots import HotSpots
from geo_pora.hotspots.panel import ExpectedFrom
from geo_pora.hotspots.stage import Method
from geo_pora.periods import Period
from geo_pora.pipeline.placing import open_layer
from geo_pora.settings import Settings
from geo_pora.store import checks, population, queries
from geo_pora.store.queries import Filters

# Checks are made per district: a patrol's page shows nothing smaller.
CHECKED_LEVEL = "district"
# An area's past: at most so many earlier periods of the same length.
_LONGEST_PAST = 8
# Months over which a hot spot's beginning is looked for.
_LONGEST_HISTORY = 12
_DEPTH = {"regency": 5, "district": 8, "village": 13}

Count = Callable[[str, Sequence[Period]], pd.DataFrame]


def hot_spots(
    engine: Engine,
    settings: Settings,
    level: str,
    period: Period,
    *,
    method: Method = "gi",
    expected_from: ExpectedFrom = "persons",
    replicas: int = 999,
    seed: int = 0,
    layer: Layer | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> HotSpots:
    """Find hot spots among the stored reports.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    settings : Settings
    level : {'regency', 'district', 'village'}
    period : Period
        A space-time scan looks at its months.
    method : {'gi', 'scan', 'space-time'}
    expected_from : {'persons', 'population', 'history'}
    replicas, seed : int
        Of the scans' Monte Carlo test.
    layer : Layer, optional
        The layer in use by default.
    progress : callable, optional
        Takes work done and all work.

    Returns
    -------
    HotSpots

    Raises
    ------
    InputError
        If there is no population, or no past, to compare with.
    """
    areas = (layer or open_layer(settings, engine)).areas(level)
    cases = Cases(engine, areas, level)
    asked = _slices(period) if method == "space-time" else [period]
    # A stay lies in many months but began in one: only so are cases of several months
    # independent events.
    found = hotspots.find(
        cases.begun(asked) if method == "space-time" else cases.present(asked),
        _expected(engine, cases, asked, expected_from),
        areas,
        method=method,
        expected_from=expected_from,
        periods=[p.key for p in asked],
        replicas=replicas,
        seed=seed,
        progress=progress,
    )
    if method == "gi" and expected_from != "history" and found.enough:
        found.table.update(_history(engine, cases, period, expected_from, found))
    return found


def _history(
    engine: Engine, cases: Cases, period: Period, expected_from: ExpectedFrom, found: HotSpots
) -> pd.DataFrame:
    """Return since when the hot areas have exceeded, by month, and how they develop."""
    known = queries.months_with_reports(engine)
    months = [
        month
        for month in periods.months(Period(min(known[0].first, period.first), period.last))
        if month.last <= period.last
    ][-_LONGEST_HISTORY:]
    if len(months) < 2:
        return found.table[["since", "pattern"]].iloc[:0]
    over_time = hotspots.over_time(
        cases.begun(months),
        _expected(engine, cases, months, expected_from),
        cases.areas,
        periods=[month.key for month in months],
        expected_from=expected_from,
    )
    return over_time[["since", "pattern"]].where(found.table["class"].str.startswith("hot"))


def case_kinds(engine: Engine, layer: Layer, level: str, period: Period, by: str) -> pd.DataFrame:
    """Count the cases of a period by status or activity, without those that a check cleared.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    layer : Layer
    level : {'regency', 'district', 'village'}
    period : Period
    by : {'status', 'activity', 'permit'}

    Returns
    -------
    DataFrame
        `area_code`, the `by` column and `cases`, for the team alone.
    """
    counted = Cases(engine, layer.areas(level), level, by).present([period])
    counted = counted[counted["cases"] > 0].dropna(subset=["area_code"])
    return counted.drop(columns="period").sort_values("cases", ascending=False)


def _slices(period: Period) -> list[Period]:
    """Return the months of a period, cut at its ends."""
    return [
        Period(max(month.first, period.first), min(month.last, period.last))
        for month in periods.months(period)
    ]


class Cases:
    """Counts of cases at a level, less what checks have cleared."""

    def __init__(
        self, engine: Engine, areas: gpd.GeoDataFrame, level: str, by: str | None = None
    ) -> None:
        self.engine, self.areas, self.level, self.by = engine, areas, level, by
        self._cleared = _cleared_on(engine)

    def present(self, asked: Sequence[Period]) -> pd.DataFrame:
        """Count the cases that overlap each period."""
        return self._net(self._overlapping, asked)

    def begun(self, asked: Sequence[Period]) -> pd.DataFrame:
        """Count the cases that begin in each period."""
        return self._net(self._beginning, asked)

    def counted(self, asked: Sequence[Period]) -> pd.DataFrame:
        """Count the cases that overlap each period, cleared ones too."""
        return self._at_level(self._overlapping(self.level, asked))

    def _net(self, count: Count, asked: Sequence[Period]) -> pd.DataFrame:
        known = [self._at_level(count(self.level, asked))]
        finer = self.level if _DEPTH[self.level] > _DEPTH[CHECKED_LEVEL] else CHECKED_LEVEL
        for day, group in self._cleared.groupby(self._cleared):
            # Reports that overlap a period and had begun by the day of the check are those
            # that overlap the part of the period until that day.
            parts = {p.key: Period(p.first, min(p.last, day)) for p in asked if p.first <= day}
            until = count(finer, list(parts.values()))
            until["period"] = until["period"].map({part.key: key for key, part in parts.items()})
            checked = until["area_code"].str[: _DEPTH[CHECKED_LEVEL]].isin(group.index)
            until = self._at_level(until[checked])
            known.append(until.assign(cases=-until["cases"]))
        table = pd.concat(known, ignore_index=True)
        keys = [name for name in table if name != "cases"]
        return table.groupby(keys, dropna=False, as_index=False)["cases"].sum()

    def _at_level(self, counted: pd.DataFrame) -> pd.DataFrame:
        """Add finer areas up, and call unplaced what lies in an area the layer does not have."""
        codes = counted["area_code"].str[: _DEPTH[self.level]]
        counted = counted.assign(area_code=codes.where(codes.isin(self.areas["code"])))
        if self.by is None:
            return hotspots.cases_of(counted)
        return counted.rename(columns={"reports": "cases"})[
            ["area_code", "period", self.by, "cases"]
        ]

    def _overlapping(self, level: str, asked: Sequence[Period]) -> pd.DataFrame:
        filters = Filters(statuses=hotspots.CASE_STATUSES)
        by = self.by or "status"
        return queries.counts(self.engine, level, asked, by=by, filters=filters)

    def _beginning(self, level: str, asked: Sequence[Period]) -> pd.DataFrame:
        """Count reports that begin in each period.

        Of those that overlap it, all but the ones that are there both the day before it and
        on its first day; and these are |the day before| + |the first day| - |either|.
        """
        parts = []
        for period in asked:
            before = period.first - dt.timedelta(days=1)
            for sign, first, last in (
                (1, period.first, period.last),
                (-1, before, before),
                (-1, period.first, period.first),
                (1, before, period.first),
            ):
                parts.append((period.key, sign, Period(first, last)))
        spans = list(dict.fromkeys(span for _key, _sign, span in parts))
        counted = self._overlapping(level, spans)
        terms = pd.DataFrame(
            [(key, sign, span.key) for key, sign, span in parts],
            columns=["asked", "sign", "period"],
        )
        table = terms.merge(counted, on="period").drop(columns="period")
        table["reports"] *= table.pop("sign")
        keys = ["area_code", "asked", self.by or "status"]
        summed = table.groupby(keys, dropna=False, as_index=False)["reports"].sum()
        return summed[summed["reports"] > 0].rename(columns={"asked": "period"})


def _of_layer(counted: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Call unplaced what lies in an area that this layer does not have."""
    known = counted["area_code"].isin(areas["code"])
    return counted.assign(area_code=counted["area_code"].where(known))


def _cleared_on(engine: Engine) -> pd.Series:
    """Return the day of the last check that cleared a district's cases, by its code."""
    done = checks.for_areas(engine)
    done = done[done["outcome"].isin(checks.CLEARING)]
    done = done[done["area_code"].str.len() == _DEPTH[CHECKED_LEVEL]]
    days = done["checked_at"].dt.tz_convert("Asia/Jakarta").dt.date
    return days.groupby(done["area_code"]).max()


def _expected(engine: Engine, cases: Cases, asked: Sequence[Period], source: str) -> pd.DataFrame:
    if source == "history":
        past = _past(engine, asked)
        return cases.counted(past).pipe(_every_period, past)
    if source == "population":
        people = population.latest(engine, cases.level)
        if people.empty:
            raise InputError(
                f"no population is known per {cases.level}: install it with "
                "geo-pora population install, or use --expected persons"
            )
        return people.rename(columns={"inhabitants": "population"})
    return _of_layer(queries.counts(engine, cases.level, asked), cases.areas)[
        ["area_code", "period", "persons"]
    ]


def _past(engine: Engine, asked: Sequence[Period]) -> list[Period]:
    """Return earlier periods as long as the first one asked for, back to the first report."""
    months = queries.months_with_reports(engine)
    found: list[Period] = []
    last = asked[0].first - dt.timedelta(days=1)
    while months and len(found) < _LONGEST_PAST:
        first = _same_length_before(asked[0], last)
        if first < months[0].first:
            break
        found.append(Period(first, last))
        last = first - dt.timedelta(days=1)
    if not found:
        raise InputError(
            "there are no reports from an earlier period of this length to compare with: "
            "choose a later or a shorter period, or use --expected persons"
        )
    return found[::-1]


def _same_length_before(period: Period, last: dt.date) -> dt.date:
    """Return the first day of a period of the same length, in months where it is made of them."""
    after = period.last + dt.timedelta(days=1)
    if period.first.day == after.day == 1:
        months = 12 * (after.year - period.first.year) + after.month - period.first.month
        end = last + dt.timedelta(days=1)
        number = 12 * end.year + end.month - 1 - months
        return dt.date(number // 12, number % 12 + 1, 1)
    return last - dt.timedelta(days=period.days - 1)


def _every_period(cases: pd.DataFrame, asked: Sequence[Period]) -> pd.DataFrame:
    """Add a row of no cases for each period: a quiet one was looked at as well."""
    quiet = pd.DataFrame({"area_code": None, "period": [p.key for p in asked], "cases": 0})
    return pd.concat([cases, quiet.astype({"area_code": "str"})], ignore_index=True)


def write_hot_spots(
    found: HotSpots, settings: Settings, engine: Engine, level: str, path: Path
) -> None:
    """Write the class of every area as it was found, for the team; a release may say less.

    Parameters
    ----------
    path : Path
        Its ending says the format, as for an export.
    """
    layer = open_layer(settings, engine)
    exports.write_rows(
        found.for_release(),
        layer.display(level),
        path,
        layer="hotspots",
        about={
            "method": found.method,
            "expected_from": found.expected_from,
            "period": "..".join(dict.fromkeys([found.periods[0], found.periods[-1]])),
            "boundary_version": layer.version,
        },
    )
