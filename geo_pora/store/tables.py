"""The tables of the store, as SQLAlchemy Core; `migrations/` builds the same ones.

Times are instants in UTC; days are the calendar days of the reports. Only the
store's own modules import this one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(sa.TypeDecorator[dt.datetime]):
    """A moment, kept in UTC on either database and always aware in Python."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> Any:
        """Turn an aware moment to UTC."""
        if value is None:
            return None
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> dt.datetime | None:
        """Return the moment, aware, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=dt.UTC)  # type: ignore[no-any-return]
        return value.astimezone(dt.UTC)  # type: ignore[no-any-return]


# SQLite numbers rows by itself only for exactly INTEGER PRIMARY KEY.
Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def content_columns() -> list[sa.Column[Any]]:
    """Return what an agency stated in one report."""
    return [
        sa.Column("reported_on", sa.Date, nullable=False),
        sa.Column("from_date", sa.Date, nullable=False),
        sa.Column("to_date", sa.Date),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.Column("nationality", sa.Text),
        sa.Column("permit", sa.Text),
        sa.Column("activity", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("accommodation", sa.Text),
        sa.Column("visa_index", sa.Text),
        sa.Column("location_text", sa.Text),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("coordinates_text", sa.Text),
    ]


def placing_columns() -> list[sa.Column[Any]]:
    """Return where the geocoder, or a reviewer, placed one report."""
    return [
        sa.Column("village_code", sa.Text),
        sa.Column("district_code", sa.Text),
        sa.Column("regency_code", sa.Text),
        sa.Column("geocode_method", sa.Text, nullable=False),
        sa.Column("match_level", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("review_reason", sa.Text),
        sa.Column("candidates", sa.Text),
        sa.Column("repairs", sa.Text),
        sa.Column("boundary_version", sa.Text),
    ]


CONTENT = [column.name for column in content_columns()]
PLACING = [column.name for column in placing_columns()]

state = sa.Table(
    "state",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("agency", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("boundary_version", sa.Text),
    sa.Column("imported_at", Instant, nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    *(
        sa.Column(name, sa.Integer, nullable=False, server_default="0")
        for name in ("read", "located", "review", "rejected")
    ),
    *(
        sa.Column(name, sa.Integer, nullable=False, server_default="0")
        for name in ("new", "revised", "unchanged", "erased")
    ),
    sa.Column("persons", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reduced", sa.Integer, nullable=False, server_default="0"),
    sa.Column("undone_at", Instant),
    sa.Column("undone_by", sa.Text),
    sa.Index("ix_batches_agency_sha256", "agency", "sha256"),
)

batch_months = sa.Table(
    "batch_months",
    metadata,
    sa.Column("batch_id", Key, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("month", sa.Integer, primary_key=True),
    *(
        sa.Column(name, sa.Integer, nullable=False)
        for name in ("reports", "located", "review", "rejected")
    ),
)

rejected_rows = sa.Table(
    "rejected_rows",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("batch_id", Key, sa.ForeignKey("batches.id"), nullable=False, index=True),
    sa.Column("row_number", sa.Integer),
    sa.Column("column_name", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("cells", sa.Text),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("agency", sa.Text, nullable=False),
    sa.Column("report_id", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("batch_id", Key, sa.ForeignKey("batches.id"), nullable=False, index=True),
    sa.Column("row_number", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.BigInteger, nullable=False),
    sa.Column("confirmed", sa.Boolean(create_constraint=False), nullable=False),
    *content_columns(),
    *placing_columns(),
    sa.UniqueConstraint("agency", "report_id", name="uq_reports_agency_report_id"),
)
in_review = sa.Index(
    "ix_reports_in_review",
    reports.c.id,
    sqlite_where=reports.c.review_reason.is_not(None),
    postgresql_where=reports.c.review_reason.is_not(None),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("report_key", Key, sa.ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("batch_id", Key, sa.ForeignKey("batches.id"), nullable=False, index=True),
    sa.Column("row_number", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.BigInteger, nullable=False),
    sa.Column("confirmed", sa.Boolean(create_constraint=False), nullable=False),
    *content_columns(),
    *placing_columns(),
)

# A row sent again with the same content: the later batch states it too, so that
# undoing the earlier one must not lose it.
resent = sa.Table(
    "resent",
    metadata,
    sa.Column("report_key", Key, sa.ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("batch_id", Key, sa.ForeignKey("batches.id"), primary_key=True, index=True),
    sa.Column("row_number", sa.Integer, nullable=False),
)

# Reports erased on request or reduced to counts: only a keyed hash of agency and
# report_id stays, so that the same row in a later file is not taken in again.
erased = sa.Table(
    "erased",
    metadata,
    sa.Column("key_hash", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("erased_on", sa.Date, nullable=False),
)

places = sa.Table(
    "places",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("village_code", sa.Text, nullable=False),
    sa.Column("district_code", sa.Text, nullable=False),
    sa.Column("regency_code", sa.Text, nullable=False),
    sa.UniqueConstraint("village_code", "district_code", "regency_code", name="uq_places_codes"),
)

classes = sa.Table(
    "classes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("agency", "permit", "activity", "status")
    ),
    sa.UniqueConstraint("agency", "permit", "activity", "status", name="uq_classes_codes"),
)

cube_segments = sa.Table(
    "cube_segments",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("cells", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# Per level, what `months` packs: as small for ten million reports as for ten thousand.
month_totals = sa.Table(
    "month_totals",
    metadata,
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("alias", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

agencies = sa.Table(
    "agencies",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean(create_constraint=False), nullable=False),
)

named_periods = sa.Table(
    "named_periods",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date, nullable=False),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

checks = sa.Table(
    "checks",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
    sa.Column("area_code", sa.Text, nullable=False, index=True),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("hot_spot_key", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("checked_at", Instant, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
)

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
)

release_files = sa.Table(
    "release_files",
    metadata,
    sa.Column("release_id", sa.Text, sa.ForeignKey("releases.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

population = sa.Table(
    "population",
    metadata,
    sa.Column("area_code", sa.Text, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("inhabitants", sa.BigInteger, nullable=False),
)
