"""What differs between two layers, and what that did to the reports: counts per area alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geo_pora.boundaries.coverage import km2
from geo_pora.boundaries.layer import Layer
from geo_pora.boundaries.served import code_level
from geo_pora.errors import UnavailableError
from geo_pora.gazetteer import CODE_LENGTH, LEVELS

COLUMNS = [
    "change",
    "level",
    "from_code",
    "from_name",
    "to_code",
    "to_name",
    "reports",
    "km2_before",
    "km2_after",
]
"""Columns of `table`; a missing code is no area."""

_CHANGED = 0.01
_SHOWN = 12

Moves = Iterable[tuple[str, str, int]]
"""From which area, to which, how many reports; '' for none."""


def areas(old: Layer, new: Layer) -> pd.DataFrame:
    """Compare the areas of two layers, level by level.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row for each area that was `added` or `lost` (beside it the area of
        the other layer that it shares most ground with), `renamed`, or whose `ground`
        changed by more than 1%; `reports` is missing.
    """
    rows = []
    for level in LEVELS:
        before, after = (_of_level(layer, level) for layer in (old, new))
        there = (set(before.index), set(after.index))
        for code in sorted(there[1] - there[0]):
            source = _sharing_most(after.geometry[code], before)
            rows.append(_row("added", level, source, code, before, after))
        for code in sorted(there[0] - there[1]):
            target = _sharing_most(before.geometry[code], after)
            rows.append(_row("lost", level, code, target, before, after))
        both = sorted(there[0] & there[1])
        differ = shapely.symmetric_difference(
            before.geometry[both].to_numpy(), after.geometry[both].to_numpy()
        )
        for code, ground in zip(both, km2(differ), strict=True):
            if before["name"][code] != after["name"][code]:
                rows.append(_row("renamed", level, code, code, before, after))
            if ground > _CHANGED * before["area_km2"][code]:
                rows.append(_row("ground", level, code, code, before, after))
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_level(layer: Layer, level: str) -> gpd.GeoDataFrame:
    if level in layer.levels:
        return layer.areas(level).set_index("code")
    blank: dict[str, list[str]] = {"code": [], "name": [], "area_km2": []}
    return gpd.GeoDataFrame(blank, geometry=[], crs=4326).set_index("code")


def _sharing_most(shape: shapely.Geometry, others: gpd.GeoDataFrame) -> str:
    """Return the area that shares most ground with a shape; '' where none does."""
    near = others[others.intersects(shape)]
    if near.empty:
        return ""
    common = shapely.area(shapely.intersection(near.geometry.to_numpy(), shape))
    return str(near.index[common.argmax()]) if common.max() > 0 else ""


def _row(
    change: str,
    level: str,
    source: str,
    target: str,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
) -> list[object]:
    row: list[object] = [change, level]
    sizes: list[object] = []
    for code, frame in ((source, before), (target, after)):
        known = code in frame.index
        row += [code or None, frame["name"][code] if known else None]
        sizes.append(round(float(frame["area_km2"][code]), 4) if known else None)
    return [*row, None, *sizes]


def names(*layers: Layer) -> dict[str, str]:
    """Return the names of all areas of some layers by code; the last layer's count."""
    found: dict[str, str] = {}
    for layer in layers:
        for level in layer.levels:
            areas = layer.areas(level)
            found |= dict(zip(areas["code"], areas["name"], strict=True))
    return found


def table(changes: pd.DataFrame, moves: Moves, known: Mapping[str, str]) -> pd.DataFrame:
    """Return the areas' changes and, as `reports`, the counts that moved between areas."""
    rows = [
        [
            "reports",
            code_level(after or before),
            *(before or None, known.get(before)),
            *(after or None, known.get(after)),
            *(count, None, None),
        ]
        for before, after, count in moves
        if before or after
    ]
    parts = [changes.astype(object), pd.DataFrame(rows, columns=COLUMNS, dtype=object)]
    return pd.concat([part for part in parts if len(part)] or [changes], ignore_index=True)


def save(report: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV; raises UnavailableError where it cannot be written."""
    try:
        report.astype({"reports": "Int64"}).to_csv(
            path, index=False, lineterminator="\n", encoding="utf-8"
        )
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written ({error.strerror})") from None


def lines(changes: pd.DataFrame, moves: Moves, known: Mapping[str, str]) -> list[str]:
    """Return the differences in short, for a terminal of the team."""
    said = []
    for level in LEVELS:
        counts = changes.loc[changes["level"] == level, "change"].value_counts()
        if len(counts):
            parts = ", ".join(f"{count} {change}" for change, count in counts.items())
            said.append(f"{level}: {parts}")
    for change in ("added", "lost"):
        some = changes[(changes["change"] == change) & (changes["level"] != "village")]
        for row in some.head(_SHOWN).itertuples():
            pair = (
                [row.to_code, row.from_code] if change == "added" else [row.from_code, row.to_code]
            )
            here, there = (_called(str(code), known) if code else "no area" for code in pair)
            said.append(f"  {change} {here}, for the most part {there} in the other layer")
    return said + _moved(moves, known)


def _moved(moves: Moves, known: Mapping[str, str]) -> list[str]:
    """Sum up moves by district, with those inside a district told as one figure."""
    length = CODE_LENGTH["district"]
    between: Counter[tuple[str, str]] = Counter()
    within = 0
    for before, after, count in moves:
        pair = (before[:length], after[:length])
        if pair[0] == pair[1]:
            within += count
        else:
            between[pair] += count
    if not (between or within):
        return []
    said = ["reports that moved (exact counts, for the team alone):"]
    if within:
        said.append(f"{within:6d} within their district, or placed to its villages")
    for (before, after), count in between.most_common(_SHOWN):
        source = _called(before, known) if before else "not placed"
        target = _called(after, known) if after else "not placed, see the review queue"
        said.append(f"{count:6d} {source} -> {target}")
    if len(between) > _SHOWN:
        rest = between.total() - sum(count for _, count in between.most_common(_SHOWN))
        said.append(f"{rest:6d} between {len(between) - _SHOWN} more pairs of districts")
    return said


def _called(code: str, known: Mapping[str, str]) -> str:
    return f"{code} {known[code]}" if code in known else code
