"""`fengbu worker`: the wake-up worker and the delivery of notices, in one process, until it is told to stop."""

import asyncio
import os
import signal

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes
from api.runtime import garbage, logs, postgres
from flows.deliver_notices import deliver_forever
from flows.file_batches import file_forever
from flows.import_loans import import_forever
from flows.kernel.worker import Worker
from models.settings import get_settings


def run() -> None:
    """Work until SIGINT or SIGTERM; what is in hand is finished first."""
    settings = get_settings()
    if settings.database_url is None and (found := postgres.attach(settings.data_dir)):
        os.environ["DATABASE_URL"] = found  # the embedded server another `fengbu` runs on this machine
        get_settings.cache_clear()
    logs.configure()
    garbage.settle()
    asyncio.run(_work())


async def _work() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await asyncio.gather(Worker().run(stop), deliver_forever(stop), file_forever(stop), import_forever(stop))
