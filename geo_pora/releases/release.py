"""What a release is to hold, and what it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geo_pora import periods as periods_room
from geo_pora.aggregate import LEVELS, check_dimension, check_level
from geo_pora.disclosure import Disclosed
from geo_pora.errors import InputError
from geo_pora.periods import Period

FORM = 1
"""Of the manifest."""


@dataclass(frozen=True)
class Spec:
    """What a release is to hold.

    Attributes
    ----------
    periods : tuple of str
        Keys of months, quarters or years.
    levels : tuple of str
        The regencies always belong to it: they carry the totals.
    by : tuple of str
        Classes by which the counts are split too.
    threshold : int
    seed : int
    """

    periods: tuple[str, ...]
    levels: tuple[str, ...] = ("regency", "district")
    by: tuple[str, ...] = ()
    threshold: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.periods:
            raise InputError("a release needs a period: give --from and --to")
        for level in self.levels:
            check_level(level)
        for name in self.by:
            check_dimension(name)
        levels = tuple(name for name in LEVELS if name in {"regency", *self.levels})
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "periods", tuple(sorted(set(self.periods))))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Spec:
        """Read it from a manifest."""
        many = {name: tuple(values[name]) for name in ("periods", "levels", "by")}
        return cls(**{**values, **many})

    def spans(self) -> list[Period]:
        """Return the periods."""
        return [periods_room.parse(key) for key in self.periods]


@dataclass(frozen=True, eq=False)
class Release:
    """A release as it was built.

    Attributes
    ----------
    id, title : str
    created_at : datetime or None
        None before it is kept.
    manifest : dict
    tables : dict of str to Disclosed
        By name: `district`, `district_by_permit`, `total`, ...
    classes : dict of str to DataFrame
        Hot-spot classes by level: `area_code`, `class` and `period`.
    """

    id: str
    title: str
    created_at: Any
    manifest: dict[str, Any]
    tables: dict[str, Disclosed]
    classes: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def boundary_version(self) -> str:
        """Version of the boundary layer it was counted on."""
        return str(self.manifest["inputs"].get("boundary_version", ""))

    def classes_of(self, level: str, period: str) -> pd.DataFrame | None:
        """Return the classes of a level's hot spots in a period: only the last one has some."""
        return self.classes.get(level) if period == self.manifest["spec"]["periods"][-1] else None


def files_of(release: Release) -> dict[str, tuple[str, bytes]]:
    """Return media type and bytes by file name: the tables and the classes as text."""
    csv = "text/csv; charset=utf-8"
    tables = {
        f"{name}.csv": (csv, table.table.to_csv(index=False, lineterminator="\n").encode())
        for name, table in sorted(release.tables.items())
    }
    classes = {
        f"hotspots_{level}.csv": (csv, rows.to_csv(index=False, lineterminator="\n").encode())
        for level, rows in sorted(release.classes.items())
    }
    return {**tables, **classes}


def same_bytes(release: Release, again: Release) -> bool:
    """Tell whether a rebuilt release is the kept one, byte for byte."""
    return files_of(release) == files_of(again) and _plain(release) == _plain(again)


def _plain(release: Release) -> str:
    return json.dumps(release.manifest, sort_keys=True)
