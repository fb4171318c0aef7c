"""Words of many loans are written once: by statement, with the filing number they are going to have

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-30 06:50:00

What a case is found by was indexed five times for a loan (filed and registered in two indexes, closed in one), row by
row: half of the time of registering 100,000 loans. The two indexes now exclude each other (open, closed), a loan's
filing number is foreseen when it is filed (number of the case and item, as `flows/steps/filings.py` gives it), and
changes of loans are taken over by statement.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FORESEEN = (
    "COALESCE(l.filing_number, c.number || '-' || lpad(l.item::text, greatest(2, length(l.item::text)), '0'))"
)
FOUND_BY = (
    "firm_name", "uscc", "contract_number", "receipt_number", "guarantee_contract_number", "lender_name", "filing_number",
)  # fmt: skip
BEFORE, AFTER = (", ".join(f"{alias}.{name}" for name in FOUND_BY) for alias in ("o", "l"))
OF_LOAN = f"search_words({', '.join(f'l.{name}' for name in FOUND_BY[:-1])}, {FORESEEN})"
OF_LOAN_BEFORE = f"search_words({AFTER})"
OF_CASE = "search_words(NEW.number, NEW.subject, NEW.uscc)"
INTO = "INSERT INTO case_words (case_id, part, institution_id, open, words)"
ADDED = """
CREATE OR REPLACE FUNCTION case_words_of_new_loans() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    {into} SELECT l.case_id, l.id, NULL::integer, c.closed_at IS NULL, {words} FROM added l JOIN cases c ON c.id = l.case_id;
    RETURN NULL;
END $$;
"""
CHANGED = f"""
DROP TRIGGER case_words_changed ON loans;
CREATE OR REPLACE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words w SET words = fresh.words
    FROM (
        SELECT l.case_id, l.id, {OF_LOAN} AS words
        FROM after l JOIN before o ON o.id = l.id JOIN cases c ON c.id = l.case_id
        WHERE ({BEFORE}) IS DISTINCT FROM ({AFTER})
    ) fresh
    WHERE w.case_id = fresh.case_id AND w.part = fresh.id AND w.words <> fresh.words;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_changed AFTER UPDATE ON loans REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION case_words_of_changed_loan();
"""
CHANGED_BEFORE = f"""
DROP TRIGGER case_words_changed ON loans;
CREATE OR REPLACE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words w SET words = {OF_LOAN_BEFORE} FROM (SELECT NEW.*) l WHERE w.case_id = NEW.case_id AND w.part = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_changed
    AFTER UPDATE OF firm_name, uscc, contract_number, receipt_number, guarantee_contract_number, lender_name, filing_number
    ON loans FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION case_words_of_changed_loan();
"""
# One statement, so that a row whose case closes is indexed once.
CLOSED = f"""
CREATE OR REPLACE FUNCTION case_words_of_changed_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words w SET open = NEW.closed_at IS NULL, words = CASE part WHEN 0 THEN {OF_CASE} ELSE words END
    WHERE case_id = NEW.id AND (open <> (NEW.closed_at IS NULL) OR part = 0);
    RETURN NULL;
END $$;
"""
CLOSED_BEFORE = f"""
CREATE OR REPLACE FUNCTION case_words_of_changed_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words SET open = NEW.closed_at IS NULL WHERE case_id = NEW.id AND open <> (NEW.closed_at IS NULL);
    UPDATE case_words SET words = {OF_CASE} WHERE case_id = NEW.id AND part = 0;
    RETURN NULL;
END $$;
"""
GRAMS = [sa.text("search_grams(words)")]


def upgrade() -> None:
    op.execute(ADDED.format(into=INTO, words=OF_LOAN))
    op.execute(CHANGED)
    op.execute(CLOSED)
    op.create_index(
        "ix_case_words_closed",
        "case_words",
        GRAMS,
        postgresql_using="gin",
        postgresql_where=sa.text("NOT open"),
    )
    op.drop_index("ix_case_words_grams", "case_words")
    # In the order that a firm's stays are read in: an equal estimate let the planner take the slower GiST index.
    op.create_index("ix_white_list_stays", "white_list", ["uscc", "valid_from"])
    op.drop_index("ix_white_list_uscc", "white_list")
    # nobody asks for a state alone, and every change of a loan wrote it
    op.drop_index("ix_loans_state", "loans")


def downgrade() -> None:
    op.create_index("ix_loans_state", "loans", ["state"])
    op.create_index("ix_white_list_uscc", "white_list", ["uscc"])
    op.drop_index("ix_white_list_stays", "white_list")
    op.create_index("ix_case_words_grams", "case_words", GRAMS, postgresql_using="gin")
    op.drop_index("ix_case_words_closed", "case_words")
    op.execute(CLOSED_BEFORE)
    op.execute(CHANGED_BEFORE)
    op.execute(ADDED.format(into=INTO, words=OF_LOAN_BEFORE))
