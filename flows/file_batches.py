"""批次备案: batches taken over the API are checked and filed.

The flow is the scheduled run, for a plain Prefect worker; a fengbu worker keeps `file_forever` running next to the
cases, so that a batch begins the moment it arrives. Both may run at once: a batch is leased.
"""

import asyncio
from uuid import UUID

import structlog
from prefect import flow

from flows.actions.applications import batching
from flows.actions.errors import ActionRefusedError
from models.database import listen, session
from models.records.filing_batch import BATCH_CHANNEL, BatchState, FilingBatch
from models.records.reference import sync_clock
from models.settings import get_settings

log = structlog.get_logger(__name__)


@flow(name="file-batches", description="检查并提交批次备案", persist_result=False)
async def file_batches() -> int:
    """How many batches were worked on."""
    return await asyncio.to_thread(work)


async def file_forever(stop: asyncio.Event) -> None:
    """Work on batches as they arrive until `stop` is set; the part in hand is finished first."""
    hear = asyncio.create_task(_hear(stop))
    await stop.wait()
    hear.cancel()
    await asyncio.gather(hear, return_exceptions=True)


async def _hear(stop: asyncio.Event) -> None:
    async for _ in listen(BATCH_CHANNEL, every=get_settings().poll_seconds):
        try:
            await asyncio.to_thread(work, stop)
        except Exception:
            log.exception("batch_failed")


def work(stop: asyncio.Event | None = None) -> int:
    """File what waits, part by part; return how many batches were begun or taken up."""
    count = 0
    while not (stop and stop.is_set()):
        with session() as s:
            sync_clock(s)
            batch = batching.take(s)
        if batch is None:
            break
        count += 1
        while not (stop and stop.is_set()) and _part(batch.id):
            pass
    return count


def _part(batch_id: UUID) -> bool:
    try:
        with session() as s:
            sync_clock(s)
            batch = s.get_one(FilingBatch, batch_id, with_for_update=True)
            return batch.state == BatchState.WORKING and batching.go_on(s, batch)
    except ActionRefusedError as error:
        log.warning("batch_refused", batch=str(batch_id), reason=error.sentence)
        with session() as s:
            batching.fail(s, s.get_one(FilingBatch, batch_id, with_for_update=True), error)
        return False
