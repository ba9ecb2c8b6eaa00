"""Fixtures: an empty store on SQLite, and on a real PostgreSQL, in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import sqlalchemy as sa

from geo_pora import store


@pytest.fixture(scope="session", name="server")
def server_fixture() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


@pytest.fixture(scope="session", name="template")
def template_fixture(server: postgres.Server) -> str:
    """Name of a database with every table, to be copied: faster than migrating each time."""
    url = server.new_database()
    store.close(store.open(url))
    return url.rpartition("/")[2]


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], name="database_url"
)
def database_url_fixture(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, on each of the two in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/geo_pora.sqlite"
        return
    running = request.getfixturevalue("server")
    url = running.new_database(request.getfixturevalue("template"))
    yield url
    running.drop_database(url)


@pytest.fixture(name="engine")
def engine_fixture(database_url: str) -> Iterator[sa.Engine]:
    opened = store.open(database_url)
    yield opened
    store.close(opened)
