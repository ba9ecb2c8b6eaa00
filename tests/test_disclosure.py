"""The gate: policies, statuses, and what an attacker can work out from all that it lets through."""

from __future__ import annotations

import dataclasses
import pickle
from itertools import product

import numpy as np
import pandas as pd
import pytest
from disclosure_fixtures import REGENCIES, counts_of, reports, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geo_pora.aggregate import count
from geo_pora.disclosure import (
    Audience,
    Counts,
    Disclosed,
    Policy,
    attack,
    disclose,
    disclose_together,
    masked_classes,
)
from geo_pora.disclosure.gate import with_margins
from geo_pora.disclosure.reach import propagate
from geo_pora.disclosure.spells import kinds_of
from geo_pora.disclosure.sums import build
from geo_pora.errors import InputError, RefusedError
from geo_pora.periods import parse

K = 5
RELEASE = Policy.release(K)
MEASURES = ["reports", "persons", "arrivals", "departures"]
SLOW = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def one_measure(values, level="district", period="2026-Q1"):
    """Counts of persons by area code."""
    return pd.DataFrame(
        {"period": period, "area_code": list(values), "persons": list(values.values())}
    )


def statuses(disclosed):
    return dict(zip(disclosed.table["area_code"], disclosed.table["persons_status"], strict=True))


def by_name(found):
    return {table.name: table for table in found}


def agree_with_truth(found, counted):
    """Every shown value is the true one, every 1..k-1 is hidden, every zero is shown as zero."""
    truth = {(one.level, one.by): one.counts for one in counted}
    for table in found:
        if (table.level, table.by) not in truth:
            continue
        keys = ["period", "area_code", *([table.by] if table.by else [])]
        both = table.table.merge(truth[table.level, table.by], on=keys, suffixes=("", "_true"))
        assert len(both) == len(table.table)
        for name in table.measures:
            status, value, true = (both[f"{name}{end}"] for end in ("_status", "", "_true"))
            shown = status.isin(["published", "zero"])
            assert (value[shown] == true[shown]).all()
            assert value[~shown].isna().all()
            assert (status[true.between(1, K - 1)] == "hidden").all()
            assert (status[true == 0] == "zero").all()


# The policy


@pytest.mark.parametrize("threshold", [0, 1, 2])
def test_a_release_never_goes_below_three(threshold):
    with pytest.raises((RefusedError, InputError)):
        Policy.release(threshold)


def test_a_release_is_never_without_complementary_suppression():
    with pytest.raises(RefusedError):
        Policy(Audience.RELEASE, 5, complementary=False)


def test_policy_survives_a_manifest():
    assert Policy.from_dict(RELEASE.as_dict()) == RELEASE


# The team's view


def test_the_team_sees_exact_districts_and_no_one_or_two_of_a_village():
    values = {"16.01.01": 1, "16.01.02": 2, "16.01.03": 3, "16.01.04": 0}
    exact = disclose(one_measure(values), level="district")
    assert exact.table["persons"].tolist() == [1, 2, 3, 0]
    values = {f"{code}.2001": value for code, value in values.items()}
    village = disclose(one_measure(values), level="village")
    assert village.table["persons_status"].tolist() == ["hidden", "hidden", "published", "zero"]
    assert village.policy.hidden_label == "<3"


def test_hidden_zero_and_no_data_are_three_things():
    counts = one_measure({"16.01.01": 1, "16.01.02": 0, "16.01.03": 50, "16.01.04": 60})
    counts["persons"] = counts["persons"].astype("Int64")
    counts.loc[4] = ["2026-Q1", "16.01.05", pd.NA]
    found = statuses(disclose(counts, level="district", policy=RELEASE))
    assert (found["16.01.01"], found["16.01.02"], found["16.01.05"]) == (
        "hidden",
        "zero",
        "no_data",
    )


def test_a_hidden_value_is_not_in_the_table_at_all():
    """Whatever stands behind the mask would be in a pickle, or in Arrow's buffers."""
    worlds = [{"16.01.01": few, "16.01.02": 33 - few, "16.01.03": 300} for few in (2, 3)]
    one, other = (
        disclose(one_measure(values), level="district", policy=RELEASE).table for values in worlds
    )
    assert list(one["persons_status"]) == ["hidden", "hidden", "published"]
    assert pickle.dumps(one) == pickle.dumps(other)


# Suppression, on tables small enough to be done by hand


