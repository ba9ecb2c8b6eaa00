"""`geo-pora boundaries`: check, install, list, use and remove boundary layers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_pora.cli import options
from geo_pora.errors import GeoPoraError, InputError

if TYPE_CHECKING:
    from geo_pora.boundaries import Layer
    from geo_pora.settings import Settings


@click.group("boundaries")
def boundaries() -> None:
    """Check, install and choose the boundaries that reports are placed in."""


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what may have to be said about a file."""
    for option in (
        click.option(
            "--tolerance",
            type=click.FloatRange(0, 1000),
            default=50,
            show_default=True,
            metavar="M",
            help="Most that a border may move, in metres.",
        ),
        click.option("--crs", metavar="EPSG:N", help="Reference system, instead of the file's."),
        click.option(
            "--level",
            type=click.Choice(["regency", "district", "village"]),
            help="Level of the file's areas.",
        ),
        click.option("--code-field", default="", metavar="FIELD", help="Field of the codes."),
        click.option("--name-field", default="", metavar="FIELD", help="Field of the names."),
        click.option("--sha256", default="", metavar="HEX", help="Checksum of what is fetched."),
        click.option("--yes", is_flag=True, help="Use what is fetched without asking."),
        click.argument("files", nargs=-1, required=True, metavar="FILE..."),
    ):
        command = option(command)
    return command


@boundaries.command(
    epilog="Example: geo-pora boundaries check batas-desa.zip --districts-csv kecamatan.csv"
)
@_reading_options
@click.option(
    "--districts-csv",
    type=click.Path(path_type=Path),
    help="Write district_code, district_name, regency_code, area_km2 as they would be installed.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Write the places to look at as GeoJSON, or all findings as CSV (.csv).",
)
def check(
    files: tuple[str, ...],
    districts_csv: Path | None,
    report: Path | None,
    sha256: str,
    yes: bool,
    **said: Any,
) -> None:
    """Say what FILE holds and whether it could be installed; store nothing.

    FILE is a Shapefile (plain or zipped), GeoPackage, GeoJSON, KML, FlatGeobuf,
    GeoParquet or FileGDB, or its https address. Give several where each has one level.
    Exit status 1, with the reason, where it would be refused.
    """
    from geo_pora import boundaries as room

    settings = options.load_settings()
    with _fetched(files, sha256, yes) as paths:
        layer, found = room.check(paths, settings, **_asked(said))
    for line in found.lines():
        click.echo(line)
    if report:
        found.save(report)
    if districts_csv:
        _write_districts(layer, districts_csv)
    click.echo(f"this could be installed as version {layer.version}")


@boundaries.command(
    epilog="Example: geo-pora boundaries install batas-desa.zip --name big-2024 "
    "--valid-from 2024-01-01"
)
@_reading_options
@click.option("--name", default="", help="Name of the layer; by default made from the file's.")
@click.option(
    "--valid-from", type=click.DateTime(["%Y-%m-%d"]), help="First day of these boundaries."
)
def install(
    files: tuple[str, ...],
    name: str,
    valid_from: dt.datetime | None,
    sha256: str,
    yes: bool,
    **said: Any,
) -> None:
    """Check FILE, mend it, and keep it as a boundary layer.

    FILE as in `check`. Reports stay where they are until `use`.
    """
    from geo_pora import boundaries as room

    settings = options.load_settings()
    options.prepare_data_dir(settings)
    with _fetched(files, sha256, yes) as paths:
        layer, found = room.install(
            paths,
            settings,
            name=name,
            valid_from=valid_from.date() if valid_from else None,
            **_asked(said),
        )
    for line in found.lines():
        click.echo(line)
    click.echo(
        f"installed {layer.name}, version {layer.version}; "
        f"use it with: geo-pora boundaries use {layer.name}"
    )


@boundaries.command("list")
def list_() -> None:
    """List the layers; the one in use has an asterisk."""
    from geo_pora import boundaries as room

    settings = options.load_settings()
    used = _in_use(settings)
    shipped = room.indicative()
    click.echo(_line(shipped.name == used, shipped.name, shipped.version, "", shipped.source))
    for name in room.names(settings):
        try:
            each = room.about(name, settings)
        except GeoPoraError as error:
            click.echo(_line(name == used, name, str(error)))
            continue
        since = f"since {each.valid_from}" if each.valid_from else ""
        areas = ", ".join(f"{count} {level}" for level, count in each.areas.items())
        click.echo(
            _line(each.name == used, each.name, each.version, since, f"{areas}; {each.source}")
        )


