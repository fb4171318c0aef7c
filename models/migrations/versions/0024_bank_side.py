"""The bank's side: 经办/复核 within an institution, people kept by its administrator, the words of uploaded files

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-30 14:40:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)
ROLES = (
    "'filer', 'managing_officer', 'managing_head', 'bureau_officer', 'bureau_leader', 'meeting_member', "
    "'finance_officer', 'finance_treasurer', 'manager', 'admin', 'institution_admin'"
)
DECIDED_ONCE = """
CREATE FUNCTION prepared_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'prepared is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.institution_id, OLD.kind, OLD.subject, OLD.title, OLD.amount, OLD.data, OLD.files, OLD.shown,
        OLD.proposed_by, OLD.proposed_at)
       IS DISTINCT FROM (NEW.institution_id, NEW.kind, NEW.subject, NEW.title, NEW.amount, NEW.data, NEW.files,
        NEW.shown, NEW.proposed_by, NEW.proposed_at)
       OR (OLD.verdict IS NOT NULL AND (OLD.verdict, OLD.decided_by, OLD.decided_at, OLD.note)
           IS DISTINCT FROM (NEW.verdict, NEW.decided_by, NEW.decided_at, NEW.note)) THEN
        RAISE EXCEPTION 'what was prepared is not edited' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE OR DELETE ON prepared
    FOR EACH ROW EXECUTE FUNCTION prepared_is_decided_once();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON office_acts
    FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON office_acts EXECUTE FUNCTION never_changed();
"""


def _roles(words: str) -> None:
    for table in ("person_roles", "tasks"):
        op.drop_constraint("role_is_known", table, type_="check")
        op.create_check_constraint("role_is_known", table, f"role IN ({words})")


def upgrade() -> None:
    _roles(f"{ROLES}, 'filer_checker'")
    op.add_column("institutions", sa.Column("checker_since", MOMENT, nullable=True))
    op.add_column("people", sa.Column("must_change", sa.Boolean(), server_default="false", nullable=False))
    op.alter_column("people", "must_change", server_default=None)
    op.add_column("people", sa.Column("password_set_at", MOMENT, nullable=True))
    op.add_column("people", sa.Column("suspended_at", MOMENT, nullable=True))
    op.create_table(
        "old_passwords",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=300), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_old_passwords_person_id"), "old_passwords", ["person_id"])
    op.create_table(
        "office_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person_name", sa.String(length=60), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("about_name", sa.String(length=60), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institutions.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["about_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_office_acts_institution", "office_acts", ["institution_id", "id"])
    op.create_table(
        "prepared",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("shown", sa.String(length=64), nullable=False),
        sa.Column("by_key", sa.Boolean(), nullable=False),
        sa.Column("case_number", sa.String(length=40), nullable=False),
        sa.Column("taken_up_at", MOMENT, nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institutions.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_prepared_institution", "prepared", ["institution_id", "id"])
    op.create_index(
        "uq_prepared_waiting",
        "prepared",
        ["institution_id", "kind", "subject"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL AND subject <> ''"),
    )
    op.create_table(
        "paper_texts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("pages", JSON, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.CheckConstraint("outcome IN ('read', 'empty', 'unreadable', 'partly')", name="outcome_is_known"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"]),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.execute(DECIDED_ONCE)


def downgrade() -> None:
    for table in ("paper_texts", "prepared", "office_acts", "old_passwords"):
        op.drop_table(table)
    op.execute("DROP FUNCTION prepared_is_decided_once()")
    for column in ("suspended_at", "password_set_at", "must_change"):
        op.drop_column("people", column)
    op.drop_column("institutions", "checker_since")
    op.execute("DELETE FROM person_roles WHERE role = 'filer_checker'")
    _roles(ROLES)