def test_one_small_count_takes_one_more_with_it():
    table = disclose(
        one_measure({"16.01.01": 2, "16.01.02": 30, "16.01.03": 300}),
        level="district",
        policy=RELEASE,
    )
    found = statuses(table)
    assert list(found.values()).count("hidden") == 2
    assert found["16.01.01"] == "hidden"
    assert found["16.01.02"] == "hidden"  # the cheaper of the two


def test_two_small_counts_that_cannot_cover_each_other_take_a_third():
    # 2 + 2 = 4: each could be 1 to 3 at most, narrower than the threshold.
    table = disclose(
        one_measure({"16.01.01": 2, "16.01.02": 2, "16.01.03": 30}),
        level="district",
        policy=RELEASE,
    )
    assert set(statuses(table).values()) == {"hidden"}


def test_small_counts_that_cover_each_other_take_nothing():
    values = {"16.01.01": 4, "16.01.02": 4, "16.01.03": 30}
    found = statuses(disclose(one_measure(values), level="district", policy=RELEASE))
    assert found["16.01.03"] == "published"


def test_levels_are_protected_together():
    """Alone, each level is safe; together, a district would be its regency less its villages."""
    district = one_measure({"16.01.01": 40, "16.01.02": 50})
    village = one_measure(
        {"16.01.01.2001": 3, "16.01.01.2002": 37, "16.01.02.2001": 25, "16.01.02.2002": 25}
    )
    found = by_name(
        disclose_together([Counts("district", district), Counts("village", village)], RELEASE)
    )
    assert statuses(found["village"])["16.01.01.2002"] == "hidden"
    assert statuses(found["village"])["16.01.02.2001"] == "published"
    assert not attack(list(found.values()))["broken"].any()


def test_tables_that_contradict_each_other_are_an_error():
    district = one_measure({"16.01.01": 10})
    village = one_measure({"16.01.01.2001": 30})
    with pytest.raises(InputError, match="contradict"):
        disclose_together([Counts("district", district), Counts("village", village)], RELEASE)


def test_free_ranges_are_refused():
    counts = one_measure({"16.01.01": 9}, period="2026-01-05_2026-02-10")
    with pytest.raises(RefusedError, match="fixed periods"):
        disclose(counts, level="district", policy=RELEASE)


def test_a_whole_year_is_a_fixed_period():
    counts = one_measure({"16.01.01": 9}, period="2026-01-01_2026-12-31")
    assert disclose(counts, level="district", policy=RELEASE).information_loss == 0


# The sums are those of the tables' definitions


def test_every_relation_holds_for_counted_reports():
    keys = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-Q1", "2026-Q2"]
    located = reports(1, 200)
    system = build(with_margins(tables(located, keys, by=("permit", "status"))))
    assert system.relations.shape[0] > 500
    assert np.abs(system.relations @ system.value).max() == 0
    assert system.value.min() >= 0
    kinds = set(system.cells["kind"])
    assert {"stayers", "remaining", "spell", "rest", "other months"} <= kinds


def test_no_relation_that_holds_by_definition_is_left_out():
    """A quarter of the months' identities missing would weaken gate and attack alike."""
    keys = ["2026-01", "2026-02", "2026-03", "2026-Q1"]
    system = build(with_margins(tables(reports(2, 150), keys, levels=("regency",))))
    known = system.value.copy()
    quarter = (system.cells["period"] == "2026-Q1").to_numpy() & system.in_table
    exact = quarter & (system.cells["measure"] != "reports").to_numpy()
    known[exact] = np.nan
    found = propagate(system.relations, np.where(system.in_table, known, np.nan))
    assert (found[exact] == system.value[exact]).all()


@pytest.mark.parametrize(
    "keys",
    [
        ["2026-Q1"],
        ["2026-01", "2026-03"],
        ["2026-01", "2026-02", "2026-Q1"],
        ["2026-Q1", "2026-Q2"],
    ],
)
def test_each_report_is_of_one_kind_of_spell(keys):
    """A report that is alone in its area is counted by the periods as just one kind is."""
    spans = [parse(key) for key in keys]
    kinds = kinds_of(spans)
    columns = np.stack([kinds.counted[name] for name in MEASURES], axis=1)
    alone = reports(8, 400, unplaced=0)
    alone["regency_code"] = [f"R{number}" for number in range(len(alone))]
    found = count(alone, "regency", spans)
    persons = found.groupby("area_code")["persons"].transform("max")
    found[MEASURES[1:]] = found[MEASURES[1:]].div(persons, axis=0)
    for _, rows in found.groupby("area_code"):
        counted = rows.set_index("period")[MEASURES].reindex(keys, fill_value=0).to_numpy()
        assert (columns == counted[:, :, np.newaxis]).all(axis=(0, 1)).sum() == 1


