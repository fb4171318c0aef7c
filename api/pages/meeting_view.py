"""What the page of a session shows: its agenda with votes, who came, and the fields each person fills in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from api.pages import case_rows
from api.pages.form_views import FieldView, Option
from api.pages.views import Tag, Tone
from flows.actions.answers import sitting
from flows.actions.meetings import convening
from models.gates import MEETING, Outcome
from models.lifecycle import BOARD_NAMES, Board
from models.permissions import Actor, may_convene
from models.records import claim as claims
from models.records import meeting, person
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

STATE_TONES: dict[MeetingState, Tone] = {
    MeetingState.OPEN: "act", MeetingState.CONCLUDED: "ok", MeetingState.CANCELLED: "idle",
}  # fmt: skip
RESULT_TONES: dict[Result, Tone] = {
    Result.APPROVED: "ok", Result.REFUSED: "late", Result.DEFERRED: "soon", Result.GONE: "idle",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's vote on one case: for, against with its reason, not yet, or keeping out (回避)."""

    name: str
    words: str
    tone: Tone
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Ballot:
    """The reader's own open seat: the task, what was shown, and what they had typed before it was refused."""

    task_id: int
    shown: str
    answers: tuple[tuple[str, str], ...]
    chosen: str = ""
    opinion: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """One case on the agenda. Amounts are 元."""

    id: int
    no: int
    number: str
    subject: str
    applicant: str
    board: str
    requested: Decimal
    proposed: Decimal
    tally: str
    seats: tuple[Seat, ...]
    tag: Tag | None
    ballot: Ballot | None
    barred: str
    removable: bool
    wording: str


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """One session in the list."""

    href: str
    name: str
    held_on: str
    place: str
    cases: int
    tag: Tag


@dataclass(frozen=True, slots=True)
class MeetingView:
    """The page of one session."""

    id: int
    name: str
    held_on: str
    place: str
    tag: Tag
    items: tuple[ItemView, ...]
    proposed: Decimal
    came: tuple[tuple[str, str], ...]
    convener: str
    resolutions: tuple[str, ...]
    fields: tuple[FieldView, ...]
    candidates: tuple[FieldView, ...]
    may_conclude: bool
    unfinished: bool
    minutes_href: str
    votes: bool
    may_call: bool
    invited: str


Typed = Mapping[str, str]


def rows(db: Session) -> tuple[MeetingRow, ...]:
    """Every session, newest first."""
    return tuple(
        MeetingRow(
            f"/meetings/{held.id}",
            held.name,
            held.held_on.isoformat(),
            held.place,
            len(meeting.items_of(db, held.id or 0)),
            _tag(held),
        )
        for held in meeting.newest(db)
    )


def view(
    db: Session, actor: Actor, held: Meeting, typed: Typed | None = None, faults: Typed | None = None
) -> MeetingView:
    """The page as `actor` sees it; `typed` and `faults` by field name after something was refused."""
    key, typed, faults = held.id or 0, typed or {}, faults or {}
    agenda = meeting.items_of(db, key)
    live = held.state is MeetingState.OPEN
    keeps = bool(may_convene(actor))
    known = case_rows.names(db)
    items = tuple(
        _item(db, actor, item, no, known, live, keeps, typed, faults)
        for no, item in enumerate(agenda, start=1)
    )
    people = person.names(db, [held.convened_by])
    return MeetingView(
        key,
        held.name,
        held.held_on.isoformat(),
        held.place,
        _tag(held),
        items,
        sum((item.proposed for item in items), Decimal("0.00")),
        _came(db, held),
        people.get(held.convened_by, ""),
        tuple(held.resolutions.splitlines()),
        _fields(db, held, agenda, typed, faults) if live and keeps else (),
        _candidates(db, known) if live and keeps else (),
        live and keeps and bool(items),
        keeps and not live and any(item.carried_at is None for item in agenda if held.document_id),
        f"/documents/{held.document_id}/preview" if held.document_id else "",
        any(item.ballot for item in items),
        live and keeps and bool(items) and held.told is None,
        "会议通知已发，变更自动通知成员" if live and held.told is not None else "",
    )


def _tag(held: Meeting) -> Tag:
    return Tag(MEETING_STATE_NAMES[held.state], STATE_TONES[held.state])


def _item(
    db: Session, actor: Actor, item: AgendaItem, no: int, known: Mapping[int, str], live: bool, keeps: bool,
    typed: Typed, faults: Typed,
) -> ItemView:  # fmt: skip
    record, claimed = db.get_one(CaseRecord, item.case_id), claims.of_case(db, item.case_id)
    tasks = of_entry(db, item.entry_id)
    names = person.names(db, [task.assignee_id or 0 for task in tasks])
    seats = tuple(_seat(db, task, names) for task in tasks)
    cast = [task.outcome for task in tasks if task.state == TaskState.ANSWERED]
    tally = f"赞成 {cast.count(Outcome.APPROVE)}，反对 {cast.count(Outcome.REFUSE)}"
    left = sum(task.state == TaskState.OPEN for task in tasks)
    ballot, barred = _ballot(db, actor, tasks, typed, faults) if live and item.result is None else (None, "")
    return ItemView(
        item.id or 0,
        no,
        record.number,
        record.subject,
        known.get(record.institution_id, ""),
        BOARD_NAMES[Board(record.board)],
        claimed.requested,
        claimed.calculated or Decimal("0.00"),
        f"{tally}，未投 {left}" if left else tally,
        seats,
        Tag(RESULT_NAMES[item.result], RESULT_TONES[item.result]) if item.result else None,
        ballot,
        barred,
        live and keeps and item.result is None,
        item.wording,
    )


