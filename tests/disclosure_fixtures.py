"""Random reports and the tables counted from them: made in code, nobody's data."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora import periods
from geo_pora.aggregate import complete, count
from geo_pora.disclosure import Counts

REGENCIES = ("16.01", "16.08", "16.09")
CLASSES = {"permit": ["ITAS", "ITK", "ITAP"], "status": ["presence", "suspected"]}


def reports(seed: int, rows: int, *, districts=3, villages=3, most=9, days=180, unplaced=0.04):
    """Located reports over some months, some of them placed coarsely or without an end."""
    random = np.random.default_rng(seed)
    regency = random.choice(REGENCIES, rows).astype(object)
    district = np.array(
        [
            f"{r}.{d:02d}"
            for r, d in zip(regency, random.integers(1, districts + 1, rows), strict=True)
        ],
        dtype=object,
    )
    village = np.array(
        [
            f"{d}.2{v:03d}"
            for d, v in zip(district, random.integers(1, villages + 1, rows), strict=True)
        ],
        dtype=object,
    )
    lost = random.random(rows)
    village[lost < 3 * unplaced] = None
    district[lost < 2 * unplaced] = None
    regency[lost < unplaced] = None
    start = pd.Series(
        pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(-20, days, rows), unit="D")
    )
    stay = pd.Series(pd.to_timedelta(random.integers(0, 90, rows), unit="D"))
    delay = pd.Series(pd.to_timedelta(random.integers(0, 30, rows), unit="D"))
    return pd.DataFrame(
        {
            "regency_code": pd.Series(regency, dtype="str"),
            "district_code": pd.Series(district, dtype="str"),
            "village_code": pd.Series(village, dtype="str"),
            "persons": random.integers(1, most + 1, rows),
            "from_date": start,
            "reported_on": start + delay,
            "to_date": (start + stay).where(pd.Series(random.random(rows) < 0.6)),
            "permit": random.choice(CLASSES["permit"], rows, p=[0.6, 0.3, 0.1]),
            "status": random.choice(CLASSES["status"], rows, p=[0.8, 0.2]),
        }
    )


def parent(area):
    """Return the code of the area around an area; that of the whole territory has none."""
    if area == "total":
        return None
    return "total" if area.count(".") == 1 else area.rpartition(".")[0]


def areas(level: str, districts=3, villages=3) -> gpd.GeoDataFrame:
    """Squares side by side; names hold what spreadsheets and pages trip over."""
    codes = list(REGENCIES)
    if level != "regency":
        codes = [f"{code}.{n:02d}" for code in codes for n in range(1, districts + 1)]
    if level == "village":
        codes = [f"{code}.2{n:03d}" for code in codes for n in range(1, villages + 1)]
    names = [f"Wilayah {code}" for code in codes]
    names[0] = '=HYPERLINK("x")&<b>é'
    size = 1 / len(codes)
    shapes = [
        shapely.box(104 + n * size, -4.2, 104 + (n + 1) * size, -4.1) for n in range(len(codes))
    ]
    return gpd.GeoDataFrame(
        {"code": codes, "name": names, "area_km2": 10.0}, geometry=shapes, crs="EPSG:4326"
    )


def counts_of(located: pd.DataFrame, **shape):
    """Return what a release is built from: `(level, periods, by)` to counts."""

    def answer(level, spans, by):
        found = count(located, level, spans, by)
        return complete(found, areas(level, **shape), spans, by, CLASSES.get(by, []))

    return answer


def tables(located, keys, levels=("regency", "district", "village"), by=(), **shape):
    """Return counts tables of all levels, unsplit and split."""
    spans = [periods.parse(key) for key in keys]
    answer = counts_of(located, **shape)
    return [Counts(level, answer(level, spans, name)) for level in levels for name in (None, *by)]
