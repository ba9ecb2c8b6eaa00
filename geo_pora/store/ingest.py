"""Import: a file's rows into the store, all or nothing, and never twice.

The rows are staged chunk by chunk while they are read and placed, which locks
nobody out; then one short transaction merges the stage into the reports. A row
is known by agency and report_id: sent again with the same content it changes
nothing, with other content it becomes a new revision and the old one is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import sqlalchemy as sa

from geo_pora.errors import InputError
from geo_pora.store import clock, merge, staging, state
from geo_pora.store.database import begin_writing, errors, reading, writing
from geo_pora.store.relocation import Relocation, relocate
from geo_pora.store.spans import Spans
from geo_pora.store.tables import batches

__all__ = [
    "ImportSummary",
    "Relocation",
    "Writer",
    "already_imported",
    "importing",
    "relocate",
]


@dataclass(frozen=True)
class ImportSummary:
    """What became of a file: `read` = `located` + `review` + `rejected`.

    Attributes
    ----------
    batch_id : int or None
        The import's number; None for a dry run.
    imported_at : datetime.datetime
        When it was stored; an earlier moment if the file was already imported.
    read, located, review, rejected : int
        Rows of the file.
    new, revised, unchanged, erased : int
        Located rows and rows to review, by what they did to the store:
        `erased` ones had been erased before and were not taken in again.
    persons : int
        Sum of persons over the located rows and those to review.
    already_imported : bool
        True where the same file was there already and nothing was changed.
    """

    batch_id: int | None
    imported_at: dt.datetime
    read: int = 0
    located: int = 0
    review: int = 0
    rejected: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    erased: int = 0
    persons: int = 0
    already_imported: bool = False


def already_imported(engine: sa.Engine, sha256: str, agency: str) -> ImportSummary | None:
    """Return the import of this very file for this agency, unless it was undone."""
    with reading(engine) as connection:
        return _same_file(connection, sha256, agency)


@contextmanager
def importing(
    engine: sa.Engine,
    *,
    agency: str,
    actor: str,
    file_name: str,
    sha256: str,
    boundary_version: str | None,
    dry_run: bool = False,
    received_on: dt.date | None = None,
    checkpoint: Callable[[str], None] = lambda name: None,
) -> Iterator[Writer]:
    """Import a file: add its chunks to the writer; leaving the block stores them.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    agency : str
        Code of the agency whose reports these are.
    actor : str
        Who imports, for the batch and the audit log.
    file_name, sha256 : str
        The file's name and the hash of its bytes; the name is for people only.
    boundary_version : str or None
        Version of the boundary layer that placed the rows.
    dry_run : bool
        Do everything, tell what would happen, and store nothing.
    received_on : datetime.date, optional
        Day on which the file came, for what is late; today by default.
    checkpoint : callable
        Called with `summarise`, `insert` and `commit` before each step, for progress.

    Yields
    ------
    Writer
        `add` per chunk; `summary` after the block.

    Raises
    ------
    InputError
        If a chunk breaks what its columns promise; nothing is stored.
    UnavailableError
        If the database fails or its disk is full; nothing is stored.
    """
    batch: dict[str, object] = {
        "agency": agency,
        "actor": actor,
        "file_name": file_name,
        "sha256": sha256,
        "boundary_version": boundary_version,
        "received_on": received_on,
    }
    with errors(engine):
        hash_key = _hash_key(engine)
        with engine.connect() as connection:
            with connection.begin():
                staging.create(connection)
            writer = Writer(connection, agency, hash_key)
            try:
                with connection.begin():
                    yield writer
                writer._summary = writer._merged(batch, dry_run, checkpoint)
            finally:
                _clear(connection)


class Writer:
    """Takes the chunks of one import; made by `importing`."""

    def __init__(self, connection: sa.Connection, agency: str, hash_key: str) -> None:
        self._connection = connection
        self._agency = agency
        self._hash_key = hash_key
        self._rows = 0
        self._spans: list[Spans] = []
        self._summary: ImportSummary | None = None

    @property
    def summary(self) -> ImportSummary:
        """What became of the file; known when the `with` block has been left."""
        if self._summary is None:
            raise InputError("the summary of an import is known only when its block has ended")
        return self._summary

    def add(self, located: pd.DataFrame, rejected: pd.DataFrame | None = None) -> None:
        """Stage a chunk.

        Parameters
        ----------
        located : pandas.DataFrame
            Located reports and reports to review (docs/architecture.md).
        rejected : pandas.DataFrame, optional
            `row_number`, `reason`, `column` where there is one; further
            columns are the row's cells that may be kept, for the person who
            corrects the file.
        """
        if len(located):
            chunk = staging.load(
                self._connection,
                located,
                agency=self._agency,
                hash_key=self._hash_key,
                first_seq=self._rows + 1,
            )
            self._spans.append(chunk)
            self._rows += len(located)
        if rejected is not None and len(rejected):
            staging.load_rejected(self._connection, rejected)

    def _merged(
        self, batch: dict[str, object], dry_run: bool, checkpoint: Callable[[str], None]
    ) -> ImportSummary:
        connection = self._connection
        with begin_writing(connection):
            # Another process may have stored the same file since we looked.
            same = _same_file(connection, str(batch["sha256"]), self._agency)
            if same is not None:
                return same
            moment = clock.now()
            received_on = batch["received_on"] or clock.day_of(moment)
            batch = batch | {"imported_at": moment, "received_on": received_on}
            figures = merge.merge(connection, batch, self._spans, checkpoint=checkpoint)
            summary = ImportSummary(imported_at=moment, **figures)
            if dry_run:
                connection.rollback()
                return replace(summary, batch_id=None)
            checkpoint("commit")
        return summary


def _clear(connection: sa.Connection) -> None:
    """Drop the stage, so that the pooled connection holds no rows; else give the connection up."""
    try:
        if connection.in_transaction():
            connection.rollback()
        with connection.begin():
            staging.drop(connection)
    except Exception:
        connection.invalidate()


def _hash_key(engine: sa.Engine) -> str:
    with reading(engine) as connection:
        key = state.get(connection, "hash_key")
    if key is None:
        with writing(engine) as connection:
            key = state.hash_key(connection)
    return key


def _same_file(connection: sa.Connection, sha256: str, agency: str) -> ImportSummary | None:
    c = batches.c
    names = ["imported_at", "read", "located", "review", "rejected", "persons"]
    query = sa.select(c.id.label("batch_id"), *(c[name] for name in names)).where(
        c.sha256 == sha256, c.agency == agency, c.undone_at.is_(None)
    )
    row = connection.execute(query.order_by(c.id).limit(1)).mappings().first()
    if row is None:
        return None
    figures: dict[str, Any] = dict(row)
    unchanged = row["located"] + row["review"]
    return ImportSummary(**figures, unchanged=unchanged, already_imported=True)
