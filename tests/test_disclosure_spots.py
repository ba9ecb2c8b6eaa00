"""Hot-spot classes: what they tell of counts, and that a release does not let them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from disclosure_fixtures import areas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spots_fixtures import PERIOD, in_row, random_layer, row_counts, row_of, said, spots_in

from geo_pora import hotspots, periods, releases
from geo_pora.disclosure import (
    Bound,
    Counts,
    Policy,
    attack,
    bites,
    disclose_together,
    masked_classes,
)
from geo_pora.disclosure.attack import _merged, _read
from geo_pora.disclosure.cells import KEY
from geo_pora.disclosure.gate import with_margins
from geo_pora.disclosure.reading import _Reading, _Sums
from geo_pora.disclosure.spots import worded
from geo_pora.disclosure.sums import build
from geo_pora.disclosure.table import apply
from geo_pora.errors import InputError
from geo_pora.hotspots.power import critical_count, detectable_risk, informative_from
from geo_pora.releases import Spec

K = 5
RELEASE = Policy.release(K)
SPAN = [periods.parse(PERIOD)]
SLOW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Two small districts, the second and the fifth, hide each other. The first is judged with the
# second: it is "insufficient", but the last two, with 52 persons, are "none". So 60 + x persons
# are too few, and x cannot be above 3.
PERSONS = [60, 3, 1500, 1200, 4, 1200, 1625, 26, 26]
CASES = [1, 0, 16, 13, 0, 13, 17, 0, 0]
LEAKY = row_counts(in_row(PERSONS, CASES, [1, 1, 15, 15, 1, 15, 15, 1, 1]), 9)
ROW = row_of(9)


def windows_of(level):
    return hotspots.windows(ROW)


def counted(answer, by=()):
    return [
        Counts(level, answer(level, SPAN, name))
        for level in ("regency", "district")
        for name in (None, *by)
    ]


def the(tables, name="district"):
    return next(table for table in tables if table.name == name)


# What a class tells


def test_classes_masked_at_hidden_areas_alone_give_a_hidden_count_back():
    made = disclose_together(counted(LEAKY), RELEASE)
    classes = spots_in(LEAKY, ROW)
    masked = masked_classes(classes, the(made))
    assert masked["class"].tolist()[:2] == ["insufficient", "hidden"]
    assert masked["class"].tolist()[-1] == "none"
    assert not attack(made)["broken"].any()
    found = attack(made, spots=[said(masked, windows_of("district"))])
    small = found[(found["area_code"] == "16.01.02") & (found["measure"] == "persons")]
    assert tuple(small.iloc[0][["lower", "upper"]]) == (1, 3)
    assert small["broken"].all()
    assert bites(made, [said(masked, windows_of("district"))])


def test_the_gate_leaves_open_which_of_the_two_it_is_beside_a_hidden_count():
    made = disclose_together(counted(LEAKY), RELEASE)
    shown = worded(spots_in(LEAKY, ROW), the(made), windows_of("district"))
    words = shown["class"].tolist()
    assert words[:3] == ["none_or_insufficient", "hidden", "none_or_insufficient"]
    assert words[-1] == "none"
    assert not attack(made, spots=[said(shown, windows_of("district"))])["broken"].any()
    release = releases.prepare(
        Spec((PERIOD,)),
        LEAKY,
        inputs={"boundary_version": "v1"},
        hot_spots={"district": spots_in(LEAKY, ROW)},
        windows_of=windows_of,
    )
    assert release.classes["district"]["class"].tolist() == words
    found = releases.audit([release], lambda version: windows_of)
    assert not found["broken"].any()
    assert found["with_classes"].all()


def hidden_at_random(answer, chance, seed, by):
    """Tables in which counts of any size are hidden in districts, and hardly protected."""
    random = np.random.default_rng(seed)
    tables = []
    for one in with_margins(counted(answer, by)):
        counts = one.counts.drop(columns=["arrivals", "departures"])
        some = random.random((2, len(counts))) < (chance if one.level == "district" else 0)
        mask = {
            name: each & (counts[name] > 0).to_numpy(bool)
            for name, each in zip(("reports", "persons"), some, strict=True)
        }
        tables.append(apply(counts, mask, RELEASE, one.level))
    return tables


def limits(tables, spots):
    """Everything that classes tell, also what the tables say already."""
    system, space, _ = _read(tables, [])
    return _Reading(spots, system, _Sums(space)).limits()


@SLOW
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(40, 400),
    most=st.sampled_from([1, 3, 9]),
    risk=st.sampled_from([0.02, 0.1, 0.4]),
    excess=st.sampled_from([0.0, 0.5, 0.95]),
    chance=st.sampled_from([0.0, 0.1, 0.3]),
    by=st.sampled_from([(), ("status",)]),
)
def test_whatever_a_class_tells_is_true(seed, rows, most, risk, excess, chance, by):
    answer, classes, windows = random_layer(
        seed, rows, most=most, risk=risk, excess=excess, unplaced=0.1
    )
    if classes.empty:
        return
    tables = hidden_at_random(answer, chance, seed, by)
    district = the(tables)
    truth = build(with_margins(counted(answer, by)))
    where = build(_merged(tables)).cells
    for words in (classes, masked_classes(classes, district), worded(classes, district, windows)):
        for one in limits(tables, said(words, windows)):
            total = truth.value[truth.find(where.loc[one.cells])].sum()
            assert total >= one.limit if one.at_least else total <= one.limit, (one, total)


def test_every_kind_of_class_tells_something():
    """So that the test above is not one of nothing at all."""
    kinds = set()
    for seed, risk, excess, rows in ((1, 0.02, 0.9, 200), (2, 0.4, 0.0, 400), (9, 0.1, 0.9, 60)):
        answer, classes, windows = random_layer(seed, rows, most=3, risk=risk, excess=excess)
        tables = hidden_at_random(answer, 0.1, seed, ("status",))
        told = limits(tables, said(classes, windows))
        word = dict(zip(classes["area_code"], classes["class"], strict=True))
        kinds |= {
            (word.get(one.about.removeprefix("window of "), "all").rstrip("059"), one.at_least)
            for one in told
        }
    wanted = {("hot", True), ("hot", False), ("cold", True), ("none", True), ("all", True)}
    assert {*wanted, ("insufficient", False)} <= kinds


@pytest.mark.parametrize("tests", [3, 52, 728])
def test_between_too_few_and_enough_lies_what_the_statistics_say(tests):
    alpha = 0.05 / 2 / tests
    least, most = informative_from(alpha, 10)
    expected = np.geomspace(0.01, 20, 4000)
    seen = detectable_risk(expected, critical_count(expected, alpha)) <= 10
    assert not seen[expected < least].any()
    assert seen[expected > most].all()
    assert expected[seen].min() == pytest.approx(least, rel=0.01)
    assert expected[~seen].max() == pytest.approx(most, rel=0.01)


# The gate


@pytest.mark.parametrize(
    ("seed", "rows", "most", "by"),
    [(1, 150, 9, ()), (9, 60, 9, ("status",)), (15, 60, 9, ()), (25, 150, 9, ("status",))],
)
def test_no_hidden_count_of_a_random_release_is_pinned_down_by_its_classes(seed, rows, most, by):
    answer, classes, windows = random_layer(seed, rows, most=most)
    release = releases.prepare(
        Spec((PERIOD,), by=by),
        answer,
        inputs={"boundary_version": "v1"},
        hot_spots={"district": classes},
        windows_of=lambda level: windows,
    )
    words = release.classes["district"].set_index("area_code")["class"]
    rows = release.tables["district"].table.set_index("area_code")["persons_status"]
    secret = set(rows.index[rows == "hidden"])
    for code, word in words.items():
        assert (word == "hidden") or code not in secret
        if word in ("none", "insufficient"):
            assert secret.isdisjoint(windows[code])
    found = releases.audit([release], lambda version: lambda level: windows)
    assert not found["broken"].any(), found[found["broken"]].to_string()


def test_what_is_known_of_a_count_is_made_up_for_by_hiding_more():
    values = {"16.01.01": 3, "16.01.02": 4, "16.01.03": 30, "16.01.04": 90}
    table = pd.DataFrame(
        {"period": PERIOD, "area_code": list(values), "persons": list(values.values())}
    )
    plain = disclose_together([Counts("district", table)], RELEASE)
    assert the(plain).table["persons_status"].tolist() == [
        "hidden",
        "hidden",
        "published",
        "published",
    ]
    where = {"level": "district", "by": "", "class": "", "period": PERIOD, "measure": "persons"}
    cells = pd.DataFrame([{"area_code": "16.01.01", **where}])[KEY]
    bound = Bound("window of 16.01.01", cells, 3, at_least=True)
    made = disclose_together([Counts("district", table)], RELEASE, bounds=[bound], silent=plain)
    assert the(made).table["persons_status"].tolist() == ["hidden", "hidden", "hidden", "published"]
    false = replace(bound, limit=4)  # Of other reports: nothing follows.
    same = disclose_together([Counts("district", table)], RELEASE, bounds=[false], silent=plain)
    pd.testing.assert_frame_equal(the(same).table, the(plain).table)


def prepared(answer, places, by=(), earlier=(), classes=None, levels=("district",)):
    """A release of the quarter with the classes that the team sees, or others."""
    return releases.prepare(
        Spec((PERIOD,), levels, by),
        answer,
        earlier=earlier,
        inputs={"boundary_version": "v1"},
        hot_spots={"district": spots_in(answer, places) if classes is None else classes},
        windows_of=lambda level: hotspots.windows(places),
    )


def words_of(release):
    return release.classes["district"]["class"].tolist()


def test_where_a_class_bites_none_is_said_beside_any_hidden_count():
    """The first district's 8 persons are shown and its 4 reports are not, yet 2 must be cases."""
    persons, each = [8, 0, *[1200] * 14, 26, 8], [2, 1, *[15] * 14, 1, 3]
    answer = row_counts(in_row(persons, [4, 0, *[1] * 4, *[0] * 12], each), 18)
    places = row_of(18)
    made = disclose_together(counted(answer), RELEASE)
    district = the(made).table
    assert district["persons_status"].iloc[0] == "published"
    assert district["reports_status"].tolist().count("hidden") == 2
    words = worded(spots_in(answer, places), the(made), hotspots.windows(places))
    assert words["class"].iloc[0] == "hot99"
    found = attack(made, spots=[said(words, hotspots.windows(places))])
    assert set(found.loc[found["broken"], "area_code"]) == {"16.01.01", "16.01.18"}
    release = prepared(answer, places)
    assert words_of(release)[:2] == ["hidden", "hidden"]
    assert words_of(release)[-2:] == ["hidden", "hidden"]
    assert "hidden" not in words_of(release)[2:-2]
    assert not releases.audit([release], lambda version: lambda level: hotspots.windows(places))[
        "broken"
    ].any()


