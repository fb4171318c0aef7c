"""补正: what was returned, at the top; below it the loans, the claim or the recovery to put right; one button to submit again."""

import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.pages import recovery_sheet
from api.pages.bank_forms import (
    FIRM,
    GUARANTEE,
    LOAN,
    Applicant,
    Finding,
    OwnCase,
    Posted,
    by_field,
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
from api.pages.form_views import DialogView, FieldView
from api.pages.layout import frame
from api.pages.render import fragment, page, yuan
from api.pages.task_facts import clause_view
from api.pages.views import Tag
from flows.actions import correcting, drafting, handing_in, matters
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms import LoanForm, claim_form, loan_form, read_claim, read_loan
from flows.actions.recovery_forms import nested, read_recovery
from flows.steps import papers
from flows.steps.document_filing import faults as listed_faults
from flows.steps.document_filing import returned_entry
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.policy.materials import FILING_SLOTS, SLOTS, Slot
from models.records.case import CaseRecord, JournalEntry
from models.records.claim import of_case as claim_of
from models.records.draft import Draft, DraftKind, find
from models.records.loan import Loan
from models.records.loan import of_case as loans_of

router = APIRouter(prefix="/bank/cases")
_ITEM = re.compile(r"第\s?(\d{1,5})\s?笔")


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan of the returned filing."""

    id: int
    item: int
    firm: str
    receipt: str
    tag: Tag | None
    current: bool
    returned: bool


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
    chosen = _number(typed.pop("loan", ""))
    draft = drafting.open_draft(db, actor, DraftKind.CORRECTION, case.number)
    faults = tuple(stage_uploads(db, draft, posted, _slots(case)))
    _keep(db, case, draft, chosen, typed, note)
    if faults:
        return _page(request, db, actor, case, chosen=chosen, faults=faults)
    if case.process == Process.CLAIM and (does == "save" or does.startswith("confirm:")):
        held = files_of(db, draft, case.id or 0)
        papers.read(db, held)
        if does != "save":
            drafting.keep(draft, looked=confirmed(draft, does.removeprefix("confirm:"), held))
            does = "save"
    if does == "save":
        suffix = f"?loan={chosen}" if chosen else ""
        return RedirectResponse(f"/bank/cases/{case.number}/correct{suffix}", 303)
    at = chosen
    try:
        files = drafting.staged(db, draft)
        if case.process == Process.CLAIM:
            matter = matters.correct_claim(case, read_claim(Board(case.board), typed), files, note)
        elif case.process == Process.RECOVERY:
            matter = matters.correct_recovery(case, read_recovery(nested(typed)), files, note)
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
    base = f"/bank/cases/{case.number}/correct"
    views = slot_views(db, _slots(case), draft, by_field(faults), upload_base=base, case_id=case.id or 0)
    said = faults[0].message if faults else "已上传。"
    return fragment(request, "pages/bank/slots.html", slots=views, announce=said)


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
    entry = returned_entry(db, case.id or 0)
    shared: dict[str, Any] = {
        "frame": frame(request, db, actor, "home"),
        "subject": case.subject,
        "action": f"/bank/cases/{case.number}/correct",
        "returned": _returned(entry),
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
    claim = claim_of(db, case.id or 0)
    kept = draft.data.get("typed") if draft else None
    view = sheet(
        db,
        actor,
        db.get_one(Loan, claim.loan_id),
        typed=kept or typed_from(claim_form(Board(case.board)), claim),
        draft=draft,
        faults=faults,
        base=f"/bank/cases/{case.number}/correct",
        case_id=case.id or 0,
    )
    return page(
        request,
        "pages/bank/claim.html",
        status=422 if faults else 200,
        view=view,
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
    board, rows = Board(case.board), loans_of(db, case.id or 0)
    kept: dict[str, dict[str, str]] = draft.data.get("loans", {}) if draft else {}
    named = _named(shared["returned"]) & {r.item for r in rows} or {r.item for r in rows}
    row = next((r for r in rows if r.id == chosen), next(r for r in rows if r.item in named))
    form, errors = loan_form(board), by_field(faults)
    typed = kept.get(str(row.id)) or typed_from(form, row)
    return page(
        request,
        "pages/bank/correct.html",
        status=422 if faults else 200,
        case=case,
        rows=tuple(
            LoanRow(
                r.id or 0,
                r.item,
                r.firm_name,
                r.receipt_number,
                Tag("已更改", "soon", "edit") if str(r.id) in kept else None,
                r.id == row.id,
                r.item in named,
            )
            for r in rows
        ),
        current=row,
        firm=field_views(form, FIRM, typed, errors),
        loan=field_views(form, LOAN, typed, errors),
        guarantee=field_views(form, GUARANTEE, typed, errors) if board == Board.GUARANTEE else (),
        wrong=wrong_fields(form, faults),
        slots=slot_views(
            db,
            FILING_SLOTS[board],
            draft,
            errors,
            upload_base=f"/bank/cases/{case.number}/correct",
            case_id=case.id or 0,
        ),
        **shared,
    )


def _returned(entry: JournalEntry) -> tuple[Finding, ...]:
    found = []
    for item in listed_faults(entry):
        clause = str(item.get("clause") or "")
        found.append(
            Finding(
                str(item.get("where") or "申请材料"),
                "#slots" if "材料" in str(item.get("where") or "材料") else "#loss",
                str(item.get("problem") or ""),
                str(item.get("remedy") or ""),
                "late",
                clause_view(clause) if clause else None,
            )
        )
    return tuple(found)


def _named(returned: tuple[Finding, ...]) -> set[int]:
    """Which loans the return names, as “第 2 笔”; none where it speaks of the filing as a whole."""
    return {int(item) for one in returned for item in _ITEM.findall(f"{one.where} {one.what}")}


def _note(draft: Draft | None, errors: dict[str, str]) -> FieldView:
    return FieldView(
        "补正说明",
        "note",
        str(draft.data.get("note", "")) if draft else "",
        errors.get("note", ""),
        "没有改动时必填：写明无须更正的理由",
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
    prefix = f"loans.{loan_id}."
    return tuple(FieldFault(f.field.removeprefix(prefix), f.message) for f in faults)


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0
