"""Joint meetings (联席会议, 四（一）): a session, its agenda of cases, who came, what was resolved, the one 纪要 of all.

The votes are not here: they are each member's own answers to the tasks of the case's gate. An agenda item only holds
the count back until the session is concluded, and keeps what the count came to.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.lifecycle import State
from models.records.base import Facts, coded, dated, facts, moment, one_of
from models.records.case import CaseRecord, EntryKind, JournalEntry


class MeetingState(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


MEETING_STATE_NAMES = {
    MeetingState.OPEN: "筹备与表决",
    MeetingState.CONCLUDED: "已议定",
    MeetingState.CANCELLED: "已取消",
}


class Result(StrEnum):
    """What the count of an item came to. Only the first two answer the case's gate."""

    APPROVED = "approved"
    REFUSED = "refused"
    DEFERRED = "deferred"  # neither was reached: the case stays at its gate, the votes cast stay good
    GONE = "gone"  # withdrawn, or no longer waiting for the meeting


RESULT_NAMES = {
    Result.APPROVED: "通过",
    Result.REFUSED: "未通过",
    Result.DEFERRED: "暂缓，留待下次会议",
    Result.GONE: "案件已不在表决环节",
}
DECIDES = frozenset({Result.APPROVED, Result.REFUSED})


class Presence(StrEnum):
    """Attendance as the secretary records it."""

    PRESENT = "present"
    LEAVE = "leave"
    OBSERVER = "observer"


PRESENCE_NAMES = {Presence.PRESENT: "出席", Presence.LEAVE: "请假", Presence.OBSERVER: "列席"}


class Meeting(SQLModel, table=True):
    """One session. `year` and `ordinal` name it: 2026年第3次会议. `document_id` is its 纪要 (D20)."""

    __tablename__ = "meetings"
    __table_args__ = (
        one_of("state", MeetingState),
        UniqueConstraint("year", "ordinal"),
        CheckConstraint("(state = 'concluded') = (document_id IS NOT NULL)", name="concluded_with_minutes"),
    )

    id: int | None = Field(default=None, primary_key=True)
    year: int
    ordinal: int
    held_on: date = dated()
    place: str = Field(max_length=120)
    chair_id: int | None = Field(default=None, foreign_key="people.id")
    resolutions: str = Field(default="", max_length=4000)  # one a line, besides those on the cases
    state: MeetingState = coded(MeetingState, default=MeetingState.OPEN)
    convened_by: int = Field(foreign_key="people.id")
    convened_at: datetime = moment()
    concluded_by: int | None = Field(default=None, foreign_key="people.id")
    concluded_at: datetime | None = moment(nullable=True)
    document_id: int | None = Field(default=None, foreign_key="documents.id")
    told: Facts | None = facts(nullable=True)  # what its members were last told: day, place, case numbers

    @property
    def name(self) -> str:
        """2026年第3次会议."""
        return f"{self.year}年第{self.ordinal}次会议"


class AgendaItem(SQLModel, table=True):
    """One case on an agenda: the gate's entry it is about, the secretary's wording, what the count came to, and when
    that was given to the case. A case stands on one open agenda at most."""

    __tablename__ = "meeting_items"
    __table_args__ = (
        one_of("result", Result),
        Index(
            "uq_meeting_items_waiting",
            "entry_id",
            unique=True,
            postgresql_where=text("removed_at IS NULL AND carried_at IS NULL"),
        ),
        Index("ix_meeting_items_meeting", "meeting_id", "id"),
        Index("ix_meeting_items_case", "case_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meetings.id")
    case_id: int = Field(foreign_key="cases.id")
    entry_id: int = Field(foreign_key="journal.id", sa_type=BigInteger)
    added_by: int = Field(foreign_key="people.id")
    added_at: datetime = moment()
    removed_at: datetime | None = moment(nullable=True)
    wording: str = Field(default="", max_length=1000)
    result: Result | None = coded(Result, nullable=True)
    votes_for: int = 0
    votes_against: int = 0
    counted_at: datetime | None = moment(nullable=True)
    carried_at: datetime | None = moment(nullable=True)


class Attendance(SQLModel, table=True):
    """Who came, or asked leave. A member by `person_id`; an observer by organ and name."""

    __tablename__ = "meeting_attendance"
    __table_args__ = (one_of("presence", Presence), UniqueConstraint("meeting_id", "person_id"))

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meetings.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="people.id")
    organ: str = Field(max_length=120)
    name: str = Field(max_length=60)
    presence: Presence = coded(Presence)


