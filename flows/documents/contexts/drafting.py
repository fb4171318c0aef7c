"""Facts of the papers an office drafts outside a case: D01, D04–D06, D12, D38, D39.

They are drafts: the office signs and numbers them in its own document system.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from flows.documents.contexts.base import (
    Account,
    Board,
    Contact,
    Count,
    DocumentContext,
    Frozen,
    Money,
    Text,
    Words,
)
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


class ListedFirm(Frozen):
    """A firm of the white list; `words` are the grounds it was listed for, or why it was taken off."""

    no: Annotated[int, Field(gt=0)]
    firm: Text
    uscc: Words
    size_class: Text = ""
    recommended_by: Text = ""
    words: Text = ""


class WhiteListSummary(Draft):
    """D04 白名单审核汇总表: the firms a round puts on the list and takes off, as the managing institution checked them."""

    batch: Words
    source_document: Words
    effective_on: date
    valid_to: date | None = None
    added: tuple[ListedFirm, ...] = ()
    removed: tuple[ListedFirm, ...] = ()
    prepared_by: Words


class WhiteListNotice(Draft):
    """D05 关于公布白名单的通知, with the list as its annex."""

    batch: Words
    effective_on: date
    valid_to: date | None = None
    complete: bool = False
    firms: Annotated[tuple[ListedFirm, ...], Field(min_length=1)]
    removed: tuple[ListedFirm, ...] = ()
    contact: Contact


class RemovalLetter(Draft):
    """D06 移出白名单告知函: the firm, the last day it was on the list, why, and what becomes of its loans."""

    firm: Words
    uscc: Words
    batch: Words
    listed_from: date
    last_day: date
    reason: Words
    contact: Contact


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
    total: Money
    contact: Contact

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum((row.principal for row in self.rows), Decimal(0)) != self.total:
            raise ValueError("各银行贷款本金之和与合计不一致")
        return self


class LedgerRow(Frozen):
    """A loan in the ledger: due after extensions, `outstanding` (元) after repayments; what was never reported is
    empty."""

    no: Annotated[int, Field(gt=0)]
    filing_number: Words
    borrower: Words
    receipt_number: Words
    principal: Money
    disbursed_on: date
    due_on: date
    outstanding: Money
    overdue_since: date | None = None
    asset_class: Text = ""
    remark: Text = ""


class LoanLedger(Draft):
    """D12 贷款台账 of an institution as of a day, with what is known filled in; the rest is written by hand."""

    board: Board
    as_of: date
    rows: Annotated[tuple[LedgerRow, ...], Field(min_length=1)]
    total: Money

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum((row.principal for row in self.rows), Decimal(0)) != self.total:
            raise ValueError("各笔贷款本金之和与合计不一致")
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
        if (
            sum((row.amount for row in self.rows), Decimal(0)) != self.total
            or self.total - self.left != self.missing
        ):
            raise ValueError("待补偿金额、余额与缺口不一致")
        return self
