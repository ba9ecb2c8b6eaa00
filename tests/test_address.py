"""Addresses: marked parts, and the areas that the names in them mean."""

from __future__ import annotations

import csv
import json
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_pora.address import MAX_LENGTH, Matcher, parse
from geo_pora.address.names import Names
from geo_pora.gazetteer import Gazetteer, compact


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.fixture(scope="module")
def matcher(gazetteer) -> Matcher:
    return Matcher(gazetteer)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Jl. Mawar No. 3 RT 01/RW 02, Desa Sukajadi, Kec. Baturaja Timur 32111",
            {
                "road": "Mawar",
                "house_number": "3",
                "rt": "01",
                "rw": "02",
                "village": "Sukajadi",
                "district": "Baturaja Timur",
                "postal_code": "32111",
            },
        ),
        (
            "Rt.08/Rw.03/Ds.Makmur/Kec.Madang Suku II/Kab.OKU Timur/Prov.Sumatera Selatan",
            {
                "rt": "08",
                "rw": "03",
                "village": "Makmur",
                "district": "Madang Suku II",
                "regency": "OKU Timur",
                "province": "Sumatera Selatan",
            },
        ),
        (
            "Dsn. 01 RT/RW 03/01 Desa Maju",
            {"hamlet": "01", "rt": "03", "rw": "01", "village": "Maju"},
        ),
        ("Jln Lintas KM 43", {"road": "Lintas", "km": "43"}),
        ("Jl. Mawar 12A Gumawang", {"road": "Mawar", "house_number": "12A", "rest": ("Gumawang",)}),
        (
            "Kp. Baru RT/RW 02/03 Kode Pos 32181",
            {"hamlet": "Baru", "rt": "02", "rw": "03", "postal_code": "32181", "rest": ()},
        ),
        ("Kecamatan : Lubuk Raja", {"district": "Lubuk Raja"}),
        ("kode 16.01.07.2001", {"code": "16.01.07.2001"}),
        ("1601072001", {"code": "16.01.07.2001"}),
        ("Toko Maju, Pasar Lama", {"rest": ("Toko Maju", "Pasar Lama")}),
        ("", {"road": None, "village": None, "rest": ()}),
    ],
)
def test_marked_parts(text, expected):
    address = parse(text)
    assert {name: getattr(address, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("Kec. Muaradua", "16.09.01"),
        ("KECAMATAN MUARA DUA", "16.09.01"),
        ("Kec. Moeara Doea", "16.09.01"),
        ("Kec.BP Peliung", "16.08.05"),
        ("Kec. BP. Bangsa Raja", "16.08.20"),
        ("Kec. BPR Ranau Tengah", "16.09.12"),
        ("Kec. BMR", "16.08.18"),
        ("Kec. BMT", "16.08.12"),
        ("Kec. Buay Madang Tim.", "16.08.12"),
        ("Kec. Bta. Timur", "16.01.14"),
        ("Kec. Semendawei Timur", "16.08.15"),
        ("Kec. Madang Suku 2", "16.08.06"),
        ("Kec. Madang Suku II", "16.08.06"),
        ("Kec. Semendawai Suku III", "16.08.08"),
        ("Kec. SS III", "16.08.08"),
        ("Desa Tegalrejo Kec. Belitang OKUT", "16.08.03"),
        ("Kec. Simpang", "16.09.05"),
        ("Gumawang", "16.08.03"),
        ("Jl. Jend. Sudirman No. 5 Gumawang", "16.08.03"),
        ("Batumarta Ii", "16.01.30"),
        ("Batumarta Unit VI", "16.08.13"),
        ("Desa Lunggaan", "16.01.22"),
        ("Kel. Sukajadi, Ulu Ogan", "16.01.20"),
        ("16.01.07.2001", "16.01.07"),
        ("Desa Sukajadi 32111", "16.01.14"),
        ("Jl. Pasar Ilir Muaradua", "16.09.01"),  # complete at the end: not Muara Dua Kisam
        ("Wonoasri Makmur Belitang OKU Timur", "16.08.03"),  # before its own regency
        ("Kec. Belitnag III", "16.08.10"),  # a slip beside a number
        ("Kec. Simapng", "16.09.05"),
        ("Jl. Raya, Kemu", "16.09.02"),  # the main road of Kemu
        ("Campang III Ilir", "16.08.04"),
        ("Gumawang Village, Belitang District, East OKU Regency", "16.08.03"),
        ("Bunga Mayang District", "16.08.11"),  # also a village elsewhere
        ("Kota Baru Village, South OKU Regency", "16.09.08"),  # no Kota Baru in Kalimantan
        ("PT Mitra Ogan, Desa Karang Lantang", "16.01.31"),  # our river, not Ogan Ilir
        ("CV. Karya Jaya, Kec. Peninjauan", "16.01.09"),  # a firm's name is a wish
        ("Kec. BAND1NG AGUNG", "16.09.03"),  # a digit scanned for a letter
        ("RT1RW2 Gumawang", "16.08.03"),
        ("SDN1Gumawang", "16.08.03"),
        ("Ds. Sp. Pancur", "16.09.02"),
        ("Desa umawang", "16.08.03"),  # the first letter lost
        ("Desa Ugmawang", "16.08.03"),  # or after the second
        ("Jln. Lintas Sumatera Ujan Mas", "16.01.08"),  # the other is far from that road
        ("KEC.BELITANGIII", "16.08.10"),  # a Roman number without its space
        ("DESA BATUMARTAVI", "16.08.13"),
        ("Kantor Camat Bunga Mayang", "16.08.11"),  # each district has one, a village has none
        ("KUA Buay Madang", "16.08.02"),
        ("Simpang Gumawang", "16.08.03"),  # a junction, not the district Simpang
        ("Simpang, OKU Selatan", "16.09.05"),
        ("Simpang OKU Selatan", "16.09.05"),
        ("Jl. Sidomulyo Gumawang", "16.08.03"),  # both ends of the road are in Belitang
        ("Warung Nasi Padang, Gumawang", "16.08.03"),  # a dish, not the city
        ("Jl. Raya Belitang Karang Manik", "16.08.09"),  # where it leads, then where it is
        ("Polsek Belitang, Desa Karang Manik", "16.08.09"),  # that serves the districts around
        ("Desa Kemu dekat Gumawang", "16.09.02"),
        ("Talang Bunut", "16.09.08"),  # the huts of Bunut
        ("Jl. Pasar Baru Gumawang", "16.08.03"),  # a road's name, and where it is
        ("Jl. Tugu Taraman", "16.08.08"),
        ("Jl. Raya Gedung Wani", "16.09.14"),  # Gedung begins names of ours, too
        ("Jl. Raya Lubuk Tupak, Kab. OKU", "16.01.31"),  # a regency is no other place
        ("Jl. Lintas Sumatera Baturaja Barat", "16.01.13"),  # a whole road, then where
        ("Jl. Wisata Danau Ranau Banding Agung", "16.09.03"),
        ("Blitang", "16.08.03"),  # the weak e is often left out
        ("Kec. Blitang III", "16.08.10"),
        ("Martapura Kota", "16.08.01"),
        ("Cempaka 123", "16.08.04"),
        ("Kebun sawit PT Mitra Ogan, Jaya Mulya", "16.08.08"),  # a plantation, not Kebun Jati
    ],
)
def test_the_district_that_is_named(matcher, text, district):
    code, sure = matcher.match(text).district
    assert code == district
    assert sure >= 0.8


