"""Reports on the scheme: drafted by one person, issued by another

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-23 16:45:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("organ_id", sa.Integer(), sa.ForeignKey("institutions.id"), nullable=False),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.String(40)),
        sa.Column("decided_by", sa.Integer(), sa.ForeignKey("people.id")),
        sa.Column("decided_at", MOMENT),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("document_id", sa.Integer(), sa.ForeignKey("documents.id")),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.CheckConstraint(
            "(verdict IS NOT DISTINCT FROM 'confirmed') = (document_id IS NOT NULL)",
            name="confirmed_is_issued",
        ),
    )
    op.create_index(
        "uq_reports_one_a_period",
        "reports",
        ["code", "organ_id", "starts_on"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'confirmed'"),
    )


def downgrade() -> None:
    op.drop_table("reports")
