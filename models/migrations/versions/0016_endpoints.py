"""Addresses are verified before use, their secrets overlap, and one that fails rests; when a delivery was queued

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-23 16:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ("institution_contacts", "webhook_endpoints"):
        op.add_column(table, sa.Column("created_at", MOMENT, nullable=True))
        op.add_column(table, sa.Column("verified_at", MOMENT, nullable=True))
        op.add_column(table, sa.Column("ended_at", MOMENT, nullable=True))
        op.execute(f"UPDATE {table} SET verified_at = now(), created_at = now()")
        op.execute(f"UPDATE {table} SET ended_at = now() WHERE NOT active")
    op.add_column(
        "institution_contacts", sa.Column("code_hash", sa.String(64), server_default="", nullable=False)
    )
    op.add_column("institution_contacts", sa.Column("code_sent_at", MOMENT, nullable=True))
    op.add_column(
        "institution_contacts", sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "webhook_endpoints", sa.Column("old_secret", sa.String(120), server_default="", nullable=False)
    )
    op.add_column("webhook_endpoints", sa.Column("old_secret_until", MOMENT, nullable=True))
    op.add_column(
        "webhook_endpoints", sa.Column("failures", sa.Integer(), server_default="0", nullable=False)
    )
    for table, column in (
        ("institution_contacts", "code_hash"),
        ("institution_contacts", "code_tries"),
        ("webhook_endpoints", "old_secret"),
        ("webhook_endpoints", "failures"),
    ):
        op.alter_column(table, column, server_default=None)
    op.add_column("webhook_endpoints", sa.Column("failing_since", MOMENT, nullable=True))
    op.add_column("webhook_endpoints", sa.Column("paused_until", MOMENT, nullable=True))
    op.add_column("deliveries", sa.Column("queued_at", MOMENT, nullable=True))
    op.drop_index("ix_deliveries_due", "deliveries")
    op.execute(
        "CREATE INDEX ix_deliveries_due ON deliveries (coalesce(endpoint_id, 0), next_attempt_at, id) "
        "WHERE state = 'pending'"
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_due", "deliveries")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["next_attempt_at", "id"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_column("deliveries", "queued_at")
    for name in ("paused_until", "failing_since", "failures", "old_secret_until", "old_secret"):
        op.drop_column("webhook_endpoints", name)
    for name in ("code_tries", "code_sent_at", "code_hash"):
        op.drop_column("institution_contacts", name)
    for table in ("institution_contacts", "webhook_endpoints"):
        for name in ("ended_at", "verified_at", "created_at"):
            op.drop_column(table, name)
