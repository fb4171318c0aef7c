"""Claims (损失补偿申请): one registered loan, its loss, and what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import Facts, dated, moment, money, once
from models.records.base import facts as json_facts


class Claim(SQLModel, table=True):
    """The facts a bank or guarantor states, the award the policy computed, and the payment."""

    __tablename__ = "claims"
    __table_args__ = (
        # an open or paid claim blocks a second one on the same loan (已申请补偿)
        Index("uq_claims_alive", "loan_id", unique=True, postgresql_where=text("alive")),
        Index("ix_claims_voucher", "voucher_date", postgresql_where=text("voucher_date IS NOT NULL")),
        Index("ix_claims_undecided", "case_id", postgresql_where=text("approved IS NULL")),
        # lists of claims (已核定, 已预留, 已拨付) in the order of their cases
        Index("ix_claims_approved", "opened_at", "case_id", postgresql_where=text("approved > 0")),
        Index(
            "ix_claims_unpaid",
            "opened_at",
            "case_id",
            postgresql_where=text("approved > 0 AND paid IS NULL"),
        ),
        Index(
            "ix_claims_paid",
            text("EXTRACT(year FROM voucher_date)"),
            "opened_at",
            "case_id",
            postgresql_where=text("voucher_date IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", unique=True)
    loan_id: int = Field(foreign_key="loans.id", index=True)
    opened_at: datetime = moment()  # the case's
    alive: bool = True  # False once refused, not accepted or withdrawn

    overdue_since: date = dated()
    classification: str = Field(max_length=20)  # 五级分类: normal | special | substandard | doubtful | loss
    unpaid_principal: Decimal = money()  # 未清偿本金, bank's part included
    recovered: Decimal = money(default=Decimal("0.00"))  # 已追偿
    recovery_costs: Decimal = money(default=Decimal("0.00"))  # 追偿费用
    guarantor_paid: Decimal | None = money(nullable=True)  # 代偿金额 (guarantee board)
    guarantor_paid_on: date | None = dated(nullable=True)  # 代偿日期
    fund_shares_confirmed: bool = False  # 国担、省再担已履行或确认分担
    cause: str = Field(max_length=1000)  # 损失原因
    recovery_plan: str = Field(max_length=1000)  # 追偿措施
    requested: Decimal = money()  # 申请补偿金额
    account_name: str = Field(max_length=120)
    account_number: str = Field(max_length=40)
    account_bank: str = Field(max_length=120)

    facts: Facts | None = json_facts(nullable=True)  # the policy's ClaimFacts the figures were made from
    award: Facts | None = json_facts(
        nullable=True
    )  # the policy's Award as JSON: lines, checks, clauses, version
    checks: Facts = json_facts()
    calculated: Decimal | None = money(nullable=True)  # 测算金额
    approved: Decimal | None = money(nullable=True)  # 核定金额
    refusal_reason: str = Field(default="", max_length=2000)
    notice_started_on: date | None = dated(nullable=True)  # 公示
    notice_ends_on: date | None = dated(nullable=True)
    paid: Decimal | None = money(nullable=True)
    voucher_number: str = Field(default="", max_length=60)
    voucher_date: date | None = dated(nullable=True)
    received: Decimal | None = money(nullable=True)
    received_on: date | None = dated(nullable=True)
    received_at: datetime | None = moment(nullable=True)


class Objection(SQLModel, table=True):
    """An objection (异议) received during public notice."""

    __tablename__ = "objections"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    at: datetime = moment()
    objector: str = Field(max_length=120)
    contact: str = Field(max_length=120)
    content: str = Field(max_length=4000)
    registered_by: int = Field(foreign_key="people.id")
    findings: str = Field(default="", max_length=4000)


def of_case(session: Session, case_id: int) -> Claim:
    """The claim of a claim case."""
    query = select(Claim).where(Claim.case_id == case_id)
    return once(session, ("claim", case_id), lambda: session.exec(query).one())


def alive_on(session: Session, loan_ids: Sequence[int]) -> dict[int, Claim]:
    """The claims alive on these loans, by loan."""
    query = select(Claim).where(col(Claim.loan_id).in_(loan_ids), Claim.alive)
    return {found.loan_id: found for found in session.exec(query)}


def on_loan(session: Session, loan_id: int) -> Claim | None:
    """The claim alive on a loan."""
    return session.exec(select(Claim).where(Claim.loan_id == loan_id, Claim.alive)).first()
