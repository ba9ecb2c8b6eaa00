"""What earlier releases have said, and what it forbids a new one.

Three rules keep a release from giving back, together with earlier ones, what
each of them hides:

1. What was shown for a period must be shown again, and what was hidden stays
   hidden, whenever a later release tells of the same days.
2. A shown count may change (a late upload, a correction) only by nothing or by
   at least the threshold: a smaller change is itself a small count.
3. Where nothing changed, the new tables and the earlier ones are protected as
   one system, as if they had been published together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_pora import periods
from geo_pora.aggregate import LEVELS
from geo_pora.disclosure.cells import KEY, Counts, System, long, parent_of
from geo_pora.disclosure.table import HIDDEN, NO_DATA, PUBLISHED, TOTAL, ZERO, Disclosed
from geo_pora.errors import RefusedError

SHOWN = [PUBLISHED, ZERO]


@dataclass(frozen=True, eq=False)
class Past:
    """Earlier releases, as far as they bear on a new one.

    Attributes
    ----------
    cells : DataFrame
        `KEY`, `status` and `value` as published, one row per cell.
    tables : list of Counts
        Counts behind the cells that the new release does not publish itself: today's.
    corrected : DataFrame
        Cells, as `cells`, that tell of other reports than today's.
    """

    cells: pd.DataFrame
    tables: list[Counts]
    corrected: pd.DataFrame

    def at_face_value(self) -> Past:
        """Return the same with what was corrected too, as it was published.

        A reader does not know what of it was corrected, and it may be true still of all that
        he combines it with.
        """
        said = [
            Counts(level, _wide(rows, by), unknown=True)
            for (level, by), rows in self.corrected.groupby(["level", "by"])
        ]
        cells = pd.concat([self.cells, self.corrected], ignore_index=True)
        return Past(cells, [*self.tables, *said], self.corrected.iloc[:0])

    def mask(self, system: System, statuses: Sequence[str]) -> np.ndarray:
        """Return the mask of the system's cells that had one of `statuses`."""
        found = system.find(self.cells[self.cells["status"].isin(statuses)])
        mask = np.zeros(len(system.value), dtype=bool)
        mask[found[found >= 0]] = True
        return mask


def against(
    tables: Sequence[Counts],
    truth: Sequence[Counts],
    earlier: Sequence[Disclosed],
    threshold: int,
) -> Past:
    """Hold new tables against earlier releases.

    Parameters
    ----------
    tables : sequence of Counts
        What is to be published, with margins.
    truth : sequence of Counts
        Today's counts behind the earlier tables.
    earlier : sequence of Disclosed
        Oldest first.
    threshold : int

    Raises
    ------
    RefusedError
        If a count that was shown has changed by less than the threshold, or
        has become small, or a corrected period is not released whole.
    """
    past = _last_words(earlier)
    if past.empty:
        return Past(past, [], past)
    new = _long(tables).set_index(KEY)["value"]
    now = _long([*tables, *truth]).drop_duplicates(KEY).set_index(KEY)["value"]
    keys = pd.MultiIndex.from_frame(past[KEY])
    past = past.assign(now=now.reindex(keys).to_numpy(), again=keys.isin(new.index))
    past = past[past["period"].isin(_still_true(past))]
    touched = past["period"].isin(_overlapping(set(past["period"]), tables))
    _refuse_small_changes(past[touched], threshold)
    _refuse_now_small(past[touched & past["again"]], threshold)
    _refuse_partial_corrections(past[touched])
    corrected = ~touched & _is_corrected(past)
    past, corrected = past[~corrected], past[corrected]
    rows = pd.MultiIndex.from_frame(past.loc[~past["again"], KEY])
    kept = [_only(table, rows) for table in truth]
    return Past(past, [table for table in kept if len(table.counts)], corrected)


def not_zero(tables: Sequence[Disclosed], system: System) -> np.ndarray:
    """Return the cells that were hidden where every zero is published: they are at least 1."""
    mask = np.zeros(len(system.value), dtype=bool)
    for table in tables:
        if table.policy.hides_zeros:
            continue
        cells = long(table.table, table.level, table.by)
        found = system.find(cells[cells["status"] == HIDDEN])
        mask[found[found >= 0]] = True
    return mask


