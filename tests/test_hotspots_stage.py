"""The stage: from counts to one verdict per area; and what nobody can ask for."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shapely.geometry import box

from geo_pora import hotspots
from geo_pora.errors import GeoPoraError, InputError
from geo_pora.hotspots import verdicts

SIDE = 6
AREAS = gpd.GeoDataFrame(
    {
        "code": [f"16.01.{i:02d}" for i in range(SIDE**2)],
        "name": [f"Area {i}" for i in range(SIDE**2)],
        "geometry": [
            box(104 + x / 50, -4 + y / 50, 104 + (x + 1) / 50, -4 + (y + 1) / 50)
            for y in range(SIDE)
            for x in range(SIDE)
        ],
    },
    crs="EPSG:4326",
)
CODES = AREAS["code"].tolist()
MONTHS = [f"2026-{m:02d}" for m in range(1, 13)]
HOT = [0, 1, 6, 7]  # a corner of four areas
PERSONS = pd.Series(100.0, index=CODES)


def rows(table: np.ndarray, keys: list[str]) -> pd.DataFrame:
    """Return counts, area by period, as rows; zeros left out."""
    i, j = np.nonzero(table)
    return pd.DataFrame(
        {"area_code": np.array(CODES)[i], "period": np.array(keys)[j], "cases": table[i, j]}
    )


def quiet(seed: int = 0, mean: float = 0.3) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, (len(CODES), 12))


def outbreak() -> np.ndarray:
    table = quiet()
    table[HOT, 8:] += 3
    return table


@pytest.mark.parametrize("method", hotspots.METHODS)
def test_an_outbreak_is_found_by_every_method(method: Any) -> None:
    found = hotspots.find(rows(outbreak(), MONTHS), PERSONS, AREAS, method=method, periods=MONTHS)
    table = found.table.set_index("area_code")
    assert table.index.tolist() == CODES
    hot = table[table["class"].str.startswith("hot")]
    assert hot.loc[CODES[0], "class"] == "hot99"
    # A circle through the corner takes three of the four areas, or one beside them.
    assert len(set(hot.index) & {CODES[i] for i in HOT}) >= 3
    assert len(hot) <= 9
    top = hot.loc[CODES[0]]
    assert top["cases"] == outbreak()[0].sum()
    assert top["expected"] == pytest.approx(outbreak().sum() / len(CODES))
    members = top["window_areas"].split(";")
    assert CODES[0] in members
    if method != "space-time":
        assert top["window_cases"] == outbreak()[[CODES.index(m) for m in members]].sum()
        assert top["window_expected"] == pytest.approx(top["expected"] * len(members))
    assert top["p"] <= 0.01
    assert top["since"] == "2026-09" or method != "space-time"
    assert (table["class"] != "insufficient").all()


def test_space_time_forgets_what_is_over() -> None:
    table = quiet()
    table[HOT, 1:4] += 4
    cases = rows(table, MONTHS)
    over = hotspots.find(cases, PERSONS, AREAS, method="space-time", periods=MONTHS)
    assert not over.table["class"].str.startswith("hot").any()
    still = hotspots.find(cases, PERSONS, AREAS, method="scan", periods=MONTHS)
    assert still.table["class"].str.startswith("hot").any()


def test_expectation_follows_the_exposure() -> None:
    table = quiet(mean=0.2)
    table[HOT] += 1
    cases = rows(table, MONTHS)
    assert hotspots.find(cases, PERSONS, AREAS).table["class"].str.startswith("hot").any()
    exposed = PERSONS.copy()
    exposed.iloc[HOT] = 600.0
    found = hotspots.find(cases, exposed.rename("population"), AREAS, expected_from="population")
    assert not found.table["class"].str.startswith("hot").any()


def test_history_compares_areas_with_their_own_past_and_tells_the_overall_change() -> None:
    level = np.full((len(CODES), 12), 1)
    level[HOT] = 4
    past = rows(level, [m.replace("2026", "2025") for m in MONTHS])
    same = hotspots.find(
        rows(3 * level, MONTHS), past, AREAS, expected_from="history", periods=MONTHS
    )
    assert not same.table["class"].str.startswith("hot").any()
    assert same.change == pytest.approx(3, rel=0.05)
    risen = level.copy()
    risen[20:22] += 3
    more = hotspots.find(
        rows(risen, MONTHS), past, AREAS, method="scan", expected_from="history", periods=MONTHS
    )
    table = more.table.set_index("area_code")
    assert table.loc[CODES[20], "class"] == "hot99"
    assert table.loc[CODES[0], "class"] == "none"


def test_few_cases_are_not_enough_for_anybody() -> None:
    few = pd.DataFrame({"area_code": [CODES[0]], "cases": [4]})
    for method in ("gi", "scan"):
        found = hotspots.find(few, PERSONS, AREAS, method=method)  # type: ignore[arg-type]
        assert set(found.table["class"]) == {"insufficient"}
        assert not found.enough
        assert found.table["p"].isna().all()
    nothing = hotspots.find(few.head(0), PERSONS * 0, AREAS)
    assert set(nothing.table["class"]) == {"insufficient"}


def test_none_is_said_only_where_an_excess_would_have_shown() -> None:
    thin = PERSONS.copy()
    thin.iloc[-3:] = 0.5
    thin.iloc[[22, 23, 27, 28, 29]] = 0.5
    cases = pd.DataFrame({"area_code": CODES[:22], "cases": 3})
    found = hotspots.find(cases, thin, AREAS).table.set_index("area_code")
    corner = found.loc[CODES[35]]
    assert (corner["class"], corner["detectable_risk"] > 10) == ("insufficient", True)
    middle = found.loc[CODES[8]]
    assert (middle["class"], middle["detectable_risk"] < 10) == ("none", True)
    lax = hotspots.find(cases, thin, AREAS, plausible_risk=1e9).table.set_index("area_code")
    assert lax.loc[CODES[35], "class"] == "none"


def test_cases_just_as_expected_are_no_lack_of_data() -> None:
    even = pd.DataFrame({"area_code": CODES, "cases": 5})
    assert set(hotspots.find(even, PERSONS, AREAS).table["class"]) == {"none"}


def test_where_all_are_neighbours_there_is_nothing_to_compare_with() -> None:
    three = AREAS.iloc[[0, 1, 6]].reset_index(drop=True)
    cases = pd.DataFrame({"area_code": three["code"], "cases": [40, 5, 5]})
    found = hotspots.find(cases, PERSONS[three["code"]], three)
    assert set(found.table["class"]) == {"insufficient"}
    assert np.isinf(found.table["detectable_risk"]).all()
    by_scan = hotspots.find(cases, PERSONS[three["code"]], three, method="scan").table
    assert by_scan["class"].iloc[0] == "hot99"


def test_areas_where_nobody_is_are_insufficient() -> None:
    some = PERSONS.copy()
    some.iloc[30:] = 0
    cases = rows(outbreak()[:, :6] * (np.arange(36) < 30)[:, None], MONTHS[:6])
    for method in ("gi", "scan"):
        found = hotspots.find(cases, some, AREAS, method=method)  # type: ignore[arg-type]
        assert (found.table["class"].iloc[30:] == "insufficient").all()


def test_gi_raises_few_false_alarms_with_few_cases() -> None:
    rng = np.random.default_rng(7)
    share = rng.gamma(0.5, 1, len(CODES)) + 1e-3
    exposure = pd.Series(share, index=CODES)
    alarms = 0
    for _ in range(120):
        drawn = rng.multinomial(20, share / share.sum())
        cases = pd.DataFrame({"area_code": CODES, "cases": drawn})
        spots = hotspots.find(cases, exposure, AREAS).table["class"]
        alarms += bool(spots.isin(["hot95", "hot99"]).any())
    # The analytic p alone raises one in about 20 layers of every 100.
    assert alarms <= stats.binom.ppf(0.999, 120, 0.05)


def test_exact_p_is_twice_the_smaller_binomial_tail() -> None:
    p = verdicts.exact_p(np.array([0.0, 5.0, 9.0]), np.array([4.0, 5.0, 4.0]), 40)
    assert p[0] == pytest.approx(2 * 0.9**40)
    assert p[1] == 1
    assert p[2] == pytest.approx(2 * stats.binom.sf(8, 40, 0.1))


def test_the_pattern_over_time_needs_ten_periods() -> None:
    found = hotspots.find(rows(outbreak(), MONTHS), PERSONS, AREAS, periods=MONTHS).table
    assert found["pattern"].iloc[0] == "consecutive hot"
    assert found["pattern"].iloc[-1] == "no pattern"
    short = hotspots.find(rows(outbreak()[:, 6:], MONTHS[6:]), PERSONS, AREAS).table
    assert short["pattern"].isna().all()


def test_what_leaves_is_the_class_alone() -> None:
    found = hotspots.find(rows(outbreak(), MONTHS), PERSONS, AREAS)
    assert list(found.for_release().columns) == ["area_code", "class"]


def test_unplaced_cases_are_counted_and_left_out() -> None:
    cases = pd.concat(
        [
            rows(outbreak(), MONTHS),
            pd.DataFrame({"area_code": [np.nan], "period": ["2026-01"], "cases": [7]}),
        ]
    )
    found = hotspots.find(cases, PERSONS, AREAS)
    assert (found.unplaced_cases, found.total_cases) == (7, outbreak().sum())
    assert found.table["cases"].sum() == found.total_cases


def test_cases_are_what_is_open_or_proved_and_not_what_was_cleared() -> None:
    counts = pd.DataFrame(
        {
            "area_code": CODES[0],
            "period": "2026-01",
            "status": ["presence", "to_verify", "suspected", "confirmed", "cleared"],
            "reports": [100, 1, 2, 4, 1000],
            "persons": [100, 10, 20, 40, 1000],
        }
    )
    assert hotspots.cases_of(counts)["cases"].tolist() == [7]
    assert hotspots.cases_of(counts, "persons")["cases"].tolist() == [70]
    with pytest.raises(InputError, match="arrivals"):
        hotspots.cases_of(counts, "departures")  # type: ignore[arg-type]


def test_same_seed_same_answer() -> None:
    one, two = (
        hotspots.find(rows(outbreak(), MONTHS), PERSONS, AREAS, method="scan", seed=5, replicas=99)
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.table, two.table)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cases": pd.DataFrame({"area_code": ["99.99"], "cases": [9]})}, "area 99.99"),
        ({"cases": pd.DataFrame({"area_code": [CODES[0]]})}, "no column cases"),
        ({"cases": pd.DataFrame({"area_code": [CODES[0]], "cases": [-1]})}, "negative"),
        ({"cases": pd.DataFrame({"area_code": [CODES[0]], "cases": [5.5]})}, "whole number"),
        ({"cases": pd.DataFrame({"area_code": [CODES[0]], "cases": ["x"]})}, "missing or negative"),
        ({"periods": ["2031-01"]}, "not looked at"),
        ({"expected": PERSONS * 0}, "has cases but no persons"),
        ({"expected": PERSONS.head(3), "expected_from": "population"}, "population of"),
        ({"expected": pd.DataFrame({"area_code": CODES})}, "no column expected"),
        ({"expected": PERSONS, "expected_from": "history"}, "history is a table"),
        (
            {"expected": pd.DataFrame({"area_code": [], "period": [], "cases": []}),
             "expected_from": "history"},
            "later period",
        ),
        ({"method": "guess"}, "gi, scan, space-time"),
        ({"expected_from": "nationality"}, "persons, population, history"),
        ({"method": "space-time", "cases": pd.DataFrame({"area_code": [CODES[0]], "cases": [9]})},
         "2 periods"),
        ({"alpha": 0}, "between 0 and 1"),
        ({"areas": pd.concat([AREAS, AREAS.head(1)])}, "twice"),
        ({"areas": AREAS.set_crs(None, allow_override=True)}, "CRS"),
        ({"cases": rows(outbreak(), MONTHS).assign(period=np.nan)}, "without a period"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused_in_one_sentence(change: dict[str, Any], words: str) -> None:
    usual: dict[str, Any] = {"cases": rows(outbreak(), MONTHS), "expected": PERSONS, "areas": AREAS}
    with pytest.raises(InputError, match=words):
        hotspots.find(**(usual | change))


# --- never by nationality

FORBIDDEN = ("nation", "citizen", "country", "kewarganegaraan", "negara", "origin", "ethnic")


def public_functions() -> list[tuple[str, Any]]:
    found = []
    for info in pkgutil.iter_modules(hotspots.__path__):
        module = importlib.import_module(f"geo_pora.hotspots.{info.name}")
        for name, thing in inspect.getmembers(module):
            own = getattr(thing, "__module__", "").startswith("geo_pora.hotspots")
            if own and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found.append((f"{info.name}.{name}", thing))
    return found


def test_nobody_can_ask_by_nationality() -> None:
    functions = public_functions()
    assert len(functions) > 40
    for name, thing in functions:
        words = [name]
        if dataclasses.is_dataclass(thing):
            words += [field.name for field in dataclasses.fields(thing)]
        if not (inspect.isclass(thing) and issubclass(thing, GeoPoraError)):
            signature = inspect.signature(thing)
            words += list(signature.parameters)
            assert not any(
                p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()
            ), f"{name} takes any keyword"
        for word in words:
            assert not any(bad in word.lower() for bad in FORBIDDEN), f"{name}: {word}"


def test_no_column_of_the_result_and_no_option_of_the_command_names_nationality() -> None:
    from geo_pora.cli.hotspots import COMMANDS

    found = hotspots.find(rows(outbreak(), MONTHS), PERSONS, AREAS)
    options = [o for p in COMMANDS["hotspots"].params for o in (*p.opts, p.name or "")]
    choices = [str(c) for p in COMMANDS["hotspots"].params for c in getattr(p.type, "choices", ())]
    for word in (*found.table.columns, *options, *choices, *hotspots.SOURCES):
        assert not any(bad in word.lower() for bad in FORBIDDEN)


def test_a_nationality_column_in_the_input_changes_nothing() -> None:
    cases = rows(outbreak(), MONTHS)
    marked = cases.assign(nationality=np.where(np.arange(len(cases)) % 2, "AAA", "BBB"))
    pd.testing.assert_frame_equal(
        hotspots.find(cases, PERSONS, AREAS).table, hotspots.find(marked, PERSONS, AREAS).table
    )
