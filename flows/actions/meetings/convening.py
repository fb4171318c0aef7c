"""联席会议 as an object (四（一）): convening a session, its agenda, who came, the wording.

Nobody votes here: each member answers the task of each case themselves (`flows.actions.answers.answering`). While a case
stands on an open agenda its count waits for the session's conclusion (`flows.actions.meetings.concluding`).
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.answers.answering import outcome_of, settle
from flows.actions.errors import (
    ActionRefusedError,
    ConflictError,
    FieldFault,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.actions.typed import Day, Line120, attempt, read
from flows.documents.text import printable
from flows.kernel.case import wake
from flows.steps import minutes, summons
from models import clock
from models.gates import MEETING, Outcome
from models.permissions import Actor, may_convene
from models.records import case as cases
from models.records import meeting, person
from models.records.case import CaseRecord
from models.records.meeting import (
    MEETING_STATE_NAMES,
    AgendaItem,
    Attendance,
    Meeting,
    MeetingState,
    Presence,
)
from models.records.task import TaskState, of_entry
from models.roles import Role

LONGEST_PLACE, LONGEST_WORDING, LONGEST_RESOLUTIONS, LONGEST_NAME = 120, 300, 4000, 60
MOST_ITEMS, MOST_OBSERVERS = 200, 50


class SessionForm(BaseModel):
    """When and where a session is held."""

    held_on: Day = Field(title="会议日期")
    place: Line120 = Field(title="会议地点")


def convene(s: Session, actor: Actor, held_on: str, place: str) -> Meeting:
    """召集: a new session with an empty agenda. Raises `InvalidError` with every fault."""
    secretary(actor)
    form = read(SessionForm, {"held_on": held_on, "place": place})
    year = form.held_on.year
    made = Meeting(
        year=year,
        ordinal=meeting.next_ordinal(s, year),
        held_on=form.held_on,
        place=form.place,
        convened_by=actor.person_id,
        convened_at=clock.now(),
    )
    s.add(made)
    s.flush()
    return made


def call(s: Session, actor: Actor, meeting_id: int) -> int:
    """发会议通知: the members are invited, with day, place, agenda and papers; how many. Whatever changes afterwards is
    told to them by itself."""
    secretary(actor)
    held = still_open(s, meeting_id)
    items = meeting.items_of(s, meeting_id)
    if held.told is not None:
        raise ConflictError("会议通知已经发出；此后议程、日期和地点的变更会自动通知成员。")
    if not items:
        raise ConflictError("议程里还没有案件，请先列入议程再发会议通知。")
    members = summons.called(s, held)
    where = {
        "session": held.name,
        "held_on": held.held_on.isoformat(),
        "place": held.place,
        "members": members,
    }
    for item in items:
        acted(s, actor, item.case_id, "meeting_called", where)
    return members


def put_on(s: Session, actor: Actor, meeting_id: int, case_number: str) -> AgendaItem:
    """列入议程: a case that waits for the meeting's votes. From now on its count waits for the session."""
    made = _put_on(s, actor, meeting_id, case_number)
    summons.changed(s, s.get_one(Meeting, meeting_id))
    return made


def put_on_all(
    s: Session, actor: Actor, meeting_id: int, case_numbers: Sequence[str]
) -> list[ActionRefusedError]:
    """Several at once, each for itself; why those that were refused were. The members are told once."""
    refused: list[ActionRefusedError] = []
    for number in cases.in_order(s, case_numbers):
        try:
            with s.begin_nested():
                _put_on(s, actor, meeting_id, number)
        except (ConflictError, NotThereError) as error:
            refused.append(error)
    held = s.get(Meeting, meeting_id)
    if held is not None:
        summons.changed(s, held)
    return refused


def _put_on(s: Session, actor: Actor, meeting_id: int, case_number: str) -> AgendaItem:
    secretary(actor)
    record = cases.by_number(s, case_number)
    if record is None:
        raise NotThereError("没有找到这件案件。")
    record = cases.locked(s, record.id or 0)
    held = still_open(s, meeting_id)
    entry = meeting.waiting_entry(s, record.id or 0)
    if entry is None:
        raise ConflictError(f"{record.number}现在不在联席会议表决环节，不能列入议程。")
    if len(meeting.items_of(s, meeting_id)) >= MOST_ITEMS:
        raise ConflictError(f"一次会议最多 {MOST_ITEMS} 件案件。")
    made = AgendaItem(
        meeting_id=meeting_id,
        case_id=record.id or 0,
        entry_id=entry.id or 0,
        added_by=actor.person_id,
        added_at=clock.now(),
    )
    try:
        with s.begin_nested():
            s.add(made)
    except IntegrityError as error:
        raise ConflictError(f"{record.number}已在另一次会议的议程里，请先从那里撤下。") from error
    session = {"session": held.name, "held_on": held.held_on.isoformat()}
    acted(s, actor, record.id or 0, "put_on_agenda", session)
    return made


def take_off(s: Session, actor: Actor, meeting_id: int, item_id: int) -> None:
    """撤下议程: the case is voted on by itself again; votes cast stay good and are counted now."""
    secretary(actor)
    item = item_of(s, item_id, meeting_id)
    record = cases.locked(s, item.case_id)
    held = still_open(s, meeting_id)
    s.refresh(item)
    if item.result is not None or item.removed_at is not None:
        raise ConflictError("这件议题已经计票或已撤下，不能再撤下。")
    _take_off(s, actor, held, item, record)
    summons.changed(s, held)


