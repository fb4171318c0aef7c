"""Real cases for the doors' tests: filed through the actions, carried on by their process, no worker, no Prefect."""

from typing import Any

from sqlmodel import Session, select

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes
from api.demo.play import give_budget
from flows.actions.answers import answering, looking
from flows.actions.applications import filing
from flows.actions.forms.application_forms import read_filing
from flows.kernel.process import PROCESSES
from flows.kernel.wake import claim as take
from flows.kernel.wake import run_case
from models import clock, database
from models.calendar import seed_rows
from models.gates import GATES, Outcome
from models.lifecycle import Board, State
from models.records import ledger, person
from models.records.case import CaseRecord
from models.records.ledger import AccountKind
from models.records.loan import Loan
from models.records.loan import of_case as loans_of
from models.records.reference import CalendarDay
from models.records.task import Participation, Task, TaskState
from tests.actions import samples
from tests.kept import kept
from tests.seed import actor

BANKER = {Board.BANK: "linwanyi", Board.GUARANTEE: "tanjunhao"}


def wake() -> None:
    """Let every due case take its next steps, as a worker would."""
    while True:
        with database.session() as s:
            due = take(s, 100)
        if not due:
            return
        for found in due:
            run_case(PROCESSES[found.process, found.version], found)


@kept
def budget(amount: str = "60000000.00") -> None:
    """This year's budget is `amount`, 元."""
    with database.session() as s:
        give_budget(s, amount)


@kept
def calendar() -> None:
    """The published calendar."""
    with database.session() as s:
        for row in seed_rows():
            s.add(CalendarDay(day=row.day, working=row.working, note=row.name, source=row.source))


@kept
def filed(count: int = 1, **changes: str) -> str:
    """A filing of the bank with `count` loans, waiting for 经办审核; its number."""
    with database.session() as s:
        loans = [
            samples.loan(
                Board.BANK, receipt_number=f"JJ-{changes.get('contract_number', 'A')}-{n}", **changes
            )
            for n in range(1, count + 1)
        ]
        number = filing.submit(s, actor(s, BANKER[Board.BANK]), read_filing(Board.BANK, loans)).number
    wake()
    return number


@kept
def registered(board: Board = Board.BANK, **changes: str) -> int:
    """A registered loan (its filing is not carried on); its id."""
    with database.session() as s:
        loan = samples.registered(s, actor(s, BANKER[board]), board, **changes)
        s.get_one(CaseRecord, loan.case_id).wake_at = None
        return loan.id or 0


@kept
def claimed(board: Board = Board.BANK, **changes: str) -> str:
    """A claim on a registered loan, waiting for 受理; its number. `changes` are the claim's."""
    if board == Board.BANK:  # 2 % of what was lent leaves room for one claim
        registered(
            contract_number="GY-ROOM", receipt_number="GY-ROOM-1", principal="300,000,000.00", employees="300"
        )
    loan_id = registered(board)
    with database.session() as s:
        year = str(clock.today().year)
        if ledger.account(s, AccountKind.BUDGET, year) is None:  # without one a claim waits for the budget
            give_budget(s, "60000000.00")
        filer = actor(s, BANKER[board])
        number = samples.claim_on(s, filer, s.get_one(Loan, loan_id), **changes).number
    wake()
    return number


def open_task(number: str, gate: str | None = None) -> Task:
    """The task a case waits at (its first open seat)."""
    with database.session() as s:
        query = select(Task).where(Task.case_number == number, Task.state == TaskState.OPEN)
        found = s.exec(query.where(Task.gate == gate) if gate else query).first()
        assert found is not None, f"{number} waits for nobody at {gate}"
        return found


@kept
def answer(
    number: str, login: str, outcome: Outcome = Outcome.APPROVE, opinion: str = "同意。", **fields: Any
) -> None:
    """`login` answers the gate the case waits at; the process goes on."""
    with database.session() as s:
        task = s.exec(select(Task).where(Task.case_number == number, Task.state == TaskState.OPEN)).first()
        assert task is not None and task.gate in GATES, number
        if outcome is Outcome.APPROVE:
            looking.look_at_everything(s, actor(s, login), task.id or 0)
        answering.answer(s, actor(s, login), task.id or 0, outcome, opinion=opinion, fields=fields)
    wake()


def state(number: str) -> str:
    """Where a case stands."""
    with database.session() as s:
        return State(s.exec(select(CaseRecord.state).where(CaseRecord.number == number)).one()).value


def took_part(number: str, login: str, gate: str) -> None:
    """`login` performed the duty of another gate in the case."""
    with database.session() as s:
        case = s.exec(select(CaseRecord).where(CaseRecord.number == number)).one()
        who = person.by_login(s, login)
        assert who is not None
        s.add(
            Participation(
                case_id=case.id or 0, person_id=who.id or 0, duty=gate, gate=gate, at=case.opened_at
            )
        )


__all__ = [
    "Session",
    "answer",
    "budget",
    "calendar",
    "claimed",
    "filed",
    "loans_of",
    "open_task",
    "registered",
    "state",
    "took_part",
    "wake",
]
