"""Disclosed tables to files that open everywhere: GeoJSON, GeoPackage, GeoParquet, CSV, XLSX.

All formats hold the same values and statuses. A hidden value is not in the
table that comes in here, so no format can hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from geo_pora.disclosure import TOTAL, Disclosed
from geo_pora.errors import InputError
from geo_pora.exports import geojson, geopackage, tabular
from geo_pora.exports.atomic import beside
from geo_pora.exports.features import identifiers, located

FORMATS = ("geojson", "gpkg", "parquet", "csv", "xlsx")
MEDIA_TYPES = MappingProxyType(
    {
        "geojson": "application/geo+json",
        "gpkg": "application/geopackage+sqlite3",
        "parquet": "application/vnd.apache.parquet",
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
_NOTHING: Mapping[str, str] = MappingProxyType({})


def write(
    disclosed: Disclosed,
    areas: gpd.GeoDataFrame | None,
    path: Path,
    format: str | None = None,
    *,
    about: Mapping[str, str] = _NOTHING,
    semicolon: bool = False,
) -> None:
    """Write a disclosed table to a file.

    Parameters
    ----------
    disclosed : Disclosed
    areas : GeoDataFrame or None
        `code`, `name` and geometry (EPSG:4326) of the table's level; none for
        the whole territory.
    path : Path
        Replaced in one step: it holds the old file or the whole new one.
    format : {'geojson', 'gpkg', 'parquet', 'csv', 'xlsx'}, optional
        By the ending of `path` by default.
    about : mapping of str
        Method, source, date, boundary version; the policy is added.
    semicolon : bool
        For CSV.

    Raises
    ------
    InputError
        If the format is unknown or an area is not among `areas`.
    """
    whole = disclosed.level == TOTAL
    notes = {**about, **describe(disclosed)}
    write_rows(
        disclosed.table,
        None if whole else areas,
        path,
        format,
        layer=disclosed.name,
        about=notes,
        semicolon=semicolon,
    )


def write_rows(
    rows: pd.DataFrame,
    areas: gpd.GeoDataFrame | None,
    path: Path,
    format: str | None = None,
    *,
    layer: str,
    about: Mapping[str, str] = _NOTHING,
    semicolon: bool = False,
) -> None:
    """Write rows that may leave: hot-spot classes, coverage; see `write`.

    Rows without areas have no place; formats of places then hold them without one.
    """
    kind = format_of(path, format)
    with beside(path) as draft:
        if kind == "csv":
            return tabular.write_csv(_named(rows, areas), draft, semicolon)
        if kind == "xlsx":
            return tabular.write_xlsx(_named(rows, areas), draft, about)
        frame = _placed(rows, areas)
        if kind == "geojson":
            geojson.write(frame, draft, about)
        elif kind == "gpkg":
            geopackage.write(frame, draft, layer, about)
        else:
            frame.attrs = dict(about)
            frame.to_parquet(draft, index=False, write_covering_bbox=True, schema_version="1.1.0")
    return None


def format_of(path: Path, asked: str | None = None) -> str:
    """Return the format to write, asked for or by the ending of the path."""
    kind = (asked or path.suffix.removeprefix(".")).lower()
    kind = {"json": "geojson", "geoparquet": "parquet"}.get(kind, kind)
    if kind not in FORMATS:
        raise InputError(
            f"{path.name}: the format is not one of {', '.join(FORMATS)}; give --format or an "
            "ending"
        )
    return kind


def describe(disclosed: Disclosed) -> dict[str, str]:
    """Return the policy and the statuses in words, for the notes of a file."""
    policy = disclosed.policy
    zeros = "; nol pun dapat disembunyikan" if policy.hides_zeros else ""
    return {
        "audience": str(policy.audience),
        "threshold": str(policy.threshold),
        "information_loss": f"{disclosed.information_loss:.4f}",
        "statuses": "published: angka ditampilkan; hidden: disembunyikan karena kecil atau "
        "karena melindungi angka kecil" + zeros + "; zero: nol; no_data: tidak ada data",
    }


def _placed(rows: pd.DataFrame, areas: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    if areas is not None:
        return located(rows, areas)
    if "area_code" not in rows:
        rows = rows.assign(id=[str(number) for number in range(1, len(rows) + 1)])
    else:
        rows = located_nowhere(rows)
    return gpd.GeoDataFrame(rows, geometry=[None] * len(rows), crs="EPSG:4326")


def located_nowhere(rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows without a shape their ids."""
    rows = rows.reset_index(drop=True)
    rows.insert(0, "id", identifiers(rows))
    return rows


def _named(rows: pd.DataFrame, areas: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the rows as a spreadsheet has them: the same columns, without a shape."""
    frame: pd.DataFrame = pd.DataFrame(_placed(rows, areas)).drop(columns=["geometry"])
    return frame
