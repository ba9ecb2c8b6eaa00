"""Maps: classes that betray nothing, folium without text, one file that opens offline."""

from __future__ import annotations

import json
import re

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo_pora import maps
from geo_pora.disclosure import Audience, Policy, disclose
from geo_pora.errors import GeoPoraError, InputError, UnavailableError
from geo_pora.maps import assets
from geo_pora.maps.figure import LocalMap, area_layer

HOSTILE = [
    "{{ 7*7 }}",
    "{% raw %}",
    "${alert(1)}",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\u202e‮abc",
    "{{ ''.__class__.__mro__ }}",
]


def grid(names: list[str] | None = None) -> gpd.GeoDataFrame:
    """Return nine squares, one of them with a hole."""
    shapes = [
        box(104 + x / 10, -4 + y / 10, 104.1 + x / 10, -3.9 + y / 10)
        for y in range(3)
        for x in range(3)
    ]
    shapes[4] = shapes[4].difference(box(104.13, -3.87, 104.16, -3.84))
    codes = [f"16.01.{number:02}" for number in range(1, 10)]
    return gpd.GeoDataFrame(
        {"code": codes, "name": names or codes, "area_km2": np.arange(1, 10, dtype=float)},
        geometry=shapes,
        crs="EPSG:4326",
    )


def counts(values: list[float], unplaced: int = 0) -> pd.DataFrame:
    codes = [f"16.01.{number:02}" for number in range(1, len(values) + 1)]
    return pd.DataFrame(
        {
            "period": "2026-Q1",
            "area_code": [*codes, np.nan],
            "persons": pd.array([*values, unplaced], dtype="Int64"),
            "reports": pd.array([*values, unplaced], dtype="Int64"),
        }
    )


def team(values: list[float], level: str = "village", **more: int) -> object:
    return disclose(counts(values, **more), level=level)


class TestClasses:
    @given(
        st.lists(st.integers(-40, 4000), max_size=60),
        st.sampled_from(["quantiles", "natural", "equal"]),
        st.integers(2, 7),
    )
    def test_every_value_but_zero_is_in_exactly_one_class(self, values, scheme, count):
        series = pd.Series(values, dtype="float64")
        found = maps.classify(series, scheme, count)
        index = found.index(series)
        assert ((index >= 0) == (series != 0)).all()
        for one, after in zip(found.classes, found.classes[1:], strict=False):
            assert one.low <= one.high < after.low

    @pytest.mark.parametrize("values", [[], [0, 0], [np.nan], [np.inf, 0]])
    def test_nothing_to_class_gives_no_class(self, values):
        assert maps.classify(pd.Series(values, dtype="float64")).classes == ()

    def test_quantiles_hold_equally_many(self):
        found = maps.classify(pd.Series(range(1, 101), dtype="float64"), "quantiles", 5)
        assert [(one.low, one.high) for one in found.classes] == [
            (1, 20), (21, 40), (41, 60), (61, 80), (81, 100),
        ]  # fmt: skip

    def test_natural_breaks_fall_into_the_gaps(self):
        values = pd.Series([1, 2, 3, 50, 51, 52, 900, 901], dtype="float64")
        found = maps.classify(values, "natural", 3)
        assert [(one.low, one.high) for one in found.classes] == [(1, 3), (50, 52), (900, 901)]

    def test_own_breaks_are_upper_limits(self):
        found = maps.classify(pd.Series([1.0, 5, 6, 20]), "own", breaks=(5, 10))
        assert [(one.low, one.high) for one in found.classes] == [(1, 5), (6, 6), (20, 20)]

    def test_a_change_has_the_same_colours_for_the_same_size(self):
        found = maps.classify(pd.Series([-9.0, -1, 1, 9]))
        assert len({one.colour for one in found.classes}) == len(found.classes) == 4

    @pytest.mark.parametrize("bad", [{"scheme": "jenks!"}, {"scheme": "own"}])
    def test_unknown_scheme_is_refused(self, bad):
        with pytest.raises(InputError):
            maps.classify(pd.Series([1.0]), **bad)


