"""批量备案: files of loans are read, checked and filed, each as one run.

The flow is what the work pool runs; a fengbu worker starts it there for big files, and works on small ones itself,
because a new process takes longer to start than a small file to check. Without pool or worker the other does all.
"""

import asyncio

import structlog
from prefect import flow
from prefect.deployments import run_deployment

import flows.filing  # noqa: F401 - registers the process
from flows.actions.applications.importing import CHANNEL
from flows.importing import running
from models.database import listen
from models.settings import MEGABYTE, get_settings

log = structlog.get_logger(__name__)
DEPLOYMENT = "import-loans/import-loans"
BIG = MEGABYTE


@flow(name="import-loans", persist_result=False)
async def import_loans(imports: list[int] | None = None) -> dict[int, str]:
    """Work on these imports, or on every one that waits; where each stands then."""
    ids = imports if imports is not None else [one for one, _, _ in await asyncio.to_thread(running.due)]
    stands: dict[int, str] = {}
    for import_id in ids:
        state = await asyncio.to_thread(running.work, import_id)
        stands[import_id] = state.value if state else "not ours"
    return stands


async def import_forever(stop: asyncio.Event) -> None:
    """A fengbu worker's part: look whenever something was handed in or submitted, and every few seconds."""
    hearing = asyncio.create_task(_hear(stop))
    await stop.wait()
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


async def _hear(stop: asyncio.Event) -> None:
    asked: set[int] = set()
    async for _ in listen(CHANNEL, every=get_settings().poll_seconds):
        if stop.is_set():
            return
        try:
            for import_id, size, late in await asyncio.to_thread(running.due):
                if size > BIG and not late and (import_id in asked or await _ask_the_pool(import_id)):
                    asked.add(import_id)
                    continue
                asked.discard(import_id)
                await asyncio.to_thread(running.work, import_id)
        except Exception:
            log.exception("imports_failed")


async def _ask_the_pool(import_id: int) -> bool:
    """Whether the work pool has been given the import; False when Prefect does not answer."""
    try:
        async with asyncio.timeout(5):
            await run_deployment(DEPLOYMENT, parameters={"imports": [import_id]}, timeout=0)  # type: ignore[misc]
    except Exception as error:
        log.warning("pool_not_asked", id=import_id, error=str(error)[:200])
        return False
    return True
