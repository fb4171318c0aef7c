"""The enterprise's sector, and whom a letter's reader may ask

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-23 12:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILED = ("enterprises", "loans")
ASKED = (("contact_person", 60), ("contact_phone", 40), ("address", 120))


def upgrade() -> None:
    for table in FILED:  # what was filed before has no sector: a person must look
        op.add_column(table, sa.Column("sector", sa.String(length=40), nullable=False, server_default=""))
        for mark in ("finance_like", "investment_management"):
            op.add_column(table, sa.Column(mark, sa.Boolean(), nullable=False, server_default=sa.false()))
            op.alter_column(table, mark, server_default=None)
        op.alter_column(table, "sector", server_default=None)
    for name, length in ASKED:
        op.add_column("institutions", sa.Column(name, sa.String(length), nullable=False, server_default=""))
        op.alter_column("institutions", name, server_default=None)


def downgrade() -> None:
    for table in FILED:
        for name in ("sector", "finance_like", "investment_management"):
            op.drop_column(table, name)
    for name, _ in ASKED:
        op.drop_column("institutions", name)
