"""Tables of cases and of what they are compared with, laid out by area and period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from geo_pora.errors import InputError
from geo_pora.hotspots.expected import from_history, scaled
from geo_pora.hotspots.zones import Floats, Ints

ExpectedFrom = Literal["persons", "population", "history"]

CASE_STATUSES = ("to_verify", "suspected", "confirmed")
"""Statuses that make a report a case: not mere presence, and not what a check cleared."""

_MEASURES = ("reports", "persons", "arrivals")


@dataclass(frozen=True)
class Panel:
    """Cases and expectations by area and period.

    Attributes
    ----------
    codes : list of str
        Area codes, one per row.
    periods : list of str
        Period keys in order of time, one per column.
    cases : ndarray of int64, shape (n, periods)
    exposure : ndarray of float64, shape (n, periods)
        Persons, inhabitants, or cases that the past lets expect.
    unplaced : int
        Cases without an area at this level; in no cell.
    """

    codes: list[str]
    periods: list[str]
    cases: Ints
    exposure: Floats
    unplaced: int

    @property
    def total(self) -> int:
        """All cases that have an area."""
        return int(self.cases.sum())

    @property
    def expected(self) -> Floats:
        """Expectations, shape (n, periods), that sum to the cases."""
        return scaled(self.exposure, self.total)


def cases_of(
    counts: pd.DataFrame, measure: Literal["reports", "persons", "arrivals"] = "reports"
) -> pd.DataFrame:
    """Return the cases in counts by status.

    Parameters
    ----------
    counts : DataFrame
        `area_code`, `period`, `status` and the measure: counts by status.
    measure : {"reports", "persons", "arrivals"}
        What one case is. A report of forty persons is forty ``persons`` but one event,
        and the tests suppose independent events: prefer ``reports``. Over several periods
        a stay is present in each; ``arrivals`` counts it once.

    Returns
    -------
    DataFrame
        `area_code`, `period`, `cases`.
    """
    if measure not in _MEASURES:
        raise InputError(f"{measure!r} cannot be counted as cases: use {', '.join(_MEASURES)}")
    _need(counts, ["area_code", "period", "status", measure], "the counts by status")
    chosen = counts[counts["status"].isin(CASE_STATUSES)]
    total = chosen.groupby(["area_code", "period"], dropna=False, as_index=False)[measure].sum()
    return total.rename(columns={measure: "cases"})


def lay_out(
    cases: pd.DataFrame,
    expected: pd.DataFrame | pd.Series,
    codes: Sequence[str],
    expected_from: ExpectedFrom,
    periods: Sequence[str] | None = None,
) -> Panel:
    """Bring cases and exposure into one shape, zeros included.

    Parameters
    ----------
    cases, expected, expected_from, periods
        As in :func:`geo_pora.hotspots.stage.find`.
    codes : sequence of str
        Codes of all areas of the layer.

    Raises
    ------
    InputError
        If a column is missing, a code is not in the layer, a number cannot be, or an area
        has cases and nobody who could be one.
    """
    _need(cases, ["area_code", "cases"], "the cases")
    table = cases if "period" in cases else cases.assign(period="")
    keys = _keys(table, "the cases") if periods is None else list(dict.fromkeys(periods))
    keys = keys or [""]
    placed = table.dropna(subset="area_code")
    counts = _matrix(placed, "cases", codes, keys, "the cases")
    if (counts != np.floor(counts)).any():
        raise InputError("a count of cases is not a whole number: count persons or reports")
    if expected_from == "history":
        exposure = _history(expected, codes, len(keys))
    else:
        exposure = _exposure(expected, codes, keys, expected_from)
    unplaced = int(table.loc[table["area_code"].isna(), "cases"].sum())
    panel = Panel(list(codes), keys, counts.astype(np.int64), exposure, unplaced)
    nobody = (panel.cases.sum(axis=1) > 0) & (exposure.sum(axis=1) <= 0)
    if nobody.any():
        raise InputError(
            f"area {codes[int(np.argmax(nobody))]} has cases but no {expected_from}: give its "
            f"{expected_from}, or compare with something else"
        )
    return panel


def _history(expected: pd.DataFrame | pd.Series, codes: Sequence[str], length: int) -> Floats:
    if isinstance(expected, pd.Series):
        raise InputError("a history is a table with area_code, period and cases")
    _need(expected, ["area_code", "period", "cases"], "the history")
    past = _keys(expected, "the history")
    if not past:
        raise InputError("the history has no period: choose a later period to look at")
    placed = expected.dropna(subset="area_code")
    mean = from_history(_matrix(placed, "cases", codes, past, "the history"))
    return np.repeat(mean[:, np.newaxis], length, axis=1)


def _exposure(
    expected: pd.DataFrame | pd.Series, codes: Sequence[str], keys: list[str], source: str
) -> Floats:
    if isinstance(expected, pd.Series):
        expected = expected.rename_axis("area_code").rename(source).reset_index()
    column = source if source in expected else "expected"
    _need(expected, ["area_code", column], f"the {source}")
    placed = expected.dropna(subset="area_code")
    if source == "population":
        missing = sorted(set(codes) - set(placed["area_code"]))
        if missing:
            raise InputError(
                f"the population of {missing[0]} and {len(missing) - 1} further areas is not "
                "known: give it, or compare with persons present"
            )
    if "period" in placed:
        return _matrix(placed, column, codes, keys, f"the {source}")
    one = _matrix(placed.assign(period=""), column, codes, [""], f"the {source}")
    return np.repeat(one, len(keys), axis=1)


def _matrix(
    table: pd.DataFrame, column: str, codes: Sequence[str], keys: list[str], what: str
) -> Floats:
    rows = pd.Index(codes).get_indexer(table["area_code"])
    columns = pd.Index(keys).get_indexer(table["period"].astype(str))
    if (rows < 0).any():
        raise InputError(
            f"{what} name area {table['area_code'].iloc[int(np.argmax(rows < 0))]}, which the "
            "boundary layer does not have: count again with this layer"
        )
    if (columns < 0).any():
        raise InputError(
            f"{what} name period {table['period'].iloc[int(np.argmax(columns < 0))]}, which is not "
            "looked at: leave it out"
        )
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise InputError(f"{what} hold a number that is missing or negative: correct it")
    matrix = np.zeros((len(codes), len(keys)))
    np.add.at(matrix, (rows, columns), values)
    return matrix


def _keys(table: pd.DataFrame, what: str) -> list[str]:
    """Return the periods in a table, in order of time."""
    if table["period"].isna().any():
        raise InputError(f"{what} hold a row without a period: give its period")
    return sorted(set(table["period"].astype(str)))


def _need(table: pd.DataFrame, columns: list[str], what: str) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{what} have no column {missing[0]}: give {', '.join(columns)}")
