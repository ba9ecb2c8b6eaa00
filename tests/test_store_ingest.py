"""Import: all or nothing, never twice, nothing lost; and what is kept of a row."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from store_fixtures import AGENCY, day, in_review, located, put_in, stored

from geo_pora import periods, store
from geo_pora.errors import InputError, NotFoundError, RefusedError
from geo_pora.store import (
    aliases,
    audit,
    batches,
    clock,
    coverage,
    ingest,
    layers,
    queries,
    review,
    staging,
)

pytest_plugins = ["store_engines"]

REJECTED = pd.DataFrame(
    {
        "row_number": [7, 9],
        "column": ["tanggal", np.nan],
        "reason": ["31/02/2024 is no day", "the row is empty"],
        "jumlah": [3, np.nan],
        "kecamatan": ["Muaradua", np.nan],
    }
)


def sums(done):
    assert done.read == done.located + done.review + done.rejected
    assert done.located + done.review == done.new + done.revised + done.unchanged + done.erased
    return done


def test_read_is_located_review_and_rejected(engine):
    reports = pd.concat([located(6), in_review(located(3, first=6))], ignore_index=True)
    done = sums(put_in(engine, reports, REJECTED, chunk=4))
    assert (done.read, done.located, done.review, done.rejected) == (11, 6, 3, 2)
    assert done.new == 9
    assert done.persons == reports["persons"].sum()
    assert len(stored(engine)) == 9
    shown = batches.show(engine, done.batch_id)
    assert (shown["read"], shown["rejected"], shown["actor"]) == (11, 2, "tester")
    assert sum(month["reports"] for month in shown["months"]) == 9


def test_a_report_is_kept_as_the_design_says(engine):
    report = located(
        1, latitude=-4.1234567, longitude=104.7654321, coordinates_text="-4.1234567, 104.7654321",
        visa_index="C1", accommodation="hotel", candidates="16.01.01.2001:0.9", nationality="CHN",
        report_id="A\0 1", location_text="Jl. Melati 1",
    )  # fmt: skip
    put_in(engine, report)
    row = stored(engine).iloc[0]
    assert (row["latitude"], row["longitude"]) == (-4.123, 104.765)
    assert row["coordinates_text"] is None
    assert row["candidates"] is None, "nothing is left to choose for a located report"
    assert row["location_text"] == "Jl. Melati 1"
    assert row["report_id"] == "A 1"
    for name in ("reported_on", "from_date", "persons", "nationality", "permit", "visa_index"):
        assert row[name] == report[name][0], name


def test_the_text_of_undecided_coordinates_is_kept_at_three_decimals(engine):
    doubtful = in_review(
        located(1, latitude=np.nan, longitude=np.nan, coordinates_text="-4,1234567 ; 104.7654321")
    )
    put_in(engine, doubtful)
    assert stored(engine)["coordinates_text"][0] == "-4,123 ; 104.765"


def test_the_same_file_twice_changes_nothing(engine):
    reports = located(20)
    first = put_in(engine, reports, sha256="a" * 64)
    assert ingest.already_imported(engine, "a" * 64, AGENCY).batch_id == first.batch_id
    assert ingest.already_imported(engine, "a" * 64, "OTHER") is None
    again = put_in(engine, reports, sha256="a" * 64)
    assert again.already_imported
    assert (again.batch_id, again.imported_at) == (first.batch_id, first.imported_at)
    assert len(batches.list(engine)) == 1
    batches.undo(engine, first.batch_id, "tester")
    assert ingest.already_imported(engine, "a" * 64, AGENCY) is None
    assert not put_in(engine, reports, sha256="a" * 64).already_imported


def test_rows_sent_again_are_ignored_revised_or_new(engine):
    reports = located(10)
    put_in(engine, reports)
    changed = reports.iloc[3:8].copy()
    changed.loc[[5, 6], "persons"] += 1
    second = sums(put_in(engine, pd.concat([changed, located(2, first=50)], ignore_index=True)))
    assert (second.unchanged, second.revised, second.new) == (3, 2, 2)
    current = stored(engine).set_index("report_id")
    assert len(current) == 12
    assert current.loc["R5", ["revision", "batch_id"]].tolist() == [2, second.batch_id]
    history = stored(engine, table="revisions")
    assert sorted(history["persons"]) == sorted(reports.loc[[5, 6], "persons"])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("persons", 77), ("to_date", pd.Timestamp("2029-01-01")), ("to_date", pd.NaT),
        ("status", "cleared"), ("location_text", "Jl. Lain"), ("nationality", np.nan),
        ("latitude", -4.5), ("visa_index", "C1"), ("accommodation", "hotel"),
        ("reported_on", pd.Timestamp("2031-01-01")),
    ],
)  # fmt: skip
def test_any_change_of_content_is_a_revision(engine, column, value):
    report = located(1, from_date="2024-01-01", to_date="2024-02-01")
    put_in(engine, report)
    changed = report.copy()
    changed[column] = pd.Series([value], dtype="str" if isinstance(value, str) else None)
    assert put_in(engine, changed).revised == 1
    assert put_in(engine, changed).unchanged == 1


def test_what_the_geocoder_says_is_not_content(engine):
    report = located(1)
    put_in(engine, report)
    elsewhere = report.assign(village_code="16.08.01.2001", confidence=0.5, boundary_version="v9")
    finer = elsewhere.assign(
        latitude=report["latitude"].round(3), longitude=report["longitude"].round(3)
    )
    assert put_in(engine, elsewhere).unchanged == 1
    assert put_in(engine, finer).unchanged == 1
    assert stored(engine)["village_code"][0] == report["village_code"][0]


def test_a_report_id_twice_in_one_file_is_rejected_unless_it_says_the_same(engine):
    report = located(1)
    other = report.assign(persons=report["persons"] + 1, row_number=40)
    same = report.assign(row_number=41)
    done = sums(put_in(engine, pd.concat([report, other, same], ignore_index=True), chunk=1))
    assert (done.new, done.unchanged, done.rejected) == (1, 1, 1)
    rejected = batches.rejected(engine, done.batch_id)
    assert rejected["row_number"].tolist() == [40]
    assert "same report_id" in rejected["reason"][0]
    assert stored(engine)["persons"].tolist() == report["persons"].tolist()


def test_two_agencies_may_use_the_same_report_id(engine):
    put_in(engine, located(1))
    put_in(engine, located(1, agency="POLRES", seed=1), agency="POLRES")
    assert len(stored(engine)) == 2


def test_another_agencys_rows_are_refused_whole(engine):
    mixed = pd.concat([located(3), located(1, agency="POLRES", first=9)], ignore_index=True)
    with pytest.raises(InputError, match="row 2 is a report of agency POLRES"):
        put_in(engine, mixed, chunk=2)
    assert stored(engine).empty
    assert batches.list(engine).empty


@pytest.mark.parametrize(
    "broken",
    [
        {"persons": 0},
        {"persons": 2**31},
        {"report_id": np.nan},
        {"from_date": pd.NaT},
        {"to_date": "1999-01-01"},
    ],
    ids=str,
)
def test_rows_that_break_the_contract_are_refused(engine, broken):
    with pytest.raises(InputError, match="row 2 "):
        put_in(engine, located(1, **broken))


def test_an_error_while_reading_stores_nothing(engine):
    importing = ingest.importing(
        engine, agency=AGENCY, actor="x", file_name="f", sha256="s", boundary_version=None
    )
    with pytest.raises(ZeroDivisionError), importing as writer:  # noqa: PT012
        writer.add(located(5))
        raise ZeroDivisionError
    assert stored(engine).empty
    with pytest.raises(InputError, match="known only when"):
        writer.summary  # noqa: B018
    assert put_in(engine, located(5)).new == 5, "the connection is as good as new"


@pytest.mark.parametrize("at", ["summarise", "insert", "commit"])
def test_an_error_at_any_step_stores_nothing(engine, at):
    put_in(engine, located(5))
    before = {
        t: len(stored(engine, table=t)) for t in ("reports", "batches", "month_totals", "audit_log")
    }

    def fail(step):
        if step == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_in(engine, located(9, seed=8, first=3), REJECTED, checkpoint=fail)
    assert before == {t: len(stored(engine, table=t)) for t in before}
    assert sums(put_in(engine, located(9, seed=8, first=3))).read == 9


def test_a_dry_run_tells_and_stores_nothing(engine):
    reports = located(8)
    put_in(engine, reports.iloc[:3])
    told = sums(put_in(engine, reports.assign(persons=9), REJECTED, dry_run=True))
    assert (told.batch_id, told.new, told.revised, told.rejected) == (None, 5, 3, 2)
    assert len(stored(engine)) == 3
    assert len(batches.list(engine)) == 1
    assert len(audit.entries(engine)) == 1
    done = put_in(engine, reports.assign(persons=9), REJECTED)
    assert (done.new, done.revised, done.rejected) == (5, 3, 2)


def test_empty_files_and_files_of_rejected_rows_alone(engine):
    assert sums(put_in(engine, located(0))).read == 0
    done = sums(put_in(engine, located(0), REJECTED))
    assert (done.read, done.rejected) == (2, 2)
    month = periods.month(done.imported_at.year, done.imported_at.month)
    found = queries.coverage(engine, [month])
    assert found[["files", "reports", "rejected"]].values.tolist() == [[1, 0, 2]]


def test_rejected_rows_can_be_given_back(engine):
    done = put_in(engine, located(1), REJECTED)
    found = batches.rejected(engine, done.batch_id)
    assert found.columns.tolist() == ["row_number", "column", "reason", "jumlah", "kecamatan"]
    assert found["row_number"].tolist() == [7, 9]
    assert found["kecamatan"][0] == "Muaradua"
    assert batches.rejected(engine, put_in(engine, located(1, first=5)).batch_id).empty
    with pytest.raises(NotFoundError):
        batches.rejected(engine, 99)


def test_content_hashes_are_the_same_forever():
    """They are compared with hashes of past years: a new library version may not change them."""
    fixed = dict.fromkeys(["persons", "latitude", "longitude"], 4) | {
        "reported_on": "2024-02-29",
        "from_date": "2024-01-31",
        "to_date": pd.NaT,
        "nationality": "CHN",
        "permit": "ITAS",
        "activity": "work",
        "status": "presence",
        "location_text": "Jl. Melati 1, Desa Suka Maju",
    }
    table = staging._table(located(2, **fixed), AGENCY, "0123456789abcdef", 1)
    assert table["key_hash"].to_pylist() == [-5479746583815102707, 4562049158815050354]
    assert table["content_hash"].to_pylist() == [-518585736392586228] * 2


def test_hashes_differ_between_databases(tmp_path):
    hashes = set()
    for name in ("one", "two"):
        opened = store.open(f"sqlite:///{tmp_path}/{name}.sqlite")
        put_in(opened, located(1))
        hashes.add(stored(opened)["content_hash"][0])
        store.close(opened)
    assert len(hashes) == 2


# Undo


def test_undo_takes_a_batch_back_whole(engine):
    first = put_in(engine, located(5))
    revised = located(5).assign(persons=99)
    second = put_in(engine, pd.concat([revised, located(4, first=20)], ignore_index=True), REJECTED)
    undone = batches.undo(engine, second.batch_id, "tester")
    assert (undone.removed, undone.restored) == (4, 5)
    current = stored(engine).sort_values("report_id")
    assert current["persons"].tolist() == located(5)["persons"].tolist()
    assert current["batch_id"].eq(first.batch_id).all()
    assert current["revision"].eq(1).all()
    for table in ("revisions", "rejected_rows"):
        assert stored(engine, table=table).empty
    listed = batches.list(engine).set_index("id")
    assert listed["undone_at"].notna().to_dict() == {first.batch_id: False, second.batch_id: True}
    assert batches.list(engine, undone=False)["id"].tolist() == [first.batch_id]
    with pytest.raises(RefusedError, match="already taken back"):
        batches.undo(engine, second.batch_id, "tester")
    with pytest.raises(NotFoundError, match="no batch 77"):
        batches.undo(engine, 77, "tester")


def test_undo_keeps_rows_that_a_later_file_states_too(engine):
    reports = located(6)
    first = put_in(engine, reports)
    second = put_in(engine, reports.iloc[2:])
    assert batches.undo(engine, first.batch_id, "tester").removed == 2
    current = stored(engine)
    assert sorted(current["report_id"]) == ["R2", "R3", "R4", "R5"]
    assert current["batch_id"].eq(second.batch_id).all()
    assert batches.undo(engine, second.batch_id, "tester").removed == 4
    assert stored(engine).empty
    assert stored(engine, table="month_totals").empty, "no trace of where they were"


def test_undo_in_the_middle_of_revisions(engine):
    versions = [located(1).assign(persons=n) for n in (1, 2, 3)]
    made = [put_in(engine, version).batch_id for version in versions]
    batches.undo(engine, made[1], "tester")
    assert stored(engine)["persons"].tolist() == [3]
    batches.undo(engine, made[2], "tester")
    assert stored(engine)["persons"].tolist() == [1]


# Review and aliases


def test_review_decides_a_row_and_erases_its_address(engine):
    put_in(engine, in_review(located(3)))
    waiting = review.queue(engine)
    assert len(waiting) == review.size(engine) == 3
    key = int(waiting["key"][0])
    shown = review.item(engine, key)
    assert shown["location_text"] == waiting["location_text"][0]
    assert shown["candidates"]
    assert review.resolve(engine, key, "16.08.02.2003", "ani", keep_alias="Suka Maju Baru") == 1
    row = stored(engine).set_index("id").loc[key]
    codes = ["16.08.02.2003", "16.08.02", "16.08"]
    assert row[["village_code", "district_code", "regency_code"]].tolist() == codes
    assert (row["match_level"], bool(row["confirmed"])) == ("village", True)
    assert row[["location_text", "candidates", "review_reason"]].isna().all()
    assert aliases.all(engine).values.tolist() == [["Suka Maju Baru", "16.08.02.2003", "review"]]
    assert review.size(engine) == 2
    with pytest.raises(NotFoundError, match="decided already"):
        review.resolve(engine, key, None, "ani")


def test_review_can_decide_on_a_district_and_on_nowhere(engine):
    put_in(engine, in_review(located(2)))
    keys = review.queue(engine)["key"].tolist()
    review.resolve(engine, keys[0], "16.08.02", "ani")
    review.resolve(engine, keys[1], None, "ani", keep_alias=True)
    rows = stored(engine).set_index("id")
    assert rows.loc[keys[0], "match_level"] == "district"
    assert rows.loc[keys[0], "village_code"] is None
    assert rows.loc[keys[1], "match_level"] == "none"
    assert aliases.all(engine).empty


def test_review_of_the_same_text_decides_them_all(engine):
    same = in_review(located(4)).assign(location_text="Mess PT Karya, Simpang Tiga")
    put_in(engine, pd.concat([same, in_review(located(2, first=10))], ignore_index=True))
    key = int(review.queue(engine)["key"][0])
    assert review.item(engine, key)["same_text"] == 3
    changed = review.resolve(engine, key, "16.01.07", "ani", keep_alias=True, same_text=True)
    assert changed == 4
    assert review.size(engine) == 2
    assert aliases.all(engine)["alias"].tolist() == ["Mess PT Karya, Simpang Tiga"]
    assert "Mess" not in audit.entries(engine).to_string()


def test_spelling_out_the_same_address_is_the_same_text(engine):
    texts = ["Jl. Mawar No. 3, Sukaraja", "JL MAWAR NO 3 SUKARAJA", "Jl. Mawar No. 4, Sukaraja"]
    put_in(engine, in_review(located(3)).assign(location_text=texts))
    key = int(review.queue(engine)["key"][0])
    assert review.item(engine, key)["same_text"] == 1
    assert review.resolve(engine, key, "16.01.07", "ani", same_text=True) == 2
    assert review.queue(engine)["location_text"].tolist() == texts[2:]


@pytest.mark.parametrize(
    ("candidates", "shared"),
    [("16.01.07:0.31;16.08.02:0.31", True), ("16.01.07:0.78;16.08.02:0.1", False), (np.nan, False)],
)
def test_an_alias_that_several_areas_go_by_is_marked(engine, candidates, shared):
    put_in(engine, in_review(located(1)).assign(candidates=candidates))
    key = int(review.queue(engine)["key"][0])
    assert review.item(engine, key)["shared_name"] is shared


@pytest.mark.parametrize("code", ["16", "x", "16.01.07.2001.5", "1601072001"])
def test_a_code_of_no_area_is_refused(engine, code):
    put_in(engine, in_review(located(1)))
    with pytest.raises(InputError, match="no code of a regency"):
        review.resolve(engine, int(review.queue(engine)["key"][0]), code, "ani")
    assert review.size(engine) == 1


def test_rows_without_text_are_never_the_same_text(engine):
    put_in(engine, in_review(located(3)).assign(location_text=np.nan))
    key = int(review.queue(engine)["key"][0])
    assert review.item(engine, key)["same_text"] == 0
    assert review.resolve(engine, key, "16.01", "ani", same_text=True) == 1


def test_the_queue_is_paged_and_by_agency(engine):
    put_in(engine, in_review(located(3)))
    put_in(engine, in_review(located(2, agency="POLRES")), agency="POLRES")
    assert len(review.queue(engine, limit=2, offset=4)) == 1
    assert review.queue(engine, agency="POLRES")["agency"].tolist() == ["POLRES"] * 2
    assert review.size(engine, "POLRES") == 2


def test_a_decided_row_sent_again_stays_decided(engine):
    put_in(engine, in_review(located(1)))
    review.resolve(engine, int(review.queue(engine)["key"][0]), "16.01.07", "ani")
    assert put_in(engine, in_review(located(1))).unchanged == 1
    assert review.size(engine) == 0
    assert put_in(engine, in_review(located(1).assign(persons=50))).revised == 1
    assert review.size(engine) == 1
    assert not stored(engine)["confirmed"][0]


def test_aliases_are_replaced_and_removed(engine):
    aliases.add(engine, " Suka   Maju ", "16.01.01", "ani")
    aliases.add(engine, "Suka Maju", "16.01.02", "ani", source="file")
    assert aliases.all(engine).values.tolist() == [["Suka Maju", "16.01.02", "file"]]
    aliases.remove(engine, "Suka Maju", "ani")
    with pytest.raises(NotFoundError):
        aliases.remove(engine, "Suka Maju", "ani")
    with pytest.raises(InputError):
        aliases.add(engine, "  ", "16.01", "ani")
    assert str(aliases.all(engine)["code"].dtype) == "str"


# Re-geocoding


def test_relocation_and_the_layer_go_together(engine):
    put_in(engine, located(7))
    assert layers.in_use(engine) is None
    layers.use(engine, "indicative", "v1")
    chunks = [
        chunk.assign(village_code=np.nan, district_code="16.09.01", regency_code="16.09")
        for chunk in queries.stored_locations(engine, 3)
    ]
    assert [len(chunk) for chunk in chunks] == [3, 3, 1]
    done = ingest.relocate(engine, iter(chunks), "v2", "ani", layer="official")
    assert (done.read, done.moved) == (7, 7)
    assert layers.in_use(engine) == ("official", "v2")
    rows = stored(engine)
    assert rows["district_code"].eq("16.09.01").all()
    assert rows["boundary_version"].eq("v2").all()


def test_a_relocation_that_fails_midway_changes_nothing(engine):
    put_in(engine, located(6))
    layers.use(engine, "indicative", "v1")
    before = stored(engine)

    def chunks():
        for number, chunk in enumerate(queries.stored_locations(engine, 2)):
            if number == 2:
                raise InputError("the layer has a hole")
            yield chunk.assign(district_code="16.09.01")

    with pytest.raises(InputError):
        ingest.relocate(engine, chunks(), "v2", "ani", layer="official")
    pd.testing.assert_frame_equal(stored(engine), before)
    assert layers.in_use(engine) == ("indicative", "v1")


def test_stored_locations_have_the_columns_and_types_of_located_reports(engine):
    made = located(3)
    put_in(engine, made)
    (chunk,) = queries.stored_locations(engine)
    assert {"key", "confirmed"} | set(made.columns) == set(chunk.columns)
    for name in made.columns.difference(["row_number"]):
        assert chunk[name].dtype.kind == made[name].dtype.kind, name


# Coverage


def test_coverage_tells_sent_late_and_missing(engine, monkeypatch):
    def at(text):
        moment = dt.datetime.fromisoformat(text)
        monkeypatch.setattr(clock, "now", lambda: moment)

    march = located(4, reported_on="2026-03-15")
    at("2026-04-10T16:59:59+00:00")  # 10 April, 23:59:59 WIB
    put_in(engine, march)
    at("2026-04-10T17:00:00+00:00")  # 11 April, midnight WIB
    put_in(engine, in_review(march.assign(agency="POLRES")), REJECTED, agency="POLRES")
    found = queries.coverage(engine, [periods.month(2026, 3), periods.month(2026, 4)], ["DUKCAPIL"])
    state = found.set_index(["agency", "month"])["state"]
    assert state[AGENCY].tolist() == ["sent", "missing"]
    assert state["POLRES"].tolist() == ["late", "missing"]
    assert state["DUKCAPIL"].tolist() == ["missing", "missing"]
    row = found.set_index(["agency", "month"]).loc[("POLRES", "2026-03")]
    counts = row[["files", "reports", "located", "review", "rejected"]].tolist()
    assert counts == [1, 4, 0, 4, 2]
    assert row["first_sent_on"] == pd.Timestamp("2026-04-11")
    assert found.columns.tolist() == coverage.COLUMNS


def test_a_file_may_have_come_on_an_earlier_day_than_it_was_stored(engine):
    march = located(4, reported_on="2026-03-15")
    put_in(engine, march, received_on=dt.date(2026, 4, 3))
    row = queries.coverage(engine, [periods.month(2026, 3)]).iloc[0]
    assert (row["state"], row["first_sent_on"]) == ("sent", pd.Timestamp("2026-04-03"))


def test_coverage_counts_a_row_once_however_often_it_is_sent(engine):
    march = located(4, reported_on="2026-03-15")
    put_in(engine, march)
    second = put_in(engine, pd.concat([march, located(1, first=9, reported_on="2026-03-20")]))
    found = queries.coverage(engine, [periods.month(2026, 3)])
    assert found[["files", "reports"]].values.tolist() == [[2, 5]]
    batches.undo(engine, second.batch_id, "tester")
    found = queries.coverage(engine, [periods.month(2026, 3)])
    assert found[["files", "reports"]].values.tolist() == [[1, 4]]


def test_a_clock_that_goes_backwards_does_no_harm(engine, monkeypatch):
    moments = iter(
        dt.datetime(2026, 3, 1, tzinfo=dt.UTC) - n * dt.timedelta(days=400) for n in range(99)
    )
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    first = put_in(engine, located(2))
    second = put_in(engine, located(2).assign(persons=50))
    assert second.imported_at < first.imported_at
    assert stored(engine)["persons"].eq(50).all(), "later is what came later, whatever the clock"
    assert batches.list(engine)["id"].tolist() == [second.batch_id, first.batch_id]
    batches.undo(engine, second.batch_id, "tester")
    assert stored(engine)["persons"].tolist() == located(2)["persons"].tolist()
    assert audit.verify(engine).intact


def test_days_are_those_of_western_indonesia():
    moment = dt.datetime(2026, 2, 28, 17, tzinfo=dt.UTC)
    assert clock.day_of(moment) == day("2026-03-01")
    assert clock.day_of(moment - dt.timedelta(seconds=1)) == day("2026-02-28")
    assert clock.day_of(dt.datetime(2024, 2, 28, 18, tzinfo=dt.UTC)) == day("2024-02-29")


def test_the_stage_is_gone_after_an_import(engine):
    put_in(engine, located(3))
    with engine.connect() as connection:
        assert not staging._exists(connection)
        assert connection.scalar(sa.text("SELECT count(*) FROM reports")) == 3
