"""Half-written answers by person: two who write for one task do not overwrite each other

Revision ID: 0036
Revises: 0035
Create Date: 2026-11-30 21:30:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

MOVE = """
INSERT INTO half_answers (task_id, person_id, at, written)
SELECT task_id, (written ->> 'by')::int, (written ->> 'at')::timestamptz, written - 'by' - 'at'
FROM (
    SELECT id AS task_id, draft AS written FROM tasks WHERE draft ? 'by'
    UNION ALL
    SELECT id, late.value FROM tasks, jsonb_each(draft -> 'unsent') late WHERE draft ? 'unsent'
) kept
"""


def upgrade() -> None:
    op.create_table(
        "half_answers",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"]),
        sa.PrimaryKeyConstraint("task_id", "person_id"),
    )
    op.execute(MOVE)
    op.drop_column("tasks", "draft")


def downgrade() -> None:
    raise RuntimeError(
        "Half-written answers of several people do not fit into one: restore a backup instead."
    )
