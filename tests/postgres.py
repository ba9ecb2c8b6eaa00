"""A real PostgreSQL with PostGIS on loopback, made for the tests and thrown away after them.

The programs are Debian's (`.ci/install-for-tests` gets them). The server refuses
to run as root, so root hands it to the user `postgres`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_CLUSTERS = Path("/usr/lib/postgresql")
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "64MB",
    # The machine does not lose power during a test; a killed server keeps what it wrote.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """Folder of the newest PostgreSQL (15 or later) that has PostGIS, or None."""
    for folder in sorted(_CLUSTERS.glob("[0-9]*"), key=lambda f: int(f.name), reverse=True):
        control = Path(f"/usr/share/postgresql/{folder.name}/extension/postgis.control")
        if int(folder.name) >= 15 and (folder / "bin" / "initdb").exists() and control.exists():
            return folder / "bin"
    return None


class Server:
    """A running server; `new_database` gives the URL of a fresh database on it."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder, self._binaries = folder, binaries
        self.port = _free_port()
        self._numbers = itertools.count(1)
        self._run("initdb", "--auth=trust", "--username=geo_pora", "--encoding=UTF8", "-N")
        self.start()

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in _OPTIONS.items())
        self._run(
            "pg_ctl",
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            f"-p {self.port} {options}",
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def restart(self) -> None:
        """Stop as a crash does, and start again."""
        self.stop("immediate")
        self.start()

    def new_database(self, template: str = "template1") -> str:
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres", driver=""), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        if template == "template1":
            with psycopg.connect(self.url(name, driver=""), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION postgis")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        with psycopg.connect(self.url("postgres", driver=""), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def url(self, name: str, driver: str = "+psycopg") -> str:
        return f"postgresql{driver}://geo_pora@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        done = subprocess.run(
            command,
            cwd=self.folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )
        if done.returncode:
            log = self.folder / "log"
            detail = log.read_text()[-2000:] if log.exists() else done.stdout
            raise RuntimeError(f"{program} failed: {detail}")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start a server in a folder of its own; skip, loudly, where there is none installed."""
    binaries = programs()
    if binaries is None:
        pytest.skip(
            "NO POSTGRESQL WITH POSTGIS ON THIS MACHINE: the store is tested on SQLite alone; "
            "run .ci/install-for-tests"
        )
    folder = Path(tempfile.mkdtemp(prefix="geo-pora-postgres-"))
    folder.chmod(0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    running = None
    try:
        running = Server(folder, binaries)
        yield running
    finally:
        if running is not None:
            with contextlib.suppress(RuntimeError):
                running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
