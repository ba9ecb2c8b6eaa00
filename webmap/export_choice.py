"""What a person chose to take out of the team, read from a form and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from geo_pora import exports, periods
from geo_pora.aggregate import DIMENSIONS, LEVELS, MEASURES
from geo_pora.errors import InputError
from geo_pora.periods import Period
from webmap.choices import one_of

WHATS = (*LEVELS, "hotspots", "coverage")
FILES = (*WHATS, "map", "briefing")
SEMICOLON = "csv-semicolon"
KINDS = ("xlsx", "csv", SEMICOLON, "gpkg", "geojson", "parquet")
ENDINGS = {SEMICOLON: "csv", "map": "html", "briefing": "pdf"}
MEDIA_TYPES = exports.MEDIA_TYPES | {"html": "text/html", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Wanted:
    """One file: every field is checked.

    Attributes
    ----------
    what : str
        One of `FILES`.
    period : Period
    kind : str
        One of `KINDS`; empty for a map and a briefing.
    by : str
        Class to split counts by, or empty.
    release : str
        Id of the release to take, or empty for the newest.
    level, measure : str
        Of a map.
    """

    what: str
    period: Period
    kind: str = ""
    by: str = ""
    release: str = ""
    level: str = "district"
    measure: str = "persons"

    @property
    def ending(self) -> str:
        """What the file's name ends in."""
        kind = self.kind or self.what
        return ENDINGS.get(kind, kind)

    @property
    def media_type(self) -> str:
        """What the browser is told."""
        return MEDIA_TYPES[self.ending]

    @property
    def semicolon(self) -> bool:
        """Whether a CSV file is separated by semicolons."""
        return self.kind == SEMICOLON

    @property
    def file_name(self) -> str:
        """Name of the file for the person."""
        what = {"map": f"peta-{self.level}", "briefing": "bahan-rapat"}.get(self.what, self.what)
        parts = ["geo_pora", what, *([self.by] if self.by else []), self.period.key]
        return f"{'-'.join(parts)}.{self.ending}"


def read(form: Mapping[str, str], default_period: Period) -> Wanted:
    """Read a choice from a form.

    Raises
    ------
    InputError
        If a part of it is not known, or does not go with another.
    """
    what = one_of("what", form.get("what") or "district", FILES)
    by = form.get("by", "")
    if by:
        one_of("by", by, DIMENSIONS)
        if what not in LEVELS:
            raise InputError(_("Hanya jumlah per wilayah yang dapat dibagi menurut kelas."))
    kind = ""
    if what in WHATS:
        kind = one_of("kind", form.get("kind") or KINDS[0], KINDS)
    return Wanted(
        what,
        _span(form, default_period),
        kind,
        by,
        form.get("release", "")[:64] if what != "coverage" else "",
        one_of("level", form.get("level") or "district", LEVELS),
        one_of("measure", form.get("measure") or "persons", MEASURES),
    )


def _span(form: Mapping[str, str], default_period: Period) -> Period:
    """Return the periods from the first to the last that were chosen."""
    first = form.get("period", "")
    start = periods.parse(first) if first else default_period
    end = periods.parse(form["until"]) if form.get("until") else start
    if end.last < start.last:
        raise InputError(_("Periode akhir harus sesudah periode awal."))
    return Period(start.first, end.last)
