"""Recovery of a compensated loan (追偿返还) as a process of its own

Revision ID: 0028
Revises: 0027
Create Date: 2026-11-30 14:40:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BEFORE = (
    "submitted", "correction", "withdrawn", "filing_review", "filing_second_review", "registered",
    "filing_refused", "acceptance", "first_review", "second_review", "office_review", "leader_approval",
    "meeting", "awaiting_room", "public_notice", "objection", "fund_request", "finance_review", "payment",
    "receipt", "paid", "not_accepted", "claim_refused",
)  # fmt: skip
NEW = (
    "recovery_review", "recovery_second_review", "progress_note", "return_slip", "return_confirmation", "returned",
    "nothing_due", "progress_noted", "recovery_refused",
)  # fmt: skip
MONEY = sa.Numeric(precision=18, scale=2)

# The row of the claim is taken first, so two returns at the same time are added up one after the other.
RETURNS_WITHIN_PAYMENT = """
CREATE FUNCTION ledger_returns_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most numeric;
    before numeric;
BEGIN
    IF NEW.type <> 'return' OR (SELECT kind FROM ledger_accounts WHERE id = NEW.account_id) <> 'recovery' THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(paid, 0) INTO most FROM claims WHERE case_id = NEW.case_id FOR UPDATE;
    SELECT coalesce(sum(e.amount), 0) INTO before FROM ledger_entries e
        JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'recovery'
        WHERE e.case_id = NEW.case_id AND e.type = 'return';
    IF before + NEW.amount > coalesce(most, 0) THEN
        RAISE EXCEPTION 'ledger_entries: % returned of % paid for case %', before + NEW.amount, most, NEW.case_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_returns_within_payment BEFORE INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_returns_within_payment();
"""


def upgrade() -> None:
    _known((*BEFORE, *NEW), ("filing", "claim", "recovery"))
    op.drop_constraint("kind_is_known", "drafts", type_="check")
    op.create_check_constraint(
        "kind_is_known", "drafts", "kind IN ('filing', 'claim', 'correction', 'recovery')"
    )
    op.add_column("cases", sa.Column("about_id", sa.Integer(), nullable=True))
    op.create_foreign_key(None, "cases", "cases", ["about_id"], ["id"])
    op.create_check_constraint(
        "recoveries_name_their_claim", "cases", "(process = 'recovery') = (about_id IS NOT NULL)"
    )
    op.create_index(
        "uq_cases_about", "cases", ["about_id"], unique=True,
        postgresql_where=sa.text("about_id IS NOT NULL AND closed_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_cases_about", "cases", ["about_id"], postgresql_where=sa.text("about_id IS NOT NULL"))
    _tables()
    op.execute(RETURNS_WITHIN_PAYMENT)


def _tables() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("court_number", sa.String(length=60), nullable=False),
        sa.Column("progress", sa.String(length=1000), nullable=False),
        sa.Column("checks", json, nullable=False),
        sa.Column("share", json, nullable=True),
        sa.Column("due", MONEY, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("refusal_reason", sa.String(length=2000), nullable=False),
        sa.Column("slip_on", sa.Date(), nullable=True),
        sa.Column("slip_amount", MONEY, nullable=True),
        sa.Column("slip_number", sa.String(length=60), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("returned", MONEY, nullable=True),
        sa.CheckConstraint(
            "action IN ('lawsuit', 'execution', 'settlement', 'collection', 'other')", name="action_is_known"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id"),
    )
    op.create_table(
        "recovery_receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("voucher_number", sa.String(length=60), nullable=False),
        sa.CheckConstraint("amount > 0", name="something_came_in"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_recovery_receipts_case", "recovery_receipts", ["case_id", "item"])
    op.create_table(
        "recovery_costs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.CheckConstraint("amount > 0", name="something_was_spent"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_recovery_costs_case", "recovery_costs", ["case_id", "item"])


def _known(states: tuple[str, ...], processes: tuple[str, ...]) -> None:
    op.drop_constraint("state_is_known", "cases", type_="check")
    op.create_check_constraint("state_is_known", "cases", f"state IN {states!r}")
    for table in ("cases", "tasks"):
        op.drop_constraint("process_is_known", table, type_="check")
        op.create_check_constraint("process_is_known", table, f"process IN {processes!r}")


def downgrade() -> None:
    """Cases that were recoveries cannot be told in the older tables: only a system that has none goes back."""
    op.execute("DROP TRIGGER ledger_returns_within_payment ON ledger_entries")
    op.execute("DROP FUNCTION ledger_returns_within_payment()")
    for table in ("recovery_costs", "recovery_receipts", "recoveries"):
        op.drop_table(table)
    op.drop_index("uq_cases_about", table_name="cases")
    op.drop_index("ix_cases_about", table_name="cases")
    op.drop_column("cases", "about_id")
    op.drop_constraint("kind_is_known", "drafts", type_="check")
    op.create_check_constraint("kind_is_known", "drafts", "kind IN ('filing', 'claim', 'correction')")
    _known(BEFORE, ("filing", "claim"))
