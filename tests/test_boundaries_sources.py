"""The same villages from every source give the same districts with the same codes."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import pytest
import shapely
from boundaries_fixtures import VARIANTS, detailed, districts, simplified, table
from boundaries_server import quick

from geo_pora.boundaries import reading
from geo_pora.boundaries.assembly import build
from geo_pora.boundaries.fields import Asked
from geo_pora.boundaries.served import Served
from geo_pora.errors import InputError
from geo_pora.gazetteer import Gazetteer

REGENCIES = ("16.01", "16.08", "16.09")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(reading, "guard", SimpleNamespace(call=quick))


@pytest.fixture(scope="module")
def served():
    return Served(Gazetteer.load(), REGENCIES)


@pytest.fixture(scope="module")
def rows(shared):
    """Simplified: where borders matter `detailed` is used."""
    return simplified(shared)


IN_DETAIL = {"big_shapefile_utm", "geoboundaries_villages"}


@pytest.fixture(scope="module")
def truth(rows):
    return districts(rows).set_index("district_code").geometry.sort_index()


def overlap(made, truth):
    """Least intersection over union of areas of one code."""
    ours, real = made.set_index("code").geometry.to_numpy(), truth.to_numpy()
    real = shapely.make_valid(real)
    common, union = shapely.intersection(ours, real), shapely.union(ours, real)
    return (shapely.area(common) / shapely.area(union)).min()


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.__name__)
def test_every_source_gives_the_same_districts(variant, rows, truth, shared, served, tmp_path):
    if variant.__name__ in IN_DETAIL:
        rows = detailed(shared)
        truth = districts(rows).set_index("district_code").geometry.sort_index()
    layer, report = build([variant(rows, tmp_path)], served, name="x")
    areas = layer.areas("district")
    assert list(areas["code"]) == list(truth.index)
    assert overlap(areas, truth) > 0.999
    assert [served.gazetteer.name_of(c) for c in areas["code"]] == list(areas["name"])
    if "village" in layer.levels:
        real = rows.set_index("code").geometry.sort_index()
        assert list(layer.areas("village")["code"]) == list(real.index)
        assert overlap(layer.areas("village"), real) > 0.95
    assert not {"missing", "unknown"} & set(report.counts)


def test_repair_is_measured_and_small(shared, served):
    layer, report = build([shared / "boundaries" / "villages.geojson"], served, name="x")
    assert report.repair.overlap_km2 == pytest.approx(0.94, abs=0.02)
    assert 0 < report.repair.widest_m < 20
    assert report.repair.kept_gaps == 0
    for level in layer.levels:
        areas = layer.areas(level)
        assert areas.is_valid.all()
        assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    total = [layer.areas(level)["area_km2"].sum() for level in layer.levels]
    assert total == pytest.approx([total[0]] * 3)


def test_generalised_districts_are_taken_as_they_are(shared, served):
    layer, report = build([shared / "boundaries" / "districts.geojson"], served, name="x")
    assert layer.levels == ("regency", "district")
    assert report.repair.wide_overlaps > 0
    assert report.repair.widest_m <= 50


def test_levels_of_several_files_come_from_the_finest(rows, truth, served, tmp_path):
    paths = [tmp_path / "kec.gpkg", tmp_path / "desa.gpkg"]
    table(districts(rows), shapeName="district").to_file(paths[0])
    table(rows, shapeName="village").to_file(paths[1])
    layer, _ = build(paths, served, name="x")
    assert layer.levels[-1] == "village"
    assert overlap(layer.areas("district"), truth) > 0.999


def test_national_files_are_cut(rows, truth, served, tmp_path):
    """Copies of the country around ours, in other provinces, leave no trace."""
    far = table(rows, NAMA="village", KODE=lambda f: "32" + f["code"].str[2:])
    near = far.copy()
    far.geometry, near.geometry = far.translate(9, -1), near.translate(1.6, 0)
    ours = table(rows, NAMA="village", KODE="code")
    both = gpd.GeoDataFrame(gpd.pd.concat([far, near, ours]), crs=rows.crs)
    both.to_file(tmp_path / "indonesia.fgb")
    layer, _ = build([tmp_path / "indonesia.fgb"], served, name="x")
    assert list(layer.areas("district")["code"]) == list(truth.index)
    assert len(layer.areas("village")) == len(rows)


def test_new_and_split_villages_are_reported_not_refused(rows, served, tmp_path):
    changed = rows.copy()
    changed.loc[10, ["code", "village"]] = ["16.01.07.2099", "Desa Baru Sekali"]
    table(changed, KODE="code", NAMA="village").to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert "16.01.07.2099" in set(layer.areas("village")["code"])
    assert report.counts["unknown"] == report.counts["missing"] == 1
    assert len(layer.areas("district")) == 52


def test_lakes_and_forests_among_the_districts_are_passed_over(rows, served, tmp_path):
    made = districts(rows)
    shapes = made.geometry.to_numpy()
    lake = shapely.Point(103.93, -4.86).buffer(0.015)
    lake = lake.difference(shapely.MultiPoint(served.points).buffer(0.001))
    made.geometry = shapely.difference(shapes, lake)
    water = made.iloc[[0]].assign(district="DANAU RANAU", bps3="1608888", bps2="1608")
    water = water.assign(regency="Ogan Komering Ulu Selatan").set_geometry([lake], crs=4326)
    made = gpd.GeoDataFrame(gpd.pd.concat([made, water], ignore_index=True), crs=4326)
    table(made, ADM3_EN="district", ADM3_PCODE="bps3", ADM2_EN="regency").to_file(
        tmp_path / "a.shp"
    )
    layer, report = build([tmp_path / "a.shp"], served, name="x")
    assert len(layer.areas("district")) == 52
    assert report.counts["unknown"] == 1
    table(made, NAMA="district").to_file(tmp_path / "names.gpkg")
    _, report = build([tmp_path / "names.gpkg"], served, name="x")
    assert report.counts["unknown"] == 1


def test_older_districts_are_reported_missing(rows, served, tmp_path):
    merged = districts(rows)
    merged["district"] = merged["district"].replace({"Kedaton Peninjauan Raya": "Peninjauan"})
    merged = merged.dissolve(["district", "regency"]).reset_index()
    table(merged, NAME_3="district", NAME_2="regency").to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert len(layer.areas("district")) == 51
    assert "16.01.32" in set(report.findings["code"][report.findings["kind"] == "missing"])


def test_what_cannot_be_decided_is_asked_for_and_can_be_given(rows, served, tmp_path):
    made = districts(rows)
    made["other"] = made["district"].sample(frac=1, random_state=1).to_numpy()
    table(made, SATU="district", DUA="other").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"SATU, DUA.*--name-field"):
        build([tmp_path / "a.gpkg"], served, name="x")
    layer, _ = build([tmp_path / "a.gpkg"], served, name="x", asked=Asked(name_field="satu"))
    assert len(layer.areas("district")) == 52


def test_of_two_fields_of_codes_the_one_given_counts(rows, truth, served, tmp_path):
    made = districts(rows)
    made["other"] = made["district_code"].sample(frac=1, random_state=1).to_numpy()
    table(made, SATU="district_code", DUA="other").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"contradict .* --code-field"):
        build([tmp_path / "a.gpkg"], served, name="x")
    layer, _ = build([tmp_path / "a.gpkg"], served, name="x", asked=Asked(code_field="satu"))
    assert overlap(layer.areas("district"), truth) > 0.999


def test_a_coarser_level_is_read_from_finer_codes(rows, truth, served, tmp_path):
    table(rows, KODE="code").to_file(tmp_path / "a.gpkg")
    layer, _ = build([tmp_path / "a.gpkg"], served, name="x", asked=Asked(level="district"))
    assert layer.levels == ("regency", "district")
    assert overlap(layer.areas("district"), truth) > 0.999


def test_unrecognised_finer_names_are_asked_for(rows, served, tmp_path):
    backwards = table(rows, KECAMATAN="district", LABEL=lambda f: f["village"].str[::-1])
    backwards.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"LABEL.*--level district"):
        build([tmp_path / "a.gpkg"], served, name="x")
    asked = Asked(level="district")
    layer, _ = build([tmp_path / "a.gpkg"], served, name="x", asked=asked)
    assert layer.levels == ("regency", "district")


def test_a_file_without_names_or_codes_lists_its_fields(rows, served, tmp_path):
    table(rows, OBJECTID=lambda f: gpd.pd.Series(range(len(f)))).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"OBJECTID.*--name-field"):
        build([tmp_path / "a.gpkg"], served, name="x")
    with pytest.raises(InputError, match="no field NAMA_KEC; it has OBJECTID"):
        build([tmp_path / "a.gpkg"], served, name="x", asked=Asked(name_field="NAMA_KEC"))


def swap(values, first, second):
    swapped = list(values)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return swapped


def kemendagri_with_bps_numbers(made):
    numbers = {"16.08": "16.09", "16.09": "16.08"}
    code = made["regency_code"].replace(numbers) + made["district_code"].str[5:]
    return made.assign(c=code), {"KODE": "c", "KAB": "regency", "KEC": "district"}


def kemendagri_with_bps_numbers_and_no_names(made):
    return kemendagri_with_bps_numbers(made)[0], {"KODE": "c"}


def bps_with_other_regency_names(made):
    names = {"Ogan Komering Ulu Timur": "OKU Selatan", "Ogan Komering Ulu Selatan": "OKU Timur"}
    return made.assign(r=made["regency"].replace(names)), {"idkec": "bps3", "nmkab": "r"}


def two_codes_exchanged(made):
    return made.assign(c=swap(made["district_code"], 3, 17)), {"KODE": "c", "NAMA": "district"}


def three_codes_in_a_ring(made):
    code = made["district_code"]
    ring = dict(zip(code[13:16], [*code[14:16], code[13]], strict=True))
    return made.assign(c=code.replace(ring)), {"KODE": "c"}


def every_code_a_row_further(made):
    return made.assign(c=[*made["district_code"][1:], made["district_code"][0]]), {"KODE": "c"}


def one_code_on_two_districts(made):
    return made.assign(c=made["district_code"].replace("16.01.14", "16.01.13")), {"KODE": "c"}


def an_unknown_code_of_another_regency(made):
    return made.assign(c=made["district_code"].replace("16.01.14", "16.09.99")), {"KODE": "c"}


def bps_codes_with_kemendagri_numbers(made):
    numbers = {"1608": "1609", "1609": "1608"}
    code = made["bps2"].replace(numbers) + made["bps3"].str[4:]
    return made.assign(c="ID" + code), {"ADM3_PCODE": "c", "ADM3_EN": "district"}


def two_names_exchanged_without_codes(made):
    return made.assign(n=swap(made["district"], 3, 17)), {"NAMA": "n"}


def two_codes_exchanged_without_names(made):
    return made.assign(c=swap(made["district_code"], 3, 17)), {"KODE": "c"}


@pytest.mark.parametrize(
    "wrong",
    [
        kemendagri_with_bps_numbers,
        kemendagri_with_bps_numbers_and_no_names,
        bps_with_other_regency_names,
        two_codes_exchanged,
        two_codes_exchanged_without_names,
        three_codes_in_a_ring,
        every_code_a_row_further,
        one_code_on_two_districts,
        an_unknown_code_of_another_regency,
        bps_codes_with_kemendagri_numbers,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_contradictions_are_refused_with_the_rows(wrong, rows, served, tmp_path):
    made, columns = wrong(districts(rows))
    table(made, **columns).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"contradict each other \(row \d+"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_two_names_exchanged_are_not_believed(rows, truth, served, tmp_path):
    made, columns = two_names_exchanged_without_codes(districts(rows))
    table(made, **columns).to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert overlap(layer.areas("district"), truth) > 0.999
    assert report.counts["matched"] == 2


def test_neighbouring_villages_exchanged_are_refused(rows, served, tmp_path):
    made = rows.assign(c=swap(rows["code"], 3, 4))
    table(made, KODE="c", NAMA="village").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"row 4 .*row 5 "):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_one_code_on_two_villages_is_refused(rows, served, tmp_path):
    made = rows.copy()
    made.loc[100, "code"] = made.loc[5, "code"]
    table(made, KODE="code", NAMA="village").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="row 101"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_a_new_village_far_from_the_district_of_its_code_is_refused(rows, served, tmp_path):
    made = rows.assign(code=rows["code"].replace("16.01.07.2003", "16.08.03.2099"))
    table(made, KODE="code", NAMA="village").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"row 3 .* it lies \d+ km from Belitang"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_an_unknown_code_beside_a_known_name_is_said(rows, served, tmp_path):
    made = districts(rows).assign(c=lambda f: f["district_code"].replace("16.01.14", "16.01.99"))
    table(made, KODE="c", NAMA="district").to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert "16.01.14" in set(layer.areas("district")["code"])
    told = report.findings[report.findings["kind"] == "matched"]["detail"]
    assert told.str.contains("16.01.14 by name, though KODE 160199 is not known").sum() == 1


def test_features_in_parts_are_joined(rows, served, tmp_path):
    west, south, east, north = rows.geometry[20].bounds
    half = shapely.box(west, south, (west + east) / 2, north)
    parts = gpd.GeoDataFrame(gpd.pd.concat([rows, rows.iloc[[20]]], ignore_index=True), crs=4326)
    shapes = parts.geometry.to_numpy()
    shapes[-1], shapes[20] = shapes[20].intersection(half), shapes[20].difference(half)
    parts.geometry = shapes
    table(parts, KODE="code", NAMA="village").to_file(tmp_path / "a.gpkg")
    layer, report = build([tmp_path / "a.gpkg"], served, name="x")
    assert len(layer.areas("village")) == len(rows)
    assert report.counts["duplicate"] == 1


def test_displaced_villages_are_refused(rows, served, tmp_path):
    made = table(rows, KODE="code", NAMA="village")
    made.geometry = made.translate(0.03, 0.01)
    made.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="reference system"):
        build([tmp_path / "a.gpkg"], served, name="x")


def test_one_area_within_another_is_refused(rows, served, tmp_path):
    made = districts(rows)
    shapes = made.geometry.to_numpy()
    shapes[1] = shapely.union(shapes[1], shapes[0])
    made.geometry = shapes
    table(made, KODE="district_code", NAMA="district").to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="for the most part"):
        build([tmp_path / "a.gpkg"], served, name="x")
