"""Witnesses that contradict each other: the file is refused, with the rows named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_pora.boundaries import displacement
from geo_pora.boundaries.features import Feature, holding
from geo_pora.boundaries.layer import METRES_PER_DEGREE
from geo_pora.boundaries.reading import Source
from geo_pora.boundaries.served import BESIDE_M, MIN_SHARE_IN_PLACE, TOO_FAR_M, Served
from geo_pora.errors import InputError
from geo_pora.gazetteer import Level, parents

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
    claimed = {code for feature in features for code in feature.found}
    if level == "village":
        _find_exchanged(of_code, served, points)
    for feature in features:
        if feature.found and not feature.conflict:
            _find_strayed(feature, geometry[feature.row], served)
    for code, parts in of_code.items():
        titles = {f.names.get(level) for f in parts} - {None, ""}
        if level == "village" and len(titles) > 1:
            parts[0].conflict = f"{code} is the code of {named_rows(parts)}"
        elif not parts[0].conflict:
            _find_misplaced(code, level, served, parts, geometry, points)
        if len(parts) > 1 and not any(part.conflict for part in parts):
            _find_doubled(code, level, parts, claimed, points)
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
    """Find villages with one another's codes: by their names, or where they lie.

    One village that holds another's known point is common, since the points are not exact;
    two that hold each other's, or several in a ring, with nothing but the code to say which
    they are, are an exchange.
    """
    codes = [code for code, parts in of_code.items() if len(parts) == 1 and parts[0].by == "code"]
    place = {code: n for n, code in enumerate(codes) if not of_code[code][0].conflict}
    pairs: list[tuple[str, str]] = []
    for code in place:
        feature = of_code[code][0]
        name = feature.names.get("village", "")
        called = served.names["village"].codes(name) if name else points[feature.row]
        if code not in called:
            others = [other for other in called if other in place]
            pairs += [
                (code, other)
                for other in others
                if bool(name) == bool(of_code[other][0].names.get("village"))
            ]
    if not pairs:
        return
    start, end = (np.array([place[code] for code in ends]) for ends in zip(*pairs, strict=True))
    graph = csr_array((np.ones(len(pairs)), (start, end)), shape=(len(codes), len(codes)))
    _, ring = connected_components(graph, directed=True, connection="strong")
    for code, other in pairs:
        if ring[place[code]] == ring[place[other]]:
            feature = of_code[code][0]
            what = "name" if feature.names.get("village") else "place"
            feature.conflict = f"{code} is its code, and its {what} is that of {other}"


def _find_doubled(
    code: str,
    level: Level,
    parts: list[Feature],
    claimed: set[str],
    points: list[list[str]],
) -> None:
    """Mark features of one code of which one lies where an area is that no feature has."""
    for part in parts:
        held = holding(points[part.row], level)
        own = any(village.startswith(code) for village in points[part.row])
        if held and not own and held not in claimed:
            part.conflict = (
                f"{code} is the code of {named_rows(parts)}, and it lies where {held} is"
            )


def _find_strayed(feature: Feature, shape: shapely.Geometry, served: Served) -> None:
    """Mark an area that the gazetteer lacks, far from the area that its code says it is part of."""
    code = feature.found[0]
    known = [above for above in parents(code) if above in served.gazetteer]
    if code in served.gazetteer or not known:
        return
    far = served.beside_m(known[0], shape)
    if far > BESIDE_M:
        name = served.gazetteer.name_of(known[0])
        feature.conflict = f"{code} is its code, and it lies {far / 1000:.0f} km from {name}"


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
