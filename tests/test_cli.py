"""The command: every word of the surface works, and bad input ends in one clear line."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import lxml.html
import pandas as pd
import pytest
from gunicorn.app.base import BaseApplication

from geo_pora import cli

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in a fresh data directory; returns status, stdout and stderr."""
    monkeypatch.setenv("GEO_PORA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        status = cli.run([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture
def laporan(tmp_path):
    path = tmp_path / "laporan.csv"
    path.write_text(
        "report_id;tanggal;jumlah;lintang;bujur;alamat;izin tinggal\n"
        "1;2026-01-05;3;-4,1261;104,1691;;ITAS\n"
        "2;2026-02-05;6;;;Kec. Martapura Kab. OKU Timur;KITAS\n"
        "3;2026-02-07;1;;;Jl. Lintas Sumatera;BVK\n"
        "4;2026-02-30;1;-4,12;104,17;;BVK\n"
    )
    return path


COMMANDS = sorted(cli._COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    status, out, err = run(command, "--help")
    assert status == 0
    assert out.startswith("Usage: geo-pora")
    assert not err


@pytest.mark.parametrize(
    "command", ["geocode", "import", "aggregate", "map", "export", "serve", "demo", "hotspots"]
)
def test_help_has_an_example(run, command):
    assert f"geo-pora {command}" in run(command, "--help")[1].split("Options:")[-1]


def test_the_main_job_by_command(run, laporan, tmp_path):
    status, out, _ = run("import", laporan, "--agency", "POLRES-OKU", "--rejected", "tolak.xlsx")
    assert status == 0
    assert out.splitlines()[0] == "read 4 = located 2 + review 1 + rejected 1"
    assert (tmp_path / "tolak.xlsx").exists()
    asked = ["--from", "2026-01-01", "--to", "2026-03-31"]
    status, _, _ = run("aggregate", "--level", "district", *asked, "--by", "permit", "-o", "a.csv")
    assert status == 0
    counted = pd.read_csv(tmp_path / "a.csv", dtype={"area_code": "str"})
    assert counted["persons"].sum() == 10
    assert counted.loc[counted["area_code"] == "16.08.01", "persons"].sum() == 6
    assert counted.loc[counted["area_code"].isna(), "persons"].sum() == 1
    assert run("map", "--level", "district", *asked, "-o", "peta.html")[0] == 0
    page = (tmp_path / "peta.html").read_text()
    assert "Martapura" in page
    assert "Batas indikatif" in page
    loaded = lxml.html.fromstring(page).xpath("//@src | //link/@href | //@srcset")
    assert not loaded, "the page loads something from elsewhere"
    assert run("export", "districts", "--format", "geojson", *asked, "-o", "d.geojson")[0] == 0
    features = json.loads((tmp_path / "d.geojson").read_text())["features"]
    shown = {f["properties"]["area_code"]: f["properties"] for f in features}
    assert len(shown) >= 52
    assert shown["16.01.14"]["persons"] is None, "3 persons are too few to leave the team"
    assert shown["16.01.14"]["persons_status"] == "hidden"
    assert shown["16.09.01"]["persons"] == 0


def test_without_dates_the_last_full_quarter_with_reports_is_taken(run, laporan):
    run("import", laporan, "--agency", "POLRES-OKU")
    assert "2026-Q1" in run("aggregate", "-o", "a.csv")[1]


def test_a_second_import_changes_nothing_and_a_dry_run_stores_nothing(run, laporan):
    assert run("import", laporan, "--agency", "POLRES-OKU", "--dry-run")[1].startswith("read 4")
    assert run("import", laporan, "--agency", "POLRES-OKU")[1].startswith("read 4")
    assert "nothing changed" in run("import", laporan, "--agency", "POLRES-OKU")[1]


def test_rejected_rows_are_fixed_and_imported_again(run, laporan, tmp_path):
    run("import", laporan, "--agency", "POLRES-OKU", "--rejected", "tolak.xlsx")
    table = pd.read_excel(tmp_path / "tolak.xlsx", dtype="str", engine="openpyxl")
    assert table["Baris"].tolist() == ["5"]
    table["tanggal"] = "2026-02-28"
    table.to_excel(tmp_path / "betul.xlsx", index=False)
    status, out, _ = run("import", tmp_path / "betul.xlsx", "--agency", "POLRES-OKU")
    assert status == 0
    assert out.startswith("read 1 = located 1 + review 0 + rejected 0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["geocode", "nothing.csv", "-o", "out.csv"], "nothing.csv"),
        (["geocode", "empty.csv", "-o", "out.csv"], "empty"),
        (["geocode", "picture.csv", "-o", "out.csv"], "picture"),
        (["geocode", "columns.csv", "-o", "out.csv"], "columns.csv"),
        (["geocode", "good.csv", "-o", "out.txt"], ".geojson"),
        (["geocode", "good.csv", "-o", "no/such/folder/out.csv"], "folder"),
        (["geocode", "good.csv", "-o", "out.csv", "--boundaries", "columns.csv"], "columns.csv"),
        (["geocode", "good.csv", "-o", "out.csv", "--boundaries", "nowhere"], "nowhere"),
        (["import", "good.csv", "--agency", "POLRES-MARS"], "POLRES-MARS"),
        (["import", ".", "--agency", "POLRES-OKU"], "not a file"),
        (["boundaries", "use", "nowhere"], "nowhere"),
        (["map", "--from", "2026-01-03", "--to", "2026-02-09", "-o", "m.html"], "month"),
        (["restore", "nothing.backup"], "nothing.backup"),
    ],
)
def test_bad_input_ends_with_status_1_and_one_line(run, tmp_path, words, said):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (tmp_path / "columns.csv").write_text("a,b\n1,2\n")
    (tmp_path / "good.csv").write_text("report_id,alamat\n1,Kec. Martapura\n")
    status, _, err = run(*words)
    assert status == 1
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["geocode"],
        ["import", "x.csv"],
        ["aggregate", "--level", "planet", "-o", "a.csv"],
        ["aggregate", "--from", "2026-01-01", "-o", "a.csv"],
        ["aggregate", "--by", "nationality", "-o", "a.csv"],
        ["map", "--from", "yesterday", "-o", "a.html"],
    ],
)
def test_a_command_written_wrongly_ends_with_status_2(run, words):
    status, _, err = run(*words)
    assert status == 2
    assert "Traceback" not in err


