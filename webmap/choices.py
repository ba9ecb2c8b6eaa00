"""What a person chose to see on the map, read from the address and checked."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _

from geo_pora import periods
from geo_pora.aggregate import DIMENSIONS, LEVELS, MEASURES
from geo_pora.errors import InputError
from geo_pora.maps import SCHEMES
from geo_pora.periods import Period

SHOWS = ("count", "density", "change", "rate")
LONGEST_DAYS = 366 * 10
MOST_BREAKS = 6


@dataclass(frozen=True)
class Choice:
    """One map: every field is checked, and two equal choices are the same map."""

    level: str
    period: Period
    measure: str = "persons"
    show: str = "count"
    compare: Period | None = None
    filters: tuple[tuple[str, str], ...] = field(default=())
    scheme: str = "quantiles"
    classes: int = 5
    breaks: tuple[float, ...] = ()

    @property
    def earlier(self) -> Period:
        """The period to compare with: the chosen one, else the one just before."""
        return self.compare or before(self.period)


def before(period: Period) -> Period:
    """Return the period of the same kind just before `period`."""
    eve = period.first - dt.timedelta(days=1)
    if period == periods.month(period.first.year, period.first.month):
        return periods.month(eve.year, eve.month)
    if period == periods.quarter_of(period.first):
        return periods.quarter_of(eve)
    return Period(eve - dt.timedelta(days=period.days - 1), eve)


def one_of(name: str, given: str, allowed: tuple[str, ...]) -> str:
    """Return `given` if it is allowed, else raise `InputError`."""
    if given not in allowed:
        known = ", ".join(allowed)
        raise InputError(
            _(
                "%(name)s %(given)s tidak dikenal; pilih salah satu: %(known)s.",
                name=name,
                given=repr(given[:40]),
                known=known,
            )
        )
    return given


def read(arguments: Mapping[str, str], default_period: Period) -> Choice:
    """Read a choice from the address.

    Raises
    ------
    InputError
        If a part of it is not known.
    """
    scheme = one_of("scheme", arguments.get("scheme") or "quantiles", SCHEMES)
    breaks = _breaks(arguments.get("breaks", "")) if scheme == "own" else ()
    if scheme == "own" and not breaks:
        scheme = "quantiles"
    return Choice(
        level=one_of("level", arguments.get("level") or "district", LEVELS),
        period=_chosen_period(arguments) or default_period,
        measure=one_of("measure", arguments.get("measure") or "persons", MEASURES),
        show=one_of("show", arguments.get("show") or "count", SHOWS),
        compare=_period(arguments.get("compare", "")),
        filters=tuple((name, arguments[name]) for name in DIMENSIONS if arguments.get(name)),
        scheme=scheme,
        classes=_whole(arguments.get("classes") or "5"),
        breaks=breaks,
    )


def read_what_can_be(arguments: Mapping[str, str], default_period: Period) -> tuple[Choice, str]:
    """Read a choice, leaving out the parts that are not known; say what was wrong with the first.

    Returns
    -------
    Choice
    str
        One sentence; empty where nothing was left out.
    """
    known: dict[str, str] = {}
    problem = ""
    for name, value in arguments.items():
        try:
            read({**known, name: value}, default_period)
        except InputError as error:
            problem = problem or str(error)
        else:
            known[name] = value
    return read(known, default_period), problem


def written(breaks: tuple[float, ...]) -> str:
    """Return own limits of classes as `read` takes them."""
    return ";".join(f"{limit:.12g}" for limit in breaks)


def _chosen_period(arguments: Mapping[str, str]) -> Period | None:
    """Return the period asked for; a form sent without a script gives a free range in two parts."""
    asked = arguments.get("period", "")
    if asked == "free":
        first, last = arguments.get("from", ""), arguments.get("to", "")
        return _period(f"{first}_{last}") if first and last else None
    return _period(asked)


def _period(text: str) -> Period | None:
    if not text:
        return None
    try:
        period = periods.parse(text)
    except InputError:
        raise InputError(
            _(
                "Periode %(text)s tidak dikenal; pilih dari daftar, atau isi kedua tanggal.",
                text=repr(text[:40]),
            )
        ) from None
    if period.days > LONGEST_DAYS or not 1990 <= period.first.year <= 2200:
        raise InputError(
            _(
                "Periode %(text)s terlalu panjang atau terlalu jauh; paling lama sepuluh tahun.",
                text=repr(text[:40]),
            )
        )
    return period


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 2:
        raise InputError(_("Jumlah kelas harus angka 2 sampai 7."))
    return min(max(int(text), 2), 7)


def _breaks(text: str) -> tuple[float, ...]:
    """Return limits as people write them: `5, 10, 20`, with decimals `0,5; 1,5` or `0.5, 1.5`."""
    comma_is_decimal = ";" in text
    found = []
    for part in text.replace(",", "." if comma_is_decimal else ";").split(";"):
        if not part.strip():
            continue
        try:
            value = float(part)
        except ValueError:
            raise InputError(
                _("Tulis batas kelas sebagai angka: 5, 10, 20 atau 0,5; 1,5; 3.")
            ) from None
        if not math.isfinite(value) or not 0 < value < 1e12:
            raise InputError(_("Batas kelas harus angka di atas 0."))
        found.append(value)
    if len(set(found)) > MOST_BREAKS:
        raise InputError(
            _("Paling banyak %(number)s batas kelas dapat dipakai.", number=MOST_BREAKS)
        )
    return tuple(sorted(set(found)))
