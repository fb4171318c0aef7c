"""Rounds of the white list: published by two people, stays that cannot overlap

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-23 16:20:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW = ("firm_name", "grounds", "town", "size_class", "removal_document")
LENGTHS = {"firm_name": 120, "grounds": 120, "town": 40, "size_class": 10, "removal_document": 200}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.add_column(
        "loan_imports", sa.Column("kind", sa.String(length=40), nullable=False, server_default="loans")
    )
    op.alter_column("loan_imports", "kind", server_default=None)
    op.create_check_constraint("kind_is_known", "loan_imports", "kind IN ('loans', 'white_list')")
    op.create_table(
        "white_list_rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("effects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'withdrawn')", name="verdict_is_known"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["import_id"], ["loan_imports.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("import_id"),
    )
    op.create_index(
        "uq_white_list_rounds_name",
        "white_list_rounds",
        ["name"],
        unique=True,
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'confirmed'"),
    )
    for name in NEW:
        column = sa.Column(name, sa.String(length=LENGTHS[name]), nullable=False, server_default="")
        op.add_column("white_list", column)
        op.alter_column("white_list", name, server_default=None)
    op.add_column("white_list", sa.Column("round_id", sa.Integer(), nullable=True))
    op.add_column("white_list", sa.Column("planned_to", sa.Date(), nullable=True))
    op.add_column("white_list", sa.Column("removed_by", sa.Integer(), nullable=True))
    op.add_column("white_list", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("white_list", sa.Column("left_round_id", sa.Integer(), nullable=True))
    op.create_foreign_key(None, "white_list", "white_list_rounds", ["round_id"], ["id"])
    op.create_foreign_key(None, "white_list", "white_list_rounds", ["left_round_id"], ["id"])
    op.create_foreign_key(None, "white_list", "people", ["removed_by"], ["id"])
    op.create_index("ix_white_list_round_id", "white_list", ["round_id"])
    op.create_check_constraint(
        "ends_after_it_begins", "white_list", "valid_to IS NULL OR valid_to >= valid_from"
    )
    op.execute(
        "ALTER TABLE white_list ADD CONSTRAINT one_stay_at_a_time EXCLUDE USING gist "
        "(uscc WITH =, daterange(valid_from, valid_to, '[]') WITH &&)"
    )
    op.execute("""
    CREATE FUNCTION white_list_keeps_its_past() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a stay on the white list is never deleted';
        END IF;
        RAISE EXCEPTION 'a stay on the white list keeps its firm and its first day';
    END $$""")
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE ON white_list "
        "FOR EACH ROW EXECUTE FUNCTION white_list_keeps_its_past()"
    )
    op.execute(
        "CREATE TRIGGER begins_as_published BEFORE UPDATE ON white_list FOR EACH ROW "
        "WHEN (OLD.uscc <> NEW.uscc OR OLD.valid_from <> NEW.valid_from) "
        "EXECUTE FUNCTION white_list_keeps_its_past()"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION white_list_keeps_its_past() CASCADE")
    op.execute("ALTER TABLE white_list DROP CONSTRAINT one_stay_at_a_time")
    op.drop_constraint("ends_after_it_begins", "white_list", type_="check")
    op.drop_index("ix_white_list_round_id", table_name="white_list")
    for name in ("left_round_id", "removed_at", "removed_by", "planned_to", "round_id", *reversed(NEW)):
        op.drop_column("white_list", name)
    op.drop_table("white_list_rounds")
    op.execute(
        "DELETE FROM import_rows WHERE import_id IN (SELECT id FROM loan_imports WHERE kind = 'white_list')"
    )
    op.execute("DELETE FROM loan_imports WHERE kind = 'white_list'")
    op.drop_constraint("kind_is_known", "loan_imports", type_="check")
    op.drop_column("loan_imports", "kind")
    op.execute("DROP EXTENSION btree_gist")
