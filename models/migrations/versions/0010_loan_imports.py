"""Bulk filing from files

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-23 13:29:13.683318
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loan_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board", sa.String(length=40), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("uploader_institution_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("sheet", sa.String(length=120), nullable=False),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("rows_expected", sa.Integer(), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.String(length=40), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("board IN ('bank', 'guarantee')", name="board_is_known"),
        sa.CheckConstraint(
            "state IN ('queued', 'reading', 'checked', 'submitting', 'submitted', 'refused', 'discarded')",
            name="state_is_known",
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institutions.id"]),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"]),
        sa.ForeignKeyConstraint(["submitted_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["uploaded_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["uploader_institution_id"], ["institutions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_loan_imports_uploader_institution_id", "loan_imports", ["uploader_institution_id"], unique=False
    )
    op.create_index(
        "ix_loan_imports_work",
        "loan_imports",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'reading', 'submitting')"),
    )
    op.create_index(
        "uq_loan_imports_file",
        "loan_imports",
        ["institution_id", "uploader_institution_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'discarded')"),
    )
    op.create_table(
        "case_origins",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_by_institution_id", sa.Integer(), nullable=False),
        sa.Column("source_document", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["entered_by"], ["people.id"]),
        sa.ForeignKeyConstraint(["entered_by_institution_id"], ["institutions.id"]),
        sa.ForeignKeyConstraint(["import_id"], ["loan_imports.id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("ix_case_origins_import_id", "case_origins", ["import_id"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loan", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("contract_number", sa.String(length=200), nullable=False),
        sa.Column("receipt_number", sa.String(length=200), nullable=False),
        sa.Column("principal", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("looks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('read', 'good', 'bad', 'known', 'filed')", name="state_is_known"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["import_id"], ["loan_imports.id"]),
        sa.PrimaryKeyConstraint("import_id", "row"),
    )
    op.create_index("ix_import_rows_case_id", "import_rows", ["case_id"], unique=False)
    op.create_index(
        "ix_import_rows_key", "import_rows", ["import_id", "contract_number", "receipt_number"], unique=False
    )
    op.create_index("ix_import_rows_state", "import_rows", ["import_id", "state", "row"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_import_rows_state", table_name="import_rows")
    op.drop_index("ix_import_rows_key", table_name="import_rows")
    op.drop_index("ix_import_rows_case_id", table_name="import_rows")
    op.drop_table("import_rows")
    op.drop_index("ix_case_origins_import_id", table_name="case_origins")
    op.drop_table("case_origins")
    op.drop_index(
        "uq_loan_imports_file",
        table_name="loan_imports",
        postgresql_where=sa.text("state NOT IN ('refused', 'discarded')"),
    )
    op.drop_index(
        "ix_loan_imports_work",
        table_name="loan_imports",
        postgresql_where=sa.text("state IN ('queued', 'reading', 'submitting')"),
    )
    op.drop_index("ix_loan_imports_uploader_institution_id", table_name="loan_imports")
    op.drop_table("loan_imports")
