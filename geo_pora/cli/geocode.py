"""`geo-pora geocode`: a report file in, the same rows with their areas out. No database."""

from __future__ import annotations

from pathlib import Path

import click

from geo_pora.cli import options


@click.command(
    epilog="Examples: geo-pora geocode laporan.xlsx -o hasil.csv   |   "
    "geo-pora geocode laporan.csv -o hasil.geojson --boundaries batas-desa.gpkg"
)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@options.output_option("File to write: .csv, .parquet or .geojson; a folder with --engine dask.")
@options.boundaries_option
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="dask: IN is a glob of CSV or Parquet files, placed on many workers.",
)
@click.option("--scheduler", metavar="ADDRESS", help="A running Dask scheduler.")
def geocode(
    source: Path, output: Path, layer_name: str | None, engine: str, scheduler: str | None
) -> None:
    """Place every row of IN in a village, district and regency.

    Keeps rows and order, and adds village_code, district_code, regency_code,
    geocode_method, match_level, confidence, review_reason and candidates.
    Columns that identify persons are not written.
    """
    from geo_pora import pipeline

    settings = options.load_settings()
    if engine == "dask":
        with options.progress("Placing", unit="files") as on_progress:
            done = pipeline.geocode_many(
                str(source), output, settings, layer_name, scheduler, on_progress=on_progress
            )
    else:
        if scheduler:
            raise click.UsageError("--scheduler goes with --engine dask")
        options.readable(source)
        with options.progress("Placing") as on_progress:
            done = pipeline.geocode_file(
                source, output, settings, layer_name, on_progress=on_progress
            )
    click.echo(done)
    for line in done.remarks:
        click.echo(line)


COMMANDS = {"geocode": geocode}
