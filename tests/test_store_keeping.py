"""Little data, for a short time; the audit log; backups; migrations; checks and releases."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from store_fixtures import AGENCY, day, in_review, located, put_in, stored

from geo_pora import periods, store
from geo_pora.errors import InputError, NotFoundError, RefusedError, UnavailableError
from geo_pora.store import (
    agencies,
    aliases,
    audit,
    backup,
    batches,
    checks,
    clock,
    database,
    named_periods,
    queries,
    releases,
    retention,
    review,
    shredding,
)
from geo_pora.store.tables import Instant, metadata

pytest_plugins = ["store_engines"]

REJECTED = pd.DataFrame({"row_number": [5], "reason": ["no date"], "alamat": ["Jl. Rahasia 77"]})


class Limits:
    text_retention_days = 90
    report_retention_days = 730


@pytest.fixture
def on_day(monkeypatch):
    def set_day(text: str) -> dt.date:
        moment = dt.datetime.fromisoformat(f"{text}T12:00:00+07:00")
        monkeypatch.setattr(clock, "now", lambda: moment)
        return day(text)

    return set_day


def files_of(engine, folder: Path) -> bytes:
    """Return every byte the database keeps in files: tables, log, free pages."""
    if engine.dialect.name == "sqlite":
        found = sorted(Path(engine.url.database).parent.glob("geo_pora.sqlite*"))
        return b"".join(file.read_bytes() for file in found)
    with engine.connect() as connection:
        # Write what is in memory to the files that are read below.
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("CHECKPOINT")
        number = connection.scalar(
            sa.text("SELECT oid FROM pg_database WHERE datname = current_database()")
        )
    return b"".join(f.read_bytes() for f in (folder / "data" / "base" / str(number)).iterdir())


@pytest.fixture
def all_bytes(engine, request):
    def read():
        folder = (
            Path() if engine.dialect.name == "sqlite" else request.getfixturevalue("server").folder
        )
        return files_of(engine, folder)

    return read


# Retention


def test_addresses_go_when_their_time_is_over(engine, on_day, all_bytes):
    on_day("2026-01-01")
    put_in(engine, located(50, location_text="Gang Kenanga Tua 12"), REJECTED)
    put_in(engine, located(1, location_text="Gang Kenanga Tua 12", persons=90))
    put_in(engine, in_review(located(1, first=70, location_text="Gang Kenanga Tua 12")))
    assert b"Kenanga Tua" in all_bytes()
    assert retention.run(engine, on_day("2026-03-31"), Limits).texts == 0, "the 89th day"
    told = retention.run(engine, on_day("2026-04-01"), Limits)
    assert (told.texts, told.rejected, told.reports, told.applied) == (52, 1, 0, False)
    assert b"Kenanga Tua" in all_bytes(), "a dry run erases nothing"
    done = retention.run(engine, on_day("2026-04-01"), Limits, apply=True)
    assert (done.texts, done.rejected, done.shredded) == (52, 1, True)
    left = all_bytes()
    for gone in (b"Kenanga Tua", b"Rahasia 77", b"16.0" + b"1.01.2001:0.6"):
        assert gone not in left
    assert len(stored(engine)) == 51
    assert batches.rejected(engine, 1)["reason"].tolist() == ["no date"]
    assert retention.run(engine, on_day("2026-04-01"), Limits).texts == 0


def test_reports_are_reduced_to_their_counts(engine, on_day, all_bytes):
    on_day("2024-02-29")
    reports = located(40, first=88_000, nationality="PRK")
    old = put_in(engine, reports)
    on_day("2024-06-01")
    put_in(engine, located(3, first=500))
    asked = [periods.month(2024, m) for m in range(1, 13)]
    before = [queries.counts(engine, "village", asked, by) for by in (None, "status")]
    done = retention.run(engine, on_day("2026-02-28"), Limits, apply=True)
    assert (done.reports, done.shredded) == (40, True), "730 days after the leap day"
    assert len(stored(engine)) == 3
    assert b"R88001" not in all_bytes()
    assert b"PRK" not in all_bytes()
    after = [queries.counts(engine, "village", asked, by) for by in (None, "status")]
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other)
    again = put_in(engine, reports)
    assert (again.erased, again.new) == (40, 0), "they are counted already"
    with pytest.raises(RefusedError, match="40 of its reports were reduced to counts"):
        batches.undo(engine, old.batch_id, "tester")
    with pytest.raises(NotFoundError):
        retention.erase(engine, AGENCY, "R88001", "tester")


def test_a_report_lives_as_long_as_files_repeat_it(engine, on_day):
    on_day("2024-01-01")
    put_in(engine, located(2))
    on_day("2025-06-01")
    put_in(engine, located(1))
    assert retention.run(engine, on_day("2026-01-01"), Limits, apply=True).reports == 1
    assert stored(engine)["report_id"].tolist() == ["R0"]


def test_old_revisions_go_by_themselves(engine, on_day):
    on_day("2024-01-01")
    put_in(engine, located(1, persons=4))
    on_day("2025-06-01")
    put_in(engine, located(1, persons=5))
    done = retention.run(engine, on_day("2026-01-01"), Limits, apply=True)
    assert (done.revisions, done.reports) == (1, 0)
    assert stored(engine, table="revisions").empty
    assert stored(engine)["persons"].tolist() == [5]


def test_days_of_retention_are_counted_in_western_indonesia(engine, monkeypatch):
    moment = dt.datetime(2026, 1, 1, 17, 30, tzinfo=dt.UTC)  # 2 January, 00:30 WIB
    monkeypatch.setattr(clock, "now", lambda: moment)
    put_in(engine, located(1))
    assert retention.run(engine, day("2026-04-01"), Limits).texts == 0
    assert retention.run(engine, day("2026-04-02"), Limits).texts == 1


def test_a_busy_reader_is_said_and_its_bytes_go_next_time(engine, on_day, all_bytes, monkeypatch):
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL waits for readers instead")
    on_day("2026-01-01")
    put_in(engine, located(9, location_text="Gang Kenanga Tua 12"))
    on_day("2026-09-01")
    with sqlite3.connect(engine.url.database) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM reports").fetchone()
        monkeypatch.setattr(shredding, "PATIENCE_MS", 50)
        done = retention.run(engine, day("2026-09-01"), Limits, apply=True)
        assert (done.texts, done.shredded) == (9, False)
        reader.execute("COMMIT")
    assert retention.run(engine, day("2026-09-01"), Limits, apply=True).shredded
    assert b"Kenanga Tua" not in all_bytes()


def test_a_person_can_have_a_report_erased(engine, all_bytes):
    reports = located(12, first=77_000)
    put_in(engine, reports)
    put_in(engine, reports.iloc[[3]].assign(location_text="Lorong Cempaka 9", persons=55))
    assert retention.erase(engine, AGENCY, "R77003", "ani")
    for gone in (b"R77003", b"Lorong Cempaka 9", b"Jl. Melati 77003"):
        assert gone not in all_bytes()
    left = reports.drop(index=3)
    total = queries.counts(engine, "regency", [periods.parse("2020-01-01_2030-01-01")], "status")
    assert total["persons"].sum() == left["persons"].sum()
    entry = audit.entries(engine).iloc[0]
    assert (entry["actor"], entry["action"]) == ("ani", "erase")
    assert "R77003" not in audit.entries(engine).to_string()
    assert put_in(engine, reports).erased == 1
    assert "R77003" not in stored(engine)["report_id"].tolist()
    with pytest.raises(NotFoundError, match="no report with this id"):
        retention.erase(engine, AGENCY, "R77003", "ani")


def test_a_person_can_have_a_rejected_row_erased(engine, all_bytes):
    refused = pd.DataFrame(
        {
            "row_number": [2, 3, 4],
            "reason": "tanggal",
            "nomor": ["R'1%", "R'1%2", "x"],
            "alamat": ["Jl. Kenangan 5", "Jl. Lain 6", "R'1%"],
        }
    )
    done = put_in(engine, located(1, first=9), refused)
    put_in(engine, located(1, first=8), refused.iloc[:1])
    with pytest.raises(NotFoundError):
        retention.erase(engine, "POLRES", "R'1%", "officer")
    assert retention.erase(engine, AGENCY, "R'1%", "officer") is True
    left = batches.rejected(engine, done.batch_id)
    assert left["alamat"].isna().tolist() == [True, False, True]
    assert left["reason"].tolist() == ["tanggal"] * 3
    assert b"Kenangan" not in all_bytes()
    assert b"Jl. Lain 6" in all_bytes()
    with pytest.raises(NotFoundError):
        retention.erase(engine, AGENCY, "R'1%", "officer")


def test_addresses_learnt_go_as_any_address_and_names_stay(engine, on_day, all_bytes):
    on_day("2024-01-01")
    address = "Jl. Pelita 12 RT 03/RW 01 belakang masjid, Desa Tanjung Baru"
    put_in(engine, in_review(located(1, location_text=address)))
    review.resolve(engine, 1, "16.01.01.2001", "officer", keep_alias=True)
    aliases.add(engine, "Simpang Kemuning", "16.01.01", "officer")
    assert b"Pelita 12" in all_bytes()
    assert retention.run(engine, day("2024-03-30"), Limits, apply=True).aliases == 0
    would = retention.run(engine, day("2024-03-31"), Limits)
    assert would.aliases == 1
    assert retention.run(engine, day("2024-03-31"), Limits, apply=True).aliases == 1
    assert aliases.all(engine)["alias"].tolist() == ["Simpang Kemuning"]
    assert b"Pelita 12" not in all_bytes()


def test_an_address_goes_as_soon_as_a_person_has_decided(engine, all_bytes):
    put_in(engine, in_review(located(1, location_text="Lorong Cempaka 9")))
    review.resolve(engine, int(review.queue(engine)["key"][0]), "16.01.07", "ani")
    assert stored(engine)["location_text"].isna().all()


# The audit log


def test_entries_are_found_newest_first(engine):
    for number in range(5):
        audit.record(
            engine, "ani" if number % 2 else "budi", "test", f"thing:{number}", {"n": number}
        )
    assert audit.entries(engine)["id"].tolist() == [5, 4, 3, 2, 1]
    assert audit.entries(engine, limit=2, offset=1)["id"].tolist() == [4, 3]
    assert audit.entries(engine, actor="ani")["subject"].tolist() == ["thing:3", "thing:1"]
    assert audit.entries(engine, search="THING:2")["id"].tolist() == [3]
    assert audit.entries(engine, search="%").empty
    assert audit.entries(engine, since=clock.now() + dt.timedelta(hours=1)).empty
    assert audit.verify(engine).entries == 5


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET actor = 'x' WHERE id = 1", "DELETE FROM audit_log WHERE id = 1",
     "DELETE FROM audit_log", "UPDATE audit_log SET detail = detail"],
)  # fmt: skip
def test_the_database_refuses_to_change_the_log(engine, statement):
    audit.record(engine, "ani", "test", "thing")
    with (
        pytest.raises(sa.exc.DBAPIError, match="can only be added to"),
        engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))
    assert audit.verify(engine).intact


def test_postgresql_refuses_to_truncate_the_log(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with (
        pytest.raises(sa.exc.DBAPIError, match="can only be added to"),
        engine.begin() as connection,
    ):
        connection.execute(sa.text("TRUNCATE audit_log"))


TAMPERING = {
    "UPDATE audit_log SET actor = 'x' WHERE id = 3": 3,
    "UPDATE audit_log SET detail = '{}' WHERE id = 5": 5,
    "UPDATE audit_log SET hash = previous_hash WHERE id = 2": 2,
    "DELETE FROM audit_log WHERE id = 1": 1,
    "DELETE FROM audit_log WHERE id = 4": 4,
    "DELETE FROM audit_log WHERE id = 6": 6,
    "DELETE FROM audit_log": 1,
    "INSERT INTO audit_log SELECT 7, at, actor, action, subject, detail, hash, hash "
    "FROM audit_log WHERE id = 6": 7,
    "UPDATE audit_log SET id = id + 10 WHERE id = 6": 6,
    "UPDATE state SET value = '5 0' WHERE name = 'audit_head'": 6,
    "UPDATE state SET value = 'six' WHERE name = 'audit_head'": 7,
}


@pytest.mark.parametrize(("statement", "broken"), TAMPERING.items(), ids=range(len(TAMPERING)))
def test_tampering_is_found_and_the_first_broken_entry_named(engine, statement, broken):
    for number in range(6):
        audit.record(engine, "ani", "test", f"thing:{number}", {"n": number})
    assert audit.verify(engine).intact
    with engine.begin() as connection:  # as someone who owns the database could
        if engine.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER audit_log_no_{verb}"))
        else:
            connection.execute(sa.text("DROP TRIGGER audit_log_no_change ON audit_log"))
        connection.execute(sa.text(statement))
    found = audit.verify(engine)
    assert not found.intact
    assert found.first_broken == broken
    assert found.reason


@pytest.mark.parametrize("column", ["at", "detail", "hash"])
def test_an_entry_of_another_type_is_tampering_and_no_failure(tmp_path, column):
    engine = store.open(f"sqlite:///{tmp_path}/log.sqlite")
    for number in range(3):
        audit.record(engine, "ani", "test", f"thing:{number}")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_log_no_update"))
        connection.execute(sa.text(f"UPDATE audit_log SET {column} = x'00ff' WHERE id = 2"))
    assert audit.verify(engine).first_broken == 2
    store.close(engine)


def test_a_log_that_was_written_anew_lacks_the_noted_head(engine):
    audit.record(engine, "ani", "test", "thing:1")
    noted = audit.verify(engine).head
    audit.record(engine, "ani", "test", "thing:2")
    assert audit.verify(engine, noted[:12].upper()).intact
    found = audit.verify(engine, "0123abcd")
    assert not found.intact
    assert "written anew" in found.reason


def test_the_chain_holds_when_many_write_at_once(engine):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: audit.record(engine, f"w{n}", "test", "thing"), range(40)))
    found = audit.verify(engine)
    assert (found.intact, found.entries) == (True, 40)


def test_any_text_can_be_audited(engine):
    for text in ("é\u202e{{7*7}}", "'; DROP TABLE audit_log; --", "\ud800", "a\0b", "日本"):
        audit.record(engine, text, text, text, {"text": text})
    assert audit.verify(engine).intact


# Backups


def test_a_backup_is_consistent_and_restores_everything(engine, tmp_path):
    reports = located(60)
    put_in(engine, reports, REJECTED)
    put_in(engine, reports.iloc[:9].assign(persons=70))
    releases.add(
        engine, actor="ani", title="x", policy={}, manifest={}, files={"a": ("b", b"\0\1")}
    )
    file = tmp_path / "folder" / "backup.sqlite"
    backup.backup(engine, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in file.parent.iterdir()] == ["backup.sqlite"], "no stray files"
    url = f"sqlite:///{tmp_path}/restored/geo_pora.sqlite"
    backup.restore(file, url)
    restored = store.open(url)
    for table in metadata.sorted_tables:
        assert rows_of(engine, table) == rows_of(restored, table), table.name
    assert audit.verify(restored).head == audit.verify(engine).head
    asked = [periods.parse("2024-Q1"), periods.parse("2024-02-03_2024-07-07")]
    pd.testing.assert_frame_equal(
        queries.counts(restored, "village", asked), queries.counts(engine, "village", asked)
    )
    assert put_in(restored, located(3, first=900)).new == 3
    store.close(restored)


def rows_of(engine, table):
    with engine.connect() as connection:
        return connection.execute(sa.select(table).order_by(*table.primary_key.columns)).all()


def test_a_backup_restores_into_the_same_kind_of_database(database_url, tmp_path, request):
    """From each database into each: PostgreSQL's numbering goes on after what was restored."""
    source = store.open(f"sqlite:///{tmp_path}/source.sqlite")
    put_in(source, in_review(located(5)))
    review.resolve(source, 1, "16.01.07", "ani", keep_alias=True)
    backup.backup(source, tmp_path / "backup.sqlite")
    backup.restore(tmp_path / "backup.sqlite", database_url)
    target = store.open(database_url)
    assert review.size(target) == 4
    assert len(stored(target)) == 5
    done = put_in(target, located(7, first=100))
    assert (done.batch_id, done.new) == (2, 7)
    assert audit.verify(target).intact
    store.close(target)


