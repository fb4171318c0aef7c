"""Facts of the papers an office drafts outside a case: D01, D38, D39. They take their number where they are issued."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from flows.documents.contexts.base import Account, Board, Contact, Count, DocumentContext, Frozen, Money, Text, Words
from flows.documents.contexts.rows import RiskShare


class Draft(DocumentContext):
    """A paper about no single case. `number` has the place for the serial left empty, as in 东工信〔2026〕　　号."""

    case_number: Words = "代拟稿"


class CooperationApplication(Draft):
    """D01 合作申请表, filled in with what the system knows of the institution; the rest is written by hand."""

    board: Board
    uscc: Text
    contact: Contact
    account: Account | None = None
    shares: tuple[RiskShare, ...] = ()


class LenderRow(Frozen):
    """One bank: how many guaranteed loans and how much (元) it made in the year."""

    no: Annotated[int, Field(gt=0)]
    lender: Words
    loans: Count
    principal: Money


class DepositReference(Draft):
    """D38 社保基金存放参考意见函: banks by the guaranteed loans of a year (三（六）), largest first."""

    year: Count
    as_of: date
    rows: Annotated[tuple[LenderRow, ...], Field(min_length=1)]
    loan_count: Count
    total: Money
    contact: Contact

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum((row.principal for row in self.rows), Decimal(0)) != self.total:
            raise ValueError("各银行贷款本金之和与合计不一致")
        if sum(row.loans for row in self.rows) != self.loan_count:
            raise ValueError("各银行贷款笔数之和与合计不一致")
        return self


class WaitingRow(Frozen):
    """A claim that waits for room in the budget."""

    no: Annotated[int, Field(gt=0)]
    waiting_number: Words
    applicant: Words
    since: date
    amount: Money


class BudgetRequest(Draft):
    """D39 增加预算的请示: what the year was given, what is taken, who waits, and how much is missing (元)."""

    year: Count
    as_of: date
    budget: Money
    paid: Money
    reserved: Money
    left: Money
    rows: Annotated[tuple[WaitingRow, ...], Field(min_length=1)]
    total: Money
    missing: Annotated[Money, Field(gt=0)]
    contact: Contact

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.budget - self.paid - self.reserved != self.left:
            raise ValueError("预算减已付、预留与余额不一致")
        if sum((row.amount for row in self.rows), Decimal(0)) != self.total or self.total - self.left != self.missing:
            raise ValueError("待补偿金额、余额与缺口不一致")
        return self
