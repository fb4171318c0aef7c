"""Registering an objection (异议) received during public notice; the objection opens its own gate."""

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.documents.text import printable
from flows.kernel.case import wake
from flows.kernel.words import interrupt
from models import clock
from models.lifecycle import State
from models.permissions import Actor, may_register_objection
from models.records.case import by_number, locked, waited_date
from models.records.claim import Objection


def register(
    s: Session, actor: Actor, case_number: str, objector: str, contact: str, content: str
) -> Objection:
    """End the waiting of 公示 with an objection. Raises `ConflictError` once the notice period is over."""
    permitted(may_register_objection(actor))
    found = by_number(s, case_number)
    if found is None:
        raise NotThereError("没有找到这件案件。")
    record = locked(s, found.id or 0)
    waiting = waited_date(s, record.id or 0)
    over = waiting is not None and waiting.due_at is not None and waiting.due_at <= clock.now()
    if record.state != State.PUBLIC_NOTICE or waiting is None or over:  # over: not woken yet
        raise ConflictError("这件案件现在不在公示期，不能登记异议。")
    given = {"objector": objector, "contact": contact, "content": content}
    given = {name: printable(value).strip() for name, value in given.items()}
    words = {"objector": "异议人", "contact": "联系方式", "content": "异议内容"}
    faults = [FieldFault(name, f"请填写{words[name]}。") for name, value in given.items() if not value]
    most = {"objector": 120, "contact": 120, "content": 4000}
    faults += [
        FieldFault(name, f"{words[name]}最多 {most[name]} 字，现为 {len(value)} 字。")
        for name, value in given.items()
        if len(value) > most[name]
    ]
    if faults:
        raise InvalidError(tuple(faults))
    objection = Objection(
        case_id=record.id or 0,
        at=clock.now(),
        registered_by=actor.person_id,
        objector=given["objector"],
        contact=given["contact"],
        content=given["content"],
    )
    s.add(objection)
    s.flush()
    interrupt(record, waiting, {"objection_id": objection.id})
    told = {"objector": given["objector"], "content": given["content"]}
    acted(s, actor, record.id or 0, "objection_registered", told)
    wake(s, record)
    return objection
