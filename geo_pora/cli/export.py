"""`geo-pora export` and `geo-pora briefing`: files of what was released."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_pora.cli import options
from geo_pora.errors import InputError, RefusedError

if TYPE_CHECKING:
    from geo_pora.periods import Period
    from geo_pora.pipeline import Released

_LEVELS = {"regencies": "regency", "districts": "district", "villages": "village"}


@click.command(
    epilog="Example: geo-pora export districts --from 2026-01-01 --to 2026-03-31 -o triwulan.gpkg"
)
@click.argument("what", type=click.Choice([*_LEVELS, "hotspots", "coverage"]))
@options.period_options
@options.by_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["geojson", "gpkg", "parquet", "csv", "xlsx"]),
    help="By the ending of the file by default.",
)
@click.option("--release", "release_id", help="Take this release; else the newest with the period.")
@click.option("--semicolon", is_flag=True, help="Separate a CSV file by semicolons.")
@click.option("--exact", is_flag=True, help="Hide nothing; needs --purpose and is logged.")
@click.option("--purpose", default="", help="What an exact export is needed for, in words.")
@options.output_option("File to write.")
def export(
    what: str,
    first: dt.datetime | None,
    last: dt.datetime | None,
    by: str | None,
    form: str | None,
    release_id: str | None,
    semicolon: bool,
    exact: bool,
    purpose: str,
    output: Path,
) -> None:
    """Write released counts per area, hot-spot classes or coverage to a file.

    Small counts are hidden. The figures come from the newest release that has
    them; where there is none, one is built and kept. An exact export is a right
    of its own: it needs a purpose, and the audit log takes note of it.
    """
    from geo_pora import pipeline

    settings = options.load_settings()
    engine = options.open_store(settings)
    period = options.asked_period(first, last) or pipeline.default_period(engine)
    layer = pipeline.open_layer(settings, engine)
    said: dict[str, Any] = {"actor": options.actor(), "semicolon": semicolon}
    if by and what not in _LEVELS:
        raise InputError("--by splits counts only: regencies, districts, villages")
    if exact:
        if what not in _LEVELS:
            raise RefusedError("only counts are exported exactly: regencies, districts, villages")
        pipeline.write_exact_counts(
            engine, layer, _LEVELS[what], period, output, form, by=by, purpose=purpose, **said
        )
    elif what == "coverage":
        pipeline.write_coverage(engine, period, output, form, **said)
    else:
        common = (engine, settings, layer)
        with options.release_progress() as on_progress:
            said |= {"release_id": release_id, "on_progress": on_progress}
            if what == "hotspots":
                found = pipeline.write_hot_spot_classes(*common, period, output, form, **said)
            else:
                level = _LEVELS[what]
                found = pipeline.write_export(*common, level, period, output, form, by=by, **said)
        _tell(found)
    click.echo(f"{output}: {what}, period {period}")


def _tell(found: Released) -> None:
    """Say which release the figures are from, and what there is to know of it."""
    made = "built now" if found.built_now else f"of {found.release.created_at:%Y-%m-%d}"
    click.echo(
        f"release {found.release.id} {made}; {100 * found.hidden_share:.0f}% of the counts that "
        "are not zero are hidden"
    )
    if found.outdated:
        click.echo(
            "reports came in since this release; geo-pora release build makes a new one", err=True
        )


@click.command(
    epilog="Example: geo-pora briefing --from 2026-01-01 --to 2026-03-31 -o bahan-rapat.pdf"
)
@options.level_option
@options.period_options
@click.option("--release", "release_id", help="Take this release; else the newest with the period.")
@options.output_option("PDF file to write.")
def briefing(
    level: str,
    first: dt.datetime | None,
    last: dt.datetime | None,
    release_id: str | None,
    output: Path,
) -> None:
    """Print the briefing for the coordination meeting: two to four pages, as a PDF."""
    from geo_pora import pipeline

    settings = options.load_settings()
    engine = options.open_store(settings)
    period: Period = options.asked_period(first, last) or pipeline.default_period(engine)
    layer = pipeline.open_layer(settings, engine)
    with options.release_progress() as on_progress:
        found = pipeline.write_briefing(
            engine,
            settings,
            layer,
            level,
            period,
            output,
            actor=options.actor(),
            release_id=release_id,
            on_progress=on_progress,
        )
    _tell(found)
    click.echo(f"{output}: level {level}, period {period}")


COMMANDS = {"export": export, "briefing": briefing}
