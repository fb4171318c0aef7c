"""Indexes the lists and the overview ask for: what a case waits for, and who entered it

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-23 15:05:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cases_opened_by", "cases", ["opened_by", "opened_at"])
    op.create_index(
        "ix_journal_waiting",
        "journal",
        ["case_id"],
        postgresql_where=sa.text("finished_at IS NULL AND voided_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_journal_waiting", "journal")
    op.drop_index("ix_cases_opened_by", "cases")
