"""What a check does to the next computation, and what counts over several months."""

from __future__ import annotations

import datetime as dt
from typing import Any

import patrol_fixtures as patrol
import pytest
import web_fixtures as web

from geo_pora import boundaries, pipeline, settings, store
from geo_pora.periods import Period, month, parse
from geo_pora.pipeline.hot_spots import Cases
from geo_pora.store import checks

WIB = dt.timezone(dt.timedelta(hours=7))
QUARTER = parse(patrol.PERIOD)


@pytest.fixture
def own(tmp_path):
    return settings.load(data_dir=tmp_path / "var")


@pytest.fixture
def engine(own):
    own.data_dir.mkdir()
    opened = store.open(own.database_url)
    patrol.add_cases(opened)
    yield opened
    store.close(opened)


def check(engine: Any, outcome: str, day: dt.date, code: str = patrol.HOT) -> None:
    checks.record(
        engine,
        idempotency_key=f"{code}-{outcome}-{day}",
        area_code=code,
        period=patrol.PERIOD,
        hot_spot_key="k",
        outcome=outcome,
        actor="patroli",
        checked_at=dt.datetime.combine(day, dt.time(9), WIB),
    )


def cases(engine: Any, own: Any, level: str, code: str, period: Period = QUARTER) -> int:
    found = pipeline.hot_spots(engine, own, level, period, layer=boundaries.indicative())
    table = found.table.set_index("area_code")["cases"]
    return int(table[table.index.str.startswith(code)].sum())


@pytest.mark.parametrize("outcome", checks.CLEARING)
@pytest.mark.parametrize("level", ["regency", "district", "village"])
def test_cleared_cases_stop_counting_at_every_level(engine, own, outcome, level):
    code = patrol.HOT if level != "regency" else patrol.HOT[:5]
    before = cases(engine, own, level, code)
    check(engine, outcome, dt.date(2026, 5, 11))
    assert before - cases(engine, own, level, code) == 60


@pytest.mark.parametrize("outcome", ["follow_up", "handed_over"])
def test_other_outcomes_leave_the_cases_counting(engine, own, outcome):
    check(engine, outcome, dt.date(2026, 5, 11))
    assert cases(engine, own, "district", patrol.HOT) == 60


def test_only_what_had_begun_by_the_day_of_the_check_is_cleared(engine, own):
    patrol.add_cases(engine, number=2, day="2026-05-20", cases=7)
    check(engine, "nothing", dt.date(2026, 5, 10))
    assert cases(engine, own, "district", patrol.HOT) == 7
    check(engine, "clarified", dt.date(2026, 5, 20))
    assert cases(engine, own, "district", patrol.HOT) == 0


def test_a_check_does_not_clear_the_neighbours(engine, own):
    check(engine, "nothing", dt.date(2026, 5, 30), code="16.01.14")
    assert cases(engine, own, "district", patrol.HOT) == 60


def test_kinds_of_cases_add_up_to_the_cases(engine, own):
    layer = boundaries.indicative()
    check(engine, "nothing", dt.date(2026, 5, 9))  # the day before any of them began
    for by in ("status", "activity", "permit"):
        kinds = pipeline.case_kinds(engine, layer, "district", QUARTER, by)
        assert kinds.loc[kinds["area_code"] == patrol.HOT, "cases"].sum() == 60
    activity = pipeline.case_kinds(engine, layer, "district", QUARTER, "activity")
    found = activity[activity["area_code"] == patrol.HOT].set_index("activity")["cases"]
    assert found.to_dict() == {"tourism": 30, "work": 30}


def test_a_stay_over_a_month_end_is_one_event_of_the_month_it_began_in(engine):
    patrol.add_cases(engine, number=3, day="2026-05-29", cases=11)  # until 3 June
    layer = boundaries.indicative()
    counted = Cases(engine, layer.areas("district"), "district")
    months = [month(2026, 4), month(2026, 5), month(2026, 6)]

    def of(table):
        own = table[table["area_code"] == patrol.HOT].set_index("period")["cases"]
        return [int(own.get(m.key, 0)) for m in months]

    assert of(counted.present(months)) == [0, 71, 11]
    assert of(counted.begun(months)) == [0, 71, 0]


def test_since_is_told_by_month(engine, own):
    web.fill(engine)
    patrol.add_cases(engine, number=4, day="2026-06-02", cases=40)
    found = pipeline.hot_spots(engine, own, "district", QUARTER, layer=boundaries.indicative())
    hot = found.table.set_index("area_code").loc[patrol.HOT]
    assert hot["class"].startswith("hot")
    assert hot["since"] == "2026-05"
