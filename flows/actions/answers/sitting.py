"""Who may sit at a task: by role and unit, by what they did in the case, by 回避, and for whom (代理)."""

from dataclasses import replace

from sqlmodel import Session, select

from models import clock
from models.gates import GATES, SIGNING, Answer, Gate, Rule
from models.permissions import (
    Actor,
    Denied,
    EarlierDuty,
    Past,
    Principal,
    Seat,
    Verdict,
    fits,
    may_answer,
    may_answer_for,
)
from models.records import stand_in
from models.records.case import CaseRecord
from models.records.person import Person
from models.records.task import Task, participation


def seat_of(s: Session, task: Task) -> Seat:
    """The task as the permissions see it."""
    holder = s.get(Person, task.assignee_id) if task.assignee_id else None
    return Seat(
        task.gate,
        task.duty,
        task.role,
        task.institution_id,
        task.applicant_id,
        task.assignee_id,
        holder.name if holder else "",
        task.delegated_by is not None,
    )


def past_of(s: Session, task: Task, person_id: int) -> Past:
    """What bars a person from the case of a task."""
    earlier = participation(s, task.case_id, person_id)
    firm = s.exec(select(CaseRecord.uscc).where(CaseRecord.id == task.case_id)).one()
    kept_out = stand_in.recused(s, person_id, task.applicant_id, firm)
    return Past(
        None if earlier is None else EarlierDuty(earlier.duty, earlier.gate, clock.local(earlier.at).date()),
        kept_out.reason if kept_out else "",
    )


def capacity(s: Session, actor: Actor, task: Task) -> tuple[Verdict, Principal | None]:
    """Whether the actor may answer, and for whom (代理): in their own name if they can."""
    seat, own = seat_of(s, task), past_of(s, task, actor.person_id)
    verdict = may_answer(actor, seat, own)
    if isinstance(verdict, Denied) and GATES[task.gate].rule is Rule.VOTES:
        proxy = next((p for p in actor.stands_for if p.person_id == task.assignee_id), None)
        return (Denied(f"表决由成员本人投票，不能代{proxy.name}投票。") if proxy else verdict), None
    if isinstance(verdict, Denied):
        for principal in actor.stands_for:
            theirs = past_of(s, task, principal.person_id)
            instead = may_answer_for(actor, principal, seat, own, theirs)
            if not isinstance(instead, Denied):
                return instead, principal
            if fits(actor.as_stand_in(principal), seat):
                verdict = instead  # the reason that concerns this seat
    return verdict, None


def verdict(s: Session, actor: Actor, task: Task) -> Verdict:
    """Whether the actor may answer this task, by role, unit, recusal and what they did earlier in this case."""
    return capacity(s, actor, task)[0]


def choices(task: Task) -> tuple[Answer, ...]:
    """The answers a task offers: the gate's, or an added signer's."""
    return asked(task).answers


def asked(task: Task) -> Gate:
    """The gate as it is put to this seat: an added signer is offered agreement or disagreement only."""
    return GATES[task.gate] if task.added is None else replace(GATES[task.gate], answers=SIGNING)


def in_the_name(actor: Actor, principal: Principal | None) -> str:
    """Who signs: “李明”, or “李明（代王强）”."""
    return f"{actor.name}（代{principal.name}）" if principal else actor.name


def locked_task(s: Session, task_id: int) -> Task:
    """The task, its row locked until the transaction ends; lock its case first."""
    query = select(Task).where(Task.id == task_id).with_for_update()
    return s.exec(query.execution_options(populate_existing=True)).one()
