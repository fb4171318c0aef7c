"""A letter issued in place of a void one names it

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-23 17:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("replaces_id", sa.Integer(), nullable=True))
    op.create_foreign_key(None, "documents", "documents", ["replaces_id"], ["id"])
    op.create_unique_constraint(None, "documents", ["replaces_id"])


def downgrade() -> None:
    op.drop_column("documents", "replaces_id")
