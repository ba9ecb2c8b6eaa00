"""The audit log: append-only, each entry bound to the one before it by its hash.

Who did what, when, to which batch, layer, release or account; never the data
itself. The log's length and last hash are kept apart as well (`state`), so
that cutting entries off its end shows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import UnavailableError
from geo_pora.store import clock, state
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import audit_log

_AUDIT_LOCK = 0x61756469
_HEAD = "audit_head"
_GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditResult:
    """What `verify` found.

    Attributes
    ----------
    intact : bool
        True where every entry is as it was written and none is missing.
    entries : int
        Number of entries read.
    first_broken : int or None
        Number of the first entry that is changed, missing or added; None when intact, or
        when all that is known is that the log is not the one whose end was noted.
    reason : str
        What is wrong with it, in one sentence; empty when intact.
    head : str
        Hash of the last entry: write it down elsewhere to compare later.
    """

    intact: bool
    entries: int
    first_broken: int | None
    reason: str
    head: str


def record(
    where: sa.Engine | sa.Connection,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Add an entry, in the caller's transaction if a connection is given.

    Parameters
    ----------
    where : sqlalchemy.Engine or sqlalchemy.Connection
        A connection must be in a write transaction; make this its last step.
    actor, action, subject : str
        Who, did what, to what: `agency:POLRES`, `batches.undo`, `batch:12`.
    detail : mapping, optional
        Figures and codes as JSON; no personal data.

    Returns
    -------
    int
        Number of the entry, from 1 without gaps.
    """
    with _connected(where) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_AUDIT_LOCK)))
        count, previous = _head(connection)
        if count < 0:
            raise UnavailableError("the audit log was tampered with: run geo-pora audit verify")
        entry = {
            "id": count + 1,
            "at": clock.now(),
            "actor": _storable(actor),
            "action": _storable(action),
            "subject": _storable(subject),
            "detail": json.dumps(dict(detail or {}), sort_keys=True),
            "previous_hash": previous,
        }
        entry["hash"] = _hash(entry)
        connection.execute(audit_log.insert().values(entry))
        state.put(connection, _HEAD, f"{count + 1} {entry['hash']}")
        return count + 1


def entries(
    engine: sa.Engine,
    *,
    limit: int = 100,
    offset: int = 0,
    search: str = "",
    actor: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> pd.DataFrame:
    """List entries, newest first.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    limit, offset : int
        Which page.
    search : str
        Text that actor, action, subject or detail must contain.
    actor : str, optional
        Only this actor's.
    since, until : datetime.datetime, optional
        Only entries from `since` on and before `until` (aware).

    Returns
    -------
    pandas.DataFrame
        `id`, `at` (UTC), `actor`, `action`, `subject`, `detail` (JSON), `hash`.
    """
    c = audit_log.c
    query = sa.select(c.id, c.at, c.actor, c.action, c.subject, c.detail, c.hash)
    if search:
        fields = (c.actor, c.action, c.subject, c.detail)
        query = query.where(sa.or_(*(f.icontains(search, autoescape=True) for f in fields)))
    if actor is not None:
        query = query.where(c.actor == actor)
    if since is not None:
        query = query.where(c.at >= since)
    if until is not None:
        query = query.where(c.at < until)
    query = query.order_by(c.id.desc()).limit(limit).offset(offset)
    with reading(engine) as connection:
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def verify(engine: sa.Engine, noted: str = "") -> AuditResult:
    """Read the whole log and find the first entry that is not as it was written.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    noted : str
        A `head` of earlier, kept outside of the database, or its beginning. Who owns the
        database could write the whole log anew, hashes and all: then no entry has this hash.

    Returns
    -------
    AuditResult
    """
    query = sa.select(audit_log).order_by(audit_log.c.id)
    if engine.dialect.name == "sqlite":  # which keeps any text, also one that is no moment
        others = [column for column in audit_log.c if column.name != "at"]
        at = sa.type_coerce(audit_log.c.at, sa.Text).label("at")
        query = sa.select(at, *others).order_by(audit_log.c.id)
    with reading(engine) as connection:
        stated = _head(connection)
        rows = connection.execute(query.execution_options(yield_per=10_000))
        return _verify((dict(row) for row in rows.mappings()), *stated, noted.strip().lower())


def _verify(
    rows: Iterable[dict[str, Any]], stated_count: int, stated_hash: str, noted: str
) -> AuditResult:
    count, previous = 0, _GENESIS
    found = previous.startswith(noted)
    for row in rows:
        problem = ""
        if row["id"] != count + 1:
            problem = f"entry {count + 1} is missing"
        elif row["previous_hash"] != previous:
            problem = f"entry {row['id']} does not follow from the one before it"
        elif not _is_as_written(row):
            problem = f"entry {row['id']} was changed after it was written"
        if problem:
            return AuditResult(False, count, count + 1, problem, previous)
        count, previous = count + 1, row["hash"]
        found |= previous.startswith(noted)
    if stated_count < 0:
        reason = "what is kept of the log's length and end was changed"
        return AuditResult(False, count, count + 1, reason, previous)
    if (count, previous) != (stated_count, stated_hash):
        broken = min(count, stated_count) + (count != stated_count)
        reason = f"the log ends at entry {count} but {stated_count} were written"
        return AuditResult(False, count, broken, reason, previous)
    if not found:
        reason = "no entry has the hash that was noted: the log was written anew since"
        return AuditResult(False, count, None, reason, previous)
    return AuditResult(True, count, None, "", previous)


def _head(connection: sa.Connection) -> tuple[int, str]:
    """Return the kept length and last hash of the log; -1 where they are not readable."""
    count, _, head = (state.get(connection, _HEAD) or f"0 {_GENESIS}").partition(" ")
    return int(count) if count.isdecimal() else -1, head


def _is_as_written(row: Mapping[str, Any]) -> bool:
    try:
        return bool(row["hash"] == _hash(row))
    except (TypeError, ValueError):  # another type than was written, or no moment
        return False


def _hash(entry: Mapping[str, Any]) -> str:
    at = entry["at"]
    if not isinstance(at, dt.datetime):
        at = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    at = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    fields = [entry["id"], at, *(entry[name] for name in ("actor", "action", "subject", "detail"))]
    text = json.dumps([*fields, entry["previous_hash"]], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _storable(text: str) -> str:
    """Return text as either database can keep it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


@contextmanager
def _connected(where: sa.Engine | sa.Connection) -> Iterator[sa.Connection]:
    if isinstance(where, sa.Connection):
        yield where
    else:
        with writing(where) as connection:
            yield connection
