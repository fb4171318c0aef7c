"""联席会议 as integrators see it: a session, its agenda with every member's vote, who came, the 纪要."""

from collections.abc import Sequence
from datetime import date

from pydantic import Field
from sqlmodel import Session

from api.rest.wire import Moment, Out, Yuan
from flows.actions.answers import sitting
from models import clock
from models.gates import Outcome
from models.money import ZERO
from models.permissions import Actor
from models.records import claim as claims
from models.records import institution, meeting, person
from models.records.case import CaseRecord
from models.records.meeting import (
    MEETING_STATE_NAMES,
    PRESENCE_NAMES,
    RESULT_NAMES,
    AgendaItem,
    Meeting,
    MeetingState,
    Presence,
    Result,
)
from models.records.task import Task, TaskState, of_entry
from models.roles import Role

STATES = "、".join(f"{one.value} {name}" for one, name in MEETING_STATE_NAMES.items())
RESULTS = "、".join(f"{one.value} {name}" for one, name in RESULT_NAMES.items())
PRESENCES = "、".join(f"{one.value} {name}" for one, name in PRESENCE_NAMES.items())


class MeetingLine(Out):
    """一次联席会议。"""

    id: int
    name: str = Field(examples=["2026年第3次会议"])
    held_on: date
    place: str
    state: MeetingState = Field(description=STATES)
    cases: int = Field(description="议程中的案件数")
    invited: bool = Field(description="会议通知是否已发给成员")
    minutes: int | None = Field(description="会议纪要的文书编号；未议定为 null")


class VoteOut(Out):
    """一位成员对一件议题的表决。"""

    member: str = Field(description="成员；席位空缺为空")
    outcome: Outcome | None = Field(description="approve 同意，refuse 不同意；未投票或回避为 null")
    recused: bool = Field(description="是否回避")
    opinion: str


class ItemOut(Out):
    """一件议题。"""

    id: int
    case: str = Field(description="案号")
    subject: str
    applicant: str
    requested: Yuan
    proposed: Yuan = Field(description="建议补偿金额，元")
    votes: list[VoteOut]
    yours: bool = Field(description="这把密钥代表的成员现在能否对它投票")
    shown: str = Field(description="你看到的内容的校验值，投票时原样带回")
    wording: str = Field(description="写入纪要的补充表述")
    result: Result | None = Field(description=f"计票结果：{RESULTS}；未计票为 null")


class MemberOut(Out):
    """一位成员与其出席情况。"""

    id: int
    name: str
    organ: str
    presence: Presence | None = Field(description=f"{PRESENCES}；未登记为 null")


class ObserverOut(Out):
    """一位列席人员。"""

    organ: str
    name: str


class MeetingOut(MeetingLine):
    """一次联席会议的全部：议程、表决、出席与纪要。"""

    items: list[ItemOut]
    members: list[MemberOut]
    observers: list[ObserverOut]
    chair: int | None = Field(description="主持人的人员编号")
    resolutions: list[str] = Field(description="其他议定事项")
    concluded_at: Moment | None


def line(db: Session, held: Meeting) -> MeetingLine:
    """A session as a list shows it."""
    return MeetingLine(
        id=held.id or 0,
        name=held.name,
        held_on=held.held_on,
        place=held.place,
        state=held.state,
        cases=len(meeting.items_of(db, held.id or 0)),
        invited=held.told is not None,
        minutes=held.document_id,
    )


def view(db: Session, actor: Actor, held: Meeting) -> MeetingOut:
    """The session as it stands in this transaction."""
    came = meeting.attendance_of(db, held.id or 0)
    presence = {one.person_id: one.presence for one in came if one.person_id}
    names = institution.names_on(db, clock.today())
    members = person.holders(db, Role.MEETING_MEMBER)
    return MeetingOut(
        **dict(line(db, held)),
        items=[_item(db, actor, held, one) for one in meeting.items_of(db, held.id or 0)],
        members=[
            MemberOut(
                id=one.id or 0,
                name=one.name,
                organ=names[one.institution_id].name,
                presence=presence.get(one.id or 0),
            )
            for one in members
        ],
        observers=[
            ObserverOut(organ=one.organ, name=one.name) for one in came if one.presence is Presence.OBSERVER
        ],
        chair=held.chair_id,
        resolutions=held.resolutions.splitlines(),
        concluded_at=held.concluded_at,
    )


def seat_of(db: Session, actor: Actor, item: AgendaItem) -> Task | None:
    """The actor's own open seat at an item's gate."""
    return _mine(actor, of_entry(db, item.entry_id))


def voted(db: Session, actor: Actor, item: AgendaItem) -> bool:
    """Whether the actor has cast their vote on an item."""
    seats = of_entry(db, item.entry_id)
    return any(one.answered_by == actor.person_id and one.state == TaskState.ANSWERED for one in seats)


def _mine(actor: Actor, seats: Sequence[Task]) -> Task | None:
    own = (one for one in seats if one.assignee_id == actor.person_id and one.state == TaskState.OPEN)
    return next(own, None)


def _item(db: Session, actor: Actor, held: Meeting, item: AgendaItem) -> ItemOut:
    record, claimed = db.get_one(CaseRecord, item.case_id), claims.of_case(db, item.case_id)
    seats = of_entry(db, item.entry_id)
    mine = _mine(actor, seats) if held.state is MeetingState.OPEN and item.result is None else None
    who = person.names(db, [one.assignee_id or 0 for one in seats])
    return ItemOut(
        id=item.id or 0,
        case=record.number,
        subject=record.subject,
        applicant=institution.name_on(db, record.institution_id, clock.today()).short_name,
        requested=claimed.requested,
        proposed=claimed.calculated or ZERO,
        votes=[_vote(db, one, who.get(one.assignee_id or 0, "")) for one in seats],
        yours=mine is not None and bool(sitting.verdict(db, actor, mine)),
        shown=mine.shown_hash if mine else "",
        wording=item.wording,
        result=item.result,
    )


def _vote(db: Session, seat: Task, name: str) -> VoteOut:
    cast = seat.state == TaskState.ANSWERED
    away = not cast and seat.assignee_id is not None and sitting.past_of(db, seat, seat.assignee_id).recused
    return VoteOut(
        member=name,
        outcome=seat.outcome if cast else None,
        recused=bool(away),
        opinion=seat.opinion if cast else "",
    )


__all__ = ["MeetingLine", "MeetingOut", "line", "seat_of", "view", "voted"]
