"""Witnesses that contradict each other: the file is refused, with the rows named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries import displacement
from geo_pora.boundaries.features import Feature
from geo_pora.boundaries.layer import METRES_PER_DEGREE
from geo_pora.boundaries.reading import Source
from geo_pora.boundaries.served import MIN_SHARE_IN_PLACE, TOO_FAR_M, Served
from geo_pora.errors import InputError
from geo_pora.gazetteer import Level

_SHOWN = 5
_SURE = ("code", "name", "similar name")
_JOINED_M = 50


def refuse(
    features: list[Feature],
    level: Level,
    source: Source,
    served: Served,
    points: list[list[str]],
) -> None:
    """Raise InputError where codes, names and places contradict each other.

    Parameters
    ----------
    features : list of Feature
        Of the regencies served; the conflict of some may be known already.
    level : {'regency', 'district', 'village'}
        Their level.
    source : Source
        The layer they are of.
    served : Served
        The yardstick.
    points : list of list of str
        Villages whose known point each row of the layer holds.
    """
    _refuse_displaced(features, source, served)
    geometry = source.frame.geometry.to_numpy()
    of_code: dict[str, list[Feature]] = {}
    for feature in features:
        if feature.found and not feature.conflict and feature.by in _SURE:
            of_code.setdefault(feature.found[0], []).append(feature)
    if level == "village":
        _find_exchanged(of_code, served, points)
    for code, parts in of_code.items():
        titles = {f.names.get(level) for f in parts} - {None, ""}
        if level == "village" and len(titles) > 1:
            parts[0].conflict = f"{code} is the code of {named_rows(parts)}"
        elif not parts[0].conflict:
            _find_misplaced(code, level, served, parts, geometry, points)
    bad = sorted((f for f in features if f.conflict), key=lambda f: f.row)
    if not bad:
        return
    shown = "; ".join(f"{named_rows([f])}: {f.conflict}" for f in bad[:_SHOWN])
    more = f"; and {len(bad) - _SHOWN} more rows" if len(bad) > _SHOWN else ""
    raise InputError(
        f"{source.file}: codes, names and places contradict each other ({shown}{more}); "
        "correct the file, or choose its fields with --name-field or --code-field"
    )


def named_rows(features: list[Feature]) -> str:
    """Return the numbers and names of some rows, for a message."""
    shown = [f"row {f.number}" + f" ({f.label})" * bool(f.label) for f in features[:_SHOWN]]
    more = f" and {len(features) - _SHOWN} more" if len(features) > _SHOWN else ""
    return ", ".join(shown) + more


def _refuse_displaced(features: list[Feature], source: Source, served: Served) -> None:
    """Refuse areas that are all beside their places, where codes or names say which they are."""
    sure = [f for f in features if f.found and not f.conflict and f.by in ("code", "name")]
    if sure:
        codes = pd.Series([f.found[0] for f in sure], dtype="str")
        shapes = source.frame.geometry.to_numpy()[[f.row for f in sure]]
        displacement.refuse(source, codes, shapes, served)


def _find_exchanged(
    of_code: dict[str, list[Feature]], served: Served, points: list[list[str]]
) -> None:
    """Find pairs of villages with each other's code: by their names, or where they lie.

    One village that holds another's known point is common, since the points are not exact;
    two that hold each other's, with nothing but the code to say which they are, is an
    exchange.
    """
    for code, parts in of_code.items():
        feature = parts[0]
        if len(parts) > 1 or feature.conflict or feature.by != "code":
            continue
        name = feature.names.get("village", "")
        called = served.names["village"].codes(name) if name else points[feature.row]
        if code in called or (not name and code in points[feature.row]):
            continue
        for other in called:
            twin = of_code.get(other, [])
            if len(twin) != 1 or twin[0].by != "code":
                continue
            theirs = twin[0].names.get("village", "")
            says = served.names["village"].codes(theirs) if theirs else points[twin[0].row]
            if bool(name) == bool(theirs) and code in says and other not in says:
                what = "name" if name else "place"
                feature.conflict = f"{code} is its code, and its {what} is that of {other}"
                twin[0].conflict = f"{other} is its code, and its {what} is that of {code}"


def _find_misplaced(
    code: str,
    level: Level,
    served: Served,
    parts: list[Feature],
    geometry: np.ndarray,
    points: list[list[str]],
) -> None:
    """Mark an area, of one feature or several, that is far from where it belongs."""
    shapes = geometry[[f.row for f in parts]]
    if level != "village":
        share = sum(served.share_in_place(code, shape) for shape in shapes)
        if share < MIN_SHARE_IN_PLACE:
            parts[0].conflict = f"only {share:.0%} of the villages of {code} lie in it"
        return
    far = np.array([served.distance_m(code, shape) for shape in shapes])
    good = ~(far > TOO_FAR_M)
    while good.any() and not good.all():
        # what hangs together with a part in its place is in its place
        rest = np.flatnonzero(~good)
        gap = shapely.distance(shapely.union_all(shapes[good]), shapes[rest])
        joined = rest[gap * METRES_PER_DEGREE < _JOINED_M]
        if not len(joined):
            break
        good[joined] = True
    for row in np.flatnonzero(~good):
        named = code in served.names["village"].codes(parts[row].names.get("village", ""))
        # beside a part in its place, another far away may be an exclave, if no village is in it
        if not (good.any() and (named or not points[parts[row].row])):
            parts[row].conflict = f"it lies {far[row] / 1000:.0f} km from {code}"
