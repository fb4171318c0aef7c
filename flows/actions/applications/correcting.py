"""Correcting (补正): the applicant changes what was returned and submits again; the clock goes on.

Only while the case waits at 补正. What changed is kept with the timeline, so that the reviewer sees it at once; a change
of what was not returned needs a reason, and is marked.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.answers import answering, pointing
from flows.actions.answers.pointing import Returned
from flows.actions.applications.claiming import against_loan, claim_facts
from flows.actions.applications.filing import duplicates, loan_facts
from flows.actions.applications.recovering import against_claim as against_paid
from flows.actions.applications.recovering import lacking, write_rows
from flows.actions.attaching import Stored, Upload, attach_stored, stored_all
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError
from flows.actions.forms.application_forms import ClaimForm, LoanForm
from flows.actions.forms.recovery_forms import ActionForm, RecoveryForm
from flows.actions.typed import said
from flows.documents.text import printable
from models.gates import CORRECTION, Outcome
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.policy.materials import CLAIM_SLOTS, FILING_SLOTS, RECOVERY_SLOTS
from models.records import recovery
from models.records.attachment import current
from models.records.case import CaseRecord, by_number, locked
from models.records.claim import of_case as claim_of
from models.records.loan import Loan
from models.records.loan import of_case as loans_of
from models.records.task import Task, open_of_case

Changed = list[dict[str, str]]
"""What changed, for the timeline: where, what, before, after, and the place's name (`flows.actions.answers.pointing`)."""
BEYOND = "退回范围以外"


def open_task(s: Session, actor: Actor, case_number: str, process: Process) -> tuple[CaseRecord, Task]:
    """The case, its row locked, and its open 补正 task. Raises `NotThereError`, or `ConflictError` once it is over."""
    found = by_number(s, case_number)
    if found is None or found.institution_id != actor.institution_id or found.process != process:
        raise NotThereError("没有找到这件案件。")
    record = locked(s, found.id or 0)
    task = next((t for t in open_of_case(s, record.id or 0) if t.gate == CORRECTION.key), None)
    if task is None:
        raise ConflictError("案件现在不在补正环节：已经重新提交、被撤回或尚未退回。请刷新案件页查看。")
    return record, task


def correct_filing(
    s: Session,
    actor: Actor,
    case_number: str,
    loans: Mapping[int, LoanForm],
    files: Sequence[Upload] = (),
    note: str = "",
) -> CaseRecord:
    """Change loans of a returned filing (by their id) and its files, and submit again."""
    record, task = open_task(s, actor, case_number, Process.FILING)
    rows = {row.id or 0: row for row in loans_of(s, record.id or 0) if row.id in loans}
    if set(loans) - set(rows):
        raise NotThereError("其中有贷款不属于这件案件，请刷新页面。")
    order = sorted(rows)
    _refuse_duplicates(s, record, [loans[key] for key in order], order)
    changed: Changed = []
    try:
        with s.begin_nested():
            for key in order:
                changed += differences(rows[key], loans[key], f"第 {rows[key].item} 笔", f"loans.{key}.")
                for name, value in loan_facts(
                    s, Board(record.board), actor.institution_id, loans[key]
                ).items():
                    setattr(rows[key], name, value)
    except IntegrityError as error:
        raise ConflictError("其中有借据刚刚由本单位另一笔提交备案，请刷新后核对。") from error
    every = loans_of(s, record.id or 0)
    record.amount = sum((row.principal for row in every), Decimal("0.00"))
    if len(every) == 1:
        record.subject, record.uscc, record.town = every[0].firm_name, every[0].uscc, every[0].town
    titles = {slot.key: slot.title for slot in FILING_SLOTS[Board(record.board)]}
    return _resubmit(s, actor, record, task, changed, files, titles, note)


def correct_claim(
    s: Session,
    actor: Actor,
    case_number: str,
    form: ClaimForm,
    files: Sequence[Upload] = (),
    note: str = "",
) -> CaseRecord:
    """Change a returned claim and its materials, and submit again."""
    record, task = open_task(s, actor, case_number, Process.CLAIM)
    claim = claim_of(s, record.id or 0)
    faults = against_loan(s, form, s.get_one(Loan, claim.loan_id))
    if faults:
        raise InvalidError(faults)
    changed = differences(claim, form, "")
    for name, value in claim_facts(form).items():
        setattr(claim, name, value)
    record.amount = form.requested
    titles = {slot.key: slot.title for slot in CLAIM_SLOTS[Board(record.board)]}
    return _resubmit(s, actor, record, task, changed, files, titles, note)