# The attack


def test_the_attack_finds_what_a_bare_threshold_leaves_open():
    counted = tables(reports(3, 150), ["2026-Q1"], levels=("regency", "district"))
    bare = []
    for one in counted:
        placed = one.counts[one.counts["area_code"].notna()]
        policy = Policy(Audience.TEAM, K, complementary=False)
        bare.append(disclose(placed, level=one.level, policy=policy))
    total = bare[0].table.groupby("period", as_index=False)[MEASURES].sum()
    assert len(total)
    assert attack(bare, threshold=K)["broken"].any()


def hand_made(level, rows, policy=RELEASE):
    """A disclosed table by hand: area, period, then a value or None per measure named."""
    table = pd.DataFrame(rows)
    for name in [one for one in MEASURES if one in table]:
        value = table[name].astype("Int64")
        shown = np.where(value.fillna(1) == 0, "zero", "published")
        table[name], table[f"{name}_status"] = value, np.where(value.isna(), "hidden", shown)
    return Disclosed(table, policy, level)


def interval(found, area, measure, period="2026-Q1"):
    at = (found["area_code"] == area) & (found["measure"] == measure) & (found["period"] == period)
    return tuple(found.loc[at, ["lower", "upper"]].iloc[0])


def test_what_is_placed_no_finer_obeys_the_same_sums():
    """Arrivals that are in no district were persons of no district too."""
    whole = [{"area_code": "16.01", "period": "2026-Q1", "persons": None, "arrivals": 6}]
    parts = [
        {"area_code": f"16.01.0{n}", "period": "2026-Q1", "persons": persons, "arrivals": 0}
        for n, persons in ((1, 9), (2, 7))
    ]
    found = attack([hand_made("regency", whole), hand_made("district", parts)])
    assert interval(found, "16.01", "persons")[0] == 9 + 7 + 6


def test_more_reports_than_the_month_before_are_arrivals():
    rows = [
        {"area_code": "16.01", "period": "2026-01", "persons": 30, "reports": 10, "arrivals": 8},
        {"area_code": "16.01", "period": "2026-02", "persons": 30, "reports": 12, "arrivals": None},
    ]
    assert interval(attack([hand_made("regency", rows)]), "16.01", "arrivals", "2026-02")[0] == 2


def test_who_arrived_in_the_quarter_had_arrived_when_the_month_counted_him():
    """Seven of seven persons of the quarter arrived in it: so did the seven of its January."""
    rows = [
        {"area_code": "16.01", "period": "2026-01", "persons": 7, "reports": 2, "arrivals": None},
        {"area_code": "16.01", "period": "2026-Q1", "persons": 7, "reports": 2, "arrivals": 7},
    ]
    assert interval(attack([hand_made("regency", rows)]), "16.01", "arrivals", "2026-01") == (7, 7)


def test_classes_of_two_kinds_are_of_the_same_spells():
    """Nobody of any permit was there in both months, so nobody of any status was."""
    months = ("2026-01", "2026-02")
    split = {
        ("permit", "ITAS"): (12, 0),
        ("permit", "ITK"): (0, 12),
        ("status", "presence"): (6, 6),
        ("status", "suspected"): (6, 6),
        ("", ""): (12, 12),
    }
    found = []
    for kind in ("", "permit", "status"):
        rows = [
            {"area_code": "16.01", "period": period, kind: name, "persons": value}
            for (by, name), values in split.items()
            if by == kind
            for period, value in zip((*months, "2026-Q1"), (*values, None), strict=True)
        ]
        found.append(dataclasses.replace(hand_made("regency", rows), by=kind or None))
    result = attack(found)
    assert result.loc[result["by"] == "status", "lower"].tolist() == [12, 12]


def test_what_months_tell_of_a_regency_is_true_of_its_quarter_in_the_districts():
    """Whoever came to the regency left it: so did whoever came to a district of it."""
    months = {"2026-01": (10, 0, 0), "2026-02": (12, 12, 12), "2026-03": (0, 0, 0)}
    months["2026-Q1"] = (22, 12, 12)
    whole = [
        {"area_code": "16.01", "period": key} | dict(zip(MEASURES[1:], values, strict=True))
        for key, values in months.items()
    ]
    parts = [
        {"area_code": f"16.01.0{n}", "period": "2026-Q1", "persons": 11, "arrivals": 6}
        | {"departures": None}
        for n in (1, 2)
    ]
    found = attack([hand_made("regency", whole), hand_made("district", parts)])
    assert interval(found, "16.01.01", "departures") == (6, 6)