@pytest.mark.parametrize(
    "text",
    [
        "Jl. Raya Muaradua",  # a road is named after where it leads
        "Jalan Lintas Muaradua Km 9",
        "Jl. Arah Martapura",
        "Simpang Manggis",  # a junction, not the district Simpang
        "Sukaraja",  # four villages
        "Batumarta VIII",  # no such number: not another one
        "Jl. Durian No. 3",  # a tree before a village
        "Desa Pengandonan",  # a village in three districts
        "Jl. Lintas Sumatera KM 12",
        "Jl. Ahmad Yani",
        "Jl. Raya Simpang",
        "Jl. Simpang Muaradua",  # the junction where the road to Muaradua begins
        "Jln. Raya Kotabaru Sukaraja",  # two names that many villages share, one on a road
        "Polsek Muaradua",  # institutions are named after what they were split from
        "Gang Mawar",  # a rose, not a mistyped village
        "Batumarta XI",  # no Batumarta I with a doubled number
        "Kota Baturaja",
        "CV Karya Jaya",
        "Pusat Perbelanjaan",  # the centre, not a mistyped Pusar
        "Jl. Raya Belitang Martapura",  # from one to the other
        "Toko Sukaraya",
        "Mess PT Minanga Ogan Desa Sukajadi",  # a river, not Ulu Ogan
        "Simpang Tanjung Sari",  # a junction: not Tanjung Sari in the district Simpang
        "Jl. Betung Petanggan",  # from one village to another
        "Jl. Raya Baturaja Palembang",
        "Desa Sukaraja dekat Baturaja Timur",
        "Lubuk Merbau",  # another place than Merbau
        "Desa Tegalasri",  # not Tegal Sari with two letters turned
        "Desa Talangbambu",  # two slips from Talang Baru, in a word of five letters
        "RM Agung Jaya",  # a restaurant, not Raman Agung
        "Kec. Muara Jaya, Kutai Timur",  # a namesake
    ],
)
def test_what_does_not_say_the_district_is_not_decided(matcher, text):
    assert matcher.match(text).district[1] < 0.8