class TestFigures:
    def test_statuses_stay_apart(self):
        found = maps.figures(team([0, 1, 2, 3, 40]), grid())
        statuses = "".join(found.as_dict()["statuses"])
        assert statuses == "zhhppnnnn"
        assert found.as_dict()["values"][:5] == [0, None, None, 3, 40]
        assert found.hidden_label == "<3"

    def test_breaks_and_colours_tell_nothing_about_hidden_cells(self):
        one = maps.figures(team([1, 2, 7, 9, 0]), grid()).as_dict()
        other = maps.figures(team([2, 1, 7, 9, 0]), grid()).as_dict()
        assert one == other

    def test_density_divides_published_values_by_area(self):
        found = maps.figures(team([9, 9, 1]), grid(), per_km2=True)
        assert found.cells["value"].tolist()[:2] == [9, 4.5]
        assert np.isnan(found.cells["value"][2])

    def test_a_rate_needs_inhabitants(self):
        known = pd.Series({"16.01.01": 1000, "16.01.02": 0, "16.01.03": 5000})
        found = maps.figures(team([9, 9, 1, 9]), grid(), inhabitants=known).cells
        assert found["value"][0] == 90
        assert found["status"].tolist()[:4] == ["published", "no_data", "hidden", "no_data"]
        assert found["value"][1:].isna().all()

    def test_change_is_hidden_where_either_side_is(self):
        found = maps.figures(team([9, 1, 9, 4]), grid(), before=team([4, 9, 1, 4]))
        assert found.cells["status"].tolist()[:4] == ["published", "hidden", "hidden", "zero"]
        assert found.cells["value"][0] == 5

    def test_unplaced_is_told_beside_the_map(self):
        assert maps.figures(team([5], unplaced=8), grid()).elsewhere == 8
        assert maps.figures(team([5], unplaced=1), grid()).elsewhere is None

    def test_more_than_one_period_is_refused(self):
        both = pd.concat([counts([5]), counts([5]).assign(period="2026-Q2")], ignore_index=True)
        with pytest.raises(InputError, match="one period"):
            maps.figures(disclose(both, level="district"), grid())

    def test_unknown_measure_is_refused(self):
        with pytest.raises(InputError, match="measure"):
            maps.figures(team([5]), grid(), "nationality")


class TestFolium:
    def test_only_geometry_ids_and_numbers_reach_folium(self):
        parts = maps.layer_parts(grid([*HOSTILE, "x"]), "district")
        script = parts.scripts["geo_json_district"]
        for name in HOSTILE:
            assert name not in script
        data = json.loads(re.search(r"geo_json_district_add\((\{.*\})\);", script)[1])
        assert {tuple(feature["properties"]) for feature in data["features"]} == {("id",)}

    def test_a_code_that_is_no_opaque_id_is_refused(self):
        areas = grid()
        areas.loc[0, "code"] = "{{ 7*7 }}"
        with pytest.raises(InputError, match="cannot be drawn"):
            maps.layer_parts(areas, "district")

    def test_the_same_map_has_the_same_bytes(self):
        assert maps.layer_parts(grid(), "village") == maps.layer_parts(grid(), "village")

    def test_nothing_points_to_another_host(self):
        parts = maps.layer_parts(grid(), "district")
        assert parts.links == ("leaflet/leaflet.js", "leaflet/leaflet.css")
        assert not re.search(r"https?://|//cdn", parts.script + parts.html + parts.style)

    def test_a_link_that_is_not_local_stops_the_build(self):
        leaflet_map = LocalMap((104, -4, 105, -3))
        leaflet_map.add_js_link("other", "https://example.org/other.js")
        with pytest.raises(UnavailableError, match=r"example\.org"):
            leaflet_map.get_root().parts()

    def test_a_tile_layer_stops_the_build(self):
        leaflet_map = LocalMap((104, -4, 105, -3))
        folium.TileLayer("https://example.org/{z}/{x}/{y}.png", attr="x").add_to(leaflet_map)
        with pytest.raises(UnavailableError, match="another host"):
            leaflet_map.get_root().parts()

    def test_folium_itself_is_left_as_it_was(self):
        before = list(folium.Map.default_js)
        leaflet_map = LocalMap((104, -4, 105, -3))
        leaflet_map.add_js_link("leaflet", "https://example.org/leaflet@1.9.3/dist/leaflet.js")
        area_layer(grid(), "district").add_to(leaflet_map)
        assert folium.Map.default_js == before

    def test_the_hole_stays_a_hole(self):
        script = maps.layer_parts(grid(), "district").scripts["geo_json_district"]
        data = json.loads(re.search(r"_add\((\{.*\})\);", script)[1])
        assert [len(f["geometry"]["coordinates"]) for f in data["features"]] == [1] * 4 + [2] + [
            1
        ] * 4

    def test_missing_assets_say_what_to_run(self, tmp_path):
        with pytest.raises(UnavailableError, match="make assets"):
            assets.find("leaflet/leaflet.js", tmp_path)


