"""One registered loan: its facts, dated changes and anomalies; its institution registers, the managing one confirms and
warns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages import loan_warning, policy_layout
from api.pages.bank_forms import field_views, sent, text_of
from api.pages.case_views import Fact
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.policy_layout import Deciding
from api.pages.posted import Posted, by_field
from api.pages.render import day, page, stamp, yuan
from api.pages.seen_loan import SeenLoan, change_of
from api.pages.task_facts import loan_facts
from api.pages.views import Column, Note, Tab, Tag, Tone
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms import change_forms
from flows.actions.forms.application_forms import loan_form
from flows.actions.loans import changing, warning
from flows.actions.maker_checker import handing_in, matters
from models import clock
from models.lifecycle import Board
from models.permissions import (
    Actor,
    Verdict,
    may_decide_loan_change,
    may_file,
    may_see_loan_changes,
)
from models.policy.lines import Check
from models.records import document, institution, loan_change, person, warning_reply
from models.records.case import CaseRecord
from models.records.claim import on_loan
from models.records.document import Document
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState
from models.records.loan_change import CHANGE_NAMES, ChangeKind, LoanChange
from models.records.reference import working_calendar
from models.records.two_people import VERDICT_NAMES
from models.records.two_people import Verdict as Decision
from models.roles import Role

router = APIRouter()
COLUMNS = (
    Column("变更", "full"), Column("机构", "hide"), Column("内容", "full"), Column("登记", "hide"), Column("审核期限"), Column("状态"),
)  # fmt: skip
TONES: dict[Decision | None, Tone] = {
    None: "soon",
    Decision.CONFIRMED: "ok",
    Decision.REJECTED: "late",
    Decision.WITHDRAWN: "idle",
}
SAID = {
    "registered": "已登记，待受托管理机构确认；确认前不计入这笔贷款。",
    "confirmed": "已确认。",
    "rejected": "已退回申报机构，贷款情况不变。",
    "withdrawn": "已撤回，贷款情况不变。",
    "warned": "风险提示函已发出，申报机构已收到通知。",
    "replied": "已回复风险提示函，受托管理机构已收到消息。",
}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: what was registered, what it was decided; `failing` are checks the loan would fail with it, `warning`
    the fields of the letter a reviewer may send about it."""

    change: LoanChange
    kind: str
    words: str
    corrections: tuple[tuple[str, str, str], ...]
    tag: Tag
    proposed: str
    outcome: str
    failing: tuple[Check, ...]
    due: str
    deciding: Deciding | None
    papers: tuple[Document, ...]
    warning: tuple[FieldView, ...]
    reply: loan_warning.ReplyView | None


@dataclass(frozen=True, slots=True)
class ListRow:
    """One change in the list of all."""

    change: LoanChange
    loan: Loan
    place: str
    kind: str
    words: str
    tag: Tag
    due: str


@router.get("/loan-changes")
def listed(request: Request, db: Db, actor: Annotated[Actor, requires(may_see_loan_changes)]) -> HTMLResponse:
    """Changes that wait, earliest deadline first, and those decided lately; a managing institution sees its own."""
    reviews = actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}
    managing = actor.institution_id if reviews else None
    names = institution.names_on(db, clock.today())
    rows = tuple(
        ListRow(one, its, names[its.institution_id].short_name, CHANGE_NAMES[ChangeKind(one.kind)], changing.said(one), _tag(one), _due(db, one))
        for one, its in loan_change.recent(db, managing)
    )  # fmt: skip
    return page(
        request, "pages/loan/changes.html", frame=frame(request, db, actor, "changes"), rows=rows, columns=COLUMNS,
        waiting=sum(row.change.verdict is None for row in rows),
    )  # fmt: skip


@router.get("/loans/{loan_id}")
def show(
    request: Request, db: Db, actor: CurrentActor, loan: SeenLoan, do: str = "", done: str = ""
) -> HTMLResponse:
    """The loan; `do` opens the form of a kind of change."""
    kind = next((one for one in ChangeKind if one.value == do), None)
    return loan_page(request, db, actor, loan, kind=kind, done=done)


