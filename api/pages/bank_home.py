"""首页 of those who file: what is asked of them and until when, where their cases stand, limits, notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session, col, func, select

from api.auth.db import Db
from api.pages import bank_asks, failing
from api.pages.bank_drafts import of_colleagues
from api.pages.bank_forms import Insider, board_of
from api.pages.bank_limits import firms, own_years
from api.pages.bank_prepared import open_rows
from api.pages.layout import frame
from api.pages.narrowing import many
from api.pages.render import day, page
from api.pages.task_facts import clause_view
from api.pages.views import Tag
from models import clock
from models.lifecycle import STATE_NAMES, Board, Process, State
from models.permissions import Actor
from models.policy import deadlines
from models.records import draft, institution, notice, overview, recovery, service
from models.records.case import CaseRecord
from models.records.case_filters import Filters, Show
from models.records.draft import DraftKind
from models.records.loan import Loan
from models.records.paging import COUNTED
from models.records.rules import rules
from models.records.task import open_of_case
from models.roles import Role

router = APIRouter(prefix="/bank")
FILINGS_SHOWN = 8
OPEN_SHOWN = 20
NOTICES_SHOWN = 5
FIRMS_SHOWN = 4
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case of the institution: where it stands, with whom, until when."""

    number: str
    subject: str
    tag: Tag
    holder: str
    until: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class FilingRow:
    """A filing of the institution, and how many loans it has."""

    case: CaseRow
    loans: int


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """A recovery under way; `due` (元) and `until` once the notice says what is to be returned."""

    case: CaseRow
    due: Decimal | None
    until: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A notice nobody of the institution has opened."""

    id: int
    at: datetime
    title: str
    subject: str


@router.get("")
def home(request: Request, db: Db, actor: Insider) -> HTMLResponse:
    """Everything an applicant needs at a glance."""
    board = board_of(actor)
    asks = bank_asks.asks(db, actor)
    claims, claimed, sum_claimed = _open(db, actor, Process.CLAIM)
    recoveries, recovering = _recoveries(db, actor)
    return page(
        request,
        "pages/bank/home.html",
        frame=frame(request, db, actor, "home"),
        notes=failing.for_institution(db, actor),
        place=institution.name_on(db, actor.institution_id, clock.today()).short_name,
        asks=asks,
        drafts=_drafts(db, actor),
        their_drafts=of_colleagues(db, actor),
        prepared=open_rows(db, actor),
        files=Role.FILER in actor.roles,
        claims=tuple(_case_row(db, actor, one) for one in claims),
        claims_count=claimed,
        claimed=sum_claimed,
        recoveries=recoveries,
        recoveries_count=recovering,
        return_days=deadlines.working_days("recovery_return_days", clock.today(), rules(db)),
        unreported=many(overview.count(db, actor, Filters(Show.UNREPORTED), COUNTED)),
        recoverable=bool(recovery.paid_claims(db, actor.institution_id, limit=1)),
        filings=_filings(db, actor),
        limits=tuple(m for _, m in own_years(db, actor.institution_id, 2)) if board == Board.BANK else (),
        firms=firms(db, actor)[:FIRMS_SHOWN] if board == Board.BANK else (),
        limit_clause=clause_view("三（四）"),
        shares=institution.shares_on(db, actor.institution_id, clock.today()),
        share_clause=clause_view("三（三）"),
        unread=_unread(db, actor),
        unread_count=notice.unread(db, actor.institution_id),
        unsigned_count=service.unacknowledged(db, actor.institution_id),
    )


def _recoveries(db: Session, actor: Actor) -> tuple[tuple[RecoveryRow, ...], int]:
    """Recoveries under way: what is to be returned and until when; those still reviewed after them. And how many."""
    rows = []
    cases, number, _ = _open(db, actor, Process.RECOVERY)
    for one in cases:
        found, row = recovery.of_case(db, one.id or 0), _case_row(db, actor, one)
        due = found.due if found.due_on else None
        rows.append(RecoveryRow(row, due, day(found.due_on) if found.due_on else ""))
    return tuple(sorted(rows, key=lambda row: (row.due is None, row.until))), number


def _drafts(db: Session, actor: Actor) -> tuple[tuple[str, str, datetime], ...]:
    """(words, address, saved at) of what the person has begun and not submitted."""
    found = []
    for one in draft.of_person(db, actor.person_id):
        if one.kind == DraftKind.FILING and (one.data.get("loans") or one.data.get("typed")):
            found.append(
                (f"备案草稿：{len(one.data.get('loans', []))} 笔贷款", "/bank/filings/new", one.updated_at)
            )
        elif one.kind == DraftKind.RECOVERY:
            found.append(
                (f"追偿登记草稿：{one.subject}", f"/bank/recoveries/new?claim={one.subject}", one.updated_at)
            )
        elif one.kind == DraftKind.CLAIM:
            row = db.get_one(Loan, int(one.subject))
            address = f"/bank/claims/new?loan={one.subject}"
            found.append((f"补偿申请草稿：{row.firm_name}", address, one.updated_at))
    return tuple(found)


def _open(db: Session, actor: Actor, process: Process) -> tuple[Sequence[CaseRecord], int, Decimal]:
    """The institution's open cases, those that have waited longest first; how many there are, and what they ask (元)."""
    own = (
        CaseRecord.institution_id == actor.institution_id,
        CaseRecord.process == process,
        col(CaseRecord.closed_at).is_(None),
    )
    number, amount = db.exec(
        select(func.count(), func.coalesce(func.sum(CaseRecord.amount), ZERO)).where(*own)
    ).one()
    query = select(CaseRecord).where(*own).order_by(col(CaseRecord.opened_at), col(CaseRecord.id))
    return db.exec(query.limit(OPEN_SHOWN)).all(), number, amount


