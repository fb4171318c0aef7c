"""A worker that is killed, at every moment it could be: after its lease another one finishes, nothing is lost and
nothing is there twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from api.demo import play
from flows.actions.cases import incidents
from flows.kernel.process import PROCESSES
from flows.kernel.wake import MOST_ATTEMPTS, WorkersDiedError, claim, run_case
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import State
from models.records.case import open_incident
from models.settings import get_settings
from tests.kernel.stage import MONDAY, actor, answer, case_of, check_everything, claim_at, open_tasks, traces

Kill = Callable[..., int]
LEASE = "2"
READY = timedelta(seconds=float(LEASE))

MOMENTS = {
    "announced": ("leader_approval", "lujianping", Outcome.APPROVE),  # reservation, document, notice, date
    "accepted": (
        "acceptance",
        "chenjiamin",
        Outcome.APPROVE,
    ),  # documents with numbers, notice, figures, gate
    "sent back": ("second_review", "zhoubingwen", Outcome.SEND_BACK),  # voids entries, figures anew, gate
}


@pytest.fixture(scope="module")
def victims(database_url: str) -> Iterator[subprocess.Popen[str]]:
    """The process that makes workers to be killed."""
    environment = os.environ | {"DATABASE_URL": database_url, "FENGBU_LEASE_SECONDS": LEASE}
    program = [sys.executable, str(Path(__file__).with_name("victim.py"))]
    with subprocess.Popen(
        program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def kill(victims: subprocess.Popen[str]) -> Kill:
    """Let a worker take a case and die; its exit status."""

    def order(number: str, moment: str, **more: Any) -> int:
        assert victims.stdin is not None and victims.stdout is not None
        line = {"case": number, "at": MONDAY.isoformat(), "kill": moment, **more}
        victims.stdin.write(json.dumps(line) + "\n")
        victims.stdin.flush()
        return int(victims.stdout.readline())

    return order


def ready(moment: str, count: int, first: int = 1) -> list[str]:
    """Cases whose gate has just been answered in the same way: awake, not yet run; their numbers."""
    gate, login, outcome = MOMENTS[moment]
    numbers = [claim_at(gate, place) for place in range(first, first + count)]
    for number in numbers:
        (task,) = open_tasks(number)
        answer(login, task.id or 0, outcome, fields={"target": "first_review"})
    return numbers


def undisturbed(number: str) -> int:
    """Run a case as nobody kills it; how many commits that takes."""
    commits = 0

    def count(_: Session) -> None:
        nonlocal commits
        commits += 1

    with session() as s:
        (claimed,) = claim(s, 1, [number])
    event.listen(Session, "after_commit", count)
    try:
        run_case(PROCESSES[claimed.process, claimed.version], claimed)
    finally:
        event.remove(Session, "after_commit", count)
    return commits


def wait_for_leases(numbers: list[str]) -> None:
    """Nobody else may take the cases before the dead worker's lease ends; afterwards anybody may."""
    with session() as s:
        end = max(case_of(s, number).lease_until or clock.wall() for number in numbers)
        if end > clock.wall() + READY / 4:
            held = [number for number in numbers if (case_of(s, number).lease_until or end) >= end]
            assert claim(s, 50, held) == []
    time.sleep(max((end - clock.wall()).total_seconds(), 0) + 0.01)


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("moment", ["announced", "sent back"])
def test_killed_before_or_after_any_commit_another_worker_finishes(kill: Kill, moment: str) -> None:
    (pattern,) = ready(moment, 1)
    commits = undisturbed(pattern)
    numbers = ready(moment, commits, first=2)
    kills = [("before-commit" if n % 2 else "after-commit", n) for n in range(1, commits + 1)]
    for number, (kind, n) in zip(numbers, kills, strict=True):
        assert kill(number, kind, commit=n) == -signal.SIGKILL
    wait_for_leases(numbers)
    play.run_due()
    for number, when in zip(numbers, kills, strict=True):
        assert traces(number) == traces(pattern), when
    check_everything()


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("moment", ["after-claim", "mid-step"])
def test_killed_after_the_claim_or_within_a_step_another_worker_finishes(kill: Kill, moment: str) -> None:
    pattern, number = ready("accepted", 2)
    undisturbed(pattern)
    assert kill(number, moment) == -signal.SIGKILL
    assert not open_tasks(number)
    assert kill(number, moment) == 1  # the lease is held: this worker got nothing, and was not killed
    wait_for_leases([number])
    assert kill(number, moment) == -signal.SIGKILL  # twice unlucky
    wait_for_leases([number])
    play.run_due()
    assert traces(number) == traces(pattern)
    check_everything()


@pytest.mark.usefixtures("office")
def test_a_case_that_kills_worker_after_worker_is_put_before_a_person(kill: Kill) -> None:
    (number,) = ready("accepted", 1)
    for _ in range(MOST_ATTEMPTS):
        assert kill(number, "mid-step") == -signal.SIGKILL
        with session() as s:
            case_of(s, number).lease_until = clock.wall()  # its time is over at once
    with pytest.raises(WorkersDiedError):
        play.run_due()
    with session() as s:
        record = case_of(s, number)
        incident = open_incident(s, record.id or 0)
        assert incident is not None and (incident.attempts, record.wake_at) == (MOST_ATTEMPTS, None)
        incidents.retry(s, actor(s, "suwenbo"), incident.id or 0)
    play.run_due()
    assert play.state_of(number) == State.FIRST_REVIEW
    check_everything()


@pytest.mark.usefixtures("office")
def test_a_worker_that_was_only_slow_cannot_write_once_another_holds_the_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FENGBU_LEASE_SECONDS", "0.01")
    get_settings.cache_clear()
    try:
        pattern, number = ready("announced", 2)
        undisturbed(pattern)
        with session() as s:
            (slow,) = claim(s, 1, [number])
        time.sleep(0.02)
        with session() as s:
            (quick,) = claim(s, 1, [number])
        definition = PROCESSES[slow.process, slow.version]
        assert run_case(definition, slow) is None
        assert run_case(definition, quick) is not None
        assert run_case(definition, slow) is None
    finally:
        get_settings.cache_clear()
    assert traces(number) == traces(pattern)
    check_everything()
