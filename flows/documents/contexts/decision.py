"""Documents from the public notice to the receipt: D21–D27."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from flows.documents.contexts.base import (
    Account,
    Board,
    Contact,
    DocumentContext,
    Frozen,
    Money,
    Objection,
    Ratio,
    Text,
    Words,
)
from flows.documents.contexts.claim import ClaimDocument, Lines
from flows.documents.contexts.rows import Reason


class PublicRow(Frozen):
    """One claim as the public sees it; `borrower_shown` is already desensitised by the caller."""

    no: Annotated[int, Field(gt=0)]
    board: Board
    applicant: Words
    borrower_shown: Words
    principal: Money
    disbursed_on: date
    amount: Money


class PublicNotice(DocumentContext):
    """D21 补偿项目公示: what is about to be paid, for how long anyone may object, and where.

    `due_provisional`: the period crosses a year whose working days are not published (暂定).
    """

    batch: Words
    rows: Annotated[tuple[PublicRow, ...], Field(min_length=1)]
    total: Money
    starts_on: date
    ends_on: date
    working_days: Annotated[int, Field(gt=0)]
    due_provisional: bool = False
    contact: Contact

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        if self.total != sum((row.amount for row in self.rows), Decimal(0)):
            raise ValueError("total is not the sum of the rows' amounts")
        return self


class Finding(Frozen):
    """One point of an objection, what was found, and on what basis."""

    no: Annotated[int, Field(gt=0)]
    point: Words
    finding: Words
    basis: Text = ""


class ObjectionReply(DocumentContext):
    """D22 异议处理意见 to the objector (`recipient`)."""

    notice_title: Words
    received_on: date
    summary: Words
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    outcome: Literal["upheld", "partly", "rejected"]
    conclusion: Words
    contact: Contact


class Decision(ClaimDocument):
    """What a decision of either outcome states.

    `effective_ratio` is amount ÷ loss as decided: later recoveries are returned at this ratio, within
    `return_days` 工作日 of receiving them. `cc` and `printed_by` fill the 版记.
    """

    claimed: Money
    loss: Money
    lines: Lines
    amount: Money
    received_on: date
    public_from: date | None = None
    public_to: date | None = None
    meeting: Text = ""
    effective_ratio: Ratio
    return_days: Annotated[int, Field(gt=0)]
    objection: Objection
    cc: tuple[Words, ...] = ()
    printed_by: Words


class DecisionNotice(Decision):
    """D23 风险补偿决定通知书: the claim is granted with `amount`."""

    @model_validator(mode="after")
    def _something_is_granted(self) -> Self:
        if self.amount <= 0:
            raise ValueError("a decision to compensate needs an amount above zero")
        return self


class ReducedDecisionNotice(Decision):
    """D24 不予（部分）补偿通知书: nothing, or less than asked, with each reason and clause."""

    reasons: Annotated[tuple[Reason, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _less_than_asked(self) -> Self:
        if self.amount >= self.claimed:
            raise ValueError("amount reaches the claim; use the decision notice D23")
        return self


class PayeeRow(Frozen):
    """One payee of a payment letter: the decision it rests on, account and amount (元)."""

    no: Annotated[int, Field(gt=0)]
    payee: Words
    decision_number: Words
    account: Account
    amount: Money


class PaymentLetter(DocumentContext):
    """D25 关于申请拨付…资金的函, bureau to 市财政局. `batch` e.g. "2026年第一批"."""

    batch: Words
    rows: Annotated[tuple[PayeeRow, ...], Field(min_length=1)]
    total: Money
    budget_year: Annotated[int, Field(ge=2024)]
    budget_line: Words
    public_from: date | None = None
    public_to: date | None = None
    attachments: tuple[Words, ...] = ()
    contact: Contact

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        if self.total != sum((row.amount for row in self.rows), Decimal(0)):
            raise ValueError("total is not the sum of the rows' amounts")
        return self


class PaymentNotice(DocumentContext):
    """D26 资金拨付通知书 to the payee: amount, account, until when it is paid, and when to confirm (工作日).

    `due_provisional`: the date crosses a year whose working days are not published (暂定). `from_service`: the days
    to confirm count from the day after the reader acknowledged the notice (parameter `applicant_days_from`).
    """

    decision_number: Words
    borrower: Words
    contract_number: Words
    amount: Money
    account: Account
    pay_on: date
    due_provisional: bool = False
    confirm_days: Annotated[int, Field(gt=0)]
    from_service: bool = False
    return_days: Annotated[int, Field(gt=0)]
    effective_ratio: Ratio
    managing_name: Words
    contact: Contact


class ReceiptConfirmation(DocumentContext):
    """D27 收款确认回执: the payee confirms what arrived, when, on which account."""

    notice_number: Words
    decision_number: Words
    borrower: Words
    contract_number: Words
    amount: Money
    account: Account
    received_on: date
    voucher_number: Words
    handled_by: Words
    remark: Text = ""
