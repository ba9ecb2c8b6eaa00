"""The store's counts equal a plain recount, whatever happened to the reports before."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_fixtures import AGENCY, in_review, located, put_in, stored

from geo_pora import aggregate, periods, store
from geo_pora.errors import InputError, RefusedError
from geo_pora.periods import Period
from geo_pora.settings import load as load_settings
from geo_pora.store import (
    agencies,
    aliases,
    batches,
    clock,
    cube,
    database,
    ingest,
    layers,
    months,
    named_periods,
    population,
    queries,
    retention,
    review,
)
from geo_pora.store.queries import Filters

pytest_plugins = ["store_engines"]

DAY = dt.timedelta(days=1)
MONTHS = [periods.month(2024, m) for m in (1, 2, 12)]
MIXED = [
    periods.quarter(2024, 1),
    Period(dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
    Period(dt.date(2023, 6, 15), dt.date(2025, 1, 3)),
    Period(dt.date(2024, 1, 31), dt.date(2024, 2, 1)),
]


def recounted(reports, level, asked, by=None, filters=None):
    """Count the plain way; sorted and typed as `queries.counts` answers."""
    for column, codes in (filters.by_column() if filters else {}).items():
        reports = reports[reports[column].isin(codes)]
    return _sorted(aggregate.count(reports, level, asked, by), by)


def _sorted(table, by):
    keys = ["period", "area_code", *([by] if by else [])]
    order = table.astype({"area_code": "str"}).fillna({"area_code": ""}).sort_values(keys).index
    return table.loc[order].reset_index(drop=True).astype(dict.fromkeys(keys, "str"))


def assert_counts(engine, reports, level, asked, by=None, filters=None):
    answered = queries.counts(engine, level, asked, by, filters or Filters())
    expected = recounted(reports, level, asked, by, filters)
    pd.testing.assert_frame_equal(_sorted(answered, by), expected)


@pytest.mark.parametrize("level", ["regency", "district", "village"])
@pytest.mark.parametrize("by", [None, "permit", "activity", "status", "agency"])
def test_counts_equal_a_recount(engine, level, by):
    reports = located(500, seed=3)
    put_in(engine, reports, chunk=64)
    for asked in (MONTHS, MIXED, MONTHS + MIXED):
        assert_counts(engine, reports, level, asked, by)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(permits=("ITAS",)),
        Filters(activities=("work", "study"), statuses=("suspected",)),
        Filters(agencies=(AGENCY,), permits=("ITK", "BVK")),
        Filters(agencies=("NOBODY",)),
        Filters(permits=("no such permit",)),
    ],
    ids=str,
)
def test_filtered_counts_equal_a_recount(engine, filters):
    reports = located(400, seed=4)
    put_in(engine, reports)
    for level, by in itertools.product(("district", "village"), (None, "permit", "status")):
        assert_counts(engine, reports, level, MONTHS + MIXED, by, filters)


def test_unplaced_reports_are_counted_without_an_area(engine):
    reports = located(60, seed=5)
    reports.loc[:9, "village_code"] = np.nan
    reports.loc[:4, ["district_code", "regency_code"]] = np.nan
    put_in(engine, reports)
    for level in aggregate.LEVELS:
        assert_counts(engine, reports, level, MONTHS + MIXED)
        assert_counts(engine, reports, level, MIXED, "permit")
    unplaced = queries.counts(engine, "village", [Period(dt.date(2020, 1, 1), dt.date(2030, 1, 1))])
    assert unplaced.loc[unplaced["area_code"].isna(), "reports"].item() == 10


def test_a_span_without_an_end_lasts_until_the_report_and_departs_never(engine):
    one = located(1, from_date="2024-02-27", reported_on="2024-03-02", to_date=pd.NaT, persons=4)
    put_in(engine, one)
    days = [Period(d, d) for d in pd.date_range("2024-02-26", "2024-03-03").date]
    answer = queries.counts(engine, "regency", days).set_index("period")
    assert answer["persons"].tolist() == [4] * 5, "27, 28 and 29 February, 1 and 2 March"
    assert answer["arrivals"].tolist() == [4, 0, 0, 0, 0]
    assert answer["departures"].sum() == 0


def test_leap_day_is_a_day_of_february(engine):
    put_in(engine, located(1, from_date="2024-02-29", to_date="2024-02-29", persons=2))
    answer = queries.counts(engine, "district", [periods.month(2024, m) for m in (2, 3)])
    assert answer["period"].tolist() == ["2024-02"]
    assert answer[["reports", "persons", "arrivals", "departures"]].iloc[0].tolist() == [1, 2, 2, 2]


def test_spans_far_apart_cost_nothing(engine):
    """A typing error such as the year 9999 is counted, not unrolled month by month."""
    reports = located(
        2, from_date=["1901-01-01", "2024-05-05"], to_date=["9999-12-31", "2024-05-06"]
    )
    put_in(engine, reports)
    with store.database.reading(engine) as connection:
        assert len(months.read(connection, "village").month) <= 4
    asked = [periods.month(1901, 1), periods.month(2024, 5), periods.month(9999, 12)]
    assert_counts(engine, reports, "village", asked)
    assert_counts(engine, reports, "village", asked, "permit")


def test_totals_of_an_older_store_are_taken_over(tmp_path):
    """The table of monthly totals as it was until revision 0002."""
    url = f"sqlite:///{tmp_path}/old.sqlite"
    engine = store.open(url, migrate=False)
    database.upgrade(engine, "0002")
    rows = [
        ("village", 648, "16.01.07.2001", 2, 5, 1, 4, 4),
        ("village", 649, "16.01.07.2001", 0, 0, 1, 1, 0),
        ("village", 649, "", 0, 0, 0, 0, 0),
        ("regency", 648, "16.01", 2, 5, 1, 4, 4),
        ("regency", 649, "16.01", 0, 0, 1, 1, 0),
    ]
    with engine.begin() as connection:
        for row in rows:
            connection.exec_driver_sql(f"INSERT INTO monthly VALUES {row}")
    store.close(engine)
    engine = store.open(url)
    asked = [periods.month(2024, m) for m in (1, 2, 3)]
    answer = queries.counts(engine, "village", asked)
    assert answer.to_numpy().tolist() == [
        ["2024-01", "16.01.07.2001", 2, 5, 5, 4],
        ["2024-02", "16.01.07.2001", 1, 1, 0, 0],
    ]
    assert queries.counts(engine, "district", asked).empty
    assert [p.key for p in queries.months_with_reports(engine)] == ["2024-01"]
    store.close(engine)


def test_no_reports_no_rows(engine):
    for by in (None, "status"):
        table = queries.counts(engine, "district", MONTHS, by)
        assert table.empty
        assert table.columns.tolist() == [
            "period",
            "area_code",
            *([by] if by else []),
            "reports",
            "persons",
            "arrivals",
            "departures",
        ]
        assert str(table["reports"].dtype) == "int64"
    assert queries.counts(engine, "district", []).empty
    assert queries.months_with_reports(engine) == []
    assert queries.latest_period(engine) is None


def test_unknown_levels_and_classes_are_refused(engine):
    with pytest.raises(InputError, match="level"):
        queries.counts(engine, "province", MONTHS)
    with pytest.raises(InputError, match="cannot count by 'nationality'"):
        queries.counts(engine, "district", MONTHS, "nationality")


def test_months_with_reports_are_those_in_which_spans_begin(engine):
    put_in(engine, located(3, from_date=["2024-02-29", "2024-02-01", "2025-12-31"], to_date=pd.NaT))
    assert [p.key for p in queries.months_with_reports(engine)] == ["2024-02", "2025-12"]
    assert queries.latest_period(engine) == periods.month(2025, 12)


def test_another_process_sees_new_counts_at_once(database_url, engine):
    """What one process keeps in memory is never older than the store."""
    other = store.open(database_url)
    reports = located(40, seed=1)
    put_in(engine, reports)
    assert_counts(other, reports, "village", MIXED, "permit")
    more = located(40, seed=2, first=100)
    summary = put_in(engine, more)
    assert_counts(other, pd.concat([reports, more]), "village", MIXED, "permit")
    batches.undo(engine, summary.batch_id, "tester")
    assert_counts(other, reports, "village", MIXED, "permit")
    store.close(other)


def test_segments_merge_and_stay_few(engine):
    for number in range(40):
        put_in(engine, located(5, seed=number, first=10 * number))
    assert len(stored(engine, "id", "cube_segments")) <= 8


def test_large_changes_are_cut_into_segments(engine, monkeypatch):
    monkeypatch.setattr(cube, "_LARGEST_SEGMENT", 50)
    reports = located(300, seed=9)
    put_in(engine, reports)
    sizes = stored(engine, "cells", "cube_segments")["cells"]
    assert len(sizes) > 3
    assert sizes.max() <= 50
    assert_counts(engine, reports, "village", MIXED, "status")
    with store.database.writing(engine) as connection:
        cube.compact(connection)
    assert_counts(engine, reports, "village", MIXED, "status")


def test_the_data_version_changes_with_the_figures_and_with_nothing_else(engine):
    known = [queries.data_version(engine)]
    for change in (
        lambda: put_in(engine, located(3)),
        lambda: put_in(engine, located(0), pd.DataFrame({"row_number": [2], "reason": ["no"]})),
        lambda: batches.undo(engine, 1, "tester"),
        lambda: layers.use(engine, "official", "v2"),
        lambda: agencies.put(engine, "BNN", "Badan Narkotika Nasional", "tester"),
        lambda: named_periods.put(engine, "masa kampanye", MONTHS[0], "tester"),
        lambda: named_periods.remove(engine, "masa kampanye", "tester"),
        lambda: population.install(
            engine, pd.DataFrame({"area_code": ["16.01"], "inhabitants": [9]}), 2024, "tester"
        ),
    ):
        change()
        known.append(queries.data_version(engine))
    assert len(set(known)) == len(known)
    aliases.add(engine, "Simpang Tiga", "16.01", "tester")
    put_in(engine, located(2, seed=8), dry_run=True)
    queries.counts(engine, "district", MONTHS, "permit")
    retention.run(engine, dt.date(2024, 1, 1), load_settings(), apply=True)
    assert queries.data_version(engine) == known[-1]


# The property: any history of changes leaves the counts equal to a recount.


@dataclass
class Version:
    row: pd.Series
    stated_by: list[int]


@dataclass
class Model:
    """What should be in the store, kept the simplest way."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    received: dict[int, dt.date] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    reduced: list[pd.Series] = field(default_factory=list)
    frozen: set[int] = field(default_factory=set)

    def current(self) -> pd.DataFrame:
        return pd.DataFrame([v[-1].row for v in self.versions.values()], columns=COLUMNS)

    def counted(self) -> pd.DataFrame:
        frame = pd.DataFrame([*self.current().to_dict("records"), *self.reduced], columns=COLUMNS)
        for name in ("reported_on", "from_date", "to_date"):
            frame[name] = pd.to_datetime(frame[name])
        return frame


