"""`geo-pora aggregate`: the team's counts per area to a CSV file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from geo_pora.cli import options


@click.command(
    epilog="Example: geo-pora aggregate --level district --from 2026-01-01 --to 2026-03-31 "
    "--by permit -o triwulan-1.csv"
)
@options.level_option
@options.period_options
@options.by_option
@options.output_option("CSV file to write.")
def aggregate(
    level: str,
    first: dt.datetime | None,
    last: dt.datetime | None,
    by: str | None,
    output: Path,
) -> None:
    """Count reports, persons present, arrivals and departures per area.

    For the team: exact per regency and district, a village's 1 or 2 hidden.
    What leaves the team is made with `geo-pora export` or `geo-pora release`.
    The row without an area holds what could not be placed at this level.
    """
    from geo_pora import pipeline

    settings = options.load_settings()
    engine = options.open_store(settings)
    period = options.asked_period(first, last) or pipeline.default_period(engine)
    table = pipeline.team_counts(engine, settings, level, [period], by=by)
    pipeline.write_counts(table, output)
    click.echo(f"{output}: {len(table.table)} rows, level {level}, period {period}")


COMMANDS = {"aggregate": aggregate}
