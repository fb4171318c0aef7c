"""The ledger enforces itself: entries make the balances and are never changed; budgets, waiting lines, lending bases

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-23 13:05:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = (
    "submitted", "correction", "withdrawn", "filing_review", "filing_second_review", "registered",
    "filing_refused", "acceptance", "first_review", "second_review", "office_review", "leader_approval",
    "meeting", "awaiting_room", "public_notice", "objection", "fund_request", "finance_review", "payment",
    "receipt", "paid", "not_accepted", "claim_refused",
)  # fmt: skip
MONEY = sa.Numeric(precision=18, scale=2)

ENTRIES_MAKE_BALANCES = """
CREATE FUNCTION ledger_entry_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.type, NEW.source, NEW.target) NOT IN (
        ('ceiling', 'grant', 'free'), ('reduce', 'free', 'grant'), ('reserve', 'free', 'reserved'),
        ('release', 'reserved', 'free'), ('settle', 'reserved', 'paid'), ('return', 'returned', 'free')
    ) THEN
        RAISE EXCEPTION 'ledger_entries: % does not move from % to %', NEW.type, NEW.source, NEW.target
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE ledger_accounts SET
        ceiling = ceiling + CASE NEW.type WHEN 'ceiling' THEN NEW.amount WHEN 'reduce' THEN -NEW.amount ELSE 0 END,
        reserved = reserved
            + CASE WHEN NEW.target = 'reserved' THEN NEW.amount WHEN NEW.source = 'reserved' THEN -NEW.amount ELSE 0 END,
        paid = paid + CASE WHEN NEW.target = 'paid' THEN NEW.amount ELSE 0 END,
        returned = returned + CASE WHEN NEW.source = 'returned' THEN NEW.amount ELSE 0 END
    WHERE id = NEW.account_id
    RETURNING ceiling - paid - reserved + returned INTO STRICT NEW.left_after;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_moves BEFORE INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_moves();
"""

NOTHING_ELSE_DOES = """
CREATE FUNCTION ledger_balances_follow_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.ceiling, NEW.reserved, NEW.paid, NEW.returned) IS DISTINCT FROM (0::numeric, 0::numeric, 0::numeric, 0::numeric) THEN
            RAISE EXCEPTION 'ledger_accounts: a new account is empty; post entries' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF pg_trigger_depth() < 2
        AND (NEW.id, NEW.kind, NEW.key, NEW.ceiling, NEW.reserved, NEW.paid, NEW.returned)
            IS DISTINCT FROM (OLD.id, OLD.kind, OLD.key, OLD.ceiling, OLD.reserved, OLD.paid, OLD.returned) THEN
        RAISE EXCEPTION 'ledger_accounts: balances follow entries; post one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_balances_follow_entries BEFORE INSERT OR UPDATE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_balances_follow_entries();

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_entries EXECUTE FUNCTION never_changed();
CREATE TRIGGER never_deleted BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_accounts EXECUTE FUNCTION never_changed();
CREATE TRIGGER only_decided_once BEFORE UPDATE OR DELETE ON budget_changes
    FOR EACH ROW EXECUTE FUNCTION only_decided_once();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON budget_changes EXECUTE FUNCTION never_changed();