@pytest.mark.parametrize("seed", range(6))
def test_what_ties_levels_and_classes_of_different_periods_is_true(seed):
    held = reports(seed, 60, districts=2, villages=2)
    counted = [
        table
        for keys, levels, by in (
            (["2026-01", "2026-02", "2026-Q1"], ("regency",), ()),
            (["2026-02", "2026-Q1", "2026-Q2"], ("district",), ("permit",)),
            (["2026-Q1"], ("village",), ()),
            (["2026-02", "2026-Q1"], ("district",), ("status",)),
        )
        for table in tables(held, keys, levels, by, districts=2, villages=2)
    ]
    placed = [Counts(one.level, one.counts[one.counts["area_code"].notna()]) for one in counted]
    once = {(one.level, one.by): one for one in placed}
    system = build(list(once.values()))
    # Were one of the sums not true, no spells would give the counts, and there would be none.
    assert (system.cells["kind"] == "spell").any()
    assert np.abs(system.relations @ system.value).max() == 0


def test_tables_counted_at_different_times_are_attacked_without_spells():
    """No reports give these counts: more arrived in the month than in its quarter.

    What does not hang on that is known all the same: the quarter has its month's persons.
    """
    rows = [
        {"area_code": "16.01", "period": "2026-01", "persons": 30, "arrivals": 20},
        {"area_code": "16.01", "period": "2026-Q1", "persons": None, "arrivals": 10},
    ]
    assert interval(attack([hand_made("regency", rows)]), "16.01", "persons")[0] == 30


# Hidden zeros

SILENT = Policy(Audience.RELEASE, K, hides_zeros=True)


def test_no_reports_are_no_persons_also_where_zeros_are_hidden():
    rows = [{"area_code": "16.01", "period": "2026-Q1", "persons": None, "reports": 0}]
    found = attack([hand_made("regency", rows, SILENT)])
    assert interval(found, "16.01", "persons") == (0, 0)
    assert found["broken"].all()


def test_a_hidden_count_may_be_zero_only_where_no_release_said_that_it_is_not():
    rows = [{"area_code": "16.01", "period": "2026-Q1", "persons": None}]
    assert interval(attack([hand_made("regency", rows, SILENT)]), "16.01", "persons")[0] == 0
    both = [hand_made("regency", rows, SILENT), hand_made("regency", rows)]
    assert interval(attack(both), "16.01", "persons")[0] == 1


def test_a_release_says_that_it_may_hide_zeros_wherever_an_earlier_one_left_that_open():
    """Of a zero or of a 2: the flag is no hint of which, and the protection may count on it."""
    for persons in (0, 2):
        values = {"16.01.01": persons, "16.01.02": 30}
        earlier = hand_made(
            "district",
            [{"area_code": code, "period": "2026-Q1", "persons": None} for code in values],
            SILENT,
        )
        again = Counts("district", one_measure(values))
        found = by_name(disclose_together([again], RELEASE, earlier=[earlier]))
        assert set(statuses(found["district"]).values()) == {"hidden"}
        assert found["district"].policy.hides_zeros


def test_the_attack_agrees_with_brute_force():
    """All whole tables of a 3 x 2 table with margins, counted one by one."""
    rng = np.random.default_rng(0)
    for _ in range(6):
        inside = rng.integers(1, 9, (3, 2))
        hidden = rng.random((3, 2)) < 0.7
        codes = ["16.01.01", "16.01.02", "16.01.03"]
        split = pd.DataFrame(
            [("2026-Q1", codes[i], "ab"[j], inside[i, j]) for i, j in product(range(3), range(2))],
            columns=["period", "area_code", "permit", "persons"],
        )
        whole = split.groupby(["period", "area_code"], as_index=False)["persons"].sum()
        totals = split.groupby(["period", "permit"], as_index=False)["persons"].sum()
        totals.insert(1, "area_code", "total")
        found = attack(
            [
                _shown(split, "district", hidden.ravel()),
                _shown(whole, "district", np.zeros(3, bool)),
                _shown(totals, "total", np.zeros(2, bool)),
            ],
            threshold=50,  # so wide that no search ends before the end of an interval
        )
        found = found[found["kind"] == "table"].set_index(["area_code", "class"])
        low, high = _brute_force(inside, hidden)
        for (i, j), wanted in np.ndenumerate(hidden):
            if wanted:
                row = found.loc[(codes[i], "ab"[j])]
                assert row["lower"] == low[i, j]
                assert row["upper"] == high[i, j]


