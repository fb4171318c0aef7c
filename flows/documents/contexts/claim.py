"""Documents of a claim until the meeting: D15–D20."""

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
    Objection,
    Text,
    Words,
)
from flows.documents.contexts.rows import (
    CalcLine,
    CheckRow,
    LoanFacts,
    Material,
    Opinion,
    PaperRow,
    Reason,
    RiskShare,
)

Lines = Annotated[tuple[CalcLine, ...], Field(min_length=1)]


class ClaimDocument(DocumentContext):
    """What the documents about one claim share. `applicant` is the claiming bank or guarantee company."""

    board: Board
    applicant: Words
    loan: LoanFacts


class ClaimApplication(ClaimDocument):
    """D15 补偿申请函 with its application form.

    `default_on` is the first overdue day; `repaid_on` and `repaid_amount` (元) are date and amount of the
    guarantor's payment (代偿), None on the bank board. `loss` is the loss the applicant bears (元).
    """

    default_on: date
    overdue_days: Count
    risk_class: Text = ""
    unpaid_principal: Money
    repaid_on: date | None = None
    repaid_amount: Money | None = None
    shares: tuple[RiskShare, ...] = ()
    loss: Money
    claimed: Money
    lines: Lines
    cause: Words
    recovery: Words
    account: Account
    materials: Annotated[tuple[Material, ...], Field(min_length=1)]
    contact: Contact

    @model_validator(mode="after")
    def _guarantee_claims_follow_a_payment(self) -> Self:
        if self.board == "guarantee" and (self.repaid_on is None or self.repaid_amount is None):
            raise ValueError("a claim on the guarantee board needs repaid_on and repaid_amount")
        return self


class AcceptanceNotice(ClaimDocument):
    """D16 受理通知书: accepted on which day, reviewed by which day (`review_days` 工作日)."""

    received_on: date
    accepted_on: date
    claimed: Money
    review_days: Annotated[int, Field(gt=0)]
    review_due_on: date
    due_provisional: bool = False
    contact: Contact


class NonAcceptanceNotice(ClaimDocument):
    """D16R 不予受理通知书: every reason with its clause, what can still be done, how to object."""

    received_on: date
    claimed: Money
    reasons: Annotated[tuple[Reason, ...], Field(min_length=1)]
    remedy: Text = ""
    objection: Objection


class WorkingPaper(ClaimDocument):
    """D17 审核工作底稿: each check with value, source, clause and result, what the uploads were read to show, and the
    calculation. `disagreement` says which figures do not fit together."""

    accepted_on: date
    checks: Annotated[tuple[CheckRow, ...], Field(min_length=1)]
    papers: tuple[PaperRow, ...] = ()
    disagreement: Text = ""
    lines: Lines
    proposed: Money
    conclusion: Words
    prepared_by: Words
    prepared_on: date
    checked_by: Text = ""
    checked_on: date | None = None


class ReviewOpinion(ClaimDocument):
    """D18 初审意见书 of the managing institution to the bureau: facts, calculation, opinion, dissent.

    `human_checks` are the checks a person had to judge, with what was judged (`value`).
    """

    received_on: date
    accepted_on: date
    default_on: date
    loss: Money
    claimed: Money
    checks_total: Count
    checks_passed: Count
    human_checks: tuple[CheckRow, ...] = ()
    lines: Lines
    proposed: Money
    opinion: Words
    dissent: Text = ""
    opinions: tuple[Opinion, ...] = ()
    contact: Contact


class ApprovalForm(ClaimDocument):
    """D19 补偿审批表: facts, calculation, amount and the chain of opinions.

    `pending` names the gates that have not answered; each gets an empty place to sign.
    """

    accepted_on: date
    default_on: date
    unpaid_principal: Money
    loss: Money
    shares: tuple[RiskShare, ...] = ()
    cause: Words
    recovery: Words
    human_checks: tuple[CheckRow, ...] = ()
    lines: Lines
    amount: Money
    conclusion: Words
    opinions: tuple[Opinion, ...] = ()
    pending: tuple[Words, ...] = ()


class Attendee(Frozen):
    """Who sat at the meeting for which organ."""

    organ: Words
    person: Words


class MinutesCase(Frozen):
    """One claim as the meeting decided it: amounts in 元, votes counted."""

    no: Annotated[int, Field(gt=0)]
    case_number: Words
    applicant: Words
    borrower: Words
    proposed: Money
    resolved: Money
    votes_for: Count
    votes_against: Count
    votes_abstained: Count
    resolution: Words


class MeetingMinutes(DocumentContext):
    """D20 联席会议纪要. `organ_name` is the meeting's name, `session` e.g. "2026年第3次会议"."""

    session: Words
    held_on: date
    place: Words
    chair: Words
    attendees: Annotated[tuple[Attendee, ...], Field(min_length=1)]
    on_leave: tuple[Attendee, ...] = ()
    observers: tuple[Attendee, ...] = ()
    cases: Annotated[tuple[MinutesCase, ...], Field(min_length=1)]
    total: Money
    resolutions: tuple[Words, ...] = ()
    dissent: Text = ""
    cc: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _total_is_the_sum(self) -> Self:
        if self.total != sum((case.resolved for case in self.cases), Decimal(0)):
            raise ValueError("total is not the sum of the resolved amounts")
        return self
