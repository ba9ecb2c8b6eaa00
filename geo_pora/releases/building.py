"""Building a release: through the gate, against all that was released before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial

import pandas as pd
from sqlalchemy import Engine

from geo_pora import __version__, disclosure
from geo_pora import periods as periods_room
from geo_pora.disclosure import (
    TOTAL,
    Bound,
    Counts,
    Disclosed,
    OnProgress,
    Policy,
    WindowsOf,
    told_by,
)
from geo_pora.errors import InputError, RefusedError
from geo_pora.periods import Period
from geo_pora.releases.archive import everything, keep, load
from geo_pora.releases.release import FORM, Release, Spec, files_of
from geo_pora.releases.together import Together, together
from geo_pora.releases.wording import reworded

CountsOf = Callable[[str, Sequence[Period], str | None], pd.DataFrame]
"""`(level, periods, by)` to counts, complete with zeros, from today's reports."""


def build(
    engine: Engine,
    spec: Spec,
    counts_of: CountsOf,
    *,
    actor: str,
    title: str,
    inputs: Mapping[str, str],
    hot_spots: Mapping[str, pd.DataFrame] | None = None,
    windows_of: WindowsOf | None = None,
    on_progress: OnProgress | None = None,
) -> Release:
    """Make a release against all kept ones, keep it, and return it; see `prepare`.

    Raises
    ------
    RefusedError
        If, together with earlier releases, it would give a hidden count back.
    UnavailableError
        If another one was kept while it was made: it was not held against that one.
    """
    earlier = everything(engine)
    release = prepare(
        spec,
        counts_of,
        earlier=earlier,
        inputs=inputs,
        hot_spots=hot_spots,
        windows_of=windows_of,
        title=title,
        on_progress=on_progress,
    )
    known = [one.id for one in earlier]
    return load(engine, keep(engine, release, actor=actor, after=known))


def prepare(
    spec: Spec,
    counts_of: CountsOf,
    *,
    earlier: Sequence[Release] = (),
    inputs: Mapping[str, str],
    hot_spots: Mapping[str, pd.DataFrame] | None = None,
    windows_of: WindowsOf | None = None,
    title: str = "",
    on_progress: OnProgress | None = None,
) -> Release:
    """Make a release, without keeping it.

    Parameters
    ----------
    spec : Spec
    counts_of : callable
    earlier : sequence of Release
        All releases so far, oldest first.
    inputs : mapping of str
        Versions of what it is made from: `boundary_version`, the last batch.
        Never a hash of the counts, which could be searched for.
    hot_spots : mapping of str to DataFrame, optional
        `area_code` and `class` by level, of the last period.
    windows_of : callable, optional
        By level the windows of its areas (`hotspots.windows`); needed where this release
        or an earlier one has hot spots.
    title : str
    on_progress : callable, optional
        Told how many cells are protected, and of how many.

    Raises
    ------
    RefusedError
        If, together with earlier releases, it would give a hidden count back.
    """
    policy = Policy.release(spec.threshold)
    bearing = _bearing(spec, earlier, inputs.get("boundary_version", ""))
    tables = [
        Counts(level, counts_of(level, spec.spans(), by))
        for level in spec.levels
        for by in (None, *spec.by)
    ]
    _refuse_blind(hot_spots, bearing, windows_of)
    past = [table for release in bearing for table in release.tables.values()]
    protect = partial(
        disclosure.disclose_together,
        tables,
        policy,
        earlier=past,
        truth=_truth(past, counts_of),
        seed=spec.seed,
        on_progress=on_progress,
    )
    made = protect()
    published, bounds = _published(bearing, made, windows_of)
    if bounds:
        made = protect(bounds=bounds, silent=made)
        published, _ = _published(bearing, made, windows_of)
    classes = {}
    if hot_spots and windows_of:
        classes = reworded(hot_spots, spec.periods[-1], made, published, windows_of, seed=spec.seed)
    by_name = {table.name: table for table in made}
    policy = made[0].policy
    manifest = {
        "form": FORM,
        "spec": asdict(spec),
        "policy": policy.as_dict(),
        "inputs": dict(inputs),
        "code_version": __version__,
        "earlier": [release.id for release in bearing],
        "information_loss": {name: round(t.information_loss, 6) for name, t in by_name.items()},
    }
    release = Release("", title, None, manifest, by_name, classes)
    manifest["sha256"] = {
        name: hashlib.sha256(data).hexdigest() for name, (_, data) in files_of(release).items()
    }
    return release


def _refuse_blind(
    hot_spots: Mapping[str, pd.DataFrame] | None,
    bearing: Sequence[Release],
    windows_of: WindowsOf | None,
) -> None:
    if windows_of is None and (hot_spots or any(release.classes for release in bearing)):
        raise InputError(
            "hot spots were released on these boundaries, or are to be: give windows_of, the areas "
            "that each one is judged by"
        )


def _published(
    bearing: Sequence[Release], made: Sequence[Disclosed], windows_of: WindowsOf | None
) -> tuple[Together, list[Bound]]:
    """Return what a reader can combine once these tables are published.

    Returns
    -------
    published : Together
    bounds : list of Bound
        What earlier releases' hot-spot classes tell of these tables.
    """
    draft = Release("", "", None, {}, {table.name: table for table in made})
    found = together([*bearing, draft], windows_of)
    if not found.spots:
        return found, []
    try:
        return found, told_by(found.tables, found.spots)
    except InputError:
        # Of other reports than today's, though no shown count tells: nobody can combine them.
        return together([draft], windows_of), []


def _bearing(spec: Spec, earlier: Sequence[Release], version: str) -> list[Release]:
    """Return the earlier releases on the same areas; refuse the same days on other areas."""
    for release in earlier:
        if release.boundary_version == version:
            continue
        said = [periods_room.parse(key) for key in release.manifest["spec"]["periods"]]
        for old in said:
            if any(old.first <= new.last and new.first <= old.last for new in spec.spans()):
                raise RefusedError(
                    f"{old} was released on boundaries {release.boundary_version} (release "
                    f"{release.id}): the same days on other areas could be subtracted; release "
                    "periods that were not released yet"
                )
    return [release for release in earlier if release.boundary_version == version]


def _truth(past: Iterable[Disclosed], counts_of: CountsOf) -> list[Counts]:
    """Count again, from today's reports, what earlier releases told of."""
    wanted: dict[tuple[str, str | None], set[str]] = {}
    for table in past:
        level = "regency" if table.level == TOTAL else table.level
        wanted.setdefault((level, table.by), set()).update(table.table["period"].unique())
    return [
        Counts(level, counts_of(level, [periods_room.parse(key) for key in sorted(keys)], by))
        for (level, by), keys in wanted.items()
    ]