def _filings(db: Session, actor: Actor) -> tuple[FilingRow, ...]:
    query = select(CaseRecord).where(
        CaseRecord.institution_id == actor.institution_id, CaseRecord.process == Process.FILING
    )
    cases = db.exec(query.order_by(col(CaseRecord.id).desc()).limit(FILINGS_SHOWN)).all()
    of_these = col(Loan.case_id).in_([one.id for one in cases])
    loans = dict(
        db.exec(select(Loan.case_id, func.count()).where(of_these).group_by(col(Loan.case_id))).all()
    )
    return tuple(FilingRow(_case_row(db, actor, one), loans.get(one.id or 0, 0)) for one in cases)


def _case_row(db: Session, actor: Actor, one: CaseRecord) -> CaseRow:
    waiting = open_of_case(db, one.id or 0)
    mine = any(task.institution_id == actor.institution_id for task in waiting)
    holder, until = "", ""
    if waiting:
        names = institution.names_on(db, clock.today())
        holder = "本单位" if mine else names[waiting[0].institution_id].short_name
        due = clock.local(waiting[0].due_at).date()
        until = "已逾期" if due < clock.today() else f"{due:%m-%d} 前"
    return CaseRow(one.number, one.subject, state_tag(State(one.state), mine=mine), holder, until, one.amount)


def state_tag(state: State, *, mine: bool = False) -> Tag:
    """Where a case stands, as its applicant reads it."""
    if state == State.CORRECTION:
        return Tag("待你补正" if mine else "补正", "soon")
    if state == State.RECEIPT:
        return Tag("已拨付，待回执", "ok")
    if state == State.RETURN_SLIP:
        return Tag("待返还", "soon")
    good, bad = (
        {State.REGISTERED, State.PAID, State.RETURNED, State.NOTHING_DUE, State.PROGRESS_NOTED},
        {State.FILING_REFUSED, State.NOT_ACCEPTED, State.CLAIM_REFUSED, State.RECOVERY_REFUSED},
    )
    return Tag(
        STATE_NAMES[state],
        "ok" if state in good else "late" if state in bad else "idle" if state == State.WITHDRAWN else "act",
    )


def _unread(db: Session, actor: Actor) -> tuple[Unread, ...]:
    letters = [
        Unread(delivery.id or 0, letter.created_at, letter.title, _subject(db, letter.case_id))
        for letter, delivery in notice.inbox(db, actor.institution_id)
        if delivery.opened_at is None
    ]
    return tuple(letters[:NOTICES_SHOWN])


def _subject(db: Session, case_id: int | None) -> str:
    case = db.get(CaseRecord, case_id) if case_id else None
    return case.subject if case else ""
