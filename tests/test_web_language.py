"""Every word of the pages is translated, and the English pages show the English words."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
import web_fixtures as web
from babel.messages import extract, pofile

from geo_pora import maps
from geo_pora.coordinates import REASONS
from geo_pora.geocode import REVIEW_REASONS
from webmap import assets, words
from webmap.permissions import ROLES

WEBMAP = Path(assets.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}


def words_of_the_sources() -> set[str]:
    found = set()
    methods = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
    for _file, _line, message, _comments, _context in extract.extract_from_dir(
        WEBMAP, methods, keywords=KEYWORDS
    ):
        found.add(message)
    return found


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    source = WEBMAP / "translations/en/LC_MESSAGES/messages.po"
    catalog = pofile.read_po(BytesIO(source.read_bytes()))
    return {message.id: message.string for message in catalog if message.id}


def test_every_word_is_translated(english: dict[str, str]) -> None:
    used = words_of_the_sources()
    assert used - set(english) == set()
    assert set(english) - used == set()
    assert [word for word, text in english.items() if not text] == []


def test_placeholders_survive_translation(english: dict[str, str]) -> None:
    for word, text in english.items():
        assert sorted(re.findall(r"%\(\w+\)s", word)) == sorted(re.findall(r"%\(\w+\)s", text)), (
            word
        )


def test_the_switch_is_on_every_page_and_kept(tmp_path: Path) -> None:
    assets.compile_translations()
    app = web.make_app(tmp_path, reports=False)
    client = app.test_client()
    page = client.get("/login").text
    assert "<h1>Masuk</h1>" in page
    assert 'value="en"' in page
    client.post("/language", data={"language": "en", "next": "/login"})
    page = client.get("/login").text
    assert "<h1>Sign in</h1>" in page
    assert 'value="id"' in page
    client.post("/language", data={"language": "xx"})
    assert "<h1>Sign in</h1>" in client.get("/login").text


def test_the_lock_names_no_host() -> None:
    for name in ("package.json", "package-lock.json"):
        assert not re.search(r"https?://", (WEBMAP / name).read_text("utf-8"))


def test_built_assets_are_where_the_map_room_looks() -> None:
    assert maps.find_asset("leaflet/leaflet.js").is_file()


@pytest.mark.parametrize("address", ["/map/", "/hotspots/", "/admin/layers"])
def test_the_source_of_the_boundaries_is_told_in_the_language_of_the_page(
    tmp_path: Path, address: str
) -> None:
    client = web.sign_in(web.make_app(tmp_path), "siti", tuple(ROLES))
    said = {"id": "geo_pora, dari titik desa", "en": "geo_pora, from village points"}
    for language, words_of_it in said.items():
        client.set_cookie("language", language)
        page = client.get(address).text
        assert [text in page for text in said.values()] == [one == language for one in said]
        assert words_of_it in page


def test_reasons_for_review_are_said_in_both_languages(tmp_path: Path) -> None:
    assets.compile_translations()
    app = web.make_app(tmp_path, reports=False)
    codes = [*REVIEW_REASONS, *(f"bad_coordinates:{name}" for name in REASONS), "area_gone"]
    said = {}
    for language in ("id", "en"):
        with app.test_request_context(headers={"Cookie": f"language={language}"}):
            said[language] = [words.review_reason(code) for code in codes]
            assert not any("_" in text for text in said[language])
    assert not set(said["id"]) & set(said["en"])
    at = codes.index("bad_coordinates:not_a_coordinate")
    assert said["id"][at] == "koordinat tidak dapat dipakai: bukan koordinat yang dikenal"


def test_the_form_for_a_new_password_is_in_the_language_of_the_page(tmp_path: Path) -> None:
    client = web.sign_in(web.make_app(tmp_path, reports=False), "siti", ["planner"])
    page = client.get("/change").text
    assert "Kata sandi baru, sekali lagi" in page
    assert "Password" not in page
