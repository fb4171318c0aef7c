"""Documents of a recovery: D28, D29."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from flows.documents.contexts.base import (
    Account,
    Board,
    Contact,
    DocumentContext,
    Frozen,
    Money,
    Ratio,
    Text,
    Words,
)
from flows.documents.contexts.claim import Lines


class IncomingRow(Frozen):
    """Money that came in (元), when, under which voucher."""

    no: Annotated[int, Field(gt=0)]
    received_on: date
    amount: Money
    voucher_number: Words


class CostRow(Frozen):
    """What it cost (元), and for what."""

    no: Annotated[int, Field(gt=0)]
    reason: Words
    amount: Money


class RecoveryDocument(DocumentContext):
    """What both documents say: the compensated loan, what came in, what it cost. Sums are those of the rows."""

    board: Board
    applicant: Words
    claim_number: Words
    decision_number: Words
    borrower: Words
    contract_number: Words
    compensation: Money
    paid_on: date
    receipts: tuple[IncomingRow, ...]
    received: Money
    costs: tuple[CostRow, ...]
    spent: Money
    contact: Contact

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        for total, rows in ((self.received, self.receipts), (self.spent, self.costs)):
            if total != sum((row.amount for row in rows), Decimal(0)):
                raise ValueError("a total is not the sum of its rows")
        return self


class ProgressReport(RecoveryDocument):
    """D28 追偿进展报告 of the institution to the managing one; `received_before` and `returned_before` are what earlier
    registrations of the same loan came to."""

    action: Words
    court_number: Text = ""
    progress: Words
    received_before: Money
    returned_before: Money


class ReturnNotice(RecoveryDocument):
    """D29 追偿返还通知书: how the amount is worked out, what is due now, where and until when it is paid.

    `due` 0.00: nothing is to be returned this time, and there is no `due_on`. `due_provisional`: the day crosses a
    year whose working days are not published (暂定). Without `account` the treasury names one in writing.
    """

    lines: Lines
    ratio: Ratio
    principal: Money
    due_in_all: Money
    returned_before: Money
    due: Money
    costs_carried: Money
    due_on: date | None
    due_provisional: bool = False
    return_days: Annotated[int, Field(gt=0)]
    treasury: Words
    account: Account | None = None

    @model_validator(mode="after")
    def _figures_agree(self) -> Self:
        if self.due != max(self.due_in_all - self.returned_before, Decimal(0)):
            raise ValueError("due is not what is due in all less what was returned")
        if self.due_in_all > self.compensation:
            raise ValueError("more would be returned than was paid")
        if bool(self.due) != (self.due_on is not None):
            raise ValueError("a day belongs to an amount that is due, and only to it")
        return self
