"""Joint meetings: sessions, agendas, attendance; documents that are about several cases, or about none

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-23 16:15:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _person(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey("people.id"), nullable=nullable)


def upgrade() -> None:
    op.alter_column("documents", "case_id", nullable=True)
    op.add_column("exports", sa.Column("materials", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("exports", "materials", server_default=None)
    op.create_table(
        "document_cases",
        sa.Column("document_id", sa.Integer(), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True),
    )
    op.create_index("ix_document_cases_case_id", "document_cases", ["case_id"])
    op.create_table(
        "meetings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        _person("chair_id", nullable=True),
        sa.Column("resolutions", sa.String(4000), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        _person("convened_by"),
        sa.Column("convened_at", MOMENT, nullable=False),
        _person("concluded_by", nullable=True),
        sa.Column("concluded_at", MOMENT),
        sa.Column("document_id", sa.Integer(), sa.ForeignKey("documents.id")),
        sa.UniqueConstraint("year", "ordinal"),
        sa.CheckConstraint("state IN ('open', 'concluded', 'cancelled')", name="state_is_known"),
        sa.CheckConstraint(
            "(state = 'concluded') = (document_id IS NOT NULL)", name="concluded_with_minutes"
        ),
    )
    op.create_table(
        "meeting_items",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("meeting_id", sa.Integer(), sa.ForeignKey("meetings.id"), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("journal.id"), nullable=False),
        _person("added_by"),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.Column("wording", sa.String(1000), nullable=False),
        sa.Column("result", sa.String(40)),
        sa.Column("votes_for", sa.Integer(), nullable=False),
        sa.Column("votes_against", sa.Integer(), nullable=False),
        sa.Column("counted_at", MOMENT),
        sa.Column("carried_at", MOMENT),
        sa.CheckConstraint("result IN ('approved', 'refused', 'deferred', 'gone')", name="result_is_known"),
    )
    op.create_index(
        "uq_meeting_items_waiting",
        "meeting_items",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL AND carried_at IS NULL"),
    )
    op.create_index("ix_meeting_items_meeting", "meeting_items", ["meeting_id", "id"])
    op.create_index("ix_meeting_items_case", "meeting_items", ["case_id", "id"])
    op.create_table(
        "meeting_attendance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("meeting_id", sa.Integer(), sa.ForeignKey("meetings.id"), nullable=False),
        _person("person_id", nullable=True),
        sa.Column("organ", sa.String(120), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("presence", sa.String(40), nullable=False),
        sa.UniqueConstraint("meeting_id", "person_id"),
        sa.CheckConstraint("presence IN ('present', 'leave', 'observer')", name="presence_is_known"),
    )
    op.create_index("ix_meeting_attendance_meeting_id", "meeting_attendance", ["meeting_id"])


def downgrade() -> None:
    for table in ("meeting_attendance", "meeting_items", "meetings", "document_cases"):
        op.drop_table(table)
    op.drop_column("exports", "materials")
    op.alter_column("documents", "case_id", nullable=False)
