"""登记回款 and 返还: what came back of a compensated loan is registered; the city's share of it is returned."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.pages.bank_forms import (
    Applicant,
    OwnCase,
    after_upload,
    field_views,
    slot_views,
    stage_uploads,
    submitted,
    text_of,
)
from api.pages.bank_returned import Kept, focus
from api.pages.form_views import DialogView, SlotView
from api.pages.layout import frame
from api.pages.posted import Posted, by_field
from api.pages.recovery_sheet import RecoverySheet, flat, sheet, slots_of
from api.pages.render import day, page, yuan
from flows.actions.applications import drafting, recovering, returning
from flows.actions.attaching import Stored
from flows.actions.errors import FieldFault
from flows.actions.forms.recovery_forms import ReturnForm, nested, read_recovery
from flows.actions.maker_checker import matters
from flows.actions.maker_checker.matter import Matter
from flows.actions.typed import read
from models import clock
from models.lifecycle import Board
from models.permissions import Actor
from models.policy.materials import SLIP
from models.records import document, institution, recovery
from models.records.case import CaseRecord
from models.records.claim import of_case as claim_of
from models.records.draft import Draft, DraftKind, find
from models.records.institution import Kind, of_kind

router = APIRouter(prefix="/bank")


@router.get("/recoveries/new")
def new(request: Request, db: Db, actor: Applicant, q: str = "", claim: str = "") -> HTMLResponse:
    """Without a claim: the paid claims to choose from. With one: its registration as far as it has been written."""
    if claim:
        return _show(request, db, actor, recovering.recoverable(db, actor, claim[:40]))
    words = q.strip()[:60]
    rows = [
        (case, claim_of(db, case.id or 0), recovery.open_on(db, case.id or 0))
        for case in recovery.paid_claims(db, actor.institution_id, words)
    ]
    shown = frame(request, db, actor, "home")
    return page(request, "pages/bank/choose_paid.html", frame=shown, rows=rows, words=words)


def _paid(number: str, db: Db, actor: Applicant) -> CaseRecord:
    return recovering.recoverable(db, actor, number[:40])


Paid = Annotated[CaseRecord, Depends(_paid)]
"""The claim `{number}`, if its institution may register a recovery of it now; else the sentence that says why not."""


@router.post("/recoveries/{number}")
def write(request: Request, db: Db, actor: Applicant, posted: Posted, paid: Paid) -> Response:
    """Keep the draft and look again, or register."""
    typed = text_of(posted)
    does = typed.pop("do", "submit")
    draft = drafting.open_draft(db, actor, DraftKind.RECOVERY, paid.number)
    drafting.keep(draft, typed=typed)
    faults = tuple(stage_uploads(db, draft, posted, slots_of(Board(paid.board))))
    if faults:
        return _show(request, db, actor, paid, faults)
    if does == "save":
        return RedirectResponse(f"/bank/recoveries/new?claim={paid.number}", 303)

    def registration(files: Sequence[Stored]) -> Matter:
        return matters.recovery(read_recovery(nested(typed)), paid, files)

    return submitted(db, actor, draft, registration, partial(_show, request, db, actor, paid))


@router.post("/recoveries/{number}/materials/{slot}")
def upload(request: Request, db: Db, actor: Applicant, posted: Posted, paid: Paid, slot: str) -> HTMLResponse:
    """One file as soon as it is chosen; the list of papers comes back."""
    draft = drafting.open_draft(db, actor, DraftKind.RECOVERY, paid.number)
    drafting.keep(draft, typed=text_of(posted))
    slots = [one for one in slots_of(Board(paid.board)) if one.key == slot]
    faults = tuple(stage_uploads(db, draft, posted, slots))
    view = _sheet(db, actor, paid, draft, faults)
    return after_upload(request, view.slots, faults)


def _show(
    request: Request, db: Session, actor: Actor, paid: CaseRecord, faults: tuple[FieldFault, ...] = ()
) -> HTMLResponse:
    draft = find(db, actor.person_id, DraftKind.RECOVERY, paid.number)
    view, claim = _sheet(db, actor, paid, draft, faults), claim_of(db, paid.id or 0)
    before = recovery.concluded(db, paid.id or 0)
    return page(
        request,
        "pages/bank/recovery.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "home"),
        view=view,
        heading="登记回款",
        subject=paid.subject,
        about=f"补偿案件 {paid.number}　已付补偿 {yuan(claim.paid)} 元（{day(claim.voucher_date)}）　此前已返还 {yuan(before.returned)} 元",
        action=f"/bank/recoveries/{paid.number}",
        saved=draft.updated_at if draft else None,
        returned=(),
        note_field=None,
        dialogs=(_confirm(view),),
    )


def _sheet(
    db: Session, actor: Actor, paid: CaseRecord, draft: Draft | None, faults: tuple[FieldFault, ...]
) -> RecoverySheet:
    typed = (draft.data.get("typed") if draft else None) or {}
    return sheet(db, paid, typed=typed, kept=draft, faults=faults, base=f"/bank/recoveries/{paid.number}")


def _confirm(view: RecoverySheet) -> DialogView:
    late = sum(f.tone == "late" for f in view.findings)
    facts = (f"还有 {late} 处待处理：不补齐会使提交失败。",) if late else ()
    due = f"按现在填写的内容，本次应返还 {yuan(view.due)} 元，以审核为准。" if view.due is not None else ""
    return DialogView(
        "confirm",
        "提交追偿登记",
        f"{due}提交后不能自行修改；退回补正时可以更正，出具返还通知书前可以撤回。",
        "提交登记",
        form="recovery",
        facts=facts,
    )


def correction(
    request: Request,
    db: Session,
    case: CaseRecord,
    draft: Draft | None,
    faults: tuple[FieldFault, ...],
    shared: dict[str, Any],
) -> HTMLResponse:
    """The sheet of a returned recovery, to put right (补正); `shared` is what every correction's page shows."""
    paid = db.get_one(CaseRecord, case.about_id)
    whole = sheet(
        db,
        paid,
        typed=(draft.data.get("typed") if draft else None) or flat(db, case),
        kept=draft,
        faults=faults,
        base=f"/bank/cases/{case.number}/correct",
        case=case,
    )
    seen = focus(shared.pop("back"), draft, faults)
    view = replace(
        whole,
        action=seen.fields(whole.action),
        receipts=whole.receipts if seen.open("receipts") else (),
        costs=whole.costs if seen.open("costs") else (),
        slots=seen.slots(whole.slots),
    )
    every = [*whole.action, *(one for row in (*whole.receipts, *whole.costs) for one in row)]
    lists = [
        Kept(
            name,
            title,
            "；".join("，".join(one.value for one in row) for row in rows if row[0].value) or "（空）",
        )
        for name, title, rows in (("receipts", "回款", whole.receipts), ("costs", "追偿费用", whole.costs))
        if not seen.open(name)
    ]
    parts = {"money": view.receipts or view.costs, "slots": view.slots}
    view = replace(view, findings=seen.findings(whole.findings, every, parts, whole.slots))
    shared |= {
        "heading": f"补正 {case.number}",
        "about": f"补偿案件 {paid.number}　回款 {yuan(case.amount)} 元",
        "kept": (*lists, *seen.kept(whole.action, whole.slots)),
        "shown": seen.names(every),
    }
    return page(request, "pages/bank/recovery.html", status=422 if faults else 200, view=view, **shared)


