"""For whoever runs the app: alive, ready, metrics, and reports of policy violations."""

from __future__ import annotations

import json

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, current_app, request
from flask_limiter.util import get_remote_address
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from geo_pora.errors import GeoPoraError
from webmap.permissions import public
from webmap.state import current

blueprint = Blueprint("health", __name__)
log = structlog.get_logger("webmap.health")
LARGEST_REPORT = 10_000


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """Answer as long as the process does."""
    return _status(200, "ok")


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """Answer 200 when the database and the map can be used."""
    try:
        with current().engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        current().atlas().frame  # noqa: B018
    except (GeoPoraError, sa.exc.SQLAlchemyError) as error:
        log.warning("not_ready", kind=type(error).__name__)
        return _status(503, "unavailable")
    return _status(200, "ready")


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Give Prometheus the counts, to this machine alone."""
    # A proxy on this machine that the settings do not know of also calls from here.
    if get_remote_address() not in {"127.0.0.1", "::1"} or "X-Forwarded-For" in request.headers:
        return _status(403, "local only")
    body = generate_latest(current_app.extensions["geo_pora_metrics"].registry)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


@blueprint.post("/csp-reports")
@public
def policy_report() -> Response:
    """Count what a browser refused to load or to run; nothing of it is believed."""
    body = request.get_data(cache=False)[:LARGEST_REPORT] if _small() else b""
    try:
        directive = str(json.loads(body)["csp-report"]["violated-directive"])[:60]
    except (ValueError, KeyError, TypeError, RecursionError):
        directive = "unreadable"
    log.warning("policy_violation", directive=directive)
    current_app.extensions["geo_pora_metrics"].violations.inc()
    return Response(status=204)


def _small() -> bool:
    return (request.content_length or 0) <= LARGEST_REPORT


def _status(status: int, word: str) -> Response:
    return Response(json.dumps({"status": word}), status, content_type="application/json")
