"""Recoveries (追偿) as they are played: registered, reviewed, returned."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from api.demo.play import do, open_task, person, run_due
from flows.actions.applications import recovering, returning
from flows.actions.forms.recovery_forms import ReturnForm, read_recovery
from flows.actions.typed import read
from models import clock
from models.database import session
from models.policy.materials import SLIP
from models.records import recovery
from models.records.case import CaseRecord, by_number
from models.records.claim import Claim
from models.records.institution import Institution
from models.roles import Role

PAPER = b"%PDF-1.7 example"
STAGES = ("returned", "return_confirmation", "return_slip", "recovery_review", "progress_note")
"""Where the recoveries of the demonstration's paid claims stand, one each, oldest claim first."""


def play_all() -> int:
    """A recovery at each stage, and a second one of the first claim whose costs took all; how many."""
    with session() as s:
        query = select(CaseRecord, Claim).join(Claim, col(Claim.case_id) == col(CaseRecord.id))
        found = s.exec(query.where(col(Claim.paid) > 0).order_by(col(CaseRecord.id))).all()
        paid = [(case.number, claim.voucher_date) for case, claim in found]
    stages = list(zip(paid, STAGES, strict=False))
    for (claim, paid_on), stage in stages:
        receipts = [] if stage == "progress_note" else [(paid_on or clock.today(), "48000.00")]
        costs = {"执行费、评估费": "3600.00"} if receipts else {}
        _play(claim, stage, receipts, costs, "法院已查封抵债设备，正在评估拍卖。")
    if not stages:
        return 0
    first, paid_on = paid[0]
    _play(first, "nothing_due", [(paid_on or clock.today(), "1200.00")], {"律师代理费": "5000.00"}, "")
    return len(stages) + 1


def _play(
    claim: str, stage: str, receipts: Sequence[tuple[date, str]], costs: Mapping[str, str], progress: str
) -> None:
    with session() as s:
        number = register(s, claim, receipts, costs, progress=progress).number
    run_due()
    if stage in ("recovery_review", "progress_note"):
        return
    review(number)
    if stage in ("return_confirmation", "returned"):
        hand_in_slip(number)
    if stage == "returned":
        confirm(number)


def register(
    s: Session,
    claim_number: str,
    receipts: Sequence[tuple[date, str]],
    costs: Mapping[str, str] | None = None,
    **stated: Any,
) -> CaseRecord:
    """Register receipts (day, 元) and costs (for what: 元) of a paid claim, with every paper they need."""
    claim = by_number(s, claim_number)
    if claim is None:
        raise LookupError(claim_number)
    filer = person(s, Role.FILER, s.get_one(Institution, claim.institution_id).code)
    form = read_recovery(
        {
            "action": "execution",
            "court_number": "（2026）粤1971执123号（示例）",
            **stated,
            "receipts": [
                {
                    "received_on": day.isoformat(),
                    "amount": amount,
                    "voucher_number": f"SK{day:%m%d}-{amount}-{place}",
                }
                for place, (day, amount) in enumerate(receipts, start=1)
            ],
            "costs": [{"reason": why, "amount": amount} for why, amount in (costs or {}).items()],
        }
    )
    papers = [("receipt_voucher", "到账凭证.pdf")] if receipts else []
    papers += [("cost_vouchers", "费用凭证.pdf")] if costs else []
    files = [(slot, name, "application/pdf", PAPER) for slot, name in papers]
    return recovering.submit(s, filer, claim_number, form, files)


def review(number: str, *gates: str) -> None:
    """Approve gate after gate; the worker runs."""
    for gate in gates or ("recovery_review", "recovery_second_review"):
        do(number, gate)


def hand_in_slip(number: str, on: date | None = None, amount: Decimal | None = None) -> None:
    """The applicant states what it transferred; the worker runs."""
    with session() as s:
        case = by_number(s, number)
        if case is None:
            raise LookupError(number)
        open_task(s, number, "return_slip")
        filer = person(s, Role.FILER, s.get_one(Institution, case.institution_id).code)
        due = amount if amount is not None else recovery.of_case(s, case.id or 0).due
        typed = {
            "returned_on": (on or clock.today()).isoformat(),
            "returned_amount": str(due),
            "slip_number": f"FH{number[-4:]}",
        }
        paper = (SLIP.key, "返还回单.pdf", "application/pdf", PAPER)
        returning.state(s, filer, case, read(ReturnForm, typed), [paper])
    run_due()


def confirm(number: str, on: date | None = None) -> None:
    """The treasury confirms that it arrived; the worker runs."""
    do(number, "return_confirmation", arrived_on=(on or clock.today()).isoformat())
