"""Changes of the account money is returned to (返还账户): registered by one person, confirmed by another, kept.

`institution_accounts` holds what is in force, by day; these rows say how it came to be.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Index, text
from sqlmodel import Field, Session, col, select

from models.records.base import dated
from models.records.two_people import ByTwo, by_two


class AccountChange(ByTwo, table=True):
    """One change: the account of an institution from `valid_from` on, by which `document`."""

    __tablename__ = "account_changes"
    __table_args__ = (
        *by_two(),
        Index(
            "uq_account_changes_open",
            "institution_id",
            unique=True,
            postgresql_where=text("verdict IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id")
    account_name: str = Field(max_length=120)
    account_number: str = Field(max_length=40)
    bank_name: str = Field(max_length=120)
    valid_from: date = dated()
    document: str = Field(max_length=200)


def of_institution(session: Session, institution_id: int, most: int = 100) -> Sequence[AccountChange]:
    """What was registered of an institution, newest first."""
    query = select(AccountChange).where(AccountChange.institution_id == institution_id)
    return session.exec(query.order_by(col(AccountChange.id).desc()).limit(most)).all()
