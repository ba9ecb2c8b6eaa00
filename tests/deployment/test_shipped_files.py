"""What an operator copies is right: units, timers, environment, compose file, the page itself."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from geo_pora.cli import cli
from geo_pora.errors import InputError
from geo_pora.settings import Settings
from webmap import config

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "docs" / "deployment"
PAGE = ROOT / "docs" / "deployment.md"
UNITS = sorted((SHIPPED / "systemd").iterdir())
TEXTS = [PAGE, *(file for file in SHIPPED.rglob("*") if file.is_file())]


def unit(file: Path) -> dict[str, dict[str, list[str]]]:
    """Return the values of a unit by section and name; a name may come more than once."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in file.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"GEO_PORA_([A-Z_]+)", file.read_text())) - {"CONFIG"}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_every_command_that_is_named_exists(file: Path) -> None:
    commands = re.findall(
        r"(?:^|bin/|`)geo-pora ((?:[a-z]+ ?)+)", file.read_text(), flags=re.MULTILINE
    )
    for words in commands:
        names = words.split()
        command = cli.get_command(None, names[0])  # type: ignore[arg-type]
        assert command is not None, f"geo-pora {words}"
        if hasattr(command, "commands") and len(names) > 1:
            assert names[1] in command.commands, f"geo-pora {words}"


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_units_run_what_exists_without_rights(file: Path) -> None:
    found = unit(file)
    if file.suffix == ".timer":
        assert found["Timer"]["Persistent"] == ["yes"]
        assert file.with_suffix(".service").exists()
        return
    service = found["Service"]
    for name, value in (
        ("User", "geo_pora"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
    ):
        assert service[name] == [value], name
    for command in service["ExecStart"]:
        program = command.split()[0]
        if program.startswith("/opt/geo-pora/docs/"):
            program = str(ROOT / program.removeprefix("/opt/geo-pora/"))
            assert os.access(program, os.X_OK)


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("NO SYSTEMD-ANALYZE ON THIS MACHINE: the units are not verified")
    for file in UNITS:
        text = re.sub(r"=/opt/geo-pora/\S+", "=/bin/true", file.read_text())
        (tmp_path / file.name).write_text(text)
    names = [file.name.replace("@", "@8001") for file in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    # Of other units on the machine it may complain.
    complaints = [line for line in done.stderr.splitlines() if "geo-pora" in line]
    assert complaints == []


def test_each_process_of_the_proxy_has_its_unit_on_the_page() -> None:
    ports = re.findall(r"127\.0\.0\.1:(\d+)", (SHIPPED / "nginx" / "servers.conf").read_text())
    assert len(ports) == 2
    for port in ports:
        assert f"geo-pora@{port}" in PAGE.read_text()


def test_the_environment_is_taken_by_production(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("[all]\n" + (SHIPPED / "environment").read_text())
    for name, value in parser["all"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GEO_PORA_DATA_DIR", str(tmp_path))
    found = Settings()
    assert found.mode == "production"
    assert found.proxies == 1
    assert config.flask_config(found)["SESSION_COOKIE_SECURE"]
    with pytest.raises(InputError, match="HTTPS"):
        config.flask_config(found.model_copy(update={"public_url": "http://pora.example"}))


def test_the_compose_file_hangs_together() -> None:
    found = yaml.safe_load((SHIPPED / "compose.yaml").read_text())
    services = found["services"]
    assert {"database", "app-1", "app-2", "proxy"} <= set(services)
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert source == "./tls" or (SHIPPED / source).exists(), f"{name}: {source}"
            else:
                assert source in found["volumes"], f"{name}: {source}"
        for needed in service.get("depends_on", {}):
            assert needed in services
        # Nothing but the proxy can be reached from outside, or reach outside.
        assert ("ports" in service) == (name == "proxy")
        assert (service["networks"] == ["inside"]) == (name != "proxy")
    assert found["networks"]["inside"]["internal"] is True
    servers = found["configs"]["servers"]["content"]
    assert re.findall(r"server (\S+):8000", servers) == ["app-1", "app-2"]


def test_the_image_copies_what_exists() -> None:
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), flags=re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    assert re.search(r"^USER geo_pora$", dockerfile(), flags=re.MULTILINE)


def dockerfile() -> str:
    return (SHIPPED / "Dockerfile").read_text()


def backup(folder: Path, data: Path, path: Path, *days: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SHIPPED / "backup"), str(folder), *days],
        env={"PATH": f"{path}:{os.environ['PATH']}", "GEO_PORA_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(name="command")
def command_fixture(tmp_path: Path) -> Path:
    """A folder with a command `geo-pora` that writes its last argument, or fails on demand."""
    program = tmp_path / "bin" / "geo-pora"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ ! -e "$GEO_PORA_DATA_DIR/broken" ] || exit 1\necho x > "$2"\n')
    program.chmod(0o700)
    return program.parent


def test_a_backup_removes_only_old_backups(tmp_path: Path, command: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "backups"
    data.mkdir()
    folder.mkdir()
    (data / "secret_key").write_text("x" * 40)
    old = time.time() - 40 * 86_400
    for name in ("geo-pora-1.sqlite", "geo-pora-1.tar.gz", "notes.txt"):
        (folder / name).write_text("old")
        os.utime(folder / name, (old, old))
    done = backup(folder, data, command, "30")
    assert done.returncode == 0, done.stderr
    left = {file.suffix for file in folder.iterdir()}
    assert left == {".sqlite", ".gz", ".txt"}
    assert not (folder / "geo-pora-1.sqlite").exists()
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.glob("geo-pora-*"))


def test_a_backup_that_fails_removes_nothing(tmp_path: Path, command: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "backups"
    data.mkdir()
    folder.mkdir()
    (data / "broken").touch()
    old = folder / "geo-pora-1.sqlite"
    old.write_text("the last good one")
    os.utime(old, (0, 0))
    assert backup(folder, data, command).returncode != 0
    assert old.exists()
