"""The right to export exact counts, which no role has by itself.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME = "exact"


def upgrade() -> None:
    """Add the right beside the roles; nobody holds it until an administrator gives it."""
    roles = sa.table("roles", sa.column("name"), sa.column("description"))
    text = "exports exact counts, for a purpose that is written down"
    op.bulk_insert(roles, [{"name": NAME, "description": text}])


def downgrade() -> None:
    """Take the right from everybody who holds it."""
    of_right = sa.text("role_id IN (SELECT id FROM roles WHERE name = :name)")
    connection = op.get_bind()
    connection.execute(sa.delete(sa.table("user_roles")).where(of_right), {"name": NAME})
    connection.execute(sa.text("DELETE FROM roles WHERE name = :name"), {"name": NAME})