def cancel(s: Session, actor: Actor, meeting_id: int) -> Meeting:
    """取消会议: every case leaves the agenda."""
    secretary(actor)
    agenda = sorted(meeting.items_of(s, meeting_id), key=lambda item: item.case_id)
    records = [cases.locked(s, item.case_id) for item in agenda]
    held = still_open(s, meeting_id)
    for item, record in zip(agenda, records, strict=True):
        s.refresh(item)
        if item.result is not None:
            raise ConflictError("会议已经开始计票，不能取消；请继续完成议定。")
        _take_off(s, actor, held, item, record)
    if meeting.items_of(s, meeting_id):
        raise ConflictError("议程刚有变化，请刷新后再取消。")
    held.state = MeetingState.CANCELLED
    summons.cancelled(s, held)
    return held


def note(
    s: Session,
    actor: Actor,
    meeting_id: int,
    *,
    held_on: str,
    place: str,
    chair: str = "",
    presences: Mapping[int, str] | None = None,
    observers: str = "",
    resolutions: str = "",
    wordings: Mapping[int, str] | None = None,
) -> Meeting:
    """What the secretary writes down: day, place, who chaired, who came (`presences` by person), observers (one a
    line, “单位 姓名”), resolutions (one a line) and words added to an item's resolution. Never a vote."""
    secretary(actor)
    form, faults = attempt(SessionForm, {"held_on": held_on, "place": place})
    found = list(faults)
    held = still_open(s, meeting_id)
    members = {p.id or 0: p for p in person.holders(s, Role.MEETING_MEMBER)}
    came = [
        Attendance(
            meeting_id=meeting_id,
            person_id=key,
            organ=minutes.organ_of(s, members[key].institution_id),
            name=members[key].name,
            presence=Presence(value),
        )
        for key, value in (presences or {}).items()
        if key in members and value in (Presence.PRESENT, Presence.LEAVE)
    ]
    came += _observers(meeting_id, observers, found)
    words = printable(resolutions).strip()
    if len(words) > LONGEST_RESOLUTIONS:
        found.append(
            FieldFault("resolutions", f"议定事项最多 {LONGEST_RESOLUTIONS} 字，现为 {len(words)} 字。")
        )
    agenda = {item.id or 0: item for item in meeting.items_of(s, meeting_id)}
    for key, typed in (wordings or {}).items():
        wording = " ".join(printable(typed).split())
        if len(wording) > LONGEST_WORDING:
            found.append(FieldFault(f"wording-{key}", f"补充表述最多 {LONGEST_WORDING} 字，请精简。"))
        elif key in agenda:
            agenda[key].wording = wording
    if found or form is None:
        raise InvalidError(tuple(found))
    held.held_on, held.place, held.resolutions = form.held_on, form.place, words
    held.chair_id = int(chair) if chair.isdecimal() and int(chair) in members else None
    for old in meeting.attendance_of(s, meeting_id):
        s.delete(old)
    s.flush()
    s.add_all(came)
    summons.changed(s, held)
    return held


def _observers(meeting_id: int, typed: str, faults: list[FieldFault]) -> list[Attendance]:
    found = []
    lines = [line.split(maxsplit=1) for line in printable(typed).splitlines() if line.strip()]
    for number, parts in enumerate(lines, start=1):
        if len(parts) != 2 or len(parts[0]) > LONGEST_PLACE or len(parts[1]) > LONGEST_NAME:
            faults.append(FieldFault("observers", f"列席人员第 {number} 行请写“单位 姓名”，中间空一格。"))
            return []
        found.append(
            Attendance(meeting_id=meeting_id, organ=parts[0], name=parts[1], presence=Presence.OBSERVER)
        )
    if len(found) > MOST_OBSERVERS:
        faults.append(FieldFault("observers", f"列席人员最多 {MOST_OBSERVERS} 人。"))
    return found


def _take_off(s: Session, actor: Actor, held: Meeting, item: AgendaItem, record: CaseRecord) -> None:
    item.removed_at = clock.now()
    s.flush()
    acted(s, actor, record.id or 0, "taken_off_agenda", {"session": held.name})
    if decided(s, item) is not None:
        wake(s, record)


def decided(s: Session, item: AgendaItem) -> Outcome | None:
    """Write the gate's decision where the votes cast reach one; what it is."""
    entry = meeting.waiting_entry(s, item.case_id)
    if entry is None or entry.id != item.entry_id:
        return None
    seats = of_entry(s, item.entry_id)
    outcome = outcome_of(s, MEETING, seats, seats[0])
    if outcome is not None:
        answered = [seat for seat in seats if seat.state == TaskState.ANSWERED and seat.outcome == outcome]
        settle(s, seats, max(answered, key=lambda seat: (seat.answered_at, seat.id)), outcome)
    return outcome


def secretary(actor: Actor) -> None:
    """Raise `ForbiddenError` for whoever does not keep the session's book."""
    permitted(may_convene(actor))


def still_open(s: Session, meeting_id: int) -> Meeting:
    """The session, locked. Raises `NotThereError`; `ConflictError` once it is concluded or cancelled."""
    held = meeting.locked(s, meeting_id)
    if held is None:
        raise NotThereError("没有找到这次会议。")
    if held.state is not MeetingState.OPEN:
        raise ConflictError(f"{held.name}{MEETING_STATE_NAMES[held.state]}，不能再改。")
    return held


def item_of(s: Session, item_id: int, meeting_id: int) -> AgendaItem:
    """An item of this session's agenda, or `NotThereError`."""
    item = s.get(AgendaItem, item_id)
    if item is None or item.meeting_id != meeting_id:
        raise NotThereError("没有找到这件议题。")
    return item
