"""A file is written beside its name and takes it only when it is whole and on disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_pora.errors import UnavailableError


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a path to write to; it replaces `path` at the end, or nothing does.

    Whatever interrupts the writing, `path` holds the old file or the new one,
    never a part of either.

    Parameters
    ----------
    path : Path
        Its folder must exist.

    Raises
    ------
    UnavailableError
        If the folder does not exist or cannot be written to.
    """
    folder = path.absolute().parent
    # The ending stays, since GDAL looks at it.
    draft = folder / f".{path.stem}.{secrets.token_hex(6)}{path.suffix}"
    try:
        yield draft
        _sync(draft)
        draft.replace(path)
        _sync(folder)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise UnavailableError(
            f"{path.name} cannot be written to {folder}: {error.strerror}; choose another folder"
        ) from None
    finally:
        for left in folder.glob(f"{draft.name}*"):  # and the journals of SQLite
            left.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
