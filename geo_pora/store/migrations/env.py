"""Alembic's entry: runs on the connection, and in the transaction, that `upgrade` gives."""

from alembic import context

from geo_pora.store import account_tables
from geo_pora.store.tables import metadata

connection = context.config.attributes["connection"]
assert account_tables.users.metadata is metadata
context.configure(
    connection=connection, target_metadata=metadata, transactional_ddl=True, compare_type=True
)
context.run_migrations()
