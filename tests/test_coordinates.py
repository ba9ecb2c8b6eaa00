"""Coordinates in every dress: read right, repaired as said, or refused with a reason."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo_pora import coordinates
from geo_pora.coordinates import CoordinateError, Coordinates, parse, plus_codes, resolve
from geo_pora.errors import InputError
from geo_pora.gazetteer import Gazetteer

LAT, LON = -4.126, 104.17  # 4°07'33.6" S, 104°10'12" E
HERE = [
    "-4.126, 104.17",
    "-4,126, 104,17",
    "-4,126,104,17",
    "-4,126 104,17",
    "-4.126 104.17",
    "-4.126;104.17",
    "-4.126 / 104.17",
    "(-4.126, 104.17)",
    "\u22124.126, 104.17",
    "-4.126\u00a0104.17",
    "-\uff14\uff0e\uff11\uff12\uff16, \uff11\uff10\uff14.\uff11\uff17",
    "-\u0664\u066b\u0661\u0662\u0666 104.17",
    "-4.126°, 104.17°",
    "4.126 LS, 104.17 BT",
    "4,126 LS 104,17 BT",
    "LS 4.126 BT 104.17",
    "4.126S104.17E",
    "S4.126 E104.17",
    "4.126 S / 104.17 E",
    "4.126 lintang selatan, 104.17 bujur timur",
    "Lintang Selatan: 4,126; Bujur Timur: 104,17",
    "Lintang 4.126 Selatan dan Bujur 104.17 Timur",
    "lat: -4.126 lon: 104.17",
    "lon: 104.17 lat: -4.126",
    "x=104.17, y=-4.126",
    "WGS 84: -4.126, 104.17",
    "104.17 BT 4.126 LS",
    "4°07'33.6\"S 104°10'12\"E",
    "4°07'33,6\" LS 104°10'12\" BT",
    "4°07’33.6”S, 104°10’12”E",
    "4°07′33.6″S, 104°10′12″E",
    "4º7'33.6''LS 104º10'12''BT",
    "4˚7'33.6\"LS104˚10'12\"BT",
    "4o07'33.6\" LS 104o10'12\" BT",
    "S 4°07'33.6\" E 104°10'12\"",
    "-4°07'33.6\", 104°10'12\"",
    "4° 7,56' LS 104° 10,2' BT",
    "S04 07.560 E104 10.200",
    "4 7 33.6 S 104 10 12 E",
    "4:07:33.6 S, 104:10:12 E",
    "4d7m33.6sS 104d10m12sE",
    "4 derajat 7 menit 33,6 detik LS, 104 derajat 10 menit 12 detik BT",
    "4°07'33.6\" LS – 104°10'12\" BT",
    "-04.126+104.17/",
    "-0407.56+10410.2/",
    "-040733.6+1041012/",
    "https://www.google.com/maps?q=-4.126,104.17",
    "https://maps.google.com/?ll=-4.126,104.17&z=15",
    "https://maps.google.com/maps?q=loc:-4.126,104.17",
    "https://www.google.co.id/maps/search/?api=1&query=-4.126%2C104.17",
    "https://www.google.com/maps/search/-4.126,+104.17",
    "https://www.google.com/maps/dir/?api=1&destination=-4.126,104.17",
    "https://www.google.com/maps/place/4%C2%B007'33.6%22S+104%C2%B010'12.0%22E/@-4.5,104.5,17z",
    "https://www.google.com/maps/place/SDN+1/@-4.5,104.5,17z/data=!3m1!4b1!8m2!3d-4.126!4d104.17",
    "https://www.google.com/maps/embed?pb=!1m18!1m12!1m3!1d3975.4!2d104.17!3d-4.126!2m3!1f0",
    '<iframe src="https://maps.google.com/maps?q=-4.126,104.17" width="600"></iframe>',
    "https://www.openstreetmap.org/?mlat=-4.126&mlon=104.17#map=15/-4.2/104.2",
    "https://waze.com/ul?ll=-4.126%2C104.17&navigate=yes",
    "-4.126, 104.17 https://maps.app.goo.gl/abc",
    "geo:-4.126,104.17;u=35",
    "geo:0,0?q=-4.126,104.17(Kantor)",
    "POINT(104.17 -4.126)",
    "SRID=4326;POINT Z (104.17 -4.126 12)",
    '{"type": "Point", "coordinates": [104.17, -4.126]}',
    '{"lat": -4.126, "lng": 104.17}',
    '"-4.126", "104.17"',
    "'-4.126,104.17'",
    "'-4.126,104.17",
    '="-4.126,104.17"',
    "'4°07'33.6\" LS 104°10'12\" BT",
    "lokasi https://www.google.com/maps?q=-4.126,104.17 ok",
    "latlong -4.126, 104.17",
    "Kordinat -4.126 104.17",
    "-4.126, 104.17 (akurasi 5 m)",
    "-4.126, 104.17 ±5m",
    "EPSG:4326 -4.126 104.17",
    "L.S. 4°7'33.6\" B.T. 104°10'12\"",
    "4°7'33.6\" L.S. 104°10'12\" B.T.",
    "4°07'33.6\"LS-104°10'12\"BT",
    "4*07'33.6\" LS 104*10'12\" BT",
    "4°07'33.6'LS 104°10'12'BT",
    "4-7-33.6 LS 104-10-12 BT",
    "S040733.6 E1041012.0",
    "0407.56,S,10410.2,E",
    "4.7.33,6 LS 104.10.12 BT",
    "4.07.33.6 LS,104.10.12.0 BT",
    "-4-7-33,6 104-10-12",
    "4^07'33.6\"S 104^10'12\"E",
    "4 derajat 7 menit 33,6 detikLS 104 derajat 10 menit 12 detikBT",
    "4.126L.S. 104.17B.T.",
    "-4.126 104.17 ketinggian 85 mdpl",
    "4°.7'.33,6\" LS 104°.10'.12\" BT",
    "<-4.126, 104.17>",
    "-4.126\\104.17",
    "GEO: -4.126, 104.17",
    "google.navigation:q=-4.126,104.17",
    "https://gis.example/?lat=-4.126&lon=104.17",
    "https://maps.google.com/?cbll=-4.126,104.17",
    "https://waze.com/live-map/directions?to=ll.-4.126%2C104.17",
    "https://www.bing.com/maps?sp=point.-4.126_104.17_Kantor",
    "https://share.here.com/l/-4.126,104.17",
    "https://www.google.com/maps/dir/-4.5,104.5/Kota/data=!4m9!1m5!2m2!1d104.17!2d-4.126",
]
REPAIRED = {
    "4.126, 104.17": "minus_restored",
    "104.17, -4.126": "order_swapped",
    "104.17 LS 4.126 BT": "order_swapped",
    "-4.126.000 104.170.000": "decimal_restored",
    "-4126000 104170000": "decimal_restored",
    "-4,126,000 104,170,000": "decimal_restored",
    "-4.126 LS, 104.17 BT": "sign_and_hemisphere",
    "104.17,-4.126,0": "height_dropped",
    "-4.126, 104.17, 85 m": "height_dropped",
    "https://www.google.com/maps/@-4.126,104.17,17z": "map_centre",
    "https://www.openstreetmap.org/#map=15/-4.126/104.17": "map_centre",
}
REFUSED = {
    "": "empty",
    " \n": "empty",
    "Baturaja": "not_a_coordinate",
    "-4.126": "one_number",
    "4.126 LS": "one_number",
    "0,0": "zero",
    "-4,104": "ambiguous",
    "0.000, 0.000": "zero",
    "-6.2, 106.8": "outside",
    "-4.126, -104.17": "outside",
    "4.126 LU 104.17 BT": "outside",
    "4.126 LS 104.17 BB": "outside",
    "-4.126 N, 104.17 E": "contradiction",
    "4.1 S 104.1 S": "contradiction",
    "4°75'S 104°10'E": "minutes_out_of_range",
    "4²,104": "not_a_coordinate",
    "½ 104": "not_a_coordinate",
    "1e999, 104": "not_a_coordinate",
    "NaN, NaN": "not_a_coordinate",
    "4/1,7/1,33/1": "not_a_coordinate",
    "https://maps.app.goo.gl/abcdef": "short_link",
    "https://goo.gl/maps/abcdef": "short_link",
    "https://www.google.com/maps?q=Baturaja": "link_without_coordinates",
    "https://www.google.com/maps?q=-6.2,106.8": "outside",
    "https://g.com/maps/data=!3d-4.1!4d104.1!3d-4.2!4d104.2": "several_points",
    "SRID=23848;POINT(412345 9512345)": "unknown_datum",
    "https://www.google.com/maps/dir/-4.1,104.1/Kota": "link_without_coordinates",
    "-4.126, 104.17; -4.2, 104.3": "several_points",
    "S046133 E1041012": "minutes_out_of_range",
    "geo:1,2;crs=epsg32748": "unknown_datum",
    "49S 412345 9512345": "outside",
    "48LVA0800043000": "outside",
    "48NVA0800043000": "outside",
    "48MVA0804": "too_coarse",
    "48MVA0800043": "not_a_coordinate",
    "48MAA0800043000": "not_a_coordinate",
    "///index.home.raft": "three_words",
    "https://what3words.com/index.home.raft": "three_words",
    "48N 412345 9512345": "outside",
    "6P760000+": "too_coarse",
    "V5Q3+6X": "locality_needed",
    "V5Q3+6X, Antah Berantah": "locality_needed",
    "1" * 3000: "too_long",
}


def near(place: Coordinates, latitude: float = LAT, longitude: float = LON) -> bool:
    return abs(place.latitude - latitude) < 1e-6 and abs(place.longitude - longitude) < 1e-6


def test_a_short_plus_code_may_have_no_letters_before_its_plus(gazetteer):
    place = parse("6892+G7 Makarti Jaya, Peninjauan", gazetteer)
    assert place.repairs == ("short_code_completed",)
    with pytest.raises(CoordinateError):
        parse("6892+47", gazetteer)  # numbers


@pytest.mark.parametrize(
    "text",
    [
        "Kantor camat (-4.126, 104.17)",
        "Warung Bu Tini, koordinat -4.126 104.17",
        "Desa Kemu 4°07'33.6\" LS 104°10'12\" BT",
        "Baturaja Timur: -4.126, 104.17",
        "-4.126,104.17",
    ],
)
def test_the_point_in_an_address_is_found(text):
    assert near(coordinates.find(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Jl. Merdeka No. 5",
        "Jl. Merdeka No. 5, -4.126, 104.17",  # three numbers
        "Jl. Lintas KM 104.17",
        "Palembang (-6.2, 106.8)",
        "antara (-4.126, 104.17) dan rumah (-4.2, 104.3)",
    ],
)
def test_what_is_no_sure_point_in_an_address_is_not_one(text):
    assert coordinates.find(text) is None


def outcome(text: str) -> tuple[Coordinates | None, str | None]:
    try:
        return parse(text), None
    except CoordinateError as error:
        return None, error.reason


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.parametrize("text", HERE)
def test_every_notation_gives_the_same_place(text):
    assert near(parse(text))
    assert not set(parse(text).repairs) & {"minus_restored", "map_centre"}


@pytest.mark.parametrize("text", REPAIRED)
def test_a_repair_is_made_and_said(text):
    place = parse(text)
    assert near(place)
    assert REPAIRED[text] in place.repairs
    assert set(place.repairs) <= set(coordinates.REPAIRS)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_place_here_is_refused_with_its_reason(text):
    with pytest.raises(CoordinateError) as caught:
        parse(text)
    assert caught.value.reason == REFUSED[text]
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "written",
    [
        "48S {e} {n}",
        "48M {e} {n}",
        "UTM 48 S E: {e} N: {n}",
        "Zona 48S X={e} Y={n}",
        "{e}mE {n}mN 48S",
        "48S {n} {e}",
        "zone 48 south, {e} E, {n} N",
        "{e} {n}",
    ],
)
def test_metres_of_utm(written):
    easting, northing = Transformer.from_crs(4326, 32748, always_xy=True).transform(LON, LAT)
    assert near(parse(written.format(e=f"{easting:.2f}", n=f"{northing:.2f}")))


@pytest.mark.parametrize(
    ("reference", "latitude", "longitude"),
    # As GEOTRANS (National Geospatial-Intelligence Agency) converts them.
    [
        ("48MUC9305391533", -1.8857877828811103, 104.03842683208792),
        ("48MUC 93053 91533", -1.8857877828811103, 104.03842683208792),
        ("MGRS: 48M VA 2677 3673", -4.190950030712614, 104.34020739694357),
        ("48msv 7346 7126", -4.777196604175455, 102.05663713504184),
    ],
)
def test_the_military_grid(reference, latitude, longitude):
    assert near(parse(reference), latitude, longitude)


MARKS = ("°'\"", "°′″", "º’”", "dms", '⁰`"', "^'\"", "  ", ":: ", "--", "..")
HEMISPHERES = (("S", "E"), ("LS", "BT"), ("Lintang Selatan", "Bujur Timur"), ("south", "east"))


@settings(deadline=None, max_examples=300)
@given(
    place=st.tuples(st.floats(1.61, 4.99), st.floats(102.01, 106.29)),
    marks=st.sampled_from(MARKS),
    hemispheres=st.sampled_from(HEMISPHERES),
    separator=st.sampled_from((", ", "; ", " / ", " ", "\n", "|", " dan ", "\t")),
    comma=st.booleans(),
    before=st.booleans(),
    swapped=st.booleans(),
)
def test_degrees_minutes_seconds_in_every_dress(
    place, marks, hemispheres, separator, comma, before, swapped
):
    written = []
    for value, hemisphere in zip(place, hemispheres, strict=True):
        # A hundredth of a second is 30 cm.
        minutes, hundredths = divmod(round(value * 360_000), 6_000)
        angle = f"{minutes // 60}{marks[0]}{minutes % 60:02d}{marks[1]}{hundredths / 100:05.2f}"
        angle += marks[2:]
        angle = angle.replace(".", ",") if comma and marks != ".." else angle
        written.append(f"{hemisphere} {angle}" if before else f"{angle} {hemisphere}")
    found = parse(separator.join(written[::-1] if swapped else written))
    assert abs(found.latitude + place[0]) < 2e-6
    assert abs(found.longitude - place[1]) < 2e-6


def test_metres_with_thousands_parted():
    assert near(
        parse("48S 412.345,5 9.512.345,5"),
        *[getattr(parse("48S 412345.5 9512345.5"), name) for name in ("latitude", "longitude")],
    )


def plus_code(latitude: float, longitude: float) -> str:
    """Encode to ten digits as the specification says, pair by pair of base 20."""
    digits, code, step = "23456789CFGHJMPQRVWX", "", 20.0
    north, east = latitude + 90, longitude + 180
    for _ in range(5):
        code += digits[int(north / step)] + digits[int(east / step)]
        north, east, step = north % step, east % step, step / 20
    return f"{code[:8]}+{code[8:]}"


def test_the_published_example_of_a_plus_code():
    # Google's office in Zurich, the example of the specification.
    latitude, longitude = plus_codes._middle("8FVC9G8F6X")
    assert abs(latitude - 47.365590) < 1e-4
    assert abs(longitude - 8.524997) < 1e-4


def test_plus_codes_full_and_short(gazetteer):
    code = plus_code(-4.1120, 104.1550)
    full = parse(code)
    assert abs(full.latitude - -4.1120) <= 0.0000626
    assert abs(full.longitude - 104.1550) <= 0.0000626
    assert parse(f"https://plus.codes/{code}") == full
    short = parse(f"{code[4:]}, Kel. Sukaraya, Kec. Baturaja Timur", gazetteer)
    assert short == full
    assert short.repairs == ("short_code_completed",)
    assert parse(f"{code[4:]} Baturaja Timur", gazetteer) == full
    finer = parse(f"{code}2")
    assert abs(finer.latitude - full.latitude) <= 0.0000626


def test_work_on_the_locality_grows_with_its_length(gazetteer, monkeypatch):
    asked = []
    named = Gazetteer.named
    monkeypatch.setattr(
        Gazetteer, "named", lambda self, name: asked.append(name) or named(self, name)
    )
    with pytest.raises(CoordinateError):
        parse("V5HF+74W " + "a " * 900, gazetteer)
    assert len(asked) < 10 * 900
    assert max(map(len, asked)) < 100


places = st.builds(
    Coordinates,
    st.floats(102.0, 106.3, allow_nan=False),
    st.floats(-5.0, -1.6, allow_nan=False),
)


@settings(deadline=None)
@given(places)
def test_what_is_written_is_read_again_exactly(place):
    for notation in ("decimal", "geo", "wkt", "iso6709"):
        assert parse(place.format(notation)) == place
    assert parse(str(place)) == place
    rounded = parse(place.format("dms")) if -4.9999 < place.latitude < -1.6001 else place
    assert math.isclose(rounded.latitude, place.latitude, abs_tol=2e-7)


@settings(deadline=None)
@given(st.text() | st.text("0123456789.,-+°'\" SELTBU/:oO", max_size=40))
@example("4°4°4°")
@example("!3d-4.1!4d")
def test_any_text_is_read_or_refused_never_broken(text):
    place, reason = outcome(text)
    assert place is not None or reason in coordinates.REASONS
    if place:
        assert parse(str(place)) == place
        assert -5 <= place.latitude <= -1.6
        assert 102 <= place.longitude <= 106.3


numbers = st.one_of(
    st.floats(-5.5, 5.5),
    st.floats(101, 107),
    st.floats(-107, -101),
    st.integers(-5_000_000, 5_000_000).map(float),
    st.integers(102_000_000, 107_000_000).map(float),
    st.floats(160_000, 840_000),
    st.floats(9.4e6, 9.85e6),
    st.just(0.0),
)


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_columns_of_numbers_are_resolved_as_one_text_is(pairs):
    lat, lon = np.array(pairs).T
    result = resolve(lat, lon)
    for i, (a, b) in enumerate(pairs):
        text = f"{_plain(a)}, {_plain(b)}"
        place, reason = outcome(text)
        assert result.reasons[i] == reason
        assert math.isnan(result.latitude[i]) == (place is None)
        if place:
            assert near(place, result.latitude[i], result.longitude[i])
            assert (result.repairs[i] or "") == ";".join(place.repairs)


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:.12f}"


def test_columns_say_what_is_missing_and_leave_the_input_alone():
    lat = np.array([np.nan, -4.1, 0.0, 4.1, 104.1])
    lon = np.array([np.nan, np.nan, 0.0, 104.1, -4.1])
    before = lat.copy()
    result = resolve(lat, lon)
    assert list(result.reasons) == ["empty", "one_number", "zero", None, None]
    assert list(result.repairs) == [None, None, None, "minus_restored", "order_swapped"]
    np.testing.assert_array_equal(lat, before)
    assert list(result.latitude[3:]) == [-4.1, -4.1]


@pytest.mark.hostile
def test_hostile_texts_are_refused(shared, gazetteer):
    texts = json.loads((shared / "hostile/blns/blns.json").read_text())
    with (shared / "hostile/generated/csv/redos_address.csv").open() as file:
        texts += [row["address"] for row in csv.DictReader(file)]
    for text in texts:
        for piece in (text, text[: coordinates.MAX_LENGTH]):
            with pytest.raises(CoordinateError):
                parse(piece, gazetteer)
