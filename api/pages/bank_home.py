"""首页 of those who file: what is asked of them and until when, where their cases stand, limits, notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session, col, select

from api.auth.db import Db
from api.pages import failing, task_clock
from api.pages.bank_drafts import of_colleagues
from api.pages.bank_forms import Insider, board_of
from api.pages.bank_limits import firms, own_years
from api.pages.bank_prepared import open_rows
from api.pages.layout import frame
from api.pages.narrowing import many
from api.pages.render import day, page, sentence_day, yuan
from api.pages.task_facts import clause_view
from api.pages.views import AskView, Link, Tag
from flows.steps.document_filing import faults, returned_entry
from models import clock
from models.gates import CORRECTION, DEMANDED, RETURN_SLIP
from models.lifecycle import STATE_NAMES, Board, Process, State
from models.permissions import Actor
from models.policy import deadlines
from models.records import draft, institution, notice, overview, prepared, recovery, service
from models.records.case import CaseRecord, JournalEntry
from models.records.case_filters import Filters, Show
from models.records.claim import Claim
from models.records.draft import DraftKind
from models.records.loan import Loan
from models.records.paging import COUNTED
from models.records.rules import rules
from models.records.task import Task, TaskState, open_of_case
from models.roles import Role

router = APIRouter(prefix="/bank")
FILINGS_SHOWN = 8
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
    loans: int = 0


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
    asks = _asks(db, actor)
    claims = tuple(_case_row(db, actor, one) for one in _cases(db, actor, Process.CLAIM, only_open=True))
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
        claims=claims,
        claimed=sum((row.amount for row in claims), ZERO),
        recoveries=_recoveries(db, actor),
        return_days=deadlines.working_days("recovery_return_days", clock.today(), rules(db)),
        unreported=many(overview.count(db, actor, Filters(Show.UNREPORTED), COUNTED)),
        recoverable=bool(recovery.paid_claims(db, actor.institution_id, limit=1)),
        filings=tuple(_case_row(db, actor, one) for one in _cases(db, actor, Process.FILING)),
        limits=tuple(m for _, m in own_years(db, actor.institution_id, 2)) if board == Board.BANK else (),
        firms=firms(db, actor)[:FIRMS_SHOWN] if board == Board.BANK else (),
        limit_clause=clause_view("三（四）"),
        shares=institution.shares_on(db, actor.institution_id, clock.today()),
        share_clause=clause_view("三（三）"),
        unread=_unread(db, actor),
        unread_count=notice.unread(db, actor.institution_id),
        unsigned_count=service.unacknowledged(db, actor.institution_id),
    )


def _asks(db: Session, actor: Actor) -> tuple[AskView, ...]:
    query = (
        select(Task, JournalEntry)
        .join(JournalEntry, col(JournalEntry.id) == col(Task.entry_id))
        .where(
            Task.institution_id == actor.institution_id,
            Task.state == TaskState.OPEN,
            col(Task.gate).in_([gate.key for gate in DEMANDED]),
        )
        .order_by(col(Task.due_at), col(Task.id))
    )
    days = task_clock.calendar(db)
    checking = {row.subject for row in prepared.waiting(db, actor.institution_id)}
    asks = []
    for task, entry in db.exec(query):
        due = task_clock.working_days(days, entry)
        if task.gate == CORRECTION.key:
            listed = faults(returned_entry(db, task.case_id))
            text = f"退回 {len(listed)} 处：" + "；".join(
                str(f.get("problem", "")).rstrip("。；") for f in listed
            )
            action = Link("去补正", f"/bank/cases/{task.case_number}/correct", primary=True)
            if task.case_number in checking:
                action = Link("待本单位复核", "/bank/prepared")
            asks.append(AskView(due, f"补正：{task.subject}", task.case_number, text, action))
        elif task.gate == RETURN_SLIP.key:
            action = Link("登记返还回单", f"/bank/cases/{task.case_number}/return", primary=True)
            if task.case_number in checking:
                action = Link("待本单位复核", "/bank/prepared")
            words = _due(db, task.case_id)
            asks.append(AskView(due, f"返还追偿款：{task.subject}", task.case_number, words, action))
        else:
            action = Link("确认到账", f"/bank/cases/{task.case_number}/receipt")
            if task.case_number in checking:
                action = Link("待本单位复核", "/bank/prepared")
            words = _paid(db, task.case_id)
            asks.append(AskView(due, f"确认收款：{task.subject}", task.case_number, words, action))
    return tuple(asks)


def _paid(db: Session, case_id: int) -> str:
    claim = db.exec(select(Claim).where(Claim.case_id == case_id)).one()
    day = sentence_day(claim.voucher_date, weekday=False)
    return f"市财政局{day}拨付 {yuan(claim.paid)} 元至尾号 {claim.account_number[-4:]} 账户"


def _due(db: Session, case_id: int) -> str:
    found = recovery.of_case(db, case_id)
    return f"应返还 {yuan(found.due)} 元，{sentence_day(found.due_on, weekday=False)}前缴回市财政局"


def _recoveries(db: Session, actor: Actor) -> tuple[RecoveryRow, ...]:
    """Recoveries under way: what is to be returned and until when; those still reviewed after them."""
    rows = []
    for one in _cases(db, actor, Process.RECOVERY, only_open=True):
        found, row = recovery.of_case(db, one.id or 0), _case_row(db, actor, one)
        due = found.due if found.due_on else None
        rows.append(RecoveryRow(row, due, day(found.due_on) if found.due_on else ""))
    return tuple(sorted(rows, key=lambda row: (row.due is None, row.until)))


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


def _cases(db: Session, actor: Actor, process: Process, *, only_open: bool = False) -> Sequence[CaseRecord]:
    query = select(CaseRecord).where(
        CaseRecord.institution_id == actor.institution_id, CaseRecord.process == process
    )
    if only_open:
        return db.exec(
            query.where(col(CaseRecord.closed_at).is_(None)).order_by(col(CaseRecord.opened_at))
        ).all()
    return db.exec(query.order_by(col(CaseRecord.id).desc()).limit(FILINGS_SHOWN)).all()


def _case_row(db: Session, actor: Actor, one: CaseRecord) -> CaseRow:
    waiting = open_of_case(db, one.id or 0)
    mine = any(task.institution_id == actor.institution_id for task in waiting)
    holder, until = "", ""
    if waiting:
        names = institution.names_on(db, clock.today())
        holder = "本单位" if mine else names[waiting[0].institution_id].short_name
        due = clock.local(waiting[0].due_at).date()
        until = "已逾期" if due < clock.today() else f"{due:%m-%d} 前"
    loans = len(db.exec(select(Loan.id).where(Loan.case_id == one.id)).all())
    return CaseRow(
        one.number, one.subject, state_tag(State(one.state), mine=mine), holder, until, one.amount, loans
    )


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
