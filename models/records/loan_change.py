"""Changes of a registered loan: 展期（续备案）, 提前还款, 法定代表人变更, 更正, and 异常情况 (D13); registered by its institution,
confirmed by the managing one.

A row is never edited once it is decided. What was filed stays readable: a correction keeps what stood before, and
extensions, repayments and anomalies stand beside the loan's own figures.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, func, text
from sqlmodel import Field, Session, col, select

from models.money import ZERO
from models.policy.anomalies import Anomaly
from models.records.base import Facts, coded, dated, facts, moment, money, one_of
from models.records.case import CaseRecord
from models.records.loan import Loan
from models.records.two_people import ByTwo, Verdict, by_two


class ChangeKind(StrEnum):
    """What became different."""

    EXTENSION = "extension"
    PREPAYMENT = "prepayment"
    REPRESENTATIVE = "representative"
    CORRECTION = "correction"
    ANOMALY = "anomaly"


CHANGE_NAMES: dict[ChangeKind, str] = {
    ChangeKind.EXTENSION: "展期（续备案）",
    ChangeKind.PREPAYMENT: "提前还款",
    ChangeKind.REPRESENTATIVE: "法定代表人变更",
    ChangeKind.CORRECTION: "更正",
    ChangeKind.ANOMALY: "异常情况",
}


class LoanChange(ByTwo, table=True):
    """One change. `number` is the filing's with its own count: an extension's is its 续备案号.

    `on`: the day the extension was signed, the money came, the firm's new legal representative was registered, the
    correction was, or the anomaly was seen. `before` and `after` are the columns of the loan a correction changes, as
    they are stored; of a change of the legal representative their names, as `representative`. Of an anomaly: its kind,
    the principal not paid back that day (元), what the institution has done about it. It changes nothing of the loan and
    waits beside another change.
    """

    __tablename__ = "loan_changes"
    __table_args__ = (
        one_of("kind", ChangeKind),
        *by_two(),
        CheckConstraint("(kind = 'extension') = (new_due_on IS NOT NULL)", name="extension_has_its_day"),
        CheckConstraint("(kind = 'prepayment') = (repaid IS NOT NULL)", name="repayment_has_its_amount"),
        CheckConstraint("repaid > 0", name="repaid_something"),
        CheckConstraint(
            "kind <> 'representative' OR (\"before\" ? 'representative' AND \"after\" ? 'representative')",
            name="representatives_have_names",
        ),
        CheckConstraint(
            "(kind = 'anomaly') = (anomaly IS NOT NULL) AND (kind = 'anomaly') = (unpaid IS NOT NULL)",
            name="anomaly_has_its_facts",
        ),
        one_of("anomaly", Anomaly),
        CheckConstraint("unpaid >= 0", name="unpaid_is_an_amount"),
        Index(
            "uq_loan_changes_open",
            "loan_id",
            text("(kind = 'anomaly')"),
            unique=True,
            postgresql_where=text("verdict IS NULL"),
        ),
        Index("ix_loan_changes_loan", "loan_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loans.id")
    number: str = Field(max_length=60, unique=True)
    kind: ChangeKind = coded(ChangeKind)
    on: date = dated()
    new_due_on: date | None = dated(nullable=True)
    repaid: Decimal | None = money(nullable=True)
    anomaly: Anomaly | None = coded(Anomaly, nullable=True)
    unpaid: Decimal | None = money(nullable=True)
    measures: str = Field(default="", max_length=500)
    before: Facts = facts()
    after: Facts = facts()
    reason: str = Field(max_length=500)
    document: str = Field(max_length=200)  # what it rests on
    due_on: date = dated()  # until when it is to be reviewed
    reminded_at: datetime | None = moment(nullable=True)
    overdue_at: datetime | None = moment(nullable=True)  # when its reviewers were told that it is late
    escalated_at: datetime | None = moment(nullable=True)


def of_loan(session: Session, loan_id: int) -> Sequence[LoanChange]:
    """Every change of a loan, oldest first."""
    return session.exec(
        select(LoanChange).where(LoanChange.loan_id == loan_id).order_by(col(LoanChange.id))
    ).all()


def of_loans(session: Session, loan_ids: Sequence[int]) -> dict[int, list[LoanChange]]:
    """Changes that count or wait, by loan, oldest first."""
    found: dict[int, list[LoanChange]] = {}
    counts = col(LoanChange.verdict).is_(None) | (LoanChange.verdict == Verdict.CONFIRMED)
    query = select(LoanChange).where(col(LoanChange.loan_id).in_(loan_ids), counts)
    for change in session.exec(query.order_by(col(LoanChange.id))):
        found.setdefault(change.loan_id, []).append(change)
    return found


def represented(changes: Sequence[LoanChange]) -> str:
    """The firm's legal representative after every change that counts or waits; empty if none is known."""
    names = [
        c.after["representative"]
        for c in changes
        if c.kind == ChangeKind.REPRESENTATIVE and c.verdict in (None, Verdict.CONFIRMED)
    ]
    return str(names[-1]) if names else ""


