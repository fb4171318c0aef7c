"""What an institution is told about, and the facts each message needs.

One class per event, past tense; a missing or misspelt fact is an error before anything is written.
"""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, SerializeAsAny, model_validator

from flows.delivery.facts import Count, Days, Facts, Line, Words, Yuan
from flows.delivery.loan_events import LoanChanged, ReplyOwed, Warned
from flows.delivery.office_events import (
    AgendaChanged,
    Called,
    Concluded,
    GivenBack,
    LaidBefore,
    OfficeFacts,
    Published,
    Removed,
)
from models.lifecycle import Board, Process, State


class CaseFacts(Facts):
    """The case as it stood when the event happened. Amounts in 元."""

    number: Words
    process: Process
    board: Board
    state: State
    subject: Line
    applicant: Words
    managing: Words
    amount: Yuan
    decided_amount: Yuan | None
    link: Words


class DocumentFacts(Facts):
    """The document that goes with the message."""

    code: Words
    title: Words
    number: Words | None
    filename: Words
    sha256: Words


class Fault(Facts):
    """One thing to correct."""

    where: Line = ""
    problem: Words
    remedy: Line = ""
    clause: Line = ""


class Nothing(Facts):
    """The event says it all."""


class Filed(Facts):
    """`loans`: how many loans the filing carries."""

    loans: Count


class Backfilled(Facts):
    """`loans` entered for the institution by `by`, from the document `source`."""

    loans: Count
    by: Words
    source: Words


class Returned(Facts):
    """Everything to correct at once (一次性告知), the last day, and whose clock stands still.

    `days` 工作日 are given; `provisional` when they cross a year whose calendar is not published. `from_service`: they
    count from the day after the notice is acknowledged (送达).
    """

    stage: Words
    items: Annotated[tuple[Fault, ...], Field(min_length=1)]
    due_on: date
    days: Days
    provisional: bool = False
    from_service: bool = False


class Registered(Facts):
    """How many loans were registered, and how many excluded."""

    registered: Days
    excluded: Count


class Refused(Facts):
    """Why; `clause` where one was failed."""

    reason: Words
    clause: Line = ""


class Announced(Facts):
    """The amount (元) and the days of public notice (公示), `days` 工作日; `provisional` across an unpublished year."""

    amount: Yuan
    starts_on: date
    ends_on: date
    days: Days
    provisional: bool = False


class Decided(Facts):
    """The amount granted, 元."""

    amount: Yuan


class PartlyRefused(Facts):
    """Less than asked: both amounts (元) and why."""

    requested: Yuan
    amount: Yuan
    reason: Words
    clause: Line = ""


class Paid(Facts):
    """The payment, and until when its receipt is to be confirmed; `from_service` as in `Returned`."""

    amount: Yuan
    voucher_number: Words
    voucher_date: date
    due_on: date
    from_service: bool = False


class Received(Facts):
    """What arrived (元), and when."""

    amount: Yuan
    received_on: date


class Withdrawn(Facts):
    """Who took the case back."""

    by: Words
    reason: Line = ""


class RecoveryFiled(Facts):
    """The claim a recovery was registered for, and how many receipts it states."""

    claim: Words
    receipts: Count


class Demanded(Facts):
    """What is to be returned (元), and until when; `provisional` across an unpublished year."""

    amount: Yuan
    due_on: date
    provisional: bool = False


class Arrived(Facts):
    """What was returned (元), and when it arrived."""

    amount: Yuan
    arrived_on: date


class Overdue(Facts):
    """The day that passed."""

    due_on: date


class Unacknowledged(Facts):
    """The document that was sent on `sent_on` and that nobody acknowledged."""

    title: Words
    number: Line = ""
    sent_on: date


