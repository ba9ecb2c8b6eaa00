"""Running a job on every part, in this process or on Dask workers."""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar

from geo_pora.errors import GeoPoraError, InputError, UnavailableError
from geo_pora.partitions.cutting import Part, cut

Result = TypeVar("Result")
Job = Callable[[Path, Path], Result]
OnProgress = Callable[[int], None]


def geocode_partitions(
    sources: str | Sequence[Path],
    out_dir: Path,
    job: Job[Result],
    scheduler: str | None = None,
    on_progress: OnProgress = lambda done: None,
    *,
    workers: int | None = None,
    part_bytes: int = 64_000_000,
    ending: str = ".parquet",
) -> list[Result]:
    """Run a job on every part of every file.

    Parts are cut into a hidden folder within `out_dir`, that only this user can open and that is
    removed at the end; results move out of it when they are whole. A worker that dies leaves
    nothing behind, and others do its parts again.

    Parameters
    ----------
    sources : str or sequence of Path
        Files, or a pattern such as `reports/*.csv`. Large CSV and Parquet files are cut, see
        `cut`.
    out_dir : Path
        For one result per part, named by the numbers of file and part, so that their
        order is that of the rows. It is made; where it exists it must be empty. Workers on
        other machines must see it, and the sources, under the same path.
    job : callable
        `job(source, target)` reads one file and writes the other. It is pickled; what it
        keeps in itself, such as an index, each worker keeps from part to part.
    scheduler : str, optional
        Address of a running Dask scheduler; a local cluster is started by default.
    on_progress : callable
        Takes how many parts are done.
    workers : int, optional
        Processes of the local cluster, by default one per core; 0 does without Dask.
    part_bytes : int
        About the size of a part.
    ending : str
        Of the results.

    Returns
    -------
    list
        What the job returned for each part, in order.

    Raises
    ------
    InputError
        If there is no such file, or `out_dir` is not empty.
    UnavailableError
        If Dask is missing, the scheduler cannot be reached, or workers die again and again
        on the same part.
    GeoPoraError
        Whatever the job raises; parts that are done stay done.
    """
    tasks = _tasks(sources, part_bytes, ending)
    with _staging(Path(out_dir).absolute()) as staging:
        work = _Work(job, staging)
        if workers == 0:
            results = []
            for task in tasks:
                results.append(work(task))
                on_progress(len(results))
            return results
        with _client(scheduler, min(workers or os.cpu_count() or 1, len(tasks))) as client:
            return _mapped(client, work, tasks, on_progress)


@dataclass(frozen=True)
class _Task:
    part: Part
    name: str


@dataclass(frozen=True)
class _Work(Generic[Result]):
    """What a worker does with a part; small where the job is."""

    job: Job[Result]
    staging: Path

    def __call__(self, task: _Task) -> Result:
        with tempfile.TemporaryDirectory(dir=self.staging) as folder:
            source, target = task.part.source, Path(folder, task.name)
            if task.part.span is not None:  # under the same name, which errors may say
                source = Path(folder, "part", source.name)
                source.parent.mkdir()
                task.part.write(source)
            try:
                result = self.job(source, target)
            except GeoPoraError:
                raise
            except Exception as error:  # its words could hold a row
                raise InputError(
                    f"{source.name}: a part of it could not be placed ({type(error).__name__}): "
                    "try that file alone"
                ) from None
            with target.open("rb") as written:
                os.fsync(written.fileno())
            target.replace(self.staging.parent / task.name)
        return result


def matching(pattern: str) -> list[Path]:
    """Return the files that a pattern means, in the order of their names.

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(pattern).absolute()
    if path.is_file():  # a name may hold what would be a pattern: `laporan [1].csv`
        return [path]
    within = str(path.relative_to(path.anchor))
    found = sorted(Path(path.anchor).glob(within)) if path.name else []
    files = [one for one in found if not one.is_dir()]
    if not files:
        all_in = f", or '{path / '*'}' for all in that folder" if path.is_dir() else ""
        raise InputError(
            f"no file matches {pattern}: give files or a pattern in quotation marks{all_in}"
        )
    return files


def _tasks(sources: str | Sequence[Path], part_bytes: int, ending: str) -> list[_Task]:
    if isinstance(sources, str):
        files = matching(sources)
    else:
        files = [Path(name).absolute() for name in sources]
    for file in files:
        if not file.is_file():
            raise InputError(f"{file} is not there, or is no file: check the path")
    return [
        _Task(part, f"{number:05d}-{nth:05d}{ending}")
        for number, file in enumerate(files)
        for nth, part in enumerate(cut(file, part_bytes))
    ]


@contextmanager
def _staging(out_dir: Path) -> Iterator[Path]:
    """Make a hidden folder in the folder of results, which must be empty."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        if any(out_dir.iterdir()):
            raise InputError(f"{out_dir} is not empty: give a new folder for the results")
        staging = Path(tempfile.mkdtemp(dir=out_dir, prefix=".parts-"))
    except OSError as error:
        raise InputError(f"{out_dir}: cannot write there: {error.strerror}") from None
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _distributed() -> Any:
    try:
        import_module("cryptography")  # for the certificates of a local cluster
        return import_module("distributed")
    except ImportError:
        raise UnavailableError(
            'the engine dask is not installed: pip install "geo-pora[dask]", or choose another'
        ) from None


def _check_address(address: str) -> None:
    """Raise ValueError for what is no address; a client that fails on one says so at its end."""
    addressing = import_module("distributed.comm.addressing")
    scheme, location = addressing.parse_address(address)
    import_module("distributed.comm.registry").get_backend(scheme)
    addressing.parse_host_port(location)


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, or start a local cluster that only this process can talk to."""
    distributed = _distributed()
    if scheduler is not None:
        try:
            _check_address(scheduler)
            client = distributed.Client(scheduler, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UnavailableError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    cluster = distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=True,  # certificates made for this run: other users of the machine stay out
        silence_logs=logging.CRITICAL,
    )
    with cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield client


def _mapped(
    client: Any, work: _Work[Result], tasks: list[_Task], on_progress: OnProgress
) -> list[Result]:
    distributed = _distributed()

    # A task, not scattered data: it can be made again where all workers that hold it died.
    job = client.submit(pickle.loads, pickle.dumps(work), pure=False)
    futures = {client.submit(_apply, job, task, pure=False): task for task in tasks}
    results = {}
    try:
        for done, future in enumerate(distributed.as_completed(futures, loop=client.loop), start=1):
            results[futures[future].name] = future.result()
            future.release()
            on_progress(done)
    except distributed.KilledWorker:
        raise UnavailableError(
            f"{futures[future].part.source.name}: several workers died on the same part of it: "
            "give them more memory, or make the parts smaller"
        ) from None
    finally:
        client.cancel(list(futures))
    return [results[task.name] for task in tasks]


def _apply(work: _Work[Result], task: _Task) -> Result:
    return work(task)
