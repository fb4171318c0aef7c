"""The queues (待办, 已办, 团队): tasks as one person may see and answer them, page by page.

Everything is asked of indexed columns of `tasks`. 待办 holds only what the person could answer now: open, at
their institution with a role they hold (or their named seat), claimed by nobody else, and not in a case where
they have performed another duty. 团队 holds all open tasks of their roles, whoever has claimed them.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import String, literal, type_coerce
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from models.gates import CORRECTION
from models.lifecycle import Process
from models.permissions import Actor
from models.records import search
from models.records.case import CaseRecord, JournalEntry
from models.records.paging import COUNTED, Cursor, Order, before_it, counted, page
from models.records.queue_filters import Asked, Filters, Queue, asked_of, searched
from models.records.task import Task, TaskState
from models.roles import Role


class Sort(StrEnum):
    """What a queue is sorted by: the deadline (first due first), the amount (large first), the arrival (new first)."""

    DUE = "due"
    AMOUNT = "amount"
    OPENED = "opened"


ORDERS: dict[Sort, Order] = {
    Sort.DUE: Order(col(Task.due_at), col(Task.id)),
    Sort.AMOUNT: Order(col(Task.amount), col(Task.id), newest=True),
    Sort.OPENED: Order(col(Task.opened_at), col(Task.id), newest=True),
}
DONE = Order(col(Task.answered_at), col(Task.id), newest=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A task with the round of its gate (for the clock)."""

    task: Task
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class Slice:
    """One page: rows, how many come before it, how many there are in all (both up to `most`, plus one beyond)."""

    rows: tuple[Row, ...]
    skipped: int
    total: int
    more: bool
    most: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What a queue holds, of its first `most` tasks; with `more` there are others, and every count is a least.

    `due`: before the first bound, between each pair of bounds, after the last. Gates and applicants: most first.
    """

    total: int
    due: tuple[int, ...]
    gates: dict[tuple[Process, str], int] = field(default_factory=dict)
    applicants: dict[int, int] = field(default_factory=dict)
    large: int = 0
    corrected: int = 0
    most: int = COUNTED

    @property
    def more(self) -> bool:
        """Whether the queue goes on beyond what was counted."""
        return self.total > self.most


def count_open(s: Session, actor: Actor, filters: Filters | None = None, queue: Queue = Queue.MINE) -> int:
    """How many tasks wait: the number beside 待办, up to `COUNTED` (one more: beyond it)."""
    asked = asked_of(s, actor, filters, queue)
    return counted(s, select(literal(1)).select_from(Task).where(*asked.conditions), asked.most)


def open_tasks(
    s: Session,
    actor: Actor,
    filters: Filters | None = None,
    *,
    queue: Queue = Queue.MINE,
    sort: Sort = Sort.DUE,
    limit: int = 50,
    after: Cursor | None = None,
    before: Cursor | None = None,
    total: int | None = None,
) -> Slice:
    """A page of a queue, earliest deadline first unless told otherwise; `before` gives the page that ends before a row.
    `total`: what `facets` or `count_open` counted of it already."""
    asked = asked_of(s, actor, filters, queue)
    return _page(s, asked, ORDERS[sort], limit=limit, after=after, before=before, total=total)


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
    asked = searched([Task.answered_by == actor.person_id], search.find(s, words))
    return _page(s, asked, DONE, limit=limit, after=after, before=before)


def paused_tasks(s: Session, actor: Actor, limit: int = 50) -> tuple[tuple[Row, ...], int]:
    """已停钟: cases of the actor's managing institution that wait for the applicant's 补正; rows and number."""
    if not actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}:
        return (), 0
    managed = select(CaseRecord.id).where(
        CaseRecord.id == Task.case_id, CaseRecord.managing_institution_id == actor.institution_id
    )
    conditions: list[Any] = [
        Task.state == TaskState.OPEN,
        Task.gate == CORRECTION.key,
        Task.applicant_id != actor.institution_id,
        managed.exists(),
    ]
    found = _page(s, Asked(conditions), ORDERS[Sort.DUE], limit=limit)
    return found.rows, found.total


def next_task(s: Session, actor: Actor, than: Task | None = None) -> Task | None:
    """The first task of the person's own queue, other than those of the case they are at."""
    query = select(Task).where(*asked_of(s, actor).conditions)
    if than is not None:
        query = query.where(Task.case_id != than.case_id)
    return s.exec(query.order_by(*ORDERS[Sort.DUE].sorted()).limit(1)).first()


