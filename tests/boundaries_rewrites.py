"""More rewrites of the same villages: spellings, numbers, formats and fields met in the wild.

Each takes the table of `boundaries_fixtures.facts` and a folder, and returns the file.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from boundaries_fixtures import districts, glued, regencies, table

_NUMERALS = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7"}
_DUTCH = [("ny", "nj"), ("sy", "sj"), ("j", "dj"), ("c", "tj"), ("y", "j"), ("u", "oe")]


def old_spelling(names: pd.Series, rules=tuple(_DUTCH)) -> pd.Series:
    """Write names as before 1947: Tandjoeng, Tjempaka, Boeaj, Njoeroeh."""

    def written(name: str) -> str:
        text = name.lower()
        marks = {new: chr(0xE000 + i) for i, (new, _) in enumerate(rules)}
        for new, mark in marks.items():
            text = text.replace(new, mark)
        for new, old in rules:
            text = text.replace(marks[new], old)
        return re.sub(r"\b(i+|iv|vi*|ix)\b", lambda m: m[0].upper(), text.title(), flags=re.I)

    return names.map(written)


def soewandi(names: pd.Series) -> pd.Series:
    """Write names as between 1947 and 1972: u as today, j as dj, y as j."""
    return old_spelling(names, tuple(_DUTCH[:-1]))


def arabic(names: pd.Series) -> pd.Series:
    return names.map(lambda name: " ".join(_NUMERALS.get(w.upper(), w) for w in name.split()))


def big_service(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """BIG's newer files: 3D and measured, heights in the reference system, empty fields."""
    blank = f["code"].str[:0]
    made = table(
        f,
        OBJECTID=lambda f: range(1, len(f) + 1),
        NAMOBJ="village",
        FCODE=lambda f: "BA01170040" + blank,
        REMARK=lambda f: "Batas ini bukan referensi resmi" + blank,
        METADATA=lambda f: "TASWIL1000020240820_DATA_BATAS_DESAKELURAHAN" + blank,
        SRS_ID=lambda f: "SRGI 2013" + blank,
        KDPPUM=lambda f: "16" + blank,
        KDPKAB="regency_code",
        KDCPUM="district_code",
        KDEPUM="code",
        LUASWH=lambda f: np.linspace(0.5, 120, len(f)),
        TIPADM=lambda f: [1] * len(f),
        WADMKC="district",
        WADMKD="village",
        WADMKK="regency",
        WADMPR=lambda f: "Sumatera Selatan" + blank,
        WIADKC=lambda f: blank,
        UUPP=lambda f: "Hasil Delineasi Batas Desa 2021" + blank,
    )
    made.geometry = made.geometry.force_3d(0)
    made.to_crs("EPSG:4979").to_file(folder / "big.gpkg", layer="administrasi_ar_desakel")
    return folder / "big.gpkg"


