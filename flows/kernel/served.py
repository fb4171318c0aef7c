"""送达: an applicant's working days count from the day after they acknowledged what they have to act on.

《民事诉讼法》第八十五条 counts no period from the day it begins, and none begins before service. Nothing waits for a
signature that never comes, though: a deadline runs from the day after sending until the document is acknowledged, and
an acknowledgement moves it only while it runs (parameter `applicant_days_from`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from flows.kernel.seats import end_of
from models import clock
from models.calendar import Due, WorkingCalendar
from models.gates import CORRECTION, RECEIPT
from models.records import service
from models.records.case import CaseRecord, EntryKind, JournalEntry, locked
from models.records.notice import Acknowledged, Notice
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.task import Task, TaskState
from models.records.timeline import Event

BEGINS = {
    "filing_returned": CORRECTION.key,
    "claim_returned": CORRECTION.key,
    "recovery_returned": CORRECTION.key,
    "claim_paid": RECEIPT.key,
}
"""The gate of the applicant whose working days each notice lets begin."""
FROM_SERVICE = "service"


def acknowledge(
    s: Session, notice_ids: Sequence[UUID], via: Acknowledged, at: datetime, person_id: int | None = None
) -> int:
    """Note that these notices were acknowledged (the first time counts) and count what they let begin from then on.

    How many were new.
    """
    new = service.acknowledge(s, notice_ids, via, at, person_id)
    if new:
        query = select(Notice).where(col(Notice.id).in_(new), col(Notice.event).in_(BEGINS))
        for notice in s.exec(query.order_by(col(Notice.case_id), col(Notice.created_at))):
            if clock.local(notice.created_at).date() < clock.local(at).date():
                _count_from(s, notice, at)
    return len(new)


def due(days: WorkingCalendar, entry: JournalEntry) -> Due:
    """The last day of a gate's present round."""
    left = max((entry.budget_days or 0) - entry.used_before, 0)
    return days.add_working_days(clock.local(entry.began).date(), left)


def put_off(s: Session, entry: JournalEntry, until: Due) -> None:
    """Give a gate's entry and its open tasks this last day."""
    entry.due_at = end_of(clock.start_of(until.day + timedelta(days=1)))
    entry.due_provisional = until.provisional
    open_states = (TaskState.OPEN, TaskState.WAITING)
    for task in s.exec(select(Task).where(Task.entry_id == entry.id, col(Task.state).in_(open_states))):
        task.due_at = entry.due_at


def counts_from_service(s: Session) -> bool:
    """Whether the parameter lets an applicant's days run from service today."""
    return rules(s).on(clock.today()).choice("applicant_days_from") == FROM_SERVICE


def _count_from(s: Session, notice: Notice, at: datetime) -> None:
    if notice.case_id is None or not counts_from_service(s):
        return
    record = locked(s, notice.case_id)
    entry = _waiting(s, record, notice)
    if entry is None or entry.due_at is None or at > entry.due_at:
        return
    before = clock.local(entry.due_at).date()
    entry.counts_from = at
    until = due(working_calendar(s), entry)
    put_off(s, entry, until)
    s.add(
        Event(
            case_id=record.id or 0,
            at=clock.now(),
            event="deadline_from_service",
            gate=entry.name,
            entry_id=entry.id,
            data={
                "before": before.isoformat(),
                "after": until.day.isoformat(),
                "provisional": until.provisional,
                "served": clock.local(at).date().isoformat(),
                "days": max((entry.budget_days or 0) - entry.used_before, 0),
            },
        )
    )
    record.revision += 1
    s.flush()


def _waiting(s: Session, record: CaseRecord, notice: Notice) -> JournalEntry | None:
    """The unanswered gate the notice is about: opened after it, and nothing newer said since."""
    later = select(Notice.id).where(
        Notice.case_id == record.id, Notice.event == notice.event, Notice.created_at > notice.created_at
    )
    if s.exec(later).first() is not None:
        return None
    query = select(JournalEntry).where(
        JournalEntry.case_id == record.id,
        JournalEntry.kind == EntryKind.GATE,
        JournalEntry.name == BEGINS[notice.event],
        col(JournalEntry.finished_at).is_(None),
        col(JournalEntry.voided_at).is_(None),
        JournalEntry.opened_at >= notice.created_at,
    )
    return s.exec(query.execution_options(populate_existing=True)).first()


__all__ = ["BEGINS", "acknowledge", "counts_from_service", "due", "put_off"]
