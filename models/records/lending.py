"""What each bank lent in a year within the scheme: the base of 三（四） “当年实际发放的……贷款本金总额”.

Kept up to date by the database with every statement that changes loans, however many rows it has: a claim reads a few
rows, whether the bank registered ten loans or a million.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import SmallInteger
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.records.base import money


class BankYearLending(SQLModel, table=True):
    """Registered loans of the bank board by institution and year of disbursement; written by a trigger only.

    `part`: each connection adds to its own, so that two who register filings of a bank do not wait for each other. A part
    means nothing by itself; the sum does.
    """

    __tablename__ = "bank_year_lending"

    institution_id: int = Field(foreign_key="institutions.id", primary_key=True)
    year: int = Field(primary_key=True)
    part: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    principal: Decimal = money()
    loans: int


@dataclass(frozen=True, slots=True)
class YearLending:
    """A bank's year: principal in 元, and how many loans."""

    year: int
    principal: Decimal
    loans: int


def lent(session: Session, institution_id: int, year: int) -> Decimal:
    """Total principal (元) of the bank board's registered loans the institution disbursed in `year`."""
    return lent_in(session, institution_id, [year])[year]


def lent_in(session: Session, institution_id: int, years: Collection[int]) -> dict[int, Decimal]:
    """The same for several years in one look."""
    query = (
        select(BankYearLending.year, func.sum(BankYearLending.principal))
        .where(BankYearLending.institution_id == institution_id, col(BankYearLending.year).in_(sorted(years)))
        .group_by(col(BankYearLending.year))
    )
    return dict.fromkeys(years, Decimal("0.00")) | dict(session.exec(query).all())


def years_of(session: Session, institution_id: int) -> list[YearLending]:
    """The institution's years with loans in the scheme, newest first."""
    loans = func.sum(BankYearLending.loans)
    query = (
        select(BankYearLending.year, func.sum(BankYearLending.principal), loans)
        .where(BankYearLending.institution_id == institution_id)
        .group_by(col(BankYearLending.year))
        .having(loans > 0)
        .order_by(col(BankYearLending.year).desc())
    )
    return [YearLending(*row) for row in session.exec(query)]