@router.post("/loans/{loan_id}/changes/{kind}")
def propose(
    request: Request, db: Db, actor: CurrentActor, loan: SeenLoan, kind: ChangeKind, posted: Posted
) -> Response:
    """Register a change."""
    typed = text_of(posted)
    if kind is ChangeKind.CORRECTION:  # an empty box of a tick is a no
        typed = dict.fromkeys(change_forms.corrigible(Board(loan.board)), "") | typed
    try:
        handed = handing_in.hand_in(db, actor, matters.change(loan, kind, typed))
    except InvalidError as error:
        return loan_page(request, db, actor, loan, kind=kind, typed=typed, faults=error.faults)
    return RedirectResponse(sent(handed) if handed.waiting else f"/loans/{loan.id}?done=registered", 303)


@router.post("/loans/{loan_id}/changes/{change_id}/decide")
def decide(
    request: Request, db: Db, actor: CurrentActor, loan: SeenLoan, change_id: int,
    verdict: Annotated[str, Form()] = "", note: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Confirm, reject or withdraw."""
    chosen = policy_layout.verdict_of(verdict)
    if change_of(db, loan, change_id) is None:
        raise Refused(422, "请选择确认、不同意或撤回。")
    try:
        changing.decide(db, actor, change_id, chosen, note)
    except InvalidError as error:
        note_ = Note("late", "没有办成。", error.faults[0].message, alert=True)
        return loan_page(request, db, actor, loan, notes=(note_,))
    return RedirectResponse(f"/loans/{loan.id}?done={chosen.value}", 303)


@router.post("/loans/{loan_id}/changes/{change_id}/warn")
def warn(
    request: Request, db: Db, actor: CurrentActor, loan: SeenLoan, change_id: int, posted: Posted
) -> Response:
    """Send the letter of warning (风险提示函) about an anomaly."""
    if change_of(db, loan, change_id) is None:
        raise Refused(404, "没有找到这项异常情况。")
    typed = text_of(posted)
    given = {name: typed.get(name, "") for name in change_forms.WarningForm.model_fields}
    try:
        warning.warn(db, actor, change_id, given)
    except InvalidError as error:
        return loan_page(request, db, actor, loan, letter=(change_id, given, by_field(error.faults)))
    return RedirectResponse(f"/loans/{loan.id}?done=warned", 303)


def loan_page(
    request: Request,
    db: Session,
    actor: Actor,
    loan: Loan,
    *,
    kind: ChangeKind | None = None,
    typed: Mapping[str, str] | None = None,
    faults: tuple[FieldFault, ...] = (),
    notes: tuple[Note, ...] = (),
    done: str = "",
    letter: loan_warning.Typed | None = None,
) -> HTMLResponse:
    """The page, with what was typed with faults: a change, a letter of warning or the answer to one."""
    changes = loan_change.of_loan(db, loan.id or 0)
    claimed = on_loan(db, loan.id or 0)
    open_ = {change.kind == ChangeKind.ANOMALY for change in changes if change.verdict is None}
    kinds = tuple(
        k
        for k in ChangeKind
        if (k is ChangeKind.ANOMALY) not in open_ and not (claimed and k is ChangeKind.CORRECTION)
    )
    kinds = kinds if _may_register(actor, loan) else ()
    chosen = kind if kind in kinds else None
    told = (Note("ok", "", SAID[done]),) if done in SAID else ()
    return page(
        request,
        "pages/loan/show.html",
        status=422 if faults or notes or letter else 200,
        frame=frame(request, db, actor, "cases"),
        notes=(*notes, *told),
        loan=loan,
        case=db.get_one(CaseRecord, loan.case_id),
        claim=db.get_one(CaseRecord, claimed.case_id) if claimed else None,
        tag=Tag(
            LOAN_STATE_NAMES[LoanState(loan.state)], "ok" if loan.state == LoanState.REGISTERED else "idle"
        ),
        facts=_facts(loan, changes),
        changes=_views(db, actor, loan, changes, letter),
        tabs=tuple(Tab(CHANGE_NAMES[k], f"?do={k.value}#register", current=k is chosen) for k in kinds),
        kind=chosen,
        fields=_fields(loan, chosen, typed, by_field(faults)) if chosen else (),
    )


def _may_register(actor: Actor, loan: Loan) -> bool:
    own = loan.institution_id == actor.institution_id and loan.state == LoanState.REGISTERED
    return own and bool(may_file(actor, Board(loan.board)))


def _facts(loan: Loan, changes: Sequence[LoanChange]) -> tuple[Fact, ...]:
    due, left = loan_change.maturity(loan, changes), loan_change.outstanding(loan, changes)
    more = [Fact("备案号", loan.filing_number or "—", num=True)]
    if due != loan.due_on:
        more.append(Fact("展期后到期", day(due), num=True))
    if left != loan.principal:
        more.append(Fact("扣除提前还款后本金", f"{yuan(left)} 元", num=True))
    return (*loan_facts(loan), *more)


def _views(
    db: Session, actor: Actor, loan: Loan, every: Sequence[LoanChange], letter: loan_warning.Typed | None
) -> tuple[ChangeView, ...]:
    ids = sorted({i for one in every for i in (one.proposed_by, one.decided_by) if i})
    who = person.names(db, ids)
    keys = [one.id or 0 for one in every]
    papers = document.of_changes(db, keys)
    owed, answered = warning_reply.of_changes(db, keys), warning_reply.files_of(db, keys)
    managing = db.get_one(CaseRecord, loan.case_id).managing_institution_id
    found = []
    for one in reversed(every):
        proposer = who.get(one.proposed_by, "")
        deciding = None
        its = tuple(paper for paper in papers if paper.loan_change_id == one.id)

        def may(actor: Actor, by: int, name: str) -> Verdict:
            return may_decide_loan_change(actor, managing, loan.institution_id, by, name)

        if one.verdict is None:
            action = f"/loans/{loan.id}/changes/{one.id}/decide"
            deciding = policy_layout.deciding(actor, action, one.proposed_by, proposer, may)
        found.append(
            ChangeView(
                one, CHANGE_NAMES[ChangeKind(one.kind)], changing.said(one),
                tuple((what, before or "（空）", after or "（空）") for what, before, after in change_forms.corrected(Board(loan.board), one)),
                _tag(one), f"{proposer} {stamp(one.proposed_at)}",
                policy_layout.decided(one.verdict, who.get(one.decided_by or 0, ""), one.decided_at, one.note),
                changing.foreseen(db, one) if one.verdict is None and actor.watches_all else (),
                _due(db, one), deciding,
                its,
                loan_warning.fields(one, its, letter) if may(actor, one.proposed_by, proposer) else (),
                loan_warning.reply(
                    db, one.loan_id, owed.get(one.id or 0), answered.get(one.id or 0, ()), its,
                    may=_may_register(actor, loan), typed=letter,
                ),
            )
        )  # fmt: skip
    return tuple(found)


def _due(db: Session, change: LoanChange) -> str:
    """Until when it is to be reviewed; 暂定 across a year whose working days are not published."""
    since = clock.local(change.proposed_at).date()
    open_ = working_calendar(db).working_days_between(since, change.due_on).provisional
    return f"{day(change.due_on)}{'（暂定）' if open_ else ''}"


def _tag(change: LoanChange) -> Tag:
    if change.verdict is None:
        late = change.due_on < clock.today()
        return Tag("待确认，已逾期" if late else "待确认", "late" if late else "soon")
    return Tag(VERDICT_NAMES[change.verdict], TONES[change.verdict])


def _fields(
    loan: Loan, kind: ChangeKind, typed: Mapping[str, str] | None, errors: Mapping[str, str]
) -> tuple[FieldView, ...]:
    form = change_forms.FORMS[kind]
    names = sorted(
        form.model_fields, key=("reason", "document").__contains__
    )  # what changed, then what it rests on
    given = dict(typed or {})
    views: tuple[FieldView, ...] = ()
    if kind is ChangeKind.CORRECTION:
        board = Board(loan.board)
        given = given or change_forms.as_typed(loan_form(board), loan)
        views = field_views(loan_form(board), change_forms.corrigible(board), given, errors)
    return (*views, *field_views(form, names, given, errors))
