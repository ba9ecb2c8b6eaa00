"""OGC API - Features (Part 1: Core) over what was released, for QGIS and other programs.

Own and small instead of pygeoapi, for the reasons in docs/disclosure.md: the
data are a few hundred features that were released, and every request has to
pass our own sign-in.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import geopandas as gpd
import pandas as pd
from flask import Blueprint, Response, render_template_string, request
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException

from geo_pora import periods, releases
from geo_pora.aggregate import MEASURES
from geo_pora.boundaries import Layer
from geo_pora.disclosure import TOTAL, Disclosed
from geo_pora.errors import GeoPoraError, InputError, NotFoundError
from geo_pora.exports import describe, geojson
from geo_pora.exports import features as shapes
from geo_pora.exports.style import hot_spot_classes
from geo_pora.releases import Published
from webmap import ogc_query, permissions
from webmap.ogc_document import CONFORMANCE, GEOJSON, OPENAPI, PROBLEM, document

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_PLURAL = {"regency": "regencies", "district": "districts", "village": "villages"}
_PAGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>{{ title }}</h1>{% if text %}<p>{{ text }}</p>{% endif %}
{% if links %}<ul>{% for link in links %}<li><a rel="{{ link.rel }}" href="{{ link.href }}">
{{ link.title or link.rel }}</a></li>{% endfor %}</ul>{% endif %}
{% if rows %}<table><thead><tr>{% for name in rows[0] %}<th scope="col">{{ name }}</th>
{% endfor %}</tr></thead><tbody>{% for row in rows %}<tr>{% for value in row.values() %}
<td>{{ "" if value is none else value }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
{% endif %}</body></html>
"""


class Source(Protocol):
    """Where the released tables come from."""

    def published(self) -> Published:
        """Return all that was released."""

    def areas(self, level: str) -> gpd.GeoDataFrame:
        """Return the areas to show at a level."""


class StoredReleases:
    """The releases kept in the store, read again only when one was added.

    Only those on the boundary layer in use: figures of other areas have no shapes there.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    layer : callable
        Returns the boundary layer in use.
    """

    def __init__(self, engine: Engine, layer: Callable[[], Layer]) -> None:
        self._engine, self._layer = engine, layer
        self._known: tuple[str, list[str]] | None = None
        self._published = releases.published([])

    def published(self) -> Published:
        """Return all that was released; its version changes with the layer too."""
        layer = self._layer().version
        known = (layer, releases.identifiers(self._engine))
        if known != self._known:
            found = releases.everything(self._engine)
            same = [release for release in found if release.boundary_version == layer]
            self._published = releases.published(same)
            self._known = known
        return dataclasses.replace(self._published, version=f"{self._published.version}-{layer}")

    def areas(self, level: str) -> gpd.GeoDataFrame:
        """Return the areas to show at a level."""
        return self._layer().display(level)


def create_blueprint(source: Source) -> Blueprint:
    """Make the blueprint, to be registered under `/ogc`.

    Parameters
    ----------
    source : Source

    Returns
    -------
    flask.Blueprint
    """
    pages = Blueprint("ogc", __name__)
    api = _Api(source)

    @pages.errorhandler(GeoPoraError)
    def refused(error: GeoPoraError) -> Response:
        status = 404 if isinstance(error, NotFoundError) else 400
        if not isinstance(error, InputError | NotFoundError):
            status = 503
        return problem(status, str(error))

    @pages.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        return problem(error.code or 500, error.description or "")

    views: dict[str, Callable[..., Response]] = {
        "/": api.landing,
        "/conformance": api.conformance,
        "/api": api.api,
        "/collections": api.collections,
        "/collections/<name>": api.collection,
        "/collections/<name>/items": api.items,
        "/collections/<name>/items/<path:feature_id>": api.item,
    }
    for rule, view in views.items():
        readers_only = permissions.requires("export", scope="ogc")
        pages.add_url_rule(rule, view.__name__, readers_only(_plain(view)))
    return pages


def _plain(view: Callable[..., Response]) -> Callable[..., Response]:
    """Return a function around a bound method, which can carry its permission."""

    def call(**parts: str) -> Response:
        return view(**parts)

    call.__name__ = view.__name__
    return call