def _shown(counts, level, hidden):
    from geo_pora.disclosure.table import apply

    return apply(counts, {"persons": hidden}, Policy(Audience.TEAM, 2, complementary=False), level)


def _brute_force(inside, hidden):
    """Least and greatest value of every hidden cell over all tables with the same margins.

    Children may fall short of the total of their class (reports that were placed no finer),
    but never of the area's own sum over classes.
    """
    low, high = np.full(inside.shape, 99), np.zeros(inside.shape, int)
    options = [
        range(1, 17) if h else (v,) for v, h in zip(inside.ravel(), hidden.ravel(), strict=True)
    ]
    for first in product(options[0], options[2], options[4]):
        table = np.column_stack([first, inside.sum(axis=1) - first])
        fits = all(value in options[2 * i + j] for (i, j), value in np.ndenumerate(table))
        if fits and (table.sum(axis=0) <= inside.sum(axis=0)).all():
            low, high = np.minimum(low, table), np.maximum(high, table)
    return low, high


CASES = [
    (["2026-Q1"], (), ("regency", "district", "village")),
    (["2026-Q1", "2026-Q2"], (), ("regency", "district")),
    (["2026-01", "2026-02", "2026-03", "2026-Q1"], (), ("regency", "district")),
    (["2026-Q1"], ("status",), ("regency", "district")),
]


@pytest.mark.parametrize(("keys", "by", "levels"), CASES)
@SLOW
@given(seed=st.integers(0, 10_000), rows=st.integers(3, 60), most=st.sampled_from([1, 3, 12]))
def test_no_hidden_count_of_random_reports_is_pinned_down(keys, by, levels, seed, rows, most):
    counted = tables(
        reports(seed, rows, districts=2, villages=2, most=most),
        keys,
        levels,
        by,
        districts=2,
        villages=2,
    )
    found = disclose_together(counted, RELEASE)
    agree_with_truth(
        found, [Counts(one.level, one.counts[one.counts["area_code"].notna()]) for one in counted]
    )
    result = attack(found, seed=1)
    assert not result["broken"].any(), result[result["broken"]].to_string()


def test_a_second_attacker_written_apart_finds_nothing_either():
    """Plain linear programs over sums of areas and classes, without our own system of cells."""
    keys, by = ["2026-Q1"], ("status",)
    found = disclose_together(tables(reports(12, 90), keys, ("regency", "district"), by), RELEASE)
    for measure in MEASURES:
        cells, known = {}, {}
        for table in found:
            for row in table.table.to_dict("records"):
                key = (row["area_code"], row[table.by] if table.by else "")
                cells[key] = len(cells)
                if pd.notna(row[measure]):
                    known[cells[key]] = float(row[measure])
        equal, below = [], []
        for (area, group), number in cells.items():
            parts = [n for (a, g), n in cells.items() if group == "" and a == area and g != ""]
            if parts:
                equal.append((number, parts))
            inner = [n for (a, g), n in cells.items() if g == group and _parent(a) == area]
            if inner:
                below.append((number, inner))
        _assert_wide(cells, known, equal, below)