@boundaries.command(epilog="Example: geo-pora boundaries use big-2024 --report perubahan.csv")
@click.argument("name")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write what differs as CSV: areas, and how many reports moved from where to where.",
)
def use(name: str, report: Path | None) -> None:
    """Use the layer NAME from now on, and place all stored reports on it, or none.

    Says what differs between the layers, and how many reports moved from which district to
    which. These are exact counts per area, small ones too: they are for the team alone.
    """
    from geo_pora import boundaries as room
    from geo_pora import pipeline
    from geo_pora.boundaries import difference

    settings = options.load_settings()
    if settings.boundary_layer and settings.boundary_layer != name:
        raise InputError(
            f"the setting boundary_layer fixes the layer {settings.boundary_layer}: remove "
            "GEO_PORA_BOUNDARY_LAYER, or change it"
        )
    engine = options.open_store(settings)
    known = [room.indicative().name, *room.names(settings)]
    if name not in known:
        raise InputError(
            f"{name[:60]!r} is not an installed layer; there is {', '.join(known)}. "
            "Install a file first, with geo-pora boundaries install"
        )
    layer = room.load(name, settings)
    changes, named = _changes(engine, layer, settings)
    if report:
        difference.save(changes, report)  # before anything moves: a path may be unwritable
    with options.progress("Placing") as on_progress:
        done = pipeline.use_layer(
            engine, layer, settings=settings, actor=options.actor(), on_progress=on_progress
        )
    click.echo(
        f"using {layer.name}, version {layer.version}: {done.read} reports placed again, "
        f"{done.moved} of them in another area"
    )
    for line in difference.lines(changes, done.moves, named):
        click.echo(line)
    if report:
        difference.save(difference.table(changes, done.moves, named), report)


def _changes(engine: Any, layer: Layer, settings: Settings) -> tuple[Any, dict[str, str]]:
    """Return what differs from the layer in use, and all names; nothing where that is gone."""
    from geo_pora import pipeline
    from geo_pora.boundaries import difference

    try:
        old = pipeline.open_layer(settings, engine)
    except GeoPoraError as error:
        click.echo(f"the layer before cannot be compared: {error}", err=True)
        old = layer
    return difference.areas(old, layer), difference.names(old, layer)


@boundaries.command(epilog="Example: geo-pora boundaries remove big-2019")
@click.argument("name")
def remove(name: str) -> None:
    """Remove the installed layer NAME; the one in use stays."""
    from geo_pora import boundaries as room

    settings = options.load_settings()
    room.remove(name, settings, in_use=_in_use(settings))
    click.echo(f"removed {name}")


def _in_use(settings: Settings) -> str:
    from geo_pora import boundaries as room
    from geo_pora.store import layers

    chosen = layers.in_use(options.open_store(settings))
    return settings.boundary_layer or (chosen[0] if chosen else room.indicative().name)


def _asked(said: dict[str, Any]) -> dict[str, Any]:
    from geo_pora.boundaries import Asked

    asked = Asked(said["name_field"], said["code_field"], said["level"])
    return {"asked": asked, "crs": said["crs"], "tolerance_m": said["tolerance"]}


def _line(used: bool, *parts: str) -> str:
    return ("* " if used else "  ") + "  ".join(part for part in parts if part)


@contextmanager
def _fetched(files: Sequence[str], sha256: str, yes: bool) -> Iterator[list[Path]]:
    """Yield paths of files; what is an address is fetched and shown before it is used."""
    from geo_pora import boundaries as room

    with ExitStack() as stack:
        paths = []
        for file in files:
            if not room.is_address(file):
                paths.append(Path(file))
                continue
            got = stack.enter_context(room.fetch(file, sha256=sha256))
            click.echo(f"fetched {got.address}: {got.size} bytes, SHA-256 {got.sha256}")
            if not sha256 and not yes:
                click.confirm("Use this file?", abort=True)
            paths.append(got.path)
        yield paths


def _write_districts(layer: Layer, path: Path) -> None:
    districts = layer.areas("district")
    table = districts[["code", "name", "area_km2"]].rename(
        columns={"code": "district_code", "name": "district_name"}
    )
    table.insert(2, "regency_code", table["district_code"].str[:5])
    table["area_km2"] = table["area_km2"].round(4)
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


COMMANDS = {"boundaries": boundaries}
