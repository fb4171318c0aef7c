"""Notices about no case, deadlines that count from service, removals by two people, reminders of loan changes

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-30 06:50:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = [
    "nudge",
    "copy",
    "mention",
    "transfer",
    "delegate",
    "reply",
    "sign",
    "reminder",
    "escalation",
    "unstaffed",
]


def _person(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey("people.id"), nullable=nullable)


def _kinds(kinds: list[str]) -> None:
    op.drop_constraint("kind_is_known", "messages", type_="check")
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint("kind_is_known", "messages", f"kind IN ({words})")


def upgrade() -> None:
    op.alter_column("notices", "case_id", nullable=True)
    op.add_column("notices", sa.Column("meeting_id", sa.Integer(), sa.ForeignKey("meetings.id")))
    op.add_column("notices", _person("person_id", nullable=True))
    op.create_check_constraint("about_one_thing", "notices", "case_id IS NULL OR meeting_id IS NULL")
    op.create_index(
        "ix_notices_meeting", "notices", ["meeting_id"], postgresql_where=sa.text("meeting_id IS NOT NULL")
    )
    op.drop_index("ix_notices_unplaced", "notices")
    unplaced = sa.text("feed_position IS NULL AND person_id IS NULL")
    op.create_index("ix_notices_unplaced", "notices", ["institution_id"], postgresql_where=unplaced)
    parked, outward = sa.text("state = 'parked'"), sa.text("channel <> 'portal'")
    op.create_index("ix_deliveries_parked", "deliveries", ["id"], postgresql_where=parked)
    op.create_index("ix_deliveries_address", "deliveries", ["address", "id"], postgresql_where=outward)

    op.alter_column("messages", "case_id", nullable=True)
    for name, length in (("about", 120), ("href", 200)):
        op.add_column("messages", sa.Column(name, sa.String(length), nullable=False, server_default=""))
        op.alter_column("messages", name, server_default=None)
    op.create_check_constraint(
        "about_something", "messages", "case_id IS NOT NULL OR (about <> '' AND href <> '')"
    )
    _kinds([*KINDS, "meeting", "white_list"])

    op.add_column("meetings", sa.Column("told", JSONB()))
    op.add_column("journal", sa.Column("counts_from", MOMENT))
    for name in ("reminded_at", "overdue_at", "escalated_at"):
        op.add_column("loan_changes", sa.Column(name, MOMENT))
    _removals()


def _removals() -> None:
    op.create_table(
        "white_list_removals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("entry_id", sa.Integer(), sa.ForeignKey("white_list.id"), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("document", sa.String(200), nullable=False),
        _person("proposed_by"),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.String(40)),
        _person("decided_by", nullable=True),
        sa.Column("decided_at", MOMENT),
        sa.Column("note", sa.String(500), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
    )
    undecided = sa.text("verdict IS NULL")
    op.create_index(
        "uq_white_list_removals_open",
        "white_list_removals",
        ["entry_id"],
        unique=True,
        postgresql_where=undecided,
    )
    op.create_index("ix_white_list_removals_entry", "white_list_removals", ["entry_id", "id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON white_list_removals "
        "FOR EACH ROW EXECUTE FUNCTION only_decided_once()"
    )


def downgrade() -> None:
    op.drop_table("white_list_removals")
    for name in ("reminded_at", "overdue_at", "escalated_at"):
        op.drop_column("loan_changes", name)
    op.drop_column("journal", "counts_from")
    op.drop_column("meetings", "told")
    op.execute("DELETE FROM messages WHERE case_id IS NULL")
    op.drop_constraint("about_something", "messages", type_="check")
    op.drop_column("messages", "href")
    op.drop_column("messages", "about")
    op.alter_column("messages", "case_id", nullable=False)
    _kinds(KINDS)
    op.drop_index("ix_deliveries_address", "deliveries")
    op.drop_index("ix_deliveries_parked", "deliveries")
    op.drop_index("ix_notices_unplaced", "notices")
    op.create_index(
        "ix_notices_unplaced",
        "notices",
        ["institution_id"],
        postgresql_where=sa.text("feed_position IS NULL"),
    )
    for table in ("delivery_attempts", "deliveries", "notices"):
        op.execute(_OFFICE[table])
    op.drop_index("ix_notices_meeting", "notices")
    op.drop_constraint("about_one_thing", "notices", type_="check")
    op.drop_column("notices", "person_id")
    op.drop_column("notices", "meeting_id")
    op.alter_column("notices", "case_id", nullable=False)


_OFFICE = {
    "delivery_attempts": (
        "DELETE FROM delivery_attempts USING deliveries d, notices n"
        " WHERE d.id = delivery_id AND n.id = d.notice_id AND n.case_id IS NULL"
    ),
    "deliveries": "DELETE FROM deliveries USING notices n WHERE n.id = notice_id AND n.case_id IS NULL",
    "notices": "DELETE FROM notices WHERE case_id IS NULL",
}
