"""Features of a GeoJSON file as rows of text: runs in the guarded child."""

from __future__ import annotations

import codecs
import json
import math
from pathlib import Path
from typing import Any, NoReturn

from geo_pora.errors import InputError
from geo_pora.reports import headers

_MOST_PROPERTIES = 1000
_MOST_FEATURES = 1_000_000
_OWN = ("longitude", "latitude")


def read_features(path: Path) -> dict[str, Any]:
    """Return labels, rows of text and faults of a GeoJSON file."""
    try:
        document = json.loads(
            _text_of(path.read_bytes()),
            parse_constant=_not_json,
            object_pairs_hook=_no_key_twice,
        )
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    except RecursionError:
        raise InputError(f"{path.name}: the JSON is nested too deeply to be a report") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: the JSON is not UTF-8; export it again") from None
    except ValueError as error:
        at = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path.name}: the file is no valid JSON{at}; export it again") from None
    features = _features(document, path.name)
    if len(features) > _MOST_FEATURES:
        raise InputError(f"{path.name}: {len(features)} features are too many; save it as CSV")
    names = list(dict.fromkeys(name for one in features for name in _properties(one)))
    if len(names) > _MOST_PROPERTIES:
        raise InputError(f"{path.name}: {len(names)} different properties are too many")
    has_points = any(isinstance(one, dict) and one.get("geometry") for one in features)
    labels = [*_OWN] * has_points + [_text(name) for name in names]
    rows, faults = [], {}
    for number, one in enumerate(features, 1):
        properties = _properties(one)
        row = [_text(properties.get(name)) for name in names]
        if has_points:
            point, fault = _point(one)
            row = point + row
            if fault:
                faults[str(number)] = fault
        rows.append(row)
    return {"labels": labels, "rows": rows, "faults": faults}


def _text_of(data: bytes) -> str:
    """Decode JSON: UTF-8 as it must be, or UTF-16 as Windows programs save it."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig")


def _not_json(word: str) -> NoReturn:
    raise InputError(f"{word} is not a number in JSON; export the file again")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError("an object has the same key twice; export the file again")
    return found


def _features(document: Any, name: str) -> list[Any]:
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Feature":
        return [document]
    if kind != "FeatureCollection" or not isinstance(document.get("features"), list):
        raise InputError(f"{name}: the JSON is no GeoJSON FeatureCollection")
    crs = document.get("crs")
    if crs is not None:
        named = str(crs.get("properties", {}) if isinstance(crs, dict) else crs)
        if not any(known in named for known in ("CRS84", "4326")):
            raise InputError(f"{name}: the coordinates are not in WGS 84; export as RFC 7946")
    features: list[Any] = document["features"]
    return features


def _properties(feature: Any) -> dict[str, Any]:
    found = feature.get("properties") if isinstance(feature, dict) else None
    properties = dict(found) if isinstance(found, dict) else {}
    has_id = isinstance(feature, dict) and isinstance(feature.get("id"), str | int)
    if has_id and not any(headers.field_of(name)[0] == "report_id" for name in properties):
        properties["id"] = feature["id"]
    return properties


def _point(feature: Any) -> tuple[list[str], str]:
    blank = ["", ""]
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return blank, "bukan Feature GeoJSON"
    geometry = feature.get("geometry")
    if geometry is None:
        return blank, ""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    place = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiPoint" and isinstance(place, list) and len(place) == 1:
        kind, place = "Point", place[0]  # one point, written as QGIS saves it
    if kind != "Point":
        return blank, "geometri bukan titik (Point)"
    if not isinstance(place, list) or not 2 <= len(place) <= 4:
        return blank, "koordinat titik tidak lengkap"
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in place[:2]):
        return blank, "koordinat titik bukan angka"
    try:
        numbers = [float(n) for n in place[:2]]
    except OverflowError:
        return blank, "koordinat titik di luar bumi"
    if not all(math.isfinite(n) for n in numbers):
        return blank, "koordinat titik di luar bumi"
    return [format(n, ".15g") if abs(n) >= 1e-4 else f"{n:.15f}" for n in numbers], ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):  # JSON can write half a character, which no file or database takes
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value)[:2000] if isinstance(value, dict | list) else str(value)[:2000]
