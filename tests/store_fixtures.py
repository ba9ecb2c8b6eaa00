"""What the tests of the store share: located reports made up, imported, and read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools

import numpy as np
import pandas as pd
import sqlalchemy as sa

from geo_pora.store import ingest

AGENCY = "DISNAKER"
_files = itertools.count(1)


def located(rows: int = 1, *, seed: int = 0, first: int = 0, **columns: object) -> pd.DataFrame:
    """Make located reports; any column can be given as a value or a list."""
    rng = np.random.default_rng(seed)
    begin = np.datetime64("2024-01-01") + rng.integers(0, 800, rows)
    village = rng.integers(1, 40, rows)
    code = [f"16.0{1 + 7 * (v % 2)}.{1 + v % 5:02}.{2000 + v}" for v in village]
    made = {
        "row_number": np.arange(2, rows + 2),
        "report_id": [f"R{first + i}" for i in range(rows)],
        "agency": AGENCY,
        "reported_on": begin + rng.integers(-3, 30, rows),
        "from_date": begin,
        "to_date": np.where(
            rng.random(rows) < 0.5, begin + rng.integers(0, 200, rows), np.datetime64("NaT")
        ),
        "persons": rng.integers(1, 9, rows),
        "nationality": rng.choice(["CHN", "KOR", "IND"], rows),
        "permit": rng.choice(["ITAS", "ITK", "BVK"], rows),
        "activity": rng.choice(["work", "tourism", "study"], rows),
        "status": rng.choice(["presence", "to_verify", "suspected"], rows),
        "accommodation": None,
        "visa_index": None,
        "location_text": [f"Jl. Melati {first + i}, Desa Suka Maju" for i in range(rows)],
        "latitude": np.round(-4.1 - rng.random(rows) / 3, 6),
        "longitude": np.round(104.1 + rng.random(rows) / 3, 6),
        "coordinates_text": None,
        "village_code": code,
        "district_code": [c[:8] for c in code],
        "regency_code": [c[:5] for c in code],
        "geocode_method": "coordinates",
        "match_level": "village",
        "confidence": 0.95,
        "review_reason": None,
        "candidates": None,
        "repairs": None,
        "boundary_version": "v1",
    }
    frame = pd.DataFrame({**made, **columns}, index=range(rows))
    for name in ("reported_on", "from_date", "to_date"):
        frame[name] = pd.to_datetime(frame[name])
    for name in frame.select_dtypes(object, exclude="str"):
        frame[name] = frame[name].astype("str")
    return frame


def in_review(
    frame: pd.DataFrame, reason: str = "coordinates and address disagree"
) -> pd.DataFrame:
    """Return the reports as the geocoder leaves them when it will not decide."""
    undecided = dict.fromkeys(["village_code", "district_code", "regency_code"], np.nan)
    codes = frame["village_code"].astype("str").fillna("16.01.01.2001")
    frame = frame.assign(
        candidates=codes + ":0.6", review_reason=reason, match_level="none", **undecided
    )
    for name in undecided:
        frame[name] = frame[name].astype("str")
    return frame


def put_in(
    engine: sa.Engine,
    frame: pd.DataFrame,
    rejected: pd.DataFrame | None = None,
    *,
    agency: str = AGENCY,
    sha256: str = "",
    chunk: int = 10_000,
    **options: object,
) -> ingest.ImportSummary:
    """Import reports as one file and return what became of them."""
    sha256 = sha256 or hashlib.sha256(str(next(_files)).encode()).hexdigest()
    with ingest.importing(
        engine,
        agency=agency,
        actor="tester",
        file_name="laporan.csv",
        sha256=sha256,
        boundary_version="v1",
        **options,
    ) as writer:
        for begin in range(0, max(len(frame), 1), chunk):
            writer.add(frame.iloc[begin : begin + chunk], rejected if begin == 0 else None)
    return writer.summary


def stored(engine: sa.Engine, columns: str = "*", table: str = "reports") -> pd.DataFrame:
    """Read a table by plain SQL, dates as dates."""
    with engine.connect() as connection:
        result = connection.execute(sa.text(f"SELECT {columns} FROM {table}"))
        frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    for name in {"reported_on", "from_date", "to_date"} & set(frame.columns):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
