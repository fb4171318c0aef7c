"""申请补偿: choose a registered loan, state the loss, bring the materials, see every fault before submitting."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.refusals import Refused
from api.pages.bank_forms import Applicant, stage_uploads, submitted, text_of
from api.pages.bank_loss import Sheet, confirmed, files_of, sheet
from api.pages.form_views import DialogView
from api.pages.layout import frame
from api.pages.posted import Posted, whole
from api.pages.render import fragment, page, yuan
from api.pages.views import Step
from flows.actions.applications import claiming, drafting
from flows.actions.attaching import Stored
from flows.actions.errors import FieldFault
from flows.actions.forms.application_forms import read_claim
from flows.actions.maker_checker import matters
from flows.actions.maker_checker.matter import Matter
from flows.steps import papers
from models import clock
from models.lifecycle import Board
from models.permissions import Actor
from models.policy.materials import CLAIM_SLOTS
from models.records import institution, loan, prepared
from models.records.claim import on_loan
from models.records.draft import Draft, DraftKind, find
from models.records.loan import Loan

router = APIRouter(prefix="/bank/claims")
MOST_SHOWN = 50


@router.get("/new")
def new(request: Request, db: Db, actor: Applicant, q: str = "", loan: str = "") -> HTMLResponse:
    """Without a loan: the registered loans to choose from. With one: its claim as far as it has been written."""
    if loan:
        return _show(request, db, actor, _claimable(db, actor, loan))
    return _choose(request, db, actor, q.strip()[:60])


def _choose(request: Request, db: Session, actor: Actor, words: str) -> HTMLResponse:
    found = loan.registered(db, actor.institution_id, words, limit=MOST_SHOWN)
    rows = [(row, on_loan(db, row.id or 0), _draft(db, actor, row)) for row in found]
    waits = {one.subject: one.id for one in prepared.waiting(db, actor.institution_id) if one.kind == "claim"}
    return page(
        request,
        "pages/bank/choose.html",
        frame=frame(request, db, actor, "home"),
        rows=rows,
        words=words,
        waits=waits,
    )


def _chosen(db: Db, actor: Applicant, loan_id: int) -> Loan:
    return claiming.claimable(db, actor, loan_id)


Chosen = Annotated[Loan, Depends(_chosen)]
"""The loan `{loan_id}`, if its institution may claim on it now; otherwise the sentence that says why not."""


@router.post("/{loan_id}")
def write(request: Request, db: Db, actor: Applicant, posted: Posted, chosen: Chosen) -> Response:
    """Keep the draft and look again, or submit."""
    typed = text_of(posted)
    does = typed.pop("do", "submit")
    draft = drafting.open_draft(db, actor, DraftKind.CLAIM, str(chosen.id))
    drafting.keep(draft, typed=typed)
    faults = stage_uploads(db, draft, posted, CLAIM_SLOTS[Board(chosen.board)])
    if does == "save" or does.startswith("confirm:"):
        files = files_of(db, draft, 0)
        papers.read(db, files)
        if does != "save":
            drafting.keep(draft, looked=confirmed(draft, does.removeprefix("confirm:"), files))
        if faults:
            return _show(request, db, actor, chosen, tuple(faults))
        return RedirectResponse(f"/bank/claims/new?loan={chosen.id}{'' if does == 'save' else '#slots'}", 303)
    if faults:
        return _show(request, db, actor, chosen, tuple(faults))

    def claim(files: Sequence[Stored]) -> Matter:
        return matters.claim(read_claim(Board(chosen.board), typed), chosen, files)

    return submitted(db, actor, draft, claim, partial(_show, request, db, actor, chosen))


@router.post("/{loan_id}/materials/{slot}")
def upload(
    request: Request, db: Db, actor: Applicant, posted: Posted, chosen: Chosen, slot: str
) -> HTMLResponse:
    """One file as soon as it is chosen; the list of materials and the pre-check come back."""
    draft = drafting.open_draft(db, actor, DraftKind.CLAIM, str(chosen.id))
    drafting.keep(draft, typed=text_of(posted))
    slots = [one for one in CLAIM_SLOTS[Board(chosen.board)] if one.key == slot]
    faults = stage_uploads(db, draft, posted, slots)
    papers.read(db, files_of(db, draft, 0))
    said = faults[0].message if faults else f"{slots[0].title if slots else '材料'}已上传。"
    view = _sheet(db, actor, chosen, draft, tuple(faults))
    return fragment(request, "pages/bank/claim_slots.html", view=view, steps=_steps(view), announce=said)


def _show(
    request: Request, db: Session, actor: Actor, chosen: Loan, faults: tuple[FieldFault, ...] = ()
) -> HTMLResponse:
    draft = _draft(db, actor, chosen)
    view = _sheet(db, actor, chosen, draft, faults)
    return page(
        request,
        "pages/bank/claim.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "home"),
        view=view,
        heading="申请补偿",
        subject=chosen.firm_name,
        about=f"借据 {chosen.receipt_number}　备案 {chosen.filing_number}　贷款本金 {yuan(chosen.principal)} 元",
        action=f"/bank/claims/{chosen.id}",
        saved=draft.updated_at if draft else None,
        steps=_steps(view),
        returned=(),
        note_field=None,
        dialogs=(_confirm(view),),
    )


def _sheet(
    db: Session, actor: Actor, chosen: Loan, draft: Draft | None, faults: tuple[FieldFault, ...]
) -> Sheet:
    typed = draft.data.get("typed") if draft else None
    return sheet(
        db,
        actor,
        chosen,
        typed=typed if typed is not None else _first_words(db, actor),
        draft=draft,
        faults=faults,
        base=f"/bank/claims/{chosen.id}",
    )


def _first_words(db: Session, actor: Actor) -> dict[str, str]:
    """The account registered for the institution, so that nobody types it from memory."""
    account = institution.account_on(db, actor.institution_id, clock.today())
    zeros = {"recovered": "0.00", "recovery_costs": "0.00"}
    if account is None:
        return zeros
    return zeros | {
        "account_name": account.account_name,
        "account_number": account.account_number,
        "account_bank": account.bank_name,
    }


def _draft(db: Session, actor: Actor, row: Loan) -> Draft | None:
    return find(db, actor.person_id, DraftKind.CLAIM, str(row.id))


def _claimable(db: Session, actor: Actor, raw: str) -> Loan:
    number = whole(raw)
    if number is None:
        raise Refused(404, "没有找到这笔贷款。只能为本单位已备案的贷款申请补偿。")
    return claiming.claimable(db, actor, number)


def _steps(view: Sheet) -> tuple[Step, ...]:
    late = sum(f.tone == "late" for f in view.findings)
    have, need = view.materials
    return (
        Step("选择贷款", "已备案", "done", "/bank/claims/new"),
        Step(
            "损失与追偿", "已填" if view.readable else "待填", "done" if view.readable else "current", "#loss"
        ),
        Step("材料", f"{have} / {need} 齐", "done" if have == need else "current", "#slots"),
        Step("核对", f"{late} 处待处理" if late else "可以提交", "todo" if late else "current", "#findings"),
        Step("提交", "确认后送受托管理机构", "todo"),
    )


def _confirm(view: Sheet) -> DialogView:
    late = sum(f.tone == "late" for f in view.findings)
    asked = yuan(view.requested) if view.requested else "—"
    facts = (f"还有 {late} 处待处理：不补齐的材料和填写错误会使提交失败，不符项可能被退回。",) if late else ()
    return DialogView(
        "confirm",
        "提交补偿申请",
        f"申请补偿 {asked} 元。提交后不能自行修改；退回补正时可以更正，作出决定前可以撤回。",
        "提交申请",
        form="claim",
        facts=facts,
    )
