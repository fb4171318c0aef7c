"""Marks that say when a table that rarely changes has changed, so that its rows can be kept in memory

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-23 16:25:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MARKED = ("calendar_days", "lpr_quotes", "parameter_overrides", "institution_names", "institution_contacts")
FUNCTION = """
CREATE FUNCTION mark_reference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reference_marks (name, mark) VALUES (TG_TABLE_NAME, gen_random_uuid())
    ON CONFLICT (name) DO UPDATE SET mark = EXCLUDED.mark;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "reference_marks",
        sa.Column("name", sa.String(63), primary_key=True),
        sa.Column("mark", sa.Uuid(), nullable=False),
    )
    op.execute(FUNCTION)
    for table in MARKED:
        op.execute(
            f"CREATE TRIGGER {table}_marked AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION mark_reference()"
        )
        op.execute(f"INSERT INTO reference_marks VALUES ('{table}', gen_random_uuid())")


def downgrade() -> None:
    for table in MARKED:
        op.execute(f"DROP TRIGGER {table}_marked ON {table}")
    op.execute("DROP FUNCTION mark_reference()")
    op.drop_table("reference_marks")
