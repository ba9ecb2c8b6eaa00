"""Reports to located reports: nothing lost, nothing guessed, doubt to review."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_pora import cli
from geo_pora.cli import review as review_cli
from geo_pora.coordinates import REASONS
from geo_pora.errors import InputError
from geo_pora.gazetteer import Gazetteer
from geo_pora.geocode import REVIEW_REASONS, geocode, same_text
from geo_pora.locator import Locator
from geo_pora.store import review as queue

SINDANG, TUNGKU, GUMAWANG = "16.01.07.2001", "16.01.07.2008", "16.08.03.2014"
LOCATED = [
    "village_code",
    "district_code",
    "regency_code",
    "geocode_method",
    "match_level",
    "confidence",
    "review_reason",
    "candidates",
    "repairs",
    "boundary_version",
]


def squares() -> gpd.GeoDataFrame:
    """Three villages side by side, a gap of 11 m between the first two."""
    return gpd.GeoDataFrame(
        {"code": [SINDANG, TUNGKU, GUMAWANG]},
        geometry=[
            shapely.box(104.0, -4.1, 104.1, -4.0),
            shapely.box(104.1001, -4.1, 104.2, -4.0),
            shapely.box(104.2, -4.1, 104.3, -4.0),
        ],
        crs=4326,
    )


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.fixture
def place(gazetteer):
    """Geocode one report, given as keywords, and return its row."""

    def one(areas=None, aliases=None, indicative=False, threshold=0.8, **report):
        table = pd.DataFrame([report])
        located = geocode(
            table,
            squares() if areas is None else areas,
            gazetteer,
            aliases=aliases,
            indicative=indicative,
            confidence_threshold=threshold,
            boundary_version="v1",
        )
        return located.iloc[0]

    return one


def test_a_point_alone_is_placed_in_its_village(place):
    row = place(latitude=-4.05, longitude=104.05)
    assert row["village_code"] == SINDANG
    assert row["district_code"] == "16.01.07"
    assert row["regency_code"] == "16.01"
    assert (row["geocode_method"], row["match_level"]) == ("coordinates", "village")
    assert row["confidence"] > 0.9
    assert pd.isna(row["review_reason"])
    assert row["boundary_version"] == "v1"


def test_repairs_are_made_said_and_kept(place):
    row = place(latitude=104.05, longitude=4.05)
    assert row["village_code"] == SINDANG
    assert row["repairs"] == "order_swapped;minus_restored"
    assert (row["latitude"], row["longitude"]) == (-4.05, 104.05)


def test_other_notations_are_read(place):
    row = place(coordinates_text="4°03' LS 104°03' BT")
    assert row["village_code"] == SINDANG
    assert row["latitude"] == pytest.approx(-4.05)


def test_a_point_in_a_sliver_goes_to_the_nearest_area(place):
    assert place(latitude=-4.05, longitude=104.10002)["village_code"] == SINDANG
    assert place(latitude=-4.05, longitude=104.10008)["village_code"] == TUNGKU


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"latitude": 0.0, "longitude": 0.0}, "bad_coordinates:zero"),
        ({"latitude": -6.2, "longitude": 106.8}, "bad_coordinates:outside"),
        ({"latitude": -4.05, "longitude": np.nan}, "bad_coordinates:one_number"),
        ({"coordinates_text": "https://maps.app.goo.gl/x"}, "bad_coordinates:short_link"),
        ({"coordinates_text": "entah"}, "bad_coordinates:not_a_coordinate"),
        ({"latitude": -3.0, "longitude": 104.7}, "outside"),
        ({"location_text": "Palembang"}, "outside"),
        ({"location_text": ""}, "no_location"),
        ({}, "no_location"),
        ({"location_text": "Jl. Merdeka 3"}, "no_area_named"),
        ({"location_text": "Sukaraja"}, "ambiguous_name"),
        ({"location_text": "Kab. OKU Timur"}, "only_regency"),
        ({"location_text": "Kec. Belitang " * 200}, "text_too_long"),
        (
            {"location_text": "Kec. Belitang", "latitude": 0.0, "longitude": 0.0},
            "bad_coordinates:zero",
        ),
    ],
)
def test_what_is_not_decided_goes_to_review_with_its_reason(place, report, reason):
    row = place(**report) if report else place(latitude=np.nan, longitude=np.nan)
    assert row["review_reason"] == reason
    assert pd.isna(row["district_code"])
    key, _, detail = reason.partition(":")
    assert key in REVIEW_REASONS
    assert not detail or detail in REASONS


def test_a_sure_regency_is_kept_while_the_district_waits(place):
    row = place(location_text="Kab. OKU")
    assert (row["regency_code"], row["match_level"]) == ("16.01", "regency")
    assert row["review_reason"] == "only_regency"


def test_an_address_alone_is_placed(place):
    row = place(location_text="Desa Tungku Jaya, Kec. Sosoh Buay Rayap")
    assert (row["village_code"], row["geocode_method"]) == (TUNGKU, "address")
    assert pd.isna(row["review_reason"])
    assert row["candidates"].startswith(f"{TUNGKU}:")


def test_an_address_that_agrees_makes_surer(place):
    alone = place(latitude=-4.05, longitude=104.15)
    both = place(latitude=-4.05, longitude=104.15, location_text="Desa Tungku Jaya")
    assert both["village_code"] == TUNGKU
    assert both["geocode_method"] == "coordinates"
    assert both["confidence"] >= alone["confidence"]


def test_coordinates_are_not_believed_against_the_address(place):
    row = place(latitude=-4.05, longitude=104.15, location_text="Gumawang, Kec. Belitang")
    assert row["review_reason"] == "conflict"
    assert pd.isna(row["regency_code"])
    codes = [item.split(":")[0] for item in row["candidates"].split(";")]
    assert codes[0] == GUMAWANG
    assert TUNGKU in codes


def test_an_address_elsewhere_contradicts_a_point_here(place):
    row = place(latitude=-4.05, longitude=104.15, location_text="Kota Palembang")
    assert row["review_reason"] == "conflict"


def test_near_the_border_of_the_district_named_the_address_decides(place):
    text = "Gumawang, Kec. Belitang"
    near = place(latitude=-4.05, longitude=104.1995, location_text=text)
    assert (near["village_code"], near["geocode_method"]) == (GUMAWANG, "address")
    farther = {"latitude": -4.05, "longitude": 104.195, "location_text": text}
    assert place(**farther)["review_reason"] == "conflict"
    assert place(indicative=True, **farther)["district_code"] == "16.08.03"


def test_another_village_of_the_district_leaves_the_village_open(place):
    row = place(latitude=-4.05, longitude=104.05, location_text="Desa Tungku Jaya")
    assert (row["district_code"], row["match_level"]) == ("16.01.07", "district")
    assert pd.isna(row["village_code"])
    assert pd.isna(row["review_reason"])


def test_near_the_border_of_the_village_named_the_address_decides(place):
    text = "Desa Tungku Jaya"
    near = place(latitude=-4.05, longitude=104.0965, location_text=text)  # 400 m away
    assert (near["village_code"], near["geocode_method"]) == (TUNGKU, "address")
    assert (near["latitude"], near["longitude"]) == (-4.05, 104.0965)
    farther = {"latitude": -4.05, "longitude": 104.095, "location_text": text}  # 570 m
    assert pd.isna(place(**farther)["village_code"])
    assert place(indicative=True, **farther)["village_code"] == TUNGKU


def test_a_road_named_after_where_it_leads_does_not_contradict_the_point(place):
    row = place(latitude=-4.05, longitude=104.05, location_text="Jl. Raya Belitang")
    assert row["village_code"] == SINDANG


def test_a_point_settles_a_shared_name(place, gazetteer):
    shared = next(c for c in gazetteer.named("Mekar Jaya", "village") if c[:8] == "16.01.07")
    areas = squares()
    areas.loc[0, "code"] = shared
    row = place(areas=areas, latitude=-4.05, longitude=104.05, location_text="Mekar Jaya")
    assert row["village_code"] == shared


def test_on_indicative_areas_a_point_decides_the_district(place):
    row = place(indicative=True, latitude=-4.05, longitude=104.05)
    assert (row["match_level"], row["district_code"]) == ("district", "16.01.07")
    assert row["confidence"] == pytest.approx(0.9)


def test_only_areas_of_the_layer_are_given(place):
    row = place(location_text="Desa Kemu, Kec. Pulau Beringin")
    assert row["review_reason"] == "outside_layer"
    assert pd.isna(row["district_code"])
    # The district is in the layer, that village of it is not.
    row = place(location_text="Desa Lubuk Leban, Kec. Sosoh Buay Rayap")
    assert (row["district_code"], row["match_level"]) == ("16.01.07", "district")


def test_the_threshold_decides(place):
    assert place(location_text="Tungku Jaya")["village_code"] == TUNGKU
    assert pd.notna(place(location_text="Tungku Jaya", threshold=0.95)["review_reason"])


def test_what_a_reviewer_taught_is_used(place):
    taught = pd.DataFrame(
        {
            "alias": ["Trans Unit 77", "Jl. Mawar No. 3, belakang pasar"],
            "code": [TUNGKU, GUMAWANG],
            "source": ["review", "review"],
        }
    )
    assert place(location_text="Trans Unit 77")["review_reason"] == "no_area_named"
    assert place(location_text="desa trans unit 77, RT 2", aliases=taught)["village_code"] == TUNGKU
    same = place(location_text="JL MAWAR NO 3 BELAKANG PASAR", aliases=taught)
    assert (same["village_code"], same["confidence"]) == (GUMAWANG, 0.99)
    assert same_text("Jl. Mawar No. 3") == same_text("JL MAWAR NO 3") != same_text("Jl. Mawar 4")
    assert same_text("RT 1/12") != same_text("RT 11/2")


def test_a_link_or_plus_code_within_the_address_is_a_point(place):
    row = place(location_text="Warung https://www.google.com/maps?q=-4.05,104.05")
    assert row["village_code"] == SINDANG
    assert place(location_text="-4,05, 104,05")["village_code"] == SINDANG
    assert place(location_text="Kantor camat (-4.05, 104.05)")["village_code"] == SINDANG


texts = st.sampled_from([None, "Sukaraja", "Desa Tungku Jaya", "x", "Kec. Belitang", "Palembang"])
numbers = st.one_of(st.none(), st.floats(-200, 200), st.sampled_from([-4.05, 104.05, 4.05, 0.0]))
written = st.sampled_from([None, "4°03' LS 104°03' BT", "0,0", "-4.05;104.25"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(texts, numbers, numbers, written), max_size=12), st.randoms())
def test_rows_order_and_index_are_kept_and_each_row_stands_alone(rows, random):
    gazetteer = _gazetteer()
    index = random.sample(range(1000), len(rows))
    columns = ["location_text", "latitude", "longitude", "coordinates_text"]
    table = pd.DataFrame(rows, columns=columns, index=index)
    table = table.astype({"latitude": float, "longitude": float})
    table = table.astype({"location_text": "str", "coordinates_text": "str"})
    before = table.copy()
    areas = squares()
    locator = Locator(areas)
    located = geocode(table, areas, gazetteer, locator=locator)
    pd.testing.assert_frame_equal(table, before)
    assert list(located.index) == index
    assert list(located.columns) == columns + LOCATED
    for level, length in (("village", 13), ("district", 8), ("regency", 5)):
        codes = located[f"{level}_code"].dropna()
        assert codes.str.len().eq(length).all()
    decided = located["review_reason"].isna()
    assert located.loc[decided, "district_code"].notna().all()
    assert located["confidence"].between(0, 1).all()
    for i in range(len(rows)):
        alone = geocode(table.iloc[[i]], areas, gazetteer, locator=locator)
        pd.testing.assert_frame_equal(alone, located.iloc[[i]])


_loaded: list[Gazetteer] = []


def _gazetteer() -> Gazetteer:
    if not _loaded:
        _loaded.append(Gazetteer.load())
    return _loaded[0]


def test_an_empty_table_keeps_its_columns(gazetteer):
    empty = pd.DataFrame(
        {"location_text": pd.Series([], dtype="str"), "latitude": [], "longitude": []}
    )
    located = geocode(empty, squares(), gazetteer)
    assert len(located) == 0
    assert set(LOCATED) <= set(located.columns)
    for column in ("village_code", "review_reason", "candidates", "repairs"):
        assert located[column].dtype == "str"


def test_a_layer_of_districts_gives_districts(place):
    districts = squares().assign(code=["16.01.07", "16.01.14", "16.08.03"])
    row = place(areas=districts, latitude=-4.05, longitude=104.05)
    assert (row["match_level"], row["district_code"]) == ("district", "16.01.07")
    assert pd.isna(row["village_code"])
    row = place(areas=districts, location_text="Desa Tungku Jaya, Kec. Sosoh Buay Rayap")
    assert row["district_code"] == "16.01.07"


def test_areas_without_codes_are_refused(gazetteer):
    with pytest.raises(InputError, match="code"):
        geocode(pd.DataFrame({"latitude": [1.0]}), squares().drop(columns="code"), gazetteer)
    with pytest.raises(InputError, match="threshold"):
        geocode(pd.DataFrame(), squares(), gazetteer, confidence_threshold=2)


class _Queue:
    """Stands for the store's queue; remembers what was resolved."""

    rows = pd.DataFrame(
        {
            "key": [7],
            "agency": ["imigrasi"],
            "report_id": ["A1"],
            "review_reason": ["bad_coordinates:zero"],
            "confidence": [0.4],
            "candidates": [f"{TUNGKU}:0.40;{GUMAWANG}:0.20"],
            "location_text": ["Sukaraja"],
            "nationality": ["CHN"],
        }
    )
    resolved: tuple[object, ...] = ()

    def queue(self, engine, limit, offset):
        return self.rows.iloc[offset : offset + limit]

    def item(self, engine, key):
        return {**self.rows.iloc[0].to_dict(), "same_text": 3, "shared_name": True}

    def resolve(self, engine, key, code, actor, *, keep_alias, same_text):
        self.resolved = (key, code, keep_alias, same_text)
        return 4


