"""Request ids, JSON logs without personal data, and metrics."""

from __future__ import annotations

import logging
import re
import time
import traceback
import uuid
from typing import Any

import structlog
from flask import Flask, Response, g, got_request_exception, request
from prometheus_client import CollectorRegistry, Counter, Histogram

log = structlog.get_logger("webmap.requests")
_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
# A label for each word that callers invent would fill the memory.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counts of one app: a registry of its own, so that two apps in one process don't clash."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "geo_pora_requests_total",
            "Answers by endpoint, method and status.",
            ["endpoint", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "geo_pora_request_seconds",
            "Seconds from request to answer.",
            ["endpoint"],
            registry=self.registry,
        )
        self.violations = Counter(
            "geo_pora_policy_violations_total",
            "Things a browser refused because of the content security policy.",
            registry=self.registry,
        )


def _configure_logs() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def request_id(given: str) -> str:
    """Return the id that a proxy gave a request, else a new one."""
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def answered(
    app: Flask, endpoint: str, method: str, status: int, seconds: float, identity: str
) -> None:
    """Count an answer, and log it."""
    metrics: Metrics = app.extensions["geo_pora_metrics"]
    method = method if method in _METHODS else "other"
    metrics.requests.labels(endpoint, method, status).inc()
    metrics.seconds.labels(endpoint).observe(seconds)
    log.info(
        "answer",
        endpoint=endpoint,
        method=method,
        status=status,
        ms=round(seconds * 1000, 1),
        request_id=identity,
    )


def install(app: Flask) -> None:
    """Give each request an id, and log and count its answer.

    Neither the query, nor the address of the caller, nor an account's name is
    logged: endpoint, method, status and time are enough to run the app.
    """
    _configure_logs()
    app.extensions["geo_pora_metrics"] = Metrics()

    @app.before_request
    def begin() -> None:
        g.request_id = request_id(request.headers.get("X-Request-ID", ""))
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        identity = response.headers["X-Request-ID"] = g.get("request_id", "")
        endpoint = request.endpoint or "none"
        answered(app, endpoint, request.method, response.status_code, seconds, identity)
        return response

    # Where it broke, without the values that were being worked on: they may be reports.
    got_request_exception.connect(_broken, app)
    if not app.debug:
        app.log_exception = lambda exc_info: None  # type: ignore[method-assign]


def _broken(sender: Flask, exception: BaseException, **_: Any) -> None:
    frames = traceback.extract_tb(exception.__traceback__)
    log.error(
        "broken",
        kind=type(exception).__name__,
        where=[f"{frame.name}:{frame.lineno}" for frame in frames[-8:]],
    )
