"""Layers are installed whole or not at all; what is fetched is bounded and public."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import socket
import ssl
from types import SimpleNamespace

import pandas as pd
import pytest
import shapely
from boundaries_fixtures import districts, simplified, table
from boundaries_server import quick
from click.testing import CliRunner

from geo_pora import boundaries
from geo_pora import settings as settings_room
from geo_pora.boundaries import download, reading, storage
from geo_pora.cli import cli, run
from geo_pora.errors import InputError, NotFoundError, RefusedError, UnavailableError


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(reading, "guard", SimpleNamespace(call=quick))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("GEO_PORA_DATA_DIR", str(tmp_path / "var"))
    return settings_room.load()


@pytest.fixture(scope="module")
def file(shared, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "Batas Kecamatan 2024.gpkg"
    made = table(districts(simplified(shared)), KODE="district_code", NAMA="district")
    # one border is drawn some metres too far, to be found and mended
    shapes = made.geometry.to_numpy()
    shapes[7] = shapely.buffer(shapes[7], 0.0001)
    made.geometry = shapes
    made.to_file(path)
    return path


def test_a_layer_goes_in_and_comes_out_the_same(file, settings):
    made, report = boundaries.install([file], settings, valid_from=dt.date(2024, 1, 1))
    assert made.name == "batas-kecamatan-2024"
    again = boundaries.load(made.name, settings)
    assert (again.version, again.valid_from) == (made.version, dt.date(2024, 1, 1))
    assert not again.indicative
    assert again.areas("regency").equals(made.areas("regency"))
    assert again.areas("district").geometry.equals(made.areas("district").geometry)
    kept = boundaries.installed(settings)
    assert [each.name for each in kept] == [made.name]
    assert kept[0].areas == report.areas == {"regency": 3, "district": 52}


def test_a_file_is_a_layer_without_being_installed(file, settings):
    layer = boundaries.load(file, settings)
    assert layer.version == boundaries.load(str(file), settings).version
    assert boundaries.installed(settings) == []


def test_the_indicative_layer_is_the_default(settings, file):
    assert boundaries.load("", settings).indicative
    assert boundaries.load("indicative", settings).indicative
    made, _ = boundaries.install([file], settings, name="resmi")
    fixed = settings.model_copy(update={"boundary_layer": "resmi"})
    assert boundaries.load("", fixed).version == made.version


def test_unknown_layers_are_said_with_those_there_are(settings, file):
    boundaries.install([file], settings, name="resmi")
    with pytest.raises(NotFoundError, match="'x'; there is indicative, resmi"):
        boundaries.load("x", settings)
    with pytest.raises(NotFoundError, match="no such file"):
        boundaries.load("x/y.shp", settings)


@pytest.mark.parametrize("name", ["../x", "X", "indicative", ".x", "a b", "a" * 99, "x/y"])
def test_names_that_cannot_be_are_refused(file, settings, name):
    with pytest.raises(InputError, match="cannot name a layer"):
        boundaries.install([file], settings, name=name)


def test_a_name_is_not_taken_twice(file, settings):
    boundaries.install([file], settings, name="resmi")
    with pytest.raises(InputError, match="already"):
        boundaries.install([file], settings, name="resmi")


def test_nothing_is_left_where_storing_fails(file, settings, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_sync", full)
    with pytest.raises(UnavailableError, match="No space left"):
        boundaries.install([file], settings, name="resmi")
    assert boundaries.installed(settings) == []
    assert list((settings.data_dir / "boundaries").iterdir()) == []


def test_damage_is_noticed(file, settings):
    boundaries.install([file], settings, name="resmi")
    folder = settings.data_dir / "boundaries" / "resmi"
    about = json.loads((folder / "layer.json").read_text())
    (folder / "layer.json").write_text(json.dumps(about | {"version": "0" * 12}))
    with pytest.raises(InputError, match="damaged"):
        boundaries.load("resmi", settings)
    (folder / "areas.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="damaged"):
        boundaries.load("resmi", settings)
    boundaries.remove("resmi", settings)
    assert not folder.exists()


def test_layers_in_use_are_not_removed(file, settings):
    boundaries.install([file], settings, name="resmi")
    with pytest.raises(RefusedError, match="in use"):
        boundaries.remove("resmi", settings, in_use="resmi")
    with pytest.raises(RefusedError, match="ships"):
        boundaries.remove("indicative", settings)
    with pytest.raises(NotFoundError, match="no installed"):
        boundaries.remove("../var", settings)


def test_places_are_geojson(file, settings):
    boundaries.install([file], settings, name="resmi")
    text = (settings.data_dir / "boundaries" / "resmi" / "findings.geojson").read_text()
    places = json.loads(text)
    assert places["type"] == "FeatureCollection"
    assert {"kind", "code", "km2", "detail"} <= set(places["features"][0]["properties"])


def test_check_writes_the_districts(file, settings, tmp_path):
    out, places = tmp_path / "d.csv", tmp_path / "p.geojson"
    arguments = ["boundaries", "check", str(file), "--districts-csv", str(out)]
    result = CliRunner().invoke(cli, [*arguments, "--report", str(places)])
    assert result.exit_code == 0, result.output
    assert "3 regency, 52 district" in result.output
    written = pd.read_csv(out, dtype={"district_code": str, "regency_code": str})
    assert list(written) == ["district_code", "district_name", "regency_code", "area_km2"]
    assert len(written) == 52
    assert (written["district_code"].str[:5] == written["regency_code"]).all()
    assert written["area_km2"].sum() == pytest.approx(11_900, rel=0.05)
    assert json.loads(places.read_text())["features"]
    assert not (settings.data_dir / "boundaries").exists()


def test_refusal_is_one_line_and_status_one(settings, tmp_path, capfd):
    (tmp_path / "a.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    assert run(["boundaries", "check", str(tmp_path / "a.geojson")]) == 1
    said = capfd.readouterr()
    assert said.err.startswith("geo-pora: a.geojson: ")
    assert said.err.count("\n") == 1
    assert run(["boundaries", "check", str(tmp_path / "none.shp")]) == 1
    assert run(["boundaries", "check"]) == 2


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/a.zip",
        "https://localhost/a.zip",
        "https://10.0.0.8/a.zip",
        "https://192.168.1.1/a.zip",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.zip",
        "https://[::ffff:10.0.0.8]/a.zip",
        "https://[fd00::1]/a.zip",
        "https://0.0.0.0/a.zip",
        "https://2130706433/a.zip",
    ],
)
def test_private_hosts_are_not_asked(address):
    with pytest.raises(InputError, match="public host"), download.fetch(address):
        pass


@pytest.mark.parametrize(
    "address",
    ["http://example.org/a.zip", "ftp://example.org/a", "file:///etc/passwd", "https:///a"],
)
def test_only_https_is_fetched(address):
    assert download.is_address(address)
    with pytest.raises(InputError, match="only https"), download.fetch(address):
        pass


def test_addresses_with_a_password_are_refused():
    with pytest.raises(InputError, match="password") as caught, download.fetch("https://a:b@x.id/"):
        pass
    assert "a:b" not in str(caught.value)


class Answer:
    """What a server would say."""

    def __init__(self, body=b"", status=200, headers=None):
        self._body, self.status, self.length = body, status, 0
        plain = headers or {}
        self.headers = SimpleNamespace(
            get=lambda name, other="": plain.get(name, other),
            get_filename=lambda: plain.get("name"),
        )

    def read(self, count):
        part, self._body = self._body[:count], self._body[count:]
        return part


@pytest.fixture
def served(monkeypatch):
    """Answers by address instead of a network; yields them and what was asked for."""
    answers, asked = {}, []

    def connect(address):
        asked.append(address)
        if not address.startswith("https://"):
            raise InputError("only https addresses are fetched")
        return SimpleNamespace(getresponse=lambda: answers[address], close=lambda: None)

    monkeypatch.setattr(download, "_connect", connect)
    return answers, asked


def test_a_file_is_fetched_named_and_hashed(served):
    answers, _ = served
    answers["https://x.id/a%20b/desa.zip?t=1"] = Answer(b"abc" * 1000)
    with download.fetch("https://x.id/a%20b/desa.zip?t=1") as got:
        assert got.path.name == "desa.zip"
        assert got.size == 3000
        assert got.sha256 == hashlib.sha256(b"abc" * 1000).hexdigest()
    assert not got.path.exists()


def test_redirects_are_followed_and_end(served):
    answers, asked = served
    answers["https://x.id/a"] = Answer(status=302, headers={"Location": "/b.gpkg"})
    answers["https://x.id/b.gpkg"] = Answer(b"x", headers={"name": "../../evil.gpkg"})
    with download.fetch("https://x.id/a") as got:
        assert (got.address, got.path.name) == ("https://x.id/b.gpkg", "evil.gpkg")
    answers["https://x.id/c"] = Answer(status=302, headers={"Location": "https://x.id/c"})
    with pytest.raises(InputError, match="too often"), download.fetch("https://x.id/c"):
        pass
    answers["https://x.id/d"] = Answer(status=302, headers={"Location": "http://x.id/d"})
    with pytest.raises(InputError, match="only https"), download.fetch("https://x.id/d"):
        pass
    assert asked[-1] == "http://x.id/d"


def test_size_checksum_and_status_are_checked(served):
    answers, _ = served
    answers["https://x.id/a.zip"] = Answer(b"x" * 100)
    with (
        pytest.raises(InputError, match="larger than"),
        download.fetch("https://x.id/a.zip", max_bytes=99),
    ):
        pass
    answers["https://x.id/a.zip"] = Answer(b"x")
    with (
        pytest.raises(InputError, match="SHA-256"),
        download.fetch("https://x.id/a.zip", sha256="0" * 64),
    ):
        pass
    answers["https://x.id/b.zip?secret=1"] = Answer(status=404)
    with (
        pytest.raises(UnavailableError, match=r"x.id/b\.zip answers 404"),
        download.fetch("https://x.id/b.zip?secret=1"),
    ):
        pass


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch):
    found = [(socket.AF_INET, 0, 0, "", ("8.8.8.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    called = []

    def connect(address, timeout):
        called.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(ssl, "create_default_context", lambda: None)
    with (
        pytest.raises(UnavailableError, match="cannot be fetched"),
        download.fetch("https://rebinding.example/a.zip"),
    ):
        pass
    assert called == [("8.8.8.8", 443)]


def test_what_is_fetched_is_shown_and_asked_for(file, settings, served, monkeypatch):
    answers, _ = served
    address = "https://x.id/kecamatan.gpkg"
    content = file.read_bytes()
    answers[address] = Answer(content)
    result = CliRunner().invoke(cli, ["boundaries", "check", address], input="n\n")
    assert hashlib.sha256(content).hexdigest() in result.output
    assert result.exit_code == 1
    answers[address] = Answer(content)
    result = CliRunner().invoke(cli, ["boundaries", "check", address, "--yes"])
    assert result.exit_code == 0
    assert "52 district" in result.output
