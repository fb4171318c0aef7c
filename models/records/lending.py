"""What each bank lent in a year within the scheme: the base of 三（四） “当年实际发放的……贷款本金总额”.

Kept up to date by the database with every statement that changes loans, however many rows it has: a claim reads
one row, whether the bank registered ten loans or a million.
"""

from decimal import Decimal

from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import money


class BankYearLending(SQLModel, table=True):
    """Registered loans of the bank board by institution and year of disbursement; written by a trigger only."""

    __tablename__ = "bank_year_lending"

    institution_id: int = Field(foreign_key="institutions.id", primary_key=True)
    year: int = Field(primary_key=True)
    principal: Decimal = money()
    loans: int


def lent(session: Session, institution_id: int, year: int) -> Decimal:
    """Total principal (元) of the bank board's registered loans the institution disbursed in `year`."""
    query = select(BankYearLending).where(
        BankYearLending.institution_id == institution_id, BankYearLending.year == year
    )
    found = session.exec(query.execution_options(populate_existing=True)).first()
    return found.principal if found else Decimal("0.00")


def years_of(session: Session, institution_id: int) -> list[BankYearLending]:
    """The institution's years with loans in the scheme, newest first."""
    query = select(BankYearLending).where(
        BankYearLending.institution_id == institution_id, BankYearLending.loans > 0
    )
    found = session.exec(query.order_by(col(BankYearLending.year).desc()))
    return list(found.all())