def _long(tables: Sequence[Counts]) -> pd.DataFrame:
    return pd.concat(
        [long(table.counts, table.level, table.by) for table in tables], ignore_index=True
    )


def _last_words(earlier: Sequence[Disclosed]) -> pd.DataFrame:
    parts = [long(table.table, table.level, table.by) for table in earlier]
    if not parts:
        return pd.DataFrame(columns=[*KEY, "value", "status"])
    past = pd.concat(parts, ignore_index=True)
    past = past[past["status"] != NO_DATA]
    return past.drop_duplicates(KEY, keep="last").reset_index(drop=True)


def _wide(cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return published cells as a table of counts; hidden ones are missing."""
    keys = ["period", "area_code", "class"]
    table = cells.set_index([*keys, "measure"])["value"].unstack("measure").reset_index()
    return table.rename(columns={"class": by}) if by else table.drop(columns="class")


def _still_true(past: pd.DataFrame) -> set[str]:
    """Periods of which at least one cell is still counted; the rest were erased by age."""
    return set(past.loc[past["now"].notna(), "period"])


def _changed(past: pd.DataFrame) -> pd.Series:
    return past["status"].isin(SHOWN) & (past["now"] != past["value"])


def _is_corrected(past: pd.DataFrame) -> np.ndarray:
    """Return the mask of the cells of areas that were corrected, or hold one that was."""
    corrected = past.loc[_changed(past), ["period", "area_code"]].drop_duplicates()
    areas = {
        (period, held)
        for period, code in corrected.itertuples(index=False)
        for held in (TOTAL, *(parent_of(code, level) for level in LEVELS))
    }
    mask: np.ndarray = pd.MultiIndex.from_frame(past[["period", "area_code"]]).isin(areas)
    return mask


def _overlapping(released: set[str], tables: Sequence[Counts]) -> set[str]:
    spans = [periods.parse(key) for table in tables for key in table.counts["period"].unique()]
    return {
        key
        for key in released
        for old in [periods.parse(key)]
        if any(old.first <= new.last and new.first <= old.last for new in spans)
    }


def _name(row: pd.Series) -> str:
    group = f" {row['by']} {row['class']}" if row["by"] else ""
    return f"{row['measure']} of {row['level']} {row['area_code']}{group} in {row['period']}"


def _refuse_small_changes(past: pd.DataFrame, threshold: int) -> None:
    change = (past["now"] - past["value"]).abs()
    lost = past["status"].isin(SHOWN) & past["now"].isna()
    if lost.any():
        raise RefusedError(
            f"{_name(past[lost].iloc[0])} was released and is not counted any more: release "
            "periods that were not released yet, or count with the same areas as then"
        )
    small = past["status"].isin(SHOWN) & (change > 0) & (change < threshold)
    if small.any():
        raise RefusedError(
            f"{_name(past[small].iloc[0])} has changed by less than {threshold} since it was "
            f"released ({int(small.sum())} such counts): the change would be a small count; "
            "release periods that were not released yet"
        )


def _refuse_now_small(past: pd.DataFrame, threshold: int) -> None:
    small = past["status"].isin(SHOWN) & past["now"].between(1, threshold - 1)
    if small.any():
        raise RefusedError(
            f"{_name(past[small].iloc[0])} was shown by an earlier release and is below "
            f"{threshold} now: release periods that were not released yet"
        )


def _refuse_partial_corrections(past: pd.DataFrame) -> None:
    for _, cells in past.groupby("period"):
        changed = _changed(cells)
        if changed.any() and not cells["again"].all():
            raise RefusedError(
                f"{_name(cells[changed].iloc[0])} was corrected since it was released: release "
                "the same tables of that period again, or other periods only"
            )


def _only(table: Counts, rows: pd.MultiIndex) -> Counts:
    """Return the table with no data in cells that are not in `rows`."""
    cells = long(table.counts, table.level, table.by)
    keep = pd.MultiIndex.from_frame(cells[KEY]).isin(rows)
    counts = table.counts.copy()
    measures = cells["measure"].unique()
    for number, measure in enumerate(measures):
        part = keep[number * len(counts) : (number + 1) * len(counts)]
        counts[measure] = counts[measure].astype("Int64").where(part)
    some = counts[list(measures)].notna().any(axis=1)
    return Counts(table.level, counts[some].reset_index(drop=True))
