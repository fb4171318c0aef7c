"""Changes of registered loans: extensions, early repayments, corrections

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-23 16:45:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loan_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("new_due_on", sa.Date(), nullable=True),
        sa.Column("repaid", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("kind IN ('extension', 'prepayment', 'correction')", name="kind_is_known"),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.CheckConstraint("(kind = 'extension') = (new_due_on IS NOT NULL)", name="extension_has_its_day"),
        sa.CheckConstraint("(kind = 'prepayment') = (repaid IS NOT NULL)", name="repayment_has_its_amount"),
        sa.CheckConstraint("repaid > 0", name="repaid_something"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "uq_loan_changes_open",
        "loan_changes",
        ["loan_id"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL"),
    )
    op.create_index("ix_loan_changes_loan", "loan_changes", ["loan_id", "id"])
    op.execute("""
    CREATE FUNCTION loan_change_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a change of a loan is only decided, never edited or deleted';
    END $$""")
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE ON loan_changes FOR EACH ROW EXECUTE FUNCTION loan_change_stays()"
    )
    op.execute("""
    CREATE TRIGGER only_decided BEFORE UPDATE ON loan_changes FOR EACH ROW
    WHEN (OLD.verdict IS NOT NULL OR (OLD.loan_id, OLD.number, OLD.kind, OLD."on", OLD.reason, OLD.document,
            OLD.proposed_by, OLD.proposed_at)
        IS DISTINCT FROM (NEW.loan_id, NEW.number, NEW.kind, NEW."on", NEW.reason, NEW.document,
            NEW.proposed_by, NEW.proposed_at)
        OR OLD.new_due_on IS DISTINCT FROM NEW.new_due_on OR OLD.repaid IS DISTINCT FROM NEW.repaid
        OR OLD.before <> NEW.before OR OLD.after <> NEW.after)
    EXECUTE FUNCTION loan_change_stays()""")


def downgrade() -> None:
    op.execute("DROP FUNCTION loan_change_stays() CASCADE")
    op.drop_table("loan_changes")
