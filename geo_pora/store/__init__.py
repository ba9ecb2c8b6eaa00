"""Tables, ingest, queries, review, retention, audit and migrations.

Plain functions that take an `Engine` from `open` first. DataFrames and small
frozen dataclasses go in and out; no ORM object leaves the room, but for the
account classes that Flask-Security works on (`accounts`).
"""

from geo_pora.store.database import close, open, upgrade

__all__ = ["close", "open", "upgrade"]
