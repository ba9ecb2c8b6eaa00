"""Imports that run behind a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from werkzeug.datastructures import FileStorage

from geo_pora import pipeline
from geo_pora.errors import InputError
from webmap import jobs
from webmap.state import State


@dataclass(frozen=True, kw_only=True)
class ImportJob(jobs.Job):
    """One import, at last with its batch; `done` are the rows that were read."""

    agency: str
    batch_id: int | None = None
    already: bool = False
    remarks: tuple[str, ...] = ()


IMPORTS = jobs.Jobs(ImportJob, "uploads", kept_seconds=7 * 86_400)


def start(state: State, upload: FileStorage, *, account: str, agency: str) -> ImportJob:
    """Keep an uploaded file and begin to import it.

    Raises
    ------
    InputError
        If no file was given.
    """
    if not upload.filename:
        raise InputError("choose a file first")
    # A file's name is shown to people and nothing else: where it lies is ours to choose.
    name = Path(upload.filename.replace("\\", "/")).name[:120] or "berkas"
    ending = re.sub(r"[^0-9a-z.]", "", Path(name).suffix.lower())[:10]
    job = ImportJob(id=jobs.new_identity(), account=account, name=name, agency=agency)
    return IMPORTS.start(
        state,
        job,
        lambda job, source, note: _import(state, job, source, note),
        fill=upload.save,
        ending=ending,
    )


def _import(state: State, job: ImportJob, source: Path, note: jobs.Note) -> ImportJob:
    done = pipeline.import_file(
        state.engine,
        source,
        job.agency,
        settings=state.settings,
        actor=job.account,
        file_name=job.name,
        on_progress=lambda rows: note(rows, 0),
    )
    summary = done.summary
    return replace(
        job,
        done=summary.read,
        batch_id=summary.batch_id,
        already=summary.already_imported,
        remarks=done.remarks,
    )
