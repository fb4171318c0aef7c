"""Cases (案件): the row that is a case, its journal, and its incidents.

`wake_at` is the whole queue: *now* after anything changed, a future instant for a date the case waits for,
NULL while only a person can move it. `lease_*` is in real time (a worker's grip must not depend on the
movable demo clock); everything else is business time.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from models import clock
from models.calendar import WorkingCalendar
from models.lifecycle import Board, Process, State
from models.policy.deadlines import Standing, standing
from models.records.base import Facts, coded, facts, moment, money, one_of


class Origin(StrEnum):
    """By which door a case came in."""

    PAGE = "page"
    API = "api"
    IMPORT = "import"
    BACKFILL = "backfill"


ORIGIN_NAMES: dict[Origin, str] = {
    Origin.PAGE: "页面填报",
    Origin.API: "接口报送",
    Origin.IMPORT: "批量导入",
    Origin.BACKFILL: "补录",
}


LISTED = [
    "process", "state", "board", "institution_id", "town", "industry", "amount", "decided_amount", "opened_at", "id",
]  # fmt: skip
"""What the list of open cases is narrowed by and adds up, carried by its indexes: any filter reads no rows."""


class CaseRecord(SQLModel, table=True):
    """One case. `revision` rises with everything people or the kernel change; a reader may compare it."""

    __tablename__ = "cases"
    __table_args__ = (
        one_of("process", Process),
        one_of("board", Board),
        one_of("state", State),
        one_of("origin", Origin),
        Index("ix_cases_due_to_wake", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_cases_open", "process", "state", "state_since", postgresql_where=text("closed_at IS NULL")),
        # one for each column a list is narrowed or sorted by, in the order of the list
        Index("ix_cases_opened", "opened_at", "id"),
        Index("ix_cases_state", "state", "opened_at", "id"),
        *(
            Index(
                f"ix_cases_{name}",
                column,
                "opened_at",
                "id",
                postgresql_include=["process", "board", "closed_at"],
            )
            for name, column in (("institution", "institution_id"), ("town", "town"))
        ),
        Index("ix_cases_amount", "amount", "id"),
        Index("ix_cases_industry", "industry", "opened_at", "id", postgresql_where=text("industry <> ''")),
        Index("ix_cases_closed", "closed_at", "id", postgresql_where=text("closed_at IS NOT NULL")),
        *(
            Index(
                f"ix_cases_{name}",
                *columns,
                postgresql_where=text("closed_at IS NULL"),
                postgresql_include=[one for one in LISTED if one not in columns],
            )
            for name, columns in (
                ("alive", ("opened_at", "id")),
                ("alive_amount", ("amount", "id")),
                ("alive_town", ("town", "opened_at", "id")),
                ("living", ("id",)),
            )
        ),
        Index("ix_cases_opened_by", "opened_by", "opened_at"),
        # one open recovery per claim
        Index(
            "uq_cases_about",
            "about_id",
            unique=True,
            postgresql_where=text("about_id IS NOT NULL AND closed_at IS NULL"),
        ),
        Index("ix_cases_about", "about_id", postgresql_where=text("about_id IS NOT NULL")),
        CheckConstraint(
            "(process = 'recovery') = (about_id IS NOT NULL)", name="recoveries_name_their_claim"
        ),
        CheckConstraint("closed_at IS NULL OR wake_at IS NULL", name="closed_cases_sleep"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)  # BA-2026-0001, BC-2026-0001, ZC-2026-0001
    process: Process = coded(Process)
    process_version: int
    board: Board = coded(Board)
    institution_id: int = Field(foreign_key="institutions.id")  # the applicant
    managing_institution_id: int = Field(foreign_key="institutions.id")
    subject: str = Field(max_length=200)  # the firm, or "12 笔贷款"
    uscc: str = Field(default="", max_length=18, index=True)
    town: str = Field(default="", max_length=40)
    industry: str = Field(default="", max_length=40)  # of the loan a claim is about; "" for a filing
    amount: Decimal = money()  # filed principal or claimed amount, 元
    decided_amount: Decimal | None = money(nullable=True)
    parameter_version: str = Field(default="", max_length=40)
    origin: Origin = coded(Origin, default=Origin.PAGE)
    about_id: int | None = Field(default=None, foreign_key="cases.id")  # of a recovery: its claim

    state: State = coded(State, default=State.SUBMITTED)
    state_since: datetime = moment()

    opened_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    opened_by: int = Field(foreign_key="people.id")
    revision: int = 0

    wake_at: datetime | None = moment(nullable=True)
    lease_token: str | None = Field(default=None, max_length=40)
    lease_until: datetime | None = moment(nullable=True)
    attempts: int = 0


class EntryKind(StrEnum):
    """What a journal entry records."""

    STEP = "step"
    GATE = "gate"
    UNTIL = "until"


class JournalEntry(SQLModel, table=True):
    """One line of a process file as it was carried out: the memory a replay reads.

    An entry is finished once `result` is set. A void entry stays visible and is never read by a replay.
    """

    __tablename__ = "journal"
    __table_args__ = (
        one_of("kind", EntryKind),
        Index("uq_journal_valid", "case_id", "key", unique=True, postgresql_where=text("voided_at IS NULL")),
        Index("ix_journal_case", "case_id", "id"),
        Index(
            "ix_journal_waiting",
            "case_id",
            postgresql_where=text("finished_at IS NULL AND voided_at IS NULL"),
        ),
        Index(
            "ix_journal_due",
            "due_at",
            postgresql_where=text("finished_at IS NULL AND voided_at IS NULL AND kind = 'gate'"),
            postgresql_include=["case_id", "name"],
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: int = Field(foreign_key="cases.id")
    kind: EntryKind = coded(EntryKind)
    name: str = Field(max_length=80)  # "compensation.calculate", or the gate's key
    key: str = Field(max_length=100)  # name#count within one run of the process
    round: int = 1  # how often this name has been reached in this case, void ones included
    opened_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)
    due_at: datetime | None = moment(nullable=True)  # gates: end of the last working day; until: the instant
    budget_days: int | None = None  # gates: working days given (工作日)
    used_before: int = 0  # gates: working days already used in earlier rounds before the clock stopped
    counts_from: datetime | None = moment(
        nullable=True
    )  # gates of the applicant: served then (送达), so that the working days run from that day
    due_provisional: bool = False  # the deadline crosses a year whose calendar is not published (暂定)
    result: Facts | None = facts(nullable=True)
    voided_at: datetime | None = moment(nullable=True)
    voided_by: int | None = Field(
        default=None, sa_type=BigInteger
    )  # the journal entry whose answer sent it back

    @property
    def began(self) -> datetime:
        """From when a gate's working days are counted: its opening, or the later service of what it answers."""
        return self.counts_from or self.opened_at

    @property
    def last_day(self) -> date:
        """The last day on which a gate may be answered in time."""
        return clock.local(self.due_at or self.opened_at).date()

    def stands(self, days: WorkingCalendar, on: date | None = None) -> Standing:
        """How a gate's present round stands on a day: today, or the day it was answered."""
        then = clock.local(self.finished_at).date() if self.finished_at else clock.today()
        began = clock.local(self.began).date()
        return standing(days, began, self.last_day, on or then, self.budget_days, self.used_before)


