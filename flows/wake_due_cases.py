"""A scheduled run on a plain Prefect work pool: ends what killed workers left running in Prefect, and keeps cases
moving when no fengbu worker is alive."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from prefect import flow
from sqlmodel import col, func, select

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes
from flows.kernel.dead_runs import end_dead_runs
from flows.kernel.process import PROCESSES
from flows.kernel.wake import Claimed, claim, run_case
from models import clock
from models.database import session
from models.records.reference import WorkerBeat, sync_clock

SILENT_AFTER = timedelta(seconds=60)
MOST = 200


@flow(name="wake-due-cases", persist_result=False)
async def wake_due_cases() -> int:
    """Run every due case, unless a fengbu worker has been seen within the last minute; how many were run."""
    await end_dead_runs()
    if await asyncio.to_thread(_somebody_works):
        return 0
    ran = 0
    while due := await asyncio.to_thread(_claim):
        for case in due:
            with suppress(Exception):  # recorded with the case; the others go on
                await asyncio.to_thread(run_case, PROCESSES[case.process, case.version], case)
            ran += 1
    return ran


def _somebody_works() -> bool:
    with session() as s:
        fresh = select(func.count()).where(col(WorkerBeat.seen_at) > clock.wall() - SILENT_AFTER)
        return bool(s.exec(fresh).one())


def _claim() -> list[Claimed]:
    with session() as s:
        sync_clock(s)
        return claim(s, MOST)
