"""What an operator sees in Prefect of the cases a worker runs: names, tags, end states, task runs, failures."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, func, select

from api.demo import play
from flows.kernel.wake import MOST_ATTEMPTS
from flows.kernel.worker import Worker
from flows.steps import issuing
from models import clock
from models.database import session
from models.lifecycle import Board, State
from models.records.case import CaseRecord, Incident
from models.settings import get_settings
from tests.kernel.stage import MONDAY, case_of

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(autouse=True)
def office(db: Callable[[], AbstractContextManager[Session]], in_prefect: Any) -> Iterator[None]:
    """A seeded office on a Monday; flows run here show in Prefect."""
    with clock.at(MONDAY):
        with db() as s:
            play.seed(s)
        yield


@pytest.fixture
def shown(prefect_server: Any) -> Iterator[Callable[[list[str]], list[dict[str, Any]]]]:
    """The flow runs tagged with any of these case numbers, oldest first; each with the names of its task runs."""
    with httpx.Client(base_url=f"{prefect_server.settings.prefect_url}/api", trust_env=False) as client:

        def look(numbers: list[str]) -> list[dict[str, Any]]:
            runs = {}
            for number in numbers:
                wanted = {"flow_runs": {"tags": {"all_": [number]}}, "sort": "START_TIME_ASC"}
                for run in client.post("/flow_runs/filter", json=wanted).raise_for_status().json():
                    runs[run["id"]] = run
            return list(runs.values())

        yield look


def claims(first: int, count: int) -> list[str]:
    """Submitted claims; the numbers of different tests differ, for Prefect keeps what it has seen."""
    with session() as s:
        s.connection().exec_driver_sql(
            "INSERT INTO case_counters (process, year, last) VALUES ('claim', 2026, %(last)s) "
            "ON CONFLICT (process, year) DO UPDATE SET last = %(last)s",
            {"last": first - 1},
        )
        return [
            play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=number).number
            for number in range(first, first + count)
        ]


def work(until: Callable[[], bool]) -> None:
    """A worker of this process, until something is so."""

    async def shift() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Worker().run(stop))
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(until):
                await asyncio.sleep(0.02)
        stop.set()
        await running

    asyncio.run(shift())


def at_rest() -> bool:
    """Nothing is due and nobody works."""
    with session() as s:
        busy = (col(CaseRecord.wake_at) <= clock.now()) | col(CaseRecord.lease_token).is_not(None)
        return not s.exec(select(func.count()).select_from(CaseRecord).where(busy)).one()


def test_a_case_that_wakes_alone_is_a_run_with_its_number_its_tag_and_where_it_waits(shown: Any) -> None:
    (number,) = claims(7001, 1)
    work(at_rest)
    (run,) = shown([number])
    assert (run["name"], run["tags"], run["state_type"]) == (number, [number], "COMPLETED")
    assert run["state"]["name"] == "Waiting: 受理"
    assert run["parameters"] == {"cases": [number]}


def test_its_steps_are_task_runs_when_asked_for(
    shown: Any, prefect_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGBU_PREFECT_TASK_RUNS", "1")
    get_settings.cache_clear()
    try:
        (number,) = claims(7101, 1)
        work(at_rest)
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
    (run,) = shown([number])
    wanted = {"flow_runs": {"id": {"any_": [run["id"]]}}}
    seen: list[str] = []
    with httpx.Client(base_url=f"{prefect_server.settings.prefect_url}/api", trust_env=False) as client:

        async def recorded() -> None:  # task runs reach Prefect as events, a little later
            async with asyncio.timeout(30):
                while len(seen) < 2:
                    found = client.post("/task_runs/filter", json=wanted).raise_for_status().json()
                    seen[:] = sorted(task["name"] for task in found)
                    await asyncio.sleep(0.1)

        asyncio.run(recorded())
    assert seen == ["checks.claimed_loss", "documents.draw_up"]


def test_a_burst_is_shown_as_few_runs_named_by_their_size_and_tagged_with_every_number(shown: Any) -> None:
    numbers = claims(7201, 8)
    work(at_rest)
    runs = shown(numbers)
    assert {(run["name"], run["state"]["name"]) for run in runs} == {("claim · 2 cases", "Done: 2 cases")}
    assert sorted(tag for run in runs for tag in run["tags"]) == numbers


def test_a_failing_step_ends_its_runs_failed_and_the_incident_appears(
    shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr(issuing, "render", full)
    (number,) = claims(7301, 1)
    moment = MONDAY
    for _ in range(MOST_ATTEMPTS):
        with clock.at(moment):
            work(at_rest)
        with session() as s:
            moment = case_of(s, number).wake_at or moment
    runs = shown([number])
    assert [(run["name"], run["state_type"]) for run in runs] == [(number, "FAILED")] * 4
    assert "no space left on device" in runs[-1]["state"]["message"]
    with session() as s:
        assert "no space left on device" in s.exec(select(Incident)).one().error
    assert play.state_of(number) == State.SUBMITTED
