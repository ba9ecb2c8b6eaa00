"""Requests are received whole before the app works on them; who sends next to nothing is let go.

Without a proxy in front, a dozen connections that send a byte a second would hold every thread of
the app for as long as they like. So waiting for a sender and working on what was sent are kept
apart: many threads wait, which costs next to nothing, few work. And in every five seconds in which
a sender is waited for, a kilobyte has to come.
"""

from __future__ import annotations

import errno
import socket
import tempfile
import threading
import time
from collections.abc import Iterable
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

WAITING = 64
WORKING = 4
SECONDS = 5.0
LEAST_BYTES = 1024
_IN_MEMORY = 1 << 20
_PIECE = 1 << 16
_SENDING_SECONDS = 60.0


class TooSlowError(ConnectionResetError):
    """The sender was let go; for gunicorn one that went by itself."""


class PacedSocket(socket.socket):
    """A connection on which a kilobyte comes in every five seconds that are waited for it."""

    @classmethod
    def over(cls, other: socket.socket) -> PacedSocket:
        """Take a connection over."""
        return cls(other.family, other.type, other.proto, fileno=other.detach())

    def begin(self) -> None:
        """Count from now on: a new request may come."""
        self._since, self._came = time.monotonic(), 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive some bytes.

        Raises
        ------
        TooSlowError
            If too little has come.
        """
        left = self._since + SECONDS - time.monotonic()
        if left <= 0:
            if self._came < LEAST_BYTES:
                raise TooSlowError(errno.ECONNRESET, "the sender is too slow")
            self.begin()
            left = SECONDS
        self.settimeout(left)
        try:
            found = super().recv(size, flags)
        except TimeoutError:
            return self.recv(size, flags)
        # Who reads no answer may not hold a thread for ever either.
        self.settimeout(_SENDING_SECONDS)
        self._came += len(found)
        return found


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker of threads, on paced connections."""

    def handle(self, conn: Any) -> Any:
        """Wait for a request and answer it; runs in a thread."""
        if not isinstance(conn.sock, PacedSocket):
            conn.sock = PacedSocket.over(conn.sock)
        conn.sock.begin()
        return super().handle(conn)


class Received:
    """The app, which gets requests whole, and works on a few at a time.

    Parameters
    ----------
    app : WSGI application
    largest : int
        Bytes of the largest body that the app takes. A larger one is not received: the app says
        so by its length alone.
    """

    def __init__(self, app: Any, largest: int) -> None:
        self._app, self._largest = app, largest
        self._free = threading.BoundedSemaphore(WORKING)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        try:
            self._receive(environ)
        except TooSlowError:
            headers = [("Content-Type", "text/plain"), ("Connection", "close")]
            start_response("408 Request Timeout", headers)
            return [b"408: the request came too slowly\n"]
        with self._free:
            return self._app(environ, start_response)  # type: ignore[no-any-return]

    def _receive(self, environ: dict[str, Any]) -> None:
        """Replace the stream of the body by the body."""
        length = environ.get("CONTENT_LENGTH") or "0"
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        if not chunked and (length == "0" or int(length) > self._largest):
            return
        stream, left = environ["wsgi.input"], self._largest + 1
        body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        while left and (piece := stream.read(min(left, _PIECE))):
            body.write(piece)
            left -= len(piece)
        body.seek(0)
        environ["wsgi.input"] = body
