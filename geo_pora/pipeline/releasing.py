"""What leaves the team: released tables, built once and never counted anew for a second file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd
from sqlalchemy import Engine

from geo_pora import boundaries, hotspots, periods, releases
from geo_pora.boundaries import Layer
from geo_pora.disclosure import Disclosed, OnProgress, WindowsOf
from geo_pora.errors import InputError, NotFoundError, RefusedError
from geo_pora.periods import Period
from geo_pora.pipeline.figures import counts
from geo_pora.pipeline.hot_spots import hot_spots
from geo_pora.pipeline.placing import open_layer
from geo_pora.releases import Release, Spec
from geo_pora.settings import Settings
from geo_pora.store import batches

EVERY = ("month", "quarter")


@dataclass(frozen=True)
class Released:
    """A table of a release: what an export, a map or a briefing is made of.

    Attributes
    ----------
    release : Release
    table : Disclosed
        Only the periods asked for.
    built_now : bool
        Whether the release was built for this request.
    outdated : bool
        Whether reports came in since; the published figures stay as they are.
    """

    release: Release
    table: Disclosed
    built_now: bool
    outdated: bool

    @property
    def hidden_share(self) -> float:
        """Hidden cells as a share of the cells that are not zero."""
        return self.table.information_loss


def released(
    engine: Engine,
    settings: Settings,
    layer: Layer,
    level: str,
    period: Period,
    *,
    actor: str,
    by: str | None = None,
    release_id: str | None = None,
    of_hot_spots: bool = False,
    on_progress: OnProgress | None = None,
) -> Released:
    """Return a table that may leave the team.

    The newest release that has it is taken; where there is none, one is built
    and kept. A second file of the same figures therefore never differs from the
    first, and what came in meanwhile cannot be worked out by subtracting them.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    settings : Settings
    layer : Layer
        The layer in use.
    level : {'regency', 'district', 'village'}
    period : Period
        Whole months or quarters.
    actor : str
        Who asks, for the audit log.
    by : {'permit', 'activity', 'status', 'agency'}, optional
    release_id : str, optional
        Take this release and no other.
    of_hot_spots : bool
        Only a release whose hot spots are those of the period's last month or quarter.
    on_progress : callable, optional
        Told how many cells are protected, where a release is built.

    Raises
    ------
    RefusedError
        If the period is not made of whole months or quarters, or a release would
        give a hidden count back.
    NotFoundError
        If the release asked for does not have the table.
    """
    keys = fixed_periods(period)
    if release_id:
        one = releases.load(engine, release_id)
        return _taken(engine, layer, one, level, by, keys)
    if kept := _newest(engine, layer, level, by, keys, of_hot_spots):
        return _taken(engine, layer, kept, level, by, keys)
    spec = Spec(
        tuple(keys),
        tuple(name for name in ("district", level) if name in layer.levels),
        (by,) if by else (),
        threshold=settings.release_threshold,
    )
    made = build_release(engine, settings, layer, spec, actor=actor, on_progress=on_progress)
    return dataclasses.replace(_taken(engine, layer, made, level, by, keys), built_now=True)


def is_released(
    engine: Engine,
    layer: Layer,
    level: str,
    period: Period,
    *,
    by: str | None = None,
    of_hot_spots: bool = False,
) -> bool:
    """Tell whether `released` has a kept release to take, and need not build one."""
    keys = fixed_periods(period)
    return _newest(engine, layer, level, by, keys, of_hot_spots) is not None


def _newest(
    engine: Engine,
    layer: Layer,
    level: str,
    by: str | None,
    keys: Sequence[str],
    of_hot_spots: bool,
) -> Release | None:
    for identifier in reversed(releases.identifiers(engine)):
        found = releases.load(engine, identifier)
        last = found.manifest["spec"]["periods"][-1]
        if _holds(found, layer, level, by, keys) and (last == keys[-1] or not of_hot_spots):
            return found
    return None


def build_release(
    engine: Engine,
    settings: Settings,
    layer: Layer,
    spec: Spec,
    *,
    actor: str,
    title: str = "",
    on_progress: OnProgress | None = None,
) -> Release:
    """Build a release of the stored reports, with the classes of their hot spots, and keep it."""
    return releases.build(
        engine,
        spec,
        lambda level, spans, by: counts(engine, layer, level, spans, by),
        actor=actor,
        title=title or ", ".join(spec.periods),
        inputs=_inputs(engine, layer),
        hot_spots=_classes(engine, settings, layer, spec),
        windows_of=windows_of(layer),
        on_progress=on_progress,
    )


def rebuilt(engine: Engine, settings: Settings, layer: Layer, release: Release) -> Release:
    """Build a kept release again from its manifest and today's reports, without keeping it.

    Raises
    ------
    RefusedError
        If the reports or the boundaries are not those that it was made from.
    """
    now, then = _inputs(engine, layer), release.manifest["inputs"]
    changed = [name for name in then if now.get(name) != then[name]]
    if changed:
        raise RefusedError(
            f"release {release.id} was made from other {', '.join(changed)}: "
            + "; ".join(f"{name} was {then[name]}, is {now.get(name)}" for name in changed)
        )
    spec = Spec.from_dict(release.manifest["spec"])
    return releases.prepare(
        spec,
        lambda level, spans, by: counts(engine, layer, level, spans, by),
        earlier=[releases.load(engine, one) for one in release.manifest["earlier"]],
        inputs=now,
        hot_spots=_classes(engine, settings, layer, spec),
        windows_of=windows_of(layer),
        title=release.title,
    )


def windows_of(layer: Layer) -> WindowsOf:
    """Return by level which areas each one is judged by."""
    return cache(lambda level: hotspots.windows(layer.areas(level)))


def known_windows(engine: Engine, settings: Settings) -> Callable[[str], WindowsOf | None]:
    """Return the windows of the layer of a version, or None where it is not installed."""

    def find(version: str) -> WindowsOf | None:
        in_use = open_layer(settings, engine)
        if in_use.version == version:
            return windows_of(in_use)
        named = [one.name for one in boundaries.installed(settings) if one.version == version]
        if named:
            return windows_of(boundaries.load(named[0], settings))
        indicative = boundaries.indicative()
        return windows_of(indicative) if indicative.version == version else None

    return cache(find)


def _inputs(engine: Engine, layer: Layer) -> dict[str, str]:
    """Return the versions of what a release is made from."""
    return {
        "boundary_layer": layer.name,
        "boundary_version": layer.version,
        "boundary_source": layer.source,
        "batches": _batches(engine),
    }


def _batches(engine: Engine) -> str:
    kept = batches.list(engine)
    return f"{len(kept)}:{kept['undone_at'].notna().sum()}"


def _classes(
    engine: Engine, settings: Settings, layer: Layer, spec: Spec
) -> dict[str, pd.DataFrame]:
    """Find the hot spots of the last period; none where there is nothing to test."""
    found = {}
    for level in spec.levels:
        if level == "regency":
            continue
        try:
            spots = hot_spots(engine, settings, level, spec.spans()[-1], layer=layer)
        except InputError:
            continue
        if spots.enough:
            found[level] = spots.for_release()
    return found


def fixed_periods(period: Period, every: str | None = None) -> list[str]:
    """Return the keys of the quarters, else of the months, that fill a period exactly.

    Raises
    ------
    RefusedError
        If it is not made of them: free ranges could be subtracted from each other.
    """
    months = periods.months(period)
    quarters = sorted({periods.quarter_of(month.first) for month in months})
    ways = {"month": [months], "quarter": [quarters]}.get(every or "", [quarters, months])
    for found in ways:
        if (found[0].first, found[-1].last) == (period.first, period.last):
            return [one.key for one in found]
    nearest = ways[-1]
    raise RefusedError(
        f"{period.first} to {period.last} is not made of whole {every or 'month'}s: what leaves "
        "the team is counted over fixed periods, so that two of them cannot be subtracted; ask "
        f"for {nearest[0].first} to {nearest[-1].last}"
    )


def _name(level: str, by: str | None) -> str:
    return f"{level}_by_{by}" if by else level


def _holds(release: Release, layer: Layer, level: str, by: str | None, keys: Sequence[str]) -> bool:
    table = release.tables.get(_name(level, by))
    same = release.boundary_version == layer.version
    return same and table is not None and set(keys) <= set(table.table["period"])


def _taken(
    engine: Engine,
    layer: Layer,
    release: Release,
    level: str,
    by: str | None,
    keys: Sequence[str],
) -> Released:
    if release.boundary_version != layer.version:
        raise NotFoundError(
            f"release {release.id} was made on boundaries {release.boundary_version}, the layer "
            f"in use is {layer.version}: choose the layer of then with geo-pora boundaries use"
        )
    if not _holds(release, layer, level, by, keys):
        raise NotFoundError(
            f"release {release.id} does not tell of {_name(level, by)} in {', '.join(keys)}; it "
            f"has {', '.join(sorted(release.tables))} in "
            f"{', '.join(release.manifest['spec']['periods'])}"
        )
    whole = release.tables[_name(level, by)]
    rows = whole.table[whole.table["period"].isin(keys)].reset_index(drop=True)
    outdated = release.manifest["inputs"].get("batches") != _batches(engine)
    return Released(release, dataclasses.replace(whole, table=rows), False, outdated)


def notes_on(layer: Layer, release: Release | None = None) -> dict[str, str]:
    """Return what a file says of itself: method, boundaries, and the release it is from."""
    notes = {
        "method": "persons present: sum of persons over reports whose span overlaps the period",
        "boundary_layer": layer.name,
        "boundary_version": layer.version,
        "boundary_source": layer.source_in_indonesian,
        "boundaries": "Batas indikatif, bukan batas resmi" if layer.indicative else "resmi",
    }
    if release is not None:
        notes |= {"release": release.id, "title": release.title}
        notes |= {"date": f"{release.created_at:%Y-%m-%d}"}
        notes["code_version"] = str(release.manifest["code_version"])
    return notes
