"""One feature of a boundary file and what its codes and names say it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geo_pora.boundaries import naming, schemes
from geo_pora.boundaries.fields import Fields
from geo_pora.boundaries.served import BESIDE_M, FAR_M, TOO_FAR_M, Served
from geo_pora.gazetteer import CODE_LENGTH, LEVELS, Level

_MOST = 0.6
_NEAR_M = 500
"""A village's point this near to an area, or in it, is evidence for it."""


@dataclass
class Feature:
    """A feature, what was heard about it, and what it was found to be."""

    row: int
    number: int
    label: str
    names: dict[Level, str]
    codes: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of (Kemendagri code, what the file has)."""
    group: str = ""
    """What it shares with its siblings: the district's name, or BPS's code of it."""
    elsewhere: bool = False
    conflict: str = ""
    within: str = ""
    found: list[str] = field(default_factory=list)
    by: str = ""


def hear(row: int, record: dict[Any, Any], fields: Fields, served: Served) -> Feature:
    """Collect what names and codes say, and tell features of other regencies apart."""
    names = {level: naming.key(record[column]) for level, column in fields.names.items()}
    own = fields.names.get(fields.level) or next(iter(reversed(fields.names.values())), "")
    label = str(record[own])[:60] if own and isinstance(record[own], str) else ""
    feature = Feature(row, int(record["row_number"]), label, names)
    regencies = {}
    for column in fields.codes:
        code = schemes.parse(record[column.name])
        if code is None:
            continue
        scheme = code.scheme or column.scheme
        if column.mixed and code.level == "village":
            scheme = "kemendagri" if code.kemendagri() in served.gazetteer else "bps"
        regencies[f"{column.name} {code.digits}"] = code.regency(scheme)
        if scheme == "kemendagri" and code.level != "regency":
            feature.codes.append((code.kemendagri(), f"{column.name} {code.digits}"))
        elif scheme == "bps" and code.level == "village":
            feature.group = code.digits[:7]
    feature.group = feature.group or names.get("district", "")
    if names.get("regency"):
        known = served.names["regency"].codes(names["regency"])
        written = str(record[fields.names["regency"]]).strip()[:60]
        regencies[f"{fields.names['regency']} {written}"] = known[0] if known else "another"
    _agree_on_regency(feature, regencies, served)
    return feature


def _agree_on_regency(feature: Feature, said: dict[str, str], served: Served) -> None:
    here = {what: code for what, code in said.items() if code in served.regencies}
    if not here:
        feature.elsewhere = bool(said)
        return
    if len(set(said.values())) > 1:
        feature.conflict = " but ".join(_telling(what, code, served) for what, code in said.items())
        return
    feature.within = next(iter(here.values()))


def _telling(what: str, code: str, served: Served) -> str:
    known = code in served.gazetteer
    return f"{what} is {served.gazetteer.name_of(code) if known else code + ' regency'}"


def settle(feature: Feature, level: Level, served: Served, shape: shapely.Geometry) -> None:
    """Walk down the levels, narrowing by code and name, until the feature's own."""
    for step in LEVELS[: LEVELS.index(level) + 1]:
        if step == "regency" and feature.within:
            feature.found, feature.by = [feature.within], "code"
            continue
        length = CODE_LENGTH[step]
        coded = {code[:length] for code, _ in feature.codes if len(code) >= length}
        form = feature.names.get(step, "")
        named = served.names[step].codes(form, feature.within) if form else []
        others = named or _named_elsewhere(form, step, coded, shape, served)
        known = {code for code in coded if code in served.gazetteer}
        if len(coded) > 1 or (known and others and not known & set(others)):
            _blame(feature, step, coded, others, served)
            return
        if coded and not known and named:
            coded = set()  # the area is known under another number, or the number is BPS's
        found, by = (list(coded), "code") if coded else (named, "name")
        if not found and form:
            found, by = served.names[step].alike(form, feature.within), "similar name"
        if len(found) > 1 or (found and by != "code"):
            found = _in_place(found, shape, served)
        feature.found, feature.by = found, by
        if found:
            feature.within = found[0]
    if feature.found and len(feature.found[0]) != CODE_LENGTH[level]:
        feature.found = []


def _named_elsewhere(
    form: str, step: Level, coded: set[str], shape: shapely.Geometry, served: Served
) -> list[str]:
    """Return areas of the name outside of what the code says, if they speak against the code.

    A district's name does; a village's only where it also lies there, because
    hundreds of villages have namesakes.
    """
    if not form or not coded or step == "regency":
        return []
    named = served.names[step].codes(form)
    if step == "district":
        return named
    if any(served.distance_m(code, shape) < _NEAR_M for code in coded):
        return []
    return [code for code in named if served.distance_m(code, shape) < _NEAR_M]


def _blame(
    feature: Feature, step: Level, coded: set[str], named: list[str], served: Served
) -> None:
    said = [what for code, what in feature.codes if code[: CODE_LENGTH[step]] in coded]
    parts = []
    for code in sorted(coded):
        known = served.gazetteer.name_of(code) if code in served.gazetteer else "not known"
        parts.append(f"{code} ({known})")
    names = f", its name is of {' or '.join(named[:3])}" if named else ""
    feature.conflict = f"{' and '.join(said[:2])} is {' and '.join(parts)}{names}"


def _in_place(codes: list[str], shape: shapely.Geometry, served: Served) -> list[str]:
    """Return the one of several areas of a name that lies where the shape is, or none."""
    if len(codes[0]) == CODE_LENGTH["village"]:
        far = {code: served.distance_m(code, shape) for code in codes}
        near = sorted((d, code) for code, d in far.items() if not d > TOO_FAR_M)
        if len(near) > 1 and near[1][0] - near[0][0] < FAR_M / 4 and near[1][0] < FAR_M:
            return []
        return [near[0][1]] if near else []
    shares = {code: served.share_in_place(code, shape) for code in codes}
    best = max(codes, key=lambda code: np.nan_to_num(shares[code]))
    # A name alone, with nothing of the area in the shape, is a namesake elsewhere;
    # villages are parts of a district, so this is asked of the district the other way.
    beside = len(codes) == 1 and served.beside_m(best, shape) <= BESIDE_M
    return [best] if shares[best] > 0 or beside else []


def holding(villages: list[str], level: Level) -> str:
    """Return the area that most of some villages are of, where that is clear; else ''."""
    counts = Counter(code[: CODE_LENGTH[level]] for code in villages)
    if not counts:
        return ""
    code, most = counts.most_common(1)[0]
    clear = most > _MOST * counts.total() and (level == "village" or most > 2)
    return code if clear else ""
