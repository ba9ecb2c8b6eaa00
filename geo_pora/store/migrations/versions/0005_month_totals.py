"""Monthly totals packed per level, so that counting a month costs the same at any size.

Revision ID: 0005
Revises: 0002
"""

import numpy as np
import sqlalchemy as sa
from alembic import op

from geo_pora.store import months
from geo_pora.store.migrations import statistics

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Pack the monthly totals that are there."""
    op.create_table(
        "month_totals",
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", name=op.f("pk_month_totals")),
    )
    connection = op.get_bind()
    names = ["month", *months.MEASURES]
    monthly = sa.table("monthly", *map(sa.column, ["level", "area_code", *names]))
    for level in connection.scalars(sa.select(monthly.c.level).distinct()).all():
        query = sa.select(monthly.c.area_code, *(monthly.c[name] for name in names))
        rows = connection.execute(query.where(monthly.c.level == level)).all()
        codes, numbers = [row[0] for row in rows], np.array([row[1:] for row in rows], np.int64)
        areas = sorted(set(codes))
        place = {area: number for number, area in enumerate(areas)}
        area = np.array([place[code] for code in codes], dtype=np.int64)
        totals = months.Totals(areas, area, numbers[:, 0], numbers[:, 1:])
        months.write(connection, level, months.Totals.empty().plus(totals))
    op.drop_table("monthly")
    statistics.forget(connection)  # learnt aliases may be addresses


def downgrade() -> None:
    """Leave no way back: an older geo_pora must restore its own backup."""
    raise NotImplementedError("restore a backup instead")