class TestStandalone:
    def page(self, names: list[str] | None = None, **more: object) -> str:
        areas = grid(names)
        found = maps.figures(team([0, 1, 2, 3, 40]), areas)
        options = {"level": "village", "period": "Triwulan 1 2026", **more}
        return maps.standalone(found, areas, **options)

    def test_it_needs_nothing_from_elsewhere(self):
        page = self.page()
        assert not re.search(r'(?:src|href)\s*=\s*["\'](?!#)', page.split("<script>")[0])
        assert "sourceMappingURL" not in page
        assert not re.findall(r"url\((?!#|\"#)[^)]*\)", page.split("</style>")[0])

    @pytest.mark.parametrize("hides", [False, True])
    def test_it_says_where_a_hidden_count_may_be_zero(self, hides):
        assert ("nol pun dapat disembunyikan" in self.page(hides_zeros=hides)) == hides

    def test_it_says_what_a_map_must_say(self):
        page = self.page()
        for text in (
            "Batas indikatif, bukan batas resmi",
            "Sumber:",
            "Dibuat",
            "nol",
            "tidak ada data",
        ):
            assert text in page
        assert "disembunyikan (<3)" in page.replace("\\u003c", "<")

    def test_official_boundaries_are_not_called_indicative(self):
        assert "Batas indikatif" not in self.page(indicative=False)

    def test_the_policy_allows_exactly_its_own_scripts(self):
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', self.page())[1]
        policy = policy.replace("&#39;", "'")
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert policy.count("sha256-") == 4

    @pytest.mark.parametrize("name", HOSTILE)
    def test_names_are_data_and_nothing_else(self, name):
        page = self.page([name] + [f"n{number}" for number in range(8)], title=name)
        data = re.search(r'id="data">(.*?)</script>', page)[1]
        assert json.loads(data)["names"][0] == name
        assert "49" not in re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1]
        assert "<img src=x" not in page
        assert page.count("<script>") == 2

    def test_hidden_values_are_not_in_the_file(self):
        areas = grid()
        counted = counts([712345, 1, 2, 812345, 0])
        found = maps.figures(
            disclose(counted, level="village", policy=Policy(Audience.TEAM, 800_000, False)), areas
        )
        assert "712345" not in maps.standalone(found, areas, level="village", period="x")
        assert "812345" in maps.standalone(found, areas, level="village", period="x")

    def test_errors_are_of_the_family(self):
        with pytest.raises(GeoPoraError):
            maps.standalone(
                maps.figures(team([5]), grid()), grid().iloc[:0], level="village", period="x"
            )
