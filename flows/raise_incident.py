"""A Prefect run that failed or crashed becomes an incident a person sees. Started by a Prefect automation."""

import asyncio
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client

from flows.kernel.case import raise_incident as put_before_a_person
from models.database import session
from models.records.case import by_number, locked

CRASHED = "Prefect 运行异常中止"


@flow(name="raise-incident", persist_result=False)
async def raise_incident(flow_run_id: str) -> int:
    """For each case named in the run's tags that is not going on by itself, open an incident; how many.

    A failing case already counts its attempts and raises its own incident. What is left for this flow are cases
    whose run ended before the case could say so, and which no worker holds or will look at again.
    """
    async with get_client() as client:
        run = await client.read_flow_run(UUID(flow_run_id))
    message = (run.state.message if run.state else "") or CRASHED
    return await asyncio.to_thread(_raise_for, list(run.tags), message)


def _raise_for(numbers: list[str], message: str) -> int:
    raised = 0
    for number in numbers:
        with session() as s:
            found = by_number(s, number)
            if found is None:
                continue
            record = locked(s, found.id or 0)
            stuck = record.closed_at is None and record.wake_at is None and record.attempts > 0
            if stuck:
                put_before_a_person(s, record, CRASHED, message, "")
                raised += 1
    return raised
