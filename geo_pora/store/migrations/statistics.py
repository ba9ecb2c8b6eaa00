"""Keeping samples of personal data out of PostgreSQL's own statistics."""

from __future__ import annotations

import sqlalchemy as sa

_PERSONAL = {
    "reports": ["report_id", "location_text", "coordinates_text", "latitude", "longitude"],
    "revisions": ["location_text", "coordinates_text", "latitude", "longitude"],
    "rejected_rows": ["cells"],
    "aliases": ["alias"],
}


def forget(connection: sa.Connection) -> None:
    """Let ANALYZE take no samples of columns whose bytes must be gone when they are erased."""
    if connection.dialect.name == "sqlite":
        return
    for table, columns in _PERSONAL.items():
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER {column} SET STATISTICS 0")
