"""What several commands share: the store, the period, the level, the progress bar."""

from __future__ import annotations

import datetime as dt
import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from geo_pora import settings as settings_room
from geo_pora.errors import InputError, UnavailableError
from geo_pora.periods import Period
from geo_pora.settings import Settings

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class OnProgress(Protocol):
    """Takes how many units are done so far, and of how many where that changes."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show it."""


level_option: Decorator = click.option(
    "--level",
    type=click.Choice(["regency", "district", "village"]),
    default="district",
    show_default=True,
    help="Areas to count in.",
)
by_option: Decorator = click.option(
    "--by",
    type=click.Choice(["permit", "activity", "status", "agency"]),
    help="Class to split the counts by.",
)
boundaries_option: Decorator = click.option(
    "--boundaries",
    "layer_name",
    metavar="LAYER_OR_FILE",
    help="An installed layer or a boundary file, instead of the layer in use.",
)


def output_option(help_text: str) -> Decorator:
    """Return the option `-o OUT`, a path that is written."""
    return click.option(
        "-o", "--output", type=click.Path(path_type=Path), required=True, help=help_text
    )


def period_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--from DATE` and `--to DATE`, both days included."""
    day = click.DateTime(["%Y-%m-%d"])
    command = click.option("--to", "last", type=day, help="Last day, included.")(command)
    return click.option(
        "--from",
        "first",
        type=day,
        help="First day. Without both, the last full quarter that has reports.",
    )(command)


def asked_period(first: dt.datetime | None, last: dt.datetime | None) -> Period | None:
    """Return the period of `--from` and `--to`, or none where neither is given."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise click.UsageError("give --from and --to together, or neither")
    return Period(first.date(), last.date())


def load_settings() -> Settings:
    """Read the settings once for this command."""
    return settings_room.load()


def open_store(settings: Settings) -> Any:
    """Open the database of the settings, made and migrated where it is missing."""
    from geo_pora import store

    prepare_data_dir(settings)
    return store.open(settings.database_url)


def prepare_data_dir(settings: Settings) -> None:
    """Make the data directory, or say in one line why it cannot be used."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UnavailableError(
            f"the data directory {folder} cannot be made ({error.strerror}): "
            "set GEO_PORA_DATA_DIR to a folder that can be written"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnavailableError(
            f"the data directory {folder} cannot be written: change its owner, "
            "or set GEO_PORA_DATA_DIR to another folder"
        )


def actor() -> str:
    """Return who runs the command, for the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # no such user in this container
        return f"cli:uid-{os.getuid()}"


def readable(path: Path) -> Path:
    """Return `path` if it is a file that can be read, else say what is wrong with it."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    if not path.is_file():
        raise InputError(f"{path}: this is not a file")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: this file may not be read by you")
    return path


@contextmanager
def progress(label: str, total: int | None = None, unit: str = "rows") -> Iterator[OnProgress]:
    """Show how far long work is, on stderr and only where a person looks.

    Yields
    ------
    callable
        Takes how many units are done so far, and of how many where that changes.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(label, total=total)

        def show(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield show


@contextmanager
def release_progress() -> Iterator[OnProgress]:
    """Show how far a release is, for the commands that may have to build one."""
    with progress("Releasing: protecting small counts", unit="counts") as on_progress:
        yield on_progress
