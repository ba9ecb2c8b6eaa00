"""Counting at 10 thousand and at 10 million stored reports, and against DuckDB on Parquet.

    python -m benchmarks.queries [REPORTS]

CPU time over all threads, in this process, in turns; medians. Counting never reads the
reports, so only what it reads is stored here: the cube and its monthly totals, written by the
same code as an import's. The peer groups the same rows from a Parquet file in one scan, and
both must give the same figures. A query is measured warm, as in a running app, and cold, as
the first one in a new process, which reads the whole cube from the database.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_pora import periods, store
from geo_pora.periods import Period
from geo_pora.store import cube, queries, spans
from geo_pora.store.database import writing
from geo_pora.store.queries import Filters

TURNS = 15
MONTH = periods.month(2025, 3)
FIRST, DAYS = np.datetime64("2023-01-01"), 1096
EVERYTHING = Period(pd.Timestamp(FIRST).date(), periods.month(2027, 12).last)
FILTERS = Filters(permits=("ITAS",), statuses=("to_verify", "suspected", "confirmed"))
_AT_ONCE = 500_000


def reports(count: int, seed: int = 7) -> Iterator[pa.Table]:
    """Make reports: 727 villages of uneven weight, 40 agencies, 8 permits, 10 activities."""
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.2, 727) + 0.05
    village = np.array([f"16.0{1 + v % 3}.{1 + v % 52:02}.{2000 + v}" for v in range(727)])
    status = ["presence", "cleared", "to_verify", "suspected", "confirmed"]
    permit = ["ITAS", "ITK", "ITAP", "BVK", "VOA", "diplomatic", "exempt", "unknown"]
    for begin in range(0, count, _AT_ONCE):
        rows = min(_AT_ONCE, count - begin)
        at = rng.choice(727, rows, p=weight / weight.sum())
        first = FIRST + rng.integers(0, DAYS, rows)
        stated = rng.random(rows) < 0.6
        last = first + rng.integers(0, 400, rows)
        codes = village[at]
        yield pa.table(
            {
                "village_code": codes,
                "district_code": codes.astype("U8"),
                "regency_code": codes.astype("U5"),
                "agency": [f"AGENCY-{a:02}" for a in rng.integers(0, 40, rows)],
                "permit": rng.choice(permit, rows, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.04, 0.03, 0.03]),
                "activity": [f"activity-{a}" for a in rng.integers(0, 10, rows)],
                "status": rng.choice(status, rows, p=[0.85, 0.05, 0.05, 0.03, 0.02]),
                "from_date": first.astype("datetime64[D]"),
                "to_date": np.where(stated, last, np.datetime64("NaT")).astype("datetime64[D]"),
                "reported_on": (first + rng.integers(0, 40, rows)).astype("datetime64[D]"),
                "persons": rng.integers(1, 6, rows),
            }
        )


def filled(folder: Path, count: int, parquet: Path | None = None) -> Any:
    """Return an engine on a store that counts `count` reports; write them to Parquet as well."""
    engine = store.open(f"sqlite:///{folder}/{count}.sqlite")
    file = None
    with writing(engine) as connection:
        for table in reports(count):
            columns = {name: table[name].combine_chunks() for name in table.column_names}
            cube.change(connection, added=[spans.of(columns)])
            if parquet is not None:
                file = file or pq.ParquetWriter(parquet, table.schema, compression="zstd")
                file.write_table(table)
    if file:
        file.close()
    return engine


def cpu(*works: Callable[[], Any]) -> list[float]:
    """Return the median CPU seconds of each work, all done in turns."""
    took: list[list[float]] = [[] for _ in works]
    for _ in range(TURNS):
        for work, seconds in zip(works, took, strict=True):
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
    return [statistics.median(seconds) for seconds in took]


def duckdb_counts(
    connection: duckdb.DuckDBPyConnection, file: Path, where: str, by: str | None
) -> pd.DataFrame:
    """Group the rows of a Parquet file by district as `queries.counts` does."""
    begin, end = EVERYTHING.first, EVERYTHING.last
    keys = f"district_code, {by}" if by else "district_code"
    named = f"district_code AS area_code{f', {by}' if by else ''}"
    return connection.execute(
        f"""
        SELECT {named}, count(*) AS reports, sum(persons) AS persons,
            coalesce(sum(persons) FILTER (from_date >= '{begin}'), 0) AS arrivals,
            coalesce(sum(persons) FILTER (to_date <= '{end}'), 0) AS departures
        FROM read_parquet('{file}')
        WHERE from_date <= '{end}'
            AND coalesce(to_date, greatest(reported_on, from_date)) >= '{begin}' AND {where}
        GROUP BY {keys} ORDER BY {keys}
        """
    ).df()


def result(name: str, ours: float, peer: float, goal: float) -> dict[str, Any]:
    """Return one line of the results."""
    return {
        "name": name,
        "ours": ours * 1000,
        "peer": peer * 1000,
        "ratio": ours / peer,
        "unit": "ms CPU",
        "goal": goal,
    }


def run(n: int = 10_000_000) -> list[dict[str, Any]]:
    """Measure with `n` stored reports; every goal is an upper bound of the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parquet = folder / "reports.parquet"
        large, small = filled(folder, n, parquet), filled(folder, min(n, 10_000))
        return [*flat(small, large), *filtered(large, parquet)]


def flat(small: Any, large: Any) -> list[dict[str, Any]]:
    """Measure the map's query, which must not grow with the reports."""
    found = []
    for level in ("district", "village"):
        few, many = cpu(
            lambda: queries.counts(small, level, [MONTH]),  # noqa: B023 - called at once
            lambda: queries.counts(large, level, [MONTH]),  # noqa: B023
        )
        found.append(result(f"one month by {level}, against 10,000 reports", many, few, 1.5))
    return found


def filtered(engine: Any, parquet: Path) -> list[dict[str, Any]]:
    """Measure filtered queries over everything against DuckDB."""
    found = []
    for name, filters, where, by in (
        (
            "one permit and three statuses",
            FILTERS,
            "permit = 'ITAS' AND status IN ('to_verify', 'suspected', 'confirmed')",
            None,
        ),
        ("one agency", Filters(agencies=("AGENCY-07",)), "agency = 'AGENCY-07'", None),
        ("one permit, 4 reports in 10", Filters(permits=("ITAS",)), "permit = 'ITAS'", None),
        ("all reports by permit", Filters(), "true", "permit"),
    ):
        with duckdb.connect() as connection:
            ask = lambda f=filters, b=by: queries.counts(engine, "district", [EVERYTHING], b, f)  # noqa: E731
            peer = lambda w=where, b=by: duckdb_counts(connection, parquet, w, b)  # noqa: E731
            start = time.process_time()
            answer = ask()
            cold = time.process_time() - start
            pd.testing.assert_frame_equal(
                answer.drop(columns="period"), peer(), check_dtype=False, check_exact=True
            )
            ours, theirs = cpu(ask, peer)
        found.append(result(f"everything, {name}", ours, theirs, 1.0))
        if len(found) == 1:
            found.append(result(f"everything, {name}, first in a process", cold, theirs, np.inf))
    return found


if __name__ == "__main__":
    for line in run(*map(int, sys.argv[1:2])):
        print(
            f"{line['name']:62} {line['ours']:9.2f} {line['peer']:9.2f} {line['unit']}"
            f"  ratio {line['ratio']:.2f} (goal {line['goal']})"
        )
