"""Which field of a boundary file holds what: found by its content, not by its name.

The gazetteer knows every name and code of the areas served, so a field is what
most of its values in those areas are. Names of fields only break ties: they
come cut to ten characters, in any case, and mean different things in different
files (NAMOBJ is a village in one and a regency in another).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo_pora.boundaries import naming, schemes
from geo_pora.boundaries.reading import Source
from geo_pora.boundaries.schemes import Code, Scheme
from geo_pora.boundaries.served import Served, rows_inside
from geo_pora.errors import InputError
from geo_pora.gazetteer import LEVELS, Level

ENOUGH: dict[Level, float] = {"regency": 0.5, "district": 0.5, "village": 0.35}
"""Least share of a field's values that are names of the level; villages are renamed often."""
_CODES_ENOUGH = 0.5
_MEMBERS_ENOUGH = 0.3
_TIE = 0.03

_USUAL: dict[Level, tuple[str, ...]] = {
    "regency": ("wadmkk", "adm2_en", "adm2_name", "admin2name", "name_2", "nmkab", "kabupaten"),
    "district": ("wadmkc", "adm3_en", "adm3_name", "admin3name", "name_3", "nmkec", "kecamatan"),
    "village": ("wadmkd", "adm4_en", "adm4_name", "admin4name", "name_4", "nmdesa", "desa"),
}
_OWN = ("namobj", "shapename", "nama", "name")


@dataclass(frozen=True)
class CodeField:
    """A field of codes: its name, and the scheme and level of most of its values.

    Where it is `mixed`, the rows have to be told apart one by one.
    """

    name: str
    scheme: Scheme
    level: Level
    mixed: bool = False


@dataclass(frozen=True)
class Fields:
    """What the fields of one layer hold.

    Attributes
    ----------
    level : {'regency', 'district', 'village'}
        Level of the layer's areas.
    names : dict of level to str
        Field of names, for each level that has one.
    codes : list of CodeField
        Every field of codes.
    """

    level: Level
    names: dict[Level, str] = field(default_factory=dict)
    codes: list[CodeField] = field(default_factory=list)

    @property
    def described(self) -> str:
        """Say in a few words what was found."""
        said = [f"{level} names in {name}" for level, name in self.names.items()]
        said += [f"{c.level} codes of {c.scheme} in {c.name}" for c in self.codes]
        return f"{self.level} level; " + ", ".join(said)


@dataclass(frozen=True)
class Asked:
    """What the user said about the fields; empty where nothing."""

    name_field: str = ""
    code_field: str = ""
    level: Level | None = None


def detect(source: Source, served: Served, asked: Asked) -> Fields:
    """Find the fields and the level of a layer.

    Raises
    ------
    InputError
        If nothing in it is a name or code of the areas served, or several fields
        could be; the message has the candidates and the option to choose with.
    """
    frame = source.frame[rows_inside(source.frame, served)]
    if frame.empty:
        raise InputError(f"{source.file}: none of its areas lies in the regencies served")
    columns = [c for c in frame.columns if c not in ("geometry", "row_number")]
    keys = {c: frame[c].map(naming.key) for c in columns}
    scores = {
        level: {c: float(np.mean([k in served.names[level] for k in keys[c]])) for c in columns}
        for level in LEVELS
    }
    given = _find(asked.name_field, columns, source.file)
    names: dict[Level, str] = {}
    if given:
        likely: Level = max(LEVELS, key=lambda each: scores[each][given])
        names[asked.level or likely] = given
    for level in LEVELS:
        if level not in names and (best := _best(level, scores[level], keys, source.file)):
            names[level] = best
    codes = _code_fields(frame, columns, names, served)
    own_code = _find(asked.code_field, columns, source.file)
    if own_code:
        own = next((c for c in codes if c.name == own_code), None)
        if own is None:
            raise InputError(f"{source.file}: the field {own_code} holds no area codes")
        codes = [own, *(c for c in codes if c.level not in (own.level, asked.level))]
    level = _level(frame, names, codes, asked, source.file)
    kept = {each: name for each, name in names.items() if LEVELS.index(each) <= LEVELS.index(level)}
    # where the user says the level, finer codes are heard for the part that is the area's
    heard = codes if asked.level else [c for c in codes if _not_finer(c.level, level)]
    result = Fields(level, kept, heard)
    _check_distinct(frame, result, keys, source.file, asked)
    return result


def _not_finer(level: Level, than: Level) -> bool:
    return LEVELS.index(level) <= LEVELS.index(than)


def _find(wanted: str, columns: Iterable[str], file: str) -> str:
    """Return the field that the user named, in any case and cut as DBF cuts."""
    if not wanted:
        return ""
    for column in columns:
        if column.lower() in (wanted.lower(), wanted.lower()[:10]):
            return column
    raise InputError(f"{file}: it has no field {wanted[:40]}; it has {_listed(columns)}")


