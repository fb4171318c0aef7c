"""What stands where (案件): lists of cases, each one set-based question, and how many they hold.

A figure and the list it links to are built from the same conditions (`Filters`), so that they agree.
Amounts are 元; deadlines count against the business clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, text
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from models.lifecycle import State
from models.permissions import Actor
from models.records import report_duty, search
from models.records.case import CaseRecord, Incident, JournalEntry
from models.records.case_filters import (
    ALIVE,
    Facts,
    Filters,
    Show,
    Sort,
    Waiting,
    conditions,
    late,
    order_of,
    stopped,
    unstaffed,
    waits,
)
from models.records.figures import near
from models.records.paging import COUNTED, Cursor, Order, before_it, counted, page, planned
from models.records.person import Person
from models.records.reference import office_calendar
from models.records.task import Task, TaskState

COLLECTED = 2_000
"""Late cases are collected up to here; of more, each open case is looked at."""
SUMMED = 10_000
"""A list's amounts are added up as long as it has no more cases than this; beyond it says that there are more."""
# Parallel workers take ten milliseconds to start, and the cores of other pages, for lists that read little.
_ALONE = text("SET LOCAL max_parallel_workers_per_gather = 0")
FEW = 3_000
"""Lists that may hold closed cases, and hold no more than this, are collected and sorted: they would be met rarely on
a walk through a million. Longer ones are walked through in their order, as open ones are by an index that has it all."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a case waits for: a named person, or everyone with a role at an institution; `unstaffed`: nobody who
    may answer (无人可办)."""

    institution_id: int
    role: str
    name: str
    task_id: int
    unstaffed: bool


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case, the entry it waits at, who holds it, and whether it stopped with an error."""

    case: CaseRecord
    waiting: JournalEntry | None
    holders: tuple[Holder, ...]
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a list and the figures of the whole list (元).

    `total` stops at `SUMMED` (`search.COUNTED_WALKING` for words that are in very many cases), one more: beyond it, and then there are
    no amounts. `first` and `last` are the places of the outer rows.
    """

    rows: tuple[CaseRow, ...]
    skipped: int
    total: int
    most: int
    amount: Decimal | None
    decided: Decimal | None
    more: bool
    first: Cursor | None = None
    last: Cursor | None = None

    @property
    def exact(self) -> bool:
        """Whether `total` is the number of cases, and not only a least."""
        return self.total <= self.most