@pytest.mark.parametrize(
    ("seed", "rows", "keys"),
    [
        # Pairs of periods alone left 16 persons in all to be found here.
        (36, 18, ["2026-01", "2026-02", "2026-Q1"]),
        (4, 30, ["2026-Q1", "2026-Q2"]),
    ],
)
def test_a_reader_with_an_unknown_for_each_spell_finds_nothing(seed, rows, keys):
    """Months of beginning and of end for each place, solved for all at once, written apart."""
    few = reports(seed, rows, most=2, districts=2)
    counted = tables(few, keys, ("regency", "district"), districts=2)
    found = disclose_together(counted, RELEASE)
    assert not any(table.policy.hides_zeros for table in found)
    spans = [(parse(key).first.month, parse(key).last.month) for key in keys]
    months = range(7)  # 0: before them all; 7: after
    spells = [(b, e, s) for b in months for e in range(max(b, 1), 8) for s in (0, 1)]
    counts = {
        "persons": lambda b, e, s, first, last: b <= last and e >= first,
        "arrivals": lambda b, e, s, first, last: first <= b <= last,
        "departures": lambda b, e, s, first, last: s and first <= e <= last,
    }
    counts["reports"] = counts["persons"]
    districts = next(table for table in found if table.level == "district").table["area_code"]
    places = [*dict.fromkeys(districts), *(f"{code}.rest" for code in REGENCIES)]
    unknowns = {
        key: number
        for number, key in enumerate(product(places, spells, ("reports", "further persons")))
    }
    rows_of, values = [], []
    for table in found:
        for row in table.table.to_dict("records"):
            inside = [p for p in places if row["area_code"] in ("total", p, _parent(p))]
            first, last = spans[keys.index(row["period"])]
            for measure, is_counted in counts.items():
                kinds = ("reports",) if measure == "reports" else ("reports", "further persons")
                sums = np.zeros(len(unknowns))
                for place, spell, kind in product(inside, spells, kinds):
                    sums[unknowns[place, spell, kind]] = is_counted(*spell, first, last)
                rows_of.append(sums)
                values.append(row[measure])
    sums = np.array(rows_of)
    hidden = np.array([pd.isna(value) for value in values])
    known = np.array([value for value in values if not pd.isna(value)], dtype=float)
    least = -np.ones(hidden.sum())
    assert hidden.any()
    for wanted in sums[hidden]:
        ends = []
        for sign in (1, -1):
            # Cut off so high that only what is settled ends below.
            solved = linprog(
                sign * wanted,
                np.vstack([-sums[hidden], wanted]),
                np.append(least, 500),
                sums[~hidden],
                known,
            )
            assert solved.status == 0
            ends.append(sign * solved.fun)
        assert ends[1] - ends[0] >= K - 1e-6


def _parent(area):
    if area == "total":
        return None
    return "total" if area.count(".") == 1 else area.rpartition(".")[0]


def _assert_wide(cells, known, equal, below):
    def rows(found):
        matrix = np.zeros((len(found), len(cells)))
        for row, (whole, parts) in enumerate(found):
            matrix[row, whole] = -1
            matrix[row, parts] = 1
        return matrix

    bounds = [(known[n], known[n]) if n in known else (1, 500) for n in range(len(cells))]
    for number in (n for n in range(len(cells)) if n not in known):
        ends = []
        for sign in (1, -1):
            cost = np.zeros(len(cells))
            cost[number] = sign
            solved = linprog(
                cost, rows(below), np.zeros(len(below)), rows(equal), np.zeros(len(equal)), bounds
            )
            assert solved.status == 0
            ends.append(sign * solved.fun)
        assert ends[1] - ends[0] >= K - 1e-6


def test_change_and_rates_of_shown_counts_need_no_hidden_one():
    """A derived figure exists only where its count is shown: nothing else is in the table."""
    found = disclose_together(tables(reports(5, 80), ["2026-Q1", "2026-Q2"]), RELEASE)
    for table in found:
        for name in table.measures:
            hidden = table.table[f"{name}_status"] == "hidden"
            assert table.table.loc[hidden, name].isna().all()


def test_the_same_tables_are_hidden_the_same_way_every_time():
    counted = tables(reports(6, 90), ["2026-Q1"])
    first, again = (disclose_together(counted, RELEASE) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one.table, other.table)


def test_little_is_hidden_where_counts_are_large():
    counted = tables(reports(7, 900, most=30), ["2026-Q1"], ("regency", "district"))
    found = by_name(disclose_together(counted, RELEASE))
    assert found["district"].information_loss < 0.05
    assert found["regency"].information_loss == 0


def test_hot_spot_classes_of_hidden_areas_are_hidden():
    table = disclose(
        one_measure({"16.01.01": 2, "16.01.02": 30, "16.01.03": 90}),
        level="district",
        policy=RELEASE,
    )
    classes = pd.DataFrame({"area_code": ["16.01.01", "16.01.02", "16.01.03"], "class": "hot99"})
    assert masked_classes(classes, table)["class"].tolist() == ["hidden", "hidden", "hot99"]


def test_the_gate_is_closed_for_team_tables_published_together():
    counts = counts_of(reports(1, 20))("district", [parse("2026-Q1")], None)
    with pytest.raises(RefusedError):
        disclose_together([Counts("district", counts)], Policy.team("district"))
