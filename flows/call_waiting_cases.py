"""Scheduled: look at every line before a limit (待额度). Room may come without anyone's act, from loans registered
since, and a call may have met a case that was just being worked on."""

import asyncio

from prefect import flow

from flows.steps import line
from models.database import session
from models.records.reference import sync_clock


@flow(name="call-waiting-cases", persist_result=False)
async def call_waiting_cases() -> int:
    """How many cases were woken because they find room now."""
    return await asyncio.to_thread(call)


def call() -> int:
    """Wake the head of each line that fits, first approved first."""
    with session() as s:
        sync_clock(s)
    return line.call_everyone()
