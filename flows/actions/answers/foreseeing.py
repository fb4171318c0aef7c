"""Which letters an answer would have written (将生成), and what they would say: looked at beforehand, never written.

The draft answer is supposed to have been given, in a side look at the transaction in which PostgreSQL refuses every
write; the letters are then made by the code and templates that will make them, without a number.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from flows.actions.answers import answering
from flows.documents.engine import DOCUMENTS
from flows.steps import compensation, documents, publicity
from models import clock, database
from models.gates import GATES, Outcome, Rule
from models.permissions import Actor
from models.policy import deadlines
from models.records import claim as claims
from models.records import loan as loans
from models.records import meeting
from models.records.case import CaseRecord, JournalEntry, journal_of
from models.records.claim import Claim
from models.records.loan import LoanState
from models.records.rules import rules
from models.records.task import Task, TaskState, of_entry

UNWRITTEN = "（此处写入你的意见）"
AT_REGISTRATION = "登记时取得"
VOTED_DOWN = "联席会议表决未通过"

_PLAIN: dict[tuple[str, Outcome], tuple[str, ...]] = {
    ("filing_review", Outcome.RETURN): ("D08",),
    ("acceptance", Outcome.APPROVE): ("D16",),
    ("acceptance", Outcome.RETURN): ("D08",),
    ("acceptance", Outcome.REFUSE): ("D16R",),
    ("first_review", Outcome.APPROVE): ("D17", "D18"),
    ("first_review", Outcome.RETURN): ("D08",),
    ("first_review", Outcome.REFUSE): ("D17", "D18"),
    ("office_review", Outcome.APPROVE): ("D19",),
    ("office_review", Outcome.REFUSE): ("D19",),
    ("leader_approval", Outcome.REFUSE): ("D24",),
    ("objection", Outcome.APPROVE): ("D22",),
    ("objection", Outcome.REFUSE): ("D22", "D24"),
    ("fund_request", Outcome.APPROVE): ("D25",),
    ("finance_review", Outcome.APPROVE): ("D26",),
    ("recovery_review", Outcome.RETURN): ("D08",),
    ("progress_note", Outcome.RETURN): ("D08",),
}
"""Letters that depend on nothing but the answer."""
_DEPEND = {
    ("filing_second_review", Outcome.APPROVE),
    ("leader_approval", Outcome.APPROVE),
    ("meeting", Outcome.APPROVE),
    ("meeting", Outcome.REFUSE),
    ("recovery_second_review", Outcome.APPROVE),
}
"""Answers after which the case's facts decide which letters follow."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that might be given."""

    outcome: Outcome
    opinion: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it would be written now; `data` is None while the draft lacks something it must say."""

    code: str
    title: str
    data: bytes | None


def letters(s: Session, actor: Actor, task: Task, draft: Draft) -> tuple[str, ...]:
    """The codes of the letters the answer would have written before the case waits again, in their order.

    A gate that waits for signatures (加签) writes nothing yet, and a signer's opinion never does.
    """
    waits = {TaskState.OPEN, TaskState.WAITING}
    pending = any(t.added is not None and t.state in waits for t in of_entry(s, task.entry_id))
    if task.added is not None or (pending and draft.outcome is Outcome.APPROVE):
        return ()
    if (task.gate, draft.outcome) not in _DEPEND:
        return _PLAIN.get((task.gate, draft.outcome), ())
    with _supposed(s, actor, task, draft) as (aside, record, seat):
        return _letters(aside, record, seat, draft)


def draw(s: Session, actor: Actor, task: Task, draft: Draft, code: str) -> Letter | None:
    """One of these letters with the draft's words; None if the answer would not have it written."""
    with _supposed(s, actor, task, draft) as (aside, record, seat):
        if code not in _letters(aside, record, seat, draft):
            return None
        try:
            data = documents.preview(aside, record, code).data
        except ValidationError:
            data = None
        return Letter(code, DOCUMENTS[code].title, data)


