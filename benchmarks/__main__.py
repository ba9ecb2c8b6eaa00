"""Run every benchmark, each in a process of its own, and write RESULTS.md and ratios.svg.

    python -m benchmarks [--quick] [--only NAME ...]

`--quick` uses fewer rows: minutes instead of an hour, for a look; the page says so. A benchmark
that is missing or fails is told on the page, with the reason, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import importlib.metadata
import inspect
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import report

HERE = Path(__file__).resolve().parent
SECONDS = 3600
# Which ratio is better (each module's text says it), and the rows of a quick run.
BENCHMARKS: dict[str, tuple[str, dict[str, int]]] = {
    "point_in_polygon": ("more", {"count": 200_000}),
    "geocoding": ("more", {}),
    "ingest": ("less", {"n": 100_000}),
    "queries": ("less", {"n": 1_000_000}),
    "web": ("more", {"large": 100_000}),
    "hotspots": ("less", {}),
    "national": ("more", {"count": 1_000_000}),
    "load": ("more", {"seconds": 8}),
}
PACKAGES = (
    "numpy", "pandas", "shapely", "geopandas", "pyarrow", "sqlalchemy", "flask", "folium",
    "duckdb", "rapidfuzz",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="fewer rows")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.into:
        asked.into.write_text(json.dumps(measured(asked.only[0], asked.quick), default=float))
        return 0
    results: dict[str, list[report.Figure] | str] = {}
    for name in asked.only or BENCHMARKS:
        print(f"== {name}", flush=True)
        results[name] = result = in_own_process(name, asked.quick)
        for line in [result] if isinstance(result, str) else result:
            print(f"   {line if isinstance(line, str) else summary(line)}", flush=True)
    if not asked.only:
        write(results, asked.quick)
    return 1 if any(isinstance(found, str) for found in results.values()) else 0


def measured(name: str, quick: bool) -> list[dict[str, Any]]:
    """Run one benchmark in this process and return its rows."""
    run = importlib.import_module(f"benchmarks.{name}").run
    known = inspect.signature(run).parameters
    fewer = BENCHMARKS[name][1] if quick else {}
    rows: list[dict[str, Any]] = run(**{key: n for key, n in fewer.items() if key in known})
    return rows


def in_own_process(name: str, quick: bool) -> list[report.Figure] | str:
    """Run one benchmark in a new process; return its figures, or why there are none."""
    if not (HERE / f"{name}.py").exists():
        return f"benchmarks/{name}.py is not there"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.json")
        command = [sys.executable, "-m", "benchmarks", "--only", name, "--into", str(file)]
        try:
            done = subprocess.run(
                [*command, *(["--quick"] if quick else [])],
                cwd=HERE.parent,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"it took longer than {SECONDS} s"
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            return f"it failed: {last[:200].replace(str(HERE.parents[1]), '...')}"
        rows = json.loads(file.read_text())
    return [report.figure(row, BENCHMARKS[name][0]) for row in rows]


def summary(one: report.Figure) -> str:
    verdict = {True: "met", False: "NOT MET", None: ""}[one.met]
    ours, peer, ratio = map(report.short, (one.ours, one.peer, one.ratio))
    return f"{one.name:66} {ours:>9} {peer:>9} {one.unit:28} {ratio:>7}  {one.goal} {verdict}"


def facts(quick: bool) -> dict[str, str]:
    """Return machine, versions and date."""
    model = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        names = [line for line in cpu.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True
    )
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "run": "quick: fewer rows than the goals are set for" if quick else "full",
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}",
        "versions": ", ".join([f"Python {platform.python_version()}", *versions]),
    }


def write(results: dict[str, list[report.Figure] | str], quick: bool) -> None:
    """Write the page and the picture."""
    about = {}
    for name in results:
        file = HERE / f"{name}.py"
        text = file.read_text().split('"""')[1].split("\n")[0] if file.exists() else ""
        about[name] = text
    figures = [one for found in results.values() if not isinstance(found, str) for one in found]
    (HERE / "RESULTS.md").write_text(report.page(results, facts(quick), about))
    (HERE / "ratios.svg").write_text(report.picture(figures))
    print(f"wrote {HERE.name}/RESULTS.md and {HERE.name}/ratios.svg")


if __name__ == "__main__":
    sys.exit(main())