def test_a_restore_never_overwrites(engine, database_url, tmp_path):
    backup.backup(engine, tmp_path / "empty.sqlite")
    put_in(engine, located(2))
    with pytest.raises(RefusedError, match="not empty"):
        backup.restore(tmp_path / "empty.sqlite", database_url)
    assert len(stored(engine)) == 2


def test_what_is_no_backup_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/target.sqlite"
    with pytest.raises(NotFoundError):
        backup.restore(tmp_path / "nothing", url)
    (tmp_path / "text").write_text("this is no database" * 100)
    with pytest.raises(InputError, match="no sound backup"):
        backup.restore(tmp_path / "text", url)
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(InputError, match="not those of a backup"):
        backup.restore(tmp_path / "other", url)


def test_a_damaged_or_tampered_backup_is_refused(tmp_path):
    source = store.open(f"sqlite:///{tmp_path}/source.sqlite")
    put_in(source, located(400))
    whole, cut, changed = (tmp_path / name for name in ("whole", "cut", "changed"))
    backup.backup(source, whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    changed.write_bytes(whole.read_bytes())
    with sqlite3.connect(changed) as connection:
        connection.execute("DROP TRIGGER audit_log_no_UPDATE")
        connection.execute("UPDATE audit_log SET actor = 'nobody'")
    url = f"sqlite:///{tmp_path}/target.sqlite"
    with pytest.raises(InputError, match="no sound backup"):
        backup.restore(cut, url)
    with pytest.raises(InputError, match="tampered with: entry 1 was changed"):
        backup.restore(changed, url)
    with pytest.raises(InputError, match="exists already"):
        backup.backup(source, whole)


# Opening and migrations


def test_the_migrations_make_the_tables_of_the_code(engine):
    def same_type(context, inspected, column, inspected_type, metadata_type):
        return False if isinstance(metadata_type, Instant) else None

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        found = [
            change for change in compare_metadata(context, metadata)
            if not (change[0] == "remove_table" and change[1].name == "spatial_ref_sys")
        ]  # fmt: skip
    assert found == []


def test_processes_that_open_together_migrate_once(tmp_path, request):
    import postgres

    urls = [f"sqlite:///{tmp_path}/new/geo_pora.sqlite"]
    if postgres.programs():
        urls.append(request.getfixturevalue("server").new_database())
    for url in urls:
        with ThreadPoolExecutor(6) as pool:
            opened = list(pool.map(store.open, [url] * 6))
        assert len(stored(opened[0], table="alembic_version")) == 1
        for engine in opened:
            store.close(engine)


def test_the_embedded_database_is_safe_by_its_settings(tmp_path):
    file = tmp_path / "deep" / "folder" / "geo_pora.sqlite"
    opened = store.open(f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with opened.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    store.close(opened)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "migration 9999.*newer geo_pora"),
        ("UPDATE alembic_version SET version_num = 'ae1027a6acf'", "another program's"),
        ("DELETE FROM alembic_version", "no migration of geo_pora"),
        ("ALTER TABLE reports DROP COLUMN repairs", "lacks the column repairs of reports"),
        ("ALTER TABLE population RENAME TO people", "lacks the table population"),
        ("UPDATE alembic_version SET version_num = '0001'", "from migration 0001.*exists"),
    ],
)
def test_a_database_that_is_not_of_this_version_is_left_alone(
    engine, database_url, statement, said
):
    put_in(engine, located(3))
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    with pytest.raises(UnavailableError, match=said) as error:
        store.open(database_url)
    assert "\n" not in str(error.value)
    assert len(stored(engine)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM classes",
        "DELETE FROM places",
        "UPDATE cube_segments SET data = substr(data, 1, 20)",
        "UPDATE cube_segments SET data = (SELECT data FROM month_totals LIMIT 1)",
    ],
)
def test_counts_that_do_not_fit_are_said_and_never_shown(engine, statement):
    put_in(engine, located(30))
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    with pytest.raises(UnavailableError, match="counts kept in the database are damaged"):
        queries.counts(engine, "district", [periods.month(2024, 1)], "permit")


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg2"]
)
def test_urls_that_name_no_store_are_refused(url):
    with pytest.raises(InputError, match="database"):
        store.open(url)


