"""Settings: read once, frozen, and every one documented."""

import runpy
from pathlib import Path

import pytest
from pydantic import ValidationError

from geo_pora import settings
from geo_pora.errors import InputError

ROOT = Path(__file__).resolve().parents[1]


def test_every_setting_has_a_help_text_and_the_page_is_up_to_date():
    for name, field in settings.Settings.model_fields.items():
        assert field.description, f"{name} has no help text"
    made = runpy.run_path(str(ROOT / "docs" / "make_settings.py"))["text"]()
    assert (ROOT / "docs" / "settings.md").read_text() == made, "run docs/make_settings.py"


def test_the_environment_wins_over_the_file_and_an_argument_over_both(tmp_path, monkeypatch):
    file = tmp_path / "own.toml"
    file.write_text("release_threshold = 7\nsliver_distance_m = 10\n")
    monkeypatch.setenv("GEO_PORA_CONFIG", str(file))
    monkeypatch.setenv("GEO_PORA_RELEASE_THRESHOLD", "9")
    read = settings.load(sliver_distance_m=20)
    assert (read.release_threshold, read.sliver_distance_m) == (9, 20)
    assert settings.load().sliver_distance_m == 10


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        settings.load().release_threshold = 1


def test_a_threshold_below_three_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("GEO_PORA_RELEASE_THRESHOLD", "2")
    with pytest.raises(InputError, match="release_threshold"):
        settings.load()


@pytest.mark.parametrize("text", ["no_such_setting = 1", "release_threshold = = 3"])
def test_a_broken_file_is_said_in_one_line(tmp_path, monkeypatch, text):
    (tmp_path / "geo_pora.toml").write_text(text)
    monkeypatch.setenv("GEO_PORA_CONFIG", str(tmp_path / "geo_pora.toml"))
    with pytest.raises(InputError):
        settings.load()


def test_the_database_is_in_the_data_directory_unless_it_is_named(tmp_path):
    assert settings.load(data_dir=tmp_path).database_url.endswith(f"{tmp_path}/geo_pora.sqlite")
    named = settings.load(database_url="postgresql+psycopg://localhost/x")
    assert named.database_url.startswith("postgresql")
