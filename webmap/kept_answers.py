"""Answers that are given again: to the session they were made for, while nothing has changed.

A planner's browser asks for the same page many times, and making it anew costs a hundred times
what sending it costs. So the last answers of each session are kept, as they were sent. Before
one is given again, one question to the store has to have the same answer as when it was made:
that the session goes on (it ends with signing out, a new password, a disabled account, and by
itself), which roles its account holds, and which version the data have. The question costs the
same however many reports there are.

Nobody gets another's answer: all of what a browser sends that an answer may depend on, its
cookies with the session's and the language among them, is part of the key. Only scripts and
styles, which say themselves that they are public and never change, are kept for everybody.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, request, session
from werkzeug.http import parse_etags, unquote_etag

from geo_pora.errors import UnavailableError
from geo_pora.store import clock
from geo_pora.store.account_tables import sign_ins, user_roles, users
from geo_pora.store.database import autocommitting
from geo_pora.store.tables import state
from geo_pora.store.tokens import digest
from webmap import observation
from webmap.state import current

KEPT_BYTES = 32 * 1024 * 1024
# What an answer takes besides its body: its headers, and what the browser sent.
_BESIDES = 4096
_MARK = "geo_pora.keep"
_ASKED = (
    *("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
    "HTTP_ACCEPT_ENCODING",
)
_ASKED_BY_ONE = (
    *_ASKED,
    *("HTTP_COOKIE", "HTTP_ACCEPT"),
    # A session that comes from elsewhere is no longer fresh, which the app notes in its cookie.
    *("REMOTE_ADDR", "HTTP_USER_AGENT"),
)
# A partial answer, or one to somebody who says otherwise who they are, is not for keeping.
_UNUSUAL = ("HTTP_RANGE", "HTTP_AUTHORIZATION", "HTTP_IF_MODIFIED_SINCE")
# With a 304 go only the headers that tell the browser about what it has.
_OF_THE_BODY = frozenset({"content-type", "content-encoding", "content-length"})
_NOT_KEPT = frozenset({"x-request-id", "date"})

_ROLES = sa.func.aggregate_strings(sa.cast(user_roles.c.role_id, sa.Text), ",")
_STANDING = (
    sa.select(
        sa.select(state.c.value).where(state.c.name == "data_version").scalar_subquery(),
        sa.select(_ROLES).where(user_roles.c.user_id == users.c.id).scalar_subquery(),
    )
    .join_from(sign_ins, users)
    .where(sign_ins.c.hash == sa.bindparam("hash"), users.c.id == sa.bindparam("user"))
    .where(sign_ins.c.ended_at.is_(None), sign_ins.c.expires_at > sa.bindparam("now"))
    .where(users.c.active.is_(True), users.c.fs_uniquifier == sign_ins.c.fs_uniquifier)
)


@dataclass(frozen=True)
class Standing:
    """Whose answers these are, and what they were made of."""

    user_id: int
    sign_in: str
    roles: frozenset[str]
    data_version: str

    @classmethod
    def now(cls, engine: sa.Engine, user_id: int, sign_in: str) -> Standing | None:
        """Return how a session stands; None where it is over."""
        asked = {"hash": sign_in, "user": user_id, "now": clock.now()}
        with autocommitting(engine) as connection:
            row = connection.execute(_STANDING, asked).first()
        if row is None:
            return None
        return cls(user_id, sign_in, frozenset((row[1] or "").split(",")), str(row[0] or "0"))


@dataclass(frozen=True)
class Answer:
    """One answer as it was sent, to one session or, without a standing, to anybody."""

    standing: Standing | None
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    tag: str

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.body) + _BESIDES

    def is_known(self, tags: str) -> bool:
        """Tell whether a browser that sends these tags has this answer."""
        return bool(tags and self.tag) and parse_etags(tags).contains_weak(self.tag)


@dataclass(frozen=True)
class _Mark:
    """What the app says of its answer."""

    standing: Standing | None
    endpoint: str
    known: str


class KeptAnswers:
    """The app, and the answers that need not be asked of it again.

    Parameters
    ----------
    app : Flask
        Already installed; its `wsgi_app` is taken over.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._inner = app.wsgi_app
        self._found: OrderedDict[Any, Answer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request from what is kept, or ask the app and perhaps keep its answer."""
        began = time.perf_counter()
        if environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in _UNUSUAL):
            return self._inner(environ, start_response)  # type: ignore[no-any-return]
        answer = self._look_up(_public(environ)) or self._look_up(_private(environ))
        if answer is None:
            return self._ask(environ, start_response)
        if not self._still_true(answer):
            self._forget(_private(environ))
            return self._ask(environ, start_response)
        return self._give(answer, environ, start_response, began)

    def _look_up(self, key: Any) -> Answer | None:
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def _still_true(self, answer: Answer) -> bool:
        then = answer.standing
        if then is None:
            return True
        engine = self._app.extensions["geo_pora"].engine
        try:
            return Standing.now(engine, then.user_id, then.sign_in) == then
        except UnavailableError:
            return False  # the app says what is wrong

    def _give(
        self, answer: Answer, environ: dict[str, Any], start_response: Any, began: float
    ) -> list[bytes]:
        identity = observation.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        known = environ.get("HTTP_IF_NONE_MATCH", "")
        status = 304 if answer.is_known(known) else 200
        seconds = time.perf_counter() - began
        observation.answered(self._app, answer.endpoint, "GET", status, seconds, identity)
        return self._send(answer, [("X-Request-ID", identity)], known, start_response)

    def _send(
        self, answer: Answer, more: list[tuple[str, str]], known: str, start_response: Any
    ) -> list[bytes]:
        if not answer.is_known(known):
            start_response("200 OK", [*answer.headers, *more])
            return [answer.body]
        about = [pair for pair in answer.headers if pair[0].lower() not in _OF_THE_BODY]
        start_response("304 NOT MODIFIED", [*about, *more])
        return []

    def _ask(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Let the app answer; keep what it marked, if no cookie goes with it."""
        sent: list[Any] = []
        chunks = self._inner(environ, lambda *begun: sent.append(begun))
        status, headers = sent[-1][:2]
        mark = environ.get(_MARK)
        names = {name.lower() for name, _value in headers}
        if mark is None or not status.startswith("200 ") or "set-cookie" in names:
            start_response(*sent[-1])
            return chunks  # type: ignore[no-any-return]
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        tag = unquote_etag(dict(headers).get("ETag"))[0] or ""
        kept = tuple(pair for pair in headers if pair[0].lower() not in _NOT_KEPT)
        answer = Answer(mark.standing, mark.endpoint, kept, body, tag)
        self._keep(_public(environ) if mark.standing is None else _private(environ), answer)
        identity = [pair for pair in headers if pair[0].lower() == "x-request-id"]
        return self._send(answer, identity, mark.known, start_response)

    def _keep(self, key: Any, answer: Answer) -> None:
        with self._lock:
            self._bytes += answer.size - self._size_of(key)
            self._found[key] = answer
            while self._bytes > KEPT_BYTES:
                _oldest, gone = self._found.popitem(last=False)
                self._bytes -= gone.size

    def _forget(self, key: Any) -> None:
        with self._lock:
            self._bytes -= self._size_of(key)
            self._found.pop(key, None)

    def forget_all(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._found.clear()
            self._bytes = 0

    def _size_of(self, key: Any) -> int:
        return self._found[key].size if key in self._found else 0


def _public(environ: dict[str, Any]) -> Any:
    return tuple(environ.get(name, "") for name in _ASKED)


def _private(environ: dict[str, Any]) -> Any:
    return (dt.date.today(), *(environ.get(name, "") for name in _ASKED_BY_ONE))


def keep() -> None:
    """Mark the answer of this request as one to be given again; call it before reading any data."""
    user, name = session.get("_user_id"), session.get("sign_in")
    if not user or not name or session.modified or "_flashes" in session:
        return
    from flask_security import current_user

    state_of_app = current()
    standing = Standing.now(state_of_app.engine, current_user.id, digest(str(name)))
    # What this request has read of the store already may be older than the question just asked.
    if standing is not None and standing.data_version == state_of_app.data_version():
        # Whole answers are kept; whether the browser has it already is looked at afterwards.
        known = request.environ.pop("HTTP_IF_NONE_MATCH", "")
        request.environ[_MARK] = _Mark(standing, str(request.endpoint), known)


def install(app: Flask) -> None:
    """Put what is kept before the app."""
    app.wsgi_app = KeptAnswers(app)  # type: ignore[method-assign]

    @app.after_request
    def keep_for_everybody(response: Response) -> Response:
        cache = response.headers.get("Cache-Control", "")
        if cache.startswith("public") and "immutable" in cache and not app.debug:
            request.environ[_MARK] = _Mark(None, str(request.endpoint), "")
        return response
