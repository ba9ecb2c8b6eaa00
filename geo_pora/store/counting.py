"""Counting over the cube's cells in memory: any periods, any classes, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_pora.periods import Period
from geo_pora.store.cube import DEPARTURE, END, START
from geo_pora.store.memory import Run

Integers = npt.NDArray[np.int64]
_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


def tally(
    segments: Sequence[dict[int, Run]],
    periods: Sequence[Period],
    area_of: Integers,
    areas: int,
    group_of: Integers,
    groups: int,
) -> Integers:
    """Count reports, persons, arrivals and departures.

    Parameters
    ----------
    segments : sequence
        Of `memory.Snapshot`.
    periods : sequence of Period
    area_of, areas : ndarray, int
        Number of the area by place id, and how many areas there are.
    group_of, groups : ndarray, int
        Number of the group by class id, -1 where filtered out; and how many.

    Returns
    -------
    ndarray of int64
        Shape (periods, areas, groups, 4).
    """
    edges = sorted({day for p in periods for day in (_number(p.first), _number(p.last) + 1)})
    shape = (len(edges), areas, groups, 2)
    # What happened before each edge, less what happened before the edge before it.
    totals = {kind: np.zeros(shape, dtype=np.int64) for kind in (START, END, DEPARTURE)}
    spread = area_of * groups
    for runs in segments:
        for kind, run in runs.items():
            _add(totals[kind], run, edges, spread, group_of)
    starts, ends = (np.cumsum(t, axis=0) for t in (totals[START], totals[END] + totals[DEPARTURE]))
    departures = np.cumsum(totals[DEPARTURE], axis=0)
    counted = np.empty((len(periods), areas, groups, 4), dtype=np.int64)
    for number, period in enumerate(periods):
        before = edges.index(_number(period.first))
        until = edges.index(_number(period.last) + 1)
        counted[number, :, :, 0:2] = starts[until] - ends[before]
        counted[number, :, :, 2] = (starts[until] - starts[before])[:, :, 1]
        counted[number, :, :, 3] = (departures[until] - departures[before])[:, :, 1]
    return counted


def _add(
    total: Integers, run: Run, edges: Sequence[int], spread: Integers, group_of: Integers
) -> None:
    """Add to `total` the sums of reports and persons per area and group between edges."""
    group = group_of[run.classes]
    numbers = np.flatnonzero(group >= 0)
    group = group[numbers]
    begins = run.begins[numbers]
    for interval, edge in enumerate(edges):
        ends = run.cut(numbers, edge)
        rows = _rows(begins, ends)
        at = spread[_taken(run.place, rows)]
        if total.shape[2] > 1:
            at += np.repeat(group, ends - begins)
        size = total.shape[1] * total.shape[2]
        for measure, values in enumerate((run.reports, run.persons)):
            # Sums stay far below 2**53, up to which float64 is exact.
            sums = np.bincount(at, weights=_taken(values, rows), minlength=size)
            total[interval, :, :, measure] += sums.astype(np.int64).reshape(total.shape[1:3])
        begins = ends


def _rows(begins: Integers, ends: Integers) -> list[slice]:
    """Return the cells from each of `begins` to its end as few slices."""
    some = ends > begins
    begins, ends = begins[some], ends[some]
    apart = np.flatnonzero(begins[1:] != ends[:-1])
    firsts = begins[np.append(0, apart + 1)] if len(begins) else begins
    lasts = ends[np.append(apart, len(ends) - 1)] if len(ends) else ends
    return [slice(a, b) for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True)]


def _taken(values: npt.NDArray[Any], rows: list[slice]) -> npt.NDArray[Any]:
    if len(rows) == 1:
        return values[rows[0]]
    return np.concatenate([values[part] for part in rows] or [values[:0]])


def _number(day: object) -> int:
    return day.toordinal() - _EPOCH  # type: ignore[attr-defined,no-any-return]
