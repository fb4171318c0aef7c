"""What a filing is found by stands in one row for sixteen of its loans

Revision ID: 0038
Revises: 0037
Create Date: 2026-11-30 22:20:00

A row for each loan was indexed twice, while its filing was open and when it closed: a quarter of the time of filing and
registering 100,000 loans. Loans of one filing have most of their grams in common.
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

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
SIXTEEN, EACH = "(l.item - 1) / 16 + 1", "l.id"
"""The part of a filing a loan's words are in."""

# Sets of ids are made before they are joined: a function keeps the plan of its first call, and one made for no loan
# compares 500 with 500.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION words_of_filings(filings integer[]) RETURNS TABLE (case_id integer, part integer, words text)
LANGUAGE sql STABLE AS $$
    SELECT l.case_id, {{part}}, string_agg({OF_LOAN}, ' ' ORDER BY l.item)
    FROM loans l JOIN cases c ON c.id = l.case_id WHERE l.case_id = ANY(filings) GROUP BY 1, 2
$$;
CREATE OR REPLACE FUNCTION case_words_of_new_loans() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO case_words AS kept (case_id, part, open, words)
    SELECT fresh.case_id, fresh.part, c.closed_at IS NULL, fresh.words
    FROM words_of_filings(ARRAY(SELECT DISTINCT case_id FROM added)) fresh JOIN cases c ON c.id = fresh.case_id
    ON CONFLICT (case_id, part) DO UPDATE SET words = excluded.words WHERE kept.words <> excluded.words;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION say_loans_anew(loans_ integer[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words w SET words = fresh.words
    FROM (
        SELECT f.case_id, f.part, f.words
        FROM words_of_filings(ARRAY(SELECT DISTINCT l.case_id FROM loans l WHERE l.id = ANY(loans_))) f
        UNION ALL
        SELECT k.case_id, -1, {OF_LENDING} FROM loans l JOIN claims k ON k.loan_id = l.id WHERE l.id = ANY(loans_)
        UNION ALL
        SELECT r.id, -1, {OF_LENDING} FROM loans l JOIN claims k ON k.loan_id = l.id JOIN cases r ON r.about_id = k.case_id
        WHERE l.id = ANY(loans_)
    ) fresh
    WHERE w.case_id = fresh.case_id AND w.part = fresh.part AND w.words <> fresh.words;
END $$;
CREATE OR REPLACE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE
    others integer[] := ARRAY(SELECT id FROM (
        SELECT l.id, {AFTER}, {FORESEEN} FROM after l JOIN cases c ON c.id = l.case_id
        EXCEPT SELECT o.id, {BEFORE}, {FORESEEN_BEFORE} FROM before o JOIN cases c ON c.id = o.case_id
    ) AS changed);
BEGIN
    IF others <> '{{{{}}}}' THEN
        PERFORM say_loans_anew(others);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION case_words_of_new_loan_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM say_loans_anew(ARRAY(SELECT loan_id FROM added));
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION case_words_of_registered_loans() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE
    registered integer[] := ARRAY(SELECT id FROM after WHERE state = 'registered'
        EXCEPT SELECT id FROM before WHERE state = 'registered');
BEGIN
    UPDATE case_words SET open = false WHERE open AND part > 0
        AND case_id = ANY(ARRAY(SELECT DISTINCT case_id FROM after WHERE id = ANY(registered)));
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION case_words_of_removed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM case_words w WHERE w.case_id = OLD.case_id AND w.part > 0
        AND w.part NOT IN (SELECT part FROM words_of_filings(ARRAY[OLD.case_id]));
    UPDATE case_words w SET words = fresh.words FROM words_of_filings(ARRAY[OLD.case_id]) fresh
        WHERE w.case_id = fresh.case_id AND w.part = fresh.part AND w.words <> fresh.words;
    RETURN NULL;
END $$;
"""
AGAIN = """
DELETE FROM case_words WHERE part > 0;
INSERT INTO case_words (case_id, part, open, words)
SELECT fresh.case_id, fresh.part, c.closed_at IS NULL, fresh.words
FROM words_of_filings(ARRAY(SELECT id FROM cases WHERE process = 'filing')) fresh JOIN cases c ON c.id = fresh.case_id;
"""


def in_parts(part: str) -> None:
    op.execute(FUNCTIONS.format(part=part))
    op.execute(AGAIN)


def upgrade() -> None:
    in_parts(SIXTEEN)
    # Word, PDF and Excel files are compressed already: PostgreSQL tried each of them for nothing.
    op.execute("ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTENDED")
    in_parts(EACH)
