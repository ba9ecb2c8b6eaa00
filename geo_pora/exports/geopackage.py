"""GeoPackage with what QGIS needs to show it: a style, and a table that explains it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pyogrio

from geo_pora.exports.style import qml

_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
);
CREATE TABLE keterangan (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, hal TEXT, isi TEXT);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES
    ('layer_styles', 'attributes', 'layer_styles', 'Styles of QGIS'),
    ('keterangan', 'attributes', 'keterangan', 'Method, policy, date, source, boundaries');
"""


def write(frame: gpd.GeoDataFrame, path: Path, layer: str, about: Mapping[str, str]) -> None:
    """Write one layer, its style and the table `keterangan`.

    Parameters
    ----------
    frame : GeoDataFrame
        As `features.located` returns it.
    path : Path
    layer : str
        Name of the layer.
    about : mapping of str
        What the figures are; also as metadata of the layer.
    """
    pyogrio.write_dataframe(
        frame.rename(columns={"id": "feature_id"}),
        path,
        driver="GPKG",
        layer=layer,
        geometry_type="MultiPolygon",
        promote_to_multi=True,
        dataset_options={"VERSION": "1.2"},  # newer ones warn in GDAL of 2022
        layer_options={"GEOMETRY_NAME": "geom"},
        layer_metadata={str(key): str(text) for key, text in about.items()},
    )
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_STYLES)
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description) "
            "VALUES ('', '', ?, 'geom', 'geo_pora', ?, '', 1, 'geo_pora')",
            (layer, qml(frame)),
        )
        database.executemany("INSERT INTO keterangan (hal, isi) VALUES (?, ?)", about.items())
