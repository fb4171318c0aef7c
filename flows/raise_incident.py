"""A Prefect run that failed or crashed becomes an incident a person sees. Started by a Prefect automation.

A failing case counts its attempts and raises its own incident; a case whose worker died is taken up by the next
one when the lease ends. What is left for this flow are cases nobody took up again.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from sqlmodel import Session

from flows.kernel.case import raise_incident as put_before_a_person
from flows.kernel.dead_runs import cases_of
from models import clock
from models.database import session
from models.records.case import CaseRecord, by_number, locked, open_incident
from models.records.reference import sync_clock

CRASHED = "Prefect 运行异常中止"
LEFT_FOR = timedelta(seconds=60)
"""How long a lease must have ended before a case counts as left behind: workers look every few seconds."""


@flow(name="raise-incident", persist_result=False)
async def raise_incident(flow_run_id: str) -> int:
    """For each case of the run that was left behind, open an incident; how many."""
    async with get_client() as client:
        run = await client.read_flow_run(UUID(flow_run_id))
    message = (run.state.message if run.state else "") or CRASHED
    return await asyncio.to_thread(_raise_for, cases_of(run), message)


def _raise_for(numbers: list[str], message: str) -> int:
    raised = 0
    for number in numbers:
        with session() as s:
            sync_clock(s)
            found = by_number(s, number)
            if found is None:
                continue
            record = locked(s, found.id or 0)
            if left_behind(s, record):
                put_before_a_person(s, record, CRASHED, message, "")
                raised += 1
    return raised


def left_behind(s: Session, record: CaseRecord) -> bool:
    """Whether the case is still in the grip of a worker that is gone, and no other has taken it up.

    A case that rests, is over, waits for its next attempt, is being run, or has its incident already, goes on.
    """
    return (
        record.closed_at is None
        and record.lease_until is not None
        and record.lease_until < clock.wall() - LEFT_FOR
        and open_incident(s, record.id or 0) is None
    )