def problem(status: int, detail: str) -> Response:
    """Return problem details (RFC 9457)."""
    title = {400: "Bad request", 404: "Not found"}.get(status, "Error")
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(body), status, content_type=PROBLEM)


class _Api:
    """The resources; what they show is made once per version of the released tables."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._version = ""
        self._frames: dict[str, gpd.GeoDataFrame] = {}
        self._words: dict[str, tuple[str, str]] = {}  # title and description

    def frames(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Return the features of every collection, by name."""
        now = self.source.published()
        if now.version != self._version:
            made = {}
            words = {}
            for table in now.tables.values():
                if table.level != TOTAL:
                    name, title = _named(table)
                    made[name] = self._frame(table.table, table.level)
                    words[name] = title, describe(table)["statuses"]
            for level, rows in now.classes.items():
                name = f"hotspots_{_PLURAL[level]}"
                made[name] = self._frame(rows, level)
                words[name] = f"Titik rawan: {level}", hot_spot_classes()
            self._frames, self._words, self._version = made, words, now.version
        return self._frames

    def _frame(self, rows: pd.DataFrame, level: str) -> gpd.GeoDataFrame:
        return shapes.located(rows, self.source.areas(level))

    def frame(self, name: str) -> gpd.GeoDataFrame:
        """Return the features of one collection."""
        found = self.frames().get(name)
        if found is None:
            raise NotFoundError(f"there is no collection {name[:60]!r}: see {_url('/collections')}")
        return found

    def landing(self) -> Response:
        ogc_query.only(request.args, ["f"])
        links = [
            *_own("/"),
            _link("service-desc", "/api", OPENAPI, "OpenAPI"),
            _link("service-doc", "/api?f=html", "text/html", "OpenAPI, HTML"),
            _link("conformance", "/conformance", "application/json", "Conformance"),
            _link("data", "/collections", "application/json", "Collections"),
        ]
        text = "Angka yang sudah dirilis, per wilayah. Angka kecil disembunyikan."
        return self.reply({"title": "geo_pora", "description": text, "links": links})

    def conformance(self) -> Response:
        ogc_query.only(request.args, ["f"])
        return self.reply({"conformsTo": CONFORMANCE, "links": _own("/conformance")})

    def api(self) -> Response:
        ogc_query.only(request.args, ["f"])
        wanted = {name: _filters(frame) for name, frame in self.frames().items()}
        return self.reply(document(_url(""), wanted), OPENAPI)

    def collections(self) -> Response:
        ogc_query.only(request.args, ["f"])
        found = [self._about(name) for name in self.frames()]
        return self.reply({"links": _own("/collections"), "collections": found})

    def collection(self, name: str) -> Response:
        self.frame(name)
        ogc_query.only(request.args, ["f"])
        return self.reply(self._about(name))

    def _about(self, name: str) -> dict[str, Any]:
        frame = self.frame(name)
        at = f"/collections/{name}"
        extent: dict[str, Any] = {
            "spatial": {"bbox": [[round(float(v), 6) for v in frame.total_bounds]], "crs": CRS84}
        }
        if "period" in frame:
            spans = [periods.parse(key) for key in frame["period"].unique()]
            first, last = min(s.first for s in spans), max(s.last for s in spans)
            interval = [[f"{first}T00:00:00Z", f"{last}T23:59:59Z"]]
            extent["temporal"] = {"interval": interval}
        title, description = self._words[name]
        return {
            "id": name,
            "title": title,
            "description": description,
            "itemType": "feature",
            "crs": [CRS84],
            "extent": extent,
            "links": [
                *_own(at),
                _link("items", f"{at}/items", GEOJSON, "Features"),
                _link("items", f"{at}/items?f=html", "text/html", "Features, HTML"),
            ],
        }

    def items(self, name: str) -> Response:
        frame = self.frame(name)
        query = ogc_query.read(request.args, _filters(frame))
        matched = ogc_query.answer(frame, query)
        page = matched.iloc[query.offset : query.offset + query.limit]
        body = {
            "type": "FeatureCollection",
            "links": _paging(f"/collections/{name}/items", query, len(matched)),
            "numberMatched": len(matched),
            "numberReturned": len(page),
            "features": list(geojson.features(page)),
        }
        return self.reply(body, GEOJSON)

    def item(self, name: str, feature_id: str) -> Response:
        frame = self.frame(name)
        ogc_query.only(request.args, ["f"])
        found = frame[frame["id"] == feature_id]
        if found.empty:
            raise NotFoundError(f"{name} has no feature {feature_id[:60]!r}")
        at = f"/collections/{name}"
        body = next(geojson.features(found))
        body["links"] = [
            *_own(f"{at}/items/{quote(feature_id)}", GEOJSON),
            _link("collection", at, "application/json", self._words[name][0]),
        ]
        return self.reply(body, GEOJSON)

    def reply(self, body: dict[str, Any], media: str = "application/json") -> Response:
        """Return a resource as JSON or as a page, with an ETag."""
        asked = request.args.get("f")
        best = request.accept_mimetypes.best_match(["application/json", GEOJSON, "text/html"])
        if asked == "html" or (asked is None and best == "text/html"):
            response = Response(_page(body), content_type="text/html; charset=utf-8")
        else:
            text = json.dumps(body, ensure_ascii=False, allow_nan=False)
            response = Response(text, content_type=media)
        response.headers["Vary"] = "Accept, Authorization, Cookie"
        response.headers["Cache-Control"] = "private, no-cache"
        for link in body.get("links", []):
            if link["rel"] in ("next", "prev"):
                response.headers.add("Link", f'<{link["href"]}>; rel="{link["rel"]}"')
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.make_conditional(request)  # in place: 304 where the reader has it
        return response


