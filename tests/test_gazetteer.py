"""Names, codes and hierarchy; the normal form in which names are compared."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo_pora.errors import InputError, NotFoundError
from geo_pora.gazetteer import (
    Gazetteer,
    compact,
    level_of,
    normalise,
    parents,
    shipped_folder,
)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def test_ships_every_area_of_the_three_regencies(gazetteer):
    counts = gazetteer.areas["level"].value_counts()
    assert counts.to_dict() == {"village": 728, "district": 52, "regency": 3}
    assert gazetteer.areas["code"].is_unique
    villages = gazetteer.areas[gazetteer.areas["level"] == "village"]
    assert villages["postal_code"].str.fullmatch(r"3\d{4}").all()
    assert villages["longitude"].between(103.3, 105.1).all()
    assert villages["latitude"].between(-5.0, -3.5).all()


def test_every_parent_is_there_and_is_the_code_cut_short(gazetteer):
    below = gazetteer.areas[gazetteer.areas["level"] != "regency"]
    assert (below["code"].str.rsplit(".", n=1).str[0] == below["parent_code"]).all()
    assert gazetteer.children("16.01") == [
        c for c in gazetteer.codes("district") if c[:5] == "16.01"
    ]
    assert sum(len(gazetteer.villages_of(c)) for c in gazetteer.codes("district")) == 728
    assert gazetteer.villages_of("16.01.07.2001") == ["16.01.07.2001"]


def test_readme_has_the_checksum_of_the_file():
    folder = shipped_folder()
    digest = hashlib.sha256((folder / "gazetteer.csv").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Madang Suku II", "MADANG SUKU 2"),
        ("MADANG SUKU 02", "MADANG SUKU 2"),
        ("BaturajaTimur", "BATURAJA TIMUR"),
        ("Batumarta2", "BATUMARTA 2"),
        ("Moeara Doea", "MUARA DUA"),
        ("Tjempaka", "CEMPAKA"),
        ("Djajapoera", "JAYAPURA"),
        ("Kurungan Njawa XXIV", "KURUNGAN NYAWA 24"),
        ("Tanjung Raja", "TANJUNG RAJA"),
        ("Pere’an", "PEREAN"),
        ("  Buay -- Rawan. ", "BUAY RAWAN"),
        ("Tj. Raya", "TJ RAYA"),
        ("Batu Marta Ⅱ", "BATU MARTA 2"),
        ("", ""),
    ],
)
def test_normal_form(written, expected):
    assert normalise(written) == expected


@given(st.text(max_size=40))
@example("0ß")
@example("Desa2ı")
def test_normal_form_is_stable_and_plain(text):
    once = normalise(text)
    assert normalise(once) == once
    assert re.fullmatch(r"([A-Z0-9]+( [A-Z0-9]+)*)?", once)


def test_no_two_names_of_a_district_collide(gazetteer):
    areas = gazetteer.areas
    forms = areas.assign(form=areas["name"].map(compact))
    assert not forms.duplicated(["parent_code", "form"]).any()


def test_names_are_found_however_written(gazetteer):
    assert gazetteer.named("muaradua", "district") == ("16.09.01",)
    assert gazetteer.named("Madang Suku 1") == ("16.08.07",)
    assert gazetteer.named("Toko Rejo") == ("16.08.12.2003",)  # a misprint, kept as an alias
    assert len(gazetteer.named("Tanjung Sari", "village")) > 1
    assert gazetteer.named("Palembang") == ()


def test_levels_and_parents_of_codes():
    assert [level_of(c) for c in ("16.01", "16.01.07", "16.01.07.2001")] == [
        "regency",
        "district",
        "village",
    ]
    assert list(parents("16.01.07.2001")) == ["16.01.07", "16.01"]
    assert list(parents("16.01")) == []
    with pytest.raises(InputError, match="not a code"):
        level_of("1601")


def test_unknown_codes_are_said(gazetteer):
    with pytest.raises(NotFoundError, match=r"99\.99"):
        gazetteer.name_of("99.99")


def _broken(folder: Path, change) -> Path:
    areas = pd.read_csv(shipped_folder() / "gazetteer.csv", dtype=str)
    change(areas).to_csv(folder / "gazetteer.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="postal_code"), "columns"),
        (lambda t: pd.concat([t, t.iloc[[5]]]), "twice"),
        (lambda t: t[t["code"] != "16.01.07"], "16.01.07"),
    ],
)
def test_a_broken_gazetteer_is_refused(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        Gazetteer.load(_broken(tmp_path, change))


def test_a_missing_gazetteer_and_unknown_alias(tmp_path):
    with pytest.raises(NotFoundError, match="install geo_pora again"):
        Gazetteer.load(tmp_path)
    _broken(tmp_path, lambda t: t)
    (tmp_path / "aliases.csv").write_text("alias,code,source\nX,16.01.99,test\n")
    with pytest.raises(InputError, match=r"16\.01\.99"):
        Gazetteer.load(tmp_path)
