"""备案 for those who file: loans one after another into a draft, checked as they come, then one submission."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.pages.bank_forms import (
    FIRM,
    GUARANTEE,
    LOAN,
    Applicant,
    Finding,
    after_upload,
    board_of,
    check_findings,
    field_views,
    slot_views,
    stage_uploads,
    submitted,
    text_of,
    wrong_fields,
)
from api.pages.form_views import DialogView, FieldView
from api.pages.layout import frame
from api.pages.posted import Posted, by_field, whole
from api.pages.render import page, yuan
from api.pages.views import Note, Tag
from flows.actions.applications import drafting, filing
from flows.actions.attaching import Stored
from flows.actions.errors import FieldFault
from flows.actions.forms.application_forms import loan_form, read_filing
from flows.actions.maker_checker import matters
from flows.actions.maker_checker.matter import Matter
from flows.actions.typed import attempt
from models import clock
from models.lifecycle import BOARD_NAMES, Board
from models.permissions import Actor
from models.policy.lines import Check, Result
from models.policy.materials import FILING_SLOTS
from models.records import institution
from models.records.draft import Draft, DraftKind

router = APIRouter(prefix="/bank/filings")
ADDRESS = "/bank/filings/new"


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan of the draft: its place, what it is, what the checks say of it."""

    place: int
    firm: str
    receipt: str
    principal: Decimal | None
    tag: Tag
    current: bool
    findings: tuple[Finding, ...]


@router.get("/new")
def new(request: Request, db: Db, actor: Applicant, loan: int = -1) -> HTMLResponse:
    """The draft with its loans; `loan` opens one of them (from 0) for changes."""
    draft = drafting.open_draft(db, actor, DraftKind.FILING)
    loans = _loans(draft)
    if 0 <= loan < len(loans):
        return _page(request, db, actor, draft, typed=loans[loan], place=loan)
    return _page(request, db, actor, draft, typed=draft.data.get("typed", {}))


@router.post("/new")
def change(request: Request, db: Db, actor: Applicant, posted: Posted) -> Response:
    """One button each: keep the loan, take one out, throw the draft away, or submit everything."""
    draft = drafting.open_draft(db, actor, DraftKind.FILING)
    typed = text_of(posted)
    does, shown, named = typed.pop("do", "submit"), typed.pop("version", ""), typed.pop("place", "")
    if words := _outdated(draft, does, shown, named):
        kept = typed if _written(typed) else draft.data.get("typed", {})
        drafting.keep(draft, typed=kept)  # as a loan to add
        return _page(request, db, actor, draft, typed=kept, faults=(FieldFault("loans", words),))
    place = _place(named, len(_loans(draft)))
    if does == "discard" or does.startswith("remove:"):
        return _taken_out(request, db, actor, draft, does, typed, place)
    refused = stage_uploads(db, draft, posted, FILING_SLOTS[board_of(actor)])
    faults = _strange(db, actor, typed)
    if not faults and (does == "save" or _written(typed)):
        faults = _keep_loan(db, actor, draft, typed, place)
    if faults or refused:
        return _page(request, db, actor, draft, typed=typed, place=place, faults=(*faults, *refused))
    if does == "save":
        return RedirectResponse(f"{ADDRESS}#loans", 303)

    def submission(files: Sequence[Stored]) -> Matter:
        return matters.file(read_filing(board_of(actor), _loans(draft)), files)

    def again(faults: tuple[FieldFault, ...]) -> Response:
        at, of_loan = _first_loan(faults)
        wrong = _loans(draft)[at] if at is not None else {}
        return _page(request, db, actor, draft, typed=wrong, place=at, faults=of_loan)

    return submitted(db, actor, draft, submission, again)


