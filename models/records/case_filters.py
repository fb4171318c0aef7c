"""Which cases a list holds (案件): the filters, as conditions on indexed columns, and the order.

A figure and the list it links to are built from the same `Filters`, so that they agree. What lies in another table
is asked with EXISTS: PostgreSQL may then begin at either side, and a list without such a filter does not touch it.
Lists of claims (`CLAIMED`) are a join: a case has one claim, and the list is in the order of the claims' index.
Amounts are 元; deadlines count against the business clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, extract, or_, union
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from models import clock
from models.lifecycle import Board, Process, State
from models.permissions import Actor
from models.records.case import CaseRecord, EntryKind, Incident, JournalEntry
from models.records.claim import Claim
from models.records.ledger import AccountKind, LedgerAccount, LedgerEntry
from models.records.loan_import import CaseOrigin
from models.records.message import followed_by
from models.records.paging import Order
from models.records.report_duty import unreported
from models.records.search import Hits
from models.records.task import Task, TaskState

Waiting = aliased(JournalEntry)
Late = aliased(JournalEntry)


class Sort(StrEnum):
    """What a list is sorted by: when it happened (new first), or the amount (large first)."""

    TIME = "time"
    AMOUNT = "amount"


class Show(StrEnum):
    """Which cases a list holds."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"
    STUCK = "stuck"  # overdue, stopped, without anybody, waiting for a correction or for room in a limit
    OVERDUE = "overdue"
    INCIDENT = "incident"
    APPLICANT = "applicant"
    UNSTAFFED = "unstaffed"  # nobody may answer: a manager must see to that
    PENDING = "pending"  # claimed, not yet approved
    APPROVED = "approved"  # an amount was approved, paid since or not
    RESERVED = "reserved"  # an amount is held for them and not yet paid
    PAID = "paid"  # paid in `year`
    UNREPORTED = "unreported"  # paid, and no report of progress (追偿进展报告) for longer than it may take
    RECOVERED = "recovered"  # money came back (追偿返还) in `year`
    FOLLOWED = "followed"  # 我关注: kept in sight by the reader
    MINE = "mine"  # 我发起: entered by the reader


class Ageing(StrEnum):
    """How the clock of an open case stands, as the overview's stages count it (`figures.stages`)."""

    OK = "ok"  # more than `figures.SOON_DAYS` working days left, or no clock runs (公示)
    SOON = "soon"
    LATE = "late"
    STOP = "stop"  # the applicant corrects (补正), in time


ALIVE = frozenset(
    {
        Show.OPEN,
        Show.STUCK,
        Show.OVERDUE,
        Show.INCIDENT,
        Show.APPLICANT,
        Show.UNSTAFFED,
        Show.PENDING,
        Show.RESERVED,
    }
)
"""Lists of open cases only."""


