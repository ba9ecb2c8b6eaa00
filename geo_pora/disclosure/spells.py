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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from geo_pora import periods
from geo_pora.disclosure.cells import ORDER, SLOT, Builder, Term
from geo_pora.periods import Period

SPELL = "spell"
_PLACE = ["level", "area_code"]
_AREA = [name for name in SLOT if name != "period"]


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
    """Add an unknown for each kind of spell in each area and class that has several periods.

    An area that is the sum of its parts over the same periods needs none of its own: what
    holds for each of the parts holds for their sum.
    """
    slots = builder.slots
    tables = slots[~slots["rest"]].groupby(["by", "level"])["period"]
    spans = {name: tuple(sorted(keys.unique())) for name, keys in tables if keys.nunique() > 1}
    added = {}
    for (by, level), keys in spans.items():
        rows = slots[(slots["by"] == by) & (slots["level"] == level)]
        if _is_sum(spans, by, level):  # of its areas; what is placed no finer has no parts
            rows = rows[rows["rest"]]
        rows = rows[rows["period"].isin(keys)]
        if len(rows):
            added[by, level] = _of_table(builder, rows, keys)
    for (by, level), split in added.items():
        whole = added.get(("", level))
        if by and whole is not None and spans[by, level] == spans["", level]:
            _tie(builder, whole, split)


def _is_sum(spans: dict[tuple[str, str], tuple[str, ...]], by: str, level: str) -> bool:
    """Tell whether each area of a table is the sum of parts, over the same periods."""
    finer = [(by, part) for part in ORDER[ORDER.index(level) + 1 :] if (by, part) in spans]
    split = [name for name in spans if name[0] and name[1] == level and not by]
    # Split in two ways, the parts of both have to be the same spells.
    parts = [*finer[:1], *(split if len(split) == 1 else [])]
    return any(spans[part] == spans[by, level] for part in parts)


@dataclass(frozen=True, eq=False)
class _Unknowns:
    """The unknowns of a table: reports of each kind, and their persons beyond one each."""

    areas: pd.DataFrame
    kinds: Kinds
    reports: np.ndarray  # cells, shape (areas, kinds)
    further: np.ndarray


def _of_table(builder: Builder, rows: pd.DataFrame, keys: Sequence[str]) -> _Unknowns:
    kinds = kinds_of([periods.parse(key) for key in keys])
    areas = rows[_AREA].drop_duplicates().reset_index(drop=True)
    unknowns = _Unknowns(
        areas, kinds, *(_name(builder, areas, kinds, measure) for measure in ("reports", "persons"))
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


def _tie(builder: Builder, whole: _Unknowns, split: _Unknowns) -> None:
    """Say that the spells of all classes together are those of the unsplit table."""
    areas, parts = (pd.MultiIndex.from_frame(one.areas[_PLACE]) for one in (whole, split))
    row = areas.get_indexer(parts)
    there = row >= 0
    shared, row = np.unique(row[there], return_inverse=True)
    number = np.arange(len(shared) * len(whole.kinds.names)).reshape(len(shared), -1)
    names = whole.areas.iloc[shared].loc[lambda rows: rows.index.repeat(number.shape[1])]
    for measure in ("reports", "further"):
        one, many = getattr(whole, measure)[shared], getattr(split, measure)[there]
        builder.relate(
            names.assign(period=whole.kinds.names * len(shared), measure="reports"),
            [Term(number.ravel(), one.ravel(), 1), Term(number[row].ravel(), many.ravel(), -1)],
        )
