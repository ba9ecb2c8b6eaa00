"""The spells behind the counts: when reports begin, and when they end.

Each report begins in one stretch of time and ends in one, and so each count of
an area is a sum over the kinds of spells that it counts: who was there in March
began by March and ended in March or later. A reader can set up an unknown for
each kind in each area and class, and solve for all of them; so do the gate and
the attack. Whatever ties the counts of several periods together follows from
it. Counts of one period are tied by `sums` alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from geo_pora import periods
from geo_pora.disclosure.cells import ORDER, REST, SLOT, Builder, Term, parent_of
from geo_pora.periods import Period

SPELL = "spell"
_AREA = [name for name in SLOT if name != "period"]

Name = tuple[str, str]  # of a table: its class column and its level
Spans = Mapping[Name, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Kinds:
    """Kinds of spells, as the counts of some periods tell them apart.

    Attributes
    ----------
    names : list of str
        Begin and end of each kind.
    counted : dict of str to ndarray of bool, shape (periods, kinds)
        Per measure, which kinds each period's count adds up.
    """

    names: list[str]
    counted: dict[str, np.ndarray]


def kinds_of(asked: Sequence[Period]) -> Kinds:
    """Return the kinds of spells that the counts of these periods tell apart.

    Time is cut at the ends of all periods. A spell begins before the first cut or in one of
    the stretches between, and ends in one of them or after the last; its end is stated, which
    makes it a departure, or is not. Kinds that all counts treat alike are one kind.

    Examples
    --------
    >>> kinds_of([periods.parse("2026-Q1")]).names
    ['0-1', '0-1 stated', '0-2', '1-1', '1-1 stated', '1-2']
    """
    cuts = sorted({p.first for p in asked} | {p.last + dt.timedelta(days=1) for p in asked})
    # Stretch 0 is all time before the first cut, the last one all time from the last cut on.
    covered = np.array([[p.first <= cut <= p.last for cut in cuts[:-1]] for p in asked])
    covered = np.pad(covered, ((0, 0), (1, 1)))
    names, columns = [], []
    for begin, end, stated in product(range(len(cuts)), range(1, len(cuts) + 1), (False, True)):
        if begin <= end:
            present = covered[:, begin : end + 1].any(axis=1)
            columns.append([present, covered[:, begin], covered[:, end] & stated])
            names.append(f"{begin}-{end}{' stated' if stated else ''}")
    alike = np.array(columns).reshape(len(names), -1)
    seen, first = np.unique(alike, axis=0, return_index=True)
    first = np.sort(first[seen.any(axis=1)])
    present, arrived, left = np.array(columns)[first].transpose(1, 2, 0)
    counted = {"reports": present, "persons": present, "arrivals": arrived, "departures": left}
    return Kinds([names[n] for n in first], counted)


def add(builder: Builder) -> None:
    """Add an unknown for each kind of spell in each area and class, if there are several periods.

    An area that is the sum of its parts over the same periods needs none of its own: what
    holds for each of the parts holds for their sum.
    """
    slots = builder.slots
    if slots["period"].nunique() < 2:
        return
    tables = slots[~slots["rest"]].groupby(["by", "level"])["period"]
    spans = {name: tuple(sorted(keys.unique())) for name, keys in tables}
    added = {}
    for (by, level), keys in spans.items():
        rows = slots[(slots["by"] == by) & (slots["level"] == level)]
        if _parts_of(spans, by, level):  # what is placed no finer has no parts
            rows = rows[rows["rest"]]
        added[by, level] = _of_table(builder, rows[rows["period"].isin(keys)], keys)
    for by, level in spans:
        if _parts_of(spans, by, level):
            continue
        own = added[by, level]
        if finer := _finer(spans, by, level):
            placed = own.areas.loc[~own.areas["area_code"].str.endswith(REST), "area_code"]
            _tie(builder, own, _leaves(spans, added, by, finer), placed.unique())
        if by and ("", level) in spans and _parts_of(spans, "", level) != (by, level):
            areas = own.areas["area_code"].unique()
            _tie(builder, own, _leaves(spans, added, "", level), areas)


def _finer(spans: Spans, by: str, level: str) -> str | None:
    """Return the next finer level of a table."""
    found = [part for part in ORDER[ORDER.index(level) + 1 :] if (by, part) in spans]
    return found[0] if found else None


def _parts_of(spans: Spans, by: str, level: str) -> Name | None:
    """Return the table of parts over the same periods that each area of a table is the sum of."""
    finer = _finer(spans, by, level)
    split = [name for name in spans if name[0] and name[1] == level and not by]
    # Split in two ways, the parts of both have to be the same spells.
    parts = [*([(by, finer)] if finer else []), *(split if len(split) == 1 else [])]
    return next((part for part in parts if spans[part] == spans[by, level]), None)


def _leaves(spans: Spans, added: Mapping[Name, _Unknowns], by: str, level: str) -> list[_Unknowns]:
    """Return the unknowns that a table's areas are the sums of."""
    part = _parts_of(spans, by, level)
    return [added[by, level], *(_leaves(spans, added, *part) if part else [])]


