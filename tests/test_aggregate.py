"""Counts per area and period: the definition that every figure rests on."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_pora import aggregate
from geo_pora.errors import InputError
from geo_pora.periods import Period, month, quarter

VILLAGES = ["16.01.07.2001", "16.01.07.2002", "16.08.02.2001"]
AREAS = pd.DataFrame(
    {"code": ["16.01.07", "16.08.02", "16.09.01"], "name": list("ABC"), "area_km2": [10.0, 20, 5]}
)


def reports(*rows: dict) -> pd.DataFrame:
    """Make located reports; `at` is a village, district or regency code or None."""
    made = []
    for row in rows:
        code = row.get("at")
        depth = 0 if code is None else code.count(".")
        made.append(
            {
                "reported_on": pd.Timestamp(row.get("reported", row["first"])),
                "from_date": pd.Timestamp(row["first"]),
                "to_date": pd.Timestamp(row["last"]) if row.get("last") else pd.NaT,
                "persons": row.get("persons", 1),
                "village_code": code if depth == 3 else None,
                "district_code": code[:8] if depth >= 2 else None,
                "regency_code": code[:5] if depth >= 1 else None,
                "permit": row.get("permit", "ITAS"),
            }
        )
    return pd.DataFrame(made).astype(
        dict.fromkeys(("village_code", "district_code", "regency_code", "permit"), "str")
    )


def one(table: pd.DataFrame, code: str | None = "16.01.07") -> dict:
    found = table[table["area_code"].isna() if code is None else table["area_code"] == code]
    assert len(found) == 1
    return found.iloc[0][list(aggregate.MEASURES)].to_dict()


def test_a_span_counts_in_every_period_it_overlaps_and_arrives_once():
    located = reports(
        {"at": VILLAGES[0], "first": "2026-01-31", "last": "2026-03-01", "persons": 4}
    )
    january, february, march = (
        one(aggregate.count(located, "district", [month(2026, number)])) for number in (1, 2, 3)
    )
    assert january == {"reports": 1, "persons": 4, "arrivals": 4, "departures": 0}
    assert february == {"reports": 1, "persons": 4, "arrivals": 0, "departures": 0}
    assert march == {"reports": 1, "persons": 4, "arrivals": 0, "departures": 4}
    assert aggregate.count(located, "district", [month(2026, 4)]).empty


def test_without_an_end_presence_is_attested_until_the_day_of_the_report():
    located = reports({"at": VILLAGES[0], "first": "2025-06-01", "reported": "2026-01-05"})
    assert one(aggregate.count(located, "district", [month(2026, 1)]))["persons"] == 1
    assert aggregate.count(located, "district", [month(2026, 2)]).empty
    planned = reports({"at": VILLAGES[0], "first": "2026-03-01", "reported": "2026-01-05"})
    assert one(aggregate.count(planned, "district", [month(2026, 3)]))["arrivals"] == 1
    assert one(aggregate.count(planned, "district", [month(2026, 3)]))["departures"] == 0


def test_rows_not_placed_at_the_level_are_counted_as_unplaced():
    located = reports(
        {"at": VILLAGES[0], "first": "2026-01-01"},
        {"at": "16.01.07", "first": "2026-01-01"},
        {"at": None, "first": "2026-01-01", "persons": 7},
    )
    village = aggregate.count(located, "village", [month(2026, 1)])
    assert one(village, None)["persons"] == 8
    assert one(aggregate.count(located, "district", [month(2026, 1)]), None)["persons"] == 7


def test_complete_adds_zeros_and_keeps_unknown_areas():
    located = reports(
        {"at": "16.08.02", "first": "2026-01-01"}, {"at": "16.99.01", "first": "2026-01-01"}
    )
    periods = [month(2026, 1), month(2026, 2)]
    table = aggregate.complete(aggregate.count(located, "district", periods), AREAS, periods)
    assert len(table) == 2 * 3 + 1
    assert table["persons"].sum() == 2
    assert one(table[table["period"] == "2026-02"], "16.08.02")["persons"] == 0
    assert table.iloc[-1]["area_code"] == "16.99.01"


def test_nationality_is_no_dimension():
    with pytest.raises(InputError, match="nationality"):
        aggregate.count(reports({"first": "2026-01-01"}), "district", [], "nationality")


days = st.dates(dt.date(2025, 11, 1), dt.date(2026, 5, 1))


@st.composite
def located_reports(draw):
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        first = draw(days)
        rows.append(
            {
                "at": draw(st.sampled_from([*VILLAGES, "16.08.02", "16.09", None])),
                "first": str(first),
                "last": draw(
                    st.none() | st.just(str(first + dt.timedelta(draw(st.integers(0, 90)))))
                ),
                "reported": str(draw(days)),
                "persons": draw(st.integers(1, 30)),
                "permit": draw(st.sampled_from(["ITAS", "BVK"])),
            }
        )
    return reports(*rows)


@given(located_reports(), st.sampled_from(aggregate.LEVELS), st.sampled_from([None, "permit"]))
def test_sums_over_areas_and_unplaced_equal_the_reports(located, level, by):
    period = quarter(2026, 1)
    table = aggregate.complete(aggregate.count(located, level, [period], by), AREAS, [period], by)
    present = [
        row.persons
        for row in located.itertuples()
        if row.from_date.date() <= period.last
        and (row.to_date if pd.notna(row.to_date) else max(row.reported_on, row.from_date)).date()
        >= period.first
    ]
    assert table["persons"].sum() == sum(present)
    assert table["reports"].sum() == len(present)


@given(located_reports())
def test_arrivals_and_departures_add_up_over_time_and_presence_follows_from_them(located):
    """Present in a day = all who came so far less all who left before."""
    year = Period(dt.date(2025, 11, 1), dt.date(2026, 12, 31))
    months = [month(2025, 11), month(2025, 12), *(month(2026, n) for n in range(1, 13))]
    whole = aggregate.count(located, "regency", [year])
    parts = aggregate.count(located, "regency", months)
    for measure in ("arrivals", "departures"):
        assert whole[measure].sum() == parts[measure].sum()
    assert whole["persons"].sum() <= parts["persons"].sum()
