"""The register of institutions is changed by two people

Revision ID: 0030
Revises: 0029
Create Date: 2026-11-30 17:50:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "institution_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.String(length=120), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "part IN ('entry', 'name', 'account', 'shares', 'contact', 'cooperation')", name="part_is_known"
        ),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_institution_changes_code", "institution_changes", ["code", "id"])
    op.create_index(
        "uq_institution_changes_open",
        "institution_changes",
        ["code", "part"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL"),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON institution_changes "
        "FOR EACH ROW EXECUTE FUNCTION only_decided_once()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON institution_changes "
        "FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
    )
    op.add_column("institutions", sa.Column("stopped_on", sa.Date(), nullable=True))
    op.create_unique_constraint(
        "uq_institution_accounts_institution_id", "institution_accounts", ["institution_id", "valid_from"]
    )
    op.create_unique_constraint(
        "uq_share_agreements_institution_id", "share_agreements", ["institution_id", "valid_from"]
    )
    op.create_check_constraint(
        "shares_sum_to_100", "share_agreements", "bank + national + provincial + city + other = 100"
    )


def downgrade() -> None:
    op.drop_constraint("shares_sum_to_100", "share_agreements")
    op.drop_constraint("uq_share_agreements_institution_id", "share_agreements")
    op.drop_constraint("uq_institution_accounts_institution_id", "institution_accounts")
    op.drop_column("institutions", "stopped_on")
    op.drop_table("institution_changes")
