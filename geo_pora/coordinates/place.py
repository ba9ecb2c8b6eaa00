"""Two numbers to a place in South Sumatra: what is repaired, what is refused, for one and many."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from geo_pora.errors import InputError

# South Sumatra with a small margin: west, south, east, north in degrees. Latitudes and
# longitudes of this box cannot be taken for each other, nor for the opposite hemisphere,
# nor for metres of UTM: that alone is what makes the repairs below safe.
WEST, SOUTH, EAST, NORTH = 102.0, -5.0, 106.3, -1.6

# In Indonesian (for the app) and in English.
REPAIRS = {
    "order_swapped": ("lintang dan bujur ditukar", "latitude and longitude were swapped"),
    "minus_restored": ("tanda minus dikembalikan", "the lost minus sign was put back"),
    "decimal_restored": ("tanda desimal dikembalikan", "the lost decimal point was put back"),
    "sign_and_hemisphere": (
        "tanda minus di samping LS diabaikan",
        "a minus sign beside S was ignored",
    ),
    "zone_assumed": ("zona UTM dianggap 48S", "the UTM zone was taken as 48S"),
    "height_dropped": ("ketinggian diabaikan", "the height was dropped"),
    "map_centre": ("pusat peta tautan dipakai", "the centre of the link's map was used"),
    "short_code_completed": (
        "kode plus pendek dilengkapi",
        "the short plus code was completed from the locality",
    ),
}
REASONS = {
    "empty": ("tidak ada koordinat", "there is no text"),
    "too_long": ("teks terlalu panjang", "the text is too long for coordinates"),
    "not_a_coordinate": ("bukan koordinat yang dikenal", "it is no notation of coordinates"),
    "one_number": ("hanya satu angka", "it has one number where two are needed"),
    "ambiguous": ("dapat dibaca dengan dua cara", "it can be read in two ways"),
    "contradiction": ("tanda dan arah bertentangan", "its signs and directions contradict"),
    "minutes_out_of_range": (
        "menit atau detik 60 atau lebih",
        "its minutes or seconds are 60 or more",
    ),
    "zero": ("koordinat 0,0", "0, 0 stands for no coordinates"),
    "outside": ("di luar Sumatera Selatan", "it lies outside South Sumatra"),
    "short_link": (
        "tautan pendek tidak memuat koordinat",
        "a short link holds no coordinates: open it and copy the long one",
    ),
    "link_without_coordinates": (
        "tautan tidak memuat koordinat",
        "the link holds no coordinates",
    ),
    "three_words": (
        "alamat tiga kata tidak memuat koordinat",
        "an address of three words holds no coordinates: open it and copy those",
    ),
    "several_points": ("memuat beberapa titik", "it holds several points"),
    "too_coarse": ("kode plus terlalu kasar", "the plus code is too coarse"),
    "locality_needed": (
        "kode plus pendek tanpa nama tempat yang dikenal",
        "a short plus code needs a known locality beside it",
    ),
    "unknown_datum": ("sistem acuan bukan WGS 84", "its reference system is not WGS 84"),
}


class CoordinateError(InputError):
    """A text that is no place in South Sumatra.

    Attributes
    ----------
    reason : str
        A key of `REASONS`.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def refuse(reason: str, text: str) -> CoordinateError:
    """Return the error for `reason`, quoting the beginning of the text."""
    shown = f"{text[:40]!r}: " if text else ""
    return CoordinateError(f"{shown}{REASONS[reason][1]}", reason)


Notation = Literal["decimal", "dms", "geo", "wkt", "iso6709"]


