"""Lists of one town's open cases; every case of a loan is found by the loan's numbers

Revision ID: 0031
Revises: 0030
Create Date: 2026-11-30 18:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

OPEN_CASE = sa.text("closed_at IS NULL")
LISTED = [
    "process", "state", "board", "institution_id", "town", "industry", "amount", "decided_amount", "opened_at", "id",
]  # fmt: skip

FILING = (
    "firm_name",
    "uscc",
    "contract_number",
    "receipt_number",
    "guarantee_contract_number",
    "lender_name",
)
LENDING = ("contract_number", "receipt_number", "guarantee_contract_number", "lender_name")
FORESEEN = (
    "COALESCE(l.filing_number, c.number || '-' || lpad(l.item::text, greatest(2, length(l.item::text)), '0'))"
)
CHANGES = "(SELECT string_agg(x.number, ' ' ORDER BY x.id) FROM loan_changes x WHERE x.loan_id = l.id)"
OF_LOAN = f"search_words({', '.join(f'l.{name}' for name in FILING)}, {FORESEEN}, {CHANGES})"
OF_LOAN_BEFORE = f"search_words({', '.join(f'l.{name}' for name in FILING)}, {FORESEEN})"
# of a claim or a recovery: its case has the firm's name and credit code itself
OF_LENDING = f"search_words({', '.join(f'l.{name}' for name in LENDING)}, l.filing_number, {CHANGES})"
INTO = "INSERT INTO case_words (case_id, part, institution_id, open, words)"
FOUND_BY = (*FILING, "filing_number")
BEFORE, AFTER = (", ".join(f"{alias}.{name}" for name in FOUND_BY) for alias in ("o", "l"))

# The loans in `{loans}` say anew what their filing, their claims and the recoveries of those are found by.
RENEW = f"""
    WITH touched AS MATERIALIZED ({{loans}})
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
"""
CHANGED_LOANS = RENEW.replace(
    "{loans}",
    f"SELECT l.* FROM after l JOIN before o ON o.id = l.id WHERE ({BEFORE}) IS DISTINCT FROM ({AFTER})",
)
NEW_CHANGES = RENEW.replace("{loans}", "SELECT l.* FROM loans l WHERE l.id IN (SELECT loan_id FROM added)")
TRIGGERS = f"""
CREATE FUNCTION case_words_of_new_recoveries() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    {INTO} SELECT r.case_id, -1, NULL::integer, c.closed_at IS NULL, {OF_LENDING}
    FROM added r JOIN cases c ON c.id = r.case_id JOIN claims k ON k.case_id = c.about_id JOIN loans l ON l.id = k.loan_id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_added AFTER INSERT ON recoveries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_words_of_new_recoveries();
CREATE FUNCTION case_words_of_new_loan_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {NEW_CHANGES} END $$;
CREATE TRIGGER case_words_added AFTER INSERT ON loan_changes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_words_of_new_loan_changes();
CREATE OR REPLACE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {CHANGED_LOANS} END $$;
"""
FILLED = (
    f"{INTO} SELECT c.id, -1, NULL::integer, c.closed_at IS NULL, {OF_LENDING} FROM recoveries r"
    " JOIN cases c ON c.id = r.case_id JOIN claims k ON k.case_id = c.about_id JOIN loans l ON l.id = k.loan_id",
    # a correction (更正) changed what the loan is found by, and its claims kept the old numbers
    f"UPDATE case_words w SET words = fresh.words FROM (SELECT k.case_id, {OF_LENDING} AS words FROM claims k"
    " JOIN loans l ON l.id = k.loan_id) fresh WHERE w.case_id = fresh.case_id AND w.part = -1 AND w.words <> fresh.words",
    f"UPDATE case_words w SET words = {OF_LOAN} FROM loans l, cases c WHERE c.id = l.case_id AND w.case_id = l.case_id"
    " AND w.part = l.id AND l.id IN (SELECT loan_id FROM loan_changes)",
)
CHANGED_LOANS_BEFORE = f"""
CREATE OR REPLACE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words w SET words = fresh.words
    FROM (
        SELECT l.case_id, l.id, {OF_LOAN_BEFORE} AS words
        FROM after l JOIN before o ON o.id = l.id JOIN cases c ON c.id = l.case_id
        WHERE ({BEFORE}) IS DISTINCT FROM ({AFTER})
    ) fresh
    WHERE w.case_id = fresh.case_id AND w.part = fresh.id AND w.words <> fresh.words;
    RETURN NULL;
END $$;
"""


def _alive(name: str, columns: list[str], more: list[str]) -> None:
    op.create_index(
        f"ix_cases_{name}", "cases", columns, postgresql_where=OPEN_CASE,
        postgresql_include=[one for one in more if one not in columns],
    )  # fmt: skip


def _due(kept: list[str]) -> None:
    op.create_index(
        "ix_journal_due", "journal", ["due_at"], postgresql_include=kept,
        postgresql_where=sa.text("finished_at IS NULL AND voided_at IS NULL AND kind = 'gate'"),
    )  # fmt: skip


def upgrade() -> None:
    # By amount, an open case of one town and process is one in forty: each was read from the table to be left out.
    op.drop_index("ix_cases_alive_amount", "cases")
    _alive("alive_amount", ["amount", "id"], LISTED)
    # Counting a town's open cases walked past all others, and four counts stand beside every list.
    _alive("alive_town", ["town", "opened_at", "id"], LISTED)
    # Of the gates that are due soon, a list of one stage wants its own: one in twenty.
    op.drop_index("ix_journal_due", "journal")
    _due(["case_id", "name"])
    op.execute(TRIGGERS)
    for statement in FILLED:
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER case_words_added ON loan_changes; DROP FUNCTION case_words_of_new_loan_changes()"
    )
    op.execute("DROP TRIGGER case_words_added ON recoveries; DROP FUNCTION case_words_of_new_recoveries()")
    op.execute(CHANGED_LOANS_BEFORE)
    op.execute("DELETE FROM case_words w USING recoveries r WHERE w.case_id = r.case_id AND w.part = -1")
    op.drop_index("ix_journal_due", "journal")
    _due(["case_id"])
    op.drop_index("ix_cases_alive_town", "cases")
    op.drop_index("ix_cases_alive_amount", "cases")
    _alive("alive_amount", ["amount", "id"], [])
