"""What the cases stand on breaks under them: PostgreSQL restarts under load, Prefect's database is dropped. They go on."""

import asyncio
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from api.demo import play
from api.runtime import postgres
from flows.actions.answers import answering
from flows.actions.errors import ConflictError
from flows.kernel.dead_runs import end_dead_runs
from flows.raise_incident import CRASHED, LEFT_FOR, raise_incident
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board, State
from models.records.case import CaseRecord, Incident
from models.records.notice import Channel, Delivery, DeliveryState, Notice
from models.records.task import Task, TaskState
from tests.kernel.stage import AFTER_NOTICE, answer, case_of, check_everything, claim_at, open_tasks, traces
from tests.runtime.whole import PREFECT, PREFECT_READY, Whole, eventually, move_clock, whole_system

pytestmark = pytest.mark.xdist_group("whole")
CASES = 5
BURST = 48


@pytest.fixture(scope="module")
def whole() -> Iterator[Whole]:
    """Cluster, Prefect and one worker; one case has come to its public notice undisturbed."""
    with tempfile.TemporaryDirectory(prefix="fengbu-test-") as place, whole_system(Path(place)) as system:
        with ThreadPoolExecutor(1) as aside:
            prefect = aside.submit(system.start, PREFECT, PREFECT_READY)
            assert claim_at("public_notice", 1) == "BC-2026-0001"
            prefect.result()
        system.worker()
        yield system


@pytest.fixture
def in_its_prefect(whole: Whole) -> Iterator[None]:
    """Let this process talk to the system's Prefect."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: f"{whole.settings.prefect_url}/api"}):
        yield


def claims(first: int, count: int) -> list[str]:
    """Submitted claims for the worker to find; their numbers."""
    with session() as s:
        return [
            play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=number).number
            for number in range(first, first + count)
        ]


class People:
    """Everybody in the office, answering whatever is open; who meets an error page tries again."""

    def __init__(self, numbers: list[str]) -> None:
        self.numbers = numbers
        self.answers = self.errors = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(0.02):
            try:
                for task in self._open():
                    with session() as s:
                        who = play.person(s, *play.AT[task.gate])
                        answering.answer(s, who, task.id or 0, Outcome.APPROVE, opinion="同意。")
                    self.answers += 1
            except SQLAlchemyError:
                self.errors += 1
            except ConflictError:  # the answer was recorded although the connection was lost before they knew
                self.errors += 1

    def _open(self) -> list[Task]:
        with session() as s:
            found = select(Task).where(Task.state == TaskState.OPEN, col(Task.case_number).in_(self.numbers))
            return list(s.exec(found))

    def go_home(self) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()


def standing(numbers: list[str]) -> Counter[State]:
    """How many of the cases stand where."""
    with session() as s:
        return Counter(s.exec(select(CaseRecord.state).where(col(CaseRecord.number).in_(numbers))))


def test_postgresql_dies_twice_while_people_answer_and_nothing_is_lost_or_done_twice(whole: Whole) -> None:
    numbers = claims(2, CASES)
    people = People(numbers)
    try:
        for answers in (CASES, 3 * CASES):
            eventually(lambda reached=answers: people.answers >= reached)
            whole.kill_postgres()
        assert people.errors, "nobody noticed: the restarts came too late"
        eventually(lambda: standing(numbers)[State.PUBLIC_NOTICE] == CASES)
    finally:
        people.go_home()
    undisturbed = traces("BC-2026-0001")
    for number in numbers:
        assert traces(number) == undisturbed
    check_everything()
    with session() as s:
        assert not s.exec(select(Incident)).all()
        told = Counter(s.exec(select(Notice.case_id, Notice.event)))
    assert set(told.values()) == {1}
    eventually(all_mail_is_out)
    with session() as s:
        notices = {str(notice) for notice in s.exec(select(Notice.id))}
    assert {mail["Message-ID"].strip("<>").partition("@")[0] for mail in whole.mail.mails} == notices


def all_mail_is_out() -> bool:
    """Whether every e-mail was delivered; each is in the outbox once."""
    query = select(Delivery.notice_id, Delivery.state).where(Delivery.channel == Channel.EMAIL)
    with session() as s:
        states = s.exec(query).all()
    assert len({notice for notice, _ in states}) == len(states)
    return {state for _, state in states} == {DeliveryState.DELIVERED}


def test_a_worker_is_killed_in_a_burst_and_the_next_finishes_without_an_incident(
    whole: Whole, in_its_prefect: None
) -> None:
    eventually(lambda: prefect_is_used(whole))
    numbers = claims(50, BURST)
    eventually(lambda: standing(numbers)[State.ACCEPTANCE] and running(whole))
    whole.workers[-1].kill()
    left = {tag for run in running(whole) for tag in run["tags"]}
    assert left and standing(numbers)[State.SUBMITTED], "it was killed too late"
    whole.worker()
    eventually(lambda: standing(numbers)[State.ACCEPTANCE] == BURST)
    for number in numbers:
        assert traces(number) == traces(numbers[0])
    check_everything()

    dead = [run for run in running(whole) if left & set(run["tags"])]
    eventually(lambda: len(running(whole)) == len(dead))  # the second worker's own runs have ended
    assert asyncio.run(end_dead_runs(timedelta(0))) == len(dead) > 0
    assert not running(whole)
    for run in dead:
        assert asyncio.run(raise_incident.fn(run["id"])) == 0  # its cases have gone on
    with session() as s:
        assert not s.exec(select(Incident)).all()
        stuck = case_of(s, dead[0]["tags"][0])  # as if nobody had taken it up for a minute
        stuck.lease_token, stuck.lease_until = "gone", clock.wall() - LEFT_FOR - timedelta(seconds=1)
    assert asyncio.run(raise_incident.fn(dead[0]["id"])) == 1
    assert asyncio.run(raise_incident.fn(dead[0]["id"])) == 0  # once
    with session() as s:
        incident = s.exec(select(Incident)).one()
        assert (incident.case_id, incident.line) == (stuck.id, CRASHED)
        s.delete(incident)


PROBES = count(200)


def prefect_is_used(whole: Whole) -> bool:
    """Whether the worker shows a new case's wake-up in Prefect: after a failure it leaves Prefect alone for 15 s."""
    (number,) = claims(next(PROBES), 1)
    eventually(lambda: standing([number])[State.ACCEPTANCE])
    return any(number in run["tags"] for run in whole.runs())


