"""Files that leave the team: written at once where their release is kept, else behind a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geo_pora import pipeline
from geo_pora.aggregate import LEVELS
from geo_pora.errors import NotFoundError
from geo_pora.pipeline import Released
from webmap import jobs
from webmap.export_choice import Wanted
from webmap.state import State

KEPT_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class ExportJob(jobs.Job):
    """One file in the making; `done` are the counts that are protected by now.

    Attributes
    ----------
    media_type : str
    choice : dict
        What was asked for, as the form has it.
    hidden_share : float
        Of the counts that are not zero.
    outdated : bool
        Whether reports came in since the release.
    """

    media_type: str
    choice: dict[str, str]
    hidden_share: float = 0.0
    outdated: bool = False


EXPORTS = jobs.Jobs(ExportJob, "downloads", KEPT_SECONDS)


def is_ready(state: State, wanted: Wanted) -> bool:
    """Tell whether a file can be written at once: no release has to be built for it.

    Raises
    ------
    RefusedError
        If the period is not made of whole months or quarters.
    """
    if wanted.what == "briefing":
        return False  # drawing takes a while by itself
    if wanted.what == "coverage" or wanted.release:
        return True
    return pipeline.is_released(
        state.engine,
        state.atlas().layer,
        wanted.what if wanted.what in LEVELS else wanted.level,
        wanted.period,
        by=wanted.by or None,
        of_hot_spots=wanted.what == "hotspots",
    )


def write(
    state: State, wanted: Wanted, path: Path, *, actor: str, note: jobs.Note | None = None
) -> Released | None:
    """Write a file that may leave the team; the audit log takes note.

    Returns
    -------
    Released or None
        What it was made of; coverage is of no release.
    """
    said: dict[str, Any] = {"actor": actor}
    tables = {"semicolon": wanted.semicolon}
    if wanted.what == "coverage":
        pipeline.write_coverage(state.engine, wanted.period, path, **said, **tables)
        return None
    common = (state.engine, state.settings, state.atlas().layer)
    said |= {"release_id": wanted.release or None, "on_progress": note}
    if wanted.what == "hotspots":
        return pipeline.write_hot_spot_classes(*common, wanted.period, path, **said, **tables)
    if wanted.what == "map":
        return pipeline.write_map(
            *common, wanted.level, wanted.period, wanted.measure, path, **said
        )
    if wanted.what == "briefing":
        return pipeline.write_briefing(*common, wanted.level, wanted.period, path, **said)
    by = wanted.by or None
    return pipeline.write_export(*common, wanted.what, wanted.period, path, by=by, **said, **tables)


def start(state: State, wanted: Wanted, choice: dict[str, str], *, account: str) -> ExportJob:
    """Begin to make a file; a person's file that is in the making goes first."""
    if (other := EXPORTS.running(state, account)) is not None:
        return other
    job = ExportJob(
        id=jobs.new_identity(),
        account=account,
        name=wanted.file_name,
        media_type=wanted.media_type,
        choice=choice,
    )
    return EXPORTS.start(state, job, lambda job, source, note: _make(state, wanted, job, note))


def _make(state: State, wanted: Wanted, job: ExportJob, note: jobs.Note) -> ExportJob:
    path = _path(state, job)
    found = write(state, wanted, path, actor=job.account, note=note)
    if found is None:
        return job
    return replace(job, hidden_share=found.hidden_share, outdated=found.outdated)


def made(state: State, job: ExportJob) -> Path:
    """Return the file of a job.

    Raises
    ------
    NotFoundError
        If it is not there: not yet, or not any more.
    """
    path = _path(state, job)
    if job.state != "done" or not path.is_file():
        raise NotFoundError("this file is not there any more: ask for it once more")
    return path


def _path(state: State, job: ExportJob) -> Path:
    return EXPORTS.folder(state) / f"{job.id}{Path(job.name).suffix}"
