"""After an answer: wait a moment for what follows from it, then say in the past tense what was done."""

from fastapi import Request
from sqlmodel import Session, col, func, select

from api.auth.session import COOKIE
from api.pages.views import Link, Note
from flows.actions.answers import answering, sitting
from models import database
from models.gates import GATES, Outcome
from models.lifecycle import FINAL, STATE_NAMES, State
from models.permissions import Actor
from models.records.case import CaseRecord
from models.records.document import Document, about
from models.records.task import Task, TaskState


def settled(request: Request, done: str = "") -> None:
    """Dependency, run before the page's own transaction: the case of the task `done` has taken its next step.

    Waits at most `answering.settled`'s patience; a case at rest costs one look.
    """
    task_id = _id(done.rpartition(",")[2])
    if task_id is None or COOKIE not in request.cookies:
        return
    with database.session() as s:
        task = s.get(Task, task_id)
        number = task.case_number if task else ""
    if number:
        answering.settled(number, 0)


def notes(db: Session, actor: Actor, done: str) -> tuple[Note, ...]:
    """What the reader has just done, if the tasks `done` (5 or 5,6,7) were theirs to answer: result, documents,
    where it went; of several, how many."""
    if "," in done:
        ids = [key for key in map(_id, done.split(",")[:50]) if key is not None]
        query = select(func.count()).where(col(Task.id).in_(ids), Task.answered_by == actor.person_id)
        count = db.exec(query).one()
        words = f"{count} 件通过，转入下一环节。"
        return (Note("ok", "已办理。", words, "check", Link("看已办", "/queue?tab=done")),) if count else ()
    task_id = _id(done)
    task = db.get(Task, task_id) if task_id is not None else None
    if task is None or task.answered_by != actor.person_id or task.outcome is None:
        return ()
    answer = next((one for one in sitting.choices(task) if one.outcome == task.outcome), None)
    case = db.get_one(CaseRecord, task.case_id)
    words = f"{task.case_number} {task.subject}：{answer.label if answer else ''}。"
    words += _went(db, task, case)
    since = select(Document).where(about(task.case_id), col(Document.issued_at) >= task.answered_at)
    issued = [
        f"《{document.title}》" + (f"文号 {document.number}" if document.number else "")
        for document in db.exec(since.order_by(col(Document.id)))
    ]
    if issued:
        words += f"已生成{'、'.join(issued)}。"
    tone = "ok" if task.outcome is Outcome.APPROVE else "act"
    link = Link("查看案件", f"/cases/{task.case_number}")
    return (Note("ok" if tone == "ok" else "act", "已办理。", words, "check", link),)


def _went(db: Session, task: Task, case: CaseRecord) -> str:
    state = State(case.state)
    if state in FINAL:
        return f"案件已办结（{STATE_NAMES[state]}）。"
    if state == GATES[task.gate].state:
        if task.entry_id and _seats_left(db, task):
            return "等待其他席位办理。"
        return "正在转入下一环节，稍后可在案件页查看。"
    if state == State.CORRECTION:
        return "已停钟，等待申报机构补正。"
    verb = {Outcome.SEND_BACK: "已退回", Outcome.RETURN: "已退回"}.get(
        task.outcome or Outcome.APPROVE, "已报送"
    )
    return f"{verb}{STATE_NAMES[state]}。"


def _seats_left(db: Session, task: Task) -> bool:
    query = select(Task.id).where(Task.entry_id == task.entry_id, Task.state == TaskState.OPEN)
    return db.exec(query).first() is not None


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
