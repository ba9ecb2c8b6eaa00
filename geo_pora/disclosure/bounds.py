"""Bounds on sums of cells: what published words, not numbers, tell of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_pora.disclosure.cells import KEY, SLOT, STATED, Builder, Term

BETWEEN = "between"  # a sum and its bound


@dataclass(frozen=True, eq=False)
class Bound:
    """A sum of cells is at least, or at most, a whole number.

    Attributes
    ----------
    about : str
        What the sum is of, for messages: `window of 16.01.02`.
    cells : DataFrame
        The cells that are added up, by `cells.KEY`.
    limit : int
    at_least : bool
        Whether `limit` is the least value of the sum, or its greatest.
    """

    about: str
    cells: pd.DataFrame
    limit: int
    at_least: bool


def enter(builder: Builder, bounds: Sequence[Bound]) -> None:
    """Add bounds to a system: the sum, the number that is stated, and what lies between.

    A bound that the counts contradict is left out, as it tells of other counts.
    """
    for at_least in (True, False):
        chosen = [bound for bound in bounds if bound.at_least is at_least]
        if chosen:
            _enter(builder, chosen, 1 if at_least else -1)


def _enter(builder: Builder, bounds: Sequence[Bound], sign: int) -> None:
    names = pd.DataFrame([bound.cells.iloc[0] for bound in bounds])[KEY].reset_index(drop=True)
    names["area_code"] = [bound.about for bound in bounds]
    limits = np.array([bound.limit for bound in bounds], dtype=float)
    stated = builder.state(names.assign(kind=STATED), limits)
    rows = np.repeat(np.arange(len(bounds)), [len(bound.cells) for bound in bounds])
    cells = _numbers(builder, pd.concat([bound.cells for bound in bounds], ignore_index=True))
    there = cells >= 0
    terms = [
        Term(rows[there], cells[there], sign),
        Term(np.arange(len(bounds)), stated, -sign),
    ]
    builder.relate(names, terms, rest=BETWEEN)


def _numbers(builder: Builder, cells: pd.DataFrame) -> np.ndarray:
    """Return the number of each cell, -1 where there is none."""
    slots = pd.MultiIndex.from_frame(builder.slots[SLOT])
    at = slots.get_indexer(pd.MultiIndex.from_frame(cells[SLOT]))
    numbers = np.full(len(cells), -1)
    for measure in cells["measure"].unique():
        column = f"{measure}_id"
        here = (at >= 0) & (cells["measure"] == measure).to_numpy()
        if column in builder.slots:
            numbers[here] = builder.slots[column].to_numpy()[at[here]]
    return numbers
