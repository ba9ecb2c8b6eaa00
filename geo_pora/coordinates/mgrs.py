"""The Military Grid Reference System: zone, band, a square of 100 km, metres within it.

`48MVA0800043000`, `48M VA 08000 43000`. The squares are lettered as in NGA.STND.0037
(Universal Grids and Grid Reference Systems, 2014), on WGS 84. The place is the middle of
the cell, which is one metre wide with five digits each, and 100 metres with three.
"""

from __future__ import annotations

import re

from geo_pora.coordinates.place import Coordinates, from_utm, refuse, settle
from geo_pora.gazetteer import Gazetteer

_REFERENCE = re.compile(
    r"(?:MGRS|USNG)?[\s:=]{0,3}(\d{1,2})\s?([C-HJ-NP-X])[\s,]?([A-HJ-NP-Z])\s?([A-HJ-NP-V])"
    r"[\s,]{0,2}(\d{0,10})(?:[\s,]{1,2}(\d{1,5}))?",
    re.IGNORECASE,
)
# Letters of the columns in zones 1, 2, 3 and again; of the rows, which begin anew every
# 2,000 km, with A in odd zones and with F in even ones.
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_SQUARE, _CYCLE = 100_000, 2_000_000
# The last 2,000 km south of the equator, where northings are counted up to 10,000 km: all
# of the only band that South Sumatra is in.
_BAND, _SOUTHERN = "M", 8_000_000


def read(text: str, _gazetteer: Gazetteer | None = None) -> Coordinates | None:
    """Read a reference to the military grid; None where the text is none."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    zone, digits = int(match[1]), (match[5], match[6])
    if digits[1] is None:
        half = len(digits[0]) // 2
        digits = (digits[0][:half], digits[0][half:])
    column = _COLUMNS[(zone - 1) % 3].find(match[3].upper())
    if len(digits[0]) != len(digits[1]) or column < 0 or not 1 <= zone <= 60:
        raise refuse("not_a_coordinate", text)
    if len(digits[0]) < 3:
        raise refuse("too_coarse", text)
    if match[2].upper() != _BAND:
        raise refuse("outside", text)
    row = (_ROWS.index(match[4].upper()) - (5 if zone % 2 == 0 else 0)) % len(_ROWS)
    unit = 10 ** (5 - len(digits[0]))
    easting = (column + 1) * _SQUARE + (int(digits[0]) + 0.5) * unit
    northing = _SOUTHERN + (row * _SQUARE + (int(digits[1]) + 0.5) * unit) % _CYCLE
    longitude, latitude = from_utm(zone, True).transform(easting, northing)
    return settle(latitude, longitude, text, north_stated=True)
