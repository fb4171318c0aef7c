"""Passing a task on: 转办, 委派, 加签, 减签, 拿回. Whoever receives it must be able to act, by the same rules as ever.

Nothing here answers a gate. Every act is one transaction, on the timeline, and told to the colleague it concerns.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.answers.answering import decide
from flows.actions.answers.opinion_files import give_with
from flows.actions.answers.signing import turn
from flows.actions.answers.sitting import capacity, locked_task, past_of, seat_of
from flows.actions.attaching import Stored
from flows.actions.colleagues.telling import tell
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.documents.text import printable
from flows.kernel.case import Case, wake
from flows.kernel.words import rewind
from models import clock
from models.gates import GATES, Rule
from models.lifecycle import State
from models.permissions import Actor, Denied, may_answer, may_manage
from models.records.case import CaseRecord, EntryKind, JournalEntry, journal_of, locked
from models.records.message import Comment, MessageKind
from models.records.person import Person, roles_of
from models.records.task import ADDED_NAMES, Added, Task, TaskState, of_case, of_entry, participation
from models.roles import APPLICANT_ROLES, PARTY_NAMES, Party, Role

SENT = "notices.send"
"""The step after which an answer cannot be taken back: the applicant has been told."""
MOST_SIGNERS = 5


def transfer(s: Session, actor: Actor, task_id: int, to: int, reason: str) -> Task:
    """转办: the task becomes a colleague's, who answers it with all that follows. By its holder, or a manager."""
    record, task = _mine(s, actor, task_id, or_manager=True)
    colleague = _colleague(s, to)
    reason = _words(reason, "reason", "请写明转办原因。")
    if GATES[task.gate].rule is not Rule.ONE or task.added is not None:
        raise ForbiddenError("指定席位不能转办；本人不能办理时请登记代理。")
    may_take(s, task, colleague, "转办")
    task.assignee_id, task.delegated_by, task.unstaffed = colleague.person_id, None, False
    _happened(s, actor, task, "task_transferred", to=colleague.name, reason=reason)
    tell(s, actor, colleague.person_id, MessageKind.TRANSFER, record, reason, task)
    return task


def delegate(s: Session, actor: Actor, task_id: int, to: int, question: str) -> Task:
    """委派: a colleague gives advice and hands the task back; the answer stays with the holder."""
    record, task = _mine(s, actor, task_id)
    colleague = _colleague(s, to)
    question = _words(question, "reason", "请写明委派事项。")
    may_take(s, task, colleague, "委派")
    task.delegated_by, task.assignee_id = actor.person_id, colleague.person_id
    _happened(s, actor, task, "task_delegated", to=colleague.name, reason=question)
    tell(s, actor, colleague.person_id, MessageKind.DELEGATE, record, question, task)
    return task


def advise(s: Session, actor: Actor, task_id: int, advice: str, files: Sequence[Stored] = ()) -> Task:
    """The delegate's advice (委派回复) with its files: kept with the task, which goes back to who asked."""
    record, task = _open(s, actor, task_id)
    if task.delegated_by is None or task.assignee_id != actor.person_id:
        raise ForbiddenError("这件任务没有委派给你，不能回复委派。")
    advice = _words(advice, "opinion", "请写明意见后再交回。")
    remark = Comment(
        case_id=task.case_id,
        person_id=actor.person_id,
        person_name=actor.name,
        at=clock.now(),
        words=advice,
        task_id=task.id,
    )
    s.add(remark)
    given = give_with(s, actor, remark, files)
    task.assignee_id, task.delegated_by = task.delegated_by, None
    _happened(s, actor, task, "delegate_replied", reason=advice, **({"files": given} if given else {}))
    tell(s, actor, task.assignee_id, MessageKind.REPLY, record, advice, task)
    return task


def recall(s: Session, actor: Actor, task_id: int) -> Task:
    """收回委派: the holder takes a delegated task back without waiting for the advice."""
    _, task = _open(s, actor, task_id)
    if task.delegated_by != actor.person_id:
        raise ForbiddenError("只有委派人可以收回委派。")
    task.assignee_id, task.delegated_by = actor.person_id, None
    _happened(s, actor, task, "delegation_recalled")
    return task