def test_where_that_there_are_classes_bites_there_are_none():
    """Classes tell that there are 5 cases at least: of 12 reports 3 to 7 are none."""
    answer = row_counts(in_row([4, 4, 4], [3, 3, 2], [1, 1, 1]), 3)
    assert len(spots_in(answer, row_of(3)))
    assert prepared(answer, row_of(3), ("status",)).classes == {}
    assert prepared(answer, row_of(3)).classes


def test_a_reader_who_tries_every_table_keeps_an_interval():
    """By brute force: by the statistics themselves and not by our bounds.

    The reader is even told the cases of all areas whose persons are shown.
    """
    persons, cases = [30, 3, 200, 4, *[250] * 12], [15, 1, 3, 0, *[1] * 12]
    answer = row_counts(in_row(persons, cases, [2, 1, 5, 1, *[5] * 12]), 16)
    places = row_of(16)
    release = prepared(answer, places)
    shown = release.classes["district"]
    assert words_of(release)[0].startswith("hot")
    district = release.tables["district"]
    assert np.flatnonzero(district.table["persons_status"] == "hidden").tolist() == [1, 3]
    agree = set()
    for second in range(1, 7):
        fourth = 7 - second
        for tried in product(range(second + 1), range(fourth + 1)):
            table = pd.DataFrame({"area_code": places["code"], "cases": cases})
            table["persons"] = [30, second, 200, fourth, *[250] * 12]
            table.loc[[1, 3], "cases"] = tried
            found = hotspots.find(
                table[["area_code", "cases"]], table[["area_code", "persons"]], places
            ).for_release()
            words = worded(found, district, hotspots.windows(places))
            if words["class"].equals(shown["class"]):
                agree.add(second)
                break
    assert 3 in agree
    assert max(agree) - min(agree) >= K


