"""Confirming receipt (收款回执): the applicant says what arrived and when; the case can be closed."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from flows.actions.answers import answering
from flows.actions.errors import ConflictError, FieldFault, InvalidError
from flows.actions.typed import Day, PositiveYuan
from models import clock
from models.gates import RECEIPT, Outcome
from models.permissions import Actor
from models.records.case import CaseRecord
from models.records.claim import of_case as claim_of
from models.records.task import Task, open_of_case


class ReceiptForm(BaseModel):
    """What arrived, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    received_on: Day = Field(title="到账日期")
    received_amount: PositiveYuan = Field(title="到账金额")


def open_task(s: Session, case: CaseRecord) -> Task:
    """The task that asks for the receipt. Raises `ConflictError` while there is none."""
    found = next((t for t in open_of_case(s, case.id or 0) if t.gate == RECEIPT.key), None)
    if found is None:
        raise ConflictError("现在没有待确认的收款：尚未拨付，或已由同事确认。请到案件页查看。")
    return found


def confirm(s: Session, actor: Actor, case: CaseRecord, form: ReceiptForm) -> Task:
    """Answer the receipt's task. Raises `InvalidError` where date or amount contradict the payment."""
    task = open_task(s, case)
    claim = claim_of(s, case.id or 0)
    faults = _against_payment(form, claim.paid, claim.voucher_date)
    if faults:
        raise InvalidError(faults)
    fields = {"received_on": form.received_on.isoformat(), "received_amount": str(form.received_amount)}
    return answering.answer(s, actor, task.id or 0, Outcome.APPROVE, fields=fields)


def _against_payment(form: ReceiptForm, paid: Decimal | None, paid_on: date | None) -> tuple[FieldFault, ...]:
    faults = []
    if form.received_on > clock.today():
        faults.append(FieldFault("received_on", f"到账日期 {form.received_on} 晚于今天，请核对。"))
    elif paid_on is not None and form.received_on < paid_on:
        faults.append(
            FieldFault("received_on", f"到账日期 {form.received_on} 早于拨付日期 {paid_on}，请核对。")
        )
    if paid is not None and form.received_amount != paid:
        words = f"到账 {form.received_amount:,.2f} 元与拨付 {paid:,.2f} 元不一致。请核对；确有差额请先联系市财政局。"
        faults.append(FieldFault("received_amount", words))
    return tuple(faults)
