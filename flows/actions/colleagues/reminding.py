"""Reminders of staff's deadlines, counted in working days: before the last day, once it is over, then to the superior.

Of tasks, and of changes of loans, which wait without one. Each is sent once. A reminder makes visible who waits for whom; it gives nobody the right to answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from flows.actions.colleagues.telling import tell
from models import clock
from models.calendar import WorkingCalendar
from models.gates import GATES
from models.records import loan_change
from models.records.case import CaseRecord
from models.records.loan import Loan
from models.records.loan_change import CHANGE_NAMES, ChangeKind
from models.records.message import Message, MessageKind
from models.records.person import holders
from models.records.reference import working_calendar
from models.records.task import Task, TaskState
from models.roles import ESCALATES, Role

MOST = 500
AHEAD = 1
"""Working days before the last day from which a task's holder is reminded."""
PATIENCE = 1
"""Working days a task may be overdue before the superior is told."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Due days that matter today: up to `soon` a holder is reminded; before `late` it is over; before `superior`
    the superior is told."""

    soon: date
    late: date
    superior: date


def bounds(days: WorkingCalendar, today: date) -> Bounds | None:
    """The bounds of a working day; None on a day off, when nobody is disturbed."""
    if not days.is_working_day(today):
        return None
    superior = today
    for _ in range(PATIENCE):
        superior -= _ONE_DAY
        while not days.is_working_day(superior):
            superior -= _ONE_DAY
    return Bounds(days.add_working_days(today, AHEAD).day, today, superior)


def remind(s: Session) -> int:
    """Write today's messages; how many tasks and changes they are about. What another run holds is left to it."""
    found = bounds(working_calendar(s), clock.today())
    if found is None:
        return 0
    late = clock.start_of(found.late)
    soon = _tasks(s, MessageKind.REMINDER, late, clock.start_of(found.soon + _ONE_DAY), after_due=False)
    over = _tasks(s, MessageKind.REMINDER, None, late, after_due=True)
    upward = _tasks(s, MessageKind.ESCALATION, None, clock.start_of(found.superior), after_due=True)
    for task in soon:
        _to_holders(s, task, f"{_due(task)}到期，请及时办理{GATES[task.gate].title}。")
    for task in over:
        _to_holders(s, task, f"{GATES[task.gate].title}已逾期（{_due(task)}到期），请尽快办理。")
    for task in upward:
        _to_superiors(s, task)
    return len({task.id for task in (*soon, *over, *upward)}) + _changes(s, found)


def _tasks(
    s: Session, kind: MessageKind, start: datetime | None, end: datetime, *, after_due: bool
) -> Sequence[Task]:
    """Open tasks of staff due in the span that had no such message yet, before their deadline or since."""
    told = select(Message.id).where(Message.task_id == Task.id, Message.kind == kind)
    told = told.where(Message.at > Task.due_at if after_due else Message.at <= Task.due_at)
    query = select(Task).where(
        Task.state == TaskState.OPEN, Task.role != Role.FILER, col(Task.due_at) < end, ~told.exists()
    )
    if start is not None:
        query = query.where(col(Task.due_at) >= start)
    return s.exec(query.order_by(col(Task.id)).limit(MOST).with_for_update(skip_locked=True)).all()


def _to_holders(s: Session, task: Task, words: str) -> None:
    people = [task.assignee_id] if task.assignee_id else _people(s, task.role, task.institution_id)
    _tell(s, task, people or _people(s, Role.MANAGER), MessageKind.REMINDER, words)


def _to_superiors(s: Session, task: Task) -> None:
    """The declared role at the same unit, and 统筹管理; a holder is no superior of themselves."""
    role = ESCALATES[GATES[task.gate].party]
    people = {*_people(s, Role.MANAGER), *_people(s, role, task.institution_id)} - {task.assignee_id}
    words = f"{GATES[task.gate].title}已逾期超过 {PATIENCE} 个工作日（{_due(task)}到期），请督促办理。"
    _tell(s, task, sorted(people), MessageKind.ESCALATION, words)


def _changes(s: Session, found: Bounds) -> int:
    """Changes of loans that wait for the managing institution (四（二）: 后续跟踪): before their last day, once they are
    late, and then to its heads and 统筹管理."""
    now, about = clock.now(), set[int | None]()
    for change, loan, filing in loan_change.waiting_until(s, found.soon, MOST):
        named = f"{CHANGE_NAMES[ChangeKind(change.kind)]}（{change.number}）"
        due = f"{change.due_on.month}月{change.due_on.day}日"
        reviewers = [
            one.id or 0
            for role in (Role.MANAGING_OFFICER, Role.MANAGING_HEAD)
            for one in holders(s, role, filing.managing_institution_id)
        ]
        superiors = [
            *_people(s, Role.MANAGER),
            *_people(s, Role.MANAGING_HEAD, filing.managing_institution_id),
        ]
        if change.due_on < found.superior and change.escalated_at is None:
            change.escalated_at = now
            words = f"贷款变更{named}审核已逾期超过 {PATIENCE} 个工作日（{due}到期），请督促办理。"
            _of_change(s, filing, loan, superiors, MessageKind.ESCALATION, words)
            about.add(change.id)
        if change.due_on < found.late and change.overdue_at is None:
            change.overdue_at = now
            words = f"贷款变更{named}审核已逾期（{due}到期），请尽快办理。"
            _of_change(s, filing, loan, reviewers, MessageKind.REMINDER, words)
            about.add(change.id)
        if change.due_on >= found.late and change.reminded_at is None:
            change.reminded_at = now
            words = f"贷款变更{named}{due}到期，请及时审核。"
            _of_change(s, filing, loan, reviewers, MessageKind.REMINDER, words)
            about.add(change.id)
    return len(about)


def _of_change(
    s: Session, filing: CaseRecord, loan: Loan, people: Sequence[int], kind: MessageKind, words: str
) -> None:
    for person in dict.fromkeys(people):
        tell(s, None, person, kind, filing, words, href=f"/loans/{loan.id}")


def _people(s: Session, role: Role, institution_id: int | None = None) -> list[int]:
    return [one.id or 0 for one in holders(s, role, institution_id)]


def _tell(s: Session, task: Task, people: Sequence[int], kind: MessageKind, words: str) -> None:
    record = s.get_one(CaseRecord, task.case_id)
    for person in people:
        tell(s, None, person, kind, record, words, task)


def _due(task: Task) -> str:
    day = clock.local(task.due_at)
    return f"{day.month}月{day.day}日"