@dataclass(frozen=True)
class Coordinates:
    """A place in South Sumatra.

    Attributes
    ----------
    longitude, latitude : float
        Degrees WGS 84 (EPSG:4326).
    repairs : tuple of str
        What was mended, keys of `REPAIRS`; not part of equality.
    """

    longitude: float
    latitude: float
    repairs: tuple[str, ...] = field(default=(), compare=False)

    def format(self, notation: Notation = "decimal") -> str:
        """Write the place so that `parse` reads it again.

        Parameters
        ----------
        notation : {'decimal', 'dms', 'geo', 'wkt', 'iso6709'}
            All but 'dms' give the very same numbers; 'dms' is rounded to
            0.001 second, which is 3 cm.
        """
        lon, lat = self.longitude, self.latitude
        if notation == "dms":
            return f"{_dms(lat)} {'S' if lat < 0 else 'N'}, {_dms(lon)} {'W' if lon < 0 else 'E'}"
        if notation == "geo":
            return f"geo:{lat!r},{lon!r}"
        if notation == "wkt":
            return f"POINT ({lon!r} {lat!r})"
        if notation == "iso6709":
            # ISO 6709 counts the digits before the point: two for latitude, three for longitude.
            whole, _, part = repr(abs(lat)).partition(".")
            return f"{'-' if lat < 0 else '+'}{whole:0>2}.{part}+{lon!r}/"
        return f"{lat!r}, {lon!r}"

    def __str__(self) -> str:
        return self.format()


def _dms(degrees: float) -> str:
    thousandths = round(abs(degrees) * 3_600_000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60}°{minutes % 60:02d}'{rest / 1000:06.3f}\""


def angle(parts: list[float]) -> float:
    """Add degrees, minutes and seconds as seconds: fewer roundings than adding fractions."""
    if len(parts) == 1:
        return parts[0]
    seconds = sum(part * 60.0 ** (2 - power) for power, part in enumerate(parts))
    return float(seconds / 3600)


def settle(
    latitude: float,
    longitude: float,
    text: str,
    repairs: tuple[str, ...] = (),
    *,
    north_stated: bool = False,
    whole: tuple[bool, bool] = (False, False),
) -> Coordinates:
    """Bring two numbers to a place, with the repairs that only one reading allows.

    Parameters
    ----------
    latitude, longitude : float
        As read: degrees, or metres of UTM, or degrees without their decimal point.
    text : str
        Quoted in the error.
    repairs : tuple of str
        Made before.
    north_stated : bool
        The text says N or LU: the missing minus sign is then no slip.
    whole : tuple of bool
        Whether each was written without a decimal point, so that it may have been lost.
    """
    if SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST:
        return Coordinates(longitude, latitude, repairs)
    resolved = _resolve_some(np.array([latitude]), np.array([longitude]), np.array([whole]))
    reason = resolved.reasons[0]
    made = tuple(str(resolved.repairs[0]).split(";")) if resolved.repairs[0] else ()
    if reason is None and north_stated and "minus_restored" in made:
        reason = "outside"
    if reason is not None:
        raise refuse(str(reason), text)
    return Coordinates(float(resolved.longitude[0]), float(resolved.latitude[0]), (*repairs, *made))


class Resolved(NamedTuple):
    """Columns of places.

    Attributes
    ----------
    longitude, latitude : ndarray of float64, shape (n,)
        Degrees WGS 84; NaN where refused or missing.
    repairs : ndarray of object, shape (n,)
        What was mended, keys of `REPAIRS` joined by `;`, or None.
    reasons : ndarray of object, shape (n,)
        Why a row was refused, a key of `REASONS`, or None. A row with neither
        number has the reason `empty`.
    """

    longitude: npt.NDArray[np.float64]
    latitude: npt.NDArray[np.float64]
    repairs: npt.NDArray[np.object_]
    reasons: npt.NDArray[np.object_]


