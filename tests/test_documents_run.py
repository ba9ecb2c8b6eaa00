"""The commands of the documents are run, in the order in which they stand on a page."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from geo_pora import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/reports.md", "docs/store.md")
# What a page says by way of example, as it is called here.
HERE = {"12": "1"}


def commands(page: str) -> list[list[str]]:
    """Return the words of each command in a page's blocks; the server is started elsewhere."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    ours = [line for line in words if line and Path(line[0]).name == "geo-pora"]
    return [[HERE.get(word, word) for word in line[1:]] for line in ours if line[1] != "serve"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with the files that the pages speak of."""
    reports = pd.DataFrame(
        {
            "no laporan": [f"2026-{number:03d}" for number in range(1, 21)],
            "tanggal": "2026-02-01",
            "jumlah orang": range(1, 21),
            "izin tinggal": "ITAS",
            "alamat": ["Kec. Martapura OKU Timur", "Kel. Sukaraya Kec. Baturaja Timur"] * 10,
        }
    )
    reports.to_csv(tmp_path / "laporan.csv", index=False)
    reports.to_excel(tmp_path / "laporan.xlsx", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 20))  # to what asks before it destroys
    monkeypatch.setenv("GEO_PORA_DATA_DIR", str(tmp_path / "var"))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs(page: str, folder: Path, monkeypatch, capsys) -> None:
    for agency in ("DISNAKER-OKU", "POLRES-OKU"):
        assert cli.run(["import", "laporan.csv", "--agency", agency]) == 0
    asked = commands(page)
    assert asked
    for words in asked:
        if words[0] == "restore":  # into an empty place alone
            monkeypatch.setenv("GEO_PORA_DATA_DIR", str(folder / "elsewhere"))
        status = cli.run(words)
        said = capsys.readouterr()
        assert status == 0, f"{page}: geo-pora {shlex.join(words)}: {said.err}"
        if "-o" in words:
            assert Path(words[words.index("-o") + 1]).stat().st_size, shlex.join(words)
