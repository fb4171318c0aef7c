"""代理 for dated absence, 回避 for a firm or an institution, 移交 when someone leaves."""

from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, select

from flows.actions.answers.sitting import past_of, seat_of
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.actions.people import posts
from flows.documents.text import printable
from models import clock
from models.gates import GATES, Rule
from models.permissions import Actor, Denied, may_answer, may_arrange
from models.policy import uscc as codes
from models.records import person, stand_in
from models.records.institution import Institution
from models.records.message import Follow
from models.records.person import Person, roles_of
from models.records.stand_in import Recusal, Substitution
from models.records.task import Task, TaskState

LONGEST_DAYS = 92
"""A substitution is for an absence; a longer one is a handover."""


def substitute(
    s: Session, actor: Actor, person_id: int, substitute_id: int, starts_on: date, ends_on: date, reason: str
) -> Substitution:
    """代理: from one day to another a colleague of the same unit may answer in a person's name."""
    absent, colleague = _person(s, person_id, "person"), _person(s, substitute_id, "substitute")
    _may_arrange(actor, absent)
    s.get_one(Person, person_id, with_for_update=True)  # two overlapping ones cannot be made at the same time
    faults = []
    if absent.id == colleague.id:
        faults.append(FieldFault("substitute", "不能由本人代理本人。"))
    elif absent.institution_id != colleague.institution_id:
        faults.append(FieldFault("substitute", "代理人须是同一单位的同事。"))
    if ends_on < starts_on:
        faults.append(FieldFault("ends_on", "结束日期不能早于开始日期。"))
    elif (ends_on - starts_on).days >= LONGEST_DAYS:
        faults.append(FieldFault("ends_on", f"一次代理最长 {LONGEST_DAYS} 天；更久请办理移交。"))
    if starts_on < clock.today():
        faults.append(FieldFault("starts_on", "代理不能从过去的日期开始。"))
    reason = printable(reason).strip()[:200]
    if not reason:
        faults.append(FieldFault("reason", "请写明代理原因，如休假、外出培训。"))
    if faults:
        raise InvalidError(tuple(faults))
    other = stand_in.overlapping(s, person_id, starts_on, ends_on)
    if other is not None:
        raise ConflictError(
            f"{absent.name}在 {other.starts_on} 至 {other.ends_on} 已有代理；请先结束该代理或改用其他日期。"
        )
    made = Substitution(
        person_id=person_id,
        substitute_id=substitute_id,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        created_by=actor.person_id,
        created_at=clock.now(),
    )
    s.add(made)
    s.flush()
    return made


def end_substitution(s: Session, actor: Actor, substitution_id: int) -> Substitution:
    """The absent person is back early. What was answered in their name stays."""
    found = s.get(Substitution, substitution_id, with_for_update=True)
    if found is None:
        raise NotThereError("没有找到这条代理。")
    _may_arrange(actor, s.get_one(Person, found.person_id))
    if found.ended_at is not None:
        raise ConflictError("这条代理已经结束。")
    found.ended_at = clock.now()
    return found


def recuse(
    s: Session,
    actor: Actor,
    person_id: int,
    reason: str,
    *,
    institution_id: int | None = None,
    uscc: str = "",
) -> Recusal:
    """回避: a person keeps out of the cases of one institution, or of one firm (by its USCC)."""
    kept_out = _person(s, person_id, "person")
    _may_arrange(actor, kept_out)
    reason, uscc = printable(reason).strip()[:200], uscc.strip().upper()
    faults = []
    if not reason:
        faults.append(FieldFault("reason", "请写明回避原因，如近亲属任职。"))
    if (institution_id is None) == (not uscc):
        faults.append(FieldFault("uscc", "请填写一家企业的统一社会信用代码，或选择一家机构，二者选一。"))
    elif uscc and not codes.check(uscc).valid:
        faults.append(FieldFault("uscc", codes.check(uscc).message))
    elif institution_id is not None and s.get(Institution, institution_id) is None:
        faults.append(FieldFault("institution", "请从名单中选择机构。"))
    if faults:
        raise InvalidError(tuple(faults))
    for known in stand_in.recusals(s, person_id):
        if known.institution_id == institution_id and (known.uscc or "") == uscc:
            return known
    made = Recusal(
        person_id=person_id,
        institution_id=institution_id,
        uscc=uscc or None,
        reason=reason,
        created_by=actor.person_id,
        created_at=clock.now(),
    )
    s.add(made)
    s.flush()
    for task in _held_by(s, person_id):  # tasks the person now may not answer go back to the group
        if past_of(s, task, person_id).recused and task.added is None:
            if GATES[task.gate].rule is Rule.ONE:
                task.assignee_id, task.delegated_by = None, None
            else:  # a named seat is nobody else's: a second vote of a colleague would be one too many
                task.unstaffed = True
    return made