@router.post("/new/materials/{slot}")
def upload(request: Request, db: Db, actor: Applicant, posted: Posted, slot: str) -> HTMLResponse:
    """One file as soon as it is chosen; the list of materials comes back."""
    draft = drafting.open_draft(db, actor, DraftKind.FILING)
    slots = FILING_SLOTS[board_of(actor)]
    faults = stage_uploads(db, draft, posted, [one for one in slots if one.key == slot])
    views = slot_views(db, slots, draft, by_field(faults), upload_base=ADDRESS)
    return after_upload(request, views, faults)


def _outdated(draft: Draft, does: str, shown: str, named: str) -> str:
    """Why nothing is done: the person would change or file loans they do not see. "" if they see what there is."""
    adds = does == "save" and not named  # one loan more changes none that is seen
    if not shown or shown == drafting.version(draft) or adds:
        return ""
    if shown.partition(".")[0] != str(draft.id):
        return "这份备案已经提交，或草稿已清空，刚才的操作没有执行。已提交的备案在首页“最近备案”。"
    return "这份草稿在另一个窗口改过，刚才的操作没有执行。下面是最新内容，请核对后再操作。"


def _taken_out(
    request: Request,
    db: Session,
    actor: Actor,
    draft: Draft,
    does: str,
    typed: dict[str, str],
    place: int | None,
) -> Response:
    """Throw the draft away, or take one loan out of it; what is being typed about another loan stays."""
    if does == "discard":
        drafting.discard(db, draft)
        return RedirectResponse("/bank", 303)
    gone = _place(does.removeprefix("remove:"), len(_loans(draft)))
    loans = [x for n, x in enumerate(_loans(draft)) if n != gone]
    drafting.keep(draft, loans=loans, typed=typed if place is None else draft.data.get("typed", {}))
    if place is None or gone is None or place == gone:
        return RedirectResponse(ADDRESS, 303)
    return _page(request, db, actor, draft, typed=typed, place=place - (gone < place))


def _strange(db: Session, actor: Actor, typed: dict[str, str]) -> tuple[FieldFault, ...]:
    """A form that asks for more than this page does, say for another institution, is refused, not half understood."""
    board = board_of(actor)
    if not typed.keys() - loan_form(board).model_fields.keys():
        return ()
    own = institution.name_on(db, actor.institution_id, clock.today()).short_name
    words = f"表单里有本页没有的栏目，没有提交。只能为本单位（{own}，{BOARD_NAMES[board]}）申报；请重新打开“新增备案”填写。"
    return (FieldFault("loans", words),)


def _keep_loan(
    db: Session, actor: Actor, draft: Draft, typed: dict[str, str], place: int | None
) -> tuple[FieldFault, ...]:
    """Put the typed loan into the draft, in place or at its end; if it has faults it stays in the form."""
    loans = _loans(draft)
    form, faults = attempt(loan_form(board_of(actor)), typed)
    if form is not None:
        others = [other for n, other in enumerate(loans) if n != place]
        read = [attempt(loan_form(board_of(actor)), other)[0] for other in others]
        known = [other for other in read if other is not None]
        found = filing.duplicates(db, actor.institution_id, [*known, form])
        faults = tuple(
            FieldFault("receipt_number", f.message)
            for f in found
            if f.field.startswith(f"loans.{len(known)}.")
        )
    if faults:
        drafting.keep(draft, typed=typed if place is None else {})
        return faults
    if place is None:
        loans.append(typed)
    else:
        loans[place] = typed
    drafting.keep(draft, loans=loans, typed={})
    return ()


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    draft: Draft,
    *,
    typed: dict[str, str],
    place: int | None = None,
    faults: tuple[FieldFault, ...] = (),
) -> HTMLResponse:
    board, loans = board_of(actor), _loans(draft)
    form, errors = loan_form(board), by_field(faults)
    rows = tuple(_row(db, actor, n, loan, n == place) for n, loan in enumerate(loans))
    total = sum((row.principal for row in rows if row.principal is not None), Decimal("0.00"))
    named = [f for f in faults if f.field not in form.model_fields and not f.field.startswith("materials.")]
    return page(
        request,
        "pages/bank/filing.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "home"),
        board=BOARD_NAMES[board],
        rows=rows,
        total=total,
        place=place,
        address=ADDRESS,
        firm=field_views(form, FIRM, typed, errors),
        loan=field_views(form, LOAN, typed, errors),
        guarantee=field_views(form, GUARANTEE, typed, errors) if board == Board.GUARANTEE else (),
        wrong=wrong_fields(form, [f for f in faults if f not in named]),
        slots=slot_views(db, FILING_SLOTS[board], draft, errors, upload_base=ADDRESS),
        saved=draft.updated_at,
        version=drafting.version(draft),
        dialogs=(_confirm(rows, total), _discard(len(rows), drafting.version(draft))),
        notes=tuple(Note("late", f.message, alert=True) for f in named),
    )


