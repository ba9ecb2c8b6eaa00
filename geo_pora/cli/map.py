"""`geo-pora map`: one self-contained HTML file that opens offline."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from geo_pora.cli import options


@click.command("map", epilog="Example: geo-pora map --level district -o peta.html")
@options.level_option
@options.period_options
@click.option(
    "--measure",
    type=click.Choice(["persons", "reports", "arrivals", "departures", "persons_per_km2"]),
    default="persons",
    show_default=True,
)
@options.output_option("HTML file to write.")
def map_(
    level: str, first: dt.datetime | None, last: dt.datetime | None, measure: str, output: Path
) -> None:
    """Draw the counts per area as a map in one file.

    A file can leave the team, so its figures come from a release: small counts
    are hidden, and the period is one month or one quarter.
    """
    from geo_pora import pipeline

    settings = options.load_settings()
    engine = options.open_store(settings)
    period = options.asked_period(first, last) or pipeline.default_period(engine)
    layer = pipeline.open_layer(settings, engine)
    with options.release_progress() as on_progress:
        found = pipeline.write_map(
            engine,
            settings,
            layer,
            level,
            period,
            measure,
            output,
            actor=options.actor(),
            on_progress=on_progress,
        )
    click.echo(f"{output}: level {level}, period {period}, {measure}, release {found.release.id}")


COMMANDS = {"map": map_}