def add_signer(s: Session, actor: Actor, task_id: int, signer: int, how: Added, question: str) -> Task:
    """加签: one more person of the same unit signs before, beside or after the holder. The new task."""
    record, task = _mine(s, actor, task_id)
    gate = GATES[task.gate]
    if gate.rule is not Rule.ONE or gate.party is Party.APPLICANT or task.added is not None:
        raise ForbiddenError(f"{gate.title}不能加签。")
    question = _words(question, "reason", "请写明请其签署什么意见。")
    colleague = _colleague(s, signer)
    seats = of_entry(s, task.entry_id)
    signers = [seat for seat in seats if seat.added is not None and seat.state != TaskState.LAPSED]
    if any(seat.assignee_id == colleague.person_id for seat in signers):
        raise ConflictError(f"{colleague.name}已在本环节加签名单中。")
    if len(signers) >= MOST_SIGNERS:
        raise ConflictError(f"一个环节最多加签 {MOST_SIGNERS} 人。")
    role = signing_role(s, task, colleague)
    shared: dict[str, Any] = task.model_dump(
        include={"case_id", "entry_id", "gate", "duty", "round", "process", "board", "institution_id"}
        | {
            "applicant_id",
            "subject",
            "case_number",
            "uscc",
            "town",
            "amount",
            "due_at",
            "shown_hash",
            "corrected",
        }
    )
    added = Task(
        **shared,
        seat=max(seat.seat for seat in seats) + 1,
        role=role,
        assignee_id=colleague.person_id,
        state=TaskState.WAITING if how is Added.AFTER else TaskState.OPEN,
        opened_at=clock.now(),
        added_by=actor.person_id,
        added=how,
    )
    s.add(added)
    task.assignee_id = task.assignee_id or actor.person_id
    if how is Added.BEFORE:
        task.state = TaskState.WAITING
    s.flush()
    _happened(s, actor, task, "signer_added", to=colleague.name, how=ADDED_NAMES[how], reason=question)
    tell(s, actor, colleague.person_id, MessageKind.SIGN, record, question, added)
    return added


def remove_signer(s: Session, actor: Actor, task_id: int) -> Task:
    """减签: a signature that was asked for and not given is no longer needed. `task_id` is the signer's task."""
    found = _seen(s, actor, task_id)
    locked(s, found.case_id)
    task = locked_task(s, task_id)
    if task.added_by is None or task.added_by != actor.person_id:
        raise ForbiddenError("只有加签人可以减签。")
    if task.state not in (TaskState.OPEN, TaskState.WAITING):
        raise ConflictError("该签署人已经签署或加签已失效，不能再减签。")
    task.state = TaskState.LAPSED
    signer = s.get(Person, task.assignee_id) if task.assignee_id else None
    _happened(s, actor, task, "signer_removed", to=signer.name if signer else "")
    _go_on(s, task)
    return task


def take_back(s: Session, actor: Actor, task_id: int, reason: str) -> CaseRecord:
    """拿回: the last answerer has the task again, while the next has not acted and the applicant was told nothing.

    What followed the answer becomes void (it stays visible) and the same gate opens for another round.
    """
    found = _seen(s, actor, task_id)
    record = locked(s, found.case_id)
    task = locked_task(s, task_id)
    reason = _words(reason, "reason", "请写明拿回原因。")
    gate = GATES[task.gate]
    if task.state != TaskState.ANSWERED or task.answered_by != actor.person_id or task.voided:
        raise ForbiddenError("只能拿回你自己办理、且仍然有效的任务。")
    if gate.rule is not Rule.ONE or gate.party is Party.APPLICANT or task.added is not None:
        raise ForbiddenError(f"{gate.title}的答复不能拿回；需要更正的，请由后一环节退回。")
    journal = journal_of(s, record.id or 0, valid_only=True)
    entry = next((e for e in journal if e.id == task.entry_id), None)
    nothing_since(s, record, entry, journal)
    if entry is None or entry.result is None:
        raise ConflictError("加签人尚在签署，本环节还没有结论；请先减签。")
    rewind(Case(s, record, journal_of(s, record.id or 0)), entry, State(entry.name))
    _happened(s, actor, task, "taken_back", reason=reason)
    s.flush()
    wake(s, record)
    return record


def nothing_since(
    s: Session, record: CaseRecord, entry: JournalEntry | None, journal: Sequence[JournalEntry]
) -> None:
    """ConflictError once the next has acted, or the applicant has been told."""
    if entry is None or record.closed_at is not None:
        raise ConflictError("案件已经办结，不能拿回。")
    since = [e for e in journal if (e.id or 0) > (entry.id or 0)]
    if any(e.name == SENT for e in since):
        raise ConflictError("结论已经通知申报机构，不能拿回；需要更正的，请由后一环节退回。")
    gates = [e for e in since if e.kind != EntryKind.STEP]
    following = [t for t in of_case(s, record.id or 0) if t.entry_id in {e.id for e in gates}]
    acted = next((t for t in following if t.answered_at or t.delegated_by or t.added), None)
    claimed = next((t for t in following if t.assignee_id and GATES[t.gate].rule is Rule.ONE), None)
    if len(gates) > 1 or any(e.kind == EntryKind.UNTIL for e in gates) or acted is not None:
        raise ConflictError("后一环节已经办理，不能拿回；需要更正的，请联系后一环节退回。")
    if claimed is not None:
        who = s.get(Person, claimed.assignee_id)
        raise ConflictError(f"后一环节已由{who.name if who else '同事'}认领，不能拿回；请联系其释放或退回。")


