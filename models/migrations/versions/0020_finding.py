"""Lists of a million cases: words to search by, and an index for every column a list is filtered or sorted on

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-23 16:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPEN_TASK, OPEN_CASE = sa.text("state = 'open'"), sa.text("closed_at IS NULL")

SEATED = [
    "case_id", "institution_id", "role", "assignee_id", "applicant_id", "added", "duty", "process", "board", "gate",
    "town", "corrected", "due_at", "amount", "opened_at", "id",
]  # fmt: skip
GRAMS = """
CREATE FUNCTION search_grams(words text) RETURNS text[]
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
PLAIN = """
CREATE FUNCTION search_words(VARIADIC parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lower(normalize(array_to_string(parts, ' '), NFKC)) $$
"""
OF_CASE = "search_words(c.number, c.subject, c.uscc)"
OF_LOAN = (
    "search_words(l.firm_name, l.uscc, l.contract_number, l.receipt_number, l.guarantee_contract_number,"
    " l.lender_name, l.filing_number)"
)
OF_CLAIM = "search_words(l.contract_number, l.receipt_number, l.guarantee_contract_number, l.lender_name, l.filing_number)"
FROM_CASES = f"SELECT c.id, 0, c.institution_id, c.closed_at IS NULL, {OF_CASE} FROM"
FROM_LOANS = f"SELECT l.case_id, l.id, NULL::integer, c.closed_at IS NULL, {OF_LOAN} FROM"
FROM_CLAIMS = f"SELECT k.case_id, -1, NULL::integer, c.closed_at IS NULL, {OF_CLAIM} FROM"
INTO = "INSERT INTO case_words (case_id, part, institution_id, open, words)"
TRIGGERS = f"""
CREATE FUNCTION case_words_of_new_cases() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    {INTO} {FROM_CASES} added c;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_added AFTER INSERT ON cases REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_words_of_new_cases();

CREATE FUNCTION case_words_of_new_loans() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    {INTO} {FROM_LOANS} added l JOIN cases c ON c.id = l.case_id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_added AFTER INSERT ON loans REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_words_of_new_loans();

CREATE FUNCTION case_words_of_new_claims() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    {INTO} {FROM_CLAIMS} added k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_added AFTER INSERT ON claims REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_words_of_new_claims();

CREATE FUNCTION case_words_of_changed_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words SET open = NEW.closed_at IS NULL WHERE case_id = NEW.id AND open <> (NEW.closed_at IS NULL);
    UPDATE case_words SET words = search_words(NEW.number, NEW.subject, NEW.uscc) WHERE case_id = NEW.id AND part = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_changed AFTER UPDATE OF number, subject, uscc, closed_at ON cases FOR EACH ROW
    WHEN ((OLD.number, OLD.subject, OLD.uscc, OLD.closed_at IS NULL)
        IS DISTINCT FROM (NEW.number, NEW.subject, NEW.uscc, NEW.closed_at IS NULL))
    EXECUTE FUNCTION case_words_of_changed_case();

CREATE FUNCTION case_words_of_changed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_words w SET words = {OF_LOAN} FROM (SELECT NEW.*) l WHERE w.case_id = NEW.case_id AND w.part = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_changed
    AFTER UPDATE OF firm_name, uscc, contract_number, receipt_number, guarantee_contract_number, lender_name, filing_number
    ON loans FOR EACH ROW
    WHEN ((OLD.firm_name, OLD.uscc, OLD.contract_number, OLD.receipt_number, OLD.guarantee_contract_number,
            OLD.lender_name, OLD.filing_number)
        IS DISTINCT FROM (NEW.firm_name, NEW.uscc, NEW.contract_number, NEW.receipt_number,
            NEW.guarantee_contract_number, NEW.lender_name, NEW.filing_number))
    EXECUTE FUNCTION case_words_of_changed_loan();

CREATE FUNCTION case_words_of_removed_loan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM case_words WHERE case_id = OLD.case_id AND part = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_words_removed AFTER DELETE ON loans FOR EACH ROW EXECUTE FUNCTION case_words_of_removed_loan();
"""
LIVE = """
CREATE FUNCTION tell_of_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_notify('fengbu_tasks', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_new_task AFTER INSERT ON tasks FOR EACH ROW WHEN (NEW.state = 'open')
    EXECUTE FUNCTION tell_of_task();
CREATE TRIGGER tell_of_changed_task AFTER UPDATE OF state, assignee_id ON tasks FOR EACH ROW
    WHEN ((OLD.state, OLD.assignee_id) IS DISTINCT FROM (NEW.state, NEW.assignee_id))
    EXECUTE FUNCTION tell_of_task();

CREATE FUNCTION tell_of_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_notify('fengbu_tasks', 'for:' || NEW.person_id);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_message AFTER INSERT OR UPDATE OF read_at ON messages FOR EACH ROW
    EXECUTE FUNCTION tell_of_message();
"""
BACKFILL = (
    f"{INTO} {FROM_CASES} cases c",
    f"{INTO} {FROM_LOANS} loans l JOIN cases c ON c.id = l.case_id",
    f"{INTO} {FROM_CLAIMS} claims k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id",
    "UPDATE cases c SET industry = l.industry FROM claims k JOIN loans l ON l.id = k.loan_id WHERE k.case_id = c.id",
    "UPDATE tasks t SET town = c.town, uscc = c.uscc FROM cases c WHERE c.id = t.case_id",
)
FUNCTIONS = (
    "case_words_of_new_cases", "case_words_of_new_loans", "case_words_of_new_claims", "case_words_of_changed_case",
    "case_words_of_changed_loan", "case_words_of_removed_loan", "search_words", "search_grams",
)  # fmt: skip


