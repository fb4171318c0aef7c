"""A new calendar counts the deadlines of open gates anew; what was answered keeps the deadline it had."""

from datetime import timedelta

from sqlmodel import Session, col, select

from flows.kernel.seats import end_of
from models import clock
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.reference import working_calendar
from models.records.task import Task, TaskState
from models.records.timeline import Event


def recount(s: Session, why: str) -> int:
    """How many open gates got another deadline, or one that is no longer 暂定; each is told in its timeline.

    Cases are locked in the order of their ids, as everywhere.
    """
    days = working_calendar(s)
    query = (
        select(CaseRecord, JournalEntry)
        .join(JournalEntry, col(JournalEntry.case_id) == col(CaseRecord.id))
        .where(
            col(CaseRecord.closed_at).is_(None),
            JournalEntry.kind == EntryKind.GATE,
            col(JournalEntry.finished_at).is_(None),
            col(JournalEntry.voided_at).is_(None),
            col(JournalEntry.budget_days).is_not(None),
        )
        .order_by(col(CaseRecord.id))
        .with_for_update()
    )
    changed = 0
    for case, entry in s.exec(query.execution_options(populate_existing=True)).all():
        left = max((entry.budget_days or 0) - entry.used_before, 0)
        due = days.add_working_days(clock.local(entry.opened_at).date(), left)
        due_at = end_of(clock.start_of(due.day + timedelta(days=1)))
        if (due_at, due.provisional) == (entry.due_at, entry.due_provisional):
            continue
        before = clock.local(entry.due_at).date().isoformat() if entry.due_at else ""
        entry.due_at, entry.due_provisional = due_at, due.provisional
        tasks = select(Task).where(
            Task.entry_id == entry.id, col(Task.state).in_((TaskState.OPEN, TaskState.WAITING))
        )
        for task in s.exec(tasks):
            task.due_at = due_at
        s.add(
            Event(
                case_id=case.id or 0,
                at=clock.now(),
                event="deadline_recounted",
                gate=entry.name,
                entry_id=entry.id,
                data={
                    "before": before,
                    "after": due.day.isoformat(),
                    "provisional": due.provisional,
                    "why": why,
                },
            )
        )
        changed += 1
    s.flush()
    return changed
