"""What an institution is asked to do: corrections, receipts, returns, answers to letters of warning; each with its day."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from sqlmodel import Session, col, select

from api.pages import task_clock
from api.pages.render import sentence_day, yuan
from api.pages.views import AskView, Link
from flows.steps.document_filing import faults, returned_entry
from models.gates import CORRECTION, DEMANDED, RETURN_SLIP
from models.permissions import Actor
from models.policy.anomalies import ANOMALY_NAMES
from models.records import prepared, recovery, warning_reply
from models.records.case import JournalEntry
from models.records.claim import Claim
from models.records.task import Task, TaskState

CHECKED = Link("待本单位复核", "/bank/prepared")
"""Where it has been done, and waits for the institution's second person."""
MOST_LETTERS = 20


def asks(db: Session, actor: Actor) -> tuple[AskView, ...]:
    """Tasks of the institution, the earliest due first; then letters of warning it has not answered."""
    waiting = prepared.waiting(db, actor.institution_id)
    return (
        *_tasks(db, actor, {row.subject for row in waiting if row.kind != "warning_reply"}),
        *_letters(db, actor, {row.subject for row in waiting if row.kind == "warning_reply"}),
    )


def _tasks(db: Session, actor: Actor, checking: AbstractSet[str]) -> Iterator[AskView]:
    query = (
        select(Task, JournalEntry)
        .join(JournalEntry, col(JournalEntry.id) == col(Task.entry_id))
        .where(
            Task.institution_id == actor.institution_id,
            Task.state == TaskState.OPEN,
            col(Task.gate).in_([gate.key for gate in DEMANDED]),
        )
        .order_by(col(Task.due_at), col(Task.id))
    )
    days = task_clock.calendar(db)
    for task, entry in db.exec(query):
        title, words, action = _asked(db, task)
        number = task.case_number
        due = task_clock.working_days(days, entry)
        yield AskView(
            due, f"{title}：{task.subject}", number, words, CHECKED if number in checking else action
        )


def _asked(db: Session, task: Task) -> tuple[str, str, Link]:
    """What a task asks for, in words and more words, and where it is done."""
    address = f"/bank/cases/{task.case_number}"
    if task.gate == CORRECTION.key:
        listed = faults(returned_entry(db, task.case_id))
        problems = "；".join(str(fault.get("problem", "")).rstrip("。；") for fault in listed)
        return (
            "补正",
            f"退回 {len(listed)} 处：{problems}",
            Link("去补正", f"{address}/correct", primary=True),
        )
    if task.gate == RETURN_SLIP.key:
        return "返还追偿款", _due(db, task.case_id), Link("登记返还回单", f"{address}/return", primary=True)
    return "确认收款", _paid(db, task.case_id), Link("确认到账", f"{address}/receipt")


def _letters(db: Session, actor: Actor, checking: AbstractSet[str]) -> Iterator[AskView]:
    days = task_clock.calendar(db)
    for owed, change, loan in warning_reply.owed_by(db, actor.institution_id, MOST_LETTERS):
        key = str(loan.id)
        seen = ANOMALY_NAMES[change.anomaly] if change.anomaly else ""
        words = f"{seen}；请于{sentence_day(owed.due_on, weekday=False)}前书面回复"
        action = CHECKED if key in checking else Link("去回复", f"/loans/{key}", primary=True)
        due = task_clock.by_day(days, owed.due_on)
        yield AskView(due, f"回复风险提示函：{loan.firm_name}", change.number, words, action)


def _paid(db: Session, case_id: int) -> str:
    claim = db.exec(select(Claim).where(Claim.case_id == case_id)).one()
    day = sentence_day(claim.voucher_date, weekday=False)
    return f"市财政局{day}拨付 {yuan(claim.paid)} 元至尾号 {claim.account_number[-4:]} 账户"


def _due(db: Session, case_id: int) -> str:
    found = recovery.of_case(db, case_id)
    return f"应返还 {yuan(found.due)} 元，{sentence_day(found.due_on, weekday=False)}前缴回市财政局"
