"""Synthetic report files, shaped like the real thing and marked as synthetic everywhere.

Forty agencies, two years, small numbers; spreadsheets that come late, with other headers and
notations in each agency, repeated rows, rows beyond help, and columns that identify persons
filled with what is plainly made up. Nothing in them comes from a real report; the only real
thing is the names of places. The same seed and end give the same files.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo_pora.demo import sheets, world
from geo_pora.errors import UnavailableError
from geo_pora.gazetteer import Gazetteer
from geo_pora.periods import Period, previous_quarter

__all__ = ["DemoFile", "campaign", "write_files"]

MONTHS = 24


@dataclass(frozen=True)
class DemoFile:
    """One synthetic report file.

    Attributes
    ----------
    path : Path
        Its name begins with `DEMO-`.
    agency : str
        Code of the agency it is from.
    period : Period
        The month, quarter or half-year that it reports.
    received_on : datetime.date
        Day on which it came: most within ten days of the period's end, some weeks later.
    """

    path: Path
    agency: str
    period: Period
    received_on: dt.date


def campaign(end: dt.date) -> Period:
    """Return the special period of a demonstration that ends on `end`: 75 days, half a year ago."""
    last = end - dt.timedelta(days=120)
    return Period(last - dt.timedelta(days=74), last)


def write_files(
    directory: Path,
    seed: int = 2026,
    gazetteer: Gazetteer | None = None,
    *,
    end: dt.date | None = None,
) -> list[DemoFile]:
    """Write two years of synthetic report files.

    Parameters
    ----------
    directory : Path
        Folder to write to; made where it is missing.
    seed : int
        Of the random generator.
    gazetteer : Gazetteer, optional
        Where the places are; by default the one that ships.
    end : datetime.date, optional
        Last day reported; by default that of the last full quarter, so that the newest
        quarter on the map is never empty.

    Returns
    -------
    list of DemoFile
        In order of time.

    Raises
    ------
    UnavailableError
        If a file cannot be written.
    """
    end = end or previous_quarter(dt.date.today()).last
    rng, post = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    scene = world.build(gazetteer or Gazetteer.load(), campaign(end), end, rng)
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for agency, span, reports in world.batches(scene, MONTHS, rng):
            path = directory / sheets.file_name(agency, span)
            path = sheets.write(path, agency, span, reports, scene, rng)
            written.append(DemoFile(path, agency.code, span, _arrival(span, post)))
    except OSError as error:
        raise UnavailableError(
            f"{directory}: the synthetic files cannot be written ({error.strerror})"
        ) from None
    return written


def _arrival(span: Period, post: np.random.Generator) -> dt.date:
    """Return the day on which a file came: three in four are in time."""
    days = post.integers(1, 10) if post.random() < 0.75 else post.integers(12, 45)
    return min(span.last + dt.timedelta(days=int(days)), dt.date.today())
