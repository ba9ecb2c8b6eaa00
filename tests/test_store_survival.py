"""The store survives kills, a full disk, restarts and a crowd: each test can be run by name.

Short by default; `STORE_TEST_ROUNDS=20` repeats each kill so many times.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from store_fixtures import AGENCY, in_review, located, put_in, stored

from geo_pora import periods, store
from geo_pora.errors import UnavailableError
from geo_pora.store import audit, batches, ingest, queries, review

pytest_plugins = ["store_engines"]

ROUNDS = int(os.environ.get("STORE_TEST_ROUNDS", "1"))
POINTS = ["read", "geocode", "summarise", "insert", "commit", "while committing"]
EVER = [periods.parse("2000-01-01_2040-12-31")]

# Children are forked from a server that has imported the store but run nothing of it.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["store_fixtures", "geo_pora.store.queries"])


def run(target, *arguments) -> int:
    """Run a function in a process of its own and return its exit code."""
    child = processes.Process(target=target, args=arguments)
    child.start()
    child.join(120)
    assert child.exitcode is not None, "the child hangs"
    return child.exitcode


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def import_and_die(url: str, point: str, delay: float) -> None:
    """Import 300 reports in three chunks and be killed at a point of it."""

    def checkpoint(step: str) -> None:
        if step == point:
            die()
        if step == "commit" and point == "while committing":
            threading.Timer(delay, die).start()

    reports = located(300, first=1000, seed=5)
    engine = store.open(url)
    with ingest.importing(
        engine, agency=AGENCY, actor="tester", file_name="x", sha256="kill",
        boundary_version="v1", checkpoint=checkpoint,
    ) as writer:  # fmt: skip
        if point == "read":
            die()
        writer.add(reports.iloc[:100])
        if point == "geocode":
            die()
        writer.add(reports.iloc[100:])
    threading.Event().wait()  # the timer kills


@pytest.mark.parametrize("point", POINTS)
def test_kill_9(database_url, point, request):
    engine = store.open(database_url)
    put_in(engine, located(50))
    for round_ in range(ROUNDS):
        before = len(stored(engine))
        delay = random.Random(round_).random() / 50
        assert run(import_and_die, database_url, point, delay) == -signal.SIGKILL
        after = len(stored(engine))
        assert after - before in ({0, 300} if point == "while committing" else {0})
        assert_sound(engine)
        retried = put_in(engine, located(300, first=1000, seed=5), sha256="kill")
        assert retried.already_imported == (after > before)
        assert len(stored(engine)) == 350
        assert_sound(engine)
        batches.undo(engine, retried.batch_id, "tester")
    store.close(engine)


def assert_sound(engine: sa.Engine) -> None:
    """Check files, counts and log after a crash."""
    assert audit.verify(engine).intact
    total = stored(engine, "count(*) AS reports, coalesce(sum(persons), 0) AS persons").iloc[0]
    for by in (None, "status"):
        counted = queries.counts(engine, "district", EVER, by)
        assert counted[["reports", "persons"]].sum().tolist() == total.tolist()
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        with sqlite3.connect(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        stray = {f.name for f in file.parent.iterdir()} - {
            f"{file.name}{s}" for s in ("", "-wal", "-shm")
        }
        assert stray == set()


def import_with_little_space(url: str, size: int, answers) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    engine = store.open(url)
    try:
        put_in(engine, located(30_000, first=5000))
        answers.put("stored")
    except UnavailableError as error:
        answers.put(str(error))
    answers.put(len(stored(engine)))
    answers.put(int(queries.counts(engine, "district", EVER)["reports"].sum()))


@pytest.mark.parametrize("room", [0, 200_000, 3_000_000])
def test_full_disk(tmp_path, room):
    """No file may grow past a limit: as on a disk that is full, at once or after a while."""
    file = tmp_path / "geo_pora.sqlite"
    engine = store.open(f"sqlite:///{file}")
    put_in(engine, located(200))
    store.close(engine)
    answers = processes.SimpleQueue()
    assert (
        run(import_with_little_space, f"sqlite:///{file}", file.stat().st_size + room, answers) == 0
    )
    said = answers.get()
    assert "free disk space and try again" in said, said
    assert (answers.get(), answers.get()) == (200, 200), "what was there can be read"
    engine = store.open(f"sqlite:///{file}")
    assert_sound(engine)
    assert put_in(engine, located(30_000, first=5000)).new == 30_000
    store.close(engine)


@pytest.mark.postgres
@pytest.mark.parametrize("point", ["geocode", "insert", "commit"])
def test_postgresql_restarts_in_the_middle(server, template, point):
    url = server.new_database(template)
    engine = store.open(url)
    put_in(engine, located(20))

    def restart(step):
        if step == point:
            server.restart()

    reports = located(300, first=1000)
    importing = ingest.importing(
        engine,
        agency=AGENCY,
        actor="x",
        file_name="x",
        sha256="restart",
        boundary_version="v1",
        checkpoint=restart,
    )
    with pytest.raises(UnavailableError), importing as writer:  # noqa: PT012
        writer.add(reports.iloc[:150])
        restart("geocode")
        writer.add(reports.iloc[150:])
    assert len(stored(engine)) == 20, "rolled back, and the pool gives a fresh connection"
    assert put_in(engine, reports, sha256="restart").new == 300
    assert_sound(engine)
    store.close(engine)


@pytest.mark.postgres
def test_postgresql_that_is_away_is_unavailable_and_comes_back(server, template):
    engine = store.open(server.new_database(template))
    put_in(engine, located(5))
    server.stop()
    try:
        with pytest.raises(UnavailableError, match="database"):
            queries.counts(engine, "district", EVER)
        with pytest.raises(UnavailableError):
            put_in(engine, located(5, first=10))
    finally:
        server.start()
    assert queries.counts(engine, "district", EVER)["reports"].sum() == 5
    assert put_in(engine, located(5, first=10)).new == 5
    store.close(engine)


IMPORTERS, READERS, FILES, ROWS = 8, 32, 3, 100


def import_files(url: str, number: int, failures) -> None:
    try:
        engine = store.open(url)
        for file in range(FILES):
            first = (number * FILES + file) * ROWS
            reports = located(ROWS, first=first, seed=number, location_text="x")
            put_in(engine, reports, sha256=f"{number}-{file}", chunk=40)
            # Everybody also sends the same file: it must be stored once.
            put_in(engine, located(ROWS, first=90_000), sha256=f"same-{file}")
        store.close(engine)
    except BaseException as error:
        failures.put(repr(error))


def test_8_importers_and_32_readers(database_url):
    """Nobody is locked out, nothing is lost or doubled, and readers see whole batches only."""
    engine = store.open(database_url)
    failures = processes.SimpleQueue()
    children = [
        processes.Process(target=import_files, args=(database_url, number, failures))
        for number in range(IMPORTERS)
    ]
    done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        try:
            while True:
                last = done.is_set()
                reports = int(queries.counts(engine, "regency", EVER, "status")["reports"].sum())
                plain = int(queries.counts(engine, "regency", [periods.quarter(2024, 1)]).shape[0])
                if reports % ROWS or plain < 0:
                    seen.append(f"half a batch: {reports}")
                if last:
                    return
                time.sleep(random.random() / 5)
        except Exception as error:
            seen.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for worker in [*children, *readers]:
        worker.start()
    for child in children:
        child.join(300)
    done.set()
    for reader in readers:
        reader.join(60)
    assert failures.empty(), failures.get()
    assert seen == []
    assert [child.exitcode for child in children] == [0] * IMPORTERS
    assert len(stored(engine)) == (IMPORTERS * FILES + 1) * ROWS
    assert_sound(engine)
    store.close(engine)


def test_writers_of_all_kinds_at_once(engine):
    """Imports, undoing, review and audit in threads of one process: no deadlock."""
    put_in(engine, in_review(located(24)))
    keys = review.queue(engine)["key"].tolist()

    def work(number: int) -> None:
        done = put_in(engine, located(20, first=1000 + 20 * number))
        audit.record(engine, f"w{number}", "test", "thing")
        review.resolve(engine, keys[number], "16.01.07", f"w{number}")
        if number % 2:
            batches.undo(engine, done.batch_id, f"w{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(stored(engine)) == 24 + 4 * 20
    assert review.size(engine) == 16
    assert_sound(engine)
