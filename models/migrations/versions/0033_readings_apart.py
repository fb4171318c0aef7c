"""A bank's year of loans and its year of claims are two accounts; a list of many loans is written with fewer words

Revision ID: 0033
Revises: 0032
Create Date: 2026-11-30 10:30:00

The ledger: an account of a bank's year now says by its key how 当年 (A1) and the measure (A16) are read. Movements of
claims that were decided by another reading than the usual one go to an account of that reading.

Many loans: what each loan's checks came to is kept beside them, so that nobody unpacks them to count. What a bank lent in a
year is kept in parts, so that two workers who register filings of one bank do not wait for each other. A loan that gets
the filing number that was foreseen for it is not indexed for words again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PARTS = 8
RESULT = """CASE WHEN checks -> 'checks' IS NULL THEN '' WHEN checks -> 'checks' @> '["row"]' THEN 'row'
 WHEN checks -> 'checks' @> '[{"result": "fail"}]' THEN 'fail'
 WHEN checks -> 'checks' @> '[{"result": "look"}]' THEN 'look' ELSE 'pass' END"""

# Which reading the parameters gave a claim's loan when the claim first held money.
READ_AS = """
CREATE TEMPORARY TABLE read_otherwise ON COMMIT DROP AS
WITH held AS (
    SELECT e.account_id, e.case_id, a.key, min(e.at) AS at FROM ledger_entries e
    JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = 'bank_year' AND e.case_id IS NOT NULL GROUP BY 1, 2, 3
), resolved AS (
    SELECT h.*, l.disbursed_on, (
        SELECT o.value #>> '{}' FROM parameter_overrides o WHERE o.name = 'cap_basis' AND o.verdict = 'confirmed'
            AND o.effective_from <= l.disbursed_on AND o.decided_at <= h.at ORDER BY o.effective_from DESC LIMIT 1
    ) AS basis, (
        SELECT o.value #>> '{}' FROM parameter_overrides o WHERE o.name = 'cap_applies_to' AND o.verdict = 'confirmed'
            AND o.effective_from <= l.disbursed_on AND o.decided_at <= h.at ORDER BY o.effective_from DESC LIMIT 1
    ) AS measure
    FROM held h JOIN claims k ON k.case_id = h.case_id JOIN loans l ON l.id = k.loan_id
)
SELECT account_id, case_id, split_part(key, ':', 1) || ':' || CASE basis WHEN 'claim_year' THEN 'claims:' ELSE '' END
    || CASE measure WHEN 'loss' THEN 'loss:' ELSE '' END || split_part(key, ':', 2) AS key
FROM resolved WHERE basis = 'claim_year' OR measure = 'loss'
"""
# The entries themselves are kept as they were; only the account they stand in, and the balance noted with each, change.
MOVED = """
ALTER TABLE ledger_entries DISABLE TRIGGER USER;
ALTER TABLE ledger_accounts DISABLE TRIGGER USER;
INSERT INTO ledger_accounts (kind, key, label, ceiling, reserved, paid, returned)
SELECT DISTINCT ON (r.key) 'bank_year', r.key,
    a.label || CASE WHEN r.key LIKE '%:claims:%' THEN '（按受理年度）' ELSE '' END, 0, 0, 0, 0
