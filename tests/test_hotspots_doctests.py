"""Worked numbers in the docstrings and in the method notes are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

from geo_pora import hotspots

MODULES = sorted(module.name for module in pkgutil.iter_modules(hotspots.__path__))
STATISTICS = {
    "clusters": ["st_dbscan"],
    "expected": ["scaled", "from_history", "indirect", "interpolated", "pearson_residuals"],
    "getis_ord": ["gi_star", "gi"],
    "moran": ["morans_i"],
    "multiple_testing": ["benjamini_hochberg", "spot_classes"],
    "rates": ["empirical_bayes", "empirical_bayes_index"],
    "scan": ["spatial_scan", "space_time_scan"],
    "trend": ["mann_kendall", "sens_slope", "seasonal_sens_slope", "emerging"],
}


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_module_hold(name: str) -> None:
    module = importlib.import_module(f"geo_pora.hotspots.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_every_statistic_has_a_worked_number(name: str) -> None:
    module = importlib.import_module(f"geo_pora.hotspots.{name}")
    finder = doctest.DocTestFinder()
    for function in STATISTICS[name]:
        text = getattr(module, function).__doc__
        assert "Parameters" in text
        assert any(test.examples for test in finder.find(getattr(module, function)))


def test_examples_of_the_method_notes_hold() -> None:
    notes = Path(__file__).resolve().parents[1] / "docs" / "methods.md"
    result = doctest.testfile(str(notes), module_relative=False)
    assert result.attempted >= 10
    assert result.failed == 0