def _listed(columns: Iterable[str]) -> str:
    names = [column[:40] for column in columns]
    return ", ".join(names[:25]) + (", ..." if len(names) > 25 else "") or "none"


def _best(
    level: Level, scores: dict[str, float], keys: dict[str, pd.Series], file: str
) -> str | None:
    """Return the field whose values are most often names of the level; ask where two differ."""
    top = max(scores.values(), default=0)
    if top < ENOUGH[level]:
        return None
    tied = [column for column, score in scores.items() if score >= top - _TIE]
    tied.sort(key=lambda column: _rank(level, column))
    first = tied[0]
    unlike = [c for c in tied[1:] if (keys[c] != keys[first]).mean() > _TIE]
    if unlike and _rank(level, first) == _rank(level, unlike[0]):
        raise InputError(
            f"{file}: the {level} names may be in {_listed([first, *unlike])}; "
            "choose one with --name-field"
        )
    return first


def _rank(level: Level, column: str) -> int:
    name = column.lower()
    usual = [n for n in _USUAL[level] if name.startswith(n[:10])]
    return 0 if usual else 1 if name in _OWN else 2


def _code_fields(
    frame: pd.DataFrame, columns: list[str], names: dict[Level, str], served: Served
) -> list[CodeField]:
    found = []
    for column in columns:
        codes = [schemes.parse(value) for value in frame[column]]
        ours = [c for c in codes if c is not None and _served(c, served)]
        if len(ours) < _CODES_ENOUGH * len(codes):
            continue
        levels = pd.Series([c.level for c in ours])
        level: Level = levels.mode().iloc[0]
        same = [c for c in ours if c.level == level]
        if level == "regency" and 2 * sum(c.dotted for c in same) > len(same):
            scheme, mixed = schemes.of_dotted_regencies(column), False
        else:
            scheme, mixed = _scheme(same, codes, frame, names, served)
        found.append(CodeField(column, scheme, level, mixed))
    return found


def _served(code: Code, served: Served) -> bool:
    return {code.regency("kemendagri"), code.regency("bps")} & set(served.regencies) != set()


def _scheme(
    codes: list[Code],
    every: list[Code | None],
    frame: pd.DataFrame,
    names: dict[Level, str],
    served: Served,
) -> tuple[Scheme, bool]:
    """Tell the scheme of a field: by form, else by which codes exist, else by names or place."""
    certain = [c.scheme for c in codes if c.scheme]
    if len(certain) * 2 > len(codes):
        return max(set(certain), key=certain.count), False
    if codes[0].level == "village":
        known = float(np.mean([c.kemendagri() in served.villages.index for c in codes]))
        mixed = _MEMBERS_ENOUGH <= known < 1 - _MEMBERS_ENOUGH
        return ("kemendagri" if known >= _MEMBERS_ENOUGH else "bps"), mixed
    at = list(served.regency_at(frame.geometry.to_numpy()))
    if "regency" in names:
        forms = [naming.key(value) for value in frame[names["regency"]]]
        found = [served.names["regency"].codes(form) for form in forms]
        at = [f[0] if f else place for f, place in zip(found, at, strict=True)]
    pairs = [(c, place) for c, place in zip(every, at, strict=True) if c is not None]
    right = {s: sum(c.regency(s) == place for c, place in pairs) for s in ("kemendagri", "bps")}
    return ("bps" if right["bps"] > right["kemendagri"] else "kemendagri"), False


def _level(
    frame: pd.DataFrame,
    names: dict[Level, str],
    codes: list[CodeField],
    asked: Asked,
    file: str,
) -> Level:
    if asked.level:
        return asked.level
    found = [level for level in LEVELS if level in names or any(c.level == level for c in codes)]
    if not found:
        columns = [c for c in frame.columns if c not in ("geometry", "row_number")]
        raise InputError(
            f"{file}: no field holds names or codes of the areas served; it has "
            f"{_listed(columns)}: choose with --name-field or --code-field, and --level"
        )
    return found[-1]


def _check_distinct(
    frame: pd.DataFrame, fields: Fields, keys: dict[str, pd.Series], file: str, asked: Asked
) -> None:
    """Ask where most areas share their name and code: the finer field was not recognised."""
    used = [*fields.names.values(), *(c.name for c in fields.codes)]
    if asked.level or not used:
        return
    parts = pd.concat([keys[c] if c in keys else frame[c] for c in used], axis=1)
    codes = frame[[c.name for c in fields.codes]].astype(str)
    distinct = len(pd.concat([parts, codes], axis=1).drop_duplicates())
    if distinct * 2 < len(frame):
        others = [c for c in keys if c not in used]
        raise InputError(
            f"{file}: its {len(frame)} areas share {distinct} {fields.level} names or codes; if "
            f"they are finer areas choose their names with --name-field and --level "
            f"(it has {_listed(others)}), else give --level {fields.level}"
        )
