"""A new calendar counts the deadlines of open gates anew; what was answered keeps the deadline it had."""

from sqlmodel import Session, col, select

from flows.kernel import served
from models import clock
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.reference import working_calendar
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
        due, before = served.due(days, entry), clock.local(entry.due_at).date() if entry.due_at else None
        if (due.day, due.provisional) == (before, entry.due_provisional):
            continue
        served.put_off(s, entry, due)
        s.add(
            Event(
                case_id=case.id or 0,
                at=clock.now(),
                event="deadline_recounted",
                gate=entry.name,
                entry_id=entry.id,
                data={
                    "before": before.isoformat() if before else "",
                    "after": due.day.isoformat(),
                    "provisional": due.provisional,
                    "why": why,
                },
            )
        )
        changed += 1
    s.flush()
    return changed