def maturity(loan: Loan, changes: Sequence[LoanChange]) -> date:
    """When the loan is due after every confirmed extension."""
    ends = [c.new_due_on for c in changes if c.new_due_on is not None and c.verdict == Verdict.CONFIRMED]
    return max([loan.due_on, *ends])


def outstanding(loan: Loan, changes: Sequence[LoanChange]) -> Decimal:
    """The principal less every confirmed early repayment (元)."""
    repaid = (c.repaid for c in changes if c.repaid is not None and c.verdict == Verdict.CONFIRMED)
    return loan.principal - sum(repaid, ZERO)


def waiting_for(session: Session, managing_id: int) -> int:
    """How many changes wait for this managing institution."""
    query = (
        select(func.count())
        .select_from(LoanChange)
        .join(Loan, col(Loan.id) == LoanChange.loan_id)
        .join(CaseRecord, col(CaseRecord.id) == Loan.case_id)
        .where(col(LoanChange.verdict).is_(None), CaseRecord.managing_institution_id == managing_id)
    )
    return session.exec(query).one()


def overdue(session: Session, today: date) -> int:
    """How many changes wait although their last day is over."""
    query = select(func.count()).where(col(LoanChange.verdict).is_(None), LoanChange.due_on < today)
    return session.exec(query).one()


def waiting_until(session: Session, day: date, most: int) -> Sequence[tuple[LoanChange, Loan, CaseRecord]]:
    """Changes that wait and are due by a day, with loan and filing; locked, but for those another holds."""
    query = (
        select(LoanChange, Loan, CaseRecord)
        .join(Loan, col(Loan.id) == LoanChange.loan_id)
        .join(CaseRecord, col(CaseRecord.id) == Loan.case_id)
        .where(col(LoanChange.verdict).is_(None), LoanChange.due_on <= day)
        .order_by(col(LoanChange.id))
        .limit(most)
    )
    return session.exec(query.with_for_update(of=LoanChange, skip_locked=True)).all()


def recent(session: Session, managing_id: int | None, most: int = 100) -> Sequence[tuple[LoanChange, Loan]]:
    """Changes with their loans, those that wait first by their deadline, then the newest; of one managing
    institution, or of all."""
    query = (
        select(LoanChange, Loan)
        .join(Loan, col(Loan.id) == LoanChange.loan_id)
        .join(CaseRecord, col(CaseRecord.id) == Loan.case_id)
    )
    if managing_id is not None:
        query = query.where(CaseRecord.managing_institution_id == managing_id)
    decided = col(LoanChange.verdict).is_not(None)
    order = (
        decided,
        text("CASE WHEN verdict IS NULL THEN loan_changes.due_on END"),
        col(LoanChange.id).desc(),
    )
    return session.exec(query.order_by(*order).limit(most)).all()
