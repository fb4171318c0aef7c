"""The sheet of a recovery as its applicant sees it: receipts and costs row by row, papers, what was found, the estimate.

A new registration and the correction of a returned one show the same sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from api.pages.bank_forms import Finding, check_findings, field_views, slot_views, typed_from, wrong_fields
from api.pages.bank_loss import EstimateLine
from api.pages.form_views import FieldView, SlotView
from api.pages.posted import by_field
from api.pages.task_facts import clause_view
from flows.actions.applications.recovering import Outlook, against_claim, lacking, outlook
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms.recovery_forms import (
    MOST_ROWS,
    ROWS,
    ActionForm,
    RecoveryForm,
    nested,
    read_recovery,
)
from models.lifecycle import Board
from models.policy.lines import Result
from models.policy.materials import RECOVERY_SLOTS, SLIP, Slot
from models.records import attachment, draft, recovery
from models.records.case import CaseRecord
from models.records.draft import Draft

CALLED = {"receipts": "回款", "costs": "费用"}


@dataclass(frozen=True, slots=True)
class RecoverySheet:
    """Everything on the page. `receipts` and `costs` hold a row each, the last one empty."""

    action: tuple[FieldView, ...]
    receipts: tuple[tuple[FieldView, ...], ...]
    costs: tuple[tuple[FieldView, ...], ...]
    slots: tuple[SlotView, ...]
    wrong: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    estimate: tuple[EstimateLine, ...]
    due: Decimal | None


def flat(db: Session, case: CaseRecord) -> dict[str, str]:
    """A stored registration as it would be typed."""
    own = [case.id or 0]
    typed = typed_from(ActionForm, recovery.of_case(db, case.id or 0))
    receipts = sorted(recovery.receipts_of(db, own), key=lambda one: one.item)
    for name, rows in (("receipts", receipts), ("costs", recovery.costs_of(db, own))):
        for place, row in enumerate(rows):
            words = typed_from(ROWS[name], row)
            typed |= {f"{name}.{place}.{key}": value for key, value in words.items()}
    return typed


def slots_of(board: Board) -> tuple[Slot, ...]:
    """The papers a registration brings."""
    return tuple(slot for slot in RECOVERY_SLOTS[board] if slot.key != SLIP.key)


def sheet(
    db: Session,
    paid: CaseRecord,
    *,
    typed: Mapping[str, str],
    kept: Draft | None,
    faults: tuple[FieldFault, ...] = (),
    base: str,
    case: CaseRecord | None = None,
) -> RecoverySheet:
    """The sheet for what was typed, of a recovery of the claim `paid`; `case` is the one that is being corrected."""
    given, errors = nested(typed), by_field(faults)
    unread: tuple[FieldFault, ...] = ()
    form: RecoveryForm | None = None
    try:
        form = read_recovery(given)
    except InvalidError as error:
        unread = error.faults
    seen = outlook(db, paid, form) if form else None
    case_id = case.id or 0 if case else 0
    present = {one.slot for one in draft.files(db, kept.id or 0)} if kept else set()
    present |= {one.slot for one in attachment.current(db, case_id)} if case_id else set()
    missing = lacking(form, present) if form else ()
    needed = {fault.field for fault in missing}
    slots = slot_views(db, slots_of(Board(paid.board)), kept, errors, upload_base=base, case_id=case_id)
    return RecoverySheet(
        action=field_views(ActionForm, ActionForm.model_fields, given, errors),
        receipts=_rows("receipts", given, errors),
        costs=_rows("costs", given, errors),
        slots=tuple(
            replace(one, state="missing", note="请上传一份") if one.upload_name in needed else one
            for one in slots
        ),
        wrong=_named(faults),
        findings=_findings(db, paid, form, unread, missing, seen, case),
        passed=tuple(c.label for c in seen.checks if c.result is Result.PASS) if seen else (),
        estimate=_estimate(seen),
        due=seen.share.due_now if seen and seen.share else None,
    )


def _rows(
    name: str, given: Mapping[str, Any], errors: Mapping[str, str]
) -> tuple[tuple[FieldView, ...], ...]:
    form = ROWS[name]
    count = min(len(given[name]) + 1, MOST_ROWS)
    rows = []
    for place in range(count):
        row = given[name][place] if place < len(given[name]) else {}
        prefix = f"{name}.{place}."
        views = field_views(
            form,
            form.model_fields,
            row,
            {k.removeprefix(prefix): v for k, v in errors.items() if k.startswith(prefix)},
        )
        empty = place == len(given[name])
        rows.append(
            tuple(
                replace(
                    one, name=prefix + one.name, label=f"{one.label}（第 {place + 1} 笔）", required=not empty
                )
                for one in views
            )
        )
    return tuple(rows)


def _named(faults: tuple[FieldFault, ...]) -> tuple[Finding, ...]:
    """Each fault with the name of its field, row by row, and a way to it."""
    found = []
    for fault in faults:
        rows, _, rest = fault.field.partition(".")
        place, _, name = rest.partition(".")
        if rows in ROWS:
            form, called = ROWS[rows], CALLED[rows]
            known = form.model_fields.get(name)
            where = f"{called}第 {int(place) + 1} 笔" if place.isdigit() else called
            words = f"{where}·{known.title}" if known and known.title else where
            found.append(
                Finding(
                    words, f"#{FieldView('', fault.field if name else f'{rows}.0.amount').id}", fault.message
                )
            )
        else:
            found += wrong_fields(ActionForm, (fault,))
    return tuple(found)


def _findings(
    db: Session,
    paid: CaseRecord,
    form: RecoveryForm | None,
    unread: tuple[FieldFault, ...],
    missing: tuple[FieldFault, ...],
    seen: Outlook | None,
    case: CaseRecord | None,
) -> tuple[Finding, ...]:
    found = [*_named(missing), *_named(unread)]
    if form is not None:
        found += _named(against_claim(db, form, paid, own=case.number if case else ""))
    if seen is not None:
        found += check_findings(seen.checks, "#money")
    return tuple(sorted(found, key=lambda f: f.tone != "late"))


def _estimate(seen: Outlook | None) -> tuple[EstimateLine, ...]:
    if seen is None or seen.share is None:
        return ()
    return tuple(
        EstimateLine(line.no, line.label, line.text, clause_view(line.clause), False)
        for line in seen.share.lines
    )
