"""The same villages, rewritten as every publisher writes them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geo_pora.gazetteer import Gazetteer

SWAP = {"16.01": "1601", "16.08": "1609", "16.09": "1608"}
"""Kemendagri's regencies as BPS numbers them."""


def facts(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every name and code of the villages, in both schemes, with their shapes."""
    gazetteer = Gazetteer.load()
    frame = villages.rename(columns={"kode": "code", "nama": "village"})
    frame["district_code"] = frame["code"].str[:8]
    frame["regency_code"] = frame["code"].str[:5]
    frame["district"] = frame["district_code"].map(gazetteer.name_of)
    frame["regency"] = frame["regency_code"].map(gazetteer.name_of)
    frame["bps2"] = frame["regency_code"].map(SWAP)
    # BPS numbers districts in steps of ten, villages from 1 in each, both in its own order.
    frame["bps3"] = frame["bps2"] + (frame["district_code"].str[6:].astype(int) * 10).map(
        "{:03d}".format
    )
    number = frame.groupby("district_code").cumcount() + 1
    frame["bps4"] = frame["bps3"] + number.map("{:03d}".format)
    return frame


@cache
def detailed(shared: Path) -> gpd.GeoDataFrame:
    """The villages with every vertex, sliver and overlap that they came with."""
    return facts(gpd.read_file(shared / "boundaries" / "villages.geojson"))


@cache
def simplified(shared: Path) -> gpd.GeoDataFrame:
    """The villages as a coverage of a tenth of the vertices."""
    rows = detailed(shared)
    clean = shapely.coverage_clean(rows.geometry.to_numpy(), gap_width=50 / 111_320)
    return rows.set_geometry(shapely.coverage_simplify(clean, 200 / 111_320), crs=4326)


def glued(names: pd.Series) -> pd.Series:
    return names.str.title().str.replace(" ", "").str.replace("Ii", "II").str.replace("IIi", "III")


def table(frame: gpd.GeoDataFrame, **columns: str | Callable) -> gpd.GeoDataFrame:
    made = {
        name: frame[what] if isinstance(what, str) else what(frame)
        for name, what in columns.items()
    }
    return gpd.GeoDataFrame(made, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def districts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    keys = ["district_code", "district", "regency", "regency_code", "bps2", "bps3"]
    return frame[[*keys, "geometry"]].dissolve(keys).reset_index()


def regencies(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[["regency_code", "regency", "geometry"]].dissolve("regency_code").reset_index()


def zipped(shapefile: Path) -> Path:
    target = shapefile.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in shapefile.parent.glob(shapefile.stem + ".*"):
            if file != target:
                archive.write(file, file.name)
    return target


def big_shapefile_utm(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        NAMOBJ="village",
        KDBBPS="bps2",
        KDCBPS="bps3",
        KDEBPS="bps4",
        KDPKAB="regency_code",
        KDCPUM="district_code",
        KDEPUM="code",
        WADMKD="village",
        WADMKC="district",
        WADMKK="regency",
        WADMPR=lambda f: f["code"].str[:0] + "Sumatera Selatan",
    )
    made.to_crs("EPSG:32748").to_file(folder / "ADMINISTRASIDESA_AR_25K.shp")
    return zipped(folder / "ADMINISTRASIDESA_AR_25K.shp")


def big_names_only_3d(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(f, NAMOBJ="village", WADMKC="district", WADMKK="regency")
    made.geometry = made.geometry.force_3d(12.5)
    made.to_file(folder / "desa.shp")
    return folder / "desa.shp"


def gadm_geopackage(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        GID_2=lambda f: "IDN.31." + f["bps2"].str[2:] + "_1",
        NAME_2=lambda f: glued(f["regency"]),
        GID_3=lambda f: "IDN.31.1." + f["bps3"].str[4:] + "_1",
        NAME_3=lambda f: glued(f["district"]),
        VARNAME_3=lambda f: pd.Series([None] * len(f), dtype="str"),
        NAME_4=lambda f: glued(f["village"]),
        TYPE_4=lambda f: "Desa" + f["bps2"].str[:0],
    )
    made.to_file(folder / "gadm41_IDN.gpkg", layer="ADM_ADM_4")
    return folder / "gadm41_IDN.gpkg"


def gadm_all_levels(f: gpd.GeoDataFrame, folder: Path) -> Path:
    path = gadm_geopackage(f, folder)
    d, r = districts(f), regencies(f)
    table(r, NAME_2=lambda f: glued(f["regency"])).to_file(path, layer="ADM_ADM_2")
    table(d, NAME_2=lambda f: glued(f["regency"]), NAME_3=lambda f: glued(f["district"])).to_file(
        path, layer="ADM_ADM_3"
    )
    return path


def cod_old(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        ADM2_EN="regency",
        ADM2_PCODE=lambda f: "ID" + f["bps2"],
        ADM3_EN="district",
        ADM3_PCODE=lambda f: "ID" + f["bps3"],
        ADM4_EN="village",
        ADM4_PCODE=lambda f: "ID" + f["bps4"],
        ADM0_EN=lambda f: "Indonesia" + f["bps2"].str[:0],
    )
    made.to_file(folder / "idn_admbnda_adm4_bps.shp")
    return zipped(folder / "idn_admbnda_adm4_bps.shp")


def cod_new(f: gpd.GeoDataFrame, folder: Path) -> Path:
    d = districts(f)
    made = table(
        d,
        adm3_name="district",
        adm3_pcode=lambda f: "ID" + f["bps3"],
        adm2_name="regency",
        adm2_pcode=lambda f: "ID" + f["bps2"],
        adm1_name=lambda f: "Sumatera Selatan" + f["bps2"].str[:0],
    )
    made.to_file(folder / "idn_admin3.geojson")
    return folder / "idn_admin3.geojson"


def cod_cut_to_ten(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        admin2Name="regency",
        admin2Pcod=lambda f: "ID" + f["bps2"],
        admin3Name="district",
        admin3Pcod=lambda f: "ID" + f["bps3"],
        admin4Name="village",
        admin4Pcod=lambda f: "ID" + f["bps4"],
    )
    made.to_file(folder / "idn_adm4.shp")
    return folder / "idn_adm4.shp"


def geoboundaries_districts(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        districts(f),
        shapeName="district",
        shapeID=lambda f: "82746128B" + f["bps3"],
        shapeGroup=lambda f: "IDN" + f["bps3"].str[:0],
        shapeType=lambda f: "ADM3" + f["bps3"].str[:0],
        shapeISO=lambda f: f["bps3"].str[:0],
    )
    made.to_file(folder / "geoBoundaries-IDN-ADM3.geojson")
    return folder / "geoBoundaries-IDN-ADM3.geojson"


def geoboundaries_villages(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        shapeName="village",
        shapeID=lambda f: "82746128B" + f["bps4"],
        shapeGroup=lambda f: "IDN" + f["bps3"].str[:0],
        shapeType=lambda f: "ADM4" + f["bps3"].str[:0],
    )
    made.to_file(folder / "geoBoundaries-IDN-ADM4.geojson")
    return folder / "geoBoundaries-IDN-ADM4.geojson"


def bps(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        kdprov=lambda f: f["bps2"].str[:2],
        nmprov=lambda f: "SUMATERA SELATAN" + f["bps2"].str[:0],
        kdkab=lambda f: f["bps2"].str[2:],
        nmkab=lambda f: f["regency"].str.upper(),
        kdkec=lambda f: f["bps3"].str[4:],
        nmkec=lambda f: f["district"].str.upper(),
        kddesa=lambda f: f["bps4"].str[7:],
        nmdesa=lambda f: f["village"].str.upper(),
        iddesa="bps4",
    )
    made.to_file(folder / "peta_desa_2023.gpkg")
    return folder / "peta_desa_2023.gpkg"


def bps_numbers(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        districts(f),
        idkec=lambda f: f["bps3"].astype("float64"),
        nmkec=lambda f: f["district"].str.upper(),
        idkab=lambda f: f["bps2"].astype("int64"),
    )
    made.to_file(folder / "kec.fgb")
    return folder / "kec.fgb"


def kemendagri_upper(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        KODE=lambda f: f["code"].str.replace(".", ""),
        DESA=lambda f: "DESA " + f["village"].str.upper(),
        KECAMATAN=lambda f: "KEC. " + f["district"].str.upper(),
        KABUPATEN=lambda f: (
            "KAB. " + f["regency"].str.upper().str.replace("OGAN KOMERING ULU", "OKU")
        ),
    )
    made.to_parquet(folder / "desa.parquet")
    return folder / "desa.parquet"


def kemendagri_codes_only(f: gpd.GeoDataFrame, folder: Path) -> Path:
    table(f, KODE_DESA="code").to_file(folder / "kode.gpkg")
    return folder / "kode.gpkg"


def local_districts_kml(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(districts(f), Name="district", KODE_KEC="district_code")
    made.to_file(folder / "kecamatan.kml", driver="KML")
    return folder / "kecamatan.kml"


def mixed_schemes(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        f,
        KDPKAB="bps2",
        KODE_KEC="district_code",
        KDEBPS="bps4",
        NAMA_KEC="district",
        NAMA="village",
    )
    made.to_file(folder / "campur.geojson")
    return folder / "campur.geojson"


def glued_upper(f: gpd.GeoDataFrame, folder: Path) -> Path:
    made = table(
        districts(f),
        NAMA_KEC=lambda f: f["district"].str.upper().str.replace(" ", ""),
        NAMA_KAB=lambda f: f["regency"].str.upper(),
    )
    made.to_crs("EPSG:4238").to_file(folder / "KEC.shp")
    return folder / "KEC.shp"


VARIANTS = [
    big_shapefile_utm,
    big_names_only_3d,
    gadm_geopackage,
    gadm_all_levels,
    cod_old,
    cod_new,
    cod_cut_to_ten,
    geoboundaries_districts,
    geoboundaries_villages,
    bps,
    bps_numbers,
    kemendagri_upper,
    kemendagri_codes_only,
    local_districts_kml,
    mixed_schemes,
    glued_upper,
]