def test_a_database_that_cannot_be_reached_is_said(tmp_path):
    with pytest.raises(UnavailableError, match="not available"):
        store.open("postgresql://geo_pora@127.0.0.1:1/none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnavailableError, match="cannot be made"):
        store.open(f"sqlite:///{tmp_path}/file/geo_pora.sqlite")
    (tmp_path / "text.sqlite").write_text("this is no database" * 100)
    with pytest.raises(UnavailableError, match="damaged"):
        store.open(f"sqlite:///{tmp_path}/text.sqlite")


# Checks, releases, periods, agencies


def test_a_check_sent_twice_is_kept_once(engine):
    check = {
        "idempotency_key": "phone-1", "area_code": "16.01.07", "period": "2026-Q1",
        "hot_spot_key": "gi:16.01.07", "outcome": "nothing", "actor": "patroli",
        "notes": ["moved_away", "place_empty"],
        "checked_at": dt.datetime(2026, 3, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=7))),
    }  # fmt: skip
    key, added = checks.record(engine, **check)
    assert added
    assert checks.record(engine, **{**check, "outcome": "clarified"}) == (key, False)
    checks.record(engine, **{**check, "idempotency_key": "phone-2", "area_code": "16.08"})
    found = checks.for_areas(engine, ["16.01.07", "16.09"])
    assert found["id"].tolist() == [key]
    assert found["outcome"][0] == "nothing"
    assert found["notes"][0] == ["moved_away", "place_empty"]
    assert found["checked_at"][0] == pd.Timestamp("2026-03-01T02:00Z")
    assert len(checks.for_areas(engine)) == 2
    assert checks.for_areas(engine, []).empty
    assert checks.for_areas(engine, since=dt.datetime(2026, 3, 2, tzinfo=dt.UTC)).empty
    for wrong in ({"outcome": "Bapak X pergi"}, {"notes": ["Bapak X pergi"]}):
        with pytest.raises(InputError, match="is not one of"):
            checks.record(engine, **{**check, **wrong, "idempotency_key": "phone-3"})