def resolve(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> Resolved:
    """Repair and check columns of plain numbers as `parse` does one text.

    Parameters
    ----------
    latitude, longitude : array-like of float64, shape (n,)
        Degrees as reported; NaN where missing.

    Returns
    -------
    Resolved
    """
    lat = np.asarray(latitude, dtype=np.float64)
    lon = np.asarray(longitude, dtype=np.float64)
    repairs = np.full(len(lat), None, dtype=object)
    reasons = np.full(len(lat), None, dtype=object)
    odd = np.flatnonzero(~_inside(lat, lon))
    if not len(odd):
        return Resolved(lon, lat, repairs, reasons)
    lat, lon = lat.copy(), lon.copy()
    some_lat, some_lon = lat[odd], lon[odd]
    with np.errstate(invalid="ignore"):
        whole = np.column_stack([some_lat == np.rint(some_lat), some_lon == np.rint(some_lon)])
    some = _resolve_some(some_lat, some_lon, whole)
    lon[odd], lat[odd], repairs[odd], reasons[odd] = some
    return Resolved(lon, lat, repairs, reasons)


def _inside(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return (lat >= SOUTH) & (lat <= NORTH) & (lon >= WEST) & (lon <= EAST)


def _resolve_some(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], whole: npt.NDArray[np.bool_]
) -> Resolved:
    repairs = np.full((4, len(lat)), None, dtype=object)
    reasons = np.full(len(lat), None, dtype=object)
    missing = np.isnan(lat) & np.isnan(lon)
    zero = (np.abs(lat) < 1e-6) & (np.abs(lon) < 1e-6)
    lat, lon, metres = _from_metres(lat, lon)
    repairs[0, metres] = "zone_assumed"

    lat, mended_lat = _restore_decimal(lat, whole[:, 0])
    lon, mended_lon = _restore_decimal(lon, whole[:, 1])
    with np.errstate(invalid="ignore"):
        swapped = (lat >= WEST) & (lat <= EAST) & (np.abs(lon) >= -NORTH) & (np.abs(lon) <= -SOUTH)
        lat, lon = np.where(swapped, lon, lat), np.where(swapped, lat, lon)
        positive = (lat >= -NORTH) & (lat <= -SOUTH)
        lat = np.where(positive, -lat, lat)
        good = _inside(lat, lon)
    repairs[1, swapped] = "order_swapped"
    repairs[2, positive] = "minus_restored"
    repairs[3, mended_lat | mended_lon] = "decimal_restored"
    reasons[~good] = "outside"
    reasons[~good & (np.isnan(lat) ^ np.isnan(lon))] = "one_number"
    reasons[zero] = "zero"
    reasons[missing] = "empty"
    return Resolved(
        np.where(good, lon, np.nan), np.where(good, lat, np.nan), _joined(repairs, good), reasons
    )


def _joined(
    repairs: npt.NDArray[np.object_], good: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Join the rows of keys column by column; few combinations occur, so each is joined once."""
    combined = np.full(repairs.shape[1], None, dtype=object)
    bits = (repairs != None).T @ (1 << np.arange(len(repairs)))  # noqa: E711
    for pattern in np.unique(bits[good & (bits > 0)]):
        which = good & (bits == pattern)
        combined[which] = ";".join(repairs[:, np.flatnonzero(which)[0]][_bits_of(pattern)])
    return combined


def _bits_of(pattern: int) -> list[int]:
    return [bit for bit in range(4) if pattern >> bit & 1]


def _restore_decimal(
    value: npt.NDArray[np.float64], whole: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Put back the decimal point of 4123456 or 104123456.

    A spreadsheet that expects a decimal comma drops the point. Latitudes here
    have one digit before it and longitudes three, beginning with 10, so that
    one place fits. Fewer than three decimals are too coarse to tell.
    """
    size = np.abs(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        big = whole & (size >= 1000) & (size < 1e17)
        digits = np.floor(np.log10(np.where(big, size, 1.0))).astype(np.int64)
    as_lat = value / 10.0**digits
    as_lon = value / 10.0 ** (digits - 2)
    is_lon = big & (digits >= 5) & (as_lon >= WEST) & (as_lon <= EAST)
    is_lat = big & ~is_lon & (np.abs(as_lat) >= -NORTH) & (np.abs(as_lat) <= -SOUTH)
    restored = np.where(is_lon, as_lon, np.where(is_lat, as_lat, value))
    return restored, is_lon | is_lat


def _from_metres(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Read pairs of numbers that can only be easting and northing of zone 48S, in either order."""
    easting, northing = np.fmin(lat, lon), np.fmax(lat, lon)
    metres = (easting > 160_000) & (easting < 840_000) & (northing > 9.44e6) & (northing < 9.83e6)
    if metres.any():
        lat, lon = lat.copy(), lon.copy()
        lon[metres], lat[metres] = from_utm(48, True).transform(easting[metres], northing[metres])
    return lat, lon, metres


@lru_cache(maxsize=8)
def from_utm(zone: int, south: bool) -> Any:
    """Return the transformer from UTM metres to longitude and latitude WGS 84."""
    return Transformer.from_crs((32700 if south else 32600) + zone, 4326, always_xy=True)
