"""Errors a person understands, and problem details (RFC 9457) for programs."""

from __future__ import annotations

from http import HTTPStatus

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from geo_pora.errors import (
    GeoPoraError,
    InputError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from webmap.sentences import translated

# One table from error to status: a child of GeoPoraError that is not here is ours.
STATUS = {
    InputError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    RefusedError: HTTPStatus.FORBIDDEN,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
log = structlog.get_logger("webmap.errors")
JSON_PREFIXES = ("/api/", "/ogc/", "/patrol/api/")
JSON_ENDINGS = (".json", ".js", ".geojson")


def words(status: int) -> tuple[str, str]:
    """Return title and advice for a status, in the person's language."""
    known = {
        400: (_("Permintaan tidak dapat dipakai"), _("Periksa kembali isian atau alamatnya.")),
        401: (_("Silakan masuk"), _("Halaman ini hanya untuk yang sudah masuk.")),
        403: (
            _("Tidak diizinkan"),
            _("Akun Anda tidak berhak atas halaman ini. Hubungi administrator bila perlu."),
        ),
        404: (_("Tidak ditemukan"), _("Halaman atau data ini tidak ada atau sudah dipindahkan.")),
        405: (_("Cara ini tidak diterima"), _("Kembali ke halaman sebelumnya dan coba lagi.")),
        413: (
            _("Kiriman terlalu besar"),
            _("Bagi berkas laporan menjadi beberapa bagian, atau isi formulir lebih singkat."),
        ),
        429: (_("Terlalu banyak percobaan"), _("Tunggu beberapa menit, lalu coba lagi.")),
        503: (_("Belum dapat dilayani"), _("Coba lagi sebentar lagi.")),
    }
    return known.get(
        status,
        (
            _("Terjadi kesalahan pada aplikasi"),
            _("Yang sudah tersimpan tetap utuh. Coba lagi nanti."),
        ),
    )


def wants_json() -> bool:
    """Tell whether the caller is a program."""
    if request.path.startswith(JSON_PREFIXES) or request.path.endswith(JSON_ENDINGS):
        return True
    if request.path.startswith("/exports/") and "." in request.path:
        return True  # a file: the pages there have no dot
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def answer(status: int, detail: str = "") -> Response:
    """Return an error as a page or as problem details, always with the request id."""
    title, advice = words(status)
    identity = g.get("request_id", "")
    if wants_json():
        from flask import json

        body = json.dumps(
            {
                "type": "about:blank",
                "title": title,
                "status": status,
                "detail": detail or advice,
                "instance": f"urn:request:{identity}",
            }
        )
        return Response(body, status, content_type="application/problem+json")
    page = render_template(
        "error.html", status=status, title=title, advice=advice, detail=detail, identity=identity
    )
    return Response(page, status)


def install(app: Flask) -> None:
    """Answer every error that leaves a view."""

    @app.errorhandler(GeoPoraError)
    def refused(error: GeoPoraError) -> Response:
        status = next(
            (status for kind, status in STATUS.items() if isinstance(error, kind)),
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )
        return answer(int(status), translated(str(error)))

    @app.errorhandler(sa.exc.OperationalError)
    @app.errorhandler(sa.exc.InterfaceError)
    def without_database(error: sa.exc.DBAPIError) -> Response:
        """Answer 503 where the session itself could not be looked up: the store says the rest."""
        log.warning("database_unavailable", kind=type(error).__name__)
        # Nobody is known without the database, and the page of the error must not ask again.
        g._login_user = app.login_manager.anonymous_user()  # type: ignore[attr-defined]
        return answer(503)

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        return answer(400, _("Halaman ini sudah kedaluwarsa. Muat ulang, lalu kirim lagi."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if isinstance(error, SecurityError):  # asked under a foreign name: no page has links then
            text = "400: this is not the address of the app; see the setting public_url\n"
            return Response(text, 400, content_type="text/plain")
        if error.response is not None or (error.code and error.code < 400):
            return error.get_response()  # type: ignore[return-value]
        response = answer(error.code or 500)
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after", "www-authenticate"}:
                response.headers[name] = value
        return response
