"""The attacker, let loose on what was released."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from geo_pora import disclosure
from geo_pora.disclosure import WindowsOf
from geo_pora.errors import InputError
from geo_pora.releases.release import Release
from geo_pora.releases.together import Together, spots_of, together


def audit(
    releases: Sequence[Release],
    windows_of: Callable[[str], WindowsOf | None],
    seed: int = 0,
) -> pd.DataFrame:
    """Attack releases, each by itself and all that agree together.

    Parameters
    ----------
    releases : sequence of Release
        Oldest first.
    windows_of : callable
        From the version of a boundary layer to the windows of its areas by level, or None
        where that layer is not installed any more.
    seed : int

    Returns
    -------
    DataFrame
        As `disclosure.attack` returns it, with `releases`: what was combined, and
        `with_classes`: False where hot-spot classes were published too and had to be left
        out, for want of the layer or because they tell of other reports.
    """
    parts = []
    for release in releases:
        windows = windows_of(release.boundary_version) if release.classes else None
        said = spots_of(release, windows) if windows else []
        found = _attacked(Together(list(release.tables.values()), said), seed)
        complete = found["with_classes"] & (not release.classes or windows is not None)
        parts.append(found.assign(releases=release.id, with_classes=complete))
    for group in _by_boundary(releases):
        classes = any(release.classes for release in group)
        windows = windows_of(group[0].boundary_version) if classes else None
        try:
            found = _attacked(together(group, windows), seed)
        except InputError:
            # Corrected between two releases: no table agrees with both, so nobody can
            # combine them; changes of corrected counts were judged when they were released.
            continue
        complete = found["with_classes"] & (not classes or windows is not None)
        names = "+".join(release.id for release in group)
        parts.append(found.assign(releases=names, with_classes=complete))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _attacked(published: Together, seed: int) -> pd.DataFrame:
    if published.spots:
        try:
            found = disclosure.attack(published.tables, spots=published.spots, seed=seed)
        except InputError:
            pass  # The tables alone may still agree.
        else:
            return found.assign(with_classes=True)
    found = disclosure.attack(published.tables, seed=seed)
    return found.assign(with_classes=not published.spots)


def _by_boundary(releases: Sequence[Release]) -> list[list[Release]]:
    groups: dict[str, list[Release]] = {}
    for release in releases:
        groups.setdefault(release.boundary_version, []).append(release)
    return [group for group in groups.values() if len(group) > 1]