def test_a_data_directory_that_cannot_be_made_is_named(run, laporan, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GEO_PORA_DATA_DIR", str(tmp_path / "file" / "var"))
    status, _, err = run("import", laporan, "--agency", "POLRES-OKU")
    assert status == 1
    assert "GEO_PORA_DATA_DIR" in err


def test_a_port_in_use_is_said(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = run("serve", "--port", port)
    assert status == 1
    assert str(port) in err
    assert "--port" in err


def test_services_of_one_user_share_no_control_socket(run, monkeypatch):
    started = []
    monkeypatch.setattr(BaseApplication, "run", lambda self: started.append(self.cfg))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert run("serve", "--port", port)[0] == 0
    assert started[0].control_socket_disable


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "geo_pora", "--version"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout.startswith("geo-pora, version")


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    command = f"{shlex.quote(sys.executable)} -m geo_pora --help | head -1"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert not done.stderr


def test_a_demonstration_is_loaded_once_and_never_over_reports(run, laporan):
    assert run("import", laporan, "--agency", "DISNAKER-OKU")[0] == 0
    before = run("batches", "list")[1]
    status, out, err = run("demo", "--once")
    assert (status, err) == (0, "")
    assert "left alone" in out
    assert run("batches", "list")[1] == before


def test_a_demonstration_that_was_interrupted_is_loaded_to_its_end(run, monkeypatch):
    from geo_pora.pipeline import intake

    imported, made = intake.import_file, intake.demo.write_files
    monkeypatch.setattr(intake.demo, "write_files", lambda *a, **k: made(*a, **k)[:3])
    files = iter([imported, imported])
    monkeypatch.setattr(intake, "import_file", lambda *a, **k: next(files, _stopped)(*a, **k))
    assert run("demo", "--once")[0] == 1
    assert run("batches", "list")[1].count("DEMO-") == 2
    monkeypatch.setattr(intake, "import_file", imported)
    assert "left alone" not in run("demo", "--once")[1]
    assert run("batches", "list")[1].count("DEMO-") == 3
    assert "left alone" in run("demo", "--once")[1]


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
