"""Answers by the time they were given: what punctuality is asked of

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-23 14:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_tasks_answered", "tasks", ["answered_at"], postgresql_where=sa.text("state = 'answered'")
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_answered", "tasks")
