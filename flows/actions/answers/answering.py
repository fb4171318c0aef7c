"""Answering a task: one transaction that checks, records, decides the gate when its rule is met, and wakes the case.

Of several answers at the same time exactly one is recorded per seat: the task's row is locked, and a second
click is told who was first.
"""

import time
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from flows.actions.answers import opinion_files, pointing, signing, untold
from flows.actions.answers.sitting import capacity, choices, in_the_name, locked_task, verdict
from flows.actions.attaching import Stored
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.documents.text import printable
from flows.kernel import Decision
from flows.kernel.case import wake
from flows.steps import evidence
from models import clock
from models.database import session
from models.gates import GATES, Answer, Gate, Outcome, Rule
from models.permissions import Actor
from models.records import half_answer, meeting
from models.records.case import CaseRecord, JournalEntry, by_number, locked
from models.records.person import Person
from models.records.rules import rules
from models.records.task import ADDED_NAMES, Participation, Task, TaskState, of_entry, participation
from models.records.timeline import Event
from models.roles import PARTY_NAMES, Party

MOST_CHARACTERS = 10_000


def answer(
    s: Session,
    actor: Actor,
    task_id: int,
    outcome: Outcome,
    *,
    opinion: str = "",
    fields: dict[str, Any] | None = None,
    shown_hash: str | None = None,
    files: Sequence[Stored] = (),
    shown_files: Collection[int] | None = None,
) -> Task:
    """Record one answer, with `files` and with those uploaded for it that its page shows (`shown_files`).

    Raises `ForbiddenError`, `ConflictError` (someone was first, or the page is stale), `InvalidError` (opinion or a
    field is missing)."""
    task = _open_task(s, actor, task_id)
    record = locked(s, task.case_id)  # all that changes a case takes its row first
    task = locked_task(s, task_id)
    _still_open(s, task)
    _not_counted(s, task)
    allowed, principal = capacity(s, actor, task)
    permitted(allowed)
    if GATES[task.gate].rule is Rule.VOTES:
        _one_vote(s, actor, task)
    if shown_hash is not None and shown_hash != task.shown_hash:
        raise ConflictError("案件内容在你打开页面之后有变化，请按最新内容重新办理。你写的意见仍在页面上。")
    gate = GATES[task.gate]
    opinion = printable(opinion).strip()
    fields = fields or {}
    _validate(gate, choices(task), outcome, opinion, fields)
    if outcome is Outcome.APPROVE and task.added is None and gate.party is not Party.APPLICANT:
        _everything_looked_at(s, record, fields)
    _take_part(s, actor.person_id, task, "你刚刚")
    if principal is not None:
        _take_part(s, principal.person_id, task, principal.name)

    if outcome is Outcome.RETURN and task.added is None:
        if gate.lists_faults:
            fields = fields | {"faults": pointing.pointed(s, record, fields["faults"])}
        fields = fields | untold.noted(s, record, fields)

    given = opinion_files.give(s, actor, task, shown_files, files)
    now = clock.now()
    task.state = TaskState.ANSWERED
    task.answered_at, task.answered_by = now, actor.person_id
    task.outcome, task.opinion, task.fields = outcome, opinion, fields
    half_answer.drop(s, task.id or 0, actor.person_id)
    task.on_behalf_of = principal.person_id if principal else None
    s.add(
        Event(
            case_id=task.case_id,
            at=now,
            event="task_answered",
            person_id=actor.person_id,
            person_name=in_the_name(actor, principal),
            organ=PARTY_NAMES[gate.party],
            gate=gate.key,
            entry_id=task.entry_id,
            data=_told(outcome, opinion, fields, task) | ({"files": given} if given else {}),
        )
    )
    s.flush()
    decide(s, task)
    s.flush()
    wake(s, record)
    return task


def claim(s: Session, actor: Actor, task_id: int) -> Task:
    """认领: put one's name on a task of the group's queue."""
    _open_task(s, actor, task_id)
    task = locked_task(s, task_id)
    _still_open(s, task)
    permitted(verdict(s, actor, task))
    task.assignee_id = actor.person_id
    return task


def release(s: Session, actor: Actor, task_id: int) -> Task:
    """释放: give a claimed task back to the group."""
    _open_task(s, actor, task_id)
    task = locked_task(s, task_id)
    _still_open(s, task)
    if task.assignee_id != actor.person_id:
        raise ForbiddenError("只能释放你自己认领的任务。")
    if task.delegated_by is not None:
        raise ForbiddenError("这件任务是委派给你的；请写明意见后交回，或请委派人收回。")
    if GATES[task.gate].rule is not Rule.ONE or task.added is not None:
        raise ForbiddenError("这是指定给你的席位，不能释放；不能办理时请联系召集部门。")
    task.assignee_id = None
    return task


