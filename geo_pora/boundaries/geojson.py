"""A look at the words of a GeoJSON before GDAL, which takes minutes over too many of them."""

from __future__ import annotations

import re
from typing import BinaryIO

from geo_pora.boundaries.formats import MAX_FIELDS, too_many_fields
from geo_pora.errors import InputError

_CHUNK = 4 << 20
_LONGEST = 16 << 20

_TEXT = re.compile(rb'"((?:[^"\\]|\\.)*+)(?:("\s*+:)|"|\\?\Z)', re.DOTALL)
"""A text; a name; or one that is not closed, which must not be tried again from its middle."""
_TO_THE_END = re.compile(rb"\s*+\Z")


def check(stream: BinaryIO, file: str) -> None:
    """Refuse a file with more names than boundaries have, or that reaches out of itself.

    Reads the whole once and keeps next to nothing of it.

    Parameters
    ----------
    stream : binary file
    file : str
        Its name, for the message.

    Raises
    ------
    InputError
    """
    names: set[bytes] = set()
    kept = stream.read(_CHUNK)
    _refuse_link(kept, file)
    more = True
    while more:
        chunk = stream.read(_CHUNK)
        more = bool(chunk)
        kept += chunk
        end = 0
        for found in _TEXT.finditer(kept):
            if found[2]:
                names.add(found[1])
            elif more and _TO_THE_END.match(kept, found.end()):
                break  # it may go on, or a colon may follow, in the next chunk
            end = found.end()
        if len(names) > MAX_FIELDS:
            raise too_many_fields(file)
        opened = kept.find(b'"', end)
        kept = kept[opened:] if opened >= 0 else b""
        if len(kept) > _LONGEST:
            raise InputError(f"{file}: a text in it is longer than {_LONGEST >> 20} MiB")


def _refuse_link(head: bytes, file: str) -> None:
    """Refuse what GDAL would follow: a reference system that is a link.

    The name may be written with escapes; the guard's child has no network either way.
    """
    crs = head.partition(b'"crs"')[2].partition(b"}}")[0]
    if b'"href"' in crs or b'"link"' in crs:
        raise InputError(
            f"{file}: its reference system is a link to somewhere else; "
            "save it as EPSG:4326 without one"
        )
