"""A file of coordinate rows geocoded and imported: CPU against the least there is to do; memory.

    python -m benchmarks.ingest [ROWS]

CPU time over all threads of this process and of the children that read files for it. Geocoding
reads a CSV file, drops what identifies persons, places every row and writes the rows with ten
more columns; the peer, pandas, reads the same file and writes it. Importing reads the file,
places the rows and stores them: hashes, history, summaries, audit and all. Its peer geocodes the
same file and hands the rows it wrote, ready as tuples, to one bare `executemany` into a table
without a key. Memory is the peak of a process that imports the file.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo_pora import pipeline, settings, store

AGENCY = "DISNAKER-OKU"
MISSING = ["visa_index", "location_text", "coordinates_text"]
_AT_ONCE = 50_000
_FROM_FILE = """
import json, sys
from pathlib import Path
from geo_pora import pipeline, settings, store
chosen = settings.load(data_dir=Path(sys.argv[2]))
engine = store.open(chosen.database_url)
done = pipeline.import_file(
    engine, Path(sys.argv[1]), "DISNAKER-OKU", settings=chosen, actor="benchmark"
)
# Not ru_maxrss: it counts the memory of the process that started this one.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({"read": done.summary.read, "kib": int(status["VmHWM"].split()[0])}))
"""


def reports(rows: int, seed: int = 11) -> Iterator[pd.DataFrame]:
    """Make checked reports with plain coordinates, in chunks as a file gives them."""
    rng = np.random.default_rng(seed)
    for begin in range(0, rows, _AT_ONCE):
        size = min(_AT_ONCE, rows - begin)
        first = np.datetime64("2024-01-01") + rng.integers(0, 900, size)
        stated = rng.random(size) < 0.5
        frame = pd.DataFrame(
            {
                "row_number": np.arange(begin + 2, begin + size + 2),
                "report_id": [f"LAP-{begin + i:08}" for i in range(size)],
                "agency": AGENCY,
                "reported_on": first + rng.integers(0, 30, size),
                "from_date": first,
                "to_date": np.where(stated, first + rng.integers(0, 300, size), None),
                "persons": rng.integers(1, 5, size),
                "nationality": rng.choice(["CHN", "KOR", "IND", "MYS"], size),
                "permit": rng.choice(["ITAS", "ITK", "ITAP"], size),
                "activity": rng.choice(["work", "tourism", "study"], size),
                "status": rng.choice(["presence", "to_verify"], size),
                "accommodation": rng.choice(["hotel", "mess"], size),
                "visa_index": np.nan,
                "location_text": np.nan,
                "latitude": np.round(rng.uniform(-4.9, -3.6, size), 6),
                "longitude": np.round(rng.uniform(103.6, 104.9, size), 6),
                "coordinates_text": np.nan,
            }
        )
        for name in ("reported_on", "from_date", "to_date"):
            frame[name] = pd.to_datetime(frame[name])
        for name in MISSING:
            frame[name] = frame[name].astype("str")
        yield frame


def cpu() -> float:
    """Return the CPU seconds that this process and its children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def run(n: int = 1_000_000) -> list[dict[str, Any]]:
    """Geocode and import `n` rows; every goal is an upper bound of the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = written(folder / "reports.csv", n)
        chosen = settings.load(data_dir=folder / "data")
        warm = written(folder / "warm.csv", 1000)
        pipeline.geocode_file(warm, folder / "warm.out.csv", chosen)  # the layer is loaded once
        first = geocoding(file, chosen)
        return [first, importing(file, chosen, first["ours"]), memory(file, folder / "fresh")]


def written(file: Path, rows: int) -> Path:
    """Write reports to a CSV file, as an agency would."""
    for number, chunk in enumerate(reports(rows)):
        kept = chunk.drop(columns=["row_number", "agency", *MISSING])
        kept.to_csv(file, mode="a", header=number == 0, index=False)
    return file


def geocoding(file: Path, chosen: settings.Settings) -> dict[str, Any]:
    """Measure a CSV file geocoded to CSV against pandas reading and writing it."""
    rows, ours, peer = 0, [], []
    for _ in range(3):
        start = cpu()
        rows = pipeline.geocode_file(file, file.with_name("located.csv"), chosen).read
        geocoded = cpu()
        pd.read_csv(file).to_csv(file.with_name("pandas.csv"), index=False)
        ours.append(geocoded - start)
        peer.append(cpu() - geocoded)
    name = f"geocode of {rows} coordinate rows, CSV to CSV, against pandas reading and writing"
    return figure(name, statistics.median(ours), statistics.median(peer), "s CPU", 2.0)


def importing(file: Path, chosen: settings.Settings, geocoded: float) -> dict[str, Any]:
    """Measure an import into SQLite against geocoding and a bare `executemany`."""
    table = pd.read_csv(file.with_name("located.csv"))
    rows = list(map(tuple, table.astype(object).where(table.notna(), None).to_numpy().tolist()))
    del table
    with closing(sqlite3.connect(file.with_name("bare.sqlite"))) as connection:
        start = cpu()
        connection.execute(
            f"CREATE TABLE located ({', '.join(f'c{i}' for i in range(len(rows[0])))})"
        )
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO located VALUES ({marks})", rows)
        connection.commit()
        bare = cpu() - start
    count = len(rows)
    del rows
    engine = store.open(chosen.database_url)
    start = cpu()
    done = pipeline.import_file(engine, file, AGENCY, settings=chosen, actor="benchmark")
    took = cpu() - start
    store.close(engine)
    assert done.summary.new == count, done
    name = f"import of {count} coordinate rows into SQLite, against geocode and executemany"
    return figure(name, took, geocoded + bare, "s CPU", 3.0)


def memory(file: Path, folder: Path) -> dict[str, Any]:
    """Measure the peak memory of importing a CSV file in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", _FROM_FILE, str(file), str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    name = f"peak memory of importing {found['read']} rows"
    return figure(name, found["kib"] / 1024**2, 1.5, "GiB", 1.0)


def figure(name: str, ours: float, peer: float, unit: str, goal: float) -> dict[str, Any]:
    """Return one row of the results."""
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": ours / peer,
        "unit": unit,
        "goal": goal,
    }


if __name__ == "__main__":
    for line in run(*map(int, sys.argv[1:2])):
        print(
            f"{line['name']:62} {line['ours']:9.2f} {line['peer']:9.2f} {line['unit']}"
            f"  ratio {line['ratio']:.2f} (goal {line['goal']})"
        )
