"""Documents of a filing (备案): D07, D08, D09, D10."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from flows.documents.contexts.base import (
    Board,
    Contact,
    Count,
    DocumentContext,
    Frozen,
    Money,
    Objection,
    RatePercent,
    Text,
    Words,
)
from flows.documents.contexts.rows import CheckRow, ClockStop, Fault, RiskShare


class FilingLoan(Frozen):
    """One loan of a filing application, with the data its eligibility is judged by.

    `lpr_percent` and `lpr_published_on` are the quote used for the rate test (bank board); `employees`,
    `revenue` and `assets` (元) are the 划型 data where they were given.
    """

    no: Annotated[int, Field(gt=0)]
    borrower: Words
    uscc: Words
    industry: Words
    size_class: Words
    employees: Count | None = None
    revenue: Money | None = None
    assets: Money | None = None
    lender: Words
    contract_number: Words
    receipt_number: Words
    principal: Money
    disbursed_on: date
    due_on: date
    rate_percent: RatePercent
    lpr_percent: RatePercent | None = None
    lpr_published_on: date | None = None
    purpose: Words
    security: Words
    shares: tuple[RiskShare, ...] = ()


class FilingApplication(DocumentContext):
    """D07 项目备案申请表: the institution files 1…n loans of one board with the managing institution.

    A back-filing (补录) is signed by who entered it (`organ_name`): `filed_for` is whose loans they are, `source` the
    document they were approved by. It never reads as an application of `filed_for`.
    """

    board: Board
    contact: Contact
    loans: Annotated[tuple[FilingLoan, ...], Field(min_length=1)]
    total_principal: Money
    filed_for: Text = ""
    source: Text = ""

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        if self.total_principal != sum((loan.principal for loan in self.loans), Decimal(0)):
            raise ValueError("total_principal is not the sum of the loans' principal")
        return self


class CorrectionNotice(DocumentContext):
    """D08 材料补正通知书: every fault at once, and what that does to the clock.

    `matter` names the object in the reader's words ("东莞市某公司贷款（借据号…）"). The clock: of
    `allowed_days` 工作日 for `stage`, `used_days` had passed when it stopped on `stopped_on`;
    `remaining_days` are left when it goes on. `correction_due_on` is the last of `correction_days`
    工作日 counted from the day it was sent; `due_provisional` is set when it crosses a year whose calendar is not yet
    published. `from_service`: the days count from the day after the reader acknowledged the notice, so that day is
    only the last for one who does not (parameter `applicant_days_from`).
    """

    about: Literal["备案", "补偿", "追偿"]
    board: Board
    matter: Words
    received_on: date
    round: Annotated[int, Field(gt=0)]
    faults: Annotated[tuple[Fault, ...], Field(min_length=1)]
    stage: Words
    allowed_days: Annotated[int, Field(gt=0)]
    used_days: Count
    remaining_days: Count
    stopped_on: date
    earlier_stops: tuple[ClockStop, ...] = ()
    correction_days: Annotated[int, Field(gt=0)]
    correction_due_on: date
    due_provisional: bool = False
    from_service: bool = False
    contact: Contact

    @model_validator(mode="after")
    def _days_add_up(self) -> Self:
        # Once the budget is overdrawn nothing remains; otherwise used and remaining make up the whole.
        if self.remaining_days != max(self.allowed_days - self.used_days, 0):
            raise ValueError("remaining_days is not allowed_days − used_days")
        return self


class RegisteredLoan(Frozen):
    """One loan taken into the scheme, with its filing number."""

    no: Annotated[int, Field(gt=0)]
    filing_number: Words
    borrower: Words
    uscc: Words
    contract_number: Words
    receipt_number: Words
    principal: Money
    disbursed_on: date
    due_on: date


class FilingConfirmation(DocumentContext):
    """D09 备案确认书: the registered loans, the checks they passed, the version of the rules.

    `excluded_count` loans of the same submission were refused; their notice is D10.
    """

    board: Board
    received_on: date
    loans: Annotated[tuple[RegisteredLoan, ...], Field(min_length=1)]
    total_principal: Money
    checks: tuple[CheckRow, ...] = ()
    rule_version: Words
    excluded_count: Count = 0
    contact: Contact

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        if self.total_principal != sum((loan.principal for loan in self.loans), Decimal(0)):
            raise ValueError("total_principal is not the sum of the loans' principal")
        return self


class RefusedLoan(Frozen):
    """One loan not taken into the scheme: the fact, and the clause it fails."""

    no: Annotated[int, Field(gt=0)]
    borrower: Words
    contract_number: Words
    receipt_number: Words
    principal: Money
    fact: Words
    clause: Words


class FilingRefusal(DocumentContext):
    """D10 不予备案通知书: the loans refused, each with its reason, and how to object."""

    board: Board
    received_on: date
    loans: Annotated[tuple[RefusedLoan, ...], Field(min_length=1)]
    remedy: Text = ""
    objection: Objection
