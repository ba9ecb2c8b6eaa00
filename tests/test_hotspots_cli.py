"""The command writes classes alone and says what could not be seen."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import geo_pora
from geo_pora import hotspots as room
from geo_pora.cli import options
from geo_pora.cli.hotspots import hotspots, summary
from geo_pora.periods import quarter
from tests.test_hotspots_stage import AREAS, MONTHS, PERSONS, outbreak, rows


def found() -> room.HotSpots:
    return room.find(rows(outbreak(), MONTHS), PERSONS, AREAS, periods=MONTHS)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the store and the stages, and keep what the command asked of them."""
    seen: dict[str, Any] = {}

    def hot_spots(engine: Any, settings: Any, level: str, period: Any, **rest: Any) -> Any:
        seen.update(rest, level=level, period=period)
        rest["progress"](5, 10)
        return found()

    def write(result: Any, settings: Any, engine: Any, level: str, output: Path) -> None:
        result.for_release().to_csv(output, index=False)

    monkeypatch.setattr(options, "load_settings", lambda: None)
    monkeypatch.setattr(options, "open_store", lambda settings: None)
    pipeline = SimpleNamespace(
        default_period=lambda engine: quarter(2026, 1), hot_spots=hot_spots, write_hot_spots=write
    )
    monkeypatch.setattr(geo_pora, "pipeline", pipeline, raising=False)
    return seen


def test_options_reach_the_pipeline_and_the_file_holds_classes(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "titik.csv"
    words = "--level village --from 2026-01-01 --to 2026-12-31 --method scan --expected population"
    done = CliRunner().invoke(
        hotspots, [*words.split(), "--replicas", "199", "--seed", "3", "-o", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert {k: asked[k] for k in ("level", "method", "expected_from", "replicas", "seed")} == {
        "level": "village", "method": "scan", "expected_from": "population",
        "replicas": 199, "seed": 3,
    }  # fmt: skip
    assert str(asked["period"]) == "2026-01-01_2026-12-31"
    assert list(pd.read_csv(out).columns) == ["area_code", "class"]
    assert "8 times in 10" in done.output


@pytest.mark.parametrize(
    "words",
    [["-o", "x.txt"], ["-o", "x.csv", "--method", "moran"], ["-o", "x.csv", "--expected", "origin"],
     ["-o", "x.csv", "--from", "2026-01-01"], ["-o", "x.csv", "--nationality", "AAA"], []],
)  # fmt: skip
def test_wrong_words_are_refused(asked: dict[str, Any], words: list[str]) -> None:
    done = CliRunner().invoke(hotspots, words)
    assert done.exit_code == 2
    assert asked == {}


def test_summary_names_no_area_and_tells_when_there_is_too_little() -> None:
    text = " ".join(summary(found()))
    assert "16.01" not in text
    few = room.find(rows(outbreak(), MONTHS).head(1), PERSONS, AREAS, periods=MONTHS)
    assert "no test was made (data belum cukup)" in " ".join(summary(few))
    assert np.isnan(few.change)
    nobody = found()
    nobody.table["detectable_risk"] = np.inf
    assert "no excess at all" in summary(nobody)[-1]
