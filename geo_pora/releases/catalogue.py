"""All that was released, put together for those who read it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geo_pora.disclosure import Disclosed
from geo_pora.releases.release import Release


@dataclass(frozen=True, eq=False)
class Published:
    """All that was released, as one catalogue: the newest word on each table and period.

    Attributes
    ----------
    version : str
        Changes when a release is added.
    tables : dict of str to Disclosed
    classes : dict of str to DataFrame
        Hot-spot classes of the newest release that has some, by level.
    """

    version: str
    tables: dict[str, Disclosed]
    classes: dict[str, pd.DataFrame]


def published(releases: Sequence[Release]) -> Published:
    """Put releases together for those who read them.

    Parameters
    ----------
    releases : sequence of Release
        Oldest first. Only those on the boundaries of the newest count.
    """
    if not releases:
        return Published("none", {}, {})
    same = [one for one in releases if one.boundary_version == releases[-1].boundary_version]
    tables: dict[str, Disclosed] = {}
    classes: dict[str, pd.DataFrame] = {}
    for release in same:
        classes.update(release.classes)
        for name, new in release.tables.items():
            tables[name] = _newest(tables.get(name), new)
    version = hashlib.sha256("+".join(release.id for release in same).encode()).hexdigest()[:16]
    return Published(version, tables, classes)


def _newest(old: Disclosed | None, new: Disclosed) -> Disclosed:
    if old is None:
        return new
    kept_rows = old.table[~old.table["period"].isin(new.table["period"])]
    rows = pd.concat([kept_rows, new.table], ignore_index=True)
    zeros = new.policy.hides_zeros or (len(kept_rows) > 0 and old.policy.hides_zeros)
    return Disclosed(rows, replace(new.policy, hides_zeros=zeros), new.level, new.by)
