"""The page of the benchmarks tells what was measured: goals missed and runs that failed too."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from benchmarks import __main__ as runner
from benchmarks import report


def row(**changes: object) -> dict[str, object]:
    plain = {"name": "x", "ours": 2.0, "peer": 4.0, "ratio": 0.5, "unit": "s", "goal": None}
    return plain | changes


@pytest.mark.parametrize(
    ("goal", "better", "met"),
    [
        *((0.6, "less", True), (0.4, "less", False), (0.5, "less", True)),
        *((0.6, "more", False), (0.4, "more", True), (None, "more", None)),
        *((">= 2", "more", True), ("<= 1.5", "more", False), ("< 2", "less", False)),
        *((">= 200%", "more", True), (">= 201%", "more", False), (math.inf, "less", None)),
    ],
)
def test_a_goal_is_judged_by_its_own_sense(goal: object, better: str, met: object) -> None:
    assert report.figure(row(goal=goal), better).met is met


def test_a_row_knows_better_than_its_benchmark() -> None:
    assert report.figure(row(goal=0.6, better="less"), "more").met is True


def test_a_fast_answer_that_is_wrong_meets_no_goal() -> None:
    found = report.figure(row(goal=0.1, mismatches=3), "more")
    assert found.met is False
    assert "3 answers differ" in found.goal


def test_a_missing_value_is_never_a_goal_that_was_met() -> None:
    found = report.figure(row(ours=math.nan, ratio=None, goal=1.0), "less")
    assert found.met is False
    assert found.times_better is None
    assert report.figure(row(ours=None, goal=">= 1"), "more").met is False


def test_every_ratio_is_drawn_the_same_way_round() -> None:
    less, more = (report.figure(row(goal=0.25), better) for better in ("less", "more"))
    assert less.times_better == 2
    assert less.bound_times_better == 4
    assert more.times_better == 0.5


def test_page_and_picture() -> None:
    figures = [
        report.figure(row(name="<b> | one", goal=0.4), "less"),
        report.figure(row(name="none", ratio=None, peer=None), "less"),
    ]
    page = report.page(
        {"good": figures, "bad": "it failed: ValueError"}, {"date": "today"}, {"good": "About."}
    )
    assert "0 goals met, 1 missed, 1 benchmarks without a result" in page
    assert "**not met**" in page
    assert "**No result: it failed: ValueError**" in page
    assert "<b> \\| one" in page
    drawing = ElementTree.fromstring(report.picture(figures))
    texts = [element.text for element in drawing.iter() if element.tag.endswith("text")]
    assert "<b> | one" in texts
    assert "none" not in texts


def test_a_benchmark_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runner.BENCHMARKS, "nothing", ("more", {}))
    assert runner.in_own_process("nothing", True) == "benchmarks/nothing.py is not there"


def test_a_benchmark_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # This one measures nothing: it has no `run`.
    monkeypatch.setitem(runner.BENCHMARKS, "report", ("more", {}))
    told = runner.in_own_process("report", True)
    assert isinstance(told, str)
    assert told.startswith("it failed: ")
