"""What a GeoPackage's tables say, asked of SQLite before GDAL reads them; runs in the child."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from geo_pora.errors import InputError

_MOST_LAYERS = 60


def stored_queries(path: Path, shown: str, content: bytes | None = None) -> set[str]:
    """Return the names of the views, in lower case.

    A view is a program of the file's sender: it can run for ever, within GDAL too.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        Its name, for the message.
    content : bytes, optional
        Its bytes, where it is in an archive.

    Raises
    ------
    InputError
        If it is damaged, or if tables of the format itself are views.
    """
    with _database(path, shown, content) as database:
        views = "SELECT lower(name) FROM sqlite_master WHERE type = 'view'"
        found = {str(name) for (name,) in database.execute(views)}
    if any(name.startswith(("gpkg_", "rtree_", "sqlite_")) for name in found):
        raise _damaged(shown)
    return found


def without_shape(path: Path) -> dict[str, int]:
    """Return how many features of each GeoPackage layer have no shape by intent.

    GDAL reads a damaged one as none and says nothing; where it finds more than
    these, some were damaged.
    """
    with _database(path, path.name) as database:
        columns = (
            "SELECT table_name, column_name FROM gpkg_geometry_columns WHERE lower(table_name) "
            "IN (SELECT lower(name) FROM sqlite_master WHERE type = 'table')"
        )
        found = {}
        for name, column in database.execute(columns).fetchmany(_MOST_LAYERS):
            table, field = (str(text).replace('"', '""') for text in (name, column))
            # Both names are the file's own, quoted.
            count = f'SELECT count(*) FROM "{table}" WHERE "{field}" IS NULL'  # noqa: S608
            found[str(name)] = int(database.execute(count).fetchone()[0])
        return found


@contextmanager
def _database(path: Path, shown: str, content: bytes | None = None) -> Iterator[sqlite3.Connection]:
    source = ":memory:" if content is not None else f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(source, uri=True)) as database:
            if content is not None:
                database.deserialize(content)
            yield database
    except sqlite3.Error:
        raise _damaged(shown) from None


def _damaged(shown: str) -> InputError:
    return InputError(f"{shown}: the file is damaged or is not what its name says; save it anew")