def cases(
    s: Session,
    actor: Actor,
    filters: Filters,
    *,
    sort: Sort = Sort.TIME,
    limit: int = 50,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Slice:
    """A page of cases, newest first unless told otherwise; it begins after a row, or ends before one."""
    s.connection().execute(_ALONE)
    found_by, hits = _narrowed(s, actor, filters)
    most = COUNTED if filters.ageing or filters.show is Show.UNREPORTED else SUMMED
    most = search.COUNTED_WALKING if hits is not None and hits.common else most
    total, amount, decided = _figures(s, found_by, most)
    order = order_of(filters, sort)
    places = rows_of(order.column.label("at"), order.row_id.label("row_id")).where(*found_by)
    if total <= min(FEW, most) and filters.show not in ALIVE:
        few = places.offset(0).subquery()
        places, order = rows_of(few), Order(few.c.at, few.c.row_id, newest=order.newest)
    found, ahead, more = page(s, places, order, limit=limit, after=after, before=before)
    ends = [Cursor(at, row_id) for at, row_id in (*found[:1], *found[-1:])]
    skipped = 0
    if found and ahead:
        skipped = before_it(s, places, order, ends[0], min(COUNTED, most))
    exact = total <= most
    return Slice(
        _standing(s, _in_order(s, [row_id for _, row_id in found])),
        skipped,
        total,
        most,
        amount if exact else None,
        decided if exact else None,
        more,
        *(ends or (None, None)),
    )


def _figures(s: Session, found_by: Sequence[Any], most: int) -> tuple[int, Decimal, Decimal]:
    """How many cases a list holds and their amounts (元): claimed and decided. Only of the first `most` + 1."""
    inside = rows_of(col(CaseRecord.id), col(CaseRecord.amount), col(CaseRecord.decided_amount)).where(
        *found_by
    )
    some = inside.limit(most + 1).subquery()
    figures = rows_of(
        func.count(),
        func.coalesce(func.sum(some.c.amount), 0),
        func.coalesce(func.sum(some.c.decided_amount), 0),
    )
    total, amount, decided = s.execute(figures).one()
    return total, Decimal(amount), Decimal(decided)


def _in_order(s: Session, ids: Sequence[int]) -> list[CaseRecord]:
    """The cases with these ids, in that order."""
    known = {one.id: one for one in s.exec(select(CaseRecord).where(col(CaseRecord.id).in_(ids)))}
    return [known[one] for one in ids]


def every(
    s: Session, actor: Actor, filters: Filters, sort: Sort = Sort.TIME, batch: int = 500
) -> Iterator[CaseRow]:
    """All cases of a list in its order, read in batches: what the Excel file holds."""
    found_by, _ = _narrowed(s, actor, filters)
    query, order = select(CaseRecord).where(*found_by), order_of(filters, sort)
    last: Cursor | None = None
    while True:
        found, _, more = page(s, query, order, limit=batch, after=last)
        records = [row[0] for row in found]
        yield from _standing(s, records)
        if not more:
            return
        last = Cursor(getattr(records[-1], order.column.key), records[-1].id or 0)
        s.expunge_all()  # a long list is not kept in memory


def stuck(s: Session, actor: Actor, limit: int = 10) -> tuple[CaseRow, ...]:
    """What needs a manager: errors first, then the longest overdue, then those that wait for room or a 补正."""
    query = _joined(select(CaseRecord, Waiting), conditions(actor, Filters(Show.STUCK), None))
    later = case(
        (col(CaseRecord.state) == State.CORRECTION, 3),
        (col(CaseRecord.state) == State.AWAITING_ROOM, 2),
        else_=1,
    )
    rank = case((stopped(), 0), (unstaffed(), 0), else_=later)
    found = s.execute(query.order_by(rank, col(Waiting.due_at), col(CaseRecord.id)).limit(limit)).all()
    return _rows(s, [(row[0], row[1]) for row in found])


def one(s: Session, record: CaseRecord) -> CaseRow:
    """Where a single case stands and with whom."""
    waiting = s.execute(_joined(select(Waiting), [col(CaseRecord.id) == record.id])).scalars().first()
    return _rows(s, [(record, waiting)])[0]


def count(s: Session, actor: Actor, filters: Filters, most: int | None = None) -> int:
    """How many cases a list holds; `most`: counted no further, one more stands for any number beyond."""
    found_by, _ = _narrowed(s, actor, filters)
    query = select(literal(1)).select_from(CaseRecord).where(*found_by)
    if most is None:
        return int(s.execute(select(func.count()).select_from(query.subquery())).scalar_one())
    return counted(s, query, most)


def counts(s: Session, actor: Actor, lists: Sequence[Filters], most: int = COUNTED) -> list[int]:
    """How many cases each of some lists holds, in one question; none is counted further than `count` would with `most`."""
    asked = [select(literal(1)).select_from(CaseRecord).where(*_narrowed(s, actor, one)[0]) for one in lists]
    each = [
        rows_of(func.count()).select_from(one.limit(most + 1).subquery()).scalar_subquery() for one in asked
    ]
    return list(s.execute(rows_of(*each)).one()) if each else []


def beside(s: Session, actor: Actor, filters: Filters, shows: Sequence[Show], total: int) -> dict[Show, int]:
    """How many cases each list holds with the same filters, up to `COUNTED`; `total`: those of the one shown. What
    follows from other counts is not asked: where no case is open none is late, and all cases are the open and the
    closed ones (not in a year: closed ones are those that ended in it)."""
    known = {filters.show: total}

    def ask(wanted: Iterable[Show]) -> None:
        new = [show for show in wanted if show not in known]
        lists = [replace(filters, show=show) for show in new]
        known.update(zip(new, counts(s, actor, lists), strict=True))

    ask([Show.OPEN])
    if not known[Show.OPEN]:
        known.update(dict.fromkeys(ALIVE.intersection(shows), 0))
    ask(show for show in shows if show is not Show.ALL)
    if filters.year is None:
        known.setdefault(Show.ALL, known[Show.OPEN] + known[Show.CLOSED])
    ask(shows)
    return known


def _narrowed(s: Session, actor: Actor, filters: Filters) -> tuple[list[Any], search.Hits | None]:
    """What the rows of a list fulfil, and what its words found."""
    planned(s)
    hits = search.find(s, filters.words, open_only=filters.show in ALIVE)
    many_late = filters.show is Show.STUCK and counted(s, late(), COLLECTED) > COLLECTED
    known = Facts(many_late)
    if filters.show is Show.UNREPORTED:
        known = replace(known, reported_since=report_duty.since(s))
    if filters.ageing is not None:
        known = replace(known, near=near(office_calendar(s)))
    return conditions(actor, filters, hits, known), hits


def _joined(query: Any, found_by: Sequence[Any]) -> Select[Any]:
    """Cases with the one entry they wait at (a process stands at one place)."""
    joined: Select[Any] = query.select_from(CaseRecord).outerjoin(
        Waiting, and_(col(Waiting.case_id) == col(CaseRecord.id), *waits())
    )
    return joined.where(*found_by)


def _standing(s: Session, records: Sequence[CaseRecord]) -> tuple[CaseRow, ...]:
    """A page of cases with the entry each waits at."""
    ids = [one.id or 0 for one in records]
    waiting = select(Waiting).where(col(Waiting.case_id).in_(ids), *waits())
    entries = {entry.case_id: entry for entry in s.execute(waiting).scalars()}
    return _rows(s, [(one, entries.get(one.id or 0)) for one in records])


def _rows(s: Session, found: Sequence[tuple[CaseRecord, JournalEntry | None]]) -> tuple[CaseRow, ...]:
    """Holders and incidents of a page of cases, in one question each."""
    ids = [record.id or 0 for record, _ in found]
    tasks = (
        select(Task, Person.name)
        .outerjoin(Person, col(Person.id) == col(Task.assignee_id))
        .where(col(Task.case_id).in_(ids), Task.state == TaskState.OPEN)
        .order_by(col(Task.id))
    )
    holders: dict[int, list[Holder]] = {}
    for task, name in s.exec(tasks):
        holders.setdefault(task.case_id, []).append(
            Holder(task.institution_id, task.role.value, name or "", task.id or 0, task.unstaffed)
        )
    query = select(Incident).where(col(Incident.case_id).in_(ids), col(Incident.resolved_at).is_(None))
    incidents = {incident.case_id: incident for incident in s.exec(query)}
    return tuple(
        CaseRow(record, entry, tuple(holders.get(record.id or 0, ())), incidents.get(record.id or 0))
        for record, entry in found
    )
