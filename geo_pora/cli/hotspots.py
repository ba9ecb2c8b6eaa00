"""`geo-pora hotspots`: areas with more cases than expected, as classes, to a file."""

from __future__ import annotations

import datetime as dt
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geo_pora.cli import options

if TYPE_CHECKING:
    from geo_pora.hotspots import HotSpots
    from geo_pora.hotspots.panel import ExpectedFrom
    from geo_pora.hotspots.stage import Method


@click.command(
    epilog="Example: geo-pora hotspots --level district --from 2026-01-01 --to 2026-12-31 "
    "--method space-time -o titik-rawan.geojson"
)
@options.level_option
@options.period_options
@click.option(
    "--method",
    type=click.Choice(["gi", "scan", "space-time"]),
    default="gi",
    show_default=True,
    help="gi: each area with its neighbours; scan: circles; space-time: circles over months, "
    "still going on in the last.",
)
@click.option(
    "--expected",
    "expected_from",
    type=click.Choice(["persons", "population", "history"]),
    default="persons",
    show_default=True,
    help="Compare cases with persons present, inhabitants, or the area's own past.",
)
@click.option(
    "--replicas",
    type=click.IntRange(min=99),
    default=999,
    show_default=True,
    help="Monte Carlo replicas of the scans.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed, the same p.")
@options.output_option("File to write: .geojson or .csv, one row per area with its class.")
def hotspots(
    level: str,
    first: dt.datetime | None,
    last: dt.datetime | None,
    method: Method,
    expected_from: ExpectedFrom,
    replicas: int,
    seed: int,
    output: Path,
) -> None:
    """Find hot spots: areas with significantly more cases than expected.

    Cases are reports to verify, suspected or confirmed; what a check cleared does not
    count. The file holds classes alone: p-values with neighbours' counts would give hidden
    counts back. An area whose numbers carry no test is "insufficient" (data belum cukup).
    """
    from geo_pora import pipeline

    if output.suffix.lower() not in (".geojson", ".csv"):
        raise click.UsageError(f"{output}: write to a file that ends in .geojson or .csv")
    settings = options.load_settings()
    engine = options.open_store(settings)
    period = options.asked_period(first, last) or pipeline.default_period(engine)
    with options.progress("Testing", total=100, unit="%") as on_progress:
        found = pipeline.hot_spots(
            engine,
            settings,
            level,
            period,
            method=method,
            expected_from=expected_from,
            replicas=replicas,
            seed=seed,
            progress=lambda done, work: on_progress(100 * done // work),
        )
    pipeline.write_hot_spots(found, settings, engine, level, output)
    for line in summary(found):
        click.echo(line)
    click.echo(f"{output}: {len(found.table)} areas, level {level}, period {period}")


def summary(found: HotSpots) -> list[str]:
    """Return what was found, and what could have been, in a few lines without areas."""
    spots = found.table["class"]
    hot, cold = spots.str.startswith("hot").sum(), spots.str.startswith("cold").sum()
    blind = (spots == "insufficient").sum()
    lines = [
        f"{found.total_cases} cases placed, {found.unplaced_cases} without an area at this level",
        f"{hot} hot, {cold} cold, {(spots == 'none').sum()} without a finding, "
        f"{blind} with too few numbers to tell (data belum cukup)",
    ]
    if not found.enough:
        lines.append(f"fewer than {found.min_cases} cases: no test was made (data belum cukup)")
    else:
        typical = found.table["detectable_risk"].median()
        lines.append(
            f"an excess of {typical:.1f} times the expected would have been found 8 times in 10 "
            "in a typical area with its neighbours"
            if isfinite(typical)
            else "in a typical area with its neighbours no excess at all could have been found"
        )
    return lines


COMMANDS = {"hotspots": hotspots}