@dataclass(frozen=True, eq=False)
class _Unknowns:
    """The unknowns of a table: reports of each kind, and their persons beyond one each."""

    areas: pd.DataFrame
    keys: Sequence[str]
    kinds: Kinds
    reports: np.ndarray  # cells, shape (areas, kinds)
    further: np.ndarray

    def told(self, keys: Sequence[str]) -> np.ndarray:
        """Return how the counts of some periods see each kind, shape (kinds, ...)."""
        at = [self.keys.index(key) for key in keys]
        seen = np.stack([counted[at] for counted in self.kinds.counted.values()])
        return seen.reshape(-1, len(self.kinds.names)).T


def _of_table(builder: Builder, rows: pd.DataFrame, keys: Sequence[str]) -> _Unknowns:
    kinds = kinds_of([periods.parse(key) for key in keys])
    areas = rows[_AREA].drop_duplicates().reset_index(drop=True)
    unknowns = _Unknowns(
        areas,
        keys,
        kinds,
        *(_name(builder, areas, kinds, measure) for measure in ("reports", "persons")),
    )
    area = pd.MultiIndex.from_frame(areas).get_indexer(pd.MultiIndex.from_frame(rows[_AREA]))
    for measure, counted in kinds.counted.items():
        if f"{measure}_id" not in rows:
            continue
        for number, key in enumerate(keys):
            one = (rows["period"] == key).to_numpy()
            ids = np.full(len(areas), -1)
            ids[area[one]] = rows.loc[one, f"{measure}_id"]
            _count(builder, unknowns, measure, key, ids, counted[number])
    return unknowns


def _name(builder: Builder, areas: pd.DataFrame, kinds: Kinds, measure: str) -> np.ndarray:
    """Give unknowns of all kinds to the areas."""
    names = areas.loc[areas.index.repeat(len(kinds.names))].assign(
        period=kinds.names * len(areas), measure=measure, kind=SPELL
    )
    return builder.add_unknowns(names).reshape(len(areas), len(kinds.names))


def _count(
    builder: Builder,
    unknowns: _Unknowns,
    measure: str,
    key: str,
    ids: np.ndarray,
    counted: np.ndarray,
) -> None:
    """Say that a count is the sum over the kinds of spells that it counts."""
    there = ids >= 0
    names = unknowns.areas[there].assign(period=key, measure=measure)
    rows = np.arange(len(names))
    terms = [Term(rows, ids[there], 1)]
    for part in [unknowns.reports, *([unknowns.further] if measure != "reports" else [])]:
        kinds = part[there][:, counted]
        terms.append(Term(np.repeat(rows, kinds.shape[1]), kinds.ravel(), -1))
    builder.relate(names, terms)


def _tie(builder: Builder, own: _Unknowns, leaves: Sequence[_Unknowns], areas: np.ndarray) -> None:
    """Say that what a table tells of some areas is of the same spells as what others tell.

    Kinds are compared as far as the periods that all tables have tell them apart.
    """
    tables = [own, *leaves]
    keys = [key for key in own.keys if all(key in table.keys for table in leaves)]
    if not keys or not len(areas):
        return
    told = np.concatenate([table.told(keys) for table in tables])
    _, kind = np.unique(told, axis=0, return_inverse=True)
    kind = np.where(told.any(axis=1), kind.ravel(), -1)
    number = int(kind.max()) + 1
    names = pd.DataFrame({"measure": "reports", "area_code": np.repeat(areas, number)})
    ends = np.cumsum([len(table.kinds.names) for table in tables])[:-1]
    for measure in ("reports", "further"):
        terms = []
        for table, kinds in zip(tables, np.split(kind, ends), strict=True):
            row = _lies_in(table.areas["area_code"], areas, own.areas["level"].iloc[0])
            counted = (row[:, np.newaxis] >= 0) & (kinds >= 0)
            rows = (row[:, np.newaxis] * number + kinds)[counted]
            terms.append(Term(rows, getattr(table, measure)[counted], 1 if table is own else -1))
        builder.relate(names, terms)


def _lies_in(codes: pd.Series, areas: np.ndarray, level: str) -> np.ndarray:
    """Return the number of the area that each code is, or is a part of; -1 where there is none."""
    known = pd.Index(areas)
    upper = [parent_of(code.removesuffix(f" {REST}"), level) for code in codes]
    same = known.get_indexer(codes)
    row: np.ndarray = np.where(same >= 0, same, known.get_indexer(upper))
    return row
