"""What runs in the guarded child, which can read no other test: many files of one kind."""

from __future__ import annotations

from pathlib import Path

from geo_pora import population
from geo_pora.boundaries import formats, geojson, kml, parsing

SERVED = (103.0, -5.5, 105.5, -3.3)


def parse_many(folder: Path, kind: str, skip: str) -> list[str]:
    """Parse every file of a folder as one format; runs in the child."""
    parsing._only_driver(skip)
    said = []
    for path in sorted(folder.iterdir()):
        try:
            if kind == "shapefile":
                formats.check_shapefile(str(path), parsing._opener(path, ""))
            if kind == "geoparquet":
                from geo_pora.boundaries import geoparquet

                with path.open("rb") as stream:
                    geoparquet.read(stream, path.name, SERVED, "")
            else:
                look = (
                    kml.check if kind == "kml" else geojson.check if kind in formats.JSON else None
                )
                if look:
                    with path.open("rb") as stream:
                        look(stream, path.name)
                parsing._read_with_gdal(path, "", SERVED, "")
            said.append("")
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}"[:300] or "?")
    return said


def cells_of_many(folder: Path) -> list[list[list[str]] | None]:
    """Read the cells of every file of a folder; runs in the child."""
    found: list[list[list[str]] | None] = []
    for path in sorted(folder.iterdir()):
        try:
            found.append(population._cells(path))
        except Exception:
            found.append(None)
    return found
