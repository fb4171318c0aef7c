"""The sheet of a claim as its applicant sees it: fields by group, materials, what was found, the estimate.

A new claim and the correction of a returned one show the same sheet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlmodel import Session

from api.pages.bank_forms import (
    ACCOUNT,
    LOSS,
    REPAID,
    WORDS,
    Finding,
    check_findings,
    field_views,
    slot_views,
    wrong_fields,
)
from api.pages.form_views import FieldView, SlotView
from api.pages.posted import by_field
from api.pages.task_facts import clause_view
from api.pages.views import ClauseView, Link
from flows.actions.applications.claiming import against_loan
from flows.actions.applications.prechecking import Outlook, outlook
from flows.actions.errors import FieldFault
from flows.actions.forms.application_forms import ClaimForm, claim_form
from flows.actions.typed import attempt
from flows.steps import papers
from flows.steps.papers import File
from models import clock
from models.lifecycle import Board
from models.permissions import Actor
from models.policy.lines import Result
from models.policy.materials import CLAIM_SLOTS
from models.records import attachment, institution
from models.records.draft import Draft
from models.records.draft import files as draft_files
from models.records.loan import Loan


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """A line of the estimate, as printed."""

    number: int
    label: str
    amount: str
    clause: ClauseView | None
    binding: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on the page. `materials` is (present, required); `passed` are the labels of checks that pass."""

    loss: tuple[FieldView, ...]
    words: tuple[FieldView, ...]
    account: tuple[FieldView, ...]
    slots: tuple[SlotView, ...]
    wrong: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    estimate: tuple[EstimateLine, ...]
    payable: Decimal | None
    requested: Decimal | None
    readable: bool
    materials: tuple[int, int]


def sheet(
    db: Session,
    actor: Actor,
    loan: Loan,
    *,
    typed: Mapping[str, str],
    draft: Draft | None,
    faults: tuple[FieldFault, ...] = (),
    base: str,
    case_id: int = 0,
) -> Sheet:
    """The sheet for what was typed. `faults` are those of a refused submission and stand at their fields."""
    board = Board(loan.board)
    model = claim_form(board)
    form, unread = attempt(model, typed)
    errors = by_field(faults)
    slots = slot_views(db, CLAIM_SLOTS[board], draft, errors, upload_base=base, case_id=case_id)
    slots = _compared(db, loan, form, slots, draft, case_id)
    seen = outlook(db, form, loan) if form else None
    loss = (*LOSS, *(REPAID if board == Board.GUARANTEE else ()))
    required = [s for s, known in zip(slots, CLAIM_SLOTS[board], strict=True) if known.required]
    return Sheet(
        loss=field_views(model, loss, typed, errors),
        words=field_views(model, WORDS, typed, errors),
        account=field_views(model, ACCOUNT, typed, errors),
        slots=slots,
        wrong=wrong_fields(model, faults),
        findings=_findings(db, actor, loan, form, unread, slots, seen),
        passed=tuple(c.label for c in seen.checks if c.result is Result.PASS) if seen else (),
        estimate=_estimate(seen),
        payable=min(seen.award.payable, form.requested) if seen and form else None,
        requested=form.requested if form else None,
        readable=form is not None,
        materials=(sum(bool(s.files) for s in required), len(required)),
    )


def files_of(db: Session, draft: Draft | None, case_id: int) -> list[File]:
    """The files in force: those of the case, replaced by what was newly uploaded."""
    by_slot: dict[str, File] = {one.slot: one for one in attachment.current(db, case_id)} if case_id else {}
    by_slot |= {one.slot: one for one in draft_files(db, draft.id or 0)} if draft else {}
    return list(by_slot.values())


def confirmed(draft: Draft, slot: str, files: Iterable[File]) -> dict[str, str]:
    """人工核对: the draft's looked-at files with this slot's file added; another file is looked at anew."""
    kept: dict[str, str] = dict(draft.data.get("looked", {}))
    return kept | {one.slot: one.sha256 for one in files if one.slot == slot}


def _compared(
    db: Session,
    loan: Loan,
    form: ClaimForm | None,
    slots: tuple[SlotView, ...],
    draft: Draft | None,
    case_id: int,
) -> tuple[SlotView, ...]:
    """Slots with what their files say: 已匹配 only where all of it was found, 待确认 until a person has looked."""
    files = files_of(db, draft, case_id)
    looked = dict(draft.data.get("looked", {})) if draft else {}
    seen = {one.slot for one in files if looked.get(one.slot) == one.sha256}
    by_title = {one.title: one for one in papers.compared(db, loan, form, files)}
    views = []
    for view in slots:
        one = by_title.get(view.title)
        if one is None or not view.files:
            views.append(view)
        elif one.matched or one.slot in seen:
            note = f"已人工核对。{one.words}" if one.slot in seen and not one.matched else one.words
            views.append(replace(view, note=note, word="" if one.matched else "已核对"))
        else:
            confirm = Link("已核对一致", f"confirm:{one.slot}", post=True)
            views.append(replace(view, state="confirm", note=one.words, confirm=confirm, word=""))
    return tuple(views)


def _findings(
    db: Session,
    actor: Actor,
    loan: Loan,
    form: ClaimForm | None,
    unread: tuple[FieldFault, ...],
    slots: tuple[SlotView, ...],
    seen: Outlook | None,
) -> tuple[Finding, ...]:
    """Missing materials, fields not filled or contradicting the loan, checks, an account that is another one."""
    found = [
        Finding(f"材料 {slot.ordinal}", "#slots", f"缺{slot.title}")
        for slot in slots
        if slot.state == "missing"
    ]
    model = claim_form(Board(loan.board))
    found += wrong_fields(model, unread)
    found += [
        Finding(f"材料 {slot.ordinal}", "#slots", f"{slot.title}待确认", slot.note, "soon")
        for slot in slots
        if slot.state == "confirm"
    ]
    if form is not None:
        if words := papers.disagreement(loan, form):
            found.append(Finding("代偿金额", "#loss", "与分担比例不符", words, "soon"))
        found += wrong_fields(model, against_loan(db, form, loan))
        found += _other_account(db, actor, form)
    if seen is not None:
        found += check_findings(seen.checks, "#loss")
    return tuple(sorted(found, key=lambda f: f.tone != "late"))


def _other_account(db: Session, actor: Actor, form: ClaimForm) -> tuple[Finding, ...]:
    known = institution.account_on(db, actor.institution_id, clock.today())
    if known is None or known.account_number.replace(" ", "") == form.account_number:
        return ()
    tails = f"尾号 {known.account_number[-4:]} → {form.account_number[-4:]}，请附情况说明或改回"
    return (Finding("收款账户", "#account", "与登记账户不同", tails, "soon"),)


def _estimate(seen: Outlook | None) -> tuple[EstimateLine, ...]:
    if seen is None:
        return ()
    return tuple(
        EstimateLine(line.no, line.label, line.text, clause_view(line.clause), line.binding)
        for line in seen.award.lines
    )
