"""补正: what was returned, at the top; below it the fields and materials it names, open; the rest read-only and folded."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.pages import bank_returned, recovery_sheet
from api.pages.bank_forms import (
    FIRM,
    GUARANTEE,
    LOAN,
    Applicant,
    OwnCase,
    after_upload,
    field_views,
    sent,
    slot_views,
    stage_uploads,
    text_of,
    typed_from,
    wrong_fields,
)
from api.pages.bank_loss import confirmed, files_of, sheet
from api.pages.bank_recovery import correction
from api.pages.bank_returned import OPEN, LoanRow, focus, merged
from api.pages.form_views import DialogView, FieldView, SlotView
from api.pages.layout import frame
from api.pages.posted import Posted, by_field, whole
from api.pages.render import page, yuan
from flows.actions.answers import pointing
from flows.actions.applications import correcting, drafting
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms.application_forms import LoanForm, claim_form, loan_form, read_claim, read_loan
from flows.actions.forms.recovery_forms import nested, read_recovery
from flows.actions.maker_checker import handing_in, matters
from flows.steps import papers
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.policy.materials import SLOTS, Slot
from models.records.case import CaseRecord
from models.records.claim import of_case as claim_of
from models.records.draft import Draft, DraftKind, find
from models.records.loan import Loan
from models.records.loan import of_case as loans_of

router = APIRouter(prefix="/bank/cases")
MOST_OPENED = 200
"""Places opened on purpose that a draft remembers."""


@router.get("/{number}/correct")
def correct(request: Request, db: Db, actor: Applicant, case: OwnCase, loan: int = 0) -> HTMLResponse:
    """The returned case; `loan` is the one of a filing that is open for changes."""
    correcting.open_task(db, actor, case.number, Process(case.process))
    return _page(request, db, actor, case, chosen=loan)


@router.post("/{number}/correct")
def resubmit(request: Request, db: Db, actor: Applicant, case: OwnCase, posted: Posted) -> Response:
    """Keep what was changed, or submit again."""
    correcting.open_task(db, actor, case.number, Process(case.process))
    typed = text_of(posted)
    does, note = typed.pop("do", "submit"), typed.pop("note", "")
    chosen, shown = _number(typed.pop("loan", "")), typed.pop("open", None)
    draft = drafting.open_draft(db, actor, DraftKind.CORRECTION, case.number)
    faults = tuple(stage_uploads(db, draft, posted, _slots(case)))
    _keep(db, case, draft, chosen, merged(_stands(db, case, draft, chosen), typed, shown), note)
    if faults:
        return _page(request, db, actor, case, chosen=chosen, faults=faults)
    if case.process == Process.CLAIM and (does == "save" or does.startswith("confirm:")):
        held = files_of(db, draft, case.id or 0)
        papers.read(db, held)
        if does != "save":
            drafting.keep(draft, looked=confirmed(draft, does.removeprefix("confirm:"), held))
            does = "save"
    if does == "save" or does.startswith(OPEN):
        suffix = f"?loan={chosen}" if chosen else ""
        return RedirectResponse(f"/bank/cases/{case.number}/correct{suffix}{_open(draft, chosen, does)}", 303)
    at = chosen
    try:
        files = drafting.staged(db, draft)
        if case.process == Process.CLAIM:
            form = read_claim(Board(case.board), draft.data["typed"])
            matter = matters.correct_claim(case, form, files, note)
        elif case.process == Process.RECOVERY:
            matter = matters.correct_recovery(case, read_recovery(nested(draft.data["typed"])), files, note)
        else:
            changed: dict[int, LoanForm] = {}
            for key, words in draft.data.get("loans", {}).items():
                at = int(key)
                changed[at] = read_loan(Board(case.board), words)
            at = chosen
            matter = matters.correct_filing(case, changed, files, note)
        handed = handing_in.hand_in(db, actor, matter)
    except InvalidError as error:
        return _page(request, db, actor, case, chosen=at, faults=_of_loan(error.faults, at))
    drafting.discard(db, draft)
    return RedirectResponse(sent(handed), 303)


@router.post("/{number}/correct/materials/{slot}")
def upload(
    request: Request, db: Db, actor: Applicant, case: OwnCase, posted: Posted, slot: str
) -> HTMLResponse:
    """One file as soon as it is chosen; the list of materials comes back."""
    correcting.open_task(db, actor, case.number, Process(case.process))
    draft = drafting.open_draft(db, actor, DraftKind.CORRECTION, case.number)
    faults = stage_uploads(db, draft, posted, [one for one in _slots(case) if one.key == slot])
    seen = focus(pointing.returned(db, case), draft, faults)
    views = seen.slots(_slot_views(db, case, draft, by_field(faults)))
    return after_upload(request, views, faults)


def _slot_views(
    db: Session, case: CaseRecord, draft: Draft | None, errors: dict[str, str]
) -> tuple[SlotView, ...]:
    base = f"/bank/cases/{case.number}/correct"
    return slot_views(db, _slots(case), draft, errors, upload_base=base, case_id=case.id or 0)


def _stands(db: Session, case: CaseRecord, draft: Draft | None, chosen: int) -> dict[str, str]:
    """The application as it would be typed: as this draft has it, else as it was submitted; of a filing, one loan."""
    kept = draft.data if draft else {}
    if case.process == Process.FILING:
        row = next((row for row in loans_of(db, case.id or 0) if row.id == chosen), None)
        stands = typed_from(loan_form(Board(case.board)), row) if row else {}
        return dict(kept.get("loans", {}).get(str(chosen)) or stands)
    if case.process == Process.RECOVERY:
        return dict(kept.get("typed") or recovery_sheet.flat(db, case))
    return dict(kept.get("typed") or typed_from(claim_form(Board(case.board)), claim_of(db, case.id or 0)))


def _open(draft: Draft, chosen: int, does: str) -> str:
    """Open a place on purpose; the part of the address that leads to it."""
    name = does.removeprefix(OPEN) if does.startswith(OPEN) else ""
    if not name:
        return ""
    place = f"loans.{chosen}.{name}" if chosen and not name.startswith("materials.") else name
    drafting.keep(draft, opened=sorted({*(draft.data.get("opened") or ()), place[:80]})[:MOST_OPENED])
    return f"#{bank_returned.anchor(name)}"


def _keep(db: Session, case: CaseRecord, draft: Draft, chosen: int, typed: dict[str, str], note: str) -> None:
    if case.process != Process.FILING:
        drafting.keep(draft, typed=typed, note=note)
        return
    loans = dict(draft.data.get("loans", {}))
    if any(row.id == chosen for row in loans_of(db, case.id or 0)):
        loans[str(chosen)] = typed
    drafting.keep(draft, loans=loans, note=note)


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    case: CaseRecord,
    *,
    chosen: int = 0,
    faults: tuple[FieldFault, ...] = (),
) -> HTMLResponse:
    draft = find(db, actor.person_id, DraftKind.CORRECTION, case.number)
    back, action = pointing.returned(db, case), f"/bank/cases/{case.number}/correct"
    shared: dict[str, Any] = {
        "frame": frame(request, db, actor, "home"),
        "subject": case.subject,
        "action": action,
        "returned": bank_returned.listed(db, case, back, action),
        "back": back,
        "saved": draft.updated_at if draft else None,
        "note_field": _note(draft, by_field(faults)),
        "dialogs": (_confirm(case),),
    }
    if case.process == Process.RECOVERY:
        return correction(request, db, case, draft, faults, shared)
    show = _claim if case.process == Process.CLAIM else _filing
    return show(request, db, actor, case, draft, chosen, faults, shared)


def _claim(
    request: Request,
    db: Session,
    actor: Actor,
    case: CaseRecord,
    draft: Draft | None,
    chosen: int,
    faults: tuple[FieldFault, ...],
    shared: dict[str, Any],
) -> HTMLResponse:
    whole = sheet(
        db,
        actor,
        db.get_one(Loan, claim_of(db, case.id or 0).loan_id),
        typed=_stands(db, case, draft, 0),
        draft=draft,
        faults=faults,
        base=f"/bank/cases/{case.number}/correct",
        case_id=case.id or 0,
    )
    seen = focus(shared.pop("back"), draft, faults)
    every = (*whole.loss, *whole.words, *whole.account)
    loss, words, account = map(seen.fields, (whole.loss, whole.words, whole.account))
    view = replace(whole, loss=loss, words=words, account=account, slots=seen.slots(whole.slots))
    parts = {"loss": view.loss or view.words, "account": view.account, "slots": view.slots}
    return page(
        request,
        "pages/bank/claim.html",
        status=422 if faults else 200,
        view=replace(view, findings=seen.findings(whole.findings, every, parts, whole.slots)),
        kept=seen.kept(every, whole.slots),
        shown=seen.names(every),
        heading=f"补正 {case.number}",
        about=f"申请补偿 {yuan(case.amount)} 元",
        steps=(),
        **shared,
    )


def _filing(
    request: Request,
    db: Session,
    actor: Actor,
    case: CaseRecord,
    draft: Draft | None,
    chosen: int,
    faults: tuple[FieldFault, ...],
    shared: dict[str, Any],
) -> HTMLResponse:
    board, rows, back = Board(case.board), loans_of(db, case.id or 0), shared.pop("back")
    kept: dict[str, dict[str, str]] = draft.data.get("loans", {}) if draft else {}
    of_all = not back.points or any(not name.startswith(("loans.", "materials.")) for name in back.points)
    named = {r.id for r in rows} if of_all else back.loans
    row = next((r for r in rows if r.id == chosen), next((r for r in rows if r.id in named), rows[0]))
    form, errors = loan_form(board), by_field(faults)
    typed, seen = _stands(db, case, draft, row.id or 0), focus(back, draft, faults, row.id or 0)
    groups = {"firm": FIRM, "loan": LOAN, "guarantee": GUARANTEE if board == Board.GUARANTEE else ()}
    views = {group: field_views(form, names, typed, errors) for group, names in groups.items()}
    every = tuple(view for group in views.values() for view in group)
    slots = _slot_views(db, case, draft, errors)
    return page(
        request,
        "pages/bank/correct.html",
        status=422 if faults else 200,
        case=case,
        rows=tuple(LoanRow.of(r, r.id == row.id, r.id in named, str(r.id) in kept) for r in rows),
        current=row,
        firm=seen.fields(views["firm"]),
        loan=seen.fields(views["loan"]),
        guarantee=seen.fields(views["guarantee"]),
        wrong=wrong_fields(form, faults),
        slots=seen.slots(slots),
        kept=seen.kept(every, slots),
        shown=seen.names(every),
        **shared,
    )


def _note(draft: Draft | None, errors: dict[str, str]) -> FieldView:
    return FieldView(
        "补正说明",
        "note",
        str(draft.data.get("note", "")) if draft else "",
        errors.get("note", ""),
        "没有改动，或改了没有退回的内容时必填：写明理由",
        "textarea",
        maxlength=1000,
    )


def _confirm(case: CaseRecord) -> DialogView:
    return DialogView(
        "confirm",
        f"重新提交 {case.number}",
        "请确认退回的问题已逐项处理。提交后恢复计时，回到原审核环节；改动会逐项显示给审核人。",
        "重新提交",
        form=case.process.value,
    )


def _slots(case: CaseRecord) -> tuple[Slot, ...]:
    if case.process == Process.RECOVERY:
        return recovery_sheet.slots_of(Board(case.board))
    return SLOTS[case.process][Board(case.board)]


def _of_loan(faults: tuple[FieldFault, ...], loan_id: int) -> tuple[FieldFault, ...]:
    return tuple(FieldFault(f.field.removeprefix(f"loans.{loan_id}."), f.message) for f in faults)


def _number(raw: str) -> int:
    return whole(raw) or 0
