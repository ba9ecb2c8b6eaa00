"""Work that runs behind a page: its state is a file, so that any process can answer for it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import structlog

from geo_pora.errors import GeoPoraError, NotFoundError
from webmap.state import State

LOST_SECONDS = 600
BEGINNING_SECONDS = 60
TOLD_SECONDS = 0.5
_IDENTITY = re.compile(r"[0-9a-f]{32}")
# The file that a job works on, and the name of such files in an earlier version.
_WORKED_ON = (".work", ".upload")
log = structlog.get_logger("webmap.jobs")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work: `running`, then `done`, or `failed` with one sentence.

    Attributes
    ----------
    id, account : str
        Whose it is: it does not exist for anybody else.
    name : str
        Of the file that is read or made, as it is shown to people.
    state : {'running', 'done', 'failed'}
    done, total : int
        How far it is; a total of 0 where that is not known.
    error : str
    changed : float
    """

    id: str
    account: str
    name: str
    state: str = "running"
    done: int = 0
    total: int = 0
    error: str = ""
    changed: float = 0.0


AnyJob = TypeVar("AnyJob", bound=Job)
Note = Callable[[int, int], None]
"""`(done, total)`: how far the work is."""


class Jobs(Generic[AnyJob]):
    """The jobs of one kind, and the folder in which their states lie.

    Parameters
    ----------
    kind : type
        Class of the jobs.
    folder : str
        Name of their folder in the data directory.
    kept_seconds : int
        How long a job, and what it made, is kept.
    """

    def __init__(self, kind: type[AnyJob], folder: str, kept_seconds: int) -> None:
        self._kind, self._name, self._kept_seconds = kind, folder, kept_seconds

    def folder(self, state: State) -> Path:
        """Return the folder, made where it is missing, without what was kept long enough."""
        folder = state.settings.data_dir / self._name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_old(folder)
        return folder

    def start(
        self,
        state: State,
        job: AnyJob,
        work: Callable[[AnyJob, Path, Note], AnyJob],
        *,
        fill: Callable[[BinaryIO], None] | None = None,
        ending: str = "",
    ) -> AnyJob:
        """Begin a job in a thread.

        Parameters
        ----------
        state : State
        job : Job
        work : callable
            Takes the job, the file to work on and where to say how far it is; returns
            the job as it ended.
        fill : callable, optional
            Writes what the file holds at first.
        ending : str
            Of the file's name.
        """
        source = self.folder(state) / f"{job.id}{_WORKED_ON[0]}{ending}"
        handle = os.open(source, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        # Whoever works on a file holds its lock, and the kernel frees it with the process:
        # so every other process can tell a job that goes on from one that died.
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            if fill is not None:
                with os.fdopen(os.dup(handle), "wb") as out:
                    fill(out)
            _write(source.parent, job)
            run = threading.Thread(target=_hold, args=(job, source, handle, work), daemon=True)
            run.start()
        except BaseException:
            source.unlink(missing_ok=True)
            os.close(handle)
            raise
        return job

    def find(self, state: State, identity: str, account: str) -> AnyJob:
        """Return a job of an account.

        Raises
        ------
        NotFoundError
            If the account has no such job.
        """
        folder = self.folder(state)
        job = self._read(folder, identity) if _IDENTITY.fullmatch(identity) else None
        if job is None or job.account != account:
            raise NotFoundError("this job is not known any more: begin it again")
        if job.state == "running" and _died(folder, job):
            _forget_work(folder, identity)
            return replace(job, state="failed", error="the app was stopped meanwhile: begin again")
        return job

    def running(self, state: State, account: str) -> AnyJob | None:
        """Return a job of an account that goes on, or None."""
        for file in self.folder(state).glob("*.json"):
            with contextlib.suppress(NotFoundError):
                job = self.find(state, file.stem, account)
                if job.state == "running":
                    return job
        return None

    def _read(self, folder: Path, identity: str) -> AnyJob | None:
        try:
            return self._kind(**json.loads((folder / f"{identity}.json").read_text("utf-8")))
        except (FileNotFoundError, TypeError):  # of an earlier version
            return None

    def _forget_old(self, folder: Path) -> None:
        now = time.time()
        for file in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process forgets as well
                age = now - file.stat().st_mtime
                # Younger ones may be about to be locked.
                worked_on = any(ending in file.name for ending in _WORKED_ON)
                if worked_on and age > BEGINNING_SECONDS and not _locked(file):
                    _forget_work(folder, file.name[:32])
                elif age > self._kept_seconds and not worked_on:
                    file.unlink(missing_ok=True)


def new_identity() -> str:
    """Return a name for a job that nobody guesses."""
    return uuid.uuid4().hex


def _hold(
    job: AnyJob, source: Path, lock: int, work: Callable[[AnyJob, Path, Note], AnyJob]
) -> None:
    try:
        _run(job, source, work)
    finally:
        os.close(lock)


def _run(job: AnyJob, source: Path, work: Callable[[AnyJob, Path, Note], AnyJob]) -> None:
    try:
        ended = replace(work(job, source, _noting(job, source.parent)), state="done")
    except GeoPoraError as error:
        # The file's place on this machine is nobody's business: only its name.
        message = str(error).replace(str(source), job.name).replace(source.name, job.name)
        ended = replace(job, state="failed", error=message)
    except Exception as error:  # a thread has nobody above it to answer
        log.error("job_broken", kind=type(error).__name__)
        ended = replace(job, state="failed", error="the app could not do this")
    finally:
        source.unlink(missing_ok=True)
    _write(source.parent, ended)


def _noting(job: Job, folder: Path) -> Note:
    """Return what writes down how far a job is, but not more often than a person looks."""
    last = time.monotonic()

    def note(done: int, total: int = 0) -> None:
        nonlocal last
        if time.monotonic() - last > TOLD_SECONDS:
            last = time.monotonic()
            _write(folder, replace(job, done=done, total=total))

    return note


def _write(folder: Path, job: Job) -> None:
    draft = folder / f"{job.id}.draft"
    draft.write_text(json.dumps(asdict(replace(job, changed=time.time()))), "utf-8")
    draft.replace(folder / f"{job.id}.json")


def _died(folder: Path, job: Job) -> bool:
    """Tell whether the process that did a job is gone."""
    for source in _work_of(folder, job.id):
        with contextlib.suppress(FileNotFoundError):
            return not _locked(source)
    # The file is gone just before the job is called done.
    return time.time() - job.changed > LOST_SECONDS


def _work_of(folder: Path, identity: str) -> Iterator[Path]:
    for ending in _WORKED_ON:
        yield from folder.glob(f"{identity}{ending}*")


def _locked(source: Path) -> bool:
    with source.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _forget_work(folder: Path, identity: str) -> None:
    """Remove the files of a job whose process died: they may name persons."""
    for file in _work_of(folder, identity):
        file.unlink(missing_ok=True)
