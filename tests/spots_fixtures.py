"""Reports with cases among them, and the hot spots found in them: made in code."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from disclosure_fixtures import areas, counts_of, reports

from geo_pora import hotspots, periods
from geo_pora.aggregate import complete, count
from geo_pora.disclosure import Spots

PERIOD = "2026-Q1"


def risky(
    seed: int, rows: int, *, districts: int, most: int, risk=0.1, excess=0.9, unplaced=0.04
) -> pd.DataFrame:
    """Random reports, with many suspected ones in the first three districts."""
    random = np.random.default_rng(seed)
    located = reports(seed, rows, districts=districts, most=most, unplaced=unplaced)
    near = located["district_code"].isin(["16.01.01", "16.01.02", "16.01.03"])
    chance = np.where(near, excess, risk)
    located["status"] = np.where(random.random(rows) < chance, "suspected", "presence")
    return located


def in_row(persons: list[int], cases: list[int], per_report: list[int]) -> pd.DataFrame:
    """Reports of one quarter in the districts of a regency, so many persons in each report."""
    rows = []
    for number, (present, suspected, each) in enumerate(
        zip(persons, cases, per_report, strict=True), start=1
    ):
        sizes = [each] * (present // each) + ([present % each] if present % each else [])
        for place, size in enumerate(sizes):
            status = "suspected" if place < suspected else "presence"
            rows.append((f"16.01.{number:02d}", size, status))
    found = pd.DataFrame(rows, columns=["district_code", "persons", "status"])
    day = pd.Timestamp("2026-02-01")
    return found.assign(
        regency_code="16.01",
        village_code=None,
        from_date=day,
        reported_on=day,
        to_date=day,
        permit="ITK",
    )


def row_of(number: int) -> gpd.GeoDataFrame:
    """Districts of one regency side by side, each touching the next."""
    codes = [f"16.01.{n:02d}" for n in range(1, number + 1)]
    shapes = [shapely.box(104 + 0.02 * n, -4.2, 104.02 + 0.02 * n, -4.1) for n in range(number)]
    table = {"code": codes, "name": codes, "area_km2": 1.0}
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def row_counts(located: pd.DataFrame, number: int):
    """Return what a release of such a row is built from."""
    one = gpd.GeoDataFrame(
        {"code": ["16.01"], "name": ["16.01"], "area_km2": [1.0]},
        geometry=[row_of(number).union_all()],
        crs="EPSG:4326",
    )

    def answer(level, spans, by):
        places = one if level == "regency" else row_of(number)
        classes = ["presence", "suspected"] if by == "status" else []
        return complete(count(located, level, spans, by), places, spans, by, classes)

    return answer


def spots_in(answer, places: gpd.GeoDataFrame, level="district", period=PERIOD) -> pd.DataFrame:
    """Return the classes that the team sees; nothing where there are too few cases."""
    span = [periods.parse(period)]
    present = answer(level, span, None)[["area_code", "persons"]].dropna()
    found = hotspots.find(hotspots.cases_of(answer(level, span, "status")), present, places)
    return found.for_release() if found.enough else pd.DataFrame()


def said(classes: pd.DataFrame, windows, level="district", period=PERIOD) -> Spots:
    """Return classes as a reader has them."""
    named = dict(zip(classes["area_code"], classes["class"], strict=True))
    return Spots(level, period, named, windows)


def random_layer(seed: int, rows: int, districts=6, most=9, **risks):
    """Return random reports' counts, classes of districts, and windows."""
    answer = counts_of(
        risky(seed, rows, districts=districts, most=most, **risks), districts=districts
    )
    places = areas("district", districts=districts)
    return answer, spots_in(answer, places), hotspots.windows(places)
