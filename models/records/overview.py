"""What stands where (案件): lists of cases, each one set-based question, and how many they hold.

A figure and the list it links to are built from the same conditions (`Filters`), so that they agree.
Amounts are 元; deadlines count against the business clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models import clock
from models.lifecycle import Board, Process, State
from models.permissions import Actor
from models.records.case import CaseRecord, EntryKind, Incident, JournalEntry
from models.records.claim import Claim
from models.records.institution import InstitutionName
from models.records.ledger import AccountKind, LedgerAccount, LedgerEntry
from models.records.loan import Loan
from models.records.message import followed_by
from models.records.person import Person
from models.records.task import Task, TaskState

Waiting = aliased(JournalEntry)


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
    RECOVERED = "recovered"  # money came back (追偿返还) in `year`
    FOLLOWED = "followed"  # 我关注: kept in sight by the reader
    MINE = "mine"  # 我发起: entered by the reader


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. `year` and `month` are those of the submission; for `Show.CLOSED` those of the
    end, for `Show.PAID` `year` is that of the voucher, for `Show.RECOVERED` that of the return. `town` "" means none named (a filing of several towns);
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
    """A page of a list and the figures of the whole list (元)."""

    rows: tuple[CaseRow, ...]
    skipped: int
    total: int
    amount: Decimal
    decided: Decimal

    @property
    def more(self) -> bool:
        """Whether rows follow."""
        return self.skipped + len(self.rows) < self.total


def cases(
    s: Session, actor: Actor, filters: Filters, *, limit: int = 50, after: int = 0, before: int = 0
) -> Slice:
    """A page of cases, newest first; `after` and `before` are case ids, so rows that come and go shift nothing."""
    conditions = _conditions(actor, filters)
    query = _joined(select(CaseRecord, Waiting), conditions)
    if before:
        query = query.where(col(CaseRecord.id) > before).order_by(col(CaseRecord.id))
    else:
        query = query.where(col(CaseRecord.id) < after) if after else query
        query = query.order_by(col(CaseRecord.id).desc())
    found = s.execute(query.limit(limit)).all()
    found = list(reversed(found)) if before else list(found)
    figures = _joined(
        select(
            func.count(),
            func.coalesce(func.sum(CaseRecord.amount), 0),
            func.coalesce(func.sum(CaseRecord.decided_amount), 0),
        ),
        conditions,
    )
    total, amount, decided = s.execute(figures).one()
    skipped = 0
    if found and (after or before):
        ahead = [*conditions, col(CaseRecord.id) > found[0][0].id]
        skipped = s.execute(_joined(select(func.count()), ahead)).scalar_one()
    rows = _rows(s, [(row[0], row[1]) for row in found])
    return Slice(rows, skipped, total, Decimal(amount), Decimal(decided))


def every(s: Session, actor: Actor, filters: Filters, batch: int = 500) -> Iterator[CaseRow]:
    """All cases of a list, newest first, read in batches: what the Excel file holds."""
    last = 0
    while True:
        query = _joined(select(CaseRecord, Waiting), _conditions(actor, filters))
        query = query.where(col(CaseRecord.id) < last) if last else query
        found = s.execute(query.order_by(col(CaseRecord.id).desc()).limit(batch)).all()
        yield from _rows(s, [(row[0], row[1]) for row in found])
        if len(found) < batch:
            return
        last = found[-1][0].id or 0
        s.expunge_all()  # a long list is not kept in memory


def stuck(s: Session, actor: Actor, limit: int = 10) -> tuple[CaseRow, ...]:
    """What needs a manager: errors first, then the longest overdue, then those that wait for room or a 补正."""
    query = _joined(select(CaseRecord, Waiting), _conditions(actor, Filters(Show.STUCK)))
    later = case(
        (col(CaseRecord.state) == State.CORRECTION, 3),
        (col(CaseRecord.state) == State.AWAITING_ROOM, 2),
        else_=1,
    )
    rank = case((_stopped(), 0), (_unstaffed(), 0), else_=later)
    found = s.execute(query.order_by(rank, col(Waiting.due_at), col(CaseRecord.id)).limit(limit)).all()
    return _rows(s, [(row[0], row[1]) for row in found])


def one(s: Session, record: CaseRecord) -> CaseRow:
    """Where a single case stands and with whom."""
    waiting = s.execute(_joined(select(Waiting), [col(CaseRecord.id) == record.id])).scalars().first()
    return _rows(s, [(record, waiting)])[0]


def count(s: Session, actor: Actor, filters: Filters) -> int:
    """How many cases a list holds."""
    return int(s.execute(_joined(select(func.count()), _conditions(actor, filters))).scalar_one())


def _joined(query: Any, conditions: Sequence[Any]) -> Select[Any]:
    """Cases with the one entry they wait at (a process stands at one place), and their claim."""
    waits = and_(
        col(Waiting.case_id) == col(CaseRecord.id),
        col(Waiting.finished_at).is_(None),
        col(Waiting.voided_at).is_(None),
        col(Waiting.kind).in_((EntryKind.GATE, EntryKind.UNTIL)),
    )
    joined: Select[Any] = query.select_from(CaseRecord).outerjoin(Waiting, waits)
    return joined.outerjoin(Claim, col(Claim.case_id) == col(CaseRecord.id)).where(*conditions)


def _conditions(actor: Actor, f: Filters) -> list[ColumnElement[bool]]:
    found: list[Any] = [] if actor.watches_all else [CaseRecord.institution_id == actor.institution_id]
    found += _shown(actor, f)
    for column, value in (
        (CaseRecord.process, f.process),
        (CaseRecord.state, f.state),
        (CaseRecord.board, f.board),
        (CaseRecord.institution_id, f.institution_id),
        (CaseRecord.town, f.town),
    ):
        if value is not None:
            found.append(column == value)
    if f.year is not None and f.show not in (Show.PAID, Show.RECOVERED):
        when = col(CaseRecord.closed_at if f.show is Show.CLOSED else CaseRecord.opened_at)
        found += [when >= _first_of(f.year, f.month or 1)]
        found += [when < _first_of(f.year, f.month + 1 if f.month else 13)]
    if f.industry is not None:
        lent = select(Claim.case_id).join(Loan, col(Loan.id) == col(Claim.loan_id))
        found.append(col(CaseRecord.id).in_(lent.where(Loan.industry == f.industry)))
    if f.words:
        found.append(_matches(f.words))
    return found


def _first_of(year: int, month: int) -> datetime:
    """The instant a month begins; month 13 is the next January."""
    return clock.start_of(date(year, month, 1) if month < 13 else date(year + 1, 1, 1))


def _shown(actor: Actor, f: Filters) -> list[Any]:
    alive = col(CaseRecord.closed_at).is_(None)
    late = and_(col(Waiting.due_at) < clock.now(), col(Waiting.kind) == EntryKind.GATE)
    applicant = col(CaseRecord.state).in_((State.CORRECTION, State.RECEIPT))
    held_up = col(CaseRecord.state).in_((State.CORRECTION, State.AWAITING_ROOM))
    year = f.year or clock.today().year
    shown: dict[Show, list[Any]] = {
        Show.OPEN: [alive],
        Show.CLOSED: [~alive],
        Show.ALL: [],
        Show.STUCK: [alive, or_(late, held_up, _stopped(), _unstaffed())],
        Show.OVERDUE: [alive, late],
        Show.INCIDENT: [alive, _stopped()],
        Show.APPLICANT: [alive, applicant],
        Show.UNSTAFFED: [alive, _unstaffed()],
        Show.PENDING: [alive, col(Claim.id).is_not(None), col(Claim.approved).is_(None)],
        Show.APPROVED: [col(Claim.approved) > 0],
        Show.RESERVED: [alive, col(Claim.approved) > 0, col(Claim.paid).is_(None)],
        Show.PAID: [col(Claim.voucher_date).between(date(year, 1, 1), date(year, 12, 31))],
        Show.RECOVERED: [col(CaseRecord.id).in_(_returned_in(year))],
        Show.FOLLOWED: [col(CaseRecord.id).in_(followed_by(actor.person_id))],
        Show.MINE: [CaseRecord.opened_by == actor.person_id],
    }
    return shown[f.show]


def _returned_in(year: int) -> Any:
    """Cases with money that came back, from the ledger's own account of the year."""
    return (
        select(LedgerEntry.case_id)
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.account_id))
        .where(LedgerAccount.kind == AccountKind.RECOVERY, LedgerAccount.key == str(year))
    )