COLUMNS = located(1).columns.tolist()
CONTENT = ["reported_on", "from_date", "to_date", "persons", "permit", "status"]
PLACES = [
    ("16.01.07.2001", "16.01.07", "16.01"),
    ("16.01.07.2002", "16.01.07", "16.01"),
    ("16.08.02.2001", "16.08.02", "16.08"),
    (np.nan, "16.08.02", "16.08"),
]
days = st.integers(0, 70).map(lambda n: dt.date(2023, 12, 20) + n * DAY)
rows = st.tuples(
    st.integers(0, 7),  # report_id
    days,
    st.integers(-2, 40),
    st.none() | st.integers(0, 60),
    st.integers(1, 3),
    st.sampled_from(["ITAS", "ITK"]),
    st.sampled_from(["presence", "suspected"]),
    st.sampled_from(PLACES),
    st.booleans(),  # to review
)


class Histories(RuleBasedStateMachine):
    """Imports, revisions, undoing, erasing, retention, re-geocoding and review in any order."""

    imports = Bundle("imports")

    @initialize()
    def begin(self):
        self.engine, self.finish = self.new_engine()
        self.model = Model()
        self.figures_of = {}
        self.now = dt.datetime(2024, 6, 1, 3, tzinfo=dt.UTC)
        self.real_now, clock.now = clock.now, lambda: self.now

    def teardown(self):
        if hasattr(self, "engine"):
            clock.now = self.real_now
            store.close(self.engine)
            self.finish()

    @rule(
        target=imports,
        rows=st.lists(rows, max_size=6, unique_by=lambda r: r[0]),
        wait=st.integers(0, 400),
    )
    def import_(self, rows, wait):
        self.now += wait * DAY
        frame = self._frame(rows)
        done = put_in(self.engine, frame)
        if done.already_imported:
            return multiple()
        model = self.model
        model.received[done.batch_id] = clock.day_of(self.now)
        for _, row in frame.iterrows():
            key = row["report_id"]
            if key in model.erased:
                continue
            versions = model.versions.setdefault(key, [])
            if versions and _same(versions[-1].row, row):
                versions[-1].stated_by.append(done.batch_id)
            else:
                versions.append(Version(row, [done.batch_id]))
        return done.batch_id

    def _frame(self, rows):
        base = located(len(rows), location_text=np.nan, latitude=np.nan, longitude=np.nan)
        parts = []
        for number, row in enumerate(rows):
            report, begin, lag, length, persons, permit, status, place, doubtful = row
            one = base.iloc[[number]].assign(
                report_id=f"R{report}",
                reported_on=pd.Timestamp(begin) + lag * DAY,
                from_date=pd.Timestamp(begin),
                to_date=pd.NaT if length is None else pd.Timestamp(begin) + length * DAY,
                persons=persons,
                permit=permit,
                activity="work",
                status=status,
                nationality="CHN",
                village_code=place[0],
                district_code=place[1],
                regency_code=place[2],
            )
            parts.append(in_review(one) if doubtful else one)
        return pd.concat(parts, ignore_index=True) if parts else base

    @rule(batch=consumes(imports))
    def undo(self, batch):
        if batch in self.model.frozen:
            with pytest.raises(RefusedError, match="reduced to counts"):
                batches.undo(self.engine, batch, "tester")
            return
        batches.undo(self.engine, batch, "tester")
        for key, versions in list(self.model.versions.items()):
            for version in versions:
                version.stated_by = [b for b in version.stated_by if b != batch]
            self._keep(key, [v for v in versions if v.stated_by])

    def _keep(self, key, versions):
        if versions:
            self.model.versions[key] = versions
        else:
            del self.model.versions[key]

    @precondition(lambda self: self.model.versions)
    @rule(data=st.data())
    def erase(self, data):
        key = data.draw(st.sampled_from(sorted(self.model.versions)))
        retention.erase(self.engine, AGENCY, key, "tester")
        del self.model.versions[key]
        self.model.erased.add(key)

    @rule(age=st.integers(0, 500))
    def retain(self, age):
        class Limits:
            text_retention_days = 30
            report_retention_days = max(age, 30)

        today = clock.day_of(self.now) + DAY
        retention.run(self.engine, today, Limits, apply=True)
        model = self.model
        old = {
            b for b, d in model.received.items() if d <= today - Limits.report_retention_days * DAY
        }
        for key, versions in list(model.versions.items()):
            *earlier, last = versions
            if set(last.stated_by) <= old:
                model.reduced.append(last.row.to_dict())
                model.frozen.add(min(last.stated_by))
                model.erased.add(key)
                del model.versions[key]
            else:
                self._keep(key, [v for v in earlier if not set(v.stated_by) <= old] + [last])

    @rule(data=st.data())
    def relocate(self, data):
        for chunk in queries.stored_locations(self.engine, 3):
            place = data.draw(st.sampled_from(PLACES))
            codes = dict(zip(["village_code", "district_code", "regency_code"], place, strict=True))
            moved = chunk.assign(**codes, review_reason=np.nan, boundary_version="v2")
            ingest.relocate(self.engine, moved, "v2", "tester")
            for key in chunk["report_id"]:
                row = self.model.versions[key][-1].row
                for name, code in codes.items():
                    row[name] = code

    @rule(place=st.sampled_from(PLACES), data=st.data())
    def resolve(self, place, data):
        waiting = review.queue(self.engine)
        if waiting.empty:
            return
        number = data.draw(st.integers(0, len(waiting) - 1))
        code = next(c for c in place if isinstance(c, str))
        assert review.resolve(self.engine, int(waiting["key"][number]), code, "tester") == 1
        row = self.model.versions[waiting["report_id"][number]][-1].row
        row["village_code"], row["district_code"], row["regency_code"] = place

    @invariant()
    def counts_equal_a_recount(self):
        if not hasattr(self, "model"):
            return
        asked = [
            periods.month(2024, 1),
            periods.quarter(2024, 1),
            Period(dt.date(2024, 1, 9), dt.date(2024, 2, 3)),
        ]
        reports = self.model.counted()
        for level in ("district", "village"):
            assert_counts(self.engine, reports, level, asked[:2])
            assert_counts(self.engine, reports, level, asked, "status")
        assert_counts(self.engine, reports, "regency", asked, None, Filters(permits=("ITK",)))

    @invariant()
    def one_data_version_stands_for_one_table_of_figures(self):
        if not hasattr(self, "model"):
            return
        always = Period(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
        figures = queries.counts(self.engine, "village", [always, MIXED[3]], "status")
        version = queries.data_version(self.engine)
        pd.testing.assert_frame_equal(self.figures_of.setdefault(version, figures), figures)

    @invariant()
    def reports_are_the_last_versions(self):
        if not hasattr(self, "model"):
            return
        names = ["report_id", *CONTENT, "village_code", "district_code", "regency_code"]
        found = stored(self.engine, ", ".join(names)).sort_values("report_id")
        expected = self.model.current()[names].sort_values("report_id")
        pd.testing.assert_frame_equal(
            found.astype("str").reset_index(drop=True),
            expected.astype("str").reset_index(drop=True),
        )


def _same(one, other):
    return all(
        one[name] == other[name] or (pd.isna(one[name]) and pd.isna(other[name]))
        for name in CONTENT
    )


def _run(machine, examples):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_history_on_sqlite_counts_as_a_recount(tmp_path):
    empty = tmp_path / "empty.sqlite"
    store.close(store.open(f"sqlite:///{empty}"))

    class OnSqlite(Histories):
        def new_engine(self):
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            shutil.copy(empty, folder / "copy.sqlite")
            return store.open(f"sqlite:///{folder}/copy.sqlite"), lambda: shutil.rmtree(folder)

    _run(OnSqlite, 20)


@pytest.mark.postgres
def test_any_history_on_postgresql_counts_as_a_recount(server, template):
    class OnPostgresql(Histories):
        def new_engine(self):
            url = server.new_database(template)
            return store.open(url), lambda: server.drop_database(url)

    _run(OnPostgresql, 5)