EVENTS: dict[str, type[Facts]] = {
    "filing_received": Filed,
    "filing_backfilled": Backfilled,
    "filing_returned": Returned,
    "filing_registered": Registered,
    "filing_refused": Refused,
    "claim_received": Nothing,
    "claim_accepted": Nothing,
    "claim_returned": Returned,
    "claim_not_accepted": Refused,
    "claim_announced": Announced,
    "claim_decided": Decided,
    "claim_partly_refused": PartlyRefused,
    "claim_refused": Refused,
    "claim_paid": Paid,
    "receipt_confirmed": Received,
    "case_withdrawn": Withdrawn,
    "loan_change_decided": LoanChanged,
    "risk_warned": Warned,
    "warning_reply_due": ReplyOwed,
    "warning_reply_overdue": ReplyOwed,
    "recovery_received": RecoveryFiled,
    "recovery_returned": Returned,
    "recovery_refused": Refused,
    "progress_noted": Nothing,
    "nothing_to_return": Nothing,
    "return_demanded": Demanded,
    "return_not_found": Refused,
    "return_confirmed": Arrived,
    "correction_overdue": Overdue,
    "receipt_overdue": Overdue,
    "return_overdue": Overdue,
    "progress_overdue": Overdue,
    "document_unacknowledged": Unacknowledged,
    "meeting_called": Called,
    "meeting_agenda_changed": AgendaChanged,
    "meeting_cancelled": Called,
    "meeting_concluded": Concluded,
    "white_list_published": Published,
    "white_list_removed": Removed,
    "submission_prepared": LaidBefore,
    "submission_returned": GivenBack,
}

EVENT_NAMES: dict[str, str] = {
    "filing_received": "备案申请已收到",
    "filing_backfilled": "备案已由受托管理机构补录",
    "filing_returned": "备案退回补正",
    "filing_registered": "备案已确认",
    "filing_refused": "不予备案",
    "claim_received": "补偿申请已收到",
    "claim_accepted": "补偿申请已受理",
    "claim_returned": "补偿申请退回补正",
    "claim_not_accepted": "不予受理",
    "claim_announced": "补偿项目已公示",
    "claim_decided": "已决定补偿",
    "claim_partly_refused": "已决定部分补偿",
    "claim_refused": "不予补偿",
    "claim_paid": "补偿资金已拨付",
    "receipt_confirmed": "收款已确认",
    "case_withdrawn": "案件已撤回",
    "loan_change_decided": "贷款变更已审核",
    "risk_warned": "风险提示",
    "warning_reply_due": "风险提示函待回复",
    "warning_reply_overdue": "风险提示函回复已逾期",
    "recovery_received": "追偿登记已收到",
    "recovery_returned": "追偿登记退回补正",
    "recovery_refused": "回款不予认定",
    "progress_noted": "追偿进展已阅",
    "nothing_to_return": "本次无须返还",
    "return_demanded": "请返还追偿款",
    "return_not_found": "返还回单被退回",
    "return_confirmed": "返还已到账",
    "correction_overdue": "补正已逾期",
    "receipt_overdue": "收款回执已逾期",
    "return_overdue": "追偿返还已逾期",
    "progress_overdue": "请报送追偿进展",
    "document_unacknowledged": "文书待签收",
    "meeting_called": "联席会议召开",
    "meeting_agenda_changed": "联席会议安排已变更",
    "meeting_cancelled": "联席会议已取消",
    "meeting_concluded": "联席会议已议定",
    "white_list_published": "白名单已公布",
    "white_list_removed": "企业已移出白名单",
    "submission_prepared": "申报待本单位复核",
    "submission_returned": "申报被本单位复核退回",
}


AMONG_COLLEAGUES = frozenset({"submission_prepared", "submission_returned"})
"""What an institution's own people tell each other: the office that watches deliveries sees that, never what about."""


class NoticeContext(Facts):
    """All a notice is worded from; stored with it, so that it can be worded again. It is about a case or an office matter."""

    case: CaseFacts | None
    office: OfficeFacts | None = None
    document: DocumentFacts | None
    details: SerializeAsAny[Facts]

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        if (self.case is None) == (self.office is None):
            raise ValueError("a notice is about a case or about an office matter")
        return self


def context_of(event: str, stored: dict[str, object]) -> NoticeContext:
    """The typed context of `event`; KeyError for an unknown event, ValidationError for wrong facts."""
    details = EVENTS[event].model_validate(stored["details"])
    return NoticeContext.model_validate({**stored, "details": details})
