"""Recoveries (追偿): what came back of a compensated loan, what it cost, and what was returned of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.lifecycle import Process, State
from models.policy.recovery_checks import Action
from models.records.base import Facts, coded, dated, money, once, one_of
from models.records.base import facts as json_facts
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.loan import Loan

ZERO = Decimal("0.00")
COUNTED = (State.RETURNED, State.NOTHING_DUE)
"""Where an earlier registration ended whose receipts count in what is returned later (A22)."""
NEVER_COUNTED = (State.WITHDRAWN, State.RECOVERY_REFUSED)


class Recovery(SQLModel, table=True):
    """What one registration states, the share the policy computed, and the return. Its claim is `cases.about_id`.

    Without receipts it is a report of progress (追偿进展报告) only. `returned` is what the treasury confirmed, 元.
    """

    __tablename__ = "recoveries"
    __table_args__ = (one_of("action", Action),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", unique=True)
    action: Action = coded(Action)
    court_number: str = Field(default="", max_length=60)
    progress: str = Field(default="", max_length=1000)  # the words of D28; "" where none is filed

    checks: Facts = json_facts()
    share: Facts | None = json_facts(nullable=True)  # the policy's RecoveryShare as JSON
    due: Decimal | None = money(nullable=True)  # 本次应返还
    due_on: date | None = dated(nullable=True)  # 返还期限
    refusal_reason: str = Field(default="", max_length=2000)
    slip_on: date | None = dated(nullable=True)  # 返还回单, as stated
    slip_amount: Decimal | None = money(nullable=True)
    slip_number: str = Field(default="", max_length=60)
    arrived_on: date | None = dated(nullable=True)
    returned: Decimal | None = money(nullable=True)


class RecoveryReceipt(SQLModel, table=True):
    """Money that came in (回款), 元."""

    __tablename__ = "recovery_receipts"
    __table_args__ = (
        CheckConstraint("amount > 0", name="something_came_in"),
        Index("ix_recovery_receipts_case", "case_id", "item"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    item: int
    received_on: date = dated()
    amount: Decimal = money()
    voucher_number: str = Field(max_length=60)


class RecoveryCost(SQLModel, table=True):
    """What it cost to get it (追偿费用), 元, and for what."""

    __tablename__ = "recovery_costs"
    __table_args__ = (
        CheckConstraint("amount > 0", name="something_was_spent"),
        Index("ix_recovery_costs_case", "case_id", "item"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    item: int
    amount: Decimal = money()
    reason: str = Field(max_length=120)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the recoveries of a claim before this one came to: receipts and costs per case, and what was returned."""

    receipts: tuple[RecoveryReceipt, ...]
    costs: tuple[RecoveryCost, ...]
    returned: Decimal


def of_case(session: Session, case_id: int) -> Recovery:
    """The recovery of a recovery case."""
    query = select(Recovery).where(Recovery.case_id == case_id)
    return once(session, ("recovery", case_id), lambda: session.exec(query).one())


def receipts_of(session: Session, case_ids: Sequence[int]) -> Sequence[RecoveryReceipt]:
    """The receipts of these cases, by date."""
    query = select(RecoveryReceipt).where(col(RecoveryReceipt.case_id).in_(case_ids))
    return session.exec(query.order_by(col(RecoveryReceipt.received_on), col(RecoveryReceipt.id))).all()


def costs_of(session: Session, case_ids: Sequence[int]) -> Sequence[RecoveryCost]:
    """The costs of these cases, as registered."""
    query = select(RecoveryCost).where(col(RecoveryCost.case_id).in_(case_ids))
    return session.exec(query.order_by(col(RecoveryCost.case_id), col(RecoveryCost.item))).all()


def claim_of(session: Session, record: CaseRecord) -> Claim:
    """The claim a recovery belongs to."""
    return session.exec(select(Claim).where(Claim.case_id == record.about_id)).one()


def on_claim(session: Session, claim_case_id: int) -> Sequence[tuple[CaseRecord, Recovery]]:
    """Every recovery registered for a claim, oldest first."""
    query = (
        select(CaseRecord, Recovery)
        .join(Recovery, col(Recovery.case_id) == col(CaseRecord.id))
        .where(CaseRecord.about_id == claim_case_id)
        .order_by(col(CaseRecord.id))
    )
    return session.exec(query).all()


def earlier(session: Session, record: CaseRecord) -> Earlier:
    """What counts of the recoveries of the same claim that were concluded before this one."""
    return concluded(session, record.about_id or 0, before=record.id)


def concluded(session: Session, claim_case_id: int, *, before: int | None = None) -> Earlier:
    """What counts of a claim's recoveries: all that were concluded, or those before the case `before`."""
    cases = [
        (case.id or 0, found)
        for case, found in on_claim(session, claim_case_id)
        if case.state in COUNTED and (before is None or (case.id or 0) < before)
    ]
    ids = [key for key, _ in cases]
    return Earlier(
        receipts=tuple(receipts_of(session, ids)),
        costs=tuple(costs_of(session, ids)),
        returned=sum((found.returned or ZERO for _, found in cases), ZERO),
    )


def open_on(session: Session, claim_case_id: int) -> CaseRecord | None:
    """The recovery of a claim that is not concluded; the database allows one."""
    query = select(CaseRecord).where(
        CaseRecord.about_id == claim_case_id,
        CaseRecord.process == Process.RECOVERY,
        col(CaseRecord.closed_at).is_(None),
    )
    return session.exec(query).first()


def registered_on(session: Session, claim_case_id: int) -> Sequence[tuple[RecoveryReceipt, str]]:
    """Every receipt of a claim that was registered and neither withdrawn nor refused, with the number of its case."""
    query = (
        select(RecoveryReceipt, CaseRecord.number)
        .join(CaseRecord, col(CaseRecord.id) == col(RecoveryReceipt.case_id))
        .where(CaseRecord.about_id == claim_case_id, col(CaseRecord.state).not_in(NEVER_COUNTED))
        .order_by(col(RecoveryReceipt.received_on), col(RecoveryReceipt.id))
    )
    return session.exec(query).all()


def paid_claims(
    session: Session, institution_id: int, words: str = "", limit: int = 50
) -> Sequence[CaseRecord]:
    """An institution's claims that were paid, the latest payment first: those a recovery may be registered of. `words`:
    a part of the firm's name or of a number of the case or its loan, or the credit code."""
    query = (
        select(CaseRecord)
        .join(Claim, col(Claim.case_id) == col(CaseRecord.id))
        .where(CaseRecord.institution_id == institution_id, col(Claim.paid) > 0)
    )
    if words:
        named = (
            CaseRecord.subject,
            CaseRecord.number,
            Loan.contract_number,
            Loan.receipt_number,
            Loan.filing_number,
        )
        query = query.join(Loan, col(Loan.id) == col(Claim.loan_id)).where(
            or_(col(CaseRecord.uscc) == words, *(col(one).icontains(words, autoescape=True) for one in named))
        )
    return session.exec(
        query.order_by(col(Claim.voucher_date).desc(), col(CaseRecord.id).desc()).limit(limit)
    ).all()
