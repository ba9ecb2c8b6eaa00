"""`geo-pora demo`: synthetic reports, so that every page has something to show."""

from __future__ import annotations

from pathlib import Path

import click

from geo_pora.cli import options
from geo_pora.settings import Settings


@click.command(
    epilog="Example: geo-pora demo   |   geo-pora demo --files contoh/ (only write the files)"
)
@click.option("--once", is_flag=True, help="Do nothing where the store already has reports.")
@click.option("--seed", default=2026, show_default=True, help="Seed of the generator.")
@click.option(
    "--files",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only write the synthetic report files into this folder.",
)
def demo(once: bool, seed: int, files: Path | None) -> None:
    """Generate synthetic reports of 40 agencies over two years and import them.

    Every file, row and page says that they are synthetic.
    """
    settings = options.load_settings()
    if once and not files and not _is_wanted(settings):
        click.echo("the store has reports already; the demonstration was left alone")
        return
    from geo_pora import pipeline

    if files:
        written = pipeline.write_demo_files(files, seed)
        click.echo(f"{files}: {len(written)} synthetic files")
        return
    engine = options.open_store(settings)
    with options.progress("Importing the demonstration", unit="files") as on_progress:
        done = pipeline.import_demo(
            engine, settings, seed=seed, actor=options.actor(), on_progress=on_progress
        )
    click.echo(done)


def _is_wanted(settings: Settings) -> bool:
    """Ask the store alone: all that a demonstration needs takes seconds to import."""
    from geo_pora.store import demonstration

    return demonstration.is_wanted(options.open_store(settings))


COMMANDS = {"demo": demo}
