"""Tables that passed the gate: a value or a status in every cell, never both a secret."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_pora.aggregate import DIMENSIONS, LEVELS, MEASURES
from geo_pora.disclosure.policy import Policy
from geo_pora.errors import InputError

PUBLISHED, HIDDEN, ZERO, NO_DATA = STATUSES = ("published", "hidden", "zero", "no_data")
TOTAL = "total"  # the level, and the area code, of the whole territory
KEYS = ("period", "area_code")


@dataclass(frozen=True, eq=False)
class Disclosed:
    """Counts that passed the gate.

    Attributes
    ----------
    table : DataFrame
        `period`, `area_code` (missing = not placed at this level), `area_name`
        where known, the `by` column where there is one, and per measure the
        value (`Int64`, missing unless published or zero) and `<measure>_status`
        in {'published', 'hidden', 'zero', 'no_data'}.
    policy : Policy
    level : str
        `regency`, `district`, `village`, or `total` for the whole territory.
    by : str or None
        The class column.
    information_loss : float
        Hidden cells as a share of the cells that are not zero, 0 to 1.
    """

    table: pd.DataFrame
    policy: Policy
    level: str
    by: str | None = None

    @property
    def measures(self) -> list[str]:
        """Measures of the table, in the order of `aggregate.MEASURES`."""
        return [name for name in MEASURES if name in self.table]

    @property
    def information_loss(self) -> float:
        """Hidden cells as a share of the cells that are not zero, 0 to 1."""
        statuses = self.table[[f"{name}_status" for name in self.measures]].to_numpy()
        hidden = int((statuses == HIDDEN).sum())
        shown = int((statuses == PUBLISHED).sum())
        return hidden / (hidden + shown) if hidden else 0.0

    @property
    def name(self) -> str:
        """Short name of the table: `district` or `district_by_permit`."""
        return f"{self.level}_by_{self.by}" if self.by else self.level

    def only(self, period: str) -> Disclosed:
        """Return the rows of one period."""
        rows = self.table[self.table["period"] == period].reset_index(drop=True)
        return Disclosed(rows, self.policy, self.level, self.by)


def class_column(counts: pd.DataFrame) -> str | None:
    """Return the name of the `by` column of a counts table, if it has one.

    Raises
    ------
    InputError
        If the table lacks a key or a measure, or has two class columns.
    """
    missing = [name for name in KEYS if name not in counts]
    if missing or not any(name in counts for name in MEASURES):
        raise InputError(
            f"a counts table needs {', '.join(KEYS)} and a measure; "
            f"it has {', '.join(map(str, counts.columns))}"
        )
    found = [name for name in DIMENSIONS if name in counts]
    if len(found) > 1:
        raise InputError(f"a counts table has one class column, not {' and '.join(found)}")
    return found[0] if found else None


def apply(
    counts: pd.DataFrame, hidden: dict[str, np.ndarray], policy: Policy, level: str
) -> Disclosed:
    """Write values and statuses: the one place where a count becomes a disclosed cell.

    Parameters
    ----------
    counts : DataFrame
        Counts; a missing value means no data.
    hidden : dict of str to ndarray of bool, shape (rows,)
        Per measure, the cells to hide.
    policy : Policy
    level : str
    """
    if level not in (*LEVELS, TOTAL):
        raise InputError(f"level {level!r} is not known: use {', '.join(LEVELS)} or {TOTAL}")
    by = class_column(counts)
    keys = ["period", "area_code", *(["area_name"] if "area_name" in counts else [])]
    table = counts[[*keys, *([by] if by else [])]].reset_index(drop=True)
    for measure in (name for name in MEASURES if name in counts):
        values = counts[measure].astype("Int64").reset_index(drop=True)
        status = np.select(
            [values.isna().to_numpy(), hidden[measure], (values == 0).fillna(False).to_numpy()],
            [NO_DATA, HIDDEN, ZERO],
            PUBLISHED,
        )
        # Built anew: a masked array keeps in memory what its mask covers.
        table[measure] = values.astype(object).mask(status == HIDDEN, pd.NA).astype("Int64")
        table[f"{measure}_status"] = pd.Series(status, dtype="str")
    return Disclosed(table, policy, level, by)


def masked_classes(found: pd.DataFrame, table: Disclosed) -> pd.DataFrame:
    """Return hot-spot classes without those of areas whose persons are hidden.

    A class of such an area would be a second, finer statement about a count
    that the table hides.

    Parameters
    ----------
    found : DataFrame
        `area_code` and `class`.
    table : Disclosed
        Of the same level.

    Returns
    -------
    DataFrame
        `area_code` and `class`, which is `hidden` there.
    """
    rows = table.table[table.table["persons_status"] == HIDDEN]
    hidden = found["area_code"].isin(rows["area_code"])
    shown = found[["area_code", "class"]].copy()
    shown["class"] = shown["class"].mask(hidden, HIDDEN)
    return shown