def settled(case_number: str, revision: int, patience: float = 0.6) -> bool:
    """After a commit: wait up to `patience` seconds for the wake-up, so that people see its result.

    True once no worker has anything to do for the case. Looks every 10 ms; never inside a transaction.
    """
    end = time.monotonic() + patience
    while True:
        with session() as s:
            record = by_number(s, case_number)
            if record is None or _at_rest(record, revision):
                return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.01)


def _at_rest(record: CaseRecord, revision: int) -> bool:
    if record.revision < revision or record.lease_token is not None:
        return False
    return record.wake_at is None or record.wake_at > clock.now()


def _open_task(s: Session, actor: Actor, task_id: int) -> Task:
    task = s.get(Task, task_id)
    if task is None or not (actor.watches_all or task.applicant_id == actor.institution_id):
        raise NotThereError("没有找到这件任务。")
    return task


def _still_open(s: Session, task: Task) -> None:
    if task.state == TaskState.OPEN:
        return
    if task.state == TaskState.WAITING:
        raise ConflictError("还没有轮到这个席位，请等前一席位办理。")
    who = s.get(Person, task.answered_by) if task.answered_by else None
    if who is None or task.answered_at is None or task.outcome is None:
        raise ConflictError("这件任务已经不需要办理（案件已由他人办结或撤回）。")
    label = next((answer for answer in choices(task) if answer.outcome == task.outcome), None)
    at = clock.local(task.answered_at)
    raise ConflictError(
        f"这件已由{who.name}于{at.month}月{at.day}日{at:%H:%M}办理（{label.label if label else task.outcome}）。"
    )


def _one_vote(s: Session, actor: Actor, task: Task) -> None:
    """票决: one person, one vote, also for who took over another's seat (移交)."""
    if any(seat.answered_by == actor.person_id for seat in of_entry(s, task.entry_id) if seat.id != task.id):
        raise ForbiddenError("你在本次表决中已经投过一票；一人一票，这一席位须由另一人投票。")


def _not_counted(s: Session, task: Task) -> None:
    """A session that is being concluded has counted this item: later votes would not be in its 纪要."""
    found = meeting.waiting_item(s, task.entry_id) if GATES[task.gate].rule is Rule.VOTES else None
    if found is not None and found[0].result is not None:
        raise ConflictError(f"{found[1].name}已经计票，不能再投票；结果见会议纪要。")


def _validate(
    gate: Gate, offered: Sequence[Answer], outcome: Outcome, opinion: str, fields: dict[str, Any]
) -> None:
    chosen = next((answer for answer in offered if answer.outcome == outcome), None)
    if chosen is None:
        raise InvalidError((FieldFault("outcome", f"{gate.title}没有这种结论，请从列出的结论中选择。"),))
    faults = []
    if chosen.opinion_required and not opinion:
        faults.append(FieldFault("opinion", f"选择“{chosen.label}”须写明意见。"))
    if len(opinion) > MOST_CHARACTERS:
        said = f"意见最多 {MOST_CHARACTERS} 字，现为 {len(opinion)} 字；请精简或作为附件上传。"
        faults.append(FieldFault("opinion", said))
    if outcome is Outcome.SEND_BACK and fields.get("target") not in {t.value for t in gate.send_back_to}:
        faults.append(FieldFault("target", "请选择退回到哪一环节。"))
    if outcome is Outcome.RETURN and gate.lists_faults and not fields.get("faults"):
        faults.append(FieldFault("faults", "请在补正清单中一次列明全部问题，至少一项。"))
    required = {"voucher_number": "请填写拨付凭证号。", "voucher_date": "请填写拨付日期。"}
    required |= {"received_on": "请填写到账日期。", "received_amount": "请填写到账金额。"}
    required |= {"returned_on": "请填写缴款日期。", "returned_amount": "请填写缴款金额。"}
    required |= {"slip_number": "请填写回单号。", "arrived_on": "请填写到账日期。"}
    faults += [
        FieldFault(name, required[name])
        for name in chosen.fields
        if name in required and fields.get(name) in (None, "")
    ]
    if faults:
        raise InvalidError(tuple(faults))