@contextmanager
def _supposed(
    s: Session, actor: Actor, task: Task, draft: Draft
) -> Iterator[tuple[Session, CaseRecord, Task]]:
    """The case as it would stand right after the answer."""
    with database.aside(s) as aside:
        record, seat = aside.get_one(CaseRecord, task.case_id), aside.get_one(Task, task.id)
        required = GATES[task.gate].answer(draft.outcome)
        opinion = draft.opinion.strip() or (UNWRITTEN if required and required.opinion_required else "")
        seat.state, seat.answered_at, seat.answered_by = TaskState.ANSWERED, clock.now(), actor.person_id
        seat.outcome, seat.opinion, seat.fields = draft.outcome, opinion, dict(draft.fields)
        entry = aside.get_one(JournalEntry, task.entry_id)
        entry.finished_at = clock.now()
        entry.result = {"outcome": draft.outcome.value, "opinion": opinion, "fields": dict(draft.fields)}
        yield aside, record, seat


def _letters(s: Session, record: CaseRecord, task: Task, draft: Draft) -> tuple[str, ...]:
    """The letters, and the facts they rest on set as the steps would have set them."""
    outcome = draft.outcome
    if task.gate == "filing_second_review" and outcome is Outcome.APPROVE:
        return _registered(s, record)
    if task.gate == "leader_approval" and outcome is Outcome.APPROVE:
        return _decided(s, record)
    if task.gate == "meeting":
        return _voted(s, record, task)
    if task.gate == "recovery_second_review" and outcome is Outcome.APPROVE:
        return () if _reviewed_against(s, record) else ("D29",)
    codes = _PLAIN.get((task.gate, outcome), ())
    if "D22" in codes:
        publicity.newest(s, record.id or 0).findings = task.opinion
    if codes and outcome is Outcome.REFUSE and task.gate != "first_review":
        _against(claims.of_case(s, record.id or 0), task.opinion)
    return codes


def _registered(s: Session, record: CaseRecord) -> tuple[str, ...]:
    kept = out = 0
    for loan in loans.of_case(s, record.id or 0):
        if loan.state == LoanState.EXCLUDED:
            out += 1
            continue
        kept += 1
        loan.state, loan.filing_number = LoanState.REGISTERED, AT_REGISTRATION
    return (*(("D09",) if kept else ()), *(("D10",) if out else ()))


def _decided(s: Session, record: CaseRecord) -> tuple[str, ...]:
    """补偿审批: what the process file asks after the leader's approval."""
    claimed = claims.of_case(s, record.id or 0)
    before = {e.name: e.result or {} for e in journal_of(s, record.id or 0, valid_only=True)}
    for gate in ("office_review", "first_review"):
        if before.get(gate, {}).get("outcome") == Outcome.REFUSE.value:
            return _against(claimed, str(before[gate].get("opinion", "")))
    amount = claimed.calculated or Decimal(0)
    if amount == 0:
        return _against(claimed, compensation.reason_of(claimed.award or {}))
    asked = bool(before.get("office_review", {}).get("fields", {}).get("to_meeting"))
    if asked or deadlines.needs_meeting(amount, clock.today(), rules(s)):
        return ()
    return _announced(s, claimed)


def _reviewed_against(s: Session, record: CaseRecord) -> bool:
    """追偿复核: whether the review proposes not to accept the receipts."""
    reviews = [e for e in journal_of(s, record.id or 0, valid_only=True) if e.name == "recovery_review"]
    return (reviews[-1].result or {}).get("outcome") == Outcome.REFUSE.value


def _voted(s: Session, record: CaseRecord, task: Task) -> tuple[str, ...]:
    """联席会议: nothing until a vote decides."""
    if GATES[task.gate].rule is Rule.VOTES and meeting.waiting_item(s, task.entry_id) is not None:
        return ()  # counted when the session is concluded
    outcome = answering.outcome_of(s, GATES[task.gate], of_entry(s, task.entry_id), task)
    if outcome is None:
        return ()
    claimed = claims.of_case(s, record.id or 0)
    then = _announced(s, claimed) if outcome is Outcome.APPROVE else _against(claimed, VOTED_DOWN)
    return ("D20", *then)


def _announced(s: Session, claimed: Claim) -> tuple[str, ...]:
    claimed.approved = claimed.calculated
    claimed.notice_started_on, claimed.notice_ends_on = publicity.period(s)
    return ("D21",)


def _against(claimed: Claim, reason: str) -> tuple[str, ...]:
    claimed.refusal_reason, claimed.approved = reason or UNWRITTEN, None
    return ("D24",)
