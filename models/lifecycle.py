"""Where a case can stand, and the legal moves between those places.

A waiting state *is* the gate or the date the case waits for, so there is one status: `State`.
The kernel asks `may_move` each time it writes a state; a move that is not in the table is a bug
in a process file and stops the case as an incident instead of writing nonsense.
"""

from enum import StrEnum

from models.policy.facts import Board


class Process(StrEnum):
    """The business processes (业务流程)."""

    FILING = "filing"
    CLAIM = "claim"
    RECOVERY = "recovery"


PROCESS_NAMES: dict[Process, str] = {
    Process.FILING: "备案",
    Process.CLAIM: "补偿",
    Process.RECOVERY: "追偿",
}


BOARD_NAMES: dict[Board, str] = {Board.GUARANTEE: "融担板块", Board.BANK: "银行板块"}


class State(StrEnum):
    """Every place a case can stand. The first five are final or common; the rest are gates and dates."""

    SUBMITTED = "submitted"
    CORRECTION = "correction"
    WITHDRAWN = "withdrawn"
    # filing
    FILING_REVIEW = "filing_review"
    FILING_SECOND_REVIEW = "filing_second_review"
    REGISTERED = "registered"
    FILING_REFUSED = "filing_refused"
    # claim
    ACCEPTANCE = "acceptance"
    FIRST_REVIEW = "first_review"
    SECOND_REVIEW = "second_review"
    OFFICE_REVIEW = "office_review"
    LEADER_APPROVAL = "leader_approval"
    MEETING = "meeting"
    AWAITING_ROOM = "awaiting_room"
    PUBLIC_NOTICE = "public_notice"
    OBJECTION = "objection"
    FUND_REQUEST = "fund_request"
    FINANCE_REVIEW = "finance_review"
    PAYMENT = "payment"
    RECEIPT = "receipt"
    PAID = "paid"
    NOT_ACCEPTED = "not_accepted"
    CLAIM_REFUSED = "claim_refused"
    # recovery
    RECOVERY_REVIEW = "recovery_review"
    RECOVERY_SECOND_REVIEW = "recovery_second_review"
    PROGRESS_NOTE = "progress_note"
    RETURN_SLIP = "return_slip"
    RETURN_CONFIRMATION = "return_confirmation"
    RETURNED = "returned"
    NOTHING_DUE = "nothing_due"
    PROGRESS_NOTED = "progress_noted"
    RECOVERY_REFUSED = "recovery_refused"


STATE_NAMES: dict[State, str] = {
    State.SUBMITTED: "已提交",
    State.CORRECTION: "补正",
    State.WITHDRAWN: "已撤回",
    State.FILING_REVIEW: "经办审核",
    State.FILING_SECOND_REVIEW: "备案复核",
    State.REGISTERED: "已备案",
    State.FILING_REFUSED: "不予备案",
    State.ACCEPTANCE: "受理",
    State.FIRST_REVIEW: "初审",
    State.SECOND_REVIEW: "复核",
    State.OFFICE_REVIEW: "科室审核",
    State.LEADER_APPROVAL: "补偿审批",
    State.MEETING: "联席会议表决",
    State.AWAITING_ROOM: "待额度",
    State.PUBLIC_NOTICE: "公示",
    State.OBJECTION: "异议处理",
    State.FUND_REQUEST: "用款函更正",
    State.FINANCE_REVIEW: "资金审核",
    State.PAYMENT: "拨付确认",
    State.RECEIPT: "收款回执",
    State.PAID: "已拨付",
    State.NOT_ACCEPTED: "不予受理",
    State.CLAIM_REFUSED: "不予补偿",
    State.RECOVERY_REVIEW: "追偿审核",
    State.RECOVERY_SECOND_REVIEW: "追偿复核",
    State.PROGRESS_NOTE: "进展核阅",
    State.RETURN_SLIP: "返还回单",
    State.RETURN_CONFIRMATION: "到账确认",
    State.RETURNED: "已返还",
    State.NOTHING_DUE: "无须返还",
    State.PROGRESS_NOTED: "进展已阅",
    State.RECOVERY_REFUSED: "回款不予认定",
}

FINAL: frozenset[State] = frozenset(
    {
        State.WITHDRAWN,
        State.REGISTERED,
        State.FILING_REFUSED,
        State.PAID,
        State.NOT_ACCEPTED,
        State.CLAIM_REFUSED,
        State.RETURNED,
        State.NOTHING_DUE,
        State.PROGRESS_NOTED,
        State.RECOVERY_REFUSED,
    }
)

