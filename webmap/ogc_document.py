"""The OpenAPI 3.0 document of the OGC API, and what it claims to conform to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SPEC = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONFORMANCE = [f"{_SPEC}{part}" for part in ("core", "oas30", "html", "geojson")]

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON = "application/geo+json"
PROBLEM = "application/problem+json"

_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = _DAY + r"([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2}))?"
DATETIME = rf"^({_TIME}|({_TIME})/({_TIME})|({_TIME})/(\.\.)?|(\.\.)?/({_TIME}))$"
_NUMBER = r"[+-]?\d{1,6}(\.\d{0,30})?([eE][+-]?\d{1,2})?"  # GDAL writes 18 decimals
BBOX = rf"^{_NUMBER}(,{_NUMBER}){{3}}((,{_NUMBER}){{2}})?$"


def document(server: str, filters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the OpenAPI document.

    Parameters
    ----------
    server : str
        URL that the paths hang under.
    filters : mapping of str to sequence of str
        The properties that each collection can be filtered by.
    """
    paths: dict[str, Any] = {
        "/": _operation("landingPage", "Landing page", "Links"),
        "/conformance": _operation("conformance", "What this API conforms to", "Conformance"),
        "/api": _operation("api", "This document", "Document", media=OPENAPI),
        "/collections": _operation("collections", "All collections", "Collections"),
    }
    for name, properties in filters.items():
        at = f"/collections/{name}"
        paths[at] = _operation(f"{name}.describe", f"About {name}", "Collection")
        paths[f"{at}/items"] = _operation(
            f"{name}.items", f"Features of {name}", "Features", _items(properties), GEOJSON
        )
        paths[f"{at}/items/{{featureId}}"] = _operation(
            f"{name}.item", f"One feature of {name}", "Feature", [_FEATURE_ID], GEOJSON, True
        )
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "geo_pora",
            "version": "1.0.0",
            "description": "Released counts of Tim PORA per area. Small counts are hidden.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"basic": []}, {"token": []}],
    }


def _operation(
    identity: str,
    summary: str,
    schema: str,
    parameters: Sequence[dict[str, Any]] = (),
    media: str = "application/json",
    may_miss: bool = False,
) -> dict[str, Any]:
    good = {
        "description": summary,
        "content": {
            media: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }
    answers: dict[str, Any] = {"200": good, "304": {"description": "Not changed"}}
    for status, text in (("400", "A parameter cannot be used"), ("401", "Please sign in")):
        answers[status] = _problem(text)
    if may_miss:
        answers["404"] = _problem("There is no such feature")
    return {
        "get": {
            "operationId": identity,
            "summary": summary,
            "parameters": [*parameters, _FORMAT],
            "responses": answers,
        }
    }


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {PROBLEM: {"schema": schema}}}


def _items(properties: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            **_query("bbox", {"type": "string", "pattern": BBOX}),
            "description": "minLon,minLat,maxLon,maxLat in CRS84; six numbers with heights.",
        },
        {
            **_query("limit", {"type": "integer", "minimum": 1, "default": 100}),
            "description": "At most so many features; more than 1000 counts as 1000.",
        },
        _query("offset", {"type": "integer", "minimum": 0, "default": 0}),
        {
            **_query("datetime", {"type": "string", "pattern": DATETIME}),
            "description": "Features whose period has a day in common with it.",
        },
        *(_query(name, {"type": "string", "minLength": 1}) for name in properties),
    ]


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


_FORMAT = _query("f", {"type": "string", "enum": ["json", "html"]})
_FEATURE_ID = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
}
_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
_LINKS = {"type": "array", "items": _LINK}
_COLLECTION = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "links": _LINKS,
        "crs": {"type": "array", "items": {"type": "string"}},
    },
}
_ONE = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {"type": "object", "nullable": True},
        "properties": {"type": "object"},
        "links": _LINKS,
    },
}
_SCHEMAS: dict[str, Any] = {
    "Links": {"type": "object", "required": ["links"], "properties": {"links": _LINKS}},
    "Document": {"type": "object"},
    "Conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
    "Collection": _COLLECTION,
    "Collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": _LINKS,
            "collections": {"type": "array", "items": _COLLECTION},
        },
    },
    "Feature": _ONE,
    "Features": {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": _ONE},
            "links": _LINKS,
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["title", "status"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    },
}
