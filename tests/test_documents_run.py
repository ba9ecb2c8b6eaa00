"""The commands of the documents are run, in the order in which they stand on a page.

Those of `docs/deployment.md` need a machine: `tests/deployment/test_page_is_typed.py`.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
from pathlib import Path

import boundaries_fixtures
import geopandas as gpd
import pandas as pd
import pytest

from geo_pora import cli
from geo_pora.gazetteer import Gazetteer

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/boundaries.md",
    "docs/disclosure.md",
    "docs/panduan-pengguna.md",
    "docs/privacy.md",
    "docs/reports.md",
    "docs/store.md",
)
# Commands stand in blocks, and in sentences.
TYPED = re.compile(r"```sh\n(.*?)```|`((?:\.venv/bin/)?geo-pora [^`]+)`", re.S)
# What a page says by way of example, as it is called here.
HERE = {"12": "1", "NAMA": "budi", "PERAN": "planner", "BERKAS": "batas-desa.zip"}
# What was done before a page is read.
BEFORE = {
    "docs/boundaries.md": ["boundaries", "install", "batas-desa.zip", "--name", "big-2019"],
    "docs/disclosure.md": ["release", "build"],
}


def commands(page: str) -> list[list[str]]:
    """Return the words of each command on a page; the server is started elsewhere."""
    found = TYPED.findall((ROOT / page).read_text("utf-8"))
    typed = [block or sentence.replace("\n", " ") for block, sentence in found]
    lines = "\n".join(typed).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    ours = [line for line in words if line and Path(line[0]).name == "geo-pora"]
    return [[HERE.get(word, word) for word in line[1:]] for line in ours if line[1] != "serve"]


@pytest.fixture(scope="module", name="borders")
def borders_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the areas that ship, under the names that publishers give their files."""
    folder = tmp_path_factory.mktemp("borders")
    shipped = gpd.read_parquet(ROOT / "boundaries" / "indicative.parquet")
    villages = shipped.assign(village=shipped["code"].map(Gazetteer.load().name_of))
    facts = boundaries_fixtures.facts(villages)
    big = boundaries_fixtures.big_shapefile_utm(facts, folder)
    assert big.name == "ADMINISTRASIDESA_AR_25K.zip"
    shutil.copy(big, folder / "batas-desa.zip")
    boundaries_fixtures.cod_old(facts, folder).rename(folder / "idn_adm_shp.zip")
    boundaries_fixtures.geoboundaries_districts(facts, folder)
    return folder


@pytest.fixture
def folder(tmp_path, borders, monkeypatch) -> Path:
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
    for file in borders.iterdir():
        (tmp_path / file.name).symlink_to(file)
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
    assert page not in BEFORE or cli.run(BEFORE[page]) == 0
    for words in asked:
        if words[-1] == "ID":
            capsys.readouterr()
            assert cli.run(["release", "list"]) == 0
            words[-1] = capsys.readouterr().out.split()[0]
        if words[0] == "restore":  # into an empty place alone
            monkeypatch.setenv("GEO_PORA_DATA_DIR", str(folder / "elsewhere"))
        status = cli.run(words)
        said = capsys.readouterr()
        assert status == 0, f"{page}: geo-pora {shlex.join(words)}: {said.err}"
        if "-o" in words:
            assert Path(words[words.index("-o") + 1]).stat().st_size, shlex.join(words)