@router.get("/cases/{number}/return")
def slip(request: Request, db: Db, actor: Applicant, case: OwnCase) -> HTMLResponse:
    """The slip to hand in, filled in with what is due."""
    returning.open_task(db, case)
    found = recovery.of_case(db, case.id or 0)
    first = {"returned_amount": yuan(found.due), "returned_on": "", "slip_number": ""}
    return _slip_page(request, db, actor, case, first)


@router.post("/cases/{number}/return")
def hand_in(request: Request, db: Db, actor: Applicant, case: OwnCase, posted: Posted) -> Response:
    """Answer the slip's task; a file that was uploaded stays, whatever is wrong with the rest."""
    returning.open_task(db, case)
    typed = text_of(posted)
    draft = drafting.open_draft(db, actor, DraftKind.CORRECTION, case.number)
    faults = tuple(stage_uploads(db, draft, posted, (SLIP,)))
    if faults:
        return _slip_page(request, db, actor, case, typed, faults)

    def proof(files: Sequence[Stored]) -> Matter:
        return matters.slip(case, read(ReturnForm, typed), files)

    return submitted(db, actor, draft, proof, partial(_slip_page, request, db, actor, case, typed))


@router.post("/cases/{number}/return/materials/{slot}")
def upload_slip(
    request: Request, db: Db, actor: Applicant, case: OwnCase, posted: Posted, slot: str
) -> HTMLResponse:
    """The slip as soon as it is chosen."""
    returning.open_task(db, case)
    draft = drafting.open_draft(db, actor, DraftKind.CORRECTION, case.number)
    faults = stage_uploads(db, draft, posted, (SLIP,))
    return after_upload(request, _slip_views(db, case, draft, tuple(faults)), faults)


def _slip_views(
    db: Session, case: CaseRecord, draft: Draft | None, faults: tuple[FieldFault, ...]
) -> tuple[SlotView, ...]:
    base = f"/bank/cases/{case.number}/return"
    return slot_views(db, (SLIP,), draft, by_field(faults), upload_base=base, case_id=case.id or 0)


def _slip_page(
    request: Request,
    db: Session,
    actor: Actor,
    case: CaseRecord,
    typed: dict[str, str],
    faults: tuple[FieldFault, ...] = (),
) -> HTMLResponse:
    treasury = of_kind(db, Kind.FINANCE)[0].id or 0
    draft = find(db, actor.person_id, DraftKind.CORRECTION, case.number)
    return page(
        request,
        "pages/bank/return.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "home"),
        case=case,
        found=recovery.of_case(db, case.id or 0),
        notice=document.latest(db, case.id or 0, "D29"),
        account=institution.account_on(db, treasury, clock.today()),
        fields=field_views(ReturnForm, ReturnForm.model_fields, typed, by_field(faults)),
        slots=_slip_views(db, case, draft, faults),
    )
