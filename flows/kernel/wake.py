"""Waking cases: claim them under a lease, run their process from the top, record what became of it.

A crash is a lease that ends. A case that keeps failing becomes an incident. Nothing here decides anything.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from flows.kernel.case import Case, raise_incident, rest
from flows.kernel.decision import Again, Lost, Waiting
from flows.kernel.words import conclude
from models import clock
from models.database import session
from models.lifecycle import STATE_NAMES, Process, State
from models.records.case import CaseRecord, locked
from models.records.reference import sync_clock
from models.settings import get_settings

if TYPE_CHECKING:
    from flows.kernel.process import ProcessDefinition

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 4
BACK_OFF = (timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=15))
_MOST_RUNS = 100  # a process that is sent back this often within one wake-up is in a loop

_CLAIM = """
UPDATE cases SET lease_token = :token, lease_until = :until,
    attempts = attempts + CASE WHEN lease_token IS NULL THEN 0 ELSE 1 END  -- whoever held it died
WHERE id IN (
    SELECT id FROM cases
    WHERE wake_at <= :now AND (lease_until IS NULL OR lease_until < :wall) {only}
    ORDER BY wake_at, id LIMIT :most FOR UPDATE SKIP LOCKED
)
RETURNING id, number, process, process_version, attempts, wake_at
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A case this worker holds until it rests or its lease ends."""

    case_id: int
    number: str
    process: Process
    version: int
    token: str
    attempts: int = 0


@dataclass(slots=True)
class Batch:
    """The cases a run was given; `started` says that the run's body has been entered."""

    cases: dict[str, Claimed] = field(default_factory=dict)
    started: bool = False


class WorkersDiedError(Exception):
    """Worker after worker died with this case in hand: it may be what kills them."""


class CaseFailedError(Exception):
    """At least one case of a wake-up failed; its attempt or incident is recorded with the case."""


_given: ContextVar[Batch | None] = ContextVar("given", default=None)


@contextmanager
def given(batch: Batch) -> Iterator[Batch]:
    """Let a Prefect flow run inside the block find the cases that were claimed for it."""
    token = _given.set(batch)
    try:
        yield batch
    finally:
        _given.reset(token)


def claim(s: Session, most: int, numbers: Sequence[str] | None = None) -> list[Claimed]:
    """Take up to `most` due cases (of `numbers`, if given) that nobody holds, those due first first.

    Leases are in true time.
    """
    values: dict[str, Any] = {
        "token": uuid4().hex,
        "until": clock.wall() + timedelta(seconds=get_settings().lease_seconds),
        "now": clock.now(),
        "wall": clock.wall(),
        "most": most,
    }
    only = ""
    if numbers is not None:
        only, values["numbers"] = "AND number = ANY(:numbers)", list(numbers)
    rows = s.connection().execute(text(_CLAIM.format(only=only)), values).all()
    return [  # an UPDATE returns its rows in no order
        Claimed(r.id, r.number, Process(r.process), r.process_version, values["token"], r.attempts)
        for r in sorted(rows, key=lambda row: (row.wake_at, row.id))
    ]


def make_due(s: Session, numbers: Sequence[str]) -> None:
    """Let open cases be looked at now, as an operator asked: a case at a gate just finds it still waiting."""
    query = (
        "UPDATE cases SET wake_at = :now WHERE number = ANY(:numbers) AND closed_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.case_id = cases.id AND i.resolved_at IS NULL)"
    )
    s.connection().execute(text(query), {"now": clock.now(), "numbers": list(numbers)})


def renew(s: Session, cases: Sequence[Claimed]) -> None:
    """Hold on to claimed cases for another lease."""
    until = clock.wall() + timedelta(seconds=get_settings().lease_seconds)
    query = (  # a case whose row is locked is being run: nobody can take it
        "UPDATE cases SET lease_until = :until WHERE id IN ("
        "SELECT id FROM cases WHERE id = ANY(:ids) AND lease_token = ANY(:tokens) FOR UPDATE SKIP LOCKED)"
    )
    values = {"until": until, "ids": [c.case_id for c in cases], "tokens": [c.token for c in cases]}
    s.connection().execute(text(query), values)


