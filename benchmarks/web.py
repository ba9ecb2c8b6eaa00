"""Server CPU per view of the map page: ours against a plain Flask + Folium view, in one run.

What is counted, each as the process's CPU time from the request's environ to the answer's last
byte (no network and no test client in it), for a planner who is signed in and whose browser
takes brotli:

* *opening the page*: the whole page with choosers, figures and table, for the level. Scripts,
  styles, areas and names are kept by the browser for a year and not asked for again.
* *the same, first in a session*: nothing is kept for this session yet; what was drawn for others
  is. The page is rendered and packed.
* *another period*: the figures that the page's script fetches, asked for before by this session.
* *what the browser has*: the same with If-None-Match, answered with 304.
* *a choice that nobody has made*: the same, counted, disclosed, classed and packed anew.
* *a first visit*: page, all scripts and styles, areas and names, to an empty browser cache.

Of these the goal is for views that come again, which are nearly all: each is made once per
session, choice and version of the data. What is made anew is told beside them.

The peer is what a tutorial builds, without a mistake that would slow it down: boundaries in
memory, 10,000 located reports from a Parquet file (CSV and SQLite are slower), counted by their
codes with pandas, drawn by `folium.Choropleth` with tooltips and returned as HTML. The ratio is
what counts, not the machine. Ours is measured again over ten times as many reports each, up to
`--large`, in turns with the app over the first ones: what else the machine does meets both.

    python -m benchmarks.web [--reports 10000] [--large 10000000]
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import structlog
from flask import Flask
from werkzeug.test import EnvironBuilder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

GOALS = {"district": 50, "village": 250}
COLUMNS = {"district": "district_code", "village": "village_code"}
FLAT = 1.5
PERIODS = ("2026-Q1", "2026-02")
CHUNK = 100_000
REAL = Path(__file__).resolve().parents[2] / "shared" / "boundaries"


def reports(start: int, count: int, layer: Any) -> pd.DataFrame:
    """Return synthetic located reports, spread unevenly over the villages."""
    import web_fixtures as web

    rows = web.located(count, layer.version)
    rows["report_id"] = [f"R{number}" for number in range(start, start + count)]
    rows["permit"] = np.random.default_rng(start).choice(["ITK", "ITAS", "ITAP"], count)
    return rows


class Ours:
    """Our app over so many reports, and a planner signed in to it."""

    def __init__(self, folder: Path, count: int, layer: Any) -> None:
        import web_fixtures as web

        fill(folder, count, layer)
        self.app = web.make_app(folder, reports=False)
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))
        self.client = web.sign_in(self.app, "planner", ["planner"])
        self.client.get("/map/")
        self.cookie = f"session={self.client.get_cookie('session').value}"

    def asking(self, address: str, tag: str = "") -> dict[str, Any]:
        """Return the environ of a browser's request."""
        headers = {"Accept-Encoding": "br", "Cookie": self.cookie}
        if tag:
            headers["If-None-Match"] = tag
        base = self.client.environ_base
        return EnvironBuilder(address, headers=headers, environ_base=base).get_environ()

    def view(self, *addresses: str, status: str = "200 OK", tag: str = "") -> Callable[[], object]:
        """Return a call that answers these requests."""
        environs = [self.asking(address, tag) for address in addresses]
        return lambda: [serve(self.app, environ, status) for environ in environs]

    def anew(self, address: str, *, for_everybody: bool = False) -> Callable[[], object]:
        """Return a call that answers a request for which this session, or anybody, has nothing."""
        environ, kept = self.asking(address), self.app.wsgi_app
        atlas = self.app.extensions["geo_pora"].atlas()

        def answer() -> None:
            kept.forget_all()
            if for_everybody:
                atlas.forget_figures()
            serve(self.app, environ)

        return answer

    def visit(self, level: str) -> list[str]:
        """Return all that a browser asks for at its first visit to a level."""
        address = f"/map/?level={level}&period={PERIODS[0]}"
        page = self.client.get(address).text
        linked = re.findall(r'(?:src|href)="(/(?:assets|map/layers)/[^"]+)"', page)
        return [address, *dict.fromkeys(linked)]


def fill(folder: Path, count: int, layer: Any) -> None:
    """Store so many reports, in files of a hundred thousand."""
    import web_fixtures as web

    from geo_pora import settings, store
    from geo_pora.store import ingest

    engine = store.open(settings.load(data_dir=folder).database_url)
    for start in range(0, count, CHUNK):
        with ingest.importing(
            engine,
            agency=web.AGENCY,
            actor="benchmark",
            file_name="x.csv",
            sha256=f"{start:064x}",
            boundary_version=layer.version,
        ) as writer:
            writer.add(reports(start, min(CHUNK, count - start), layer))
    store.close(engine)


def boundaries_of(level: str, layer: Any) -> gpd.GeoDataFrame:
    """Return the boundaries the peer shows: real ones where they are beside the checkout."""
    real = REAL / f"{level}s.geojson"
    if not real.is_file():
        return layer.areas(level)
    return gpd.read_file(real).rename(columns={"kode": "code", "nama": "name"})