def test_one_check_from_many_senders_at_once_is_kept_once(engine):
    def send(_number: int) -> tuple[int, bool]:
        return checks.record(
            engine,
            idempotency_key="phone-9",
            area_code="16.01.07",
            period="2026-Q1",
            hot_spot_key="gi:16.01.07",
            outcome="nothing",
            actor="patroli",
        )

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(send, range(16)))
    assert len({key for key, _added in answers}) == 1
    assert sum(added for _key, added in answers) == 1


def test_the_clock_of_a_phone_that_is_ahead_is_not_believed(engine):
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    checks.record(
        engine,
        idempotency_key="phone-10",
        area_code="16.01.07",
        period="2026-Q1",
        hot_spot_key="gi:16.01.07",
        outcome="nothing",
        actor="patroli",
        checked_at=later,
    )
    assert checks.for_areas(engine)["checked_at"][0] < later


def test_releases_are_kept_as_they_left(engine):
    data = bytes(range(256)) * 10
    key = releases.add(
        engine, actor="ani", title="Triwulan I", policy={"k": 5}, manifest={"levels": ["district"]},
        files={"counts.parquet": ("application/vnd.apache.parquet", data)},
    )  # fmt: skip
    found = releases.get(engine, key)
    assert (found["title"], found["policy"], found["version"]) == ("Triwulan I", {"k": 5}, 1)
    file = releases.file(engine, key, "counts.parquet")
    assert (file.data, file.sha256) == (data, found["files"]["counts.parquet"])
    assert releases.list(engine)["id"].tolist() == [key]
    with pytest.raises(InputError, match="never changed"):
        releases.add(engine, actor="x", title="y", policy={}, manifest={}, files={}, release_id=key)
    with pytest.raises(NotFoundError):
        releases.get(engine, "other")
    with pytest.raises(NotFoundError):
        releases.file(engine, key, "other")


