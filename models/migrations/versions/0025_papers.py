"""Documents of loan changes; registers that go on in the middle of a year

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-30 07:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

GUARDS = """
-- What was said about an opening is only decided, and that once.
CREATE FUNCTION keep_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an opening of a register is only decided, never edited or deleted'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER openings_never_deleted BEFORE DELETE ON number_openings
    FOR EACH ROW EXECUTE FUNCTION keep_opening();
CREATE TRIGGER openings_only_decided BEFORE UPDATE ON number_openings FOR EACH ROW
WHEN (OLD.verdict IS NOT NULL
      OR (OLD.organ_id, OLD.word, OLD.year, OLD.last, OLD.document, OLD.proposed_by, OLD.proposed_at)
         IS DISTINCT FROM
         (NEW.organ_id, NEW.word, NEW.year, NEW.last, NEW.document, NEW.proposed_by, NEW.proposed_at))
EXECUTE FUNCTION keep_opening();

-- Confirmed, it is the counter's first value. A register that has given a number has its counter: refused.
CREATE FUNCTION open_register() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO number_counters (organ_id, word, year, last) VALUES (NEW.organ_id, NEW.word, NEW.year, NEW.last);
    RETURN NEW;
END $$;
CREATE TRIGGER openings_set_the_counter AFTER INSERT OR UPDATE ON number_openings FOR EACH ROW
WHEN (NEW.verdict = 'confirmed') EXECUTE FUNCTION open_register();

CREATE OR REPLACE FUNCTION keep_counting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last <> 1 AND NOT EXISTS (
        SELECT FROM number_openings o
        WHERE (o.organ_id, o.word, o.year, o.last) = (NEW.organ_id, NEW.word, NEW.year, NEW.last)
          AND o.verdict = 'confirmed'
    ) OR TG_OP = 'UPDATE' AND (
        NEW.last <> OLD.last + 1
        OR (NEW.organ_id, NEW.word, NEW.year) IS DISTINCT FROM (OLD.organ_id, OLD.word, OLD.year)
    ) THEN
        RAISE EXCEPTION 'number_counters: numbers follow one another'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def upgrade() -> None:
    op.add_column("documents", sa.Column("loan_change_id", sa.Integer(), nullable=True))
    op.create_foreign_key(None, "documents", "loan_changes", ["loan_change_id"], ["id"])
    op.create_index("ix_documents_loan_change_id", "documents", ["loan_change_id"])
    op.create_table(
        "number_openings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organ_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.CheckConstraint("last > 0", name="opens_after_a_number"),
        sa.ForeignKeyConstraint(["organ_id"], ["institutions.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_number_openings",
        "number_openings",
        ["organ_id", "word", "year"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'confirmed'"),
    )
    op.execute(GUARDS)


def downgrade() -> None:
    raise RuntimeError("Issued documents and their numbers are never thrown away: restore a backup instead.")
