"""Anomalies of registered loans (入库项目异常) among their changes

Revision ID: 0034
Revises: 0033
Create Date: 2026-11-30 18:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ANOMALIES = (
    "'overdue', 'interest', 'downgraded', 'halted', 'litigation', 'misuse', 'owners', 'figures', 'other'"
)
ONLY_DECIDED = """
DROP TRIGGER only_decided ON loan_changes;
CREATE TRIGGER only_decided BEFORE UPDATE ON loan_changes FOR EACH ROW
WHEN (OLD.verdict IS NOT NULL OR (OLD.loan_id, OLD.number, OLD.kind, OLD."on", OLD.reason, OLD.document,
        OLD.proposed_by, OLD.proposed_at, OLD.measures)
    IS DISTINCT FROM (NEW.loan_id, NEW.number, NEW.kind, NEW."on", NEW.reason, NEW.document,
        NEW.proposed_by, NEW.proposed_at, NEW.measures)
    OR OLD.new_due_on IS DISTINCT FROM NEW.new_due_on OR OLD.repaid IS DISTINCT FROM NEW.repaid
    OR OLD.anomaly IS DISTINCT FROM NEW.anomaly OR OLD.unpaid IS DISTINCT FROM NEW.unpaid
    OR OLD.before <> NEW.before OR OLD.after <> NEW.after)
EXECUTE FUNCTION loan_change_stays();
"""


def upgrade() -> None:
    op.add_column("loan_changes", sa.Column("anomaly", sa.String(length=40), nullable=True))
    op.add_column("loan_changes", sa.Column("unpaid", sa.Numeric(precision=18, scale=2), nullable=True))
    op.add_column(
        "loan_changes", sa.Column("measures", sa.String(length=500), nullable=False, server_default="")
    )
    op.alter_column("loan_changes", "measures", server_default=None)
    op.drop_constraint("kind_is_known", "loan_changes", type_="check")
    op.create_check_constraint(
        "kind_is_known",
        "loan_changes",
        "kind IN ('extension', 'prepayment', 'representative', 'correction', 'anomaly')",
    )
    op.create_check_constraint(
        "anomaly_has_its_facts",
        "loan_changes",
        "(kind = 'anomaly') = (anomaly IS NOT NULL) AND (kind = 'anomaly') = (unpaid IS NOT NULL)",
    )
    op.create_check_constraint("anomaly_is_known", "loan_changes", f"anomaly IN ({ANOMALIES})")
    op.create_check_constraint("unpaid_is_an_amount", "loan_changes", "unpaid >= 0")
    # What went wrong is reported whatever else waits to be confirmed.
    op.drop_index("uq_loan_changes_open", "loan_changes")
    op.create_index(
        "uq_loan_changes_open",
        "loan_changes",
        ["loan_id", sa.text("(kind = 'anomaly')")],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL"),
    )
    op.execute(ONLY_DECIDED)


def downgrade() -> None:
    raise RuntimeError("Reported anomalies are never thrown away: restore a backup instead.")