def next_ordinal(s: Session, year: int) -> int:
    """The number of the next session of a year; the counter's row serialises concurrent callers."""
    statement = text(
        "INSERT INTO case_counters (process, year, last) VALUES ('meeting', :year, 1) "
        "ON CONFLICT (process, year) DO UPDATE SET last = case_counters.last + 1 RETURNING last"
    )
    return int(s.connection().execute(statement, {"year": year}).scalar_one())


def newest(s: Session, limit: int = 100) -> Sequence[Meeting]:
    """Sessions, newest first."""
    return s.exec(select(Meeting).order_by(col(Meeting.id).desc()).limit(limit)).all()


def locked(s: Session, meeting_id: int) -> Meeting | None:
    """The session, its row locked until the transaction ends."""
    query = select(Meeting).where(Meeting.id == meeting_id).with_for_update()
    return s.exec(query.execution_options(populate_existing=True)).first()


def items_of(s: Session, meeting_id: int) -> Sequence[AgendaItem]:
    """The agenda as it stands."""
    query = select(AgendaItem).where(
        AgendaItem.meeting_id == meeting_id, col(AgendaItem.removed_at).is_(None)
    )
    return s.exec(query.order_by(col(AgendaItem.id))).all()


def attendance_of(s: Session, meeting_id: int) -> Sequence[Attendance]:
    """Who came."""
    query = select(Attendance).where(Attendance.meeting_id == meeting_id)
    return s.exec(query.order_by(col(Attendance.id))).all()


def waiting_item(s: Session, entry_id: int) -> tuple[AgendaItem, Meeting] | None:
    """The agenda item that holds a gate's count back, if one does."""
    query = (
        select(AgendaItem, Meeting)
        .join(Meeting, col(Meeting.id) == col(AgendaItem.meeting_id))
        .where(
            AgendaItem.entry_id == entry_id,
            col(AgendaItem.removed_at).is_(None),
            col(AgendaItem.carried_at).is_(None),
        )
    )
    return s.exec(query).first()


def of_case(s: Session, case_id: int) -> Sequence[tuple[AgendaItem, Meeting]]:
    """The sessions a case was or is before, oldest first."""
    query = (
        select(AgendaItem, Meeting)
        .join(Meeting, col(Meeting.id) == col(AgendaItem.meeting_id))
        .where(AgendaItem.case_id == case_id, col(AgendaItem.removed_at).is_(None))
    )
    return s.exec(query.order_by(col(AgendaItem.id))).all()


def minutes_for(s: Session, case_id: int) -> int | None:
    """The 纪要 of the session whose resolution the case's valid vote came from, if it came from one."""
    query = (
        select(Meeting.document_id)
        .join(AgendaItem, col(AgendaItem.meeting_id) == col(Meeting.id))
        .join(JournalEntry, col(JournalEntry.id) == col(AgendaItem.entry_id))
        .where(
            AgendaItem.case_id == case_id,
            col(AgendaItem.carried_at).is_not(None),
            col(AgendaItem.result).in_(DECIDES),
            col(JournalEntry.voided_at).is_(None),
        )
        .order_by(col(AgendaItem.id).desc())
    )
    return s.exec(query.limit(1)).first()


def candidates(s: Session) -> Sequence[tuple[CaseRecord, JournalEntry]]:
    """Cases that wait for the meeting and stand on no agenda, longest waiting first."""
    placed = select(AgendaItem.entry_id).where(
        col(AgendaItem.removed_at).is_(None), col(AgendaItem.carried_at).is_(None)
    )
    query = (
        select(CaseRecord, JournalEntry)
        .join(JournalEntry, col(JournalEntry.case_id) == col(CaseRecord.id))
        .where(
            CaseRecord.state == State.MEETING,
            col(CaseRecord.closed_at).is_(None),
            JournalEntry.kind == EntryKind.GATE,
            JournalEntry.name == State.MEETING.value,
            col(JournalEntry.finished_at).is_(None),
            col(JournalEntry.voided_at).is_(None),
            col(JournalEntry.id).not_in(placed),
        )
        .order_by(col(JournalEntry.opened_at))
    )
    return s.exec(query).all()


def waiting_entry(s: Session, case_id: int) -> JournalEntry | None:
    """The unanswered vote a case stands at."""
    query = select(JournalEntry).where(
        JournalEntry.case_id == case_id,
        JournalEntry.kind == EntryKind.GATE,
        JournalEntry.name == State.MEETING.value,
        col(JournalEntry.finished_at).is_(None),
        col(JournalEntry.voided_at).is_(None),
    )
    return s.exec(query).first()
