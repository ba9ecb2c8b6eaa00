"""What kind of boundary file this is, by its content, before any parser sees it."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from geo_pora.errors import InputError, NotFoundError

MAX_BYTES = 4 << 30
MAX_RATIO = 400
MAX_ENTRIES = 2000
MAX_PARTS = 100
"""Each data set of a zip is parsed in a child process of its own."""
MAX_FIELDS = 1000
"""A census table has some hundreds; parsers take minutes over some ten thousand."""

DRIVERS = {
    "shapefile": "ESRI Shapefile",
    "geopackage": "GPKG",
    "geojson": "GeoJSON",
    "geojsonseq": "GeoJSONSeq",
    "topojson": "TopoJSON",
    "esrijson": "ESRIJSON",
    "filegdb": "OpenFileGDB",
    "kml": "LIBKML",
    "flatgeobuf": "FlatGeobuf",
    "geoparquet": "",
}
"""Kind of file -> the one GDAL driver that may open it; GeoParquet is read by pyarrow."""

JSON = ("geojson", "geojsonseq", "topojson", "esrijson")
_ENDINGS = {
    ".shp": "shapefile",
    ".gpkg": "geopackage",
    ".geojson": "geojson",
    ".json": "geojson",
    ".topojson": "geojson",
    ".geojsonl": "geojsonseq",
    ".geojsons": "geojsonseq",
    ".ndjson": "geojsonseq",
    ".kml": "kml",
    ".fgb": "flatgeobuf",
    ".parquet": "geoparquet",
    ".geoparquet": "geoparquet",
}
_TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg")
_READS = "Shapefile (zip), GeoPackage, GeoJSON, KML, FlatGeobuf, GeoParquet and FileGDB can be read"

Opener = Callable[[str], tuple[bytes, int] | None]
"""Name of a file -> its first bytes (all, of a .shx) and its size; none where it is missing."""


@dataclass(frozen=True)
class Part:
    """One data set to open: the file itself, or one file in a zip."""

    kind: str
    member: str
    """Path in the archive; empty where the file is not an archive."""


def existing(path: Path) -> Path:
    """Return `path` if it is a file that can be opened, else say what is wrong with it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        raise NotFoundError(f"{path}: there is no such file") from None
    if stat.S_ISDIR(mode) and path.suffix.lower() == ".gdb":
        return path
    if stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder: name the .shp, .gpkg or .zip in it")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: this is no regular file")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name}: larger than {MAX_BYTES >> 30} GiB; cut it first")
    return path


def sniff(head: bytes, name: str) -> str:
    """Return the kind of a file from its first bytes, or `zip`; raises InputError.

    The name's ending has to say the same: a parser that goes by content must not
    be handed something else under a harmless name.
    """
    ending = PurePosixPath(name.lower()).suffix
    if ending in (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx"):
        raise InputError(f"{name}: name the .shp beside it, or a zip of all its files")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name}: its text is in UTF-16; save it as UTF-8")
    found = _content(head)
    expected = "zip" if ending in (".zip", ".kmz") else _ENDINGS.get(ending)
    if found is None and not head.strip():
        raise InputError(f"{name}: the file is empty")
    if expected is None:
        raise InputError(f"{name}: this ending is not known; {_READS}")
    if found in JSON and expected in JSON:
        return expected if found == "geojson" else found
    if found != expected:
        raise InputError(
            f"{name}: the content is not what its name says ({expected}); "
            + (f"it looks like {found}: give it the right ending" if found else "save it anew")
            + f". {_READS}"
        )
    return found


def _content(head: bytes) -> str | None:
    magic = {
        b"PK\x03\x04": "zip",
        b"SQLite format 3\0": "geopackage",
        b"\x00\x00\x27\x0a": "shapefile",
        b"fgb\x03fgb": "flatgeobuf",
        b"PAR1": "geoparquet",
    }
    for start, kind in magic.items():
        if head.startswith(start):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"\x1e{"):  # RFC 8142
        return "geojsonseq"
    if text.startswith(b"{"):
        if _TOPOLOGY.search(text):
            return "topojson"
        return "esrijson" if b'"esriGeometryPolygon"' in text else "geojson"
    return "kml" if text.startswith(b"<") and b"<kml" in text else None


def too_many_fields(file: str) -> InputError:
    """Return the refusal of a file with more fields than boundaries have."""
    return InputError(
        f"{file}: its areas have more than {MAX_FIELDS} different fields, too many for "
        "boundaries; save it with the fields of codes and names alone"
    )


