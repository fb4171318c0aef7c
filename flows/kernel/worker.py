"""The wake-up worker: listens, claims due cases, and runs them as Prefect flow runs.

Prefect shows and schedules; it is never needed for a case to go on. When its server does not answer, the same
cases are run without it and the server is tried again a little later.
"""

import asyncio
import os
import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any

import structlog

from flows.kernel.case import WAKE_CHANNEL
from flows.kernel.process import PROCESSES, ProcessDefinition
from flows.kernel.wake import Batch, CaseFailedError, Claimed, claim, given, held, wake_cases
from models import clock
from models.database import listen, session
from models.lifecycle import Process
from models.records.reference import WorkerBeat, sync_clock
from models.settings import get_settings

log = structlog.get_logger(__name__)

MOST_RUNS = 4  # more Prefect runs at a time do not help on two cores (measured)
MOST_CASES = 25  # cases in one burst
_PREFECT_PAUSE = timedelta(seconds=15)
_PREFECT_PATIENCE = 10.0  # seconds


class Worker:
    """One process's share of the work. Several may run against one database, on any machine."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._look = asyncio.Event()
        self._runs: set[asyncio.Task[None]] = set()
        self._prefect_again_at: datetime | None = None
        self._with_prefect = "PREFECT_API_URL" in os.environ

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what is in hand."""
        async with _prefect_client() if self._with_prefect else nullcontext():
            await self._work(stop)

    async def _work(self, stop: asyncio.Event) -> None:
        helpers = [
            asyncio.create_task(self._hear()),
            asyncio.create_task(self._beat()),
            asyncio.create_task(self._wait_for(stop)),
        ]
        try:
            while not stop.is_set():
                await self._look.wait()
                self._look.clear()
                try:
                    while not stop.is_set() and await self._start_some():
                        pass
                except Exception:
                    log.exception("claim_failed")
                    await asyncio.sleep(1)
                    self._look.set()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*self._runs, *helpers, return_exceptions=True)
            await asyncio.to_thread(_forget, self.name)

    async def _hear(self) -> None:
        async for _ in listen(WAKE_CHANNEL, every=get_settings().poll_seconds):
            self._look.set()

    async def _wait_for(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._look.set()

    async def _beat(self) -> None:
        while True:
            try:
                await asyncio.to_thread(_beat_once, self.name)
            except Exception:
                log.warning("beat_failed")
            await asyncio.sleep(get_settings().poll_seconds)

    async def _start_some(self) -> bool:
        """Claim and start as much as there is room for; whether it is worth looking again at once."""
        room = MOST_RUNS - len(self._runs)
        if room <= 0:
            return False  # a finishing run looks again
        found = await asyncio.to_thread(_claim_due, room * MOST_CASES)
        groups: dict[tuple[Process, int], list[Claimed]] = defaultdict(list)
        for case in found:
            groups[case.process, case.version].append(case)
        for key, cases in groups.items():
            size = max(1, min(MOST_CASES, -(-len(cases) // room)))
            for start in range(0, len(cases), size):
                run = asyncio.create_task(self._one(PROCESSES[key], cases[start : start + size]))
                self._runs.add(run)
                run.add_done_callback(self._finished)
        return len(found) == room * MOST_CASES

    def _finished(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        self._look.set()

    async def _one(self, definition: ProcessDefinition, cases: list[Claimed]) -> None:
        """One wake-up: a Prefect flow run named after the case, or after the size of the burst."""
        batch = Batch({case.number: case for case in cases})
        async with held(batch):
            with given(batch):
                await self._wake(definition, batch)

    async def _wake(self, definition: ProcessDefinition, batch: Batch) -> None:
        numbers = list(batch.cases)
        try:
            if self._prefect_is_up():
                await self._in_prefect(definition, numbers)
            else:
                await wake_cases(definition, numbers)
        except CaseFailedError:
            loop = asyncio.get_running_loop()
            loop.call_later(1.1, self._look.set)  # the first back-off
        except Exception:
            self._prefect_again_at = clock.wall() + _PREFECT_PAUSE
            log.warning("prefect_unreachable", cases=len(numbers), started=batch.started)
            if not batch.started:
                await self._without_prefect(definition, numbers)

    async def _without_prefect(self, definition: ProcessDefinition, numbers: list[str]) -> None:
        try:
            await wake_cases(definition, numbers)
        except CaseFailedError:
            log.info("cases_failed", cases=numbers)

    def _prefect_is_up(self) -> bool:
        return self._with_prefect and (
            self._prefect_again_at is None or clock.wall() >= self._prefect_again_at
        )

    async def _in_prefect(self, definition: ProcessDefinition, numbers: list[str]) -> None:
        from prefect import tags

        name = numbers[0] if len(numbers) == 1 else f"{definition.name.value} · {len(numbers)} cases"
        with tags(*numbers):
            named: Any = definition.flow.with_options(flow_run_name=name)
            await named(numbers)


@asynccontextmanager
async def _prefect_client() -> AsyncIterator[None]:
    """One client for all runs, connected before the first: each run would make its own, at 30 ms of CPU time.

    It gives up on a server that is away after seconds, not after two minutes: the cases can do without it.
    """
    from prefect import flow_engine as _  # noqa: F401  (a second of imports that the first case need not wait for)
    from prefect.context import AsyncClientContext
    from prefect.settings import PREFECT_API_REQUEST_TIMEOUT, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    hurry = {PREFECT_API_REQUEST_TIMEOUT: _PREFECT_PATIENCE, PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(hurry):
        async with AsyncClientContext() as opened:
            await opened.client.api_healthcheck()
            yield


def _claim_due(most: int) -> list[Claimed]:
    with session() as s:
        sync_clock(s)
        return claim(s, most)


def _beat_once(name: str) -> None:
    with session() as s:
        s.merge(WorkerBeat(name=name, seen_at=clock.wall()))


def _forget(name: str) -> None:
    with session() as s:
        beat = s.get(WorkerBeat, name)
        if beat is not None:
            s.delete(beat)
