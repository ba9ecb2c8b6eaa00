"""From a boundary file to a layer: read, detect, identify, clean, report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries import code_parts, coverage, layer, reading, stacked
from geo_pora.boundaries.coverage import Repair
from geo_pora.boundaries.fields import Asked, Fields, detect
from geo_pora.boundaries.identity import Identified, identify
from geo_pora.boundaries.layer import CRS, Layer
from geo_pora.boundaries.reading import Source
from geo_pora.boundaries.report import Findings, Report
from geo_pora.boundaries.served import Served, code_level
from geo_pora.errors import GeoPoraError, InputError
from geo_pora.gazetteer import CODE_LENGTH, LEVELS, Level

TOLERANCE_M = 50
_COVERS_ENOUGH = 0.5


@dataclass(frozen=True, eq=False)
class _Named:
    """A layer of the file whose areas are known: `code`, `name`, geometry; one row an area.

    `above` has the names that the file gives to the areas above them.
    """

    source: Source
    fields: Fields
    areas: gpd.GeoDataFrame
    above: dict[str, str]


def build(
    paths: Sequence[Path],
    served: Served,
    *,
    name: str,
    asked: Asked | None = None,
    crs: str | None = None,
    tolerance_m: float = TOLERANCE_M,
    valid_from: dt.date | None = None,
) -> tuple[Layer, Report]:
    """Make a layer of boundary files, or say why they cannot be used.

    Parameters
    ----------
    paths : sequence of Path
        One file, or one for each level.
    served : Served
        What is known of the areas served.
    name : str
        Name of the layer.
    asked : Asked, optional
        Fields and level given by the user.
    crs : str, optional
        Reference system, instead of what the file says.
    tolerance_m : float
        Most that counting geometry may move, in metres.
    valid_from : datetime.date, optional
        First day of the boundaries.

    Returns
    -------
    tuple of Layer and Report

    Raises
    ------
    InputError
        With the reason, and the rows where there are any.
    """
    findings = Findings()
    bounds = reading.served_bounds(served.gazetteer, served.regencies)
    sources = [source for path in paths for source in reading.read(path, bounds, crs=crs)]
    named = _named(sources, served, asked or Asked(), findings)
    base = _base(named, served)
    file = " + ".join(dict.fromkeys(path.name for path in paths))
    areas = base.areas
    labels = [f"{n} ({c})" for n, c in zip(areas["name"], areas["code"], strict=True)]
    geometry = np.asarray(areas.geometry)
    cleaned, repair, crossing, holes = coverage.clean(geometry, labels, tolerance_m, file)
    for pair in crossing.itertuples():
        detail = f"{labels[pair.left]} and {labels[pair.right]}, {pair.width_m:.0f} m wide"
        findings.add("overlap", detail, shape=pair.geometry)
    for hole in holes:
        findings.add("gap", "between areas", shape=hole)
    areas = areas.set_geometry(cleaned, crs=CRS)
    made = layer.make(
        name,
        areas,
        source=f"{file} ({base.source.crs})",
        names=_coarser_names(named, served),
        valid_from=valid_from,
    )
    _compare(made, named, base, served, findings)
    return made, _report(file, base, made, repair, findings)


def _named(sources: list[Source], served: Served, asked: Asked, findings: Findings) -> list[_Named]:
    """Name the areas of every layer; those of no use are passed over where others are of use."""
    found: list[_Named] = []
    refused: list[GeoPoraError] = []
    parts: list[Source] = []
    for source in sources:
        try:
            valid = _valid(source, findings)
        except InputError as error:
            refused.append(error)
            continue
        parts += [valid] if asked.level else stacked.part(valid)
    for part in parts:
        for remark in part.remarks:
            findings.add("reading", f"{part.file}: {remark}")
        part = replace(part, frame=code_parts.joined(part.frame, served.regencies[0][:2]))
        try:
            fields = detect(part, served, asked)
            identified = identify(part, fields, served)
            areas = _joined(part, identified, findings)
        except InputError as error:
            if "contradict" in str(error) or len(parts) == 1:
                raise
            refused.append(error)
            continue
        found.append(_Named(part, fields, areas, _above(part, fields, identified)))
    if not found:
        raise refused[0]
    for reason in refused:
        findings.add("reading", f"passed over: {reason}")
    return _by_level(found)


def _valid(source: Source, findings: Findings) -> Source:
    """Mend invalid shapes and leave out features without one; both are noted."""
    frame = source.frame
    shapes, bad = coverage.valid(np.asarray(frame.geometry))
    for row in np.nonzero(bad)[0]:
        number = frame["row_number"].iloc[row]
        findings.add("invalid", f"{source.file}, row {number}", shape=shapes[row])
    empty = shapely.is_empty(shapes)
    for number in frame["row_number"][empty]:
        findings.add("empty", f"{source.file}, row {number}")
    if empty.all():
        raise InputError(f"{source.file}: none of its features has an area")
    kept = frame.assign(geometry=shapes)[~empty].reset_index(drop=True)
    return replace(source, frame=kept.set_geometry("geometry", crs=CRS))


def _joined(source: Source, identified: Identified, findings: Findings) -> gpd.GeoDataFrame:
    """Return one row for each code; several features of one code are joined and noted."""
    geometry = np.asarray(source.frame.geometry)
    for kind, row, code, detail in identified.remarks:
        findings.add(kind, f"{source.file}, {detail}", code=code, shape=geometry[row])
    rows, records = identified.rows, []
    for code, group in rows.groupby("code", sort=True):
        shapes = geometry[group["row"].to_numpy()]
        if len(group) > 1:
            numbers = ", ".join(map(str, group["row_number"].head(5)))
            findings.add(
                "duplicate", f"{source.file}, rows {numbers}", code=str(code), shape=shapes[0]
            )
        joined = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
        records.append((str(code), str(group["name"].iloc[0]), joined))
    frame = pd.DataFrame(records, columns=["code", "name", "geometry"])
    frame["geometry"] = layer.polygonal(frame["geometry"].to_numpy())
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)


def _above(source: Source, fields: Fields, identified: Identified) -> dict[str, str]:
    """Return the name that most features of a coarser area give it, by its code."""
    found: dict[str, str] = {}
    rows = identified.rows
    for level, column in fields.names.items():
        if level == fields.level:
            continue
        said = source.frame[column].iloc[rows["row"]].reset_index(drop=True).dropna()
        codes = rows["code"].reset_index(drop=True).str[: CODE_LENGTH[level]]
        for code, names in said.groupby(codes[said.index]):
            found[str(code)] = str(names.mode().iloc[0]).strip()
    return found


def _by_level(found: list[_Named]) -> list[_Named]:
    """Join layers of one level (a zip of provinces); the finest level comes last."""
    joined: dict[Level, _Named] = {}
    for each in found:
        level = each.fields.level
        if level in joined:
            both = pd.concat([joined[level].areas, each.areas])
            both = both.dissolve("code", aggfunc="first").reset_index()
            both = both.set_geometry(layer.polygonal(np.asarray(both.geometry)), crs=CRS)
            above = joined[level].above | each.above
            each = replace(joined[level], areas=both[["code", "name", "geometry"]], above=above)
        joined[level] = each
    return [joined[level] for level in LEVELS if level in joined]


def _base(named: list[_Named], served: Served) -> _Named:
    """Return the finest layer that covers what the coarser ones cover."""
    base = named[0]
    for finer in named[1:]:
        length = CODE_LENGTH[base.fields.level]
        covered = set(finer.areas["code"].str[:length])
        if len(covered) >= _COVERS_ENOUGH * len(base.areas):
            base = finer
    names = {**layer.coarser_names(served.gazetteer), **_village_names(served)}
    title = [
        names.get(code, name)
        for code, name in zip(base.areas["code"], base.areas["name"], strict=True)
    ]
    return replace(base, areas=base.areas.assign(name=title))


def _village_names(served: Served) -> dict[str, str]:
    return dict(served.gazetteer.names("village"))


def _coarser_names(named: list[_Named], served: Served) -> dict[str, str]:
    """Return names of regencies and districts: the gazetteer's, and the file's for new ones."""
    names: dict[str, str] = {}
    for each in reversed(named):
        names |= each.above
        names |= dict(zip(each.areas["code"], each.areas["name"], strict=True))
    names |= layer.coarser_names(served.gazetteer)
    return {code: name for code, name in names.items() if code_level(code) != "village"}


def _compare(
    made: Layer, named: list[_Named], base: _Named, served: Served, findings: Findings
) -> None:
    """Note areas that the file lacks and coarser layers that differ from the dissolved ones."""
    for level in made.levels:
        there = set(made.areas(level)["code"])
        for code in served.codes(level):
            if code not in there:
                findings.add("missing", f"{served.gazetteer.name_of(code)}, {level}", code=code)
    for each in named:
        if each is base or each.fields.level == base.fields.level:
            continue
        if each.fields.level not in made.levels:
            findings.add("level", f"{each.source.file}: it covers too little and is not used")
            continue
        ours = made.areas(each.fields.level).set_index("code").geometry
        theirs = each.areas.set_index("code").geometry
        both = ours.index.intersection(theirs.index)
        differ = shapely.symmetric_difference(ours[both].to_numpy(), theirs[both].to_numpy())
        for code, shape, size in zip(both, differ, coverage.km2(differ), strict=True):
            if size > 0.01 * coverage.km2(np.array([ours[code]]))[0]:
                detail = f"{each.source.file}: {size:.2f} km2 differ from its finer areas"
                findings.add("level", detail, code=code, shape=shape)


def _report(file: str, base: _Named, made: Layer, repair: Repair, findings: Findings) -> Report:
    counts: dict[str, int] = {level: len(made.areas(level)) for level in made.levels}
    return Report(
        file,
        base.source.crs,
        base.fields.described,
        base.fields.level,
        counts,
        repair,
        findings.table(),
    )