def parts_of_zip(path: Path) -> list[Part]:
    """Return the data sets in an archive, after refusing what only looks like one.

    Raises
    ------
    InputError
        For entries that overlap, repeat, leave the folder, are links or encrypted,
        unpack to far more than they weigh, and for archives with nothing to read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError(f"{path.name}: the zip is damaged; download or save it anew") from None
    _check_entries(path, entries)
    folders = {str(gdb) for entry in entries if (gdb := _geodatabase(entry.filename))}
    found = [Part("filegdb", folder) for folder in sorted(folders)]
    for entry in entries:
        ending = PurePosixPath(entry.filename.lower()).suffix
        hidden = PurePosixPath(entry.filename).name.startswith((".", "__MACOSX"))
        if _geodatabase(entry.filename):
            continue
        if ending in _ENDINGS and not hidden and "__MACOSX" not in entry.filename:
            if ending == ".json" and any(e.filename.lower().endswith(".shp") for e in entries):
                continue  # metadata beside a Shapefile
            found.append(Part(_ENDINGS[ending], entry.filename))
    if not found:
        inner = any(entry.filename.lower().endswith((".zip", ".kmz")) for entry in entries)
        what = "only zips within it; unpack it and give one of them" if inner else "no boundaries"
        raise InputError(f"{path.name}: the zip holds {what}. {_READS}")
    if len(found) > MAX_PARTS:
        raise InputError(
            f"{path.name}: the zip holds {len(found)} data sets, too many to be boundaries; "
            "send those of the areas served alone"
        )
    return found


def _geodatabase(name: str) -> PurePosixPath | None:
    """Return the FileGDB folder that a file of an archive is in."""
    above = PurePosixPath(name).parents
    return next((folder for folder in above if folder.suffix.lower() == ".gdb"), None)


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    name = path.name
    if len(entries) > MAX_ENTRIES:
        raise InputError(f"{name}: the zip has {len(entries)} files, too many to be boundaries")
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise InputError(f"{name}: the zip holds two files of the same name")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise InputError(f"{name}: unpacked it is larger than {MAX_BYTES >> 30} GiB; cut it first")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
            raise InputError(f"{name}: a file in the zip would be written outside of it")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(f"{name}: the zip holds a link; send the files themselves")
        if entry.flag_bits & 1:
            raise InputError(f"{name}: the zip is encrypted; save it without a password")
        if entry.header_offset < end:
            raise InputError(f"{name}: parts of the zip overlap, as in a zip bomb")
        end = entry.header_offset + 30 + len(entry.filename.encode()) + entry.compress_size
        if entry.file_size > (1 << 20) and entry.file_size > MAX_RATIO * entry.compress_size:
            raise InputError(f"{name}: it unpacks to far more than it weighs, as a zip bomb does")


def check_closed(path: Path) -> None:
    """Refuse a GeoPackage whose last changes are still in the log beside it."""
    log = path.with_name(path.name + "-wal")
    if log.is_file() and log.stat().st_size:
        raise InputError(
            f"{path.name}: its last changes are still in {log.name}; close it in QGIS, or "
            "whatever has it open, and try again"
        )


def sidecars(path: Path) -> list[Path]:
    """Return the files beside a plain .shp that belong to it, whatever the case of their ending."""
    beside = {other.name.lower(): other for other in path.parent.iterdir()}
    wanted = [path.stem.lower() + ending for ending in _SIDECARS]
    return [beside[name] for name in wanted if name in beside and beside[name].is_file()]


def check_shapefile(name: str, opener: Opener) -> None:
    """Refuse a Shapefile whose parts are missing, cut off, or count differently.

    GDAL reads such files without a word and loses the areas at the end.

    Parameters
    ----------
    name : str
        Path of the .shp, for `opener` and the message.
    opener : callable
        Returns the first bytes and the size of a file.
    """
    shown = PurePosixPath(name).name
    parts: dict[str, tuple[bytes, int]] = {}
    for part in (".shp", ".shx", ".dbf"):
        found = opener(name) if part == ".shp" else _either(opener, name[:-4], part)
        if found is None:
            why = "the names" if part == ".dbf" else "the order of the areas"
            raise InputError(f"{shown}: {part} is missing, which has {why}; send all its files")
        parts[part] = found
    for part in (".shp", ".shx"):
        head, size = parts[part]
        if len(head) < 100 or struct.unpack(">i", head[:4])[0] != 9994:
            raise InputError(f"{shown}: its {part} is damaged; send the file again")
        if struct.unpack(">i", head[24:28])[0] * 2 > size:
            raise InputError(f"{shown}: its {part} is cut off; send the whole file again")
    whole = parts[".shx"][0]
    index = np.frombuffer(whole, ">i4", count=(len(whole) - 100) // 8 * 2, offset=100)
    ends = index.reshape(-1, 2).astype("int64").sum(axis=1) * 2 + 8  # they count 16-bit words
    if len(ends) and (ends.max() > parts[".shp"][1] or ends.min() < 100):
        raise InputError(f"{shown}: its .shp is cut off or its .shx damaged; send all files again")
    head, size = parts[".dbf"]
    if len(head) < 32:
        raise InputError(f"{shown}: its .dbf is damaged; send the file again")
    rows, start, width = struct.unpack("<IHH", head[4:12])
    areas = (parts[".shx"][1] - 100) // 8
    if start + rows * width > size + 1 or rows != areas:
        raise InputError(
            f"{shown}: its .dbf says {rows} rows and its .shx {areas} areas, or it is cut off; "
            "send the whole file again"
        )


def _either(opener: Opener, stem: str, ending: str) -> tuple[bytes, int] | None:
    return opener(stem + ending) or opener(stem + ending.upper())