@pytest.mark.parametrize(
    "text",
    [
        "Palembang",
        "Jl. Sudirman No. 5, Palembang",
        "Kab. Muara Enim",
        "Kec. Martapura, Kab. Banjar, Kalimantan Selatan",
        "Jayapura, Papua",
        "Kota Jayapura",
        "Desa Sukaraja, Jakarta Selatan",
        "Surabaya, Jawa Timur",
        "Jl. Merdeka Palembang",
        "Kec. Belitang, Kab. Sekadau",
        "Kec. Gunung Megang",  # a village here, a district of Muara Enim
        "Kab. OKI",
        "Banjarsari, Kota Solo",
    ],
)
def test_places_elsewhere_are_recognised(matcher, text):
    match = matcher.match(text)
    assert match.outside > 0.5
    assert match.district[1] < 0.5


@pytest.mark.parametrize("text", ["Jayapura", "Martapura", "Cempaka", "Kec. Jayapura OKU Timur"])
def test_famous_names_are_ours_unless_something_says_otherwise(matcher, text):
    assert matcher.match(text).outside < 0.1
    assert matcher.match(text).district[1] >= 0.8


def test_levels_agree_upwards(matcher):
    # Sukajadi is in three districts: the district beside it settles which.
    shared = matcher.match("Sukajadi")
    assert shared.district[1] < 0.8
    assert {code[:8] for code, _ in shared.candidates} >= {"16.01.14", "16.01.20", "16.08.03"}
    assert matcher.match("Sukajadi, Kec. Ulu Ogan").village[0] == "16.01.20.2006"
    assert matcher.match("Sukajadi, Kec. Belitang").village[0].startswith("16.08.03")
    assert matcher.match("Sukajadi, Kab. OKU Timur").district[0] == "16.08.03"


def test_names_that_contradict_leave_doubt(matcher):
    match = matcher.match("Desa Tungku Jaya, Kec. Belitang Jaya")
    assert match.conflict
    assert {"16.01.07", "16.08.17"} <= {code[:8] for code, _ in match.candidates}


def test_a_village_is_surer_with_its_district(matcher):
    alone = matcher.match("Tungku Jaya").village[1]
    both = matcher.match("Tungku Jaya, Sosoh Buay Rayap").village[1]
    assert 0.85 <= alone <= 0.93
    assert both > 0.97


def test_every_village_is_found_by_its_full_address(matcher, gazetteer):
    villages = gazetteer.areas[gazetteer.areas["level"] == "village"]
    districts = gazetteer.names("district")
    for code, name in zip(villages["code"], villages["name"], strict=True):
        match = matcher.match(f"Desa {name}, Kec. {districts[code[:8]]}")
        assert match.district[0] == code[:8]
        assert match.district[1] > 0.9, name
        same = [c for c in gazetteer.named(name, "village") if c[:8] == code[:8]]
        if len(same) == 1:
            assert match.village[0] == code, name


def test_a_shared_name_keeps_all_its_areas_as_candidates(matcher, gazetteer):
    for name in set(gazetteer.names("village")):
        districts = {code[:8] for code in gazetteer.named(name, "village")}
        found = {code[:8] for code, _ in matcher.match(f"Desa {name}").candidates}
        assert districts <= found, name


@settings(deadline=None)
@given(st.text(max_size=80) | st.text("jlkecds.,/ 0123IVX'", max_size=60))
def test_any_text_gives_probabilities(text):
    match = _MATCHER().match(text)
    for code, sure in (match.regency, match.district, match.village, *match.candidates):
        assert 0 <= sure <= 1 + 1e-9
        assert bool(code) or sure == 0
    assert match.village[1] <= match.district[1] + 1e-9
    assert match.district[1] <= match.regency[1] + 1e-9
    assert parse(text).text == text


_made: list[Matcher] = []


def _MATCHER() -> Matcher:
    if not _made:
        _made.append(Matcher(Gazetteer.load()))
    return _made[0]


@settings(max_examples=50, deadline=None)
@given(st.permutations(["Kel. Sukaraya", "Kec. Baturaja Timur", "Kab. OKU"]))
def test_the_order_of_marked_parts_does_not_matter(parts):
    match = _MATCHER().match(", ".join(parts))
    assert match.village[0] == "16.01.14.1005"
    assert match.district[1] > 0.99


def test_matching_is_the_same_in_a_used_and_a_new_matcher(matcher, gazetteer):
    texts = ["Jl. Raya Muaradua Desa Kemu", "Kec. BMR", "Sukaraja, OKU Selatan"]
    assert [matcher.match(t) for t in texts] == [Matcher(gazetteer).match(t) for t in texts]


