"""The releases that are kept."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Engine

from geo_pora.aggregate import MEASURES
from geo_pora.disclosure import Disclosed, Policy
from geo_pora.errors import InputError, NotFoundError
from geo_pora.releases.release import FORM, Release, files_of
from geo_pora.store import releases as kept


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
