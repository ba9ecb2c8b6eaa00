"""Which area each feature of a boundary file is: by code, name and place, which must agree.

Three witnesses are heard for every feature: its codes (scheme first), its names,
and where it lies. What they say together is taken; where two of them contradict
each other the file is refused with the rows named, because a swapped code would
put every report of a district into another one without anybody noticing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries import conflicts
from geo_pora.boundaries.conflicts import named_rows
from geo_pora.boundaries.features import Feature, hear, holding, settle
from geo_pora.boundaries.fields import Fields
from geo_pora.boundaries.layer import METRES_PER_DEGREE
from geo_pora.boundaries.reading import Source
from geo_pora.boundaries.served import FAR_M, FEW_IN_PLACE, Served
from geo_pora.errors import InputError
from geo_pora.gazetteer import CODE_LENGTH, Level

_PROVISIONAL = 9001
"""First number of villages that have no code in the file nor in the gazetteer."""
_SIBLINGS = 0.8
_MOST_PLACES = 0.6


@dataclass
class Identified:
    """What was found for each feature.

    Attributes
    ----------
    rows : DataFrame
        `row` (position in the source), `row_number`, `code`, `name` (as in the
        file), `by` {code, name, similar name, place, provisional}.
    remarks : list of tuple
        (kind, position in the source, code or '', detail) for the report.
    """

    rows: pd.DataFrame
    remarks: list[tuple[str, int, str, str]]


def identify(source: Source, fields: Fields, served: Served) -> Identified:
    """Find the code of every feature that is in the regencies served.

    Parameters
    ----------
    source : Source
        A layer with valid shapes.
    fields : Fields
        What its fields hold.
    served : Served
        The yardstick.

    Raises
    ------
    InputError
        If codes, names and places contradict each other, or a district is in
        neither the gazetteer nor the file's codes; the rows are named.
    """
    geometry = source.frame.geometry.to_numpy()
    points = served.within(geometry)
    inside = served.inside(geometry)
    records = source.frame.drop(columns="geometry").to_dict("records")
    features = [hear(row, record, fields, served) for row, record in enumerate(records)]
    for feature in features:
        if not (feature.elsewhere or feature.conflict):
            settle(feature, fields.level, served, geometry[feature.row])
    _part_namesakes(features, fields.level, served, geometry, points)
    _learn_from_places(features, fields.level, points)
    _claim_by_place(features, fields.level, served, points)
    if _learn_from_siblings(features, fields.level):
        _claim_by_place(features, fields.level, served, points)
    mine = [f for f in features if f.found or f.conflict]
    unknown = [f for f in features if not (f.found or f.conflict or f.elsewhere)]
    unknown = [f for f in unknown if f.within or inside[f.row]]
    _find_in_another_regency(unknown, fields.level, served, points)
    mine += [f for f in unknown if f.conflict]
    unknown = [f for f in unknown if not f.conflict]
    mine += _provisional(unknown, fields.level, points, source.file)
    mine.sort(key=lambda feature: feature.row)
    if not any(f.found for f in mine) and not any(f.conflict for f in mine):
        raise InputError(f"{source.file}: none of its areas is known to the gazetteer")
    conflicts.refuse(mine, fields.level, source, served, points)
    return Identified(_table(mine), _remarks(mine, fields.level, served, geometry))


def _part_namesakes(
    features: list[Feature],
    level: Level,
    served: Served,
    geometry: np.ndarray,
    points: list[list[str]],
) -> None:
    """Where a name alone gave one village to features that lie apart, leave it to the nearest.

    A smaller one that holds no known village is an exclave and stays.
    """
    rivals: dict[str, list[Feature]] = {}
    for feature in features:
        if level == "village" and feature.found and feature.by != "code" and not feature.conflict:
            rivals.setdefault(feature.found[0], []).append(feature)
    for code, claims in rivals.items():
        claims.sort(key=lambda f: served.distance_m(code, geometry[f.row]))
        main = geometry[claims[0].row]
        for feature in claims[1:]:
            shape = geometry[feature.row]
            exclave = not points[feature.row] and shape.area < main.area
            apart = shapely.distance(main, shape) * METRES_PER_DEGREE
            if apart > FAR_M / 10 and not exclave:
                feature.found, feature.by = [], ""


def _learn_from_places(features: list[Feature], level: Level, points: list[list[str]]) -> None:
    """Give villages that only BPS's codes tell apart the district that their siblings lie in.

    A village's known point may be in its neighbour; the points of a district's villages are
    for the most part in it.
    """
    length = CODE_LENGTH["district"]
    groups: dict[str, list[Feature]] = {}
    for feature in features:
        lost = not feature.found and len(feature.within) < length
        if level == "village" and feature.group and lost and not feature.elsewhere:
            groups.setdefault(feature.group, []).append(feature)
    for group in groups.values():
        held = pd.Series([c[:length] for f in group for c in points[f.row]], dtype="str")
        shares = held.value_counts(normalize=True)
        if len(shares) and shares.iloc[0] > _MOST_PLACES:
            for feature in group:
                if str(shares.index[0]).startswith(feature.within):
                    feature.within = str(shares.index[0])


def _learn_from_siblings(features: list[Feature], level: Level) -> bool:
    """Give villages of a district that was not recognised the one that most siblings are in."""
    length, learned = CODE_LENGTH["district"], False
    groups: dict[str, list[Feature]] = {}
    for feature in features:
        if level == "village" and feature.group and not feature.elsewhere:
            groups.setdefault(feature.group, []).append(feature)
    for group in groups.values():
        found = pd.Series([f.found[0][:length] for f in group if f.found], dtype="str")
        shares = found.value_counts(normalize=True)
        if len(shares) and shares.iloc[0] >= _SIBLINGS:
            for feature in group:
                if not feature.found and len(feature.within) < length:
                    feature.within, learned = str(shares.index[0]), True
    return learned


def _claim_by_place(
    features: list[Feature], level: Level, served: Served, points: list[list[str]]
) -> None:
    """Give nameless features the unclaimed area whose points they hold, where it is clear."""
    claimed = {code for f in features for code in f.found}
    for feature in features:
        if feature.found or feature.elsewhere or feature.conflict:
            continue
        held = holding([c for c in points[feature.row] if c.startswith(feature.within)], level)
        if held and held not in claimed:
            feature.found, feature.by = [held], "place"
            claimed.add(held)


def _find_in_another_regency(
    unknown: list[Feature], level: Level, served: Served, points: list[list[str]]
) -> None:
    """Mark districts that hold the villages of a district of another regency than they say."""
    for feature in unknown if level == "district" else []:
        held = holding(points[feature.row], level)
        if feature.within and held and not held.startswith(feature.within):
            said, real = (served.gazetteer.name_of(code) for code in (feature.within, held))
            feature.conflict = f"it is said to be in {said}, and it lies where {real} is"


def _provisional(
    unknown: list[Feature], level: Level, points: list[list[str]], file: str
) -> list[Feature]:
    """Give unknown villages a number within their district; refuse unknown districts.

    BPS's files have lakes and forests among the districts: no village is in them,
    and they are passed over.
    """
    counters: dict[str, int] = {}
    lost = [f for f in unknown if len(f.within) < CODE_LENGTH["district"]]
    inhabited = [f for f in lost if points[f.row]]
    if inhabited and level != "village":
        raise InputError(
            f"{file}: {named_rows(inhabited)} is no {level} of the gazetteer and the file has no "
            "Kemendagri code for it; add a field with its code, or give --code-field"
        )
    for feature in unknown:
        if len(feature.within) != CODE_LENGTH["district"]:
            continue
        number = counters[feature.within] = counters.get(feature.within, _PROVISIONAL - 1) + 1
        feature.found, feature.by = [f"{feature.within}.{number}"], "provisional"
    return unknown


def _table(features: list[Feature]) -> pd.DataFrame:
    kept = [f for f in features if f.found]
    return pd.DataFrame(
        {
            "row": [f.row for f in kept],
            "row_number": [f.number for f in kept],
            "code": pd.Series([f.found[0] for f in kept], dtype="str"),
            "name": pd.Series([f.label for f in kept], dtype="str"),
            "by": pd.Series([f.by for f in kept], dtype="str"),
        }
    )


def _remarks(
    features: list[Feature], level: Level, served: Served, geometry: np.ndarray
) -> list[tuple[str, int, str, str]]:
    said: list[tuple[str, int, str, str]] = []
    for f in features:
        if not f.found:
            said.append(("unknown", f.row, "", f"row {f.number} ({f.label}): passed over"))
            continue
        code = f.found[0]
        where = f"row {f.number} ({f.label})"
        if code not in served.gazetteer:
            said.append(("unknown", f.row, code, f"{where}: not in the gazetteer"))
        elif f.by in ("similar name", "place") or (f.by == "name" and _numbered(f)):
            known = set(served.names[level].codes(f.names.get(level, ""))) - {code}
            other = f", though its name is of {' or '.join(sorted(known)[:3])}" if known else ""
            other += f", though {_numbered(f)} is not known" if _numbered(f) else ""
            said.append(("matched", f.row, code, f"{where}: {code} by {f.by}{other}"))
        elif f.names.get(level) and code not in served.names[level].codes(f.names[level]):
            name = served.gazetteer.name_of(code)
            said.append(("name", f.row, code, f"{where}: the gazetteer calls it {name}"))
        if level == "village" and (far := served.distance_m(code, geometry[f.row])) > FAR_M:
            said.append(("far", f.row, code, f"{where}: {far / 1000:.1f} km from its known place"))
    return said + _hollow(features, level, served, geometry)


def _numbered(feature: Feature) -> str:
    """Return the code that the file has for an area that was found by its name or place."""
    length = len(feature.found[0])
    return next((what for code, what in feature.codes if len(code) == length), "")


def _hollow(
    features: list[Feature], level: Level, served: Served, geometry: np.ndarray
) -> list[tuple[str, int, str, str]]:
    """Tell of districts and regencies that hold few of their villages' known places."""
    said: list[tuple[str, int, str, str]] = []
    parts: dict[str, list[Feature]] = {}
    for feature in features:
        if feature.found and level != "village":
            parts.setdefault(feature.found[0], []).append(feature)
    for code, several in parts.items():
        share = sum(served.share_in_place(code, geometry[f.row]) for f in several)
        if share < FEW_IN_PLACE:
            first = several[0]
            detail = f"only {share:.0%} of its villages' known places are in it"
            said.append(("far", first.row, code, f"row {first.number} ({first.label}): {detail}"))
    return said
