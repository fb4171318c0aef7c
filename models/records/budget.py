"""Budget years (年度预算, 三（一）“总额控制、据实列支”): what was put in or taken out, by which resolution, by whom.

A change counts once a second person has confirmed it; then it is an entry of the ledger and never changes again.
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Session, col, select

from models.records.base import money
from models.records.two_people import ByTwo, by_two


class BudgetChange(ByTwo, table=True):
    """One amount put into (+) or taken out of (−) a budget year, in 元."""

    __tablename__ = "budget_changes"
    __table_args__ = (
        *by_two(),
        CheckConstraint("amount <> 0", name="changes_something"),
        Index(
            "uq_budget_changes_resolution",
            "year",
            "resolution",
            unique=True,
            postgresql_where=text("verdict IS NULL OR verdict = 'confirmed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    year: int
    amount: Decimal = money()
    resolution: str = Field(max_length=80)  # 决议或批复文号
    reason: str = Field(max_length=500)


def of_year(session: Session, year: int) -> Sequence[BudgetChange]:
    """The changes of a year in the order they were proposed."""
    query = select(BudgetChange).where(BudgetChange.year == year)
    return session.exec(query.order_by(col(BudgetChange.id))).all()


def proposed(session: Session) -> Sequence[BudgetChange]:
    """What waits for a second person, oldest first."""
    query = select(BudgetChange).where(col(BudgetChange.verdict).is_(None))
    return session.exec(query.order_by(col(BudgetChange.id))).all()


def years(session: Session) -> list[int]:
    """The years with a change, newest first."""
    query = select(BudgetChange.year).distinct().order_by(col(BudgetChange.year).desc())
    return list(session.exec(query).all())


def locked(session: Session, change_id: int) -> BudgetChange | None:
    """The change, its row locked until the transaction ends."""
    query = select(BudgetChange).where(BudgetChange.id == change_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).first()
