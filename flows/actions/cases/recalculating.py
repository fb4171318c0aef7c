"""Ending a case's wait for room (待额度): 市工信局 has it calculated anew with what is left."""

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.documents.text import printable
from flows.kernel.case import wake
from flows.kernel.words import interrupt
from flows.steps import line
from models.lifecycle import State
from models.permissions import Actor, may_recalculate
from models.records import waiting
from models.records.case import CaseRecord, by_number, locked, waited_date
from models.records.waiting import WaitEnd

LONGEST = 500


def recalculate(s: Session, actor: Actor, case_number: str, reason: str) -> CaseRecord:
    """Take the case out of the line; it goes back to 初审 and is calculated with the room there is.

    Raises `ConflictError` if it does not wait after its approval.
    """
    permitted(may_recalculate(actor))
    found = by_number(s, case_number)
    if found is None:
        raise NotThereError("没有找到这件案件。")
    record = locked(s, found.id or 0)
    entry = waited_date(s, record.id or 0)
    mine = waiting.of_case(s, record.id or 0)
    if record.state != State.AWAITING_ROOM or entry is None or mine is None:
        raise ConflictError("这件案件现在没有在等额度，可能已经自动继续。请看案件最新情况。")
    if not mine.amount:
        raise ConflictError("这件案件因额度用尽尚未测算出金额，没有可以退回的审批；额度补足后自动测算。")
    words = printable(reason).strip()
    if not words or len(words) > LONGEST:
        raise InvalidError((FieldFault("reason", f"请写明退回重新测算的原因（最多 {LONGEST} 字）。"),))
    waited_for = line.leave(s, record.id or 0, WaitEnd.RECALCULATE)
    interrupt(record, entry, {"recalculate": True})
    acted(s, actor, record.id or 0, "recalculation_asked", {"reason": words})
    wake(s, record)
    if waited_for is not None:
        line.call(s, waited_for)
    return record
