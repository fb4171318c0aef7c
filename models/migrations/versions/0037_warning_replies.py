"""Answers to letters of warning (风险提示函)

Revision ID: 0037
Revises: 0036
Create Date: 2026-11-30 21:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# Letters that were sent before are owed an answer by the day they name.
SENT_BEFORE = """
INSERT INTO warning_replies (loan_change_id, due_on, words)
SELECT DISTINCT ON (loan_change_id) loan_change_id, (context ->> 'reply_by')::date, ''
FROM documents WHERE code = 'D14' AND loan_change_id IS NOT NULL ORDER BY loan_change_id, id DESC
"""
GUARDS = """
-- An answer is given once and stays as it was given, with its files.
CREATE FUNCTION warning_reply_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an answer to a letter of warning stays as it was given'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER given_once BEFORE UPDATE ON warning_replies FOR EACH ROW
WHEN (OLD.replied_at IS NOT NULL OR OLD.loan_change_id <> NEW.loan_change_id)
EXECUTE FUNCTION warning_reply_stays();
CREATE TRIGGER never_deleted BEFORE DELETE ON warning_replies FOR EACH ROW EXECUTE FUNCTION warning_reply_stays();
CREATE TRIGGER given_once BEFORE UPDATE OR DELETE ON warning_files FOR EACH ROW EXECUTE FUNCTION warning_reply_stays();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON warning_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON warning_replies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "warning_replies",
        sa.Column("loan_change_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("replied_by", sa.Integer(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(replied_at IS NULL) = (words = '')", name="answered_in_words"),
        sa.CheckConstraint("(replied_at IS NULL) = (replied_by IS NULL)", name="answered_by_someone"),
        sa.ForeignKeyConstraint(["loan_change_id"], ["loan_changes.id"]),
        sa.ForeignKeyConstraint(["replied_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("loan_change_id"),
    )
    op.create_index(
        "ix_warning_replies_owed",
        "warning_replies",
        ["due_on"],
        postgresql_where=sa.text("replied_at IS NULL"),
    )
    op.create_table(
        "warning_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_change_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["loan_change_id"], ["warning_replies.loan_change_id"]),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_warning_files_loan_change_id", "warning_files", ["loan_change_id"])
    op.execute(SENT_BEFORE)
    op.execute(GUARDS)


def downgrade() -> None:
    raise RuntimeError("Answers that were given are never thrown away: restore a backup instead.")
