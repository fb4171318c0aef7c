"""From records to the policy's facts of a recovery: all receipts of the loan so far, and what was paid and returned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from flows.kernel import Case
from flows.steps import facts
from models import clock
from models.gates import RETURN_SLIP
from models.lifecycle import Board
from models.policy.award import Award
from models.policy.recovery import Receipt, RecoveryFacts, RecoveryShare, recovery_share
from models.policy.recovery_checks import Registration
from models.records import claim as claims
from models.records import loan as loans
from models.records import recovery
from models.records.case import CaseRecord, EntryKind
from models.records.claim import Claim
from models.records.recovery import Earlier, Recovery, RecoveryCost, RecoveryReceipt
from models.records.rules import rules

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Slip:
    """What the applicant stated it transferred (返还回单)."""

    on: date
    amount: Decimal
    number: str


def slip(case: Case) -> Slip:
    """The newest slip of a case."""
    entries = [
        e
        for e in case.journal.values()
        if e.kind == EntryKind.GATE and e.name == RETURN_SLIP.key and e.result
    ]
    stated: dict[str, Any] = (max(entries, key=lambda e: e.id or 0).result or {})["fields"]
    return Slip(
        date.fromisoformat(stated["returned_on"]), Decimal(stated["returned_amount"]), stated["slip_number"]
    )


def so_far(s: Session, record: CaseRecord) -> RecoveryFacts:
    """A22: every receipt that counts, this case's among them, by date."""
    own = [record.id or 0]
    return _facts(
        s,
        s.get_one(CaseRecord, record.about_id),
        recovery.earlier(s, record),
        recovery.receipts_of(s, own),
        recovery.costs_of(s, own),
    )


def foreseen(
    s: Session, paid: CaseRecord, receipts: Sequence[RecoveryReceipt], costs: Sequence[RecoveryCost]
) -> RecoveryFacts:
    """The same before anything is stored: receipts and costs (of case 0) of the claim `paid`, as typed."""
    return _facts(s, paid, recovery.concluded(s, paid.id or 0), receipts, costs)


def _facts(
    s: Session,
    paid: CaseRecord,
    before: Earlier,
    receipts: Sequence[RecoveryReceipt],
    costs: Sequence[RecoveryCost],
) -> RecoveryFacts:
    claim, board = claims.of_case(s, paid.id or 0), Board(paid.board)
    return RecoveryFacts(
        compensation=claim.paid or ZERO,
        loss=loss_of(claim, board),
        receipts=with_costs((*before.receipts, *receipts), (*before.costs, *costs)),
        returned=before.returned,
        nominal_ratio=_nominal(claim, board),
        shares=facts.shares(loans.by_id(s, claim.loan_id)),
    )


def share(s: Session, record: CaseRecord) -> RecoveryShare | None:
    """What the receipts so far come to; None while the case brings none."""
    if not recovery.receipts_of(s, [record.id or 0]):
        return None
    return recovery_share(so_far(s, record), rules(s))


def loss_of(claim: Claim, board: Board) -> Decimal:
    """The loss the money is measured against (元): the bank's own; on the guarantee board the total (总体损失)."""
    award = Award.model_validate(claim.award)
    if board is Board.BANK:
        return award.loss
    return next(line.value for line in award.lines if line.code == "loss.total")


def registration(s: Session, record: CaseRecord) -> Registration:
    """What the checks look at."""
    found, own = recovery.of_case(s, record.id or 0), [record.id or 0]
    receipts = with_costs(recovery.receipts_of(s, own), recovery.costs_of(s, own))
    return stated(s, record, found, receipts, clock.local(record.opened_at).date())


def stated(
    s: Session, record: CaseRecord, found: Recovery, receipts: tuple[Receipt, ...], on: date
) -> Registration:
    """A registration made on a day; `record` is its case, or the claim's while it has none."""
    about = record.about_id or record.id or 0
    paid_on = claims.of_case(s, about).voucher_date or on
    reported = [
        clock.local(case.opened_at).date()
        for case, one in recovery.on_claim(s, about)
        if case.id != record.id and one.progress and case.state not in recovery.NEVER_COUNTED
    ]
    return Registration(
        registered_on=max(on, paid_on),
        paid_on=paid_on,
        reported_before=max(reported, default=paid_on),
        action=found.action,
        court_number=found.court_number,
        receipts=receipts,
    )


def with_costs(receipts: Sequence[RecoveryReceipt], costs: Sequence[RecoveryCost]) -> tuple[Receipt, ...]:
    """Receipts by date; the costs of a case stand with its first receipt and carry over from there."""
    spent: dict[int, Decimal] = {}
    for cost in costs:
        spent[cost.case_id] = spent.get(cost.case_id, ZERO) + cost.amount
    ordered = sorted(receipts, key=lambda one: (one.received_on, one.id or 0))
    return tuple(
        Receipt(received_on=one.received_on, amount=one.amount, costs=spent.pop(one.case_id, ZERO))
        for one in ordered
    )


def _nominal(claim: Claim, board: Board) -> Decimal | None:
    """What was granted of the loss before any limit cut it, for the reading that asks for it."""
    if claim.award is None:
        return None
    award = Award.model_validate(claim.award)
    if board is Board.BANK:
        return award.rate
    total = loss_of(claim, board)
    return min(award.rate * award.loss / total, Decimal(1)) if total else None
