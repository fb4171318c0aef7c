"""Colleagues among themselves: 催办, 抄送 and 已阅, 批注 with @, 关注. Visible to staff only, never an answer."""

from collections.abc import Sequence

from sqlmodel import Session, func, select

from flows.actions.acted import acted
from flows.actions.answers.opinion_files import give_with
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
from models import clock
from models.gates import GATES
from models.permissions import Actor, may_manage, may_talk
from models.records.case import CaseRecord, by_number
from models.records.message import Comment, Follow, Message, MessageKind
from models.records.person import Person, holders, roles_of
from models.records.task import Task, TaskState, participation
from models.roles import PARTY_NAMES

NUDGES_A_DAY = 1
"""How often one person may 催办 one task on one day."""
MOST_WORDS = 2000
MOST_COPIES = 20


def tell(
    s: Session,
    actor: Actor | None,
    to: int,
    kind: MessageKind,
    record: CaseRecord,
    words: str,
    task: Task | None = None,
    href: str = "",
) -> Message:
    """One message to one colleague, in the transaction of what it is about; `href` leads to more than the case."""
    message = Message(
        person_id=to,
        kind=kind,
        case_id=record.id or 0,
        case_number=record.number,
        task_id=task.id if task else None,
        href=href,
        words=words[:MOST_WORDS],
        sender_id=actor.person_id if actor else None,
        sender=actor.name if actor else "系统",
        at=clock.now(),
    )
    s.add(message)
    return message


def nudge(s: Session, actor: Actor, task_id: int, words: str = "") -> int:
    """催办: ask whoever holds a task to look at it; how many were asked. A manager, or who acted in the case."""
    task = s.get(Task, task_id)
    if task is None or not actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    record = s.get_one(CaseRecord, task.case_id, with_for_update=True)
    s.refresh(task)
    if task.state != TaskState.OPEN:
        raise ConflictError("这件任务已经办理，不必再催。")
    if not may_manage(actor) and participation(s, task.case_id, actor.person_id) is None:
        raise ForbiddenError("催办由统筹管理、单位负责人或本案前序办理人发起。")
    midnight = clock.start_of(clock.today())
    query = select(func.count(func.distinct(Message.at))).where(
        Message.task_id == task.id,
        Message.kind == MessageKind.NUDGE,
        Message.sender_id == actor.person_id,
        Message.at >= midnight,
    )
    if s.exec(query).one() >= NUDGES_A_DAY:
        raise ConflictError("你今天已经催办过这件任务，明天可以再催；急件请直接联系办理人。")
    people = [task.assignee_id] if task.assignee_id else _seated(s, task)
    people = [person for person in people if person != actor.person_id]
    if not people:
        raise ConflictError("这件任务没有可催办的办理人，请在总览中指派。")
    words = _short(words) or f"请及时办理{GATES[task.gate].title}。"
    for person in people:
        tell(s, actor, person, MessageKind.NUDGE, record, words, task)
    gate = GATES[task.gate]
    told_of = {"gate": gate.title, "organ": PARTY_NAMES[gate.party], "reason": words}
    acted(s, actor, record.id or 0, "nudged", told_of)
    return len(people)


def copy(s: Session, actor: Actor, case_number: str, to: Sequence[int], words: str = "") -> int:
    """抄送: colleagues are told of a case and mark it 已阅; how many were told now."""
    record = _case(s, actor, case_number)
    if not to or len(set(to)) > MOST_COPIES:
        raise InvalidError((FieldFault("to", f"请选择 1 至 {MOST_COPIES} 位同事。"),))
    told = [_reader(s, person, "to") for person in dict.fromkeys(to)]
    for person in told:
        tell(s, actor, person.id or 0, MessageKind.COPY, record, _short(words))
    acted(s, actor, record.id or 0, "copied", {"to": "、".join(person.name for person in told)})
    return len(told)


def read(s: Session, actor: Actor, message_id: int) -> Message:
    """已阅: one's own message has been opened; the first time counts."""
    message = s.get(Message, message_id)
    if message is None or message.person_id != actor.person_id:
        raise NotThereError("没有找到这条消息。")
    message.read_at = message.read_at or clock.now()
    return message


def comment(
    s: Session,
    actor: Actor,
    case_number: str,
    words: str,
    mentioned: Sequence[int] = (),
    files: Sequence[Stored] = (),
) -> Comment:
    """批注 on a case, with files; each colleague mentioned (@) is told."""
    record = _case(s, actor, case_number)
    words = printable(words).strip()
    if not words:
        raise InvalidError((FieldFault("words", "请写批注内容。"),))
    if len(words) > MOST_WORDS:
        raise InvalidError((FieldFault("words", f"批注最多 {MOST_WORDS} 字，现为 {len(words)} 字。"),))
    people = [_reader(s, person, "mentioned") for person in dict.fromkeys(mentioned)]
    made = Comment(
        case_id=record.id or 0,
        person_id=actor.person_id,
        person_name=actor.name,
        at=clock.now(),
        words=words,
    )
    s.add(made)
    give_with(s, actor, made, files)
    for person in people:
        tell(s, actor, person.id or 0, MessageKind.MENTION, record, words)
    return made


def follow(s: Session, actor: Actor, case_number: str) -> None:
    """关注: keep a case in sight. Following twice changes nothing."""
    record = _case(s, actor, case_number)
    if s.get(Follow, (actor.person_id, record.id)) is None:
        s.add(Follow(person_id=actor.person_id, case_id=record.id or 0, at=clock.now()))


def unfollow(s: Session, actor: Actor, case_number: str) -> None:
    """取消关注."""
    record = _case(s, actor, case_number)
    found = s.get(Follow, (actor.person_id, record.id))
    if found is not None:
        s.delete(found)


def _case(s: Session, actor: Actor, case_number: str) -> CaseRecord:
    record = by_number(s, case_number)
    if record is None:
        raise NotThereError("没有找到这件案件。")
    permitted(may_talk(actor))
    return record


def _reader(s: Session, person_id: int, field: str) -> Person:
    """A colleague who may see every case; a bank's people are told by notices."""
    person = s.get(Person, person_id)
    if person is None or not person.active:
        raise InvalidError((FieldFault(field, "请从名单中选择在岗同事。"),))
    if not Actor(person_id, "", person.institution_id, roles_of(s, person_id)).watches_all:
        raise ForbiddenError(f"不能发给{person.name}：其不在审核各方，不能查看内部意见。")
    return person


def _seated(s: Session, task: Task) -> list[int]:
    """Everyone whose queue an unclaimed task is in."""
    return [p.id or 0 for p in holders(s, task.role, task.institution_id)]


def _short(words: str) -> str:
    return printable(words).strip()[:500]


__all__ = ["comment", "copy", "follow", "nudge", "read", "tell", "unfollow"]
