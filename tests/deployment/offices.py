"""Two app processes over one PostgreSQL behind nginx with TLS, all on loopback.

nginx runs the very file that `docs/deployment/nginx` ships; only names, ports and paths of the
machine are replaced. The processes are started as the units start them: `geo-pora serve`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "docs" / "deployment"
NAME = "localhost"
_MAIN = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-main.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/temp 1;
    proxy_temp_path {folder}/temp 1;
    fastcgi_temp_path {folder}/temp 1;
    uwsgi_temp_path {folder}/temp 1;
    scgi_temp_path {folder}/temp 1;
    include {folder}/geo-pora.conf;
}}
"""


def until(answered: Callable[[], object], what: str, seconds: float = 90) -> object:
    """Ask until the answer is true and return it; fail when the deadline has passed."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := answered():
            return found
        pause.wait(0.05)
    raise AssertionError(f"{what}: not within {seconds:g} s")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, all different."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Program:
    """A process of its own group, with what it says in a file."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=log.parent,
                start_new_session=True,
            )

    def running(self) -> bool:
        return self._process.poll() is None

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the whole group at once, as a power cut or the kernel would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(30)


class Office:
    """One app process group on its own port."""

    def __init__(self, port: int, environment: dict[str, str], log: Path) -> None:
        self.port, self._environment, self.log = port, environment, log
        self._program: Program | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "geo_pora", "serve", "--port", str(self.port)]
        self._program = Program([*command, "--workers", "1"], self.log, self._environment)

    def wait(self) -> None:
        until(self._ready, f"app on port {self.port}; it says {self.log.read_text()[-800:]}")

    def _ready(self) -> bool:
        assert self._program is not None
        assert self._program.running(), self.log.read_text()[-2000:]
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=30).ok
        return False

    def alive(self) -> bool:
        return self._program is not None and self._program.running()

    def kill(self) -> None:
        if self._program is not None:
            self._program.kill()


class Site:
    """The whole: `url` is what people type."""

    def __init__(self, folder: Path, server: postgres.Server) -> None:
        self.folder, self.server = folder, server
        self.database_url = server.new_database()
        self.port, plain, *ports = free_ports(4)
        self.url, self.plain_url = f"https://{NAME}:{self.port}", f"http://{NAME}:{plain}"
        self.data = folder / "data"
        self.environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "GEO_PORA_MODE": "production",
            "GEO_PORA_PUBLIC_URL": self.url,
            "GEO_PORA_PROXIES": "1",
            "GEO_PORA_DATA_DIR": str(self.data),
            "GEO_PORA_DATABASE_URL": self.database_url,
        }
        self.certificate = folder / "certificate.pem"
        self.offices = {
            port: Office(port, self.environment, folder / f"office-{port}.log") for port in ports
        }
        self._write_certificate()
        self._write_proxy(plain)
        self.proxy: Program | None = None

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `geo-pora WORDS` with the settings of the app."""
        return subprocess.run(
            [sys.executable, "-m", "geo_pora", *words],
            env=self.environment,
            cwd=self.folder,
            text=True,
            capture_output=True,
            check=check,
            timeout=300,
        )

    def start(self) -> None:
        for office in self.offices.values():
            office.start()
        arguments = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        checked = subprocess.run(["nginx", *arguments, "-t"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        self.proxy = Program(["nginx", *arguments], self.folder / "nginx-out.log", self.environment)
        for office in self.offices.values():
            office.wait()

    def stop(self) -> None:
        for office in self.offices.values():
            office.kill()
        if self.proxy is not None:
            self.proxy.kill(signal.SIGTERM)

    def browser(self) -> requests.Session:
        """Return a client that believes the site's certificate, as a browser would."""
        client = requests.Session()
        client.verify = str(self.certificate)
        client.trust_env = False
        client.headers["Referer"] = f"{self.url}/"
        return client

    def server_of(self, answer: requests.Response) -> int:
        """Return the port of the process that gave an answer, from the proxy's log."""
        identity = answer.headers["X-Request-ID"]

        def logged() -> list[str]:
            lines = (self.folder / "access.log").read_text().splitlines()
            return [line for line in lines if line.endswith(identity)]

        line = until(logged, f"request {identity} in the proxy's log", 10)
        assert isinstance(line, list)
        return int(re.findall(r"127\.0\.0\.1:(\d+)", line[-1])[-1])

    def _write_certificate(self) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
        command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={NAME}"]
        command += ["-addext", f"subjectAltName=DNS:{NAME}", "-out", str(self.certificate)]
        command += ["-keyout", str(self.folder / "key.pem")]
        subprocess.run(command, check=True, capture_output=True)

    def _write_proxy(self, plain: int) -> None:
        text = (SHIPPED / "nginx" / "geo-pora.conf").read_text()
        for shipped, here in (
            ("https://pora.example.go.id", self.url),
            ("pora.example.go.id", NAME),
            ("/etc/ssl/geo-pora/fullchain.pem", str(self.certificate)),
            ("/etc/ssl/geo-pora/key.pem", str(self.folder / "key.pem")),
            ("/var/log/nginx/geo-pora.log", str(self.folder / "access.log")),
            ("/var/log/nginx/geo-pora-errors.log", str(self.folder / "errors.log")),
            ("geo-pora-servers.conf", str(self.folder / "servers.conf")),
            ("listen 443", f"listen 127.0.0.1:{self.port}"),
            ("listen 80", f"listen 127.0.0.1:{plain}"),
        ):
            assert shipped in text, f"{shipped} is not in the shipped file any more"
            text = text.replace(shipped, here)
        text = re.sub(r"\n *listen \[::\][^\n]*", "", text)
        (self.folder / "geo-pora.conf").write_text(text)
        servers = (SHIPPED / "nginx" / "servers.conf").read_text()
        for shipped, port in zip(("8001", "8002"), self.offices, strict=True):
            servers = servers.replace(f"127.0.0.1:{shipped}", f"127.0.0.1:{port}")
        (self.folder / "servers.conf").write_text(servers)
        (self.folder / "temp").mkdir()
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(_MAIN.format(folder=self.folder, user=user))


@contextlib.contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Start everything; skip, loudly, where a program is missing."""
    for program, package in (("nginx", "nginx-light"), ("openssl", "openssl")):
        if shutil.which(program) is None:
            pytest.skip(
                f"NO {program.upper()} ON THIS MACHINE: many offices behind a proxy are NOT "
                f"TESTED; install {package}, or run .ci/install-for-tests"
            )
    with postgres.server() as server:
        running = Site(folder, server)
        try:
            running.start()
            yield running
        finally:
            running.stop()
