"""Cases that make hot spots: many to verify in one district, a few elsewhere."""

from __future__ import annotations

from typing import Any

import pandas as pd
import web_fixtures as web

from geo_pora import boundaries
from geo_pora.store import ingest

PERIOD = "2026-Q2"
HOT = "16.01.13"
# Districts that touch it, with half as many cases each: one district alone is no hot spot.
BESIDE = ("16.01.07", "16.01.21")


def add_cases(engine: Any, *, number: int = 1, day: str = "2026-05-10", cases: int = 60) -> None:
    """Store reports to verify: `cases` in a district, half as many in each beside it, few else."""
    layer = boundaries.indicative()
    codes = layer.areas("village")["code"]
    villages = []
    for district, share in ((HOT, cases), *((code, cases // 2) for code in BESIDE)):
        within = codes[codes.str.startswith(district)].tolist()
        villages += [within[n % len(within)] for n in range(share)]
    crowded = codes.str.startswith((HOT, *BESIDE))
    villages += codes[~crowded].iloc[::60].tolist()[:10]
    rows = web.located(len(villages), layer.version)
    start = pd.Timestamp(day)
    rows = rows.assign(
        report_id=[f"C{number}-{n}" for n in range(len(villages))],
        village_code=villages,
        district_code=[code[:8] for code in villages],
        regency_code=[code[:5] for code in villages],
        agency=web.OTHER,
        status="to_verify",
        activity=["work" if n % 2 else "tourism" for n in range(len(villages))],
        reported_on=start,
        from_date=start,
        to_date=start + pd.Timedelta(days=5),
    )
    with ingest.importing(
        engine,
        agency=web.OTHER,
        actor="test",
        file_name=f"kasus-{number}.csv",
        sha256=f"{number + 900:064x}",
        boundary_version=layer.version,
    ) as writer:
        writer.add(rows)