def _row(db: Session, actor: Actor, place: int, typed: dict[str, str], current: bool) -> LoanRow:
    form, _ = attempt(loan_form(board_of(actor)), typed)
    checks = filing.preview(db, board_of(actor), actor.institution_id, form) if form else ()
    return LoanRow(
        place,
        typed.get("firm_name", ""),
        typed.get("receipt_number", ""),
        form.principal if form else None,
        _tag(checks) if form else Tag("须改", "late", "x"),
        current,
        check_findings(checks, f"{ADDRESS}?loan={place}"),
    )


def _tag(checks: tuple[Check, ...]) -> Tag:
    counts = {result: sum(c.result is result for c in checks) for result in Result}
    if counts[Result.FAIL]:
        return Tag(f"{counts[Result.FAIL]} 项不符", "late", "x")
    if counts[Result.LOOK]:
        return Tag(f"{counts[Result.LOOK]} 项需人工", "soon", "eye")
    return Tag(f"{counts[Result.PASS]} 项通过", "ok", "check")


def _confirm(rows: tuple[LoanRow, ...], total: Decimal) -> DialogView:
    bad = sum(row.tag.tone == "late" for row in rows)
    facts = (f"其中 {bad} 笔有不符项，审核时可能被剔除或退回补正。",) if bad else ()
    return DialogView(
        "confirm",
        f"提交 {len(rows) or 1} 笔备案",
        f"本金合计 {yuan(total)} 元。提交后不能自行修改；退回补正时可以更正，备案登记前可以撤回。",
        "提交备案",
        form="filing",
        facts=facts,
    )


def _discard(count: int, version: str) -> DialogView:
    return DialogView(
        "discard",
        "清空这份草稿",
        f"草稿中的 {count} 笔贷款、正在填写的内容和已上传的附件都会删除，不能恢复。",
        "清空草稿",
        action=ADDRESS,
        negative=True,
        fields=(
            FieldView("", "do", "discard", type="hidden"),
            FieldView("", "version", version, type="hidden"),
        ),
    )


def _loans(draft: Draft) -> list[dict[str, str]]:
    return list(draft.data.get("loans", []))


def _written(typed: dict[str, Any]) -> bool:
    """Whether somebody has begun to write a loan that is not in the draft yet."""
    return any(
        typed.get(name) for name in ("uscc", "firm_name", "contract_number", "receipt_number", "principal")
    )


def _place(raw: str, count: int) -> int | None:
    place = whole(raw, 4)
    return place if place is not None and place < count else None


def _first_loan(faults: tuple[FieldFault, ...]) -> tuple[int | None, tuple[FieldFault, ...]]:
    """The first loan that has faults, and its faults; None for a fault of the whole."""
    parts = faults[0].field.split(".")
    if len(parts) < 3 or parts[0] != "loans":
        return None, faults
    prefix = f"loans.{parts[1]}."
    return int(parts[1]), tuple(
        FieldFault(f.field.removeprefix(prefix), f.message) for f in faults if f.field.startswith(prefix)
    )