"""


def upgrade() -> None:
    op.drop_constraint("state_is_known", "cases", type_="check")
    op.create_check_constraint("state_is_known", "cases", f"state IN {STATES!r}")

    op.create_table(
        "bank_year_lending",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("principal", MONEY, nullable=False),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institutions.id"]),
        sa.PrimaryKeyConstraint("institution_id", "year"),
    )
    op.create_table(
        "budget_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("resolution", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.CheckConstraint("amount <> 0", name="changes_something"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_budget_changes_resolution",
        "budget_changes",
        ["year", "resolution"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'confirmed'"),
    )
    op.create_table(
        "ledger_waits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.String(length=40), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ended IN ('served', 'recalculate', 'left')", name="ended_is_known"),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_accounts.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_ledger_waits_case",
        "ledger_waits",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index(
        "ix_ledger_waits_line",
        "ledger_waits",
        ["account_id", "since"],
        postgresql_where=sa.text("ended IS NULL"),
    )

    op.drop_constraint("kind_is_known", "ledger_accounts", type_="check")
    op.create_check_constraint(
        "kind_is_known", "ledger_accounts", "kind IN ('enterprise', 'bank_year', 'budget', 'recovery')"
    )
    op.drop_constraint("no_more_returned_than_paid", "ledger_accounts", type_="check")
    op.create_check_constraint(
        "no_more_returned_than_paid", "ledger_accounts", "kind = 'recovery' OR returned <= paid"
    )
    _entries()
    op.execute(ENTRIES_MAKE_BALANCES)
    op.execute(NOTHING_ELSE_DOES)
    _lending()


def _entries() -> None:
    """Entries name their sides; what accounts were given before is written as their first entry."""
    op.drop_constraint("type_is_known", "ledger_entries", type_="check")
    op.create_check_constraint(
        "type_is_known",
        "ledger_entries",
        "type IN ('ceiling', 'reduce', 'reserve', 'release', 'settle', 'return')",
    )
    op.add_column("ledger_entries", sa.Column("budget_change_id", sa.Integer(), nullable=True))
    op.create_foreign_key(None, "ledger_entries", "budget_changes", ["budget_change_id"], ["id"])
    op.add_column("ledger_entries", sa.Column("source", sa.String(length=40), nullable=True))
    op.add_column("ledger_entries", sa.Column("target", sa.String(length=40), nullable=True))
    op.execute(
        "INSERT INTO ledger_entries (id, account_id, at, type, amount, left_after, memo) "
        "SELECT -id, id, now(), 'ceiling', ceiling, ceiling, '启用明细账时的核定额度' "
        "FROM ledger_accounts WHERE ceiling > 0"
    )
    op.execute(
        "UPDATE ledger_entries SET "
        "source = CASE type WHEN 'ceiling' THEN 'grant' WHEN 'reserve' THEN 'free' WHEN 'return' THEN 'returned' "
        "ELSE 'reserved' END, "
        "target = CASE type WHEN 'reserve' THEN 'reserved' WHEN 'settle' THEN 'paid' ELSE 'free' END"
    )
    for column in ("source", "target"):
        op.alter_column("ledger_entries", column, nullable=False)
        op.create_check_constraint(
            f"{column}_is_known",
            "ledger_entries",
            f"{column} IN ('grant', 'free', 'reserved', 'paid', 'returned')",
        )
    op.create_check_constraint("moves_something", "ledger_entries", "amount > 0")
    op.create_check_constraint(
        "names_its_case", "ledger_entries", "(type IN ('ceiling', 'reduce')) = (case_id IS NULL)"
    )
    op.drop_index("ix_ledger_entries_account_id", table_name="ledger_entries")
    op.create_index("ix_ledger_entries_account", "ledger_entries", ["account_id", "id"])


OLD_ROWS, NEW_ROWS = (
    f"SELECT institution_id, extract(year FROM disbursed_on)::integer AS year, {sign}principal AS principal, "
    f"{sign}1 AS loans FROM {rows} WHERE state = 'registered' AND board = 'bank'"
    for sign, rows in (("-", "old_rows"), ("", "new_rows"))
)


def _lending() -> None:
    """Statement by statement, whatever its number of rows: one function for each of INSERT, UPDATE and DELETE.

    The advisory lock (one per bank) keeps two transactions that touch several years of a bank from waiting for
    each other.
    """
    for event, changed, tables in (
        ("INSERT", NEW_ROWS, "NEW TABLE AS new_rows"),
        ("UPDATE", f"{OLD_ROWS} UNION ALL {NEW_ROWS}", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", OLD_ROWS, "OLD TABLE AS old_rows"),
    ):
        name = f"lending_follows_{event.lower()}"
        op.execute(f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7252023, bank) FROM (
        SELECT institution_id AS bank FROM ({changed}) AS moved
        GROUP BY institution_id, year HAVING sum(principal) <> 0 OR sum(loans) <> 0 ORDER BY institution_id
    ) AS banks;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO bank_year_lending AS kept (institution_id, year, principal, loans)
    SELECT institution_id, year, sum(principal), sum(loans) FROM ({changed}) AS moved
    GROUP BY institution_id, year HAVING sum(principal) <> 0 OR sum(loans) <> 0 ORDER BY institution_id, year
    ON CONFLICT (institution_id, year) DO UPDATE
        SET principal = kept.principal + EXCLUDED.principal, loans = kept.loans + EXCLUDED.loans;
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON loans REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION {name}();
""")
    op.execute(
        "INSERT INTO bank_year_lending (institution_id, year, principal, loans) "
        "SELECT institution_id, extract(year FROM disbursed_on)::integer, sum(principal), count(*) FROM loans "
        "WHERE state = 'registered' AND board = 'bank' GROUP BY 1, 2"
    )


def downgrade() -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP FUNCTION lending_follows_{event}() CASCADE")
    for name in ("ledger_entry_moves", "ledger_balances_follow_entries"):
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.execute("DROP TRIGGER never_changed ON ledger_entries")
    op.execute("DROP TRIGGER never_emptied ON ledger_entries")
    op.execute("DROP TRIGGER never_deleted ON ledger_accounts")
    op.execute("DROP TRIGGER never_emptied ON ledger_accounts")
    op.execute("DELETE FROM ledger_entries WHERE type = 'reduce' OR id < 0")
    op.drop_index("ix_ledger_entries_account", table_name="ledger_entries")
    op.create_index("ix_ledger_entries_account_id", "ledger_entries", ["account_id"])
    for column in ("source", "target", "budget_change_id"):
        op.drop_column("ledger_entries", column)
    op.drop_constraint("names_its_case", "ledger_entries", type_="check")
    op.drop_constraint("moves_something", "ledger_entries", type_="check")
    op.drop_constraint("type_is_known", "ledger_entries", type_="check")
    op.create_check_constraint(
        "type_is_known", "ledger_entries", "type IN ('ceiling', 'reserve', 'release', 'settle', 'return')"
    )
    op.execute("DELETE FROM ledger_accounts WHERE kind = 'recovery'")
    op.drop_constraint("kind_is_known", "ledger_accounts", type_="check")
    op.create_check_constraint(
        "kind_is_known", "ledger_accounts", "kind IN ('enterprise', 'bank_year', 'budget')"
    )
    op.drop_constraint("no_more_returned_than_paid", "ledger_accounts", type_="check")
    op.create_check_constraint("no_more_returned_than_paid", "ledger_accounts", "returned <= paid")
    for table in ("ledger_waits", "budget_changes", "bank_year_lending"):
        op.drop_table(table)
    op.drop_constraint("state_is_known", "cases", type_="check")
    op.create_check_constraint(
        "state_is_known", "cases", f"state IN {tuple(s for s in STATES if s != 'awaiting_room')!r}"
    )