def _seat(db: Session, task: Task, names: Mapping[int, str]) -> Seat:
    name = names.get(task.assignee_id or 0, "空缺席位")
    if task.state == TaskState.ANSWERED:
        label = MEETING.answer(task.outcome) if task.outcome else None
        tone: Tone = "ok" if task.outcome == Outcome.APPROVE else "late"
        return Seat(name, label.label if label else "", tone, task.opinion)
    if task.assignee_id and sitting.past_of(db, task, task.assignee_id).recused:
        return Seat(name, "回避", "stop")
    return Seat(name, "未投票", "idle")


def _ballot(
    db: Session, actor: Actor, tasks: Sequence[Task], typed: Typed, faults: Typed
) -> tuple[Ballot | None, str]:
    """The reader's own seat if they may vote here; else why not, for a member."""
    mine = next((t for t in tasks if t.assignee_id == actor.person_id and t.state == TaskState.OPEN), None)
    if mine is None:
        return None, ""
    verdict = sitting.verdict(db, actor, mine)
    if not verdict:
        return None, getattr(verdict, "sentence", "")
    answers = tuple((answer.outcome.value, answer.label) for answer in MEETING.answers)
    key = f"vote-{mine.id}"
    ballot = Ballot(
        mine.id or 0, mine.shown_hash, answers, typed.get(key, ""), typed.get(f"opinion-{mine.id}", ""),
        faults.get(key, ""),
    )  # fmt: skip
    return ballot, ""


def _came(db: Session, held: Meeting) -> tuple[tuple[str, str], ...]:
    found: dict[Presence, list[str]] = {}
    for one in meeting.attendance_of(db, held.id or 0):
        chair = "（主持）" if one.person_id and one.person_id == held.chair_id else ""
        found.setdefault(one.presence, []).append(f"{one.organ} {one.name}{chair}")
    return tuple((PRESENCE_NAMES[kind], "；".join(found[kind])) for kind in Presence if kind in found)


def _fields(
    db: Session, held: Meeting, agenda: Sequence[AgendaItem], typed: Typed, faults: Typed
) -> tuple[FieldView, ...]:
    """What the secretary writes down."""
    members, known = person.holders(db, Role.MEETING_MEMBER), case_rows.names(db)
    rows_ = meeting.attendance_of(db, held.id or 0)
    came = {one.person_id: one.presence.value for one in rows_ if one.person_id}
    seen = "\n".join(f"{one.organ} {one.name}" for one in rows_ if one.presence is Presence.OBSERVER)

    def given(name: str, kept: str) -> str:
        return typed.get(name, kept)

    found = [
        FieldView("会议日期", "held_on", given("held_on", held.held_on.isoformat()), faults.get("held_on", ""), type="date", required=True),
        FieldView("会议地点", "place", given("place", held.place), faults.get("place", ""), required=True, maxlength=120),
        *(
            FieldView(
                f"{known.get(m.institution_id, '')} {m.name}", f"presence-{m.id}",
                given(f"presence-{m.id}", came.get(m.id or 0, "")), faults.get(f"presence-{m.id}", ""), type="select",
                options=tuple(Option(p.value, PRESENCE_NAMES[p]) for p in (Presence.PRESENT, Presence.LEAVE)),
                required=True,
            )
            for m in members
        ),
        FieldView(
            "主持人", "chair", given("chair", str(held.chair_id or "")), faults.get("chair", ""), type="select",
            options=tuple(Option(str(m.id), m.name) for m in members), required=True,
        ),
        FieldView("列席人员", "observers", given("observers", seen), faults.get("observers", ""), "一行一人：单位 姓名", "textarea", rows=2),
        FieldView("其他议定事项", "resolutions", given("resolutions", held.resolutions), faults.get("resolutions", ""), "一行一项，写入纪要", "textarea", rows=3, maxlength=convening.LONGEST_RESOLUTIONS),
    ]  # fmt: skip
    for item in agenda:
        name = f"wording-{item.id}"
        number = db.get_one(CaseRecord, item.case_id).number
        found.append(
            FieldView(
                f"{number} 补充表述", name, given(name, item.wording), faults.get(name, ""),
                "接在表决结论之后写入纪要，不改变结论", maxlength=convening.LONGEST_WORDING,
            )
        )  # fmt: skip
    return tuple(found)


def _candidates(db: Session, known: Mapping[int, str]) -> tuple[FieldView, ...]:
    """Cases that wait for the meeting and stand on no agenda, to be ticked."""
    options = tuple(
        Option(record.number, f"{record.number} {record.subject}（{known.get(record.institution_id, '')}）")
        for record, _ in meeting.candidates(db)
    )
    return (FieldView("待上会案件", "number", type="people", options=options),) if options else ()
