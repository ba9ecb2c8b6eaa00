"""Releases: what can leave the team, built once, kept, and never changed.

A release is a set of tables that passed the gate together, and together with
all earlier releases. It is kept as text with a manifest that says what it was
made from, so that the same inputs give the same bytes again.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from geo_pora import __version__, disclosure
from geo_pora import periods as periods_room
from geo_pora.aggregate import LEVELS, MEASURES, check_dimension, check_level
from geo_pora.disclosure import TOTAL, Counts, Disclosed, OnProgress, Policy, masked_classes
from geo_pora.errors import InputError, NotFoundError, RefusedError
from geo_pora.periods import Period
from geo_pora.store import releases as kept

CountsOf = Callable[[str, Sequence[Period], str | None], pd.DataFrame]
"""`(level, periods, by)` to counts, complete with zeros, from today's reports."""

FORM = 1  # of the manifest
_TEXT = ["period", "area_code", "area_name"]


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


def prepare(
    spec: Spec,
    counts_of: CountsOf,
    *,
    earlier: Sequence[Release] = (),
    inputs: Mapping[str, str],
    hot_spots: Mapping[str, pd.DataFrame] | None = None,
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
    past = [table for release in bearing for table in release.tables.values()]
    made = disclosure.disclose_together(
        tables,
        policy,
        earlier=past,
        truth=_truth(past, counts_of),
        seed=spec.seed,
        on_progress=on_progress,
    )
    by_name = {table.name: table for table in made}
    policy = made[0].policy
    last = spec.periods[-1]
    classes = {
        level: masked_classes(found, by_name[level]).assign(period=last)
        for level, found in (hot_spots or {}).items()
    }
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


def keep(
    engine: Engine, release: Release, *, actor: str, after: Sequence[str] | None = None
) -> str:
    """Keep a release in the store for ever, and return its id; see `store.releases.add`."""
    return kept.add(
        engine,
        actor=actor,
        title=release.title,
        policy=release.manifest["policy"],
        manifest=release.manifest,
        files=files_of(release),
        version=FORM,
        after=after,
    )


def build(
    engine: Engine,
    spec: Spec,
    counts_of: CountsOf,
    *,
    actor: str,
    title: str,
    inputs: Mapping[str, str],
    hot_spots: Mapping[str, pd.DataFrame] | None = None,
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
        title=title,
        on_progress=on_progress,
    )
    known = [one.id for one in earlier]
    return load(engine, keep(engine, release, actor=actor, after=known))


def load(engine: Engine, release_id: str) -> Release:
    """Read a kept release.

    Raises
    ------
    NotFoundError
        If there is none of this id.
    InputError
        If a file of it is not what was kept.
    """
    row = kept.get(engine, release_id)
    policy = Policy.from_dict(row["policy"])
    tables, classes = {}, {}
    for file_name in row["files"]:
        file = kept.file(engine, release_id, file_name)
        if file.sha256 != row["manifest"]["sha256"].get(file_name):
            raise InputError(
                f"release {release_id}: {file_name} is not the file that was kept; restore it "
                "from a backup"
            )
        name = file_name.removesuffix(".csv")
        if name.startswith("hotspots_"):
            classes[name.removeprefix("hotspots_")] = _read(file.data)
        else:
            level, _, by = name.partition("_by_")
            tables[name] = Disclosed(_read(file.data), policy, level, by or None)
    return Release(release_id, row["title"], row["created_at"], row["manifest"], tables, classes)


def _read(data: bytes) -> pd.DataFrame:
    rows = pd.read_csv(io.BytesIO(data), dtype="str", keep_default_na=False, na_values=[""])
    numbers = [name for name in MEASURES if name in rows]
    for name in numbers:
        rows[name] = pd.to_numeric(rows[name]).astype("Int64")
    return rows


def identifiers(engine: Engine) -> list[str]:
    """Return the ids of all kept releases, oldest first."""
    found: list[str] = []
    while True:
        page = kept.list(engine, limit=200, offset=len(found))
        found += page["id"].tolist()
        if len(page) < 200:
            return found[::-1]


def everything(engine: Engine) -> list[Release]:
    """Return all kept releases, oldest first."""
    return [load(engine, release_id) for release_id in identifiers(engine)]


def latest(engine: Engine) -> Release:
    """Return the newest release.

    Raises
    ------
    NotFoundError
        If nothing was released yet.
    """
    newest = kept.list(engine, limit=1)
    if newest.empty:
        raise NotFoundError("nothing was released yet: run geo-pora release build")
    return load(engine, newest["id"].iloc[0])


def same_bytes(release: Release, again: Release) -> bool:
    """Tell whether a rebuilt release is the kept one, byte for byte."""
    return files_of(release) == files_of(again) and _plain(release) == _plain(again)


def _plain(release: Release) -> str:
    return json.dumps(release.manifest, sort_keys=True)


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