def _go_on(s: Session, task: Task) -> None:
    """A signature fell away: the holder's turn comes, or the gate is complete."""
    seats = of_entry(s, task.entry_id)
    asked = [seat for seat in seats if seat.added is None][-1]
    s.flush()
    left = [seat for seat in seats if seat.added is not None and seat.state != TaskState.LAPSED]
    if asked.state == TaskState.WAITING:
        turn(asked, [seat for seat in left if seat.state != TaskState.ANSWERED])
    elif asked.state == TaskState.ANSWERED:
        decide(s, asked)
        s.flush()
        wake(s, locked(s, task.case_id))


def _seen(s: Session, actor: Actor, task_id: int) -> Task:
    task = s.get(Task, task_id)
    if task is None or not actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    return task


def _open(s: Session, actor: Actor, task_id: int) -> tuple[CaseRecord, Task]:
    """The task, locked after its case; ConflictError if it is no longer open."""
    found = _seen(s, actor, task_id)
    record = locked(s, found.case_id)
    task = locked_task(s, task_id)
    if task.state != TaskState.OPEN:
        raise ConflictError("这件任务已经办理或不再需要办理，请刷新页面查看最新情况。")
    return record, task


def _mine(s: Session, actor: Actor, task_id: int, *, or_manager: bool = False) -> tuple[CaseRecord, Task]:
    """An open task the actor could answer now (or, for 转办, manages)."""
    record, task = _open(s, actor, task_id)
    if not (or_manager and may_manage(actor)):
        permitted(capacity(s, actor, task)[0])
    return record, task


def _colleague(s: Session, person_id: int) -> Actor:
    found = s.get(Person, person_id)
    if found is None or not found.active:
        raise InvalidError((FieldFault("to", "请从名单中选择一位在岗同事。"),))
    return Actor(found.id or 0, found.name, found.institution_id, roles_of(s, found.id or 0))


def may_take(s: Session, task: Task, colleague: Actor, verb: str) -> None:
    """ForbiddenError unless the colleague could answer the task themselves."""
    if task.assignee_id == colleague.person_id:
        raise ConflictError(f"这件任务已经在{colleague.name}名下。")
    seat = replace(seat_of(s, task), assignee_id=None, delegated=False)
    allowed = may_answer(colleague, seat, past_of(s, task, colleague.person_id))
    if isinstance(allowed, Denied):
        why = allowed.sentence.replace("你", colleague.name)
        raise ForbiddenError(f"不能{verb}给{colleague.name}：{why}")


def signing_role(s: Session, task: Task, colleague: Actor) -> Role:
    """The role the signer signs in. Same unit, not involved elsewhere in the case, nobody's own application."""
    if colleague.institution_id != task.institution_id:
        raise ForbiddenError(f"不能请{colleague.name}加签：只能在本单位内加签，跨单位请抄送或征求意见。")
    roles = sorted(colleague.roles - APPLICANT_ROLES - {Role.ADMIN}, key=lambda role: role.value)
    if not roles:
        raise ForbiddenError(f"不能请{colleague.name}加签：其没有审核岗位。")
    past = past_of(s, task, colleague.person_id)
    earlier = participation(s, task.case_id, colleague.person_id)
    if earlier is not None and earlier.duty != task.duty:
        done = GATES[earlier.gate].title if earlier.gate in GATES else "申报"
        raise ForbiddenError(f"不能请{colleague.name}加签：其办理过本案{done}；请选择未参与本案的同事。")
    if past.recused:
        raise ForbiddenError(f"不能请{colleague.name}加签：其已登记回避（{past.recused}）。")
    return task.role if task.role in colleague.roles else roles[0]


def _words(given: str, field: str, missing: str) -> str:
    words = printable(given).strip()
    if not words:
        raise InvalidError((FieldFault(field, missing),))
    if len(words) > 500:
        raise InvalidError((FieldFault(field, f"最多 500 字，现为 {len(words)} 字。"),))
    return words


def _happened(s: Session, actor: Actor, task: Task, event: str, **data: Any) -> None:
    gate = GATES[task.gate]
    where = {"organ": PARTY_NAMES[gate.party], "gate": gate.key, "entry_id": task.entry_id}
    acted(s, actor, task.case_id, event, {"gate": gate.title, **data}, **where)
