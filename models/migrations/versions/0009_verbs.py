"""Passing tasks on, messages among colleagues, substitution and recusal

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-23 13:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS = "kind IN ('nudge', 'copy', 'mention', 'transfer', 'delegate', 'reply', 'sign', 'reminder', 'escalation', 'unstaffed')"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("tasks", sa.Column("delegated_by", sa.Integer(), sa.ForeignKey("people.id")))
    op.add_column("tasks", sa.Column("added_by", sa.Integer(), sa.ForeignKey("people.id")))
    op.add_column("tasks", sa.Column("added", sa.String(40)))
    op.add_column("tasks", sa.Column("unstaffed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("tasks", "unstaffed", server_default=None)
    op.create_check_constraint("added_is_known", "tasks", "added IN ('before', 'parallel', 'after')")
    op.create_index(
        "ix_tasks_unstaffed", "tasks", ["due_at"], postgresql_where=sa.text("state = 'open' AND unstaffed")
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("case_number", sa.String(40), nullable=False),
        sa.Column("task_id", sa.Integer(), sa.ForeignKey("tasks.id")),
        sa.Column("words", sa.String(2000), nullable=False),
        sa.Column("sender_id", sa.Integer(), sa.ForeignKey("people.id")),
        sa.Column("sender", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT),
        sa.CheckConstraint(KINDS, name="kind_is_known"),
    )
    op.create_index("ix_messages_person", "messages", ["person_id", "id"])
    op.create_index(
        "ix_messages_unread", "messages", ["person_id", "kind"], postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index("ix_messages_case", "messages", ["case_id", "id"])
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("person_name", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("words", sa.String(2000), nullable=False),
        sa.Column("task_id", sa.Integer(), sa.ForeignKey("tasks.id")),
    )
    op.create_index("ix_comments_case_id", "comments", ["case_id"])
    op.create_table(
        "follows",
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_follows_case_id", "follows", ["case_id"])
    op.create_table(
        "substitutions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("substitute_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_by", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("person_id <> substitute_id", name="nobody_stands_in_for_himself"),
        sa.CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
    )
    op.create_index("ix_substitutions_substitute", "substitutions", ["substitute_id", "ends_on"])
    op.create_index("ix_substitutions_person", "substitutions", ["person_id", "ends_on"])
    op.create_table(
        "recusals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("institution_id", sa.Integer(), sa.ForeignKey("institutions.id")),
        sa.Column("uscc", sa.String(18)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_by", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("(institution_id IS NULL) <> (uscc IS NULL)", name="one_institution_or_one_firm"),
    )
    op.create_index("ix_recusals_person", "recusals", ["person_id"])


def downgrade() -> None:
    for table in ("recusals", "substitutions", "follows", "comments", "messages"):
        op.drop_table(table)
    op.drop_index("ix_tasks_unstaffed", "tasks")
    op.drop_constraint("added_is_known", "tasks")
    for column in ("unstaffed", "added", "added_by", "delegated_by"):
        op.drop_column("tasks", column)