def running(whole: Whole) -> list[dict[str, Any]]:
    """The runs Prefect shows as running."""
    return [run for run in whole.runs() if run["state_type"] == "RUNNING"]


def test_prefects_database_is_dropped_and_cases_move_without_it_until_it_is_back_empty(whole: Whole) -> None:
    eventually(lambda: prefect_is_used(whole))
    at_gate, behind_it = claims(100, 2)
    dated = "BC-2026-0001"  # stands in public notice
    eventually(lambda: open_tasks(at_gate) and open_tasks(behind_it))

    whole.drop_prefects_database()  # its server still answers, with errors
    moves(at_gate, "chenjiamin", State.FIRST_REVIEW)
    whole.stop(PREFECT)
    moves(at_gate, "wangliqun", State.SECOND_REVIEW)
    move_clock(AFTER_NOTICE)
    eventually(lambda: not announced())
    assert play.state_of(dated) == State.FINANCE_REVIEW

    postgres.ensure_database(whole.base.urls.prefect)
    whole.start(PREFECT, PREFECT_READY)
    moves(behind_it, "chenjiamin", State.FIRST_REVIEW)
    eventually(lambda: prefect_is_used(whole))
    moves(behind_it, "wangliqun", State.SECOND_REVIEW)
    shown, *_ = eventually(  # one, or two where its server came up before the first move was made
        lambda: [run for run in whole.runs() if behind_it in run["tags"] and run["end_time"]]
    )
    assert (shown["name"], shown["tags"], shown["state_type"]) == (behind_it, [behind_it], "COMPLETED")
    check_everything()
    with session() as s:
        assert not s.exec(select(Incident)).all()


def announced() -> list[str]:
    """The cases in public notice."""
    with session() as s:
        return list(s.exec(select(CaseRecord.number).where(CaseRecord.state == State.PUBLIC_NOTICE)))


def moves(number: str, login: str, to: State) -> None:
    """An answer, and within seconds the case stands at the next gate."""
    (task,) = open_tasks(number)
    answer(login, task.id or 0)
    eventually(lambda: play.state_of(number) == to and open_tasks(number), 60)