# The applicant may take a claim back until the city has decided (决定通知书); a filing until it is registered; a
# recovery until it is told what to return (追偿返还通知书).
WITHDRAWABLE: frozenset[State] = frozenset(
    {
        State.SUBMITTED,
        State.CORRECTION,
        State.FILING_REVIEW,
        State.FILING_SECOND_REVIEW,
        State.ACCEPTANCE,
        State.FIRST_REVIEW,
        State.SECOND_REVIEW,
        State.OFFICE_REVIEW,
        State.LEADER_APPROVAL,
        State.MEETING,
        State.AWAITING_ROOM,
        State.PUBLIC_NOTICE,
        State.OBJECTION,
        State.RECOVERY_REVIEW,
        State.RECOVERY_SECOND_REVIEW,
        State.PROGRESS_NOTE,
    }
)

_REVIEWS = (State.FIRST_REVIEW, State.SECOND_REVIEW, State.OFFICE_REVIEW, State.LEADER_APPROVAL)

# 待额度 is reached from wherever a case is calculated anew (受理, or sent back to 初审) and from the last approval.
MOVES: dict[State, frozenset[State]] = {
    State.SUBMITTED: frozenset(
        {State.FILING_REVIEW, State.ACCEPTANCE, State.RECOVERY_REVIEW, State.PROGRESS_NOTE}
    ),
    State.CORRECTION: frozenset(
        {
            State.FILING_REVIEW,
            State.ACCEPTANCE,
            State.FIRST_REVIEW,
            State.RECOVERY_REVIEW,
            State.PROGRESS_NOTE,
        }
    ),
    State.FILING_REVIEW: frozenset({State.CORRECTION, State.FILING_SECOND_REVIEW}),
    State.FILING_SECOND_REVIEW: frozenset({State.FILING_REVIEW, State.REGISTERED, State.FILING_REFUSED}),
    State.ACCEPTANCE: frozenset(
        {State.CORRECTION, State.FIRST_REVIEW, State.NOT_ACCEPTED, State.AWAITING_ROOM}
    ),
    State.FIRST_REVIEW: frozenset({State.CORRECTION, State.SECOND_REVIEW}),
    State.SECOND_REVIEW: frozenset({State.FIRST_REVIEW, State.OFFICE_REVIEW, State.AWAITING_ROOM}),
    State.OFFICE_REVIEW: frozenset({*_REVIEWS[:2], State.LEADER_APPROVAL, State.AWAITING_ROOM}),
    State.LEADER_APPROVAL: frozenset(
        {*_REVIEWS[:3], State.MEETING, State.AWAITING_ROOM, State.PUBLIC_NOTICE, State.CLAIM_REFUSED}
    ),
    State.MEETING: frozenset({*_REVIEWS, State.AWAITING_ROOM, State.PUBLIC_NOTICE, State.CLAIM_REFUSED}),
    State.AWAITING_ROOM: frozenset({State.FIRST_REVIEW, State.PUBLIC_NOTICE}),
    State.PUBLIC_NOTICE: frozenset({State.OBJECTION, State.FINANCE_REVIEW}),
    State.OBJECTION: frozenset(
        {State.PUBLIC_NOTICE, State.FIRST_REVIEW, State.AWAITING_ROOM, State.CLAIM_REFUSED}
    ),
    State.FUND_REQUEST: frozenset({State.FINANCE_REVIEW}),
    State.FINANCE_REVIEW: frozenset({State.FUND_REQUEST, State.PAYMENT}),
    State.PAYMENT: frozenset({State.RECEIPT}),
    State.RECEIPT: frozenset({State.PAID}),
    State.RECOVERY_REVIEW: frozenset({State.CORRECTION, State.RECOVERY_SECOND_REVIEW}),
    State.RECOVERY_SECOND_REVIEW: frozenset(
        {State.RECOVERY_REVIEW, State.RETURN_SLIP, State.NOTHING_DUE, State.RECOVERY_REFUSED}
    ),
    State.PROGRESS_NOTE: frozenset({State.CORRECTION, State.PROGRESS_NOTED}),
    State.RETURN_SLIP: frozenset({State.RETURN_CONFIRMATION}),
    State.RETURN_CONFIRMATION: frozenset({State.RETURN_SLIP, State.RETURNED}),
}


__all__ = [
    "BOARD_NAMES",
    "FINAL",
    "MOVES",
    "PROCESS_NAMES",
    "STATE_NAMES",
    "WITHDRAWABLE",
    "Board",
    "Process",
    "State",
    "may_move",
]


def may_move(start: State, end: State) -> bool:
    """Whether a case standing at `start` may next stand at `end`; staying put is always allowed."""
    if start == end:
        return True
    if end == State.WITHDRAWN:
        return start in WITHDRAWABLE
    return end in MOVES.get(start, frozenset())
