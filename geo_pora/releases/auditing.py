"""The attacker, let loose on what was released."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from geo_pora import disclosure
from geo_pora.disclosure import Disclosed
from geo_pora.errors import InputError
from geo_pora.releases.release import Release


def audit(releases: Sequence[Release], seed: int = 0) -> pd.DataFrame:
    """Attack releases, each by itself and all that agree together.

    Parameters
    ----------
    releases : sequence of Release
        Oldest first.
    seed : int

    Returns
    -------
    DataFrame
        As `disclosure.attack` returns it, with `releases`: what was combined.
    """
    parts = []
    for release in releases:
        found = disclosure.attack(list(release.tables.values()), seed=seed)
        parts.append(found.assign(releases=release.id))
    for group in _by_boundary(releases):
        tables = _agreeing(group)
        try:
            found = disclosure.attack(tables, seed=seed)
        except InputError:
            # Corrected between two releases: no table agrees with both, so nobody can
            # combine them; changes of corrected counts were judged when they were released.
            continue
        parts.append(found.assign(releases="+".join(release.id for release in group)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _by_boundary(releases: Sequence[Release]) -> list[list[Release]]:
    groups: dict[str, list[Release]] = {}
    for release in releases:
        groups.setdefault(release.boundary_version, []).append(release)
    return [group for group in groups.values() if len(group) > 1]


def _agreeing(group: Sequence[Release]) -> list[Disclosed]:
    """Return the newest word on each period, and what older releases add without contradiction."""
    tables: list[Disclosed] = []
    for release in reversed(group):
        stale = _contradicted(tables, release)
        for table in release.tables.values():
            rows = table.table[~table.table["period"].isin(stale)]
            tables.append(
                Disclosed(rows.reset_index(drop=True), table.policy, table.level, table.by)
            )
    return tables[::-1]


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
