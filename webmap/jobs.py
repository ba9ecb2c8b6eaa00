"""Imports that run behind a page: their state is a file, so that any process can answer for it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import threading
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog
from werkzeug.datastructures import FileStorage

from geo_pora import pipeline
from geo_pora.errors import GeoPoraError, InputError, NotFoundError
from webmap.state import State

KEPT_SECONDS = 7 * 86_400
LOST_SECONDS = 600
BEGINNING_SECONDS = 60
_JOB = re.compile(r"[0-9a-f]{32}")
log = structlog.get_logger("webmap.jobs")


@dataclass(frozen=True)
class Job:
    """One import: `running`, then `done` with its batch, or `failed` with one sentence."""

    id: str
    account: str
    agency: str
    file_name: str
    state: str = "running"
    rows: int = 0
    batch_id: int | None = None
    already: bool = False
    remarks: tuple[str, ...] = ()
    error: str = ""
    changed: float = 0.0


def start(state: State, upload: FileStorage, *, account: str, agency: str) -> Job:
    """Keep an uploaded file and begin to import it.

    Raises
    ------
    InputError
        If no file was given.
    """
    if not upload.filename:
        raise InputError("choose a file first")
    folder = _folder(state)
    _forget_old(folder)
    # A file's name is shown to people and nothing else: where it lies is ours to choose.
    name = Path(upload.filename.replace("\\", "/")).name[:120] or "berkas"
    ending = re.sub(r"[^0-9a-z.]", "", Path(name).suffix.lower())[:10]
    job = Job(uuid.uuid4().hex, account, agency, name)
    source = folder / f"{job.id}.upload{ending}"
    handle = os.open(source, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    # Whoever works on a file holds its lock, and the kernel frees it with the process:
    # so every other process can tell an import that goes on from one that died.
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with os.fdopen(os.dup(handle), "wb") as out:
            upload.save(out)
        _write(folder, job)
        threading.Thread(target=_hold, args=(state, job, source, handle), daemon=True).start()
    except BaseException:
        source.unlink(missing_ok=True)
        os.close(handle)
        raise
    return job


def find(state: State, identity: str, account: str) -> Job:
    """Return a job of an account.

    Raises
    ------
    NotFoundError
        If the account has no such job.
    """
    folder = _folder(state)
    job = _read(folder, identity) if _JOB.fullmatch(identity) else None
    if job is None or job.account != account:
        raise NotFoundError("this upload is not known any more: see the list of files")
    if job.state == "running" and _died(folder, job):
        _forget_dead(folder, identity)
        return replace(job, state="failed", error="the app was stopped meanwhile: upload it again")
    return job


def _hold(state: State, job: Job, source: Path, lock: int) -> None:
    try:
        _run(state, job, source)
    finally:
        os.close(lock)


def _run(state: State, job: Job, source: Path) -> None:
    try:
        ended = _import(state, job, source)
    except GeoPoraError as error:
        # The file's place on this machine is nobody's business: only its name.
        message = str(error).replace(str(source), job.file_name).replace(source.name, job.file_name)
        ended = replace(job, state="failed", error=message)
    except Exception as error:  # a thread has nobody above it to answer
        log.error("import_broken", kind=type(error).__name__)
        ended = replace(job, state="failed", error="the file could not be read")
    finally:
        source.unlink(missing_ok=True)
    _write(source.parent, ended)


def _import(state: State, job: Job, source: Path) -> Job:
    last = time.monotonic()

    def on_progress(rows: int) -> None:
        nonlocal last
        if time.monotonic() - last > 0.5:
            last = time.monotonic()
            _write(source.parent, replace(job, rows=rows))

    done = pipeline.import_file(
        state.engine,
        source,
        job.agency,
        settings=state.settings,
        actor=job.account,
        file_name=job.file_name,
        on_progress=on_progress,
    )
    summary = done.summary
    return replace(
        job,
        state="done",
        rows=summary.read,
        batch_id=summary.batch_id,
        already=summary.already_imported,
        remarks=done.remarks,
    )


def _folder(state: State) -> Path:
    folder = state.settings.data_dir / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(folder: Path, job: Job) -> None:
    draft = folder / f"{job.id}.draft"
    draft.write_text(json.dumps(asdict(replace(job, changed=time.time()))), "utf-8")
    draft.replace(folder / f"{job.id}.json")


def _read(folder: Path, identity: str) -> Job | None:
    try:
        return Job(**json.loads((folder / f"{identity}.json").read_text("utf-8")))
    except FileNotFoundError:
        return None


def _died(folder: Path, job: Job) -> bool:
    """Tell whether the process that ran an import is gone."""
    for source in folder.glob(f"{job.id}.upload*"):
        with contextlib.suppress(FileNotFoundError):
            return not _locked(source)
    # The upload is gone just before the import is called done.
    return time.time() - job.changed > LOST_SECONDS


def _locked(source: Path) -> bool:
    with source.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _forget_dead(folder: Path, identity: str) -> None:
    """Remove the files of an import whose process died: they may name persons."""
    for file in folder.glob(f"{identity}.upload*"):
        file.unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    now = time.time()
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process forgets as well
            age = now - file.stat().st_mtime
            # Younger ones may be about to be locked.
            if ".upload" in file.name and age > BEGINNING_SECONDS and not _locked(file):
                _forget_dead(folder, file.name[:32])
            elif age > KEPT_SECONDS or file.name.startswith("rejected-"):  # an earlier version's
                file.unlink(missing_ok=True)
