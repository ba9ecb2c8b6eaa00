"""Static files under addresses that carry their content's hash, packed once and kept for good."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

import brotli
from flask import Flask, Response, abort, request, url_for

from geo_pora import maps
from webmap.permissions import public

STATIC = Path(__file__).resolve().parent / "static"
# Scripts and styles that the map room owns, because its one-file map uses them too.
MAPS = Path(maps.__file__).resolve().parent
_SHARED = ("choropleth.js", "choropleth.css")
_TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")
FOREVER = "public, max-age=31536000, immutable"
YEAR = 31_536_000


def listed() -> dict[str, Path]:
    """Return every file that is served, by its name in the address."""
    files = {
        file.relative_to(STATIC).as_posix(): file
        for file in sorted(STATIC.rglob("*"))
        if file.is_file() and file.name not in {"built", "LICENSE"}
    }
    return files | {f"maps/{name}": MAPS / name for name in _SHARED}


@lru_cache(maxsize=256)
def packed(file: Path, changed: float, encoding: str) -> bytes:
    """Return a file's bytes in an encoding; `changed` makes an edited file a new entry."""
    return pack(file.read_bytes(), encoding)


def pack(body: bytes, encoding: str) -> bytes:
    """Return bytes in a content encoding: `br`, `gzip` or plain."""
    if encoding == "br":
        return brotli.compress(body, quality=9)
    if encoding == "gzip":
        return gzip.compress(body, 9, mtime=0)
    return body


def accepted_encoding() -> str:
    """Return the best encoding that the caller takes."""
    return request.accept_encodings.best_match(["br", "gzip"]) or ""


def kept_response(body: bytes, encoding: str, content_type: str, cache: str) -> Response:
    """Return an answer that is already packed."""
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = cache
    response.vary.add("Accept-Encoding")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


def install(app: Flask) -> None:
    """Serve the files, and give templates `asset(name)`."""
    files = listed()
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(name.encode() + b"\0" + file.read_bytes())
    version = app.config["ASSET_VERSION"] = digest.hexdigest()[:12]

    @app.get("/assets/<version>/<path:name>")
    @public
    def assets(version: str, name: str) -> Response:
        file = files.get(name)
        if file is None:
            abort(404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        kind = "text/javascript" if name.endswith(".js") else kind
        text = kind.startswith(_TEXT)
        encoding = accepted_encoding() if text else ""
        body = packed(file, file.stat().st_mtime, encoding)
        # An old page may ask with an old version: it gets today's file, and must not keep it.
        current = version == app.config["ASSET_VERSION"]
        content_type = f"{kind}; charset=utf-8" if text else kind
        return kept_response(body, encoding, content_type, FOREVER if current else "no-cache")

    @app.context_processor
    def names() -> dict[str, object]:
        return {"asset": lambda name: url_for("assets", version=version, name=name)}
