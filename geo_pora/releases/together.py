"""What several releases say together: the newest word on each period, and what agrees with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo_pora.disclosure import Disclosed, Spots, WindowsOf
from geo_pora.releases.release import Release


@dataclass(frozen=True, eq=False)
class Together:
    """Tables and classes that a reader can combine.

    Attributes
    ----------
    tables : list of Disclosed
        Oldest first.
    spots : list of Spots
    """

    tables: list[Disclosed]
    spots: list[Spots]


def together(releases: Sequence[Release], windows_of: WindowsOf | None) -> Together:
    """Return the newest word on each period, and what older releases add without contradiction.

    Parameters
    ----------
    releases : sequence of Release
        On the same boundaries, oldest first.
    windows_of : callable, optional
        Without it hot-spot classes are left out.
    """
    tables: list[Disclosed] = []
    spots: list[Spots] = []
    for release in reversed(releases):
        stale = _contradicted(tables, release)
        for table in release.tables.values():
            rows = table.table[~table.table["period"].isin(stale)]
            tables.append(
                Disclosed(rows.reset_index(drop=True), table.policy, table.level, table.by)
            )
        if windows_of is not None:
            spots += [one for one in spots_of(release, windows_of) if one.period not in stale]
    return Together(tables[::-1], _once(spots[::-1]))


def spots_of(release: Release, windows_of: WindowsOf) -> list[Spots]:
    """Return the hot-spot classes of a release."""
    return [
        Spots(
            level,
            rows["period"].iloc[0],
            dict(zip(rows["area_code"], rows["class"], strict=True)),
            windows_of(level),
        )
        for level, rows in release.classes.items()
        if len(rows)
    ]


def _once(spots: Sequence[Spots]) -> list[Spots]:
    """Leave out what was said in the same words before."""
    kept: list[Spots] = []
    for one in spots:
        said = [other for other in kept if (other.level, other.period) == (one.level, one.period)]
        if all(other.classes != one.classes for other in said):
            kept.append(one)
    return kept


def _contradicted(newer: Sequence[Disclosed], release: Release) -> set[str]:
    stale: set[str] = set()
    for old in release.tables.values():
        for new in newer:
            if (new.level, new.by) != (old.level, old.by):
                continue
            keys = ["period", "area_code", *([old.by] if old.by else [])]
            both = old.table.merge(new.table, on=keys, suffixes=("_old", "_new"))
            for name in set(old.measures) & set(new.measures):
                differs = (both[f"{name}_old"] != both[f"{name}_new"]).fillna(False)
                stale |= set(both.loc[differs, "period"])
    return stale