def _named(table: Disclosed) -> tuple[str, str]:
    level = _PLURAL[table.level]
    if table.by:
        return f"{level}_by_{table.by}", f"{table.level} per {table.by}"
    return level, table.level


def _filters(frame: pd.DataFrame) -> list[str]:
    """Return the properties that may be asked for: keys, classes and statuses, no counts."""
    values = ("id", "geometry", "area_name", *MEASURES)
    return [str(name) for name in frame if name not in values]


def _url(path: str) -> str:
    return request.url_root.rstrip("/") + "/ogc" + path


def _link(rel: str, path: str, media: str, title: str = "") -> dict[str, str]:
    return {"rel": rel, "href": _url(path), "type": media, "title": title or rel}


def _own(path: str, media: str = "application/json") -> list[dict[str, str]]:
    return [
        _link("self", path, media, "JSON"),
        _link("alternate", f"{path}?f=html", "text/html", "HTML"),
    ]


def _paging(path: str, query: ogc_query.Query, matched: int) -> list[dict[str, str]]:
    kept = {name: value for name, value in request.args.items() if name not in ("offset", "f")}
    links = []
    for rel, offset in (
        ("self", query.offset),
        ("next", query.offset + query.limit),
        ("prev", max(query.offset - query.limit, 0)),
    ):
        if rel == "next" and offset >= matched:
            continue
        if rel == "prev" and query.offset == 0:
            continue
        asked = {**kept, **({"offset": str(offset)} if offset or rel == "prev" else {})}
        media = GEOJSON
        if rel != "self" and request.args.get("f") == "html":
            asked, media = {**asked, "f": "html"}, "text/html"  # who turns pages stays in pages
        text = f"?{urlencode(asked)}" if asked else ""
        links.append(_link(rel, path + text, media, rel))
    html = urlencode({**kept, "f": "html"})
    links.append(_link("alternate", f"{path}?{html}", "text/html", "HTML"))
    collection = path.removesuffix("/items")
    links.append(_link("collection", collection, "application/json", "collection"))
    return links


def _page(body: dict[str, Any]) -> str:
    features = body.get("features") or ([body] if body.get("type") == "Feature" else [])
    links = [*body.get("links", [])]
    for collection in body.get("collections", []):
        links += [{**link, "title": collection["title"]} for link in collection["links"][:1]]
    return render_template_string(
        _PAGE,
        title=body.get("title") or body.get("id") or "geo_pora",
        text=body.get("description") or "",
        links=links,
        rows=[{"id": one["id"], **one["properties"]} for one in features],
    )
