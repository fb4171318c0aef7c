"""备案 for those who file: loans one after another into a draft, checked as they come, then one submission."""

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
    Posted,
    board_of,
    by_field,
    check_findings,
    field_views,
    slot_views,
    stage_uploads,
    text_of,
    wrong_fields,
)
from api.pages.form_views import DialogView, FieldView
from api.pages.layout import frame
from api.pages.render import fragment, page, yuan
from api.pages.views import Note, Tag
from flows.actions import drafting, filing
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms import loan_form, read_filing
from flows.actions.typed import attempt
from models.lifecycle import BOARD_NAMES, Board
from models.permissions import Actor
from models.policy.lines import Check, Result
from models.policy.materials import FILING_SLOTS
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
    does, place = typed.pop("do", "submit"), _place(typed.pop("place", ""), len(_loans(draft)))
    if does == "discard":
        drafting.discard(db, draft)
        return RedirectResponse("/bank", 303)
    if does.startswith("remove:"):
        gone = _place(does.removeprefix("remove:"), len(_loans(draft)))
        drafting.keep(draft, loans=[x for n, x in enumerate(_loans(draft)) if n != gone])
        return RedirectResponse(ADDRESS, 303)
    refused = stage_uploads(db, draft, posted, FILING_SLOTS[board_of(actor)])
    faults = _keep_loan(db, actor, draft, typed, place) if does == "save" or _written(typed) else ()
    if faults or refused:
        return _page(request, db, actor, draft, typed=typed, place=place, faults=(*faults, *refused))
    if does == "save":
        return RedirectResponse(f"{ADDRESS}#loans", 303)
    try:
        form = read_filing(board_of(actor), _loans(draft))
        record = filing.submit(db, actor, form, drafting.staged(db, draft))
    except InvalidError as error:
        at, faults = _first_loan(error.faults)
        shown = _loans(draft)[at] if at is not None else {}
        return _page(request, db, actor, draft, typed=shown, place=at, faults=faults)
    drafting.discard(db, draft)
    return RedirectResponse(f"/bank/cases/{record.number}/sent", 303)


@router.post("/new/materials/{slot}")
def upload(request: Request, db: Db, actor: Applicant, posted: Posted, slot: str) -> HTMLResponse:
    """One file as soon as it is chosen; the list of materials comes back."""
    draft = drafting.open_draft(db, actor, DraftKind.FILING)
    slots = FILING_SLOTS[board_of(actor)]
    faults = stage_uploads(db, draft, posted, [one for one in slots if one.key == slot])
    views = slot_views(db, slots, draft, by_field(faults), upload_base=ADDRESS)
    said = faults[0].message if faults else "已上传。"
    return fragment(request, "pages/bank/slots.html", slots=views, announce=said)


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
        wrong=wrong_fields(form, faults),
        slots=slot_views(db, FILING_SLOTS[board], draft, errors, upload_base=ADDRESS),
        saved=draft.updated_at,
        dialogs=(_confirm(rows, total), _discard(len(rows))),
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


def _discard(count: int) -> DialogView:
    return DialogView(
        "discard",
        "清空这份草稿",
        f"草稿中的 {count} 笔贷款、正在填写的内容和已上传的附件都会删除，不能恢复。",
        "清空草稿",
        action=ADDRESS,
        negative=True,
        fields=(FieldView("", "do", "discard", type="hidden"),),
    )


def _loans(draft: Draft) -> list[dict[str, str]]:
    return list(draft.data.get("loans", []))


def _written(typed: dict[str, Any]) -> bool:
    """Whether somebody has begun to write a loan that is not in the draft yet."""
    return any(
        typed.get(name) for name in ("uscc", "firm_name", "contract_number", "receipt_number", "principal")
    )


def _place(raw: str, count: int) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 5 and int(raw) < count else None


def _first_loan(faults: tuple[FieldFault, ...]) -> tuple[int | None, tuple[FieldFault, ...]]:
    """The first loan that has faults, and its faults; None for a fault of the whole."""
    parts = faults[0].field.split(".")
    if len(parts) < 3 or parts[0] != "loans":
        return None, faults
    prefix = f"loans.{parts[1]}."
    return int(parts[1]), tuple(
        FieldFault(f.field.removeprefix(prefix), f.message) for f in faults if f.field.startswith(prefix)
    )
