"""Proof of service: who acknowledged a notice, by which way and when; reminders, and calls by telephone

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-23 16:35:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WAYS = "'portal', 'email', 'webhook', 'api', 'phone'"


def upgrade() -> None:
    op.add_column("notices", sa.Column("acknowledged_at", MOMENT, nullable=True))
    op.add_column("notices", sa.Column("acknowledged_via", sa.String(length=40), nullable=True))
    op.add_column("notices", sa.Column("acknowledged_by", sa.Integer(), nullable=True))
    op.add_column("notices", sa.Column("reminded_at", MOMENT, nullable=True))
    op.add_column("notices", sa.Column("escalated_at", MOMENT, nullable=True))
    op.create_foreign_key(None, "notices", "people", ["acknowledged_by"], ["id"])
    op.create_check_constraint("acknowledged_via_is_known", "notices", f"acknowledged_via IN ({WAYS})")
    op.create_check_constraint(
        "acknowledged_by_some_way", "notices", "(acknowledged_at IS NULL) = (acknowledged_via IS NULL)"
    )
    op.create_index(
        "ix_notices_unserved",
        "notices",
        ["created_at"],
        postgresql_where=sa.text("document_id IS NOT NULL AND acknowledged_at IS NULL"),
    )
    op.add_column("deliveries", sa.Column("ack_token", sa.String(length=40), nullable=True))
    op.create_unique_constraint(None, "deliveries", ["ack_token"])
    op.create_table(
        "service_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person_name", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("spoke_with", sa.String(length=60), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_service_calls_notice_id"), "service_calls", ["notice_id"])


def downgrade() -> None:
    op.drop_table("service_calls")
    op.drop_column("deliveries", "ack_token")
    op.drop_index("ix_notices_unserved", "notices")
    op.drop_constraint("acknowledged_by_some_way", "notices", type_="check")
    for name in ("escalated_at", "reminded_at", "acknowledged_by", "acknowledged_via", "acknowledged_at"):
        op.drop_column("notices", name)
