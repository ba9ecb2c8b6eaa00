"""Releases (rilis) as they left the team: manifest, policy and files, never changed again."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import InputError, NotFoundError, UnavailableError
from geo_pora.store import audit, clock
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import release_files, releases

_COLUMNS = ["id", "created_at", "actor", "title", "version"]


@dataclass(frozen=True)
class File:
    """A file of a release."""

    name: str
    media_type: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Hash of the bytes, as hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


def add(
    engine: sa.Engine,
    *,
    actor: str,
    title: str,
    policy: Mapping[str, Any],
    manifest: Mapping[str, Any],
    files: Mapping[str, tuple[str, bytes]],
    release_id: str | None = None,
    version: int = 1,
    after: Sequence[str] | None = None,
) -> str:
    """Keep a release.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    actor, title : str
    policy, manifest : mapping
        Kept as JSON.
    files : mapping
        Media type and bytes by name: tables as Parquet, JSON, drawings.
    release_id : str, optional
        A random one by default, fit for a link.
    version : int
        Version of the manifest's form.
    after : sequence of str, optional
        Ids of the releases that this one was held against: all there are.

    Returns
    -------
    str
        The release's id.

    Raises
    ------
    InputError
        If a release of this id exists.
    UnavailableError
        If there is one that is not in `after`.
    """
    key = release_id or secrets.token_urlsafe(12)
    with writing(engine) as connection:
        if connection.scalar(sa.select(releases.c.id).where(releases.c.id == key)):
            raise InputError(f"release {key} exists already: a release is never changed")
        if after is not None and set(connection.scalars(sa.select(releases.c.id))) - set(after):
            raise UnavailableError("another release was built meanwhile: ask once more")
        connection.execute(
            releases.insert().values(
                id=key,
                created_at=clock.now(),
                actor=actor,
                title=title,
                version=version,
                policy=_json(policy),
                manifest=_json(manifest),
            )
        )
        kept = [File(name, *file) for name, file in files.items()]
        for file in kept:
            connection.execute(
                release_files.insert().values(
                    release_id=key,
                    name=file.name,
                    media_type=file.media_type,
                    sha256=file.sha256,
                    data=file.data,
                )
            )
        hashes = {file.name: file.sha256 for file in kept}
        audit.record(connection, actor, "release.add", f"release:{key}", {"files": hashes})
    return key


def get(engine: sa.Engine, release_id: str) -> dict[str, Any]:
    """Return a release: its columns, `policy`, `manifest`, and `files` (name to hash).

    Raises
    ------
    NotFoundError
        If there is no such release.
    """
    c = release_files.c
    with reading(engine) as connection:
        query = sa.select(releases).where(releases.c.id == release_id)
        row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError(f"there is no release {release_id[:60]!r}")
        names = sa.select(c.name, c.sha256).where(c.release_id == release_id).order_by(c.name)
        files = {row.name: row.sha256 for row in connection.execute(names)}
    parsed = {name: json.loads(row[name]) for name in ("policy", "manifest")}
    return {**row, **parsed, "files": files}


def file(engine: sa.Engine, release_id: str, name: str) -> File:
    """Return one file of a release.

    Raises
    ------
    NotFoundError
        If there is no such file.
    """
    c = release_files.c
    query = sa.select(c.name, c.media_type, c.data).where(c.release_id == release_id)
    with reading(engine) as connection:
        row = connection.execute(query.where(c.name == name)).first()
    if row is None:
        raise NotFoundError(f"release {release_id[:60]!r} has no file {name[:60]!r}")
    return File(row[0], row[1], bytes(row[2]))


def list(engine: sa.Engine, *, limit: int = 100, offset: int = 0) -> pd.DataFrame:
    """List releases, newest first: `id`, `created_at`, `actor`, `title`, `version`."""
    query = sa.select(*(releases.c[name] for name in _COLUMNS))
    query = query.order_by(releases.c.created_at.desc(), releases.c.id).limit(limit).offset(offset)
    with reading(engine) as connection:
        frame = pd.DataFrame(connection.execute(query).all(), columns=_COLUMNS)
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    return frame


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False)