def _everything_looked_at(s: Session, record: CaseRecord, fields: dict[str, Any]) -> None:
    """四（二）: nobody approves while a check that asks for a person (人工核对) has not been looked at."""
    left = evidence.unlooked(s, record, fields.get("excluded", {}))
    if left:
        said = evidence.sentence(left, record)
        raise InvalidError((FieldFault("looks", said),), said)


def _take_part(s: Session, person_id: int, task: Task, who: str) -> None:
    """One person, one duty per case: the primary key decides, even between two answers at the same time."""
    query = insert(Participation).values(
        case_id=task.case_id, person_id=person_id, duty=task.duty, gate=task.gate, at=clock.now()
    )
    s.connection().execute(query.on_conflict_do_nothing())
    found = participation(s, task.case_id, person_id)
    if found is None or found.duty != task.duty:
        raise ForbiddenError(f"不能由你办理。{who}办理过本案的另一环节；请由未参与本案的人办理。")


def decide(s: Session, task: Task) -> None:
    """After an answer: write the gate's decision if its rule is met; else let the next seats have their turn."""
    gate, seats = GATES[task.gate], of_entry(s, task.entry_id)
    signers = [seat for seat in seats if seat.added is not None and seat.state != TaskState.LAPSED]
    asked = [seat for seat in seats if seat.added is None]
    if gate.rule is Rule.ONE:
        asked = asked[-1:]  # asked again after a signer disagreed: the newest answer counts
    deciding = asked[-1] if gate.rule is Rule.ONE else task
    if signers and not signing.complete(s, deciding, signers, task):
        return
    if gate.rule is Rule.VOTES and meeting.waiting_item(s, task.entry_id) is not None:
        return  # the case stands on an agenda: its votes are counted when the session is concluded
    outcome = outcome_of(s, gate, asked, deciding)
    if outcome is None:
        if gate.rule is Rule.IN_ORDER:
            following = next(seat for seat in asked if seat.state == TaskState.WAITING)
            following.state = TaskState.OPEN
        return
    settle(s, seats, deciding, outcome)


def settle(s: Session, seats: Sequence[Task], deciding: Task, outcome: Outcome) -> None:
    """Write what a gate came to: in the words of the `deciding` answer, with all votes; seats left over lapse."""
    answered = [seat for seat in seats if seat.added is None and seat.state == TaskState.ANSWERED]
    if GATES[deciding.gate].rule is Rule.ONE:
        answered = answered[-1:]  # asked again after a signer disagreed: the newest answer counts
    approvals = [seat for seat in answered if seat.outcome == Outcome.APPROVE]
    who = s.get_one(Person, deciding.answered_by)
    entry = s.get_one(JournalEntry, deciding.entry_id)
    entry.finished_at = clock.now()
    entry.result = Decision(
        outcome=outcome,
        opinion=deciding.opinion,
        fields=deciding.fields,
        person_id=who.id or 0,
        person=who.name,
        at=clock.now(),
        votes_for=len(approvals),
        votes_against=len(answered) - len(approvals),
    ).model_dump(mode="json")
    for seat in seats:
        if seat.state in (TaskState.OPEN, TaskState.WAITING):
            seat.state = TaskState.LAPSED


def outcome_of(s: Session, gate: Gate, seats: Sequence[Task], last: Task) -> Outcome | None:
    """The gate's outcome after the answer of `last`, or None while seats must still answer."""
    if gate.rule in (Rule.ONE, Rule.ANY):
        return last.outcome
    answered = [seat for seat in seats if seat.state == TaskState.ANSWERED]
    approvals = [seat for seat in answered if seat.outcome == Outcome.APPROVE]
    if gate.rule is Rule.VOTES:
        needed = rules(s).on(clock.local(last.opened_at).date()).integer(gate.needed or "")
        if len(approvals) >= needed:
            return Outcome.APPROVE
        possible = len(approvals) + len(seats) - len(answered)
        return Outcome.REFUSE if possible < needed else None
    pending = last.outcome == Outcome.APPROVE and len(approvals) < len(seats)
    return None if pending else last.outcome


def _told(outcome: Outcome, opinion: str, fields: dict[str, Any], task: Task) -> dict[str, Any]:
    chosen = next((answer for answer in choices(task) if answer.outcome == outcome), None)
    signed = f"（{ADDED_NAMES[task.added]}）" if task.added else ""
    return {
        "gate": GATES[task.gate].title + signed,
        "outcome": outcome.value,
        "label": chosen.label if chosen else "",
        "opinion": opinion,
        "round": task.round,
        "fields": fields,
    }
