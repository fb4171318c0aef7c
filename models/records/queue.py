"""The queues (待办, 已办, 团队): tasks as one person may see and answer them, page by page.

Everything is asked of indexed columns of `tasks`. 待办 holds only what the person could answer now: open, at
their institution with a role they hold (or their named seat), claimed by nobody else, and not in a case where
they have performed another duty. 团队 holds all open tasks of their roles, whoever has claimed them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, tuple_
from sqlmodel import Session, col, select

from models.gates import CORRECTION, Role
from models.lifecycle import Process
from models.permissions import Actor
from models.records.case import CaseRecord, JournalEntry
from models.records.institution import InstitutionName
from models.records.loan import Loan
from models.records.seating import seat_conditions
from models.records.task import Task, TaskState


class Queue(StrEnum):
    """Which of the lists."""

    MINE = "mine"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; the default is everything.

    `due_from` and `due_before` are instants (half-open), `at_least` is 元, `words` is searched in case number,
    firm and name of the applicant.
    """

    process: Process | None = None
    gate: str = ""
    applicant_id: int | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    at_least: Decimal | None = None
    corrected: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a row in its list: a page begins after it (or ends before it)."""

    at: datetime
    task_id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.task_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor an address names; None for anything that is none."""
        at, _, task_id = text.partition("~")
        try:
            instant = datetime.fromisoformat(at)
            number = int(task_id)
        except ValueError:
            return None
        return cls(instant, number) if instant.tzinfo and 0 < number < 2**31 else None


@dataclass(frozen=True, slots=True)
class Row:
    """A task with the round of its gate (for the clock)."""

    task: Task
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class Slice:
    """One page: rows, how many come before it, how many there are in all."""

    rows: tuple[Row, ...]
    skipped: int
    total: int

    @property
    def more(self) -> bool:
        """Whether rows follow."""
        return self.skipped + len(self.rows) < self.total


def count_open(s: Session, actor: Actor, filters: Filters | None = None, queue: Queue = Queue.MINE) -> int:
    """How many tasks wait: the number beside 待办."""
    return s.exec(select(func.count()).select_from(Task).where(*_conditions(actor, filters, queue))).one()


