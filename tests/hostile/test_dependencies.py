"""The bill of materials names what is installed, and what could not be asked is said loudly."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).resolve().parents[2] / ".ci" / "audit-dependencies"


def test_the_bill_lists_every_package_that_runs(tmp_path: Path) -> None:
    output = tmp_path / "sbom.json"
    done = subprocess.run(
        [sys.executable, str(AUDIT), "--offline", "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    made = json.loads(output.read_text("utf-8"))
    assert made["bomFormat"] == "CycloneDX"
    found = {one["purl"] for one in made["components"]}
    assert len(found) == len(made["components"])
    # asked for, brought along, by an extra, and a script of the pages
    for name in ("flask", "werkzeug", "psycopg-binary", "shapely", "argon2-cffi-bindings"):
        assert f"pkg:pypi/{name}@{importlib.metadata.version(name)}" in found
    assert any(purl.startswith("pkg:npm/leaflet@") for purl in found)
    assert not any(purl.startswith("pkg:pypi/pytest") for purl in found)
    assert "SKIPPED" in done.stdout


@pytest.mark.parametrize(
    ("about", "said", "status"),
    [
        ({"skip_reason": "not found"}, "audit of 1 of 2 Python packages was SKIPPED", 0),
        ({"vulns": [{"id": "CVE-1"}]}, "flask: CVE-1", 1),
        ({"vulns": []}, "", 0),
    ],
)
def test_what_the_service_did_not_know_is_said(
    tmp_path: Path, about: dict[str, object], said: str, status: int
) -> None:
    answer = {"dependencies": [{"name": "flask", **about}, {"name": "click", "vulns": []}]}
    (tmp_path / "pip_audit.py").write_text(f"print({json.dumps(json.dumps(answer))})")
    done = subprocess.run(
        [sys.executable, str(AUDIT), "--output", str(tmp_path / "sbom.json")],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},  # no npm
    )
    assert said in done.stdout
    assert ("Python packages was SKIPPED" in done.stdout) == ("skip_reason" in about)
    assert done.returncode == status, done.stdout
