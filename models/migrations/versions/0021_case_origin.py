"""By which door a case came in: page, interface, file, back-filing

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-23 17:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("origin", sa.String(length=40), nullable=False, server_default="page"))
    op.alter_column("cases", "origin", server_default=None)
    op.create_check_constraint("origin_is_known", "cases", "origin IN ('page', 'api', 'import', 'backfill')")
    op.execute(
        "UPDATE cases SET origin = CASE WHEN o.backfilled THEN 'backfill' ELSE 'import' END "
        "FROM case_origins o WHERE o.case_id = cases.id"
    )


def downgrade() -> None:
    op.drop_column("cases", "origin")
