"""The `geo-pora` command: one module per group of commands, loaded when it is used.

Exit status 0 is success, 1 something that could not be done (one line on
stderr says what and what to do), 2 a command that was written wrongly.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from geo_pora import __version__
from geo_pora.errors import GeoPoraError

# Command -> the module that has it. Reading this table instead of the modules
# keeps `geo-pora --help` fast: geopandas alone takes a second to import.
_COMMANDS = {
    "geocode": "geocode",
    "import": "importing",
    "review": "review",
    "aggregate": "aggregate",
    "hotspots": "hotspots",
    "map": "map",
    "export": "export",
    "release": "release",
    "briefing": "export",
    "population": "population",
    "boundaries": "boundaries",
    "serve": "serve",
    "user": "serve",
    "demo": "demo",
    "batches": "store",
    "erase": "store",
    "retention": "store",
    "audit": "store",
    "backup": "store",
    "restore": "store",
    "database": "store",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        loaded = importlib.import_module(f"geo_pora.cli.{module}")
        command: click.Command = loaded.COMMANDS[cmd_name]
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings are read from GEO_PORA_* and geo_pora.toml; see docs/settings.md.",
)
@click.version_option(__version__, prog_name="geo-pora")
def cli() -> None:
    """Place reports, count them per area, and show the counts on a map. Never persons."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words of the command; those of the process by default.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; see the module's text."""
    try:
        status: Any = cli.main(arguments, prog_name="geo-pora", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return _failed("stopped before it was done")
    except GeoPoraError as error:
        return _failed(str(error))
    except BrokenPipeError:
        # The reader of our output went away (`geo-pora ... | head`): not our error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _failed(f"{place}{error.strerror or error}")
    except Exception as error:  # the last net: a person gets a line, never a traceback
        if os.environ.get("GEO_PORA_DEBUG"):
            raise
        return _failed(
            f"an error of geo-pora itself ({type(error).__name__}); nothing was stored. "
            "Run it again with GEO_PORA_DEBUG=1 to see where, and report it"
        )


def _failed(message: str) -> int:
    click.echo("geo-pora: " + " ".join(message.split()), err=True)
    return 1
