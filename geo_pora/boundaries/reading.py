"""Reading boundary files: the untrusted bytes are parsed in a guarded child process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

from geo_pora import guard
from geo_pora.boundaries import formats, parsing, projection
from geo_pora.errors import InputError
from geo_pora.gazetteer import Gazetteer

MARGIN_DEGREES = 0.3
"""How far around the gazetteer's points areas are read; the rest of a national file is not."""

_LIMITS: dict[str, Any] = {"cpu_seconds": 300, "memory_bytes": 6 << 30, "wall_seconds": 600}


@dataclass(frozen=True, eq=False)
class Source:
    """One layer of a boundary file, cut to where the areas served are.

    Attributes
    ----------
    file : str
        Name of the file, and of the layer in it where there are several.
    frame : GeoDataFrame
        The file's own fields and geometry (EPSG:4326, 2D; may be invalid or
        missing), and `row_number`, the feature's place in the file, from 1.
    system : pyproj.CRS
        Reference system of the file.
    remarks : list of str
        What reading had to pass over.
    """

    file: str
    frame: gpd.GeoDataFrame
    system: pyproj.CRS
    remarks: list[str]

    @property
    def crs(self) -> str:
        """Name of the file's reference system."""
        return self.system.name


def served_bounds(gazetteer: Gazetteer, regencies: tuple[str, ...]) -> projection.Bounds:
    """Return the rectangle in degrees, with a margin, around the villages of the regencies."""
    areas = gazetteer.areas
    ours = areas[(areas["level"] == "village") & areas["parent_code"].str[:5].isin(regencies)]
    if ours.empty:
        raise InputError(
            f"the gazetteer has none of the regencies {', '.join(regencies)}: "
            "check the setting regencies"
        )
    west, east = ours["longitude"].min(), ours["longitude"].max()
    south, north = ours["latitude"].min(), ours["latitude"].max()
    margin = MARGIN_DEGREES
    return west - margin, south - margin, east + margin, north + margin


def read(path: Path, served: projection.Bounds, *, crs: str | None = None) -> list[Source]:
    """Read every polygon layer of a boundary file that touches the areas served.

    Parameters
    ----------
    path : Path
        Shapefile (plain or zipped), GeoPackage, GeoJSON and its kin, KML, FlatGeobuf,
        GeoParquet or FileGDB; a zip may hold several.
    served : tuple of float
        West, south, east, north in degrees; nothing outside is loaded.
    crs : str, optional
        Reference system, instead of what the file says.

    Raises
    ------
    InputError
        If the file is not what it says, is damaged, cut off or hostile, has no
        polygons, or no reference system that puts it where the areas served are.
    NotFoundError
        If there is no such file.
    """
    path = formats.existing(path).resolve()
    if crs is not None:
        projection.parse(crs)
    kind = _kind(path)
    if kind == "geopackage":
        formats.check_closed(path)
    zipped = kind == "zip"
    parts = formats.parts_of_zip(path) if zipped else [formats.Part(kind, "")]
    found: list[Source] = []
    passed_over: list[InputError] = []
    for part in parts:
        beside = formats.sidecars(path) if part.kind == "shapefile" and not zipped else []
        try:
            found += _read_part(path, part, beside, served, crs)
        except InputError as error:
            # A zip of levels or provinces may hold points or other provinces too.
            if len(parts) == 1:
                raise
            passed_over.append(error)
    if not found:
        raise passed_over[0]
    for reason in passed_over:
        found[0].remarks.append(f"passed over: {reason}")
    return found


def _kind(path: Path) -> str:
    if path.is_dir():
        return "filegdb"
    try:
        with path.open("rb") as stream:
            return formats.sniff(stream.read(4096), path.name)
    except PermissionError:
        raise InputError(f"{path.name}: this file may not be read by you") from None


def _read_part(
    path: Path,
    part: formats.Part,
    beside: list[Path],
    served: projection.Bounds,
    crs: str | None,
) -> list[Source]:
    parse: Callable[..., list[Any]] = parsing.read_vector
    answer = guard.call(
        parse,
        path,
        *beside,
        kind=part.kind,
        member=part.member,
        skip=parsing.other_drivers(part.kind),
        served=list(served),
        crs=crs or "",
        **_LIMITS,
    )
    sources = []
    shown = Path(part.member).name or path.name
    for layer in answer:
        title = f"{shown}:{layer['layer']}" if len(answer) > 1 else shown
        frame = layer["frame"]
        remarks = [str(remark) for remark in layer["remarks"]]
        stated = projection.parse(layer["crs"])
        frame, remark = projection.to_degrees(frame, stated)
        sources.append(Source(title, frame, stated, remarks + [remark] * bool(remark)))
    return sources
