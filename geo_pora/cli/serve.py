"""`geo-pora serve` and `geo-pora user`: the app, and who may use it."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import Any

import click

from geo_pora.cli import options
from geo_pora.errors import InputError, UnavailableError
from geo_pora.settings import Settings

ROLES = ("contributor", "reviewer", "planner", "patrol", "analyst", "administrator")
RIGHTS = ("exact",)
FIRST = "admin"


@click.command(epilog="Example: geo-pora serve --host 0.0.0.0 --port 8080 --workers 4")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option(
    "--first-sign-in",
    is_flag=True,
    help="Print a one-time link for the first account, as long as nobody has signed in.",
)
def serve(host: str, port: int, workers: int, first_sign_in: bool) -> None:
    """Start the web app."""
    settings = options.load_settings()
    _refuse_taken(host, port)
    app = _app(settings)
    click.echo(f"geo_pora is on {_address(settings, host, port)}  (stop with Ctrl+C)")
    if first_sign_in and settings.mode == "local":
        from webmap import people

        token = people.first_sign_in(app, FIRST)
        if token:
            click.echo("Sign in once with this link; it is valid for a day:")
            click.echo(f"  {_address(settings, host, port)}sign-in/{token}")
        else:
            click.echo("Sign in as before; a new link: geo-pora user link NAME")
    sys.stdout.flush()
    _run(app, host, port, workers)


@click.group()
def user() -> None:
    """Accounts: add one, list them, give a new sign-in link, disable one."""


@user.command(epilog="Example: geo-pora user add siti --role planner --role analyst")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice((*ROLES, *RIGHTS)))
@click.option("--agency", help="Agency of a contributor, such as POLRES-OKU.")
@click.option("--email", help="Address of the person; also a name to sign in with.")
def add(name: str, roles: tuple[str, ...], agency: str | None, email: str | None) -> None:
    """Add the account NAME and print a one-time link with which its owner sets a password."""
    from webmap import people

    app = _app(options.load_settings())
    token = people.add(app, name, roles, agency=agency, email=email, actor="command line")
    _print_link(app, name, token)


@user.command()
@click.argument("name")
def link(name: str) -> None:
    """Print a new one-time sign-in link for NAME; sessions of that account end."""
    from webmap import people

    app = _app(options.load_settings())
    _print_link(app, name, people.new_link(app, name, actor="command line"))


@user.command("list")
def list_() -> None:
    """List accounts, their roles and whether they may sign in."""
    from webmap import people

    for person in people.everybody(_app(options.load_settings())):
        state = "" if person.active else "  (disabled)"
        agency = f"  {person.agency}" if person.agency else ""
        click.echo(f"{person.name}  {','.join(person.roles)}{agency}{state}")


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Disable the account NAME and end its sessions."""
    from webmap import people

    people.set_active(_app(options.load_settings()), name, False, actor="command line")
    click.echo(f"{name} can no longer sign in")


def _app(settings: Settings) -> Any:
    import webmap

    return webmap.create_app(settings)


def _print_link(app: Any, name: str, token: str) -> None:
    base = app.extensions["geo_pora"].settings.public_url.rstrip("/") or "http://127.0.0.1:8000"
    click.echo(f"{name} signs in once with this link, within a day, and then sets a password:")
    click.echo(f"  {base}/sign-in/{token}")


def _address(settings: Settings, host: str, port: int) -> str:
    if settings.public_url:
        return settings.public_url.rstrip("/") + "/"
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"


def _refuse_taken(host: str, port: int) -> None:
    """Say in one line that the port cannot be had, before anything else is started."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise InputError(f"{host!r} is no address of this machine") from None
    with contextlib.closing(socket.socket(found[0], found[1])) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(found[4])
        except OSError as error:
            raise UnavailableError(
                f"port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}): "
                f"stop what listens there, or choose another with --port"
            ) from None


def _run(app: Any, host: str, port: int, workers: int) -> None:
    from gunicorn.app.base import BaseApplication

    from webmap import receiving

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            values = {
                "bind": bind,
                "workers": workers,
                "worker_class": receiving.Worker,
                "threads": receiving.WAITING,
                "timeout": 120,
                "loglevel": "warning",
                "accesslog": None,
                # It lies in the home folder: two services of one user would share it.
                "control_socket_disable": True,
                "limit_request_line": 8190,
                "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108, PTH112
            }
            for key, value in values.items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            # Connections opened before the fork must not be shared between workers.
            app.extensions["geo_pora"].engine.dispose(close=False)
            return receiving.Received(app, app.config["MAX_CONTENT_LENGTH"])

    Server().run()


COMMANDS = {"serve": serve, "user": user}