def big_regency_and_district_and_village(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """One GeoPackage with three layers in which NAMOBJ means another level in each."""
    path = folder / "rbi.gpkg"
    table(regencies(f), NAMOBJ="regency", WADMKK="regency", KDPKAB="regency_code").to_file(
        path, layer="ADMINISTRASIKABUPATEN_AR"
    )
    table(
        districts(f), NAMOBJ="district", WADMKC="district", WADMKK="regency", KDCPUM="district_code"
    ).to_file(path, layer="ADMINISTRASIKECAMATAN_AR")
    table(f, NAMOBJ="village", WADMKD="village", WADMKC="district", KDEPUM="code").to_file(
        path, layer="ADMINISTRASIDESA_AR"
    )
    line = gpd.GeoDataFrame({"NAMOBJ": ["batas"]}, geometry=f.geometry[:1].boundary, crs=f.crs)
    line.to_file(path, layer="ADMINISTRASI_LN")
    return path


def cod_adm4_geojson(f: gpd.GeoDataFrame, folder: Path) -> Path:
    blank = f["code"].str[:0]
    made = table(
        f,
        adm4_en="village",
        adm4_pcode=lambda f: "ID" + f["bps4"],
        adm3_en="district",
        adm3_pcode=lambda f: "ID" + f["bps3"],
        adm2_en="regency",
        adm2_pcode=lambda f: "ID" + f["bps2"],
        adm1_en=lambda f: "Sumatera Selatan" + blank,
        adm1_pcode=lambda f: "ID16" + blank,
        date=lambda f: "2019-12-20" + blank,
        validon=lambda f: "2020-04-01" + blank,
        validto=lambda f: [None] * len(f),
    )
    made.to_file(folder / "idn_adm4.geojson")
    return folder / "idn_adm4.geojson"


def cod_codes_alone(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(districts(f), ADM3_PCODE=lambda f: "ID" + f["bps3"])
    made.to_file(folder / "pcode.gpkg")
    return folder / "pcode.gpkg"


def gadm_41_districts(f: gpd.GeoDataFrame, folder: Path) -> Path:
    d = districts(f)
    blank = d["bps2"].str[:0]
    made = table(
        d,
        GID_3=lambda f: "IDN.31.5." + f["bps3"].str[4:] + "_1",
        GID_0=lambda f: "IDN" + blank,
        COUNTRY=lambda f: "Indonesia" + blank,
        GID_1=lambda f: "IDN.31_1" + blank,
        NAME_1=lambda f: "SumateraSelatan" + blank,
        NL_NAME_1=lambda f: "NA" + blank,
        GID_2=lambda f: "IDN.31." + f["bps2"].str[2:] + "_1",
        NAME_2=lambda f: glued(f["regency"]),
        NL_NAME_2=lambda f: "NA" + blank,
        NAME_3=lambda f: glued(f["district"]),
        VARNAME_3=lambda f: "NA" + blank,
        NL_NAME_3=lambda f: "NA" + blank,
        TYPE_3=lambda f: "Kecamatan" + blank,
        ENGTYPE_3=lambda f: "Sub-district" + blank,
        CC_3="bps3",
        HASC_3=lambda f: "NA" + blank,
    )
    made.to_file(folder / "gadm41_IDN_3.shp")
    return folder / "gadm41_IDN_3.shp"


def gadm_28_with_ids(f: gpd.GeoDataFrame, folder: Path) -> Path:
    d = districts(f)
    made = table(
        d,
        ID_0=lambda f: [106] * len(f),
        ISO=lambda f: ["IDN"] * len(f),
        NAME_0=lambda f: ["Indonesia"] * len(f),
        ID_1=lambda f: [31] * len(f),
        NAME_1=lambda f: ["Sumatera Selatan"] * len(f),
        ID_2=lambda f: f["bps2"].astype(int) + 300,
        NAME_2="regency",
        ID_3=lambda f: np.arange(len(f)) + 5400,
        NAME_3="district",
        CCN_3=lambda f: [0] * len(f),
        VARNAME_3=lambda f: [""] * len(f),
    )
    made.to_file(folder / "IDN_adm3.shp")
    return folder / "IDN_adm3.shp"


def geoboundaries_regencies(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Three levels in three files of one zip, in folders, with metadata beside them."""
    path = folder / "geoBoundaries-IDN.zip"
    levels = {"ADM2": (regencies(f), "regency"), "ADM3": (districts(f), "district")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for level, (frame, name) in levels.items():
            made = table(frame, shapeName=name, shapeType=lambda f, level=level: [level] * len(f))
            file = folder / f"geoBoundaries-IDN-{level}.geojson"
            made.to_file(file)
            archive.write(file, f"IDN/{level}/{file.name}")
            archive.writestr(f"IDN/{level}/geoBoundaries-IDN-{level}-metaData.json", '{"a": "b"}')
            archive.writestr(f"IDN/{level}/CITATION-AND-USE-geoBoundaries.txt", "Cite it.")
    return path


def bps_parts_of_codes(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Codes only, each level's part in a field of its own, as numbers without zeros before."""
    made = table(
        f,
        KDPROV=lambda f: f["bps4"].str[:2].astype(int),
        KDKAB=lambda f: f["bps4"].str[2:4].astype(int),
        KDKEC=lambda f: f["bps4"].str[4:7].astype(int),
        KDDESA=lambda f: f["bps4"].str[7:].astype(int),
        NMDESA=lambda f: f["village"].str.upper(),
    )
    made.to_file(folder / "sp2020.shp")
    return folder / "sp2020.shp"


def kemendagri_parts_of_codes(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Codes only, in parts and as text."""
    made = table(
        f,
        kd_propinsi=lambda f: f["code"].str[:2],
        kd_kabupaten=lambda f: f["code"].str[3:5],
        kd_kecamatan=lambda f: f["code"].str[6:8],
        kd_kelurahan=lambda f: f["code"].str[9:],
    )
    made.to_file(folder / "simtanah.geojson")
    return folder / "simtanah.geojson"


def dukcapil(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """The population register's map: names, and a hundred fields of figures."""
    figures = {
        f"JML_{i}": (lambda f, i=i: np.arange(len(f)) * (i + 3) % 9000 + 1000) for i in range(60)
    }
    made = table(
        f,
        OBJECTID=lambda f: range(1, len(f) + 1),
        PROVINSI=lambda f: ["SUMATERA SELATAN"] * len(f),
        KAB_KOTA=lambda f: f["regency"].str.upper(),
        KECAMATAN=lambda f: f["district"].str.upper(),
        DESA_KELUR=lambda f: f["village"].str.upper(),
        KODE_DESA=lambda f: f["code"].str.replace(".", "").astype("int64"),
        **figures,
    )
    made.to_file(folder / "dukcapil.gpkg")
    return folder / "dukcapil.gpkg"


def kemendagri_hyphens(f: gpd.GeoDataFrame, folder: Path) -> Path:
    d = districts(f)
    made = table(
        d, ID=lambda f: f["district_code"].str.replace(".", "-"), KEC_ID=lambda f: range(len(f))
    )
    made.to_file(folder / "kec.geojson")
    return folder / "kec.geojson"


def all_levels_in_one_layer(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Regencies, districts and villages as rows of one table, told apart by their codes."""
    d, r = districts(f), regencies(f)
    parts = [
        table(r, kode="regency_code", nama="regency"),
        table(d, kode="district_code", nama="district"),
        table(f, kode="code", nama="village"),
    ]
    made = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=f.crs)
    made.to_file(folder / "wilayah.geojson")
    return folder / "wilayah.geojson"


def osm_levels(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """OpenStreetMap's: names alone, every level in one layer, told apart by admin_level."""
    d, r = districts(f), regencies(f)
    parts = [
        table(r, name="regency", admin_level=lambda f: ["5"] * len(f)),
        table(d, name=lambda f: "Kecamatan " + f["district"], admin_level=lambda f: ["6"] * len(f)),
        table(f, name="village", admin_level=lambda f: ["7"] * len(f)),
    ]
    made = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=f.crs)
    made["boundary"] = "administrative"
    made.to_file(folder / "osm.fgb")
    return folder / "osm.fgb"


def old_spelled_districts(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(districts(f), Ondrdist=lambda f: old_spelling(f["district"]))
    made.to_crs("EPSG:3857").to_file(folder / "topo.shp")
    return folder / "topo.shp"


def soewandi_districts(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        districts(f),
        NAMA=lambda f: soewandi(f["district"]).str.upper(),
        KAB=lambda f: f["regency"].str.upper(),
    )
    made.to_crs("EPSG:23833").to_file(folder / "ketjamatan.shp")
    return folder / "ketjamatan.shp"


def arabic_numerals_glued(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        desa=lambda f: arabic(f["village"]).str.lower().str.replace(" ", ""),
        kec=lambda f: arabic(f["district"]).str.lower().str.replace(" ", "_"),
        kab=lambda f: "kab " + f["regency"].str.lower(),
    )
    made.to_crs("EPSG:3395").to_file(folder / "desa.gpkg")
    return folder / "desa.gpkg"


def abbreviated_regencies(f: gpd.GeoDataFrame, folder: Path) -> Path:
    short = {
        "Ogan Komering Ulu": "Kab. OKU",
        "Ogan Komering Ulu Timur": "Kab. OKU Tim.",
        "Ogan Komering Ulu Selatan": "Kab. OKU Sel.",
    }
    made = table(
        districts(f),
        NAMKEC=lambda f: "KEC " + f["district"],
        NAMKAB=lambda f: f["regency"].map(short),
    )
    made.to_crs("EPSG:9470").to_file(folder / "rdtr.gpkg")
    return folder / "rdtr.gpkg"


def kml_schema_data(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """KML as LIBKML and Google Earth write typed fields."""
    import pyogrio

    made = table(
        districts(f), Name=lambda f: [""] * len(f), WADMKC="district", KDCPUM="district_code"
    )
    pyogrio.write_dataframe(made, folder / "a.kml", driver="LIBKML")
    return folder / "a.kml"


def _kml(placemarks: list[str]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document><name>peta</name>{''.join(placemarks)}</Document></kml>"
    )


def _kml_shape(shape: shapely.Geometry) -> str:
    def ring(line: shapely.Geometry) -> str:
        text = " ".join(f"{x:.7f},{y:.7f},0" for x, y in shapely.get_coordinates(line))
        return f"<LinearRing><coordinates>{text}</coordinates></LinearRing>"

    parts = [
        f"<Polygon><outerBoundaryIs>{ring(p.exterior)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{ring(r)}</innerBoundaryIs>" for r in p.interiors)
        + "</Polygon>"
        for p in shapely.get_parts(shape)
    ]
    return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def kml_description_tables(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """KML as ArcGIS exports it: the fields are rows of an HTML table in the description."""

    def told(number: int, row) -> str:
        cells = {"FID": number, "KECAMATAN": row.district.upper(), "KABUPATEN": row.regency}
        rows = "".join(
            f"<tr bgcolor='#D4E4F3'><td>{name}</td><td>{value}</td></tr>"
            for name, value in cells.items()
        )
        inner = f"<tr style='x'><td>{number}</td></tr><tr><td><table>{rows}</table></td></tr>"
        return (
            f"<Placemark><name>{number}</name><description><![CDATA[<html><body>"
            f"<table border='1'>{inner}</table></body></html>]]></description>"
            f"{_kml_shape(row.geometry)}</Placemark>"
        )

    marks = [told(number, row) for number, row in enumerate(districts(f).itertuples())]
    (folder / "doc.kml").write_text(_kml(marks))
    return folder / "doc.kml"


def kml_folders(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """KML drawn by hand: a folder for each regency, names alone."""
    folders = []
    for regency, group in districts(f).groupby("regency"):
        marks = "".join(
            f"<Placemark><name>Kec. {row.district}</name>{_kml_shape(row.geometry)}</Placemark>"
            for row in group.itertuples()
        )
        folders.append(f"<Folder><name>{regency}</name>{marks}</Folder>")
    (folder / "tangan.kml").write_text(_kml(folders))
    return folder / "tangan.kml"


def kmz(f: gpd.GeoDataFrame, folder: Path) -> Path:
    with zipfile.ZipFile(folder / "peta.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", kml_folders(f, folder).read_text())
        archive.writestr("files/legend.png", b"\x89PNG")
    return folder / "peta.kmz"


def zip_of_regencies_in_folders(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """A zip with a folder and a Shapefile for each regency, endings in capitals, cp1252."""
    path = folder / "semua.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for regency, group in f.groupby("regency"):
            made = table(
                group,
                NAMOBJ=lambda f: f["village"].str.replace("a", "á", n=1),
                KDEPUM="code",
                WADMKC="district",
            )
            made.to_crs("EPSG:32748").to_file(folder / "DESA.shp", encoding="cp1252")
            for file in sorted(folder.glob("DESA.*")):
                archive.write(file, f"Peta Desa/{regency}/{file.stem}{file.suffix.upper()}")
    return path


def shapefile_without_cpg(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(districts(f), NAMA=lambda f: f["district"].str.replace("u", "ú", n=1), KODE="bps3")
    made.to_file(folder / "a.shp", encoding="utf-8")
    (folder / "a.cpg").unlink()
    return folder / "a.shp"


def shapefile_with_a_lying_cpg(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(districts(f), NAMA="district", KODE_KEC="district_code")
    made.to_file(folder / "a.shp", encoding="utf-8")
    (folder / "a.cpg").write_text("lorem ipsum")
    return folder / "a.shp"


def geojson_with_old_crs_member(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(districts(f), kecamatan="district", kabupaten="regency").to_crs("EPSG:32748")
    text = json.loads(made.to_json(drop_id=True))
    text["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32748"}}
    (folder / "a.json").write_text("\ufeff" + json.dumps(text), encoding="utf-8")
    return folder / "a.json"


def geoparquet_from_duckdb(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Names in large strings and dictionaries, a bbox struct, geometry in front."""
    made = table(f, WADMKD="village", WADMKC="district", WADMKK="regency", KDEPUM="code")
    made["WADMKK"] = made["WADMKK"].astype("category")
    made.to_parquet(folder / "a.parquet", write_covering_bbox=True, schema_version="1.1.0")
    return folder / "a.parquet"


def forests_and_lakes(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Some ground is no village's: a forest and a lake without code, in no district."""
    made = table(f, NAMOBJ="village", WADMKC="district", KDEPUM="code", WADMKK="regency")
    shapes = made.geometry.to_numpy()
    box = shapely.box(103.86, -4.93, 103.98, -4.81)
    lake = shapely.intersection(box, shapely.union_all(shapes))
    known = shapely.centroid(shapes)
    lake = shapely.difference(lake, shapely.union_all(shapely.buffer(known, 0.004)))
    lake = max(shapely.get_parts(lake), key=lambda part: part.area)
    made.geometry = shapely.difference(shapes, lake)
    water = made.iloc[[0]].assign(NAMOBJ="Danau Ranau", WADMKC=None, KDEPUM=None)
    water = water.set_geometry([lake], crs=made.crs)
    made = gpd.GeoDataFrame(pd.concat([made, water], ignore_index=True), crs=made.crs)
    made.to_file(folder / "desa.gpkg")
    return folder / "desa.gpkg"


def numbers_as_floats(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """Codes that a spreadsheet made numbers of."""
    made = table(
        f,
        kd_kec=lambda f: f["district_code"].str.replace(".", "").astype(float),
        kd_kab=lambda f: f["regency_code"].astype(float),
        id_desa=lambda f: f["code"].str.replace(".", "").astype(float),
    )
    made.to_file(folder / "a.shp")
    return folder / "a.shp"


def file_geodatabase(f: gpd.GeoDataFrame, folder: Path) -> Path:
    import pyogrio

    made = table(districts(f), NAMOBJ="district", KDCPUM="district_code")
    inner = folder / "Batas.gdb"
    pyogrio.write_dataframe(made, inner, driver="OpenFileGDB", promote_to_multi=True)
    with zipfile.ZipFile(folder / "batas.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in inner.iterdir():
            archive.write(file, f"kirim/Batas.gdb/{file.name}")
    return folder / "batas.zip"


def geopackage_left_open(f: gpd.GeoDataFrame, folder: Path) -> Path:
    """As QGIS leaves it: SQLite's write-ahead mode stays on in the file."""
    table(districts(f), NAMA="district").to_file(folder / "a.gpkg")
    with closing(sqlite3.connect(folder / "a.gpkg")) as database:
        database.execute("PRAGMA journal_mode=wal")
    return folder / "a.gpkg"


def geoarrow_in_a_zip(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(f, NAMA="village", KODE="code")
    made.to_parquet(folder / "a.parquet", geometry_encoding="geoarrow", schema_version="1.1.0")
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(folder / "a.parquet", "x/a.parquet")
    return folder / "a.zip"


def lines_of_features(f: gpd.GeoDataFrame, folder: Path) -> Path:
    features = json.loads(table(districts(f), NAMA="district").to_json())["features"]
    (folder / "a.geojsonl").write_text("\n".join(json.dumps(one) for one in features))
    return folder / "a.geojsonl"


def nested_fields(f: gpd.GeoDataFrame, folder: Path) -> Path:
    whole = json.loads(table(districts(f), NAMA="district").to_json())
    for feature in whole["features"]:
        feature["properties"] |= {"tags": [1, 2], "more": {"a": {"b": None}}}
    (folder / "a.geojson").write_text(json.dumps(whole))
    return folder / "a.geojson"


def odd_spaces_and_markers(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        districts(f),
        N=lambda f: "\u200bKEC." + f["district"].str.upper().str.replace(" ", "\u00a0") + "\u00a0",
        K=lambda f: f["regency"].str.upper() + " (KABUPATEN)",
    )
    made.to_file(folder / "a.gpkg")
    return folder / "a.gpkg"


def english_regencies(f: gpd.GeoDataFrame, folder: Path) -> Path:
    english = {
        "Ogan Komering Ulu": "Ogan Komering Ulu Regency",
        "Ogan Komering Ulu Timur": "East Ogan Komering Ulu Regency",
        "Ogan Komering Ulu Selatan": "South Ogan Komering Ulu",
    }
    made = table(
        districts(f),
        district=lambda f: f["district"] + " District",
        regency=lambda f: f["regency"].map(english),
    )
    made.to_file(folder / "a.gpkg")
    return folder / "a.gpkg"


REWRITES = [
    file_geodatabase,
    geopackage_left_open,
    geoarrow_in_a_zip,
    lines_of_features,
    nested_fields,
    odd_spaces_and_markers,
    english_regencies,
    big_service,
    big_regency_and_district_and_village,
    cod_adm4_geojson,
    cod_codes_alone,
    gadm_41_districts,
    gadm_28_with_ids,
    geoboundaries_regencies,
    bps_parts_of_codes,
    kemendagri_parts_of_codes,
    dukcapil,
    kemendagri_hyphens,
    all_levels_in_one_layer,
    osm_levels,
    old_spelled_districts,
    soewandi_districts,
    arabic_numerals_glued,
    abbreviated_regencies,
    kml_schema_data,
    kml_description_tables,
    kml_folders,
    kmz,
    zip_of_regencies_in_folders,
    shapefile_without_cpg,
    shapefile_with_a_lying_cpg,
    geojson_with_old_crs_member,
    geoparquet_from_duckdb,
    forests_and_lakes,
    numbers_as_floats,
]
