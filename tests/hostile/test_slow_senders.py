"""Requests that never end, on the real server: everybody else is answered, they are let go."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from webmap import receiving

pytestmark = pytest.mark.hostile
SENDERS = 2 * receiving.WORKING  # of each kind; half of one kind would stop one worker
LINE = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BEGUN = {
    "header": LINE,
    "body": LINE + FORM + b"Content-Length: 900000\r\n\r\n",
    "chunks": LINE + FORM + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
    "upload": LINE.replace(b"/login", b"/imports/")
    + b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n--x\r\n",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("slow")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "geo_pora", "serve", "--port", str(number)]
    environment = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PATH": "/usr/bin:/bin",
        "GEO_PORA_DATA_DIR": str(folder),
    }
    with (folder / "said").open("wb") as said:
        server = subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd=folder)
    try:
        wait_for(number, server)
        yield number
    finally:
        server.terminate()
        server.wait(60)
    assert "Traceback" not in (folder / "said").read_text()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    pause, deadline = threading.Event(), time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except ConnectionRefusedError:
            pause.wait(0.1)
    raise AssertionError("the server did not start")


def status(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
        return int(answer.status)


def test_slow_senders_hold_up_nobody_and_are_let_go(port: int) -> None:
    last: dict[str, list[bytes]] = {kind: [] for kind in BEGUN}
    held = [(kind, socket.create_connection(("127.0.0.1", port))) for kind in [*BEGUN] * SENDERS]
    for kind, sender in held:
        sender.sendall(BEGUN[kind])
    pause = threading.Event()
    assert status(port) == 200
    for _ in range(600):  # a byte every tenth of a second, until the last has been let go
        held = [(kind, sender) for kind, sender in held if goes_on(sender, last[kind])]
        if not held:
            break
        pause.wait(0.1)
    assert held == []
    assert status(port) == 200
    # Who has not even sent the headers is only hung up on.
    assert {line.split(b"\r\n")[0] for line in last["header"]} == {b""}
    for kind in ("body", "chunks", "upload"):
        said = {line.split(b"\r\n")[0] for line in last[kind]}
        assert b"HTTP/1.1 408 Request Timeout" in said
        assert said <= {b"HTTP/1.1 408 Request Timeout", b""}


def goes_on(sender: socket.socket, last: list[bytes]) -> bool:
    """Send one more byte; tell whether the server still listens."""
    try:
        sender.setblocking(False)
        try:
            last.append(sender.recv(4096))
        except BlockingIOError:
            sender.sendall(b"x")
            return True
    except OSError:
        pass
    sender.close()
    return False


def test_a_request_in_small_pieces_is_answered(port: int) -> None:
    form = b"username=a&password=b"
    whole = LINE + FORM + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(form) + form
    pause = threading.Event()
    with socket.create_connection(("127.0.0.1", port)) as sender:
        for at in range(0, len(whole), 7):
            sender.sendall(whole[at : at + 7])
            pause.wait(0.005)
        answer = b""
        while piece := sender.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")  # the form has no token: it was read to its end


def test_a_body_arrives_as_it_was_sent() -> None:
    found: list[bytes] = []

    def app(environ, start_response):
        found.append(environ["wsgi.input"].read())
        return []

    import io

    for body in (b"", b"x" * 70_000, b"y" * 3_000_000):
        environ = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        receiving.Received(app, 4_000_000)(environ, None)
        assert found.pop() == body


def test_a_body_that_is_too_large_is_not_received() -> None:
    class Untouched:
        def read(self, _size: int) -> bytes:
            raise AssertionError("it was read")

    environ = {"CONTENT_LENGTH": "101", "wsgi.input": Untouched()}
    assert receiving.Received(lambda *_: [b"413"], 100)(environ, None) == [b"413"]
