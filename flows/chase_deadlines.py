"""Scheduled: remind staff before and after a task is due and tell their superior, applicants once of an overdue 补正,
收款回执 or 返还回单, and once in half a year of a missing report of progress (追偿进展报告); documents nobody acknowledged
are chased (`flows.actions.papers.serving`), and letters of warning nobody answered (`flows.actions.loans.replying`). A deadline gives visibility, never an answer."""

import asyncio

from prefect import flow
from sqlmodel import Session, col, select

from flows.actions.colleagues.reminding import remind
from flows.actions.loans import replying
from flows.actions.papers import serving
from flows.steps.notices import announce
from models import clock
from models.database import session
from models.records import report_duty
from models.records.case import CaseRecord
from models.records.notice import Notice
from models.records.reference import sync_clock
from models.records.task import Task, TaskState

CHASED = {
    "correction": "correction_overdue",
    "receipt": "receipt_overdue",
    "return_slip": "return_overdue",
}
MOST = 500


@flow(name="chase-deadlines", persist_result=False)
async def chase_deadlines() -> int:
    """How many tasks were chased."""
    return await asyncio.to_thread(chase)


def chase() -> int:
    """Staff's reminders, and one notice for each overdue task of an applicant without one since it was opened."""
    with session() as s:
        sync_clock(s)
        written = remind(s) + serving.chase(s) + replying.chase(s) + _reports(s)
        overdue = s.exec(
            select(Task)
            .where(Task.state == TaskState.OPEN, col(Task.gate).in_(CHASED), Task.due_at < clock.now())
            .order_by(col(Task.id))
            .limit(MOST)
        ).all()
        for task in overdue:
            event = CHASED[task.gate]
            told = select(Notice).where(
                Notice.case_id == task.case_id, Notice.event == event, Notice.created_at > task.opened_at
            )
            if s.exec(told).first() is None:
                due_on = clock.local(task.due_at).date().isoformat()
                announce(
                    s, s.get_one(CaseRecord, task.case_id), event, document=None, context={"due_on": due_on}
                )
                written += 1
        return written


def _reports(s: Session) -> int:
    """One notice for each claim whose report of progress is missing, until the next one is missing too."""
    found = report_duty.to_remind(s, MOST)
    for case in found:
        due_on = report_duty.missed(s, case.id or 0).isoformat()
        announce(s, case, report_duty.REMINDER, document=None, context={"due_on": due_on})
    return len(found)
