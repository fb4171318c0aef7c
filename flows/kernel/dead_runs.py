"""Prefect runs that died with their worker: Prefect would show them as running for ever."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Crashed
from sqlmodel import col, func, select

from models import clock
from models.database import session
from models.lifecycle import Process
from models.records.case import CaseRecord

SILENT_FOR = timedelta(seconds=60)
"""A run takes seconds; the last thing it does, after its cases rest, is to tell Prefect."""


def cases_of(run: FlowRun) -> list[str]:
    """The case numbers a run is about: its tags, and what an operator gave as parameter."""
    given = run.parameters.get("cases")
    return sorted({*run.tags, *(str(number) for number in (given if isinstance(given, list) else []))})


async def end_dead_runs(silent_for: timedelta = SILENT_FOR) -> int:
    """End as Crashed every run of a process that is still running although no worker holds a case of it.

    The cases themselves need nothing: whoever claims them when the lease ends goes on where the dead run stopped.
    """
    ended = 0
    async with get_client() as client:
        running = await client.read_flow_runs(
            flow_filter=FlowFilter.model_validate({"name": {"any_": [process.value for process in Process]}}),
            flow_run_filter=FlowRunFilter.model_validate(
                {
                    "state": {"type": {"any_": ["RUNNING"]}},
                    "start_time": {"before_": clock.wall() - silent_for},
                }
            ),
        )
        for run in running:
            if not await asyncio.to_thread(_held, cases_of(run)):
                crashed: State[Any] = Crashed(
                    message="运行此案的工作进程已中断，案件由其他工作进程接续办理。"
                )
                await client.set_flow_run_state(run.id, crashed, force=True)
                ended += 1
    return ended


def _held(numbers: Sequence[str]) -> bool:
    held = select(func.count()).where(
        col(CaseRecord.number).in_(numbers), col(CaseRecord.lease_until) > clock.wall()
    )
    with session() as s:
        return bool(s.exec(held).one())