def test_names_that_are_words_of_others_are_no_typing_errors(gazetteer):
    names = Names(gazetteer)
    # Tanjung Jaya and Tanjung Raya are one letter apart and two villages.
    raya = names.find(("TANJUNG", "RAYA"))
    assert raya is not None
    assert raya.how == "exact"
    mistyped = names.find(("TANJUNG", "HARAPPAN"))
    assert mistyped is not None
    assert {gazetteer.name_of(code) for code in mistyped.villages} == {"Tanjung Harapan"}
    assert names.find(("PELITA", "RAYA")) is None  # Pelita Jaya is another name


def test_too_long_a_text_is_not_read(matcher):
    assert matcher.match("Kec. Belitang " * 200).too_long
    assert not matcher.match("x" * MAX_LENGTH).too_long


@pytest.mark.hostile
def test_hostile_texts_name_nothing(shared, matcher):
    texts = json.loads((shared / "hostile/blns/blns.json").read_text())
    with (shared / "hostile/generated/csv/redos_address.csv").open() as file:
        texts += [row["address"] for row in csv.DictReader(file)]
    for text in texts:
        for piece in (text, text[:MAX_LENGTH]):
            parse(piece)
            assert matcher.match(piece).district[1] < 0.8, piece[:50]


def test_real_addresses_keep_to_the_goals(shared, matcher, gazetteer):
    with (shared / "addresses/addresses.csv").open() as file:
        rows = list(csv.DictReader(file))
    wrong = answered = named = recalled = shared_names = 0
    scored = [r for r in rows if r["difficulty"][0] not in "DE"]
    for row in scored:
        match = matcher.match(row["text"])
        accept = {row["district_code"]}
        if "accept either" in row["label_note"]:
            accept |= {"16.01.09", "16.01.32"}
        right = match.district[0] in accept
        sure = match.district[1] >= 0.8
        wrong += sure and not right
        if row["difficulty"].startswith("B2"):
            shared_names += 1
            recalled += any(code[:8] in accept for code, _ in match.candidates)
        elif row["difficulty"][0] in "AB":
            named += 1
            answered += sure and right
    assert wrong / len(scored) <= 0.01
    assert recalled / shared_names >= 0.97
    assert answered / named >= 0.935
    assert compact("Tegal Rejo") == compact("Tegalrejo")


def test_a_marked_village_is_the_village_though_a_district_has_its_name(matcher, gazetteer):
    """Desa says village: of a name that one village and another district have it is the village."""
    checked = 0
    for name in set(gazetteer.names("district")):
        villages = gazetteer.named(name, "village")
        if len(villages) != 1 or villages[0][:8] in gazetteer.named(name, "district"):
            continue
        checked += 1
        assert matcher.match(f"Desa {name}").village[0] == villages[0], name
        assert matcher.match(f"Desa {name}").village[1] > 0.85, name
    assert checked


def test_a_regency_that_agrees_makes_a_district_surer(matcher):
    alone = matcher.match("Jl. Melati Belitang").district[1]
    assert matcher.match("Jl. Melati Belitang OKU Timur").district[1] > alone
    assert matcher.match("Jl. Melati Belitang OKU Selatan").district[1] < alone


def test_made_addresses_keep_to_the_goals(matcher, gazetteer):
    benchmarks = Path(__file__).resolve().parents[1] / "benchmarks"
    made = runpy.run_path(str(benchmarks / "synthetic_addresses.py"))["addresses"](
        gazetteer, each=60, seed=4
    )
    wrong = answered = named = roads = 0
    for row in made.itertuples():
        match = matcher.match(row.text)
        sure, right = match.district[1] >= 0.8, match.district[0] == row.district_code
        if row.style == "another_district_road":
            roads += sure
        elif not row.shared and row.style != "district_of_an_institution":
            named += 1
            answered += sure and right
            wrong += sure and not right
    assert wrong / named <= 0.005
    assert answered / named >= 0.97
    assert roads == 0


def test_addresses_bent_in_every_way_are_right_or_undecided(matcher, gazetteer):
    benchmarks = Path(__file__).resolve().parents[1] / "benchmarks"
    bent = runpy.run_path(str(benchmarks / "perturbed_addresses.py"))["addresses"](
        gazetteer, each=8, seed=5
    )
    sure = bent["text"].map(matcher.match).map(lambda m: (*m.district, m.outside))
    answered = sure.map(lambda said: said[1] >= 0.8)
    right = sure.map(lambda said: said[0]) == bent["district_code"]
    hard = bent["bend"].isin(["two slips", "the first letter wrong", "scanned"])
    assert (answered & ~right).mean() <= 0.004
    assert (answered & right)[~hard].mean() >= 0.985
    assert (sure.map(lambda said: said[2])[~hard] < 0.5).all()
