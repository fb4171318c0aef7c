"""Files with an opinion; when a reviewer last looked at a case

Revision ID: 0029
Revises: 0028
Create Date: 2026-11-30 14:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

GUARDS = """
-- A file that was given with an opinion is kept as it is; one of a half-written answer may go.
CREATE FUNCTION keep_opinion_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.given_at IS NOT NULL THEN
        RAISE EXCEPTION 'opinion file %: what was given with an opinion cannot be changed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER opinion_files_are_kept BEFORE UPDATE OR DELETE ON opinion_files
    FOR EACH ROW EXECUTE FUNCTION keep_opinion_file();
CREATE TRIGGER opinion_files_never_emptied BEFORE TRUNCATE ON opinion_files
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "opinion_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"]),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"]),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"]),
        sa.ForeignKeyConstraint(["uploaded_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_opinion_files_case_id", "opinion_files", ["case_id"])
    op.create_index("ix_opinion_files_comment_id", "opinion_files", ["comment_id"])
    op.create_index("ix_opinion_files_task", "opinion_files", ["task_id", "uploaded_by"])
    op.create_table(
        "case_visits",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("person_id", "case_id"),
    )
    op.execute(GUARDS)


def downgrade() -> None:
    op.drop_table("case_visits")
    op.drop_table("opinion_files")
    op.execute("DROP FUNCTION keep_opinion_file()")
