"""The sums that a reader can use, read off the tables' definitions in `aggregate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from geo_pora import periods
from geo_pora.aggregate import MEASURES
from geo_pora.disclosure import spells
from geo_pora.disclosure.bounds import Bound, enter
from geo_pora.disclosure.cells import (
    ORDER,
    REST,
    SLOT,
    Builder,
    Counts,
    System,
    Term,
    parent_of,
)
from geo_pora.disclosure.reach import agreeing
from geo_pora.disclosure.table import TOTAL
from geo_pora.errors import InputError


def build(
    tables: Sequence[Counts], bounds: Sequence[Bound] = (), *, with_spells: bool = True
) -> System:
    """Join tables into one system of cells and sums.

    Parameters
    ----------
    tables : sequence of Counts
        Tables that are or were published together. A table by a class should
        come with the table it splits.
    bounds : sequence of Bound
        What else was published of them.
    with_spells : bool
        Whether the reports' spells are unknowns too. Tables that were counted at different
        times may contradict them.

    Returns
    -------
    System

    Raises
    ------
    InputError
        If the tables contradict each other.
    """
    builder = Builder(tables)
    measures = [name for name in MEASURES if f"{name}_id" in builder.slots]
    for measure in measures:
        _over_areas(builder, measure)
    builder.add_rests()
    for measure in measures:
        _over_classes(builder, measure)
    _over_measures(builder)
    _over_time(builder)
    if with_spells:
        spells.add(builder)
    enter(builder, bounds)
    system = builder.system()
    if not with_spells or any(table.unknown for table in tables):
        return system
    try:
        value = agreeing(system.relations, system.value, np.zeros(len(system.value)))
    except InputError:  # counted at different times: no reports lie behind all of them
        return build(tables, bounds, with_spells=False)
    return replace(system, value=value)


def _join(
    builder: Builder, measure: str, children: pd.DataFrame, parents: pd.DataFrame, on: list[str]
) -> tuple[pd.DataFrame, Term, Term]:
    """Return the parents that have children, and both as terms (parent +1, child -1)."""
    column = f"{measure}_id"
    parents = parents[parents[column] >= 0].reset_index(drop=True)
    rows = parents[on].reset_index(names="row")
    found = children[children[column] >= 0].merge(rows, on=on, how="inner")
    used = np.unique(found["row"])
    row = np.searchsorted(used, found["row"])
    kept = parents.iloc[used].reset_index(drop=True)
    names = kept[SLOT].assign(measure=measure)
    whole = Term(np.arange(len(kept)), kept[column].to_numpy(), 1)
    return names, whole, Term(row, found[column].to_numpy(), -1)


def _over_areas(builder: Builder, measure: str) -> None:
    slots = builder.slots
    for by in slots["by"].unique():
        table = slots[slots["by"] == by]
        levels = [level for level in ORDER if (table["level"] == level).any()]
        for coarse, fine in pairwise(levels):
            _one_step(builder, measure, table, coarse, fine)


def _one_step(builder: Builder, measure: str, table: pd.DataFrame, coarse: str, fine: str) -> None:
    on = ["area_code", "class", "period"]
    parents, children = table[table["level"] == coarse], table[table["level"] == fine]
    up = children.assign(area_code=[parent_of(code, coarse) for code in children["area_code"]])
    _refuse_orphans(up, parents, coarse, fine)
    names, whole, parts = _join(builder, measure, up, parents, on)
    if coarse == TOTAL:
        builder.relate(names, [whole, parts], strict=True)
        return
    # Reports that are placed no finer than the parent are the rest; they have no place to protect.
    ids = builder.relate(names, [whole, parts], rest=REST, strict=True)
    beside = names.assign(level=fine, area_code=names["area_code"] + f" {REST}")
    builder.keep_rest(beside, measure, ids)


def _refuse_orphans(children: pd.DataFrame, parents: pd.DataFrame, coarse: str, fine: str) -> None:
    orphans = children[~children["area_code"].isin(parents["area_code"])]
    if len(orphans):
        raise InputError(
            f"the {fine} table has areas of {coarse} {orphans['area_code'].iloc[0]}, which the "
            f"{coarse} table lacks: count both from the same layer"
        )


def _over_classes(builder: Builder, measure: str) -> None:
    slots = builder.slots
    on = ["level", "area_code", "period"]
    whole = slots[slots["by"] == ""]
    for by in [name for name in slots["by"].unique() if name]:
        names, total, parts = _join(builder, measure, slots[slots["by"] == by], whole, on)
        builder.relate(names, [total, parts], strict=True)


def _ids(slots: pd.DataFrame, measure: str) -> np.ndarray:
    column = f"{measure}_id"
    return slots[column].to_numpy() if column in slots else np.full(len(slots), -1)


def _relate(
    builder: Builder,
    slots: pd.DataFrame,
    measure: str,
    terms: Sequence[tuple[np.ndarray, int]],
    *,
    rest: str | None = None,
    person_group: bool = False,
) -> None:
    """Relate cells row by row; rows in which one of the cells is not there are left out."""
    whole = np.logical_and.reduce([ids >= 0 for ids, _ in terms])
    names = slots.loc[whole, SLOT].assign(measure=measure)
    rows = np.arange(len(names))
    built = [Term(rows, ids[whole], coefficient) for ids, coefficient in terms]
    groups = person_group & ~slots.loc[whole, "rest"].to_numpy(dtype=bool)
    builder.relate(names, built, rest=rest, person_group=groups)


def _over_measures(builder: Builder) -> None:
    """Persons present arrived or stayed on; they left or remain; each report has one or more."""
    slots = builder.slots
    present = (_ids(slots, "persons"), 1)
    for measure, rest, group in (
        ("arrivals", "stayers", True),
        ("departures", "remaining", True),
        ("reports", "companions", False),
    ):
        part = (_ids(slots, measure), -1)
        _relate(builder, slots, measure, [present, part], rest=rest, person_group=group)


def _over_time(builder: Builder) -> None:
    found = sorted(periods.parse(key) for key in builder.slots["period"].unique())
    wide = {
        period: builder.slots[builder.slots["period"] == period.key].set_index(SLOT[:-1])
        for period in found
    }
    for period in found:
        inside = [part for part in found if part != period and _within(part, period)]
        for chain in _chains(inside):
            _parts(builder, wide[period], period, {part: wide[part] for part in chain})


def _within(part: periods.Period, whole: periods.Period) -> bool:
    return whole.first <= part.first and part.last <= whole.last


def _chains(inside: Sequence[periods.Period]) -> list[list[periods.Period]]:
    """Split the periods inside another by kind: months, quarters, free ones."""
    kinds: dict[int, list[periods.Period]] = {}
    for period in inside:
        kinds.setdefault(len(period.key), []).append(period)
    return list(kinds.values())


def _parts(
    builder: Builder,
    whole: pd.DataFrame,
    period: periods.Period,
    parts: Mapping[periods.Period, pd.DataFrame],
) -> None:
    """Relate a period to the parts of it that are counted, which differ from table to table."""
    there = pd.DataFrame({part: whole.index.isin(rows.index) for part, rows in parts.items()})
    for counted, at in there.groupby(list(parts)).indices.items():
        chain = [part for part, known in zip(parts, np.atleast_1d(counted), strict=True) if known]
        if chain:
            slots = whole.iloc[at]
            rows = [parts[part].loc[slots.index] for part in chain]
            covered = sum(part.days for part in chain) == period.days
            leading = chain[0].first == period.first
            _chain(builder, slots.reset_index(), rows, covered, leading)


def _chain(
    builder: Builder,
    slots: pd.DataFrame,
    chain: Sequence[pd.DataFrame],
    covered: bool,
    leading: bool,
) -> None:
    rest = None if covered else "other months"
    for flow in ("arrivals", "departures"):
        terms = [(_ids(slots, flow), 1), *((_ids(part, flow), -1) for part in chain)]
        _relate(builder, slots, flow, terms, rest=rest, person_group=True)
    if leading:
        # Present in the quarter = present in its first month + arrived later in it.
        later = [(_ids(part, "arrivals"), -1) for part in chain[1:]]
        terms = [(_ids(slots, "persons"), 1), (_ids(chain[0], "persons"), -1), *later]
        _relate(builder, slots, "persons", terms, rest=rest, person_group=True)