def _stopped() -> ColumnElement[bool]:
    incident = select(Incident.id).where(
        Incident.case_id == CaseRecord.id, col(Incident.resolved_at).is_(None)
    )
    return incident.exists()


def _unstaffed() -> ColumnElement[bool]:
    open_seats = select(Task.id).where(Task.case_id == CaseRecord.id, Task.state == TaskState.OPEN)
    return open_seats.where(col(Task.unstaffed)).exists()


def _matches(words: str) -> ColumnElement[bool]:
    """By case number, firm (of the case, or of a loan in it), code, contract number, or name of the applicant."""
    loans = select(Loan.case_id).where(
        or_(
            col(Loan.firm_name).icontains(words, autoescape=True),
            col(Loan.contract_number).icontains(words, autoescape=True),
            col(Loan.filing_number) == words,
            col(Loan.uscc) == words,
        )
    )
    claimed = (
        select(Claim.case_id)
        .join(Loan, col(Loan.id) == col(Claim.loan_id))
        .where(
            or_(col(Loan.contract_number).icontains(words, autoescape=True), col(Loan.filing_number) == words)
        )
    )
    named = select(InstitutionName.institution_id).where(
        or_(
            col(InstitutionName.name).icontains(words, autoescape=True),
            col(InstitutionName.short_name).icontains(words, autoescape=True),
        )
    )
    return or_(
        col(CaseRecord.number).icontains(words, autoescape=True),
        col(CaseRecord.subject).icontains(words, autoescape=True),
        col(CaseRecord.uscc) == words,
        col(CaseRecord.institution_id).in_(named),
        col(CaseRecord.id).in_(loans),
        col(CaseRecord.id).in_(claimed),
    )


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