def upgrade() -> None:
    for statement in (GRAMS, PLAIN):
        op.execute(statement)
    op.add_column("cases", sa.Column("industry", sa.String(40), nullable=False, server_default=""))
    op.alter_column("cases", "industry", server_default=None)
    for column, length in (("town", 40), ("uscc", 18)):
        op.add_column("tasks", sa.Column(column, sa.String(length), nullable=False, server_default=""))
        op.alter_column("tasks", column, server_default=None)
    op.create_table(
        "case_words",
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("institution_id", sa.Integer(), sa.ForeignKey("institutions.id")),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
    )
    for statement in BACKFILL:
        op.execute(statement)
    op.execute(TRIGGERS)
    op.execute(LIVE)
    grams = [sa.text("search_grams(words)")]
    op.create_index("ix_case_words_grams", "case_words", grams, postgresql_using="gin")
    op.create_index(
        "ix_case_words_open", "case_words", grams, postgresql_using="gin", postgresql_where=sa.text("open")
    )
    op.create_index("ix_case_words_institution", "case_words", ["institution_id"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("query", sa.String(500), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("place IN ('queue', 'cases')", name="place_is_known"),
        sa.UniqueConstraint("person_id", "place", "name"),
    )
    op.create_index(
        "uq_saved_views_opens",
        "saved_views",
        ["person_id", "place"],
        unique=True,
        postgresql_where=sa.text("opens"),
    )
    op.drop_index("ix_cases_opened_at", "cases")
    for name, columns in (("opened", ["opened_at", "id"]), ("state", ["state", "opened_at", "id"]),
                          ("town", ["town", "opened_at", "id"]), ("amount", ["amount", "id"])):  # fmt: skip
        op.create_index(f"ix_cases_{name}", "cases", columns)
    op.create_index(
        "ix_cases_industry",
        "cases",
        ["industry", "opened_at", "id"],
        postgresql_where=sa.text("industry <> ''"),
    )
    op.create_index(
        "ix_cases_closed", "cases", ["closed_at", "id"], postgresql_where=sa.text("closed_at IS NOT NULL")
    )
    op.create_index("ix_cases_living", "cases", ["id"], postgresql_where=OPEN_CASE)
    op.create_index("ix_cases_alive", "cases", ["opened_at", "id"], postgresql_where=OPEN_CASE)
    op.create_index("ix_cases_alive_amount", "cases", ["amount", "id"], postgresql_where=OPEN_CASE)
    op.create_index(
        "ix_journal_due", "journal", ["due_at"],
        postgresql_where=sa.text("finished_at IS NULL AND voided_at IS NULL AND kind = 'gate'"),
    )  # fmt: skip
    op.create_index(
        "ix_claims_voucher", "claims", ["voucher_date"], postgresql_where=sa.text("voucher_date IS NOT NULL")
    )
    op.create_index(
        "ix_claims_undecided", "claims", ["case_id"], postgresql_where=sa.text("approved IS NULL")
    )
    op.create_index(
        "ix_claims_unpaid", "claims", ["case_id"], postgresql_where=sa.text("approved > 0 AND paid IS NULL")
    )
    for name, columns in (
        ("gate", ["gate"]),
        ("applicant", ["applicant_id"]),
        ("town", ["town"]),
        ("board", ["board"]),
    ):
        op.create_index(
            f"ix_tasks_open_{name}", "tasks", [*columns, "due_at", "id"], postgresql_where=OPEN_TASK
        )
    op.create_index("ix_tasks_open_uscc", "tasks", ["uscc"], postgresql_where=OPEN_TASK)
    op.create_index(
        "ix_tasks_open_corrected",
        "tasks",
        ["due_at", "id"],
        postgresql_where=sa.text("state = 'open' AND corrected"),
    )
    for name, column in (("due", "due_at"), ("amount", "amount"), ("opened", "opened_at")):
        op.create_index(
            f"ix_tasks_open_{name}", "tasks", [column, "id"], postgresql_where=OPEN_TASK,
            postgresql_include=[one for one in SEATED if one not in (column, "id")],
        )  # fmt: skip


def downgrade() -> None:
    op.execute("DROP TRIGGER tell_of_message ON messages; DROP FUNCTION tell_of_message")
    op.execute("DROP TRIGGER tell_of_new_task ON tasks; DROP TRIGGER tell_of_changed_task ON tasks")
    op.execute("DROP FUNCTION tell_of_task")
    op.drop_table("saved_views")
    for name in ("due", "gate", "applicant", "town", "board", "amount", "opened", "uscc", "corrected"):
        op.drop_index(f"ix_tasks_open_{name}", "tasks")
    for name in ("voucher", "undecided", "unpaid"):
        op.drop_index(f"ix_claims_{name}", "claims")
    op.drop_index("ix_journal_due", "journal")
    for name in (
        "opened",
        "state",
        "town",
        "amount",
        "industry",
        "closed",
        "living",
        "alive",
        "alive_amount",
    ):
        op.drop_index(f"ix_cases_{name}", "cases")
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])
    for table, trigger in (("cases", "added"), ("loans", "added"), ("claims", "added"), ("cases", "changed"),
                           ("loans", "changed"), ("loans", "removed")):  # fmt: skip
        op.execute(f"DROP TRIGGER case_words_{trigger} ON {table}")
    op.drop_table("case_words")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    op.drop_column("tasks", "uscc")
    op.drop_column("tasks", "town")
    op.drop_column("cases", "industry")
