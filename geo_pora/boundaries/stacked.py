"""Areas of several levels in one table: parted by the field that tells the levels apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries import schemes
from geo_pora.boundaries.reading import Source

_STACKED = 1.5
"""Ground in so many areas on average is no untidiness: there are levels over one another."""
_FLAT = 1.05
_MOST_LEVELS = 8


def part(source: Source) -> list[Source]:
    """Return a source for each level where areas of several levels lie on one another.

    OpenStreetMap's extracts (`admin_level`) and lists of codes (`16.01`, `16.01.07`,
    `16.01.07.2001`) come as one table. A field tells the levels apart where areas of one
    value lie side by side; of several such fields the one with the fewest values is taken.
    The length of a code counts as a field. Where there is none the source stays whole.

    Parameters
    ----------
    source : Source
        With valid shapes.

    Returns
    -------
    list of Source
        One or more, with the features of `source`.
    """
    frame = source.frame
    shapes = np.asarray(frame.geometry)
    if len(frame) < 2 or _depth(shapes) < _STACKED:
        return [source]
    best: tuple[str, pd.Series] | None = None
    for name, values in _fields(frame):
        count = values.nunique()
        if not 2 <= count <= _MOST_LEVELS or (best and count >= best[1].nunique()):
            continue
        if all(_depth(shapes[rows]) < _FLAT for rows in values.groupby(values).indices.values()):
            best = (name, values)
    if best is None:
        return [source]
    name, values = best
    remark = f"levels told apart by {name}"
    return [
        replace(
            source,
            file=f"{source.file}, {name} {value}",
            frame=frame.iloc[rows].reset_index(drop=True),
            remarks=[*source.remarks, remark],
        )
        for value, rows in values.groupby(values).indices.items()
    ]


def _depth(shapes: np.ndarray) -> float:
    """Return in how many areas the ground is on average, of which there is some."""
    return float(shapely.area(shapes).sum() / shapely.union_all(shapes).area)


def _fields(frame: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    found = []
    for column in frame.columns.drop(["geometry", "row_number"]):
        values = frame[column].astype("str").fillna("")
        levels = pd.Series([_level(value) for value in frame[column]], index=frame.index)
        if levels.ne("").mean() > 0.5:
            found.append((f"length of {column}", levels))
        found.append((str(column), values))
    return found


def _level(value: object) -> str:
    code = schemes.parse(value)
    return code.level if code else ""
