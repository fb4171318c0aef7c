"""The line before a limit that has no room (待额度): who waits, since which approval, for how much.

First approved, first served: a case behind another one does not take the room the other waits for.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, Session, SQLModel, col, func, or_, select

from models.records.base import coded, moment, money, one_of
from models.records.case import CaseRecord


class WaitEnd(StrEnum):
    """How waiting for room ended."""

    SERVED = "served"  # the amount was reserved, or calculated anew
    RECALCULATE = "recalculate"  # 市工信局 had it calculated again with what is left
    LEFT = "left"  # withdrawn, sent back, or waiting before another limit now


class LedgerWait(SQLModel, table=True):
    """A case in the line of an account. `amount` (元) is what it needs; 0 while it waits before 初审, when there
    is no amount yet that anyone approved."""

    __tablename__ = "ledger_waits"
    __table_args__ = (
        one_of("ended", WaitEnd),
        Index("uq_ledger_waits_case", "case_id", unique=True, postgresql_where=text("ended IS NULL")),
        Index("ix_ledger_waits_line", "account_id", "since", postgresql_where=text("ended IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="ledger_accounts.id")
    case_id: int = Field(foreign_key="cases.id")
    amount: Decimal = money()
    since: datetime = moment()
    ended: WaitEnd | None = coded(WaitEnd, nullable=True)
    ended_at: datetime | None = moment(nullable=True)


def of_case(session: Session, case_id: int) -> LedgerWait | None:
    """The case's place in a line, if it waits."""
    query = select(LedgerWait).where(LedgerWait.case_id == case_id, col(LedgerWait.ended).is_(None))
    return session.exec(query.execution_options(populate_existing=True)).first()


def latest(session: Session, case_id: int) -> LedgerWait | None:
    """The case's newest waiting, over or not."""
    query = select(LedgerWait).where(LedgerWait.case_id == case_id).order_by(col(LedgerWait.id).desc())
    return session.exec(query.execution_options(populate_existing=True)).first()


def line(session: Session, account_id: int) -> Sequence[LedgerWait]:
    """Everyone who waits for room in an account: approved amounts first, by the time of their approval."""
    query = select(LedgerWait).where(LedgerWait.account_id == account_id, col(LedgerWait.ended).is_(None))
    return session.exec(
        query.order_by(col(LedgerWait.amount) == 0, col(LedgerWait.since), col(LedgerWait.id))
    ).all()


def ahead(session: Session, account_id: int, mine: LedgerWait | None) -> tuple[int, Decimal]:
    """How many wait before this case (before a newcomer: all), and the sum of what they need (元)."""
    query = select(func.count(), func.coalesce(func.sum(LedgerWait.amount), 0)).where(
        LedgerWait.account_id == account_id, col(LedgerWait.ended).is_(None), col(LedgerWait.amount) > 0
    )
    if mine is not None:
        earlier = or_(
            col(LedgerWait.since) < mine.since,
            (col(LedgerWait.since) == mine.since) & (col(LedgerWait.id) < (mine.id or 0)),
        )
        query = query.where(earlier, LedgerWait.id != mine.id)
    count, total = session.exec(query).one()
    return count, Decimal(total)


def with_cases(session: Session, account_id: int | None = None) -> Sequence[tuple[LedgerWait, CaseRecord]]:
    """The line of one account (or every line) with the cases, in the order they are served."""
    query = (
        select(LedgerWait, CaseRecord)
        .join(CaseRecord, col(CaseRecord.id) == col(LedgerWait.case_id))
        .where(col(LedgerWait.ended).is_(None))
    )
    if account_id is not None:
        query = query.where(LedgerWait.account_id == account_id)
    order = (
        col(LedgerWait.account_id),
        col(LedgerWait.amount) == 0,
        col(LedgerWait.since),
        col(LedgerWait.id),
    )
    return session.exec(query.order_by(*order)).all()


def accounts_waited_for(session: Session) -> Sequence[int]:
    """The accounts before which somebody waits."""
    query = select(LedgerWait.account_id).where(col(LedgerWait.ended).is_(None)).distinct()
    return session.exec(query.order_by(col(LedgerWait.account_id))).all()
