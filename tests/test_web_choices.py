"""Choices of the map: what an address may say, and what is said about the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_pora.errors import InputError
from geo_pora.periods import month, parse, quarter
from webmap import choices

DEFAULT = quarter(2026, 1)
NAMES = [
    *("level", "period", "from", "to", "measure", "show", "compare", "scheme", "classes"),
    *("breaks", "permit", "agency", "area", "nothing"),
]
VALUES = [
    *("", "x", "village", "2026-02", "2026-13", "free", "own", "natural", "5", "99", "0,5;2"),
    *("1,2,3", "-1", "nan", "1e400", "2026-01-05", "rate", "arrivals", "\x00", "ITK", "٣"),
]


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)))
def test_what_can_be_read_is_read_and_comes_back_the_same(arguments: dict[str, str]) -> None:
    choice, problem = choices.read_what_can_be(arguments, DEFAULT)
    assert isinstance(problem, str)
    try:
        assert choices.read(arguments, DEFAULT) == choice
        assert problem == ""
    except InputError:
        assert problem
        assert "\n" not in problem
    again = {**dict(choice.filters), "level": choice.level, "period": choice.period.key}
    again |= {"measure": choice.measure, "show": choice.show, "scheme": choice.scheme}
    again |= {"classes": str(choice.classes), "breaks": choices.written(choice.breaks)}
    again |= {"compare": choice.compare.key if choice.compare else ""}
    assert choices.read(again, DEFAULT) == choice


def test_one_wrong_part_costs_only_itself() -> None:
    asked = {"level": "village", "scheme": "own", "breaks": "a", "measure": "arrivals"}
    choice, problem = choices.read_what_can_be(asked, DEFAULT)
    assert (choice.level, choice.measure, choice.scheme) == ("village", "arrivals", "quantiles")
    assert "angka" in problem


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("5, 10, 20", (5, 10, 20)),
        ("5;10;20", (5, 10, 20)),
        ("20 ,5,, 5", (5, 20)),
        ("0,5; 1,5", (0.5, 1.5)),
        ("0.5, 1.5", (0.5, 1.5)),
        ("2,5;", (2.5,)),
        ("", ()),
    ],
)
def test_limits_as_people_write_them(text: str, limits: tuple[float, ...]) -> None:
    found = choices.read({"scheme": "own", "breaks": text}, DEFAULT)
    assert found.breaks == limits
    assert found.scheme == ("own" if limits else "quantiles")


def test_a_form_without_a_script_gives_a_range_in_two_parts() -> None:
    asked = {"period": "free", "from": "2026-01-05", "to": "2026-02-10"}
    assert choices.read(asked, DEFAULT).period == parse("2026-01-05_2026-02-10")
    assert choices.read({"period": "free", "from": "", "to": ""}, DEFAULT).period == DEFAULT
    with pytest.raises(InputError):
        choices.read({"period": "free", "from": "2026-02-10", "to": "2026-01-05"}, DEFAULT)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (month(2026, 1), month(2025, 12)),
        (quarter(2026, 1), quarter(2025, 4)),
        (parse("2026-03-10_2026-03-19"), parse("2026-02-28_2026-03-09")),
    ],
)
def test_the_period_before(period: object, before: object) -> None:
    assert choices.Choice("district", period).earlier == before
