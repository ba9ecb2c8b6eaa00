"""The look-ups: every word finds its code, no word two, and nothing is guessed."""

from __future__ import annotations

import pandas as pd
import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_pora import codes
from geo_pora.errors import NotFoundError
from geo_pora.gazetteer import Gazetteer


@pytest.mark.parametrize("name", codes.LISTS)
def test_every_code_label_and_synonym_finds_its_code(name):
    listed = codes.load(name)
    for code in listed.codes.values():
        assert listed.match(code.code) == code.code
        assert listed.match(code.code.lower()) == code.code
        for word in (code.id, code.en, *code.synonyms):
            if name != "nationalities":  # ISO's own names overlap: Perancis, AS
                assert listed.match(word) in (code.code, None), (word, code.code)
                assert listed.match(word) == code.code or not codes._key(word), word


@pytest.mark.parametrize("name", [n for n in codes.LISTS if n != "nationalities"])
def test_no_word_means_two_codes(name):
    seen: dict[str, str] = {}
    for code in codes.load(name).codes.values():
        for word in (code.code, code.id, code.en, *code.synonyms):
            key = codes._key(word).replace(" ", "")
            assert seen.setdefault(key, code.code) == code.code, word


@pytest.mark.parametrize("name", codes.LISTS)
def test_every_list_says_its_edition_and_has_labels(name):
    listed = codes.load(name)
    assert listed.version
    assert listed.source
    for code in listed.codes:
        assert listed.label(code)
        assert listed.label(code, "en")


def test_every_country_by_its_codes_and_english_name():
    listed = codes.load("nationalities")
    for country in pycountry.countries:
        assert listed.match(country.alpha_3) == country.alpha_3
        if country.alpha_2 != "AS":  # in Indonesian AS is Amerika Serikat
            assert listed.match(country.alpha_2) == country.alpha_3
        assert listed.match(country.name) == country.alpha_3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Cina", "CHN"),
        ("WNA Tiongkok", "CHN"),
        ("R.R.C.", "CHN"),
        ("warga negara Malaysia", "MYS"),
        ("Korsel", "KOR"),
        ("Republic of Korea", "KOR"),
        ("Perancis", "FRA"),
        ("INGGRIS", "GBR"),
        ("AS", "USA"),
        ("Côte d'Ivoire", "CIV"),
        ("Phillipines", "PHL"),
        ("Austrilia", "AUS"),
        ("Austria", "AUT"),
        ("stateless", "XXA"),
        ("Pengungsi", "XXB"),
        ("Korea", None),
        ("Kongo", None),
        ("Wakanda", None),
        ("Nigeri", None),
        ("Irag", None),
        ("", None),
        ("-", None),
        ("9" * 5000, None),
    ],
)
def test_nationalities_as_people_write_them(text, code):
    assert codes.load("nationalities").match(text) == code


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("agencies", "POLRES-OKU", "POLRES-OKU"),
        ("agencies", "Polres OKU Timur", "POLRES-OKUT"),
        ("agencies", "polres  ogan komering ulu selatan", "POLRES-OKUS"),
        ("agencies", "Disnakertrans Kab. OKU", "DISNAKER-OKU"),
        ("agencies", "Kesbangpol OKUT", "KESBANGPOL-OKUT"),
        ("agencies", "Kec. Lengkiti", "CAMAT-16.01.28"),
        ("agencies", "Polres", None),
        ("permits", "KITAS", "ITAS"),
        ("permits", "izin tinggal tetap", "ITAP"),
        ("permits", "Visa on Arrival", "VOA"),
        ("permits", "SIM A", None),
        ("statuses", "Diduga melanggar", "suspected"),
        ("statuses", "tidak terbukti", "cleared"),
        ("statuses", "terbukti", "confirmed"),
        ("statuses", "nihil", None),
        ("activities", "TKA", "work"),
        ("accommodations", "kos-kosan", "boarding_house"),
    ],
)
def test_other_lists_as_people_write_them(name, text, code):
    assert codes.load(name).match(text) == code


def test_every_district_has_its_head():
    listed = codes.load("agencies")
    heads = {code.removeprefix("CAMAT-") for code in listed.codes if code.startswith("CAMAT-")}
    assert heads == set(Gazetteer.load().codes("district"))


def test_a_column_is_matched_by_distinct_text():
    texts = pd.Series(["cina", None, "Wakanda", "cina"], dtype="str")
    found = codes.load("nationalities").match_all(texts)
    assert found.tolist()[0] == found.tolist()[3] == "CHN"
    assert found.isna().tolist() == [False, True, True, False]
    assert found.dtype == "str"


def test_unknown_names_are_refused():
    with pytest.raises(NotFoundError):
        codes.load("../errors")
    with pytest.raises(NotFoundError):
        codes.load("permits").label("nope")


@given(st.text(max_size=60))
def test_any_text_is_matched_or_not_without_a_crash(text):
    for name in codes.LISTS:
        listed = codes.load(name)
        found = listed.match(text)
        assert found is None or found in listed
