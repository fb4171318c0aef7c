"""Looking at a check (人工核对): whoever may answer the task says that they have, with a remark if they like."""

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.answers import sitting
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.documents.text import printable
from flows.steps import evidence
from flows.steps.evidence import Asked
from models import clock
from models.gates import GATES
from models.permissions import Actor
from models.records import look as looks
from models.records.case import locked
from models.records.look import CheckLook
from models.records.task import Task, TaskState
from models.roles import PARTY_NAMES, Party

MOST_WORDS = 500


def key_of(one: Asked, *, every_loan: bool = False) -> str:
    """How a page names a check: its code and loan, or the code alone for every loan that has it."""
    return one.check.code if every_loan else f"{one.check.code}@{one.loan_id}"


def look(s: Session, actor: Actor, task_id: int, key: str, remark: str = "") -> list[Asked]:
    """Record that the actor looked at the check `key` (of one loan, or of every loan that has it); what was looked at.

    Raises `NotThereError`, `ForbiddenError` (may not answer the task), `ConflictError` (the task is over, someone
    looked already, or the check changed) and `InvalidError` (the remark is too long).
    """
    task = s.get(Task, task_id)
    if task is None or not actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    record = locked(s, task.case_id)
    s.refresh(task)
    if task.state != TaskState.OPEN:
        raise ConflictError("这件任务已经办理或不再需要办理，核对情况以案件页为准。")
    permitted(sitting.verdict(s, actor, task))
    remark = printable(remark).strip()
    if len(remark) > MOST_WORDS:
        said = f"备注最多 {MOST_WORDS} 字，现为 {len(remark)} 字；详细情况请写在意见里。"
        raise InvalidError((FieldFault("remark", said),), said)
    code, _, loan = key.partition("@")
    found = [
        one
        for one in evidence.asked(s, record)
        if one.check.code == code and (not loan or str(one.loan_id) == loan)
    ]
    if not found:
        raise ConflictError("这项检查的内容已有变化，不再须人工核对；请刷新页面查看。")
    new = [one for one in found if one.seen is None]
    if not new:
        seen = found[0].seen
        name = seen.person_name if seen else ""
        raise ConflictError(f"“{found[0].check.label}”已由{name}核实，不必重复。")
    s.connection().execute(
        insert(CheckLook).on_conflict_do_nothing(), [_row(task, actor, one, remark) for one in new]
    )
    told = {
        "label": new[0].check.label,
        "source": new[0].check.source,
        "count": len(new),
        "remark": remark,
    }
    where = {"organ": PARTY_NAMES[GATES[task.gate].party], "gate": task.gate, "entry_id": task.entry_id}
    acted(s, actor, task.case_id, "check_looked", told, **where)
    s.flush()
    return new


def _row(task: Task, actor: Actor, one: Asked, remark: str) -> dict[str, object]:
    check = one.check
    return {
        "case_id": task.case_id,
        "loan_id": one.loan_id,
        "item": one.item,
        "task_id": task.id,
        "gate": task.gate,
        "code": check.code,
        "fingerprint": looks.fingerprint(check.model_dump(mode="json")),
        "label": check.label[:200],
        "value": check.value[:1000],
        "source": check.source[:200],
        "clause": check.clause,
        "person_id": actor.person_id,
        "person_name": actor.name,
        "at": clock.now(),
        "remark": remark,
    }


def look_at_everything(s: Session, actor: Actor, task_id: int, remark: str = "") -> int:
    """Look at every open check of the task's case, each with its own record: for cases that are played, not worked."""
    task = s.get_one(Task, task_id)
    if GATES[task.gate].party is Party.APPLICANT:
        return 0
    codes = dict.fromkeys(one.check.code for one in evidence.unlooked(s, locked(s, task.case_id)))
    return sum(len(look(s, actor, task_id, code, remark)) for code in codes)