def arrived(s: Session, actor: Actor, since: datetime) -> int:
    """How many tasks of the person's own queue were opened after an instant."""
    conditions = asked_of(s, actor).conditions
    newer = select(literal(1)).select_from(Task).where(*conditions, Task.opened_at > since)
    return counted(s, newer)


def still_mine(s: Session, actor: Actor, task_ids: Collection[int]) -> frozenset[int]:
    """Which of these tasks are in the person's own queue."""
    if not task_ids:
        return frozenset()
    conditions = asked_of(s, actor).conditions
    found = s.execute(rows_of(col(Task.id)).where(*conditions, col(Task.id).in_(task_ids)))
    return frozenset(found.scalars())


def facets(
    s: Session,
    actor: Actor,
    filters: Filters,
    bounds: Sequence[datetime],
    queue: Queue = Queue.MINE,
    *,
    large: Decimal | None = None,
) -> Facets:
    """What the first tasks of a queue are, in one question. `bounds` part the deadlines; `large` is 元."""
    asked = asked_of(s, actor, filters, queue)
    process = type_coerce(col(Task.process), String())  # a thousand rows: not each word by itself
    query = rows_of(
        col(Task.due_at),
        process,
        *(col(c) for c in (Task.gate, Task.applicant_id, Task.amount, Task.corrected)),
    )
    query = query.where(*asked.conditions).order_by(*ORDERS[Sort.DUE].sorted())
    rows = s.execute(query.limit(asked.most + 1)).all()
    total, rows = len(rows), rows[: asked.most]
    dues, processes, gates, applicants, amounts, corrected = zip(*rows, strict=True) if rows else ((),) * 6
    due = Counter(bisect_right(bounds, one) for one in dues)
    at = {
        (Process(process), gate): count
        for (process, gate), count in Counter(zip(processes, gates, strict=True)).items()
    }
    return Facets(
        total,
        tuple(due[place] for place in range(len(bounds) + 1)),
        dict(sorted(at.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))),
        dict(Counter(applicants).most_common()),
        sum(amount >= large for amount in amounts) if large is not None else 0,
        sum(corrected),
        asked.most,
    )


def _page(
    s: Session,
    asked: Asked,
    order: Order,
    *,
    limit: int,
    after: Cursor | None = None,
    before: Cursor | None = None,
    total: int | None = None,
) -> Slice:
    """The places of the rows are read from the index alone, the rows themselves only for the page."""
    inside = rows_of(col(Task.id)).where(*asked.conditions)
    places = rows_of(order.column, col(Task.id)).where(*asked.conditions)
    found, ahead, more = page(s, places, order, limit=limit, after=after, before=before)
    query = select(Task, JournalEntry).join(JournalEntry, col(JournalEntry.id) == col(Task.entry_id))
    ids = [row_id for _, row_id in found]
    known = {task.id: Row(task, entry) for task, entry in s.exec(query.where(col(Task.id).in_(ids)))}
    rows = tuple(known[row_id] for row_id in ids)
    skipped = 0
    if rows and ahead:
        skipped = before_it(s, inside, order, Cursor(*found[0]), asked.most)
    if total is None:
        total = counted(s, inside, asked.most) if ahead or more else len(rows)
    return Slice(rows, skipped, total, more, asked.most)


__all__ = [
    "COUNTED",
    "Cursor",
    "Facets",
    "Filters",
    "Queue",
    "Row",
    "Slice",
    "Sort",
    "arrived",
    "count_open",
    "done_tasks",
    "facets",
    "next_task",
    "open_tasks",
    "paused_tasks",
    "still_mine",
]
