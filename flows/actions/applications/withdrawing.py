"""Withdrawing (撤回): the applicant takes a case back before the city has decided."""

from sqlmodel import Session

from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError
from flows.documents.text import printable
from flows.kernel.case import move, rest
from flows.steps import limits, notices
from models import clock
from models.lifecycle import Process, State
from models.permissions import Actor, Denied, may_see_case, may_withdraw
from models.records.case import CaseRecord, by_number, journal_of, locked, open_incident
from models.records.claim import of_case as claim_of
from models.records.loan import LoanState
from models.records.loan import of_case as loans_of
from models.records.task import TaskState, of_case
from models.records.timeline import Event


def withdraw(s: Session, actor: Actor, case_number: str, reason: str) -> CaseRecord:
    """Close the case as withdrawn: open tasks lapse, reservations are released, what happened stays visible."""
    found = by_number(s, case_number)
    if found is None or not may_see_case(actor, found.institution_id):
        raise NotThereError("没有找到这件案件。")
    record = locked(s, found.id or 0)
    allowed = may_withdraw(actor, record.institution_id, State(record.state))
    if isinstance(allowed, Denied):
        raise ConflictError(allowed.sentence)
    reason = printable(reason).strip()
    if not reason:
        raise InvalidError((FieldFault("reason", "请写明撤回原因。"),))
    now = clock.now()
    for task in of_case(s, record.id or 0):
        if task.state in (TaskState.OPEN, TaskState.WAITING):
            task.state = TaskState.LAPSED
    for entry in journal_of(s, record.id or 0, valid_only=True):
        if entry.finished_at is None:
            entry.voided_at = now
    if record.process == Process.CLAIM:
        limits.release_all(s, record, "申报机构撤回")
        claim_of(s, record.id or 0).alive = False
    elif record.process == Process.FILING:
        for loan in loans_of(s, record.id or 0):
            loan.state, loan.state_reason = LoanState.WITHDRAWN, "申报机构撤回"
    s.add(
        Event(
            case_id=record.id or 0,
            at=now,
            event="withdrawn",
            person_id=actor.person_id,
            person_name=actor.name,
            data={"reason": reason},
        )
    )
    incident = open_incident(s, record.id or 0)
    if incident is not None:
        incident.resolved_at, incident.resolved_by = now, actor.person_id
    move(record, State.WITHDRAWN)
    record.closed_at, record.wake_at = now, None
    record.revision += 1
    rest(record)
    notices.announce(s, record, "case_withdrawn", document=None, context={"by": actor.name, "reason": reason})
    return record
