"""Lists of a million cases within a tenth of a second: what PostgreSQL reads for each filter, order and search

Every index costs each write of its table; each one here says what was slow without it (200,000 open cases, 1,000,000
closed). Where an index gains columns it is still one index, and a list is then read without its table's rows.

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-23 18:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPEN_TASK, OPEN_CASE = sa.text("state = 'open'"), sa.text("closed_at IS NULL")
SEATED = [
    "case_id", "institution_id", "role", "assignee_id", "applicant_id", "added", "duty", "process", "board", "gate",
    "town", "corrected", "due_at", "amount", "opened_at", "id",
]  # fmt: skip
LISTED = [
    "process", "state", "board", "institution_id", "town", "industry", "amount", "decided_amount", "opened_at", "id",
]  # fmt: skip
COUNTED = ["process", "board", "closed_at"]

# Any two digits stand together in nearly every row of a million, so a number was found by reading most of the index;
# any three do in one row of fifty. Everything else is found by its pairs as before: most Chinese searches are pairs.
THREE_DIGITS = """
CREATE OR REPLACE FUNCTION search_grams(words text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    one text;
    last text := ' ';
    digits text := '';
    grams text[] := '{}';
BEGIN
    FOREACH one IN ARRAY string_to_array(words, NULL) LOOP
        digits := CASE WHEN position(one IN '0123456789') > 0 THEN right(digits, 2) || one ELSE '' END;
        IF one <> ' ' THEN
            grams := grams || one;
            IF length(digits) = 3 THEN
                grams := grams || digits;
            ELSIF last <> ' ' AND length(digits) < 2 THEN
                grams := grams || (last || one);
            END IF;
        END IF;
        last := one;
    END LOOP;
    RETURN grams;
END $$
"""
PAIRS = """
CREATE OR REPLACE FUNCTION search_grams(words text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    one text;
    last text := ' ';
    grams text[] := '{}';
BEGIN
    FOREACH one IN ARRAY string_to_array(words, NULL) LOOP
        IF one <> ' ' THEN
            grams := grams || one;
            IF last <> ' ' THEN
                grams := grams || (last || one);
            END IF;
        END IF;
        last := one;
    END LOOP;
    RETURN grams;
END $$
"""
WORDS = {"open": "open", "closed": "NOT open"}  # ix_case_words_…: of which rows


def index_words(function: str) -> None:
    """The grams of every row anew."""
    for name in WORDS:
        op.drop_index(f"ix_case_words_{name}", "case_words")
    op.execute(function)
    for name, where in WORDS.items():
        op.create_index(
            f"ix_case_words_{name}", "case_words", [sa.text("search_grams(words)")], postgresql_using="gin",
            postgresql_where=sa.text(where),
        )  # fmt: skip


def covering(
    table: str, name: str, columns: list[str], more: list[str], where: sa.TextClause | None = None
) -> None:
    """An index in the order of a list that carries what the list is narrowed by."""
    op.drop_index(f"ix_{table}_{name}", table)
    op.create_index(
        f"ix_{table}_{name}", table, columns, postgresql_where=where,
        postgresql_include=[one for one in more if one not in columns],
    )  # fmt: skip


def upgrade() -> None:
    index_words(THREE_DIGITS)
    # What a reader narrows to and has hardly any of (the 补正 of others at one's own institution) was 20,000 rows of
    # the table; by board there is nothing to find: a walk in the list's order meets one task in ten.
    for name, column in (("gate", "gate"), ("applicant", "applicant_id"), ("town", "town")):
        covering("tasks", f"open_{name}", [column, "due_at", "id"], SEATED, OPEN_TASK)
    op.drop_index("ix_tasks_open_board", "tasks")
    # Open cases: any filter is a walk over one index, in the list's order or, for what is asked of other tables, by id.
    covering("cases", "alive", ["opened_at", "id"], LISTED, OPEN_CASE)
    covering("cases", "living", ["id"], LISTED, OPEN_CASE)
    # A bank's or a town's cases of one process or board, closed or not, are counted without reading them; a bank's own
    # list is not sorted again for the cases of one instant.
    covering("cases", "institution", ["institution_id", "opened_at", "id"], COUNTED)
    covering("cases", "town", ["town", "opened_at", "id"], COUNTED)
    # The late ones (逾期, 需过问) are collected from the index alone.
    op.drop_index("ix_journal_due", "journal")
    op.create_index(
        "ix_journal_due", "journal", ["due_at"], postgresql_include=["case_id"],
        postgresql_where=sa.text("finished_at IS NULL AND voided_at IS NULL AND kind = 'gate'"),
    )  # fmt: skip
    # 已核定, 已预留, 已拨付 are facts of a claim, listed in the order of its case: the claim carries that, and each of
    # the three lists is the beginning of an index instead of a search through every newer case.
    op.add_column("claims", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE claims k SET opened_at = c.opened_at FROM cases c WHERE c.id = k.case_id")
    op.alter_column("claims", "opened_at", nullable=False)
    op.create_index(
        "ix_claims_approved", "claims", ["opened_at", "case_id"], postgresql_where=sa.text("approved > 0")
    )
    op.drop_index("ix_claims_unpaid", "claims")
    op.create_index(
        "ix_claims_unpaid", "claims", ["opened_at", "case_id"],
        postgresql_where=sa.text("approved > 0 AND paid IS NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_claims_paid", "claims", [sa.text("EXTRACT(year FROM voucher_date)"), "opened_at", "case_id"],
        postgresql_where=sa.text("voucher_date IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_claims_paid", "claims")
    op.drop_index("ix_claims_unpaid", "claims")
    op.create_index(
        "ix_claims_unpaid", "claims", ["case_id"], postgresql_where=sa.text("approved > 0 AND paid IS NULL")
    )
    op.drop_column("claims", "opened_at")
    op.drop_index("ix_journal_due", "journal")
    op.create_index(
        "ix_journal_due", "journal", ["due_at"],
        postgresql_where=sa.text("finished_at IS NULL AND voided_at IS NULL AND kind = 'gate'"),
    )  # fmt: skip
    covering("cases", "town", ["town", "opened_at", "id"], [])
    covering("cases", "institution", ["institution_id", "opened_at"], [])
    covering("cases", "living", ["id"], [], OPEN_CASE)
    covering("cases", "alive", ["opened_at", "id"], [], OPEN_CASE)
    op.create_index("ix_tasks_open_board", "tasks", ["board", "due_at", "id"], postgresql_where=OPEN_TASK)
    for name, column in (("gate", "gate"), ("applicant", "applicant_id"), ("town", "town")):
        covering("tasks", f"open_{name}", [column, "due_at", "id"], [], OPEN_TASK)
    index_words(PAIRS)
