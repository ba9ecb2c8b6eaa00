"""Two worlds of reports that differ in hidden counts alone.

Some persons are counted in one of two villages, districts, months or spells, each of which a
release hides; in the other world they are counted the other way round. Who reads what was
released must not be able to tell in which of the two he lives.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geo_pora import boundaries
from geo_pora.store import ingest

AGENCY = "POLRES-OKU"
LAYER = boundaries.indicative()
# Hidden counts that stand in no area, colour, day or hash by chance; beside each a small one.
CANARIES = {"a": (70919, 3), "b": (70918, 4)}
_TEXTS = (
    *("nationality", "accommodation", "visa_index", "location_text"),
    *("coordinates_text", "review_reason", "candidates", "repairs"),
)


class Row(NamedTuple):
    """What a report says; the rest is the same in all of them."""

    village: str
    persons: int
    first: str
    last: str
    permit: str = "ITK"


def villages_of(district: str) -> list[str]:
    """Return the codes of a district's villages, in order."""
    codes = LAYER.areas("village")["code"]
    return sorted(codes[codes.str.startswith(f"{district}.")])


def _crowd() -> list[Row]:
    """Return the reports that both worlds have: many persons in a few villages."""
    chance = np.random.default_rng(11)
    return [
        Row(village, int(chance.integers(6, 30)), f"2026-0{month}-05", f"2026-0{month}-08", permit)
        for district in ("16.01.07", "16.01.13", "16.01.14", "16.08.01", "16.08.02", "16.08.09")
        for village in villages_of(district)[:3]
        for month in (1, 2, 3, 5)
        for permit in ("ITK", "ITAS")
    ]


def _apart(world: str) -> list[Row]:
    """Return the reports by which the worlds differ."""
    turn = 1 if world == "a" else -1
    many, few = CANARIES[world]
    january, may = ("2026-01-05", "2026-01-08"), ("2026-05-05", "2026-05-08")
    made = [
        Row(villages_of("16.09.03")[0], many, "2026-02-05", "2026-02-08", "ITAS"),
        Row(villages_of("16.09.04")[0], few, "2026-02-05", "2026-02-08", "ITAS"),
    ]
    for district in ("16.01.07", "16.08.09"):
        pair = villages_of(district)[5:7][::turn]
        made += [Row(pair[0], 2, *january), Row(pair[1], 3, *january)]
        made += [Row(pair[0], 4, *may, "ITAS"), Row(pair[1], 1, *may, "ITAS")]
    pair = villages_of("16.08.02")[5:7][::turn]  # as many persons, more reports
    made += [Row(pair[0], 3, *january), Row(pair[1], 1, *january), Row(pair[1], 2, *january)]
    pair = [villages_of(district)[0] for district in ("16.01.08", "16.01.09")][::turn]
    for place, stayed, left in ((pair[0], 1, 3), (pair[1], 2, 2)):  # as many, some for longer
        made += [Row(place, stayed, "2026-01-20", "2026-02-10"), Row(place, left, *january)]
    return made


def located(world: str) -> pd.DataFrame:
    """Return the reports of a world, `a` or `b`, as the geocoder leaves them."""
    return _as_located(_crowd() + _apart(world))


def _as_located(rows: list[Row], first: int = 0) -> pd.DataFrame:
    villages = pd.Series([row.village for row in rows], dtype="str")
    begin = pd.to_datetime([row.first for row in rows])
    return pd.DataFrame(
        {
            "row_number": np.arange(2, len(rows) + 2),
            "report_id": [f"R{first + number}" for number in range(len(rows))],
            "agency": AGENCY,
            "reported_on": begin,
            "from_date": begin,
            "to_date": pd.to_datetime([row.last for row in rows]),
            "persons": [row.persons for row in rows],
            "permit": [row.permit for row in rows],
            "activity": "unknown",
            "status": "presence",
            "latitude": np.nan,
            "longitude": np.nan,
            "village_code": villages,
            "district_code": villages.str[:8],
            "regency_code": villages.str[:5],
            "geocode_method": "coordinates",
            "match_level": "village",
            "confidence": 1.0,
            "boundary_version": LAYER.version,
            **{name: pd.Series([None] * len(rows), dtype="str") for name in _TEXTS},
        }
    )


def late() -> pd.DataFrame:
    """Return the one report that comes in after the releases: two persons in a shown district."""
    row = Row(villages_of("16.01.07")[0], 2, "2026-02-05", "2026-02-08")
    return _as_located([row], first=10_000)


def store_in(engine: Any, rows: pd.DataFrame) -> None:
    """Store reports as one file of the agency."""
    with ingest.importing(
        engine,
        agency=AGENCY,
        actor="test",
        file_name="laporan.csv",
        sha256=f"{len(rows):064x}",
        boundary_version=LAYER.version,
    ) as writer:
        writer.add(rows)
