"""The app under 1, 2 and 4 times the users it is made for: errors, throughput, memory.

    python -m benchmarks.load [--seconds 20]

Forty agencies mean some ten people at once. Each has an account, a session and a browser's
habits: it keeps connections, layers and tags, so that most answers are new figures or 304. It
asks again as soon as it has its answer, which no person does. The app is `geo-pora serve` with
two workers on the embedded database; all of it on loopback, bounded in time. The loads take turns
and medians are compared, as other work on the machine comes and goes. Throughput is told twice:
by the clock, which such work distorts and waiting lowers, and by the server's CPU seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import brotli
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))

USERS, LOADS, ROUNDS = 10, (1, 2, 4), 4
AGENCIES, REPORTS = 40, 10_000
NEW_BROWSERS = 0.1
CHOICES = [
    f"level={level}&period={period}&measure={measure}"
    for level in ("regency", "district", "village")
    for period in ("2026-Q1", "2026-Q2", "2026-03")
    for measure in ("persons", "reports")
]
CARDS = ["16.01.14", "16.08", "16.09.01"]


@dataclass
class Tally:
    """What one load met with."""

    seconds: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    until: float = 0.0

    @property
    def done(self) -> int:
        """Requests that were answered within the time measured.

        Those still waited for at its end are not: while they drain, ever fewer people ask, for
        the longer the more of them there were.
        """
        return sum(end <= self.until for end in self.ends)

    @property
    def throughput(self) -> float:
        """Requests per second."""
        return self.done / self.wall

    @property
    def per_cpu_second(self) -> float:
        """Requests per second of work of the server."""
        return self.done / self.cpu


class Browser:
    """One person's browser: a connection, a session, and what it has kept."""

    def __init__(self, port: int, token: str, seed: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._random = random.Random(seed)
        self.tally = Tally()
        page = self._page(f"/sign-in/{token}")
        form = {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}
        status, _ = self._ask("POST", f"/sign-in/{token}", urlencode(form))
        assert status == 302, f"a sign-in link was answered with {status}"
        page = self._page("/map/")
        data = json.loads(re.search(r'id="page">(.*?)</script>', page)[1])
        self._layers = [
            data[name].replace("LEVEL", "district") for name in ("script_url", "areas_url")
        ]

    def _page(self, address: str) -> str:
        body = self._ask("GET", address)[1]
        with contextlib.suppress(brotli.error):  # a small page is not packed
            body = brotli.decompress(body)
        return body.decode()

    def visit(self) -> None:
        """Open the map, look at a choice of figures, and at the table of one area."""
        choice = self._random.choice(CHOICES)
        addresses = ["/map/", f"/map/figures.json?{choice}"]
        if self._random.random() < NEW_BROWSERS:
            self._tags.clear()
            addresses += self._layers
        if self._random.random() < 0.3:
            period = re.search(r"period=([^&]+)", choice)[1]
            addresses.append(f"/map/areas/{self._random.choice(CARDS)}.json?period={period}")
        for address in addresses:
            self._timed(address)

    def _timed(self, address: str) -> None:
        begun = time.perf_counter()
        try:
            status, body = self._ask("GET", address)
        except (OSError, http.client.HTTPException) as error:
            self.tally.errors.append(f"{address}: {type(error).__name__}")
            self._connection.close()
            return
        self.tally.seconds.append(time.perf_counter() - begun)
        self.tally.ends.append(time.monotonic())
        if status not in (200, 304) or (status == 200 and not body):
            self.tally.errors.append(f"{address}: {status}")

    def _ask(self, method: str, address: str, body: str | None = None) -> tuple[int, bytes]:
        headers = {"Accept-Encoding": "br"}
        if self._cookies:
            pairs = self._cookies.items()
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in pairs)
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if tag := self._tags.get(address):
            headers["If-None-Match"] = tag
        answer = self._answer(method, address, body, headers)
        content = answer.read()
        for value in answer.headers.get_all("Set-Cookie", []):
            self._cookies.update({name: one.value for name, one in SimpleCookie(value).items()})
        if "ETag" in answer.headers:
            self._tags[address] = answer.headers["ETag"]
        return answer.status, content

    def _answer(
        self, method: str, address: str, body: str | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        try:
            self._connection.request(method, address, body, headers)
            return self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The server let go of a connection that was not in use: browsers ask again.
            self._connection.close()
            self._connection.request(method, address, body, headers)
            return self._connection.getresponse()


def filled(folder: Path) -> list[str]:
    """Store reports of every agency, make the accounts, and return their sign-in tokens."""
    import web_fixtures as web

    import webmap
    from geo_pora import boundaries, codes, settings, store
    from geo_pora.store import ingest
    from webmap import people

    found = settings.load(data_dir=folder)
    version = boundaries.indicative().version
    rows = web.located(REPORTS, version)
    engine = store.open(found.database_url)
    agencies = list(codes.load("agencies").codes)[:AGENCIES]
    for number, agency in enumerate(agencies):
        with ingest.importing(
            engine,
            agency=agency,
            actor="benchmark",
            file_name="x.csv",
            sha256=f"{number:064x}",
            boundary_version=version,
        ) as writer:
            writer.add(rows.iloc[number :: len(agencies)].assign(agency=agency))
    store.close(engine)
    app = webmap.create_app(found)
    return [
        people.add(app, f"person{number}", ["planner"], actor="benchmark")
        for number in range(USERS * max(LOADS))
    ]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Start the app with two workers; give its port and its first process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "geo_pora", "serve", "--port", str(port), "--workers", "2"]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "GEO_PORA_DATA_DIR": str(folder),
        "GEO_PORA_SIGN_IN_LIMIT": "1000 per minute",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        wait_until_ready(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def wait_until_ready(port: int, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    """Return when the app answers."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.suppress(OSError):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        pause.wait(0.1)
    raise RuntimeError("the app did not get ready")


def under(browsers: list[Browser], seconds: float, server: psutil.Process) -> Tally:
    """Let the browsers ask for some time, all at once; return what they met with."""
    for one in browsers:
        one.tally = Tally()
    spent, begun = cpu_of(server), time.monotonic()
    deadline = begun + seconds

    def ask(one: Browser) -> None:
        while time.monotonic() < deadline:
            one.visit()

    threads = [threading.Thread(target=ask, args=(one,)) for one in browsers]
    for thread in threads:
        thread.start()
    time.sleep(max(0, deadline - time.monotonic()))
    until = time.monotonic()
    total = Tally(wall=until - begun, cpu=cpu_of(server) - spent, until=until)
    for thread in threads:
        thread.join()
    for one in browsers:
        total.seconds += one.tally.seconds
        total.ends += one.tally.ends
        total.errors += one.tally.errors
    return total


def cpu_of(server: psutil.Process) -> float:
    """Return the CPU seconds of the server and its workers."""
    times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def memory_of(server: psutil.Process) -> float:
    """Return the resident memory of the workers, in MiB."""
    return sum(one.memory_info().rss for one in server.children(recursive=True)) / 1024**2


def run(seconds: float = 20) -> list[dict[str, Any]]:
    """Measure; `seconds` is the time for each load."""
    with tempfile.TemporaryDirectory() as name:
        tokens = filled(Path(name))
        with served(Path(name)) as (port, server):
            browsers = [Browser(port, token, seed) for seed, token in enumerate(tokens)]
            under(browsers, min(seconds, 10) / 2, server)  # every worker has drawn everything
            before = memory_of(server)
            tallies: dict[int, list[Tally]] = {load: [] for load in LOADS}
            for _ in range(ROUNDS):
                for load in LOADS:
                    group = browsers[: USERS * load]
                    tallies[load].append(under(group, seconds / ROUNDS, server))
            after = memory_of(server)
    return rows_of(tallies, before, after)


def rows_of(tallies: dict[int, list[Tally]], before: float, after: float) -> list[dict[str, Any]]:
    """Turn what was met with into rows; see `benchmarks.report`."""
    speed = {load: statistics.median(t.throughput for t in of) for load, of in tallies.items()}
    cheap = {load: statistics.median(t.per_cpu_second for t in of) for load, of in tallies.items()}
    most, unit = max(LOADS), "per CPU-second"
    rows = []
    for load, of in tallies.items():
        times = sorted(second for tally in of for second in tally.seconds)
        name = f"{USERS * load} people at once"
        rows += [
            row(f"{name}: requests", speed[load], "per second"),
            row(f"{name}: requests for the server's work", cheap[load], unit),
            row(f"{name}: 95 of 100 answered within", times[int(len(times) * 0.95)] * 1000, "ms"),
        ]
    errors = [error for of in tallies.values() for tally in of for error in tally.errors]
    for error in errors[:5]:
        print(error, file=sys.stderr)
    return [
        *rows,
        row(f"errors of {sum(len(t.seconds) for of in tallies.values() for t in of):,} requests",
            len(errors), "errors", goal="<= 0"),
        row("throughput at 4 times against the peak, clock", speed[most], "per second",
            max(speed.values()), 0.9),
        row("throughput at 4 times against the peak, CPU", cheap[most], unit,
            max(cheap.values()), 0.9),
        {**row("memory of the workers after against before", after, "MiB", before, 1.1),
         "better": "less"},
    ]  # fmt: skip


def row(
    name: str, ours: float, unit: str, peer: float | None = None, goal: float | str | None = None
) -> dict[str, Any]:
    """Name one result."""
    ratio = None if peer is None else ours / peer
    return {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "unit": unit, "goal": goal}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20)
    for found in run(parser.parse_args().seconds):
        print(f"{found['name']:50} {found['ours']:10.2f} {found['unit']}")


if __name__ == "__main__":
    main()