CLAIMED = frozenset({Show.APPROVED, Show.RESERVED, Show.PAID, Show.UNREPORTED})
"""Lists of claims by what became of them: read from the claims, which know the order of the list."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. `year` and `month` are those of the submission; for `Show.CLOSED` those of the
    end, for `Show.PAID` they are those of the voucher, for `Show.RECOVERED` those of the return. `town` "" means none named (a filing of several towns);
    `industry` is that of the loan a claim is about."""

    show: Show = Show.OPEN
    process: Process | None = None
    state: State | None = None
    board: Board | None = None
    institution_id: int | None = None
    words: str = ""
    year: int | None = None
    month: int | None = None
    town: str | None = None
    industry: str | None = None
    firm: str = ""  # credit code (统一社会信用代码)
    at_least: Decimal | None = None  # 元
    at_most: Decimal | None = None
    batch: int | None = None  # a bulk filing (批量备案)
    ageing: Ageing | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions of a list need to know beside its filters. `many_late`: so many cases are late that looking at
    each open one finds the stuck ones sooner than collecting them; `reported_since`: from when a report of progress
    counts (`Show.UNREPORTED`); `near`: the first instant that is not near any more (`Ageing`)."""

    many_late: bool = False
    reported_since: date = date.min
    near: datetime | None = None


UNKNOWN = Facts()


def order_of(filters: Filters, sort: Sort) -> Order:
    """The column a list is sorted by: closed cases by their end, others by their submission."""
    if sort is Sort.AMOUNT:
        return Order(col(CaseRecord.amount), col(CaseRecord.id), newest=True)
    if filters.show in CLAIMED:
        return Order(col(Claim.opened_at), col(Claim.case_id), newest=True)
    when = CaseRecord.closed_at if filters.show is Show.CLOSED else CaseRecord.opened_at
    return Order(col(when), col(CaseRecord.id), newest=True)


def conditions(
    actor: Actor, f: Filters, hits: Hits | None, known: Facts = UNKNOWN
) -> list[ColumnElement[bool]]:
    """What the rows of a list fulfil; `hits` are what its words found."""
    found: list[Any] = [] if actor.watches_all else [CaseRecord.institution_id == actor.institution_id]
    found += _shown(actor, f, known)
    found += _aged(f.ageing, known.near, f.state) if f.ageing else []
    for column, value in (
        (CaseRecord.process, f.process),
        (CaseRecord.state, f.state),
        (CaseRecord.board, f.board),
        (CaseRecord.institution_id, f.institution_id),
        (CaseRecord.town, f.town),
        (CaseRecord.industry, f.industry),
        (CaseRecord.uscc, f.firm or None),
    ):
        if value is not None:
            found.append(column == value)
    if f.year is not None and f.show not in (Show.PAID, Show.RECOVERED):
        when = order_of(f, Sort.TIME).column
        found += [when >= _first_of(f.year, f.month or 1)]
        found += [when < _first_of(f.year, f.month + 1 if f.month else 13)]
    if f.at_least is not None:
        found.append(CaseRecord.amount >= f.at_least)
    if f.at_most is not None:
        found.append(CaseRecord.amount <= f.at_most)
    if f.batch is not None:
        found.append(_exists(CaseOrigin.case_id, CaseOrigin.import_id == f.batch))
    return found if hits is None else [*found, *hits.among(col(CaseRecord.id))]


def _exists(case_id: Any, *conditions: Any) -> ColumnElement[bool]:
    """Another table has a row of the case."""
    return select(case_id).where(case_id == CaseRecord.id, *conditions).exists()


def _first_of(year: int, month: int) -> datetime:
    """The instant a month begins; month 13 is the next January."""
    return clock.start_of(date(year, month, 1) if month < 13 else date(year + 1, 1, 1))


def _aged(ageing: Ageing, near: datetime | None, state: State | None) -> list[Any]:
    """Open cases whose clock stands so; each of them is in one of the four. A case stands at the gate whose name is
    its `state`: asked for one, the gates of the others are not looked at."""
    alive, correcting = col(CaseRecord.closed_at).is_(None), col(CaseRecord.state) == State.CORRECTION
    begun, mine = clock.start_of(clock.today()), col(Late.case_id) == CaseRecord.id
    here = mine if state is None else and_(mine, col(Late.name) == state.value)
    is_late, is_near = late().where(mine).exists(), due_before(near or begun).where(mine).exists()
    is_soon = due_before(near or begun).where(here, Late.due_at >= begun).exists()  # type: ignore[operator]
    return {
        Ageing.LATE: [alive, late().where(here).exists()],
        Ageing.STOP: [alive, correcting, ~is_late],
        Ageing.SOON: [alive, ~correcting, is_soon],
        Ageing.OK: [alive, ~correcting, ~is_near],
    }[ageing]


def _shown(actor: Actor, f: Filters, known: Facts) -> list[Any]:
    alive = col(CaseRecord.closed_at).is_(None)
    claimed = col(Claim.case_id) == col(CaseRecord.id)
    applicant = col(CaseRecord.state).in_((State.CORRECTION, State.RECEIPT, State.RETURN_SLIP))
    year = f.year or clock.today().year
    shown: dict[Show, Callable[[], list[Any]]] = {
        Show.OPEN: lambda: [alive],
        Show.CLOSED: lambda: [~alive],
        Show.ALL: list,
        Show.STUCK: lambda: [alive, _is_stuck() if known.many_late else col(CaseRecord.id).in_(_stuck())],
        Show.OVERDUE: lambda: [alive, late().where(Late.case_id == CaseRecord.id).exists()],
        Show.INCIDENT: lambda: [alive, stopped()],
        Show.APPLICANT: lambda: [alive, applicant],
        Show.UNSTAFFED: lambda: [alive, unstaffed()],
        Show.PENDING: lambda: [alive, _exists(Claim.case_id, col(Claim.approved).is_(None))],
        Show.APPROVED: lambda: [claimed, col(Claim.approved) > 0],
        Show.RESERVED: lambda: [alive, claimed, col(Claim.approved) > 0, col(Claim.paid).is_(None)],
        Show.PAID: lambda: [claimed, extract("year", col(Claim.voucher_date)) == year, *_paid_in(f.month)],
        Show.UNREPORTED: lambda: [claimed, unreported(known.reported_since)],
        Show.RECOVERED: lambda: [col(CaseRecord.id).in_(_returned_in(year, f.month))],
        Show.FOLLOWED: lambda: [col(CaseRecord.id).in_(followed_by(actor.person_id))],
        Show.MINE: lambda: [CaseRecord.opened_by == actor.person_id],
    }
    return shown[f.show]()


def late() -> Any:
    """Gates (their cases) whose last day is over, as `models.policy.deadlines.standing` has it."""
    return due_before(clock.start_of(clock.today()))


def due_before(instant: datetime) -> Any:
    """Gates (their cases) to be answered before an instant."""
    return select(Late.case_id).where(
        col(Late.finished_at).is_(None),
        col(Late.voided_at).is_(None),
        Late.kind == EntryKind.GATE,
        Late.due_at < instant,  # type: ignore[operator]
    )


def _is_stuck() -> ColumnElement[bool]:
    """The same of one case: found soonest where nearly every open case is stuck."""
    overdue = late().where(Late.case_id == CaseRecord.id).exists()
    held_up = col(CaseRecord.state).in_((State.CORRECTION, State.AWAITING_ROOM))
    return or_(held_up, overdue, stopped(), unstaffed())


def _stuck() -> Any:
    """Cases that need a manager: late, held up by the applicant or a limit, stopped, without anybody."""
    held_up = select(CaseRecord.id).where(
        col(CaseRecord.closed_at).is_(None),
        col(CaseRecord.state).in_((State.CORRECTION, State.AWAITING_ROOM)),
    )
    failing = select(Incident.case_id).where(col(Incident.resolved_at).is_(None))
    alone = select(Task.case_id).where(Task.state == TaskState.OPEN, col(Task.unstaffed))
    return union(late(), held_up, failing, alone)


def _paid_in(month: int | None) -> list[ColumnElement[bool]]:
    """The voucher is of a month, if one is asked; the year is asked beside it."""
    return [] if month is None else [extract("month", col(Claim.voucher_date)) == month]


def _returned_in(year: int, month: int | None) -> Any:
    """Cases with money that came back, from the ledger's own account of the year; in a month of it if one is asked."""
    query = (
        select(LedgerEntry.case_id)
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.account_id))
        .where(LedgerAccount.kind == AccountKind.RECOVERY, LedgerAccount.key == str(year))
    )
    if month is None:
        return query
    return query.where(
        col(LedgerEntry.at) >= _first_of(year, month), col(LedgerEntry.at) < _first_of(year, month + 1)
    )


def stopped() -> ColumnElement[bool]:
    """The case stopped with an error."""
    return _exists(Incident.case_id, col(Incident.resolved_at).is_(None))


def unstaffed() -> ColumnElement[bool]:
    """The case waits for somebody, and nobody may answer (无人可办)."""
    return _exists(Task.case_id, Task.state == TaskState.OPEN, col(Task.unstaffed))


def waits() -> list[ColumnElement[bool]]:
    """What makes an entry the one its case waits at (a process stands at one place)."""
    return [
        col(Waiting.finished_at).is_(None),
        col(Waiting.voided_at).is_(None),
        col(Waiting.kind).in_((EntryKind.GATE, EntryKind.UNTIL)),
    ]
