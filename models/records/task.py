"""Tasks (任务): one seat at one gate, waiting for one person's answer, and the answers given.

A gate that one person answers has one task; 会签, 或签, 依次 and 票决 have one task per seat.
The answer lives on the task: a task is answered at most once, which the conditional update enforces.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.gates import Outcome
from models.lifecycle import Board, Process
from models.records.base import Facts, coded, facts, moment, money, one_of
from models.roles import Role


class TaskState(StrEnum):
    """What became of a seat."""

    OPEN = "open"
    WAITING = "waiting"  # 依次: not yet this seat's turn
    ANSWERED = "answered"
    LAPSED = "lapsed"  # decided without this seat (或签, 票决), or the case was withdrawn


class Added(StrEnum):
    """加签: when an added signer signs, seen from the one who answers the gate."""

    BEFORE = "before"
    PARALLEL = "parallel"
    AFTER = "after"


ADDED_NAMES: dict[Added, str] = {Added.BEFORE: "前加签", Added.PARALLEL: "并加签", Added.AFTER: "后加签"}


SEATED = [
    "case_id", "institution_id", "role", "assignee_id", "applicant_id", "added", "duty", "process", "board", "gate",
    "town", "corrected", "due_at", "amount", "opened_at", "id",
]  # fmt: skip
"""What a queue asks of a task, carried by its indexes: finding and counting read no rows."""


class Task(SQLModel, table=True):
    """A question in somebody's queue. Columns repeat what the queue filters and sorts on."""

    __tablename__ = "tasks"
    __table_args__ = (
        one_of("state", TaskState),
        one_of("outcome", Outcome),
        one_of("role", Role),
        one_of("board", Board),
        one_of("process", Process),
        one_of("added", Added),
        Index("ix_tasks_unstaffed", "due_at", postgresql_where=text("state = 'open' AND unstaffed")),
        Index(
            "ix_tasks_queue",
            "institution_id",
            "role",
            "due_at",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_tasks_assignee", "assignee_id", "due_at", "id", postgresql_where=text("state = 'open'")),
        *(
            Index(
                f"ix_tasks_open_{name}",
                *columns,
                postgresql_where=text("state = 'open'"),
                postgresql_include=[one for one in more if one not in columns],
            )
            for name, columns, more in (
                ("due", ("due_at", "id"), SEATED),
                ("amount", ("amount", "id"), SEATED),
                ("opened", ("opened_at", "id"), SEATED),
                ("gate", ("gate", "due_at", "id"), SEATED),
                ("applicant", ("applicant_id", "due_at", "id"), SEATED),
                ("town", ("town", "due_at", "id"), SEATED),
                ("uscc", ("uscc",), []),
            )
        ),
        Index(
            "ix_tasks_open_corrected", "due_at", "id", postgresql_where=text("state = 'open' AND corrected")
        ),
        Index("ix_tasks_done", "answered_by", "answered_at"),
        Index("ix_tasks_answered", "answered_at", postgresql_where=text("state = 'answered'")),
        Index("ix_tasks_case", "case_id", "id"),
        Index("ix_tasks_entry", "entry_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    entry_id: int = Field(foreign_key="journal.id", sa_type=BigInteger)
    gate: str = Field(max_length=40)
    duty: str = Field(max_length=40)
    round: int = 1
    seat: int = 1
    process: Process = coded(Process)
    board: Board = coded(Board)
    institution_id: int = Field(foreign_key="institutions.id")  # whose queue it is in
    role: Role = coded(Role)
    assignee_id: int | None = Field(default=None, foreign_key="people.id")  # claimed by, or the named seat
    applicant_id: int = Field(foreign_key="institutions.id")
    subject: str = Field(max_length=200)
    case_number: str = Field(max_length=40)
    uscc: str = Field(default="", max_length=18)
    town: str = Field(default="", max_length=40)
    amount: Decimal = money()
    state: TaskState = coded(TaskState, default=TaskState.OPEN)
    opened_at: datetime = moment()
    due_at: datetime = moment()
    shown_hash: str = Field(default="", max_length=64)  # the answer is bound to what was shown
    corrected: bool = False  # came back from 补正
    delegated_by: int | None = Field(default=None, foreign_key="people.id")  # 委派: who waits for the advice
    added_by: int | None = Field(default=None, foreign_key="people.id")  # 加签: who asked for this signature
    added: Added | None = coded(Added, nullable=True)
    unstaffed: bool = False  # nobody may answer it: a manager must see to that

    answered_at: datetime | None = moment(nullable=True)
    answered_by: int | None = Field(default=None, foreign_key="people.id")
    on_behalf_of: int | None = Field(default=None, foreign_key="people.id")
    outcome: Outcome | None = coded(Outcome, nullable=True)
    opinion: str = Field(default="", max_length=10000)
    fields: Facts = facts()
    voided: bool = False


class Participation(SQLModel, table=True):
    """Who has performed which duty in a case. The primary key is the separation of duties:
    nobody has two duties in one case, whatever happens at the same time."""

    __tablename__ = "participations"

    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    person_id: int = Field(foreign_key="people.id", primary_key=True)
    duty: str = Field(max_length=40)
    gate: str = Field(max_length=40)
    at: datetime = moment()


def of_case(session: Session, case_id: int) -> Sequence[Task]:
    """Every task of a case, oldest first."""
    return session.exec(select(Task).where(Task.case_id == case_id).order_by(col(Task.id))).all()


def open_of_case(session: Session, case_id: int) -> Sequence[Task]:
    """The tasks a case waits for."""
    query = select(Task).where(Task.case_id == case_id, Task.state == TaskState.OPEN)
    return session.exec(query.order_by(col(Task.id))).all()


def of_entry(session: Session, entry_id: int) -> Sequence[Task]:
    """The seats of one gate round, in their order."""
    return session.exec(select(Task).where(Task.entry_id == entry_id).order_by(col(Task.seat))).all()


def participation(session: Session, case_id: int, person_id: int) -> Participation | None:
    """The duty a person already performed in a case."""
    return session.get(Participation, (case_id, person_id))