async def wake_cases(definition: "ProcessDefinition", numbers: list[str]) -> Any:
    """The body of a process's Prefect flow: run these cases and say where they stand.

    Called by the worker with claimed cases, or by an operator with numbers only; then it claims them itself.
    """
    from prefect.context import FlowRunContext
    from prefect.states import Completed

    handed_over = _given.get()
    batch = await asyncio.to_thread(_claim_by_number, numbers) if handed_over is None else handed_over
    batch.started = True
    in_prefect = FlowRunContext.get() is not None
    async with held(batch) if handed_over is None else nullcontext():
        solo = in_prefect and len(batch.cases) == 1 and get_settings().prefect_task_runs
        stands, failed = await asyncio.to_thread(_run_all, definition, list(batch.cases.values()), solo)
    if failed:
        raise CaseFailedError("; ".join(failed))
    return (
        Completed(name=stands[0] if len(stands) == 1 else f"Done: {len(stands)} cases")
        if in_prefect
        else None
    )


def _claim_by_number(numbers: list[str]) -> Batch:
    with session() as s:
        sync_clock(s)
        make_due(s, numbers)
        return Batch({c.number: c for c in claim(s, len(numbers), numbers)})


@asynccontextmanager
async def held(batch: Batch) -> AsyncIterator[None]:
    """Renew the leases of these cases inside the block."""
    renewing = asyncio.create_task(_keep(batch))
    try:
        yield
    finally:
        renewing.cancel()


async def _keep(batch: Batch) -> None:
    while True:
        await asyncio.sleep(get_settings().lease_seconds / 3)
        with suppress(SQLAlchemyError):  # a database that restarts: tried again before the lease ends
            await asyncio.to_thread(_renew_batch, list(batch.cases.values()))


def _renew_batch(cases: list[Claimed]) -> None:
    with session() as s:
        renew(s, cases)


def _run_all(
    definition: "ProcessDefinition", cases: Sequence[Claimed], solo: bool
) -> tuple[list[str], list[str]]:
    stands: list[str] = []
    failed: list[str] = []
    for claimed in cases:
        try:
            state = run_case(definition, claimed, solo=solo)
        except Exception as error:
            failed.append(f"{claimed.number}: {error}")
        else:
            if state is not None:
                stands.append(stand_name(state))
    return stands or ["Done"], failed


def stand_name(state: State) -> str:
    """How a Prefect run says where the case now stands."""
    from models.lifecycle import FINAL

    return f"{'Closed' if state in FINAL else 'Waiting'}: {STATE_NAMES[state]}"


def run_case(definition: "ProcessDefinition", claimed: Claimed, *, solo: bool = False) -> State | None:
    """Run one claimed case until it waits, ends or fails; None if it was no longer ours to run."""
    case: Case | None = None
    try:
        if claimed.attempts >= MOST_ATTEMPTS:
            raise WorkersDiedError(f"{claimed.attempts} 次运行此案时工作进程中断，不再自动重试")
        for _ in range(_MOST_RUNS):
            with session() as s:
                case = Case.load(s, claimed.case_id, claimed.token, solo=solo)
                try:
                    state = definition.function(case)
                    conclude(case, state)
                except Waiting as waiting:
                    state = waiting.state
                except Again:
                    continue  # commits: the case starts anew without what is void
            return state
        raise RuntimeError(f"{claimed.number} was sent back {_MOST_RUNS} times in one wake-up")
    except Lost:
        return None
    except Exception as error:
        line = case.line if case else "load"
        log.exception("case_failed", case=claimed.number, line=line)
        _record_failure(claimed, line, error)
        raise


def _record_failure(claimed: Claimed, line: str, error: Exception) -> None:
    with session() as s:
        record: CaseRecord = locked(s, claimed.case_id)
        if record.lease_token != claimed.token:
            return
        attempts = min(record.attempts + 1, MOST_ATTEMPTS)
        rest(record)
        record.attempts = attempts
        if attempts >= MOST_ATTEMPTS:
            detail = "".join(traceback.format_exception(error))[-8000:]
            raise_incident(s, record, line, f"{type(error).__name__}: {error}", detail)
        else:
            record.wake_at = clock.now() + BACK_OFF[attempts - 1]
