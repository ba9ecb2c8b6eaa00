"""The bill of materials names what is installed, and what could not be asked is said loudly."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

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
