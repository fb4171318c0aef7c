"""Another legal representative of the firm is a change of a loan

Revision ID: 0032
Revises: 0031
Create Date: 2026-11-30 18:30:00
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KINDS = "kind IN ('extension', 'prepayment', 'representative', 'correction')"
BEFORE = "kind IN ('extension', 'prepayment', 'correction')"


def upgrade() -> None:
    op.drop_constraint("kind_is_known", "loan_changes", type_="check")
    op.create_check_constraint("kind_is_known", "loan_changes", KINDS)
    op.create_check_constraint(
        "representatives_have_names",
        "loan_changes",
        "kind <> 'representative' OR (\"before\" ? 'representative' AND \"after\" ? 'representative')",
    )


def downgrade() -> None:
    op.drop_constraint("representatives_have_names", "loan_changes", type_="check")
    op.drop_constraint("kind_is_known", "loan_changes", type_="check")
    op.create_check_constraint("kind_is_known", "loan_changes", BEFORE)