FROM read_otherwise r JOIN ledger_accounts a ON a.id = r.account_id ORDER BY r.key, a.id;
UPDATE ledger_waits w SET account_id = n.id FROM read_otherwise r JOIN ledger_accounts n ON n.kind = 'bank_year' AND n.key = r.key
WHERE w.account_id = r.account_id AND w.case_id = r.case_id;
INSERT INTO ledger_entries (id, account_id, at, type, source, target, amount, left_after, memo)
SELECT DISTINCT ON (n.id) -n.id, n.id, e.at, 'ceiling', 'grant', 'free', a.ceiling, a.ceiling, '按口径分开记账时的限额'
FROM read_otherwise r JOIN ledger_accounts a ON a.id = r.account_id JOIN ledger_accounts n ON n.kind = 'bank_year' AND n.key = r.key
JOIN ledger_entries e ON e.account_id = a.id WHERE a.ceiling > 0 ORDER BY n.id, e.id;
UPDATE ledger_entries e SET account_id = n.id FROM read_otherwise r JOIN ledger_accounts n ON n.kind = 'bank_year' AND n.key = r.key
WHERE e.account_id = r.account_id AND e.case_id = r.case_id;
UPDATE ledger_entries e SET left_after = chain.running FROM (
    SELECT e.id, sum(CASE WHEN e.target = 'free' THEN e.amount WHEN e.source = 'free' THEN -e.amount ELSE 0 END)
        OVER (PARTITION BY e.account_id ORDER BY e.id) AS running
    FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = 'bank_year'
) chain WHERE chain.id = e.id AND e.left_after <> chain.running;
UPDATE ledger_accounts a SET ceiling = sums.ceiling, reserved = sums.reserved, paid = sums.paid, returned = sums.returned FROM (
    SELECT account_id,
        coalesce(sum(CASE WHEN source = 'grant' THEN amount WHEN target = 'grant' THEN -amount END), 0) AS ceiling,
        coalesce(sum(CASE WHEN target = 'reserved' THEN amount WHEN source = 'reserved' THEN -amount END), 0) AS reserved,
        coalesce(sum(CASE WHEN target = 'paid' THEN amount WHEN source = 'paid' THEN -amount END), 0) AS paid,
        coalesce(sum(CASE WHEN source = 'returned' THEN amount END), 0) AS returned
    FROM ledger_entries GROUP BY account_id
) sums WHERE a.id = sums.account_id AND a.kind = 'bank_year';
ALTER TABLE ledger_entries ENABLE TRIGGER USER;
ALTER TABLE ledger_accounts ENABLE TRIGGER USER;
"""
FILING = (
    "firm_name", "uscc", "contract_number", "receipt_number", "guarantee_contract_number", "lender_name",
)  # fmt: skip
LENDING = ("contract_number", "receipt_number", "guarantee_contract_number", "lender_name")
CHANGES = "(SELECT string_agg(x.number, ' ' ORDER BY x.id) FROM loan_changes x WHERE x.loan_id = l.id)"
FORESEEN_BEFORE, FORESEEN = (
    f"COALESCE({of}.filing_number, c.number || '-' || lpad({of}.item::text, greatest(2, length({of}.item::text)), '0'))"
    for of in ("o", "l")
)
OF_LOAN = f"search_words({', '.join(f'l.{name}' for name in FILING)}, {FORESEEN}, {CHANGES})"
OF_LENDING = f"search_words({', '.join(f'l.{name}' for name in LENDING)}, l.filing_number, {CHANGES})"
BEFORE, AFTER = (", ".join(f"{of}.{name}" for name in FILING) for of in ("o", "l"))


TOUCHED_BEFORE = f"""SELECT l.* FROM after l JOIN before o ON o.id = l.id
        WHERE ({BEFORE}, o.filing_number) IS DISTINCT FROM ({AFTER}, l.filing_number)"""
TOUCHED = "SELECT l.* FROM after l WHERE l.id = ANY(others)"
# Not a join of the two: a function keeps the plan of its first call, and one made for no loan compares 500 with 500.
OTHERS = f"""DECLARE others integer[] := ARRAY(SELECT id FROM (
    SELECT l.id, {AFTER}, {FORESEEN} FROM after l JOIN cases c ON c.id = l.case_id
    EXCEPT SELECT o.id, {BEFORE}, {FORESEEN_BEFORE} FROM before o JOIN cases c ON c.id = o.case_id
) AS changed);
BEGIN
    IF others = '{{}}' THEN
        RETURN NULL;
    END IF;"""


def changed_loans(begin: str, touched: str) -> None:
    """0031's function, with how a loan that changed its words is known."""
    op.execute(f"""
CREATE OR REPLACE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ {begin}
    WITH touched AS MATERIALIZED (
        {touched}
    )
    UPDATE case_words w SET words = fresh.words
    FROM (
        SELECT l.case_id, l.id AS part, {OF_LOAN} AS words FROM touched l JOIN cases c ON c.id = l.case_id
        UNION ALL
        SELECT k.case_id, -1, {OF_LENDING} FROM touched l JOIN claims k ON k.loan_id = l.id
        UNION ALL
        SELECT r.id, -1, {OF_LENDING} FROM touched l JOIN claims k ON k.loan_id = l.id JOIN cases r ON r.about_id = k.case_id
    ) fresh
    WHERE w.case_id = fresh.case_id AND w.part = fresh.part AND w.words <> fresh.words;
    RETURN NULL;
END $$;
""")