class Incident(SQLModel, table=True):
    """A case that kept failing, until someone retries it after the cause is gone."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("uq_incidents_open", "case_id", unique=True, postgresql_where=text("resolved_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    raised_at: datetime = moment()
    line: str = Field(max_length=200)  # the step that failed
    error: str = Field(max_length=2000)
    detail: str = ""
    attempts: int = 0
    resolved_at: datetime | None = moment(nullable=True)
    resolved_by: int | None = Field(default=None, foreign_key="people.id")


def by_number(session: Session, number: str) -> CaseRecord | None:
    """The case with this number."""
    return session.exec(select(CaseRecord).where(CaseRecord.number == number)).first()


def in_order(session: Session, numbers: Collection[str]) -> list[str]:
    """These numbers in the order in which their cases are locked; numbers of no case come last."""
    query = select(CaseRecord.number).where(col(CaseRecord.number).in_(numbers))
    known = list(session.exec(query.order_by(col(CaseRecord.id))))
    return known + [number for number in dict.fromkeys(numbers) if number not in known]


def locked(session: Session, case_id: int) -> CaseRecord:
    """The case, its row locked until the transaction ends."""
    query = select(CaseRecord).where(CaseRecord.id == case_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one()


def journal_of(session: Session, case_id: int, *, valid_only: bool = False) -> Sequence[JournalEntry]:
    """The journal in the order things happened."""
    query = select(JournalEntry).where(JournalEntry.case_id == case_id)
    if valid_only:
        query = query.where(col(JournalEntry.voided_at).is_(None))
    return session.exec(query.order_by(col(JournalEntry.id))).all()


def waited_date(session: Session, case_id: int) -> JournalEntry | None:
    """The entry of the date a case waits for (`until`), if it does."""
    query = select(JournalEntry).where(
        JournalEntry.case_id == case_id,
        JournalEntry.kind == EntryKind.UNTIL,
        col(JournalEntry.result).is_(None),
        col(JournalEntry.voided_at).is_(None),
    )
    return session.exec(query).first()


def open_incident(session: Session, case_id: int) -> Incident | None:
    """The incident a person must look at."""
    query = select(Incident).where(Incident.case_id == case_id, col(Incident.resolved_at).is_(None))
    return session.exec(query).first()


def next_number(session: Session, process: Process, year: int) -> str:
    """The next case number of a year, e.g. BC-2026-0187; the counter row serialises concurrent callers."""
    prefix = {Process.FILING: "BA", Process.CLAIM: "BC", Process.RECOVERY: "ZC"}[process]
    statement = text(
        "INSERT INTO case_counters (process, year, last) VALUES (:process, :year, 1) "
        "ON CONFLICT (process, year) DO UPDATE SET last = case_counters.last + 1 RETURNING last"
    )
    last = session.connection().execute(statement, {"process": process.value, "year": year}).scalar_one()
    return f"{prefix}-{year}-{last:04d}"


class CaseCounter(SQLModel, table=True):
    """The last case number given, per process and year."""

    __tablename__ = "case_counters"

    process: str = Field(primary_key=True, max_length=40)
    year: int = Field(primary_key=True)
    last: int


def count_by_state(session: Session) -> dict[tuple[Process, State], int]:
    """How many open cases stand at each state."""
    query = (
        select(CaseRecord.process, CaseRecord.state, func.count())
        .where(col(CaseRecord.closed_at).is_(None))
        .group_by(col(CaseRecord.process), col(CaseRecord.state))
    )
    return {(Process(process), State(state)): count for process, state, count in session.exec(query)}
