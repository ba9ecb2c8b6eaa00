"""`geo-pora population`: inhabitants per area, for rates per 10,000."""

from __future__ import annotations

from pathlib import Path

import click

from geo_pora.cli import options


@click.group()
def population() -> None:
    """Keep the number of inhabitants per area, for rates per 10,000."""


@population.command(epilog="Example: geo-pora population install penduduk-2025.csv --year 2025")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", type=click.IntRange(1961, 2100), required=True, help="Year it holds for.")
def install(file: Path, year: int) -> None:
    """Install a table with a code (kode) and a number of inhabitants (jumlah penduduk).

    One level is enough: coarser ones are added up from it. CSV or XLSX; codes
    are Kemendagri's, with or without dots. The figures of the year are replaced.
    """
    from geo_pora import pipeline

    options.readable(file)
    settings = options.load_settings()
    engine = options.open_store(settings)
    done = pipeline.install_population(engine, settings, file, year, actor=options.actor())
    click.echo(f"{file}: inhabitants of {done} areas installed for {year}")


@population.command("show")
@options.level_option
def show(level: str) -> None:
    """Print the inhabitants that are known at a level."""
    from geo_pora.store import population as stored

    engine = options.open_store(options.load_settings())
    table = stored.latest(engine, level)
    click.echo(table.to_csv(index=False).strip() if len(table) else "no population is installed")


COMMANDS = {"population": population}
