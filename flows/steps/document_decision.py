"""The documents from the decision to the receipt: D23–D27."""

from decimal import Decimal
from typing import Any

from sqlmodel import Session

from flows.documents import contexts
from flows.kernel import served
from flows.steps import document_facts as known
from flows.steps.document_base import Common
from flows.steps.document_claim import of, shared
from models import clock
from models.policy import deadlines
from models.records import document
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.institution import Kind, of_kind
from models.records.reference import working_calendar
from models.records.rules import rules

# A4: the decision says how claims that compete for a limit are served.
LIMITS = {
    "enterprise.cap": ("达到单家企业补偿限额，各案按批准先后占用，超出部分不予补偿", "三（四）"),
    "bank_year.cap": ("达到银行机构年度补偿限额，各案按批准先后占用，超出部分不予补偿", "三（四）"),
    "budget": ("达到年度预算总额，各案按批准先后占用，超出部分不予补偿", "三（一）"),
    "guarantee.total_cap": ("补偿不超过总体损失的规定比例", "三（三）"),
    "ratio": ("补偿按规定比例计算，低于申请金额", "三（四）"),
}


def ratio(claimed: Claim) -> Decimal:
    """What was granted of the loss: later recoveries are returned at this ratio."""
    loss = known.award(claimed).loss
    granted = claimed.approved or Decimal(0)
    return (granted / loss).quantize(Decimal("0.00000001"), rounding="ROUND_DOWN") if loss else Decimal(0)


def _decision(s: Session, record: CaseRecord, common: Common) -> dict[str, Any]:
    claimed, _ = of(s, record)
    bureau = of_kind(s, Kind.BUREAU)[0].id or 0
    minutes = document.latest(s, record.id or 0, "D20")
    terms = rules(s).on(clock.today())
    return {
        **shared(s, record, common),
        "claimed": claimed.requested,
        "loss": known.award(claimed).loss,
        "lines": known.calculation(claimed),
        "amount": claimed.approved or Decimal("0.00"),
        "received_on": known.opened_on(record),
        "public_from": claimed.notice_started_on,
        "public_to": claimed.notice_ends_on,
        "meeting": f"联席会议（{minutes.number}）" if minutes else "",
        "effective_ratio": ratio(claimed),
        "return_days": terms.integer("recovery_return_days"),
        "objection": known.objection(s, bureau),
        "cc": (known.full_name(s, record.managing_institution_id),),
        "printed_by": known.full_name(s, bureau),
    }


def decision(s: Session, record: CaseRecord, common: Common) -> contexts.DecisionNotice:
    """D23."""
    return contexts.DecisionNotice(**_decision(s, record, common))


def reduced(s: Session, record: CaseRecord, common: Common) -> contexts.ReducedDecisionNotice:
    """D24: nothing, or less than asked."""
    claimed, _ = of(s, record)
    if claimed.refusal_reason:
        reason = contexts.Reason(no=1, fact=claimed.refusal_reason, clause="四（二）")
    else:
        award = known.award(claimed)
        fact, clause = LIMITS[award.binding or "ratio"]
        if not award.binding and record.board.value == "guarantee":
            clause = "三（三）"
        reason = contexts.Reason(no=1, fact=fact, clause=clause)
    return contexts.ReducedDecisionNotice(**_decision(s, record, common), reasons=(reason,))


def payment_letter(s: Session, record: CaseRecord, common: Common) -> contexts.PaymentLetter:
    """D25, to 市财政局."""
    claimed, _ = of(s, record)
    amount = claimed.approved or Decimal("0.00")
    decided = document.latest(s, record.id or 0, "D23")
    year = clock.today().year
    row = contexts.PayeeRow(
        no=1,
        payee=known.full_name(s, record.institution_id),
        decision_number=(decided.number if decided else None) or record.number,
        account=known.account(claimed),
        amount=amount,
    )
    return contexts.PaymentLetter(
        **common,
        batch=f"{record.number}号",
        rows=(row,),
        total=amount,
        budget_year=year,
        budget_line="中小微企业融资风险补偿资金",
        public_from=claimed.notice_started_on,
        public_to=claimed.notice_ends_on,
        attachments=("风险补偿决定通知书", "补偿审批表"),
        contact=known.contact(s, of_kind(s, Kind.BUREAU)[0].id or 0),
    )


def payment_notice(s: Session, record: CaseRecord, common: Common) -> contexts.PaymentNotice:
    """D26, to the payee."""
    claimed, loan = of(s, record)
    decided = document.latest(s, record.id or 0, "D23")
    terms = rules(s).on(clock.today())
    pays = deadlines.due("payment_days", clock.today(), working_calendar(s), rules(s))
    return contexts.PaymentNotice(
        **common,
        decision_number=(decided.number if decided else None) or record.number,
        borrower=loan.firm_name,
        contract_number=loan.contract_number,
        amount=claimed.approved or Decimal("0.00"),
        account=known.account(claimed),
        pay_on=pays.day,
        due_provisional=pays.provisional,
        confirm_days=terms.integer("receipt_days"),
        from_service=served.counts_from_service(s),
        return_days=terms.integer("recovery_return_days"),
        effective_ratio=ratio(claimed),
        managing_name=known.full_name(s, record.managing_institution_id),
        contact=known.contact(s, of_kind(s, Kind.BUREAU)[0].id or 0),
    )


def receipt(s: Session, record: CaseRecord, common: Common) -> contexts.ReceiptConfirmation:
    """D27, signed by the payee."""
    claimed, loan = of(s, record)
    decided = document.latest(s, record.id or 0, "D23")
    notice = document.latest(s, record.id or 0, "D26")
    given = known.opinions(s, record.id or 0, ("receipt",))
    return contexts.ReceiptConfirmation(
        **common,
        notice_number=(notice.number if notice else None) or record.number,
        decision_number=(decided.number if decided else None) or record.number,
        borrower=loan.firm_name,
        contract_number=loan.contract_number,
        amount=claimed.received or Decimal("0.00"),
        account=known.account(claimed),
        received_on=claimed.received_on or clock.today(),
        voucher_number=claimed.voucher_number,
        handled_by=given[-1].person,
        remark=given[-1].opinion,
    )
