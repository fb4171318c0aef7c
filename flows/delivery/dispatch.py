"""The loop that sends: claim what is due, send it side by side, record what came of it.

Bounded per lane (`outbox.PER_LANE`), so that a slow peer holds up only itself. All database work happens in
threads and in whole turns: one transaction records the finished tries and claims the next.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime

import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from flows.delivery import mail, outbox, webhook
from flows.delivery.outbox import Result
from flows.delivery.outcome import Outcome, Parcel, Verdict
from models import clock, database
from models.records.notice import Channel
from models.settings import Settings, get_settings

log = structlog.get_logger(__name__)

IN_FLIGHT = 100
"""How many deliveries one worker has on the way at a time."""
PATIENCE = 10.0
"""Seconds a peer has to answer; well below `outbox.LEASE`."""
BUSY, GATHER = 10, 0.03
"""With more than `BUSY` on the way a turn waits `GATHER` seconds for further tries to end: a transaction for thirty
costs about what one for three does. At rest nothing waits."""

Opener = Callable[[], AbstractContextManager[Session]]


async def deliver_due(open_session: Opener = database.session, *, patience: float = PATIENCE) -> int:
    """Try everything that is due, and what becomes due meanwhile; return how many tries were made."""
    async with webhook.client(patience) as http:
        return await _Dispatcher(open_session, http, get_settings(), patience).run()


async def deliver_forever(stop: asyncio.Event) -> None:
    """Send as soon as something is written to the outbox, until `stop` is set; what is on the way then ends first.

    A database that is away is waited for: leases bring back whatever was not recorded.
    """
    settings = get_settings()
    wake = asyncio.Event()
    async with webhook.client(PATIENCE) as http, asyncio.TaskGroup() as group:
        ear = group.create_task(_hear(wake, settings.poll_seconds))
        while not stop.is_set():
            try:
                await _Dispatcher(database.session, http, settings, PATIENCE).run(stop, wake)
            except SQLAlchemyError as error:
                log.warning("outbox.database_away", error=str(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1)
        ear.cancel()


async def _hear(wake: asyncio.Event, every: float) -> None:
    async for _ in database.listen(outbox.CHANNEL, every=every):
        wake.set()


class _Dispatcher:
    """What one worker has on the way."""

    def __init__(self, open_session: Opener, http: httpx.AsyncClient, settings: Settings, patience: float):
        self.open_session = open_session
        self.http = http
        self.settings = settings
        self.patience = patience
        self.tasks: dict[asyncio.Task[Result], Parcel] = {}
        self.tries = 0

    async def run(self, stop: asyncio.Event | None = None, wake: asyncio.Event | None = None) -> int:
        """Send until nothing is due; with `stop` and `wake`, until `stop` is set. Returns the tries made."""
        try:
            done: list[Result] = []
            while True:
                if wake is not None:
                    wake.clear()
                stopping = stop is not None and stop.is_set()
                claimed = await asyncio.to_thread(self._turn, done, 0 if stopping else self._room())
                for parcel in claimed:
                    self.tasks[asyncio.create_task(self._try(parcel))] = parcel
                if not self.tasks and (stopping or stop is None):
                    return self.tries
                done = await self._wait(stop, wake)
                self.tries += len(done)
        finally:
            for task in self.tasks:
                task.cancel()

    def _room(self) -> int:
        return IN_FLIGHT - len(self.tasks)

    def _turn(self, done: list[Result], room: int) -> list[Parcel]:
        busy = Counter(parcel.lane for parcel in self.tasks.values())
        with self.open_session() as session:
            outbox.settle(session, done)
            if room <= 0:
                return []
            session.flush()  # what was settled may let a later notice of the same case go
            return outbox.claim(session, room, busy)

    async def _wait(self, stop: asyncio.Event | None, wake: asyncio.Event | None) -> list[Result]:
        """Wait for a try to end, a new delivery, or `stop`; at most a second, as retries become due by time."""
        bells = [asyncio.create_task(bell.wait()) for bell in (stop, wake) if bell is not None]
        if stop is not None and stop.is_set():
            bells.pop(0).cancel()
        try:
            await asyncio.wait([*self.tasks, *bells], timeout=1, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for bell in bells:
                bell.cancel()
        if len(self.tasks) > BUSY:
            await asyncio.sleep(GATHER)
        ended = [task for task in self.tasks if task.done()]
        for task in ended:
            del self.tasks[task]
        return [task.result() for task in ended]

    async def _try(self, parcel: Parcel) -> Result:
        at, began = clock.now(), asyncio.get_running_loop().time()
        try:
            outcome = await self._send(parcel)
        except Exception as error:  # one delivery we cannot send must not stop the others
            log.exception("outbox.failed", delivery=parcel.delivery_id)
            outcome = Outcome(Verdict.RETRY, f"发送时出现内部错误：{type(error).__name__}", answer=str(error))
        return _result(parcel, at, outcome, began)

    async def _send(self, parcel: Parcel) -> Outcome:
        if parcel.channel == Channel.EMAIL:
            return await mail.send(parcel, self.settings, self.patience)
        return await webhook.send(
            parcel, self.http, self.patience, allow_private=self.settings.webhook_allow_private
        )


def _result(parcel: Parcel, at: datetime, outcome: Outcome, began: float) -> Result:
    milliseconds = round((asyncio.get_running_loop().time() - began) * 1000)
    return Result(parcel, at, outcome, milliseconds)
