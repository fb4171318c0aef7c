"""议定: a session is concluded. Count each item, issue the one 纪要 (D20), give each case its result.

`conclude` runs these as many small transactions: every item is looked at again in its own, and each may be done again
after a crash, because what has been done is left as it is. The outcome is the members' votes and nothing else.
"""

from dataclasses import dataclass

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.answers.answering import outcome_of
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError
from flows.actions.meetings import convening
from flows.kernel.case import wake
from flows.steps import minutes, summons
from models import clock
from models.database import session
from models.gates import MEETING, Outcome
from models.permissions import Actor
from models.records import case as cases
from models.records import meeting, person
from models.records.document import Document
from models.records.meeting import (
    DECIDES,
    RESULT_NAMES,
    AgendaItem,
    Meeting,
    MeetingState,
    Presence,
    Result,
)
from models.records.task import TaskState, of_entry
from models.roles import Role

_RESULTS = {Outcome.APPROVE: Result.APPROVED, Outcome.REFUSE: Result.REFUSED, None: Result.DEFERRED}


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one case of the session, in a sentence."""

    case_number: str
    result: Result
    sentence: str


def conclude(actor: Actor, meeting_id: int) -> list[Said]:
    """The whole conclusion; what became of each case. Opens its own transactions: call it from none.

    Raises `InvalidError` while attendance is not complete, before anything is counted.
    """
    with session() as s:
        keys = ready(s, actor, meeting_id)
    for key in keys:
        with session() as s:
            count(s, actor, meeting_id, key)
    with session() as s:
        write_minutes(s, actor, meeting_id)
    said = []
    for key in keys:
        with session() as s:
            said.append(carry_out(s, actor, key))
    return said


def ready(s: Session, actor: Actor, meeting_id: int) -> list[int]:
    """The agenda's items, if the session may be concluded: every member's attendance is recorded, someone present
    chaired, nobody on leave has voted. Raises `InvalidError` with every fault."""
    convening.secretary(actor)
    held = s.get(Meeting, meeting_id)
    if held is None:
        raise NotThereError("没有找到这次会议。")
    items = meeting.items_of(s, meeting_id)
    keys = [item.id or 0 for item in items]
    if held.state is MeetingState.CONCLUDED and any(item.carried_at is None for item in items):
        return keys
    convening.still_open(s, meeting_id)
    if not items:
        raise ConflictError("议程里还没有案件，不能议定；不开会的请取消会议。")
    came = {one.person_id: one.presence for one in meeting.attendance_of(s, meeting_id) if one.person_id}
    members = person.holders(s, Role.MEETING_MEMBER)
    faults = [
        FieldFault(f"presence-{member.id}", f"请登记{member.name}出席还是请假。")
        for member in members
        if member.id not in came
    ]
    voters = {
        seat.answered_by or 0
        for item in items
        for seat in of_entry(s, item.entry_id)
        if seat.state == TaskState.ANSWERED
    }
    faults += [
        FieldFault(f"presence-{member.id}", f"{member.name}已经投票，不能登记为请假；请更正。")
        for member in members
        if member.id in voters and came.get(member.id) is Presence.LEAVE
    ]
    if held.chair_id is None or came.get(held.chair_id) is not Presence.PRESENT:
        faults.append(FieldFault("chair", "请从出席的成员中选择主持人。"))
    if faults:
        raise InvalidError(tuple(faults))
    return keys


def count(s: Session, actor: Actor, meeting_id: int, item_id: int) -> AgendaItem:
    """Count one item's votes as they are now; from here on nobody votes on it any more."""
    convening.secretary(actor)
    item = convening.item_of(s, item_id, meeting_id)
    record = cases.locked(s, item.case_id)
    s.refresh(item)
    if item.result is not None or item.removed_at is not None:
        return item
    convening.still_open(s, meeting_id)
    entry = meeting.waiting_entry(s, item.case_id)
    if record.closed_at is not None or entry is None or entry.id != item.entry_id:
        item.result = Result.GONE
    else:
        seats = of_entry(s, item.entry_id)
        item.result = _RESULTS[outcome_of(s, MEETING, seats, seats[0])]
        votes = [seat.outcome for seat in seats if seat.state == TaskState.ANSWERED]
        item.votes_for = votes.count(Outcome.APPROVE)
        item.votes_against = len(votes) - item.votes_for
    item.counted_at = clock.now()
    return item


def write_minutes(s: Session, actor: Actor, meeting_id: int) -> Document:
    """The one 纪要 of a session whose items are all counted; its number is given here."""
    convening.secretary(actor)
    held = meeting.locked(s, meeting_id)
    if held is not None and held.document_id is not None:
        return s.get_one(Document, held.document_id)
    held = convening.still_open(s, meeting_id)
    if any(item.result is None for item in meeting.items_of(s, meeting_id)):
        raise ConflictError("议程刚有变化，还有议题没有计票，请再点一次“议定并形成纪要”。")
    made = minutes.draw_up(s, held)
    held.state, held.document_id = MeetingState.CONCLUDED, made.id
    held.concluded_by, held.concluded_at = actor.person_id, clock.now()
    summons.concluded(s, held, made)
    return made


def carry_out(s: Session, actor: Actor, item_id: int) -> Said:
    """Give one case what the session came to: its gate is answered by the votes, and the case goes on."""
    item = s.get_one(AgendaItem, item_id)
    record = cases.locked(s, item.case_id)
    s.refresh(item)
    held = s.get_one(Meeting, item.meeting_id)
    result = item.result or Result.DEFERRED
    if item.carried_at is not None or held.state is not MeetingState.CONCLUDED:
        return Said(record.number, result, RESULT_NAMES[result])
    item.carried_at = clock.now()
    s.flush()
    sentence = RESULT_NAMES[result]
    if result in DECIDES:
        if convening.decided(s, item) is None:  # withdrawn since the count
            sentence = "计票后案件已撤回，表决结果不再适用。"
        else:
            wake(s, record)
    counted = {"votes_for": str(item.votes_for), "votes_against": str(item.votes_against)}
    told = {"session": held.name, "result": RESULT_NAMES[result], **counted}
    acted(s, actor, record.id or 0, "meeting_concluded", told)
    return Said(record.number, result, sentence)


__all__ = ["Said", "carry_out", "conclude", "count", "ready", "write_minutes"]