def open_tasks(
    s: Session,
    actor: Actor,
    filters: Filters | None = None,
    *,
    queue: Queue = Queue.MINE,
    limit: int = 50,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Slice:
    """A page of a queue, earliest deadline first; `before` gives the page that ends before a row."""
    conditions = _conditions(actor, filters, queue)
    return _page(s, conditions, (col(Task.due_at), col(Task.id)), limit=limit, after=after, before=before)


def done_tasks(
    s: Session,
    actor: Actor,
    words: str = "",
    *,
    limit: int = 50,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Slice:
    """已办: what the person answered, latest first."""
    conditions: list[Any] = [Task.answered_by == actor.person_id]
    if words:
        conditions.append(_matches(words))
    return _page(
        s,
        conditions,
        (col(Task.answered_at), col(Task.id)),
        limit=limit,
        after=after,
        before=before,
        newest_first=True,
    )


def paused_tasks(s: Session, actor: Actor, limit: int = 50) -> tuple[tuple[Row, ...], int]:
    """已停钟: cases of the actor's managing institution that wait for the applicant's 补正; rows and number."""
    if not actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}:
        return (), 0
    cases = select(CaseRecord.id).where(
        CaseRecord.managing_institution_id == actor.institution_id, col(CaseRecord.closed_at).is_(None)
    )
    conditions: list[Any] = [
        Task.state == TaskState.OPEN,
        Task.gate == CORRECTION.key,
        Task.applicant_id != actor.institution_id,
        col(Task.case_id).in_(cases),
    ]
    page = _page(s, conditions, (col(Task.due_at), col(Task.id)), limit=limit)
    return page.rows, page.total


def next_task(s: Session, actor: Actor, than: Task | None = None) -> Task | None:
    """The first task of the person's own queue, other than those of the case they are at."""
    query = select(Task).where(*_conditions(actor, None, Queue.MINE))
    if than is not None:
        query = query.where(Task.case_id != than.case_id)
    return s.exec(query.order_by(col(Task.due_at), col(Task.id)).limit(1)).first()


def gates(s: Session, actor: Actor, queue: Queue = Queue.MINE) -> dict[tuple[Process, str], int]:
    """How many tasks of a queue stand at each gate of each process."""
    query = (
        select(Task.process, Task.gate, func.count())
        .where(*_conditions(actor, None, queue))
        .group_by(col(Task.process), col(Task.gate))
        .order_by(col(Task.process), func.count().desc(), col(Task.gate))
    )
    return {(Process(process), gate): count for process, gate, count in s.exec(query)}


def applicants(s: Session, actor: Actor, queue: Queue = Queue.MINE) -> dict[int, int]:
    """How many tasks of a queue each applicant has in it, most first."""
    query = (
        select(Task.applicant_id, func.count())
        .where(*_conditions(actor, None, queue))
        .group_by(col(Task.applicant_id))
        .order_by(func.count().desc(), col(Task.applicant_id))
    )
    return dict(s.exec(query).all())


def due_counts(
    s: Session, actor: Actor, filters: Filters, bounds: Sequence[datetime], queue: Queue = Queue.MINE
) -> tuple[int, ...]:
    """How many tasks are due before the first bound, between each pair of bounds, and after the last."""
    edges: list[datetime | None] = [None, *bounds, None]
    columns = [func.count().filter(*_between(start, end)) for start, end in pairwise(edges)]
    query: Select[Any] = select(*columns).select_from(Task)
    return tuple(s.execute(query.where(*_conditions(actor, filters, queue))).one())


def _page(
    s: Session,
    conditions: Sequence[Any],
    key: tuple[Any, Any],
    *,
    limit: int,
    after: Cursor | None = None,
    before: Cursor | None = None,
    newest_first: bool = False,
) -> Slice:
    """Keyset pages: where a page begins is a row, not a number, so rows that come and go shift nothing."""
    place = tuple_(*key)
    query = select(Task, JournalEntry).join(JournalEntry, col(JournalEntry.id) == col(Task.entry_id))
    query = query.where(*conditions)
    backwards = before is not None
    descending = newest_first != backwards
    edge = before or after
    if edge is not None:
        here = tuple_(edge.at, edge.task_id)
        query = query.where(place < here if descending else place > here)
    order = [column.desc() if descending else column for column in key]
    found = s.exec(query.order_by(*order).limit(limit)).all()
    rows = tuple(Row(task, entry) for task, entry in (reversed(found) if backwards else found))
    counted = select(func.count()).select_from(Task).where(*conditions)
    skipped = 0
    if rows and edge is not None:
        first = tuple_(getattr(rows[0].task, key[0].key), rows[0].task.id)
        skipped = s.exec(counted.where(place > first if newest_first else place < first)).one()
    total = s.exec(counted).one()
    return Slice(rows, skipped, total)


def _conditions(actor: Actor, filters: Filters | None, queue: Queue) -> list[ColumnElement[bool]]:
    given = filters or Filters()
    conditions: list[Any] = [Task.state == TaskState.OPEN, *seat_conditions(actor, team=queue is Queue.TEAM)]
    if given.process is not None:
        conditions.append(Task.process == given.process)
    if given.gate:
        conditions.append(Task.gate == given.gate)
    if given.applicant_id is not None:
        conditions.append(Task.applicant_id == given.applicant_id)
    if given.at_least is not None:
        conditions.append(Task.amount >= given.at_least)
    if given.corrected:
        conditions.append(col(Task.corrected))
    if given.words:
        conditions.append(_matches(given.words))
    return [*conditions, *_between(given.due_from, given.due_before)]


def _between(start: datetime | None, end: datetime | None) -> list[Any]:
    conditions: list[Any] = []
    if start is not None:
        conditions.append(Task.due_at >= start)
    if end is not None:
        conditions.append(Task.due_at < end)
    return conditions


def _matches(words: str) -> ColumnElement[bool]:
    """By case number, firm (of the case, or of a loan in a filing) or any name of the applicant."""
    named = select(InstitutionName.institution_id).where(
        or_(
            col(InstitutionName.name).icontains(words, autoescape=True),
            col(InstitutionName.short_name).icontains(words, autoescape=True),
        )
    )
    holding = select(Loan.case_id).where(
        or_(col(Loan.firm_name).icontains(words, autoescape=True), col(Loan.uscc) == words)
    )
    return or_(
        col(Task.case_number).icontains(words, autoescape=True),
        col(Task.subject).icontains(words, autoescape=True),
        col(Task.applicant_id).in_(named),
        col(Task.case_id).in_(holding),
    )


__all__ = [
    "Cursor",
    "Filters",
    "Queue",
    "Row",
    "Slice",
    "applicants",
    "count_open",
    "done_tasks",
    "due_counts",
    "gates",
    "next_task",
    "open_tasks",
    "paused_tasks",
]
