"""Exported files in programs that are not ours: GDAL's tools, LibreOffice and QGIS, headless."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from disclosure_fixtures import areas, counts_of, reports

from geo_pora import exports
from geo_pora.disclosure import Policy, disclose
from geo_pora.periods import parse

pytestmark = pytest.mark.readers
VECTORS = ("geojson", "gpkg")


@pytest.fixture(scope="module")
def disclosed():
    counts = counts_of(reports(4, 50))("district", [parse("2026-Q1")], None)
    return disclose(counts, level="district", policy=Policy.release())


@pytest.fixture(scope="module")
def files(disclosed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    for kind in exports.FORMATS:
        exports.write(disclosed, areas("district"), folder / f"table.{kind}")
    return folder


def run(*command, **more):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, **more)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("kind", VECTORS)
def test_ogrinfo_reads_every_feature_without_a_warning(kind, files, disclosed):
    done = run("ogrinfo", "-so", "-al", str(files / f"table.{kind}"))
    assert f"Feature Count: {len(disclosed.table)}" in done.stdout
    assert "persons: Integer" in done.stdout
    assert "Warning" not in done.stdout + done.stderr


@pytest.mark.parametrize("kind", VECTORS)
def test_ogr2ogr_round_trip_keeps_values(kind, files, disclosed, tmp_path):
    out = tmp_path / "again.csv"
    layer = ["district"] if kind == "gpkg" else []
    run("ogr2ogr", "-f", "CSV", str(out), str(files / f"table.{kind}"), *layer)
    found = {row["area_code"]: row for row in csv.DictReader(out.open(encoding="utf-8-sig"))}
    for row in disclosed.table.itertuples():
        again = found[row.area_code]
        assert again["persons_status"] == row.persons_status
        assert again["persons"] == ("" if row.persons_status == "hidden" else str(row.persons))


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_libreoffice_reads_numbers_and_runs_no_formula(kind, files, disclosed, tmp_path):
    run(
        "soffice",
        "--headless",
        f"-env:UserInstallation=file://{tmp_path / 'profile'}",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76",
        "--outdir",
        str(tmp_path / "out"),
        str(files / f"table.{kind}"),
    )
    rows = list(csv.DictReader((tmp_path / "out" / "table.csv").open(encoding="utf-8-sig")))
    assert [row["persons_status"] for row in rows] == disclosed.table["persons_status"].tolist()
    assert "HYPERLINK" in rows[0]["area_name"]
    shown = disclosed.table["persons"].astype(object).where(disclosed.table["persons"].notna(), "")
    assert [row["persons"] for row in rows] == [str(value) for value in shown]


QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
answer = {}
for path in sys.argv[1:]:
    layer = QgsVectorLayer(path, "table", "ogr")
    renderer = layer.renderer()
    rules = renderer.rootRule().children() if renderer and renderer.type() == "RuleRenderer" else []
    answer[path] = {
        "valid": layer.isValid(), "count": layer.featureCount(),
        "labels": [rule.label() for rule in rules],
        "filters": [bool(rule.filter()) and not rule.filter().hasParserError() for rule in rules],
        "names": [field.name() for field in layer.fields()],
    }
print(json.dumps(answer))
"""


def test_qgis_loads_counts_and_takes_the_style(files, disclosed):
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import qgis.core"], capture_output=True).returncode:
        pytest.skip("python3-qgis is not installed")
    paths = [str(files / "table.geojson"), f"{files / 'table.gpkg'}|layername=district"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": ""}
    done = run(python, "-c", QGIS, *paths, env=environment)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for path in paths:
        assert found[path]["valid"]
        assert found[path]["count"] == len(disclosed.table)
        assert "persons_status" in found[path]["names"]
    styled = found[paths[1]]
    assert "Disembunyikan" in styled["labels"]
    assert all(styled["filters"])
