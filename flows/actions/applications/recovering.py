"""Registering a recovery (登记回款, 追偿进展): it belongs to one paid claim and becomes a case of its own.

四（二）: “后续跟踪”. What matters is that money was paid: it may be registered before the receipt (收款回执) is confirmed.
One recovery of a claim is open at a time, so that what is returned is worked out from settled figures; more receipts
that arrive meanwhile are registered when it is concluded, or added at 补正.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.attaching import Upload, attach_stored, stored_all
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.forms.recovery_forms import RecoveryForm, same
from flows.actions.opening import open_case, told
from flows.steps import recovery_facts
from models import clock
from models.lifecycle import Board, Process
from models.money import ZERO
from models.permissions import Actor, may_file
from models.policy.lines import Check
from models.policy.materials import missing_of_recovery
from models.policy.recovery import RecoveryShare, recovery_share
from models.policy.recovery_checks import registration
from models.records import recovery
from models.records.case import CaseRecord, by_number, locked
from models.records.claim import Claim
from models.records.claim import of_case as claim_of
from models.records.recovery import Recovery, RecoveryCost, RecoveryReceipt
from models.records.reference import working_calendar
from models.records.rules import rules


def submit(
    s: Session, actor: Actor, claim_number: str, form: RecoveryForm, files: Sequence[Upload] = ()
) -> CaseRecord:
    """Register a recovery of the claim. Raises `NotThereError`, `ForbiddenError`, `ConflictError` (nothing was paid,
    another one is open), `InvalidError` with every fault and every missing paper."""
    paid = recoverable(s, actor, claim_number, lock=True)
    kept = stored_all(s, files)
    faults = [*against_claim(s, form, paid), *lacking(form, {file.slot for file in kept})]
    if faults:
        raise InvalidError(tuple(faults))
    try:
        with s.begin_nested():
            record = open_case(
                s,
                actor,
                Process.RECOVERY,
                Board(paid.board),
                subject=paid.subject,
                amount=sum((one.amount for one in form.receipts), ZERO),
                uscc=paid.uscc,
                town=paid.town,
                industry=paid.industry,
                about=paid,
            )
    except IntegrityError as error:  # the index is the last word: one open recovery per claim
        raise ConflictError("这件补偿刚刚由本单位另一人登记了追偿，请刷新后再看。") from error
    s.add(Recovery(case_id=record.id or 0, **_stated(form)))
    write_rows(s, record.id or 0, form)
    for file in kept:
        attach_stored(s, actor, record, file)
    facts = {"claim": paid.number, "amount": str(record.amount), "receipts": len(form.receipts)}
    acted(s, actor, paid.id or 0, "recovery_registered", facts | {"number": record.number})
    told(
        s,
        actor,
        record,
        "recovery_submitted",
        "recovery_received",
        claim=paid.number,
        receipts=len(form.receipts),
    )
    return record


def recoverable(s: Session, actor: Actor, claim_number: str, *, lock: bool = False) -> CaseRecord:
    """The claim's case, if the actor may register a recovery of it now; otherwise the reason why not."""
    found = by_number(s, claim_number)
    if found is None or found.process != Process.CLAIM or found.institution_id != actor.institution_id:
        raise NotThereError("没有找到这件补偿案件。只能为本单位已获补偿的案件登记追偿。")
    permitted(may_file(actor, Board(found.board)))
    if lock:
        found = locked(s, found.id or 0)
    if not claim_of(s, found.id or 0).paid:
        raise ConflictError("这件案件尚未拨付补偿，没有可以返还的款项；拨付后收到的回款再登记追偿。")
    other = recovery.open_on(s, found.id or 0)
    if other is not None:
        raise ConflictError(
            f"这件补偿的追偿 {other.number} 尚未办结，同一补偿一次只办理一件；其间收到的回款请在其办结后登记。"
        )
    return found


def against_claim(
    s: Session, form: RecoveryForm, paid: CaseRecord, *, own: str = ""
) -> tuple[FieldFault, ...]:
    """What the registration says that the claim, or an earlier registration, contradicts; `own` is the number of the
    case that is being corrected."""
    claim: Claim = claim_of(s, paid.id or 0)
    earlier = {same(one): number for one, number in recovery.registered_on(s, paid.id or 0) if number != own}
    faults = []
    for place, one in enumerate(form.receipts):
        if one.received_on < claim.overdue_since:
            said = f"到账日期 {one.received_on} 早于首次逾期日 {claim.overdue_since}，是正常还款，不属于追偿回款。"
            faults.append(FieldFault(f"receipts.{place}.received_on", said))
        if same(one) in earlier:
            said = f"这笔回款（日期、金额、凭证号相同）已在 {earlier[same(one)]} 中登记，不能重复登记。"
            faults.append(FieldFault(f"receipts.{place}.voucher_number", said))
    return tuple(faults)


def lacking(form: RecoveryForm, slots: set[str]) -> tuple[FieldFault, ...]:
    """The papers the registration needs and does not bring."""
    return tuple(
        FieldFault(f"materials.{slot.key}", f"缺少“{slot.title}”，请上传。")
        for slot in missing_of_recovery(bool(form.receipts), bool(form.costs), slots)
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be found if it were registered today; `share` is None while nothing came in."""

    checks: tuple[Check, ...]
    share: RecoveryShare | None


def outlook(s: Session, paid: CaseRecord, form: RecoveryForm) -> Outlook:
    """The checks of a registration and what would be returned, by the rules the reviewers use; nothing is stored."""
    receipts = [RecoveryReceipt(case_id=0, item=0, **one.model_dump()) for one in form.receipts]
    costs = [RecoveryCost(case_id=0, item=0, **one.model_dump()) for one in form.costs]
    share = None
    if receipts:
        share = recovery_share(recovery_facts.foreseen(s, paid, receipts, costs), rules(s))
    row = Recovery(case_id=0, **_stated(form))
    facts = recovery_facts.stated(s, paid, row, recovery_facts.with_costs(receipts, costs), clock.today())
    return Outlook(registration(facts, share, rules(s), working_calendar(s)), share)


def write_rows(s: Session, case_id: int, form: RecoveryForm) -> None:
    """The receipts and costs as stated, in place of those that were there."""
    for old in (*recovery.receipts_of(s, [case_id]), *recovery.costs_of(s, [case_id])):
        s.delete(old)
    s.flush()
    s.add_all(
        RecoveryReceipt(case_id=case_id, item=item, **one.model_dump())
        for item, one in enumerate(form.receipts, start=1)
    )
    s.add_all(
        RecoveryCost(case_id=case_id, item=item, **one.model_dump())
        for item, one in enumerate(form.costs, start=1)
    )
    s.flush()


def _stated(form: RecoveryForm) -> dict[str, Any]:
    return form.model_dump(include={"action", "court_number", "progress"})
