"""`geo-pora import`: a report file into the store, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from geo_pora.cli import options


@click.command(
    "import",
    epilog="Example: geo-pora import laporan-maret.xlsx --agency DISNAKER-OKU "
    "--rejected tolak.xlsx",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--agency", required=True, metavar="CODE", help="Code of the agency that reports.")
@click.option("--dry-run", is_flag=True, help="Read and place, but store nothing.")
@click.option(
    "--rejected",
    type=click.Path(path_type=Path),
    help="Write the rejected rows with their reasons to this XLSX file, to be fixed and "
    "imported again.",
)
def import_(file: Path, agency: str, dry_run: bool, rejected: Path | None) -> None:
    """Read FILE, place its rows, and store them in one transaction.

    Prints read N = located A + review B + rejected C. The same file a second
    time changes nothing.
    """
    from geo_pora import pipeline

    options.readable(file)
    settings = options.load_settings()
    engine = options.open_store(settings)
    with options.progress("Importing") as on_progress:
        done = pipeline.import_file(
            engine,
            file,
            agency,
            settings=settings,
            actor=options.actor(),
            dry_run=dry_run,
            rejected_to=rejected,
            on_progress=on_progress,
        )
    click.echo(done)
    for line in done.remarks:
        click.echo(line)
    batch = done.summary.batch_id
    if done.summary.rejected and batch and rejected is None:
        click.echo(f"rejected rows, to be fixed: geo-pora batches rejected {batch} -o tolak.xlsx")


COMMANDS = {"import": import_}