@pytest.fixture
def fake(monkeypatch):
    fake = _Queue()
    for name in ("queue", "item", "resolve"):
        monkeypatch.setattr(queue, name, getattr(fake, name))
    monkeypatch.setattr(review_cli, "open_store", lambda settings: None)
    return fake


def test_the_review_commands(fake):
    run = CliRunner().invoke
    listed = run(cli.cli, ["review", "list"])
    assert "0, 0 stands for no coordinates" in listed.output
    assert "CHN" not in listed.output
    shown = run(cli.cli, ["review", "show", "7"])
    assert "Tungku Jaya, Sosoh Buay Rayap, Ogan Komering Ulu" in shown.output
    assert "3 more rows" in shown.output
    done = run(cli.cli, ["review", "resolve", "7", TUNGKU, "--same-text", "--keep-alias"])
    assert "Decided 4 rows" in done.output
    assert "Warning: several areas go by this text" in done.stderr
    assert fake.resolved == (7, TUNGKU, True, True)
    assert run(cli.cli, ["review", "resolve", "7", "--unknown"]).exit_code == 0
    assert fake.resolved == (7, None, False, False)
    assert run(cli.cli, ["review", "resolve", "7"]).exit_code == 2
    assert isinstance(run(cli.cli, ["review", "resolve", "7", "16.99"]).exception, InputError)