def correct_recovery(
    s: Session,
    actor: Actor,
    case_number: str,
    form: RecoveryForm,
    files: Sequence[Upload] = (),
    note: str = "",
) -> CaseRecord:
    """Change a returned recovery, its receipts, costs and papers, and submit again."""
    record, task = open_task(s, actor, case_number, Process.RECOVERY)
    row = recovery.of_case(s, record.id or 0)
    before = _in_words(s, record)
    present = {one.slot for one in current(s, record.id or 0)} | {one.slot for one in stored_all(s, files)}
    faults = [*lacking(form, present)]
    faults += against_paid(s, form, s.get_one(CaseRecord, record.about_id), own=record.number)
    if bool(form.receipts) != bool(before["回款"]):
        words = (
            "登记的是追偿进展，没有回款；收到的回款请另行登记。"
            if form.receipts
            else "回款不能全部删除；登记有误的请撤回后重新登记。"
        )
        faults.append(FieldFault("receipts", words))
    if faults:
        raise InvalidError(tuple(faults))
    changed = differences(row, ActionForm(**form.model_dump(include=set(ActionForm.model_fields))), "")
    for name in ActionForm.model_fields:
        setattr(row, name, getattr(form, name))
    write_rows(s, record.id or 0, form)
    record.amount = sum((one.amount for one in form.receipts), Decimal("0.00"))
    changed += [
        {
            "where": "",
            "what": what,
            "before": before[what] or "（空）",
            "after": after or "（空）",
            "name": name,
        }
        for name, (what, after) in zip(("receipts", "costs"), _in_words(s, record).items(), strict=True)
        if after != before[what]
    ]
    titles = {slot.key: slot.title for slot in RECOVERY_SLOTS[Board(record.board)]}
    return _resubmit(s, actor, record, task, changed, files, titles, note)


def _in_words(s: Session, record: CaseRecord) -> dict[str, str]:
    """Receipts and costs as they stand, in the order in which they were stated."""
    receipts = sorted(recovery.receipts_of(s, [record.id or 0]), key=lambda one: one.item)
    return {
        "回款": "；".join(f"{r.received_on} {r.amount:,.2f} 元（{r.voucher_number}）" for r in receipts),
        "追偿费用": "；".join(
            f"{c.reason} {c.amount:,.2f} 元" for c in recovery.costs_of(s, [record.id or 0])
        ),
    }


def _refuse_duplicates(s: Session, record: CaseRecord, forms: list[LoanForm], order: list[int]) -> None:
    faults = duplicates(s, record.institution_id, forms, own_case=record.id)
    if faults:
        named = []
        for fault in faults:
            place = int(fault.field.split(".")[1])
            named.append(FieldFault(f"loans.{order[place]}.receipt_number", fault.message))
        raise InvalidError(tuple(named))


def differences(row: object, form: BaseModel, where: str, prefix: str = "") -> Changed:
    """What the form changes of the row, in words; `where` and `prefix` name the loan, empty for a claim."""
    changed: Changed = []
    for name, info in type(form).model_fields.items():
        before, after = getattr(row, name), getattr(form, name)
        if before != after:
            before = type(after)(before) if isinstance(after, Enum) and before else before
            words = {"what": info.title or name, "before": said(before), "after": said(after)}
            changed.append({"where": where, "name": f"{prefix}{name}"} | words)
    return changed


def _resubmit(
    s: Session,
    actor: Actor,
    record: CaseRecord,
    task: Task,
    changed: Changed,
    files: Sequence[Upload],
    titles: Mapping[str, str],
    note: str,
) -> CaseRecord:
    earlier = {a.slot: a for a in current(s, record.id or 0)}
    for file in stored_all(s, files):
        known = earlier.get(file.slot)
        if known is not None and known.sha256 == file.sha256:
            continue
        attach_stored(s, actor, record, file)
        changed.append(_replaced(titles.get(file.slot, file.slot), known.filename if known else "", file))
    note = printable(note).strip()
    if not changed and not note:
        raise InvalidError((FieldFault("note", "没有任何改动。请按补正要求更正，或写明无须更正的理由。"),))
    told = {"changed": _marked(changed, pointing.returned(s, record), note), "note": note}
    where = {"gate": CORRECTION.key, "entry_id": task.entry_id}
    acted(s, actor, record.id or 0, "correction_resubmitted", told, **where)
    s.flush()
    answering.answer(s, actor, task.id or 0, Outcome.APPROVE, opinion=note)
    return record


def _replaced(title: str, before: str, file: Stored) -> dict[str, str]:
    words = {"what": title, "before": before or "（空）", "after": file.filename}
    return {"where": "材料", "name": f"materials.{file.slot}"} | words


def _marked(changed: Changed, back: Returned, note: str) -> Changed:
    """The changes, marked where they go beyond what was returned. Raises `InvalidError` if nobody says why they do."""
    marked, beyond = [], []
    for one in changed:
        place = one.pop("name")
        loan, _, name = place.removeprefix("loans.").rpartition(".")
        within = back.opens(name, int(loan)) if place.startswith("loans.") else back.opens(place)
        if within or not back.exact:
            marked.append(one)
        else:
            marked.append(one | {"beyond": BEYOND})
            beyond.append(f"{one['where']}“{one['what']}”".strip())
    if beyond and not note:
        named = "、".join(beyond[:6]) + (f"等 {len(beyond)} 处" if len(beyond) > 6 else "")
        said = f"改动了没有退回的内容：{named}。请在补正说明里写明为什么要改，或改回原来的内容。"
        raise InvalidError((FieldFault("note", said),))
    return marked
