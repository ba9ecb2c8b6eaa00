"""`geo-pora release`: build, list, show and attack what may leave the team."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geo_pora.cli import options
from geo_pora.errors import RefusedError

if TYPE_CHECKING:
    from geo_pora import releases


@click.group()
def release() -> None:
    """Build, list, show and audit releases."""


@release.command(
    epilog="Example: geo-pora release build --from 2026-01-01 --to 2026-06-30 --by permit"
)
@options.period_options
@click.option(
    "--every",
    type=click.Choice(["month", "quarter"]),
    default="quarter",
    show_default=True,
    help="The fixed periods to count in; they must fill --from to --to.",
)
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice(["regency", "district", "village"]),
    default=["district"],
    show_default=True,
    help="Repeat for several; regencies always belong to a release.",
)
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["permit", "activity", "status", "agency"]),
    help="Split the counts too; repeat for several.",
)
@click.option("--title", default="", help="Title; the periods by default.")
@click.option("--seed", type=int, default=0, show_default=True)
def build(
    first: dt.datetime | None,
    last: dt.datetime | None,
    every: str,
    levels: tuple[str, ...],
    by: tuple[str, ...],
    title: str,
    seed: int,
) -> None:
    """Build a release and keep it.

    It is protected together with all earlier releases, and refused with the reason where
    that cannot be. What was released is never changed.
    """
    from geo_pora import pipeline, releases

    settings = options.load_settings()
    engine = options.open_store(settings)
    period = options.asked_period(first, last) or pipeline.default_period(engine)
    layer = pipeline.open_layer(settings, engine)
    keys = tuple(pipeline.fixed_periods(period, every))
    spec = releases.Spec(keys, levels, by, threshold=settings.release_threshold, seed=seed)
    with options.release_progress() as on_progress:
        made = pipeline.build_release(
            engine,
            settings,
            layer,
            spec,
            actor=options.actor(),
            title=title,
            on_progress=on_progress,
        )
    click.echo(f"{made.id}: {made.title}")
    for line in losses(made):
        click.echo(line)


@release.command("list")
def list_() -> None:
    """List the releases, newest first."""
    from geo_pora.store import releases as kept

    settings = options.load_settings()
    for row in kept.list(options.open_store(settings)).itertuples():
        click.echo(f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.title}")


@release.command()
@click.argument("release_id")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for its files.")
def show(release_id: str, output: Path | None) -> None:
    """Show what a release holds and what it was made from."""
    import json

    from geo_pora import releases
    from geo_pora.exports.atomic import beside

    settings = options.load_settings()
    found = releases.load(options.open_store(settings), release_id)
    click.echo(json.dumps(found.manifest, indent=2, ensure_ascii=False, sort_keys=True))
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, (_, data) in releases.files_of(found).items():
            with beside(output / name) as draft:
                draft.write_bytes(data)


@release.command()
@click.argument("release_id")
def verify(release_id: str) -> None:
    """Build a release again from its manifest, and compare byte for byte.

    The exit status is 1 if it differs, or if reports came in since.
    """
    from geo_pora import pipeline, releases

    settings = options.load_settings()
    engine = options.open_store(settings)
    kept = releases.load(engine, release_id)
    again = pipeline.rebuilt(engine, settings, pipeline.open_layer(settings, engine), kept)
    if not releases.same_bytes(kept, again):
        raise RefusedError(f"{release_id} is not what its manifest and today's reports give")
    click.echo(f"{release_id}: built again from its manifest, {len(kept.tables)} tables alike")


@release.command()
@click.argument("release_ids", nargs=-1)
@click.option("--seed", type=int, default=0, show_default=True)
def audit(release_ids: tuple[str, ...], seed: int) -> None:
    """Attack the releases: each by itself, and all together.

    Linear and integer programs look for the interval of every hidden count in all that was
    published, hot-spot classes included. The exit status is 1 if one of them is narrower than
    the threshold.
    """
    from geo_pora import pipeline, releases

    settings = options.load_settings()
    engine = options.open_store(settings)
    chosen = release_ids or tuple(releases.identifiers(engine))
    windows_of = pipeline.known_windows(engine, settings)
    kept = [releases.load(engine, one) for one in chosen]
    for one in kept:
        if one.classes and windows_of(one.boundary_version) is None:
            click.echo(
                f"{one.id}: its boundary layer {one.boundary_version} is not installed any more; "
                "its hot-spot classes are left out of the attack"
            )
    found = releases.audit(kept, windows_of, seed=seed)
    if found.empty:
        click.echo(f"{len(chosen)} releases, nothing hidden")
        return
    hidden = found[found["kind"] == "table"]
    width = (hidden["upper"] - hidden["lower"]).min()
    click.echo(
        f"{len(chosen)} releases, {len(hidden)} intervals of hidden counts, "
        f"narrowest {width:.0f}, broken {int(found['broken'].sum())}"
    )
    for row in found[found["broken"]].head(20).itertuples():
        click.echo(
            f"  {row.measure} ({row.kind}) of {row.level} {row.area_code} {row.period}: "
            f"{row.lower:.0f} to {row.upper:.0f}"
        )
    if found["broken"].any():
        raise RefusedError("hidden counts can be worked out: take these releases back")


def losses(made: releases.Release) -> list[str]:
    """Return how much of each table is hidden, a line per table."""
    return [
        f"  {name}: {100 * loss:.1f}% of the counts that are not zero are hidden"
        for name, loss in made.manifest["information_loss"].items()
    ]


COMMANDS = {"release": release}
