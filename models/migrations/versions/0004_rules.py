"""Resolutions that change parameters, kept editions, reference data by two people, facts pinned with a claim

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-23 13:00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VERDICTS = "verdict IN ('confirmed', 'rejected', 'withdrawn')"
ANOTHER = "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by"
COMPLETE = "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)"

ONLY_DECIDED_ONCE = """
CREATE FUNCTION only_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := ARRAY['verdict', 'decided_by', 'decided_at', 'note', 'effects'];
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    ELSIF OLD.verdict IS NOT NULL OR to_jsonb(NEW) - decision <> to_jsonb(OLD) - decision THEN
        RAISE EXCEPTION '%: what was proposed or decided is never edited', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""
NEVER_CHANGED = """
CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _two_people() -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(VERDICTS, name="verdict_is_known"),
        sa.CheckConstraint(ANOTHER, name="confirmed_by_another"),
        sa.CheckConstraint(COMPLETE, name="decided_completely"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    ]


def upgrade() -> None:
    op.create_table(
        "parameter_overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("resolution", sa.String(length=120), nullable=False),
        *_two_people(),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR "
            "effective_from >= (decided_at AT TIME ZONE 'Asia/Shanghai')::date",
            name="never_edits_the_past",
        ),
    )
    op.create_index(
        "uq_parameter_overrides_day",
        "parameter_overrides",
        ["name", "effective_from"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'confirmed'"),
    )
    op.create_table(
        "parameter_editions",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "reference_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("effects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_two_people(),
        sa.CheckConstraint("kind IN ('lpr', 'calendar')", name="kind_is_known"),
    )
    op.create_index(
        "uq_reference_changes_open",
        "reference_changes",
        ["kind", "key"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL"),
    )
    op.add_column("claims", sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute("UPDATE claims SET facts = award -> 'facts', award = award - 'facts' WHERE award ? 'facts'")
    op.execute(ONLY_DECIDED_ONCE)
    op.execute(NEVER_CHANGED)
    for table in ("parameter_overrides", "reference_changes"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_decided_once()"
        )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON parameter_editions "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )
    for table in ("parameter_overrides", "reference_changes", "parameter_editions"):
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
        )


def downgrade() -> None:
    raise RuntimeError("Resolutions are never thrown away: restore a backup instead of going back.")
