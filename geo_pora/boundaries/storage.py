"""Installed layers: one folder each under `<data_dir>/boundaries/`, whole or not there."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_pora.boundaries import assembly, layer
from geo_pora.boundaries.fields import Asked
from geo_pora.boundaries.layer import Layer
from geo_pora.boundaries.report import Report, as_json
from geo_pora.boundaries.served import Served
from geo_pora.errors import InputError, NotFoundError, RefusedError, UnavailableError
from geo_pora.gazetteer import Gazetteer
from geo_pora.settings import Settings

INDICATIVE = "indicative"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_AREAS, _ABOUT, _PLACES = "areas.parquet", "layer.json", "findings.geojson"


@dataclass(frozen=True)
class Installed:
    """What is kept of an installed layer beside its areas."""

    name: str
    version: str
    source: str
    valid_from: dt.date | None
    installed_on: dt.date
    levels: tuple[str, ...]
    areas: dict[str, int]


def load(name_or_file: str | Path, settings: Settings) -> Layer:
    """Return a layer: an installed one, the indicative one, or one made of a file.

    Parameters
    ----------
    name_or_file : str or Path
        Name of an installed layer, `indicative`, or the path of a boundary file,
        which is checked and cleaned but not installed. Empty for the layer of
        the settings.
    settings : Settings
        Where layers are installed, and which regencies are served.

    Raises
    ------
    NotFoundError
        If there is no such layer or file.
    InputError
        If the file cannot be used; the message has the reason.
    """
    wanted = str(name_or_file) or settings.boundary_layer or INDICATIVE
    if wanted == INDICATIVE:
        return layer.indicative()
    if isinstance(name_or_file, str) and _NAME.fullmatch(wanted):
        if (_folder(settings) / wanted).is_dir():
            return _read(_folder(settings) / wanted)
        if not Path(wanted).is_file():
            known = ", ".join([INDICATIVE, *names(settings)])
            raise NotFoundError(f"there is no boundary layer {wanted!r}; there is {known}")
    made, _ = check([Path(wanted)], settings)
    return made


def check(
    paths: Sequence[Path],
    settings: Settings,
    *,
    name: str = "",
    asked: Asked | None = None,
    crs: str | None = None,
    tolerance_m: float = assembly.TOLERANCE_M,
    valid_from: dt.date | None = None,
) -> tuple[Layer, Report]:
    """Make a layer of boundary files as `install` would, and report; nothing is stored.

    Parameters are those of `assembly.build`; raises InputError with the reason
    where the files would be refused.
    """
    if not 0 <= tolerance_m <= 1000:
        raise InputError("the tolerance has to be from 0 to 1000 metres")
    served = Served(Gazetteer.load(), tuple(settings.regencies))
    return assembly.build(
        paths,
        served,
        name=name or _slug(paths[0]),
        asked=asked,
        crs=crs,
        tolerance_m=tolerance_m,
        valid_from=valid_from,
    )


def install(
    paths: Sequence[Path],
    settings: Settings,
    *,
    name: str = "",
    asked: Asked | None = None,
    crs: str | None = None,
    tolerance_m: float = assembly.TOLERANCE_M,
    valid_from: dt.date | None = None,
) -> tuple[Layer, Report]:
    """Check boundary files and keep them as a layer, whole or not at all.

    Parameters
    ----------
    paths : sequence of Path
        One file, or one for each level.
    settings : Settings
        Where it is installed, and which regencies are served.
    name : str, optional
        Name of the layer: lower case letters, digits, hyphens; by default made
        from the file's name.
    asked, crs, tolerance_m, valid_from
        As in `check`.

    Raises
    ------
    InputError
        If the files are refused, or the name cannot be used or is taken.
    UnavailableError
        If the data directory cannot be written.
    """
    name = name or _slug(paths[0])
    if not _NAME.fullmatch(name) or name == INDICATIVE:
        raise InputError(
            f"{name[:40]!r} cannot name a layer: use lower case letters, digits and hyphens"
        )
    target = _folder(settings) / name
    if target.exists():
        raise InputError(
            f"there is a boundary layer {name} already: choose another name with --name, or "
            f"remove it with geo-pora boundaries remove {name}"
        )
    made, report = check(
        paths,
        settings,
        name=name,
        asked=asked,
        crs=crs,
        tolerance_m=tolerance_m,
        valid_from=valid_from,
    )
    try:
        _write(made, report, target)
    except OSError as error:
        raise UnavailableError(
            f"the boundary layer cannot be stored in {target.parent} ({error.strerror}): "
            "make room, or set GEO_PORA_DATA_DIR to a folder that can be written"
        ) from None
    return made, report


def names(settings: Settings) -> list[str]:
    """Return the names of the installed layers, damaged ones too."""
    folder = _folder(settings)
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if _NAME.fullmatch(each.name))


def installed(settings: Settings) -> list[Installed]:
    """Return the installed layers by name; the indicative one is not among them."""
    return [about(name, settings) for name in names(settings)]


def about(name: str, settings: Settings) -> Installed:
    """Return what is kept of one installed layer; raises InputError where it is damaged."""
    return _about(_folder(settings) / name)


def remove(name: str, settings: Settings, *, in_use: str | None = None) -> None:
    """Remove an installed layer.

    Parameters
    ----------
    name : str
        Name of the layer.
    settings : Settings
        Where it is installed.
    in_use : str, optional
        Name of the layer in use, which is not removed.

    Raises
    ------
    NotFoundError
        If there is no such layer.
    RefusedError
        If it is the indicative one or the one in use.
    """
    if name == INDICATIVE:
        raise RefusedError("the indicative layer ships with geo_pora and cannot be removed")
    if name in (in_use, settings.boundary_layer):
        raise RefusedError(
            f"the boundary layer {name} is in use: use another one first, with "
            "geo-pora boundaries use"
        )
    target = _folder(settings) / name
    if not _NAME.fullmatch(name) or not target.is_dir():
        raise NotFoundError(f"there is no installed boundary layer {name[:40]!r}")
    gone = target.with_name(f".removed-{name}-{os.getpid()}")
    target.rename(gone)
    shutil.rmtree(gone)


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "boundaries"


def _slug(path: Path) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", path.name.lower().partition(".")[0]).strip("-")
    return stem[:60] or "layer"


def _write(made: Layer, report: Report, target: Path) -> None:
    """Write beside, make it durable, and rename: a layer is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        made.finest.to_parquet(beside / _AREAS, compression="zstd", index=False)
        report.save(beside / _PLACES)
        about = {
            "name": made.name,
            "version": made.version,
            "source": made.source,
            "valid_from": made.valid_from.isoformat() if made.valid_from else None,
            "installed_on": dt.date.today().isoformat(),
            "levels": list(made.levels),
            "names": made.names,
            "report": report.summary(),
        }
        (beside / _ABOUT).write_text(as_json(about), encoding="utf-8")
        for file in beside.iterdir():
            _sync(file)
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _json(folder: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _damaged(folder) from None
    return about


def _damaged(folder: Path) -> InputError:
    return InputError(
        f"the boundary layer {folder.name} is damaged: remove it with geo-pora boundaries "
        f"remove {folder.name} and install it again"
    )


def _about(folder: Path) -> Installed:
    about = _json(folder)
    try:
        return Installed(
            folder.name,
            about["version"],
            about["source"],
            dt.date.fromisoformat(about["valid_from"]) if about["valid_from"] else None,
            dt.date.fromisoformat(about["installed_on"]),
            tuple(about["levels"]),
            about["report"]["areas"],
        )
    except (KeyError, TypeError, ValueError):
        raise _damaged(folder) from None


def _read(folder: Path) -> Layer:
    about = _about(folder)
    try:
        areas = gpd.read_parquet(folder / _AREAS)
        names = {str(code): str(name) for code, name in _json(folder)["names"].items()}
        made = layer.make(
            about.name, areas, source=about.source, names=names, valid_from=about.valid_from
        )
    except (OSError, ValueError, KeyError, AttributeError):
        raise _damaged(folder) from None
    if made.version != about.version:
        raise _damaged(folder)
    return made
