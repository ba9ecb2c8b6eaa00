"""What a zip archive says of itself, checked before anything unpacks it."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from geo_pora.errors import InputError

_LOCAL_HEADER_BYTES = 30


def check_zip(path: Path, *, unpacked_bytes: int = 256 << 20, entries: int = 1000) -> None:
    """Refuse an archive that would unpack to too much, outside its folder, or twice.

    What an archive says can be a lie, so who unpacks it does so inside `guard.call` all the
    same; this refuses the usual bombs in milliseconds.

    Parameters
    ----------
    path : Path
        A zip file: a workbook, a zipped Shapefile.
    unpacked_bytes : int
        Largest sum of the sizes of its entries.
    entries : int
        Largest number of entries.

    Raises
    ------
    InputError
        If it is no zip file, is encrypted, too large, has entries that overlap, leave the
        folder, or are links.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError(f"{path.name}: the file is damaged; save it anew and send it") from None
    if len(found) > entries:
        raise InputError(f"{path.name}: the archive has {len(found)} files, too many to be real")
    if sum(entry.file_size for entry in found) > unpacked_bytes:
        raise InputError(
            f"{path.name}: unpacked it is larger than {unpacked_bytes >> 20} MiB; "
            "split it or save it as CSV"
        )
    end = 0
    for entry in sorted(found, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise InputError(f"{path.name}: parts of the archive overlap, as in a zip bomb")
        end = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size
        _check_entry(path, entry)


def _check_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    inside = PurePosixPath(entry.filename.replace("\\", "/"))
    if inside.is_absolute() or ".." in inside.parts or inside.as_posix()[1:2] == ":":
        raise InputError(f"{path.name}: a file in the archive would be written outside of it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InputError(f"{path.name}: the archive holds a link; send the files themselves")
    if entry.flag_bits & 1:
        raise InputError(f"{path.name}: the file is encrypted; save it without a password")