def naive(rows: pd.DataFrame, layer: Any, folder: Path) -> Flask:
    """Return the peer's app."""
    app = Flask("peer")
    rows.to_parquet(folder / "reports.parquet")
    boundaries = {level: boundaries_of(level, layer) for level in GOALS}

    @app.get("/<level>")
    def view(level: str) -> str:
        found = pd.read_parquet(folder / "reports.parquet")
        found = found[found["from_date"].between("2026-01-01", "2026-03-31")]
        areas = boundaries[level].copy()
        sums = found.groupby(COLUMNS[level])["persons"].sum()
        areas["persons"] = areas["code"].map(sums).fillna(0)
        page = folium.Map(location=[-4.3, 104.2], zoom_start=9, tiles=None)
        layer_of = folium.Choropleth(
            geo_data=areas,
            data=areas,
            columns=["code", "persons"],
            key_on="feature.properties.code",
        ).add_to(page)
        folium.GeoJsonTooltip(["name", "persons"]).add_to(layer_of.geojson)
        return page.get_root().render()

    return app


def serve(app: Flask, environ: dict[str, Any], status: str = "200 OK") -> None:
    """Answer one request as a server would, without the cost of the test client."""
    statuses: list[str] = []
    answer = app(dict(environ), lambda status, _headers, _error=None: statuses.append(status))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    assert statuses == [status], (environ["PATH_INFO"], statuses)
    assert bool(body) == (status == "200 OK")


def cpu_ms(works: Sequence[Callable[[], object]], times: int, each: int = 1) -> list[float]:
    """Return the CPU milliseconds of one call of each: the least of `times` rounds of `each`.

    What else the machine does adds to a round, and never takes away from one.
    """
    spent = np.empty((times, len(works)))
    for work in works:
        work()
    for turn in range(times):
        for number, work in enumerate(works):
            begun = time.process_time()
            for _ in range(each):
                work()
            spent[turn, number] = (time.process_time() - begun) / each
    found: list[float] = (spent.min(axis=0) * 1000).tolist()
    return found


def run(count: int = 10_000, large: int = 10_000_000) -> list[dict[str, Any]]:
    """Measure with `count` reports, and ours with ten times as many each, up to `large`.

    Returns
    -------
    list of dict
        `name`, `ours`, `peer`, `ratio`, `unit`, `goal`, and `better`: which ratio is.
    """
    from geo_pora import boundaries

    layer = boundaries.indicative()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(Path(folder), count, layer)
        peer = naive(reports(0, count, layer), layer, Path(folder))
        for level, goal in GOALS.items():
            (theirs,) = cpu_ms([lambda level=level: serve(peer, asking_peer(level))], 5)
            found += measured(ours, level, theirs, goal)
        size = count * 10
        while size <= large:
            found += grown(size, count, ours, layer)
            size *= 10
    return found


def asking_peer(level: str) -> dict[str, Any]:
    return EnvironBuilder(f"/{level}").get_environ()


def measured(ours: Ours, level: str, theirs: float, goal: int) -> list[dict[str, Any]]:
    """Return how our figures compare with the peer's."""
    rows = []
    for name, (view, *rounds) in views(ours, level).items():
        (mine,) = cpu_ms([view], *rounds)
        anew = "first in a session" in name or "nobody" in name
        about = f"{level}: {name}, Flask + Folium"
        rows.append(_row(about, mine, theirs, theirs / mine, None if anew else goal, "more"))
    (first,) = cpu_ms([ours.view(*ours.visit(level))], 10)
    name = f"{level}: a first visit, every file, Flask + Folium"
    return [*rows, _row(name, first, theirs, theirs / first, None, "more")]


def views(ours: Ours, level: str) -> dict[str, tuple[Callable[[], object], int, int]]:
    """Return each kind of view, with how many rounds of how many calls tell its cost."""
    page = f"/map/?level={level}&period={PERIODS[0]}"
    figures = f"/map/figures.json?level={level}&period={PERIODS[1]}"
    answer = ours.client.get(figures, headers={"Accept-Encoding": "br"})
    known = ours.view(figures, status="304 NOT MODIFIED", tag=answer.headers["ETag"])
    return {
        "opening the page": (ours.view(page), 15, 40),
        "opening the page, first in a session": (ours.anew(page), 15, 5),
        "another period": (ours.view(figures), 15, 40),
        "what the browser has": (known, 15, 40),
        "a choice that nobody has made": (ours.anew(figures, for_everybody=True), 9, 1),
    }


def grown(size: int, count: int, small: Ours, layer: Any) -> list[dict[str, Any]]:
    """Return how our figures over `size` reports compare with those over `count`."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        large = Ours(Path(folder), size, layer)
        for level in GOALS:
            over_few, over_many = views(small, level), views(large, level)
            for name, (view, *rounds) in over_few.items():
                was, now = cpu_ms([view, over_many[name][0]], *rounds)
                about = f"{level}: {name}, {size:,} against {count:,}"
                rows.append(_row(about, now, was, now / was, FLAT, "less"))
    return rows


def _row(name: str, mine: float, theirs: Any, ratio: Any, goal: Any, better: str) -> dict[str, Any]:
    row = {"name": name, "ours": mine, "peer": theirs, "ratio": ratio}
    return row | {"unit": "ms CPU", "goal": goal, "better": better}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=10_000_000)
    asked = parser.parse_args()
    failed = 0
    for row in run(asked.reports, asked.large):
        good = row["goal"] is None or (row["ratio"] >= row["goal"]) == (row["better"] == "more")
        failed += not good
        peer = "" if row["peer"] is None else f" : {row['peer']:.2f}, ratio {row['ratio']:.2f}"
        goal = "" if row["goal"] is None else f", goal {row['goal']}: {'met' if good else 'MISSED'}"
        print(f"{row['name']}: {row['ours']:.2f} {row['unit']}{peer}{goal}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