def test_periods_and_agencies_are_named_and_changed(engine):
    campaign = periods.parse("2026-02-01_2026-03-15")
    named_periods.put(engine, " Masa  kampanye ", periods.parse("2026-01"), "ani")
    named_periods.put(engine, "Masa kampanye", campaign, "ani")
    assert named_periods.all(engine) == {"Masa kampanye": campaign}
    named_periods.remove(engine, "Masa kampanye", "ani")
    with pytest.raises(NotFoundError):
        named_periods.remove(engine, "Masa kampanye", "ani")
    with pytest.raises(InputError):
        named_periods.put(engine, " ", campaign, "ani")
    agencies.put(engine, "KEJARI", "Kejaksaan Negeri", "ani")
    agencies.put(engine, "KEJARI", "Kejari OKU", "ani", active=False)
    assert agencies.all(engine).values.tolist() == [["KEJARI", "Kejari OKU", False]]
    with pytest.raises(InputError):
        agencies.put(engine, "", "x", "ani")
    assert len(audit.entries(engine)) == 5


def test_errors_of_the_database_are_one_sentence(engine):
    with pytest.raises(UnavailableError) as caught, database.reading(engine) as connection:
        connection.execute(sa.text("SELECT * FROM nowhere"))
    assert "\n" not in str(caught.value)
    assert str(engine.url) not in str(caught.value)
    assert os.sep + "tmp" not in str(caught.value)
    assert np.isscalar(str(caught.value))