# Later releases


def test_what_was_said_of_a_period_is_said_again():
    """A check has cleared all cases since, and villages are told beside the districts now."""
    answer, classes, windows = random_layer(12, 90, districts=3)
    places = areas("district", districts=3)
    first = prepared(answer, places)
    assert {"hidden", "hot90", "none_or_insufficient"} <= set(words_of(first))
    calm = classes.assign(**{"class": "none"})
    again = prepared(answer, places, (), [first], calm, ("district", "village"))
    assert words_of(again) == words_of(first)
    found = releases.audit([first, again], lambda version: lambda level: windows)
    assert not found["broken"].any()
    assert found["with_classes"].all()


def test_of_a_corrected_period_something_new_may_be_said():
    located = in_row([30, 20, *[250] * 14], [15, *[1] * 15], [2, 2, *[5] * 14])
    more = pd.concat([located, located[located["district_code"] == "16.01.04"]])
    first = prepared(row_counts(located, 16), row_of(16))
    calm = spots_in(row_counts(located, 16), row_of(16)).assign(**{"class": "none"})
    again = prepared(row_counts(more, 16), row_of(16), earlier=[first], classes=calm)
    assert set(words_of(again)) == {"none"} != set(words_of(first))


def test_hot_spots_without_windows_are_refused():
    with pytest.raises(InputError, match="windows_of"):
        releases.prepare(Spec((PERIOD,)), LEAKY, inputs={}, hot_spots={"district": pd.DataFrame()})


def test_the_audit_says_where_it_could_not_read_the_classes():
    release = prepared(LEAKY, ROW)
    assert not releases.audit([release], lambda version: None)["with_classes"].any()
    release.classes.clear()
    assert releases.audit([release], lambda version: None)["with_classes"].all()


def test_the_audit_finds_classes_of_a_release_that_were_not_reworded():
    release = prepared(LEAKY, ROW)
    release.classes["district"]["class"] = masked_classes(
        spots_in(LEAKY, ROW), release.tables["district"]
    )["class"]
    assert releases.audit([release], lambda version: windows_of)["broken"].any()
    assert not releases.audit([release], lambda version: None)["broken"].any()