def lending(part: str, key: str, lock: str) -> None:
    """0005's functions, by parts of a bank's year or without."""
    old, new = (
        f"SELECT institution_id, extract(year FROM disbursed_on)::integer AS year, {sign}principal AS principal, "
        f"{sign}1 AS loans FROM {rows} WHERE state = 'registered' AND board = 'bank'"
        for sign, rows in (("-", "old_rows"), ("", "new_rows"))
    )
    for event, moved in (("insert", new), ("update", f"{old} UNION ALL {new}"), ("delete", old)):
        op.execute(f"""
CREATE OR REPLACE FUNCTION lending_follows_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7252023, {lock}) FROM (
        SELECT institution_id AS bank FROM ({moved}) AS moved
        GROUP BY institution_id, year HAVING sum(principal) <> 0 OR sum(loans) <> 0 ORDER BY institution_id
    ) AS banks;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO bank_year_lending AS kept (institution_id, year, {key} principal, loans)
    SELECT institution_id, year, {part} sum(principal), sum(loans) FROM ({moved}) AS moved
    GROUP BY institution_id, year HAVING sum(principal) <> 0 OR sum(loans) <> 0 ORDER BY institution_id, year
    ON CONFLICT (institution_id, year{", part" if key else ""}) DO UPDATE
        SET principal = kept.principal + EXCLUDED.principal, loans = kept.loans + EXCLUDED.loans;
    RETURN NULL;
END $$;
""")


def upgrade() -> None:
    op.execute(READ_AS)
    if op.get_bind().execute(sa.text("SELECT count(*) FROM read_otherwise")).scalar_one():
        op.execute(MOVED)
    op.add_column(
        "bank_year_lending", sa.Column("part", sa.SmallInteger(), nullable=False, server_default="0")
    )
    op.alter_column("bank_year_lending", "part", server_default=None)
    op.drop_constraint("bank_year_lending_pkey", "bank_year_lending")
    op.create_primary_key("bank_year_lending_pkey", "bank_year_lending", ["institution_id", "year", "part"])
    own = f"pg_backend_pid() % {PARTS}"
    lending(f"{own},", "part,", f"bank * {PARTS} + {own}")
    changed_loans(OTHERS, TOUCHED)
    op.add_column(
        "loans",
        sa.Column("checks_result", sa.String(4), sa.Computed(RESULT, persisted=True), nullable=True),
    )


def downgrade() -> None:
    apart = op.get_bind().execute(
        sa.text("SELECT count(*) FROM ledger_accounts WHERE kind = 'bank_year' AND key !~ '^[0-9]+:[0-9]+$'")
    )
    if apart.scalar_one():
        raise RuntimeError(
            "the ledger has accounts of another reading of 当年, which the earlier release cannot keep"
        )
    op.drop_column("loans", "checks_result")
    changed_loans("BEGIN", TOUCHED_BEFORE)
    op.execute("""
    CREATE TEMPORARY TABLE whole ON COMMIT DROP AS
    SELECT institution_id, year, sum(principal) AS principal, sum(loans) AS loans FROM bank_year_lending GROUP BY 1, 2
    """)
    op.execute("DELETE FROM bank_year_lending")
    op.drop_constraint("bank_year_lending_pkey", "bank_year_lending")
    op.drop_column("bank_year_lending", "part")
    op.create_primary_key("bank_year_lending_pkey", "bank_year_lending", ["institution_id", "year"])
    op.execute("INSERT INTO bank_year_lending SELECT institution_id, year, principal, loans FROM whole")
    lending("", "", "bank")