def end_recusal(s: Session, actor: Actor, recusal_id: int) -> Recusal:
    """The reason is gone. Only somebody else may say so: nobody lifts their own recusal."""
    found = s.get(Recusal, recusal_id, with_for_update=True)
    if found is None:
        raise NotThereError("没有找到这条回避。")
    _may_arrange(actor, s.get_one(Person, found.person_id))
    if actor.person_id == found.person_id:
        raise ForbiddenError("不能由本人解除自己的回避，请由本单位负责人或统筹管理办理。")
    if found.ended_at is not None:
        raise ConflictError("这条回避已经解除。")
    found.ended_at = clock.now()
    return found


def hand_over(s: Session, actor: Actor, leaver_id: int, to_id: int) -> dict[str, int]:
    """移交: someone leaves; claimed tasks go to the successor where they may answer them, else to the group.

    The leaver cannot sign in any more. Counts of tasks moved and released, and of followed cases.
    """
    leaver, successor = _person(s, leaver_id, "person"), _person(s, to_id, "to")
    allowed = may_arrange(actor, leaver.institution_id)
    if isinstance(allowed, Denied) or actor.person_id == leaver_id:
        raise ForbiddenError("移交由本单位负责人、统筹管理或系统管理岗位办理，不能自行移交。")
    if leaver.id == successor.id or leaver.institution_id != successor.institution_id:
        raise InvalidError((FieldFault("to", "请选择同一单位的另一位同事接收。"),))
    with posts.kept_filled(s, leaver.institution_id):
        counts = leave(s, leaver_id, to_id)
    posts.log(s, actor, leaver.institution_id, "left", leaver, to=successor.name)
    return counts


def leave(s: Session, leaver_id: int, to_id: int) -> dict[str, int]:
    """What a person held goes to a successor or to the group; the account ends, with its sessions."""
    leaver, successor = s.get_one(Person, leaver_id), s.get_one(Person, to_id)
    takes = Actor(to_id, successor.name, successor.institution_id, roles_of(s, to_id))
    counts = {"moved": 0, "released": 0, "followed": 0}
    for task in _held_by(s, leaver_id):
        seat = replace(seat_of(s, task), assignee_id=None)
        moved = bool(may_answer(takes, seat, past_of(s, task, to_id)))
        named = GATES[task.gate].rule is not Rule.ONE or task.added is not None
        if moved:
            task.assignee_id = to_id
        elif named:
            task.unstaffed = True  # a named seat that nobody can take over: a manager sees it
        else:
            task.assignee_id = None
        counts["moved" if moved else "released"] += 1
    for mine in s.exec(select(Follow).where(Follow.person_id == leaver_id)).all():
        if s.get(Follow, (to_id, mine.case_id)) is None:
            s.add(Follow(person_id=to_id, case_id=mine.case_id, at=clock.now()))
            counts["followed"] += 1
    leaver.active = False
    person.end_sessions(s, leaver_id)
    return counts


def held(s: Session, person_id: int) -> int:
    """How many tasks a 移交 of this person would move or release."""
    return len(_held_by(s, person_id))


def _held_by(s: Session, person_id: int) -> list[Task]:
    query = select(Task).where(
        Task.assignee_id == person_id, col(Task.state).in_((TaskState.OPEN, TaskState.WAITING))
    )
    return list(s.exec(query.order_by(col(Task.case_id), col(Task.id)).with_for_update()))


def _person(s: Session, person_id: int, field: str) -> Person:
    found = s.get(Person, person_id)
    if found is None or not found.active:
        raise InvalidError((FieldFault(field, "请从名单中选择一位在岗同事。"),))
    return found


def _may_arrange(actor: Actor, person: Person) -> None:
    if actor.person_id == person.id:
        return
    permitted(may_arrange(actor, person.institution_id))
