"""`step`, `gate`, `until`, `send_back`: the words of a process file.

Each looks its next occurrence up in the journal. What is recorded is given back; what is not is done (`step`)
or waited for (`gate`, `until`). Effects, their records and the waiting are written in the run's transaction.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter

from flows.kernel import seats
from flows.kernel.case import Case, move, rest
from flows.kernel.decision import Again, Decision, Waiting
from models import clock
from models.gates import Gate, Outcome
from models.lifecycle import State
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.task import TaskState, of_entry
from models.records.timeline import Event

P = ParamSpec("P")
R = TypeVar("R")
Undo = Callable[[Case], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What the kernel knows about a step: how to undo it, and whether it is done anew when a case is sent back
    to the gate that follows it (a calculation is; a letter that went out is not)."""

    undo: Undo | None
    redo: bool


STEPS: dict[str, Step] = {}


def step(
    *, undo: Undo | None = None, redo: bool = False
) -> Callable[[Callable[Concatenate[Case, P], R]], Callable[Concatenate[Case, P], R]]:
    """A thing done once: its effects and its result are written together, under name and count.

    The result must be small (ids, figures) and is given back as annotated; a filing's loans never are one.
    """

    def declare(function: Callable[Concatenate[Case, P], R]) -> Callable[Concatenate[Case, P], R]:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        STEPS[name] = Step(undo, redo)
        result_type: TypeAdapter[R] = TypeAdapter(get_type_hints(function)["return"])

        def carry_out(case: Case, key: str, args: Any, kwargs: Any) -> JournalEntry:
            value = function(case, *args, **kwargs)
            stored = {"value": result_type.dump_python(value, mode="json")}
            return case.add_entry(EntryKind.STEP, name, key, result=stored, finished_at=clock.now())

        @functools.wraps(function)
        def call(case: Case, /, *args: P.args, **kwargs: P.kwargs) -> R:
            key = case.next_key(name)
            entry = case.journal.get(key)
            if entry is None:
                with _shown_as_task(case, name) as run:
                    entry = run(lambda: carry_out(case, key, args, kwargs))
            return result_type.validate_python((entry.result or {}).get("value"))

        return call

    return declare


@contextmanager
def _shown_as_task(case: Case, name: str) -> Iterator[Callable[[Callable[[], R]], R]]:
    """Run a step as a Prefect task run when the case was woken alone: operators see what it did and how long."""
    if not case.solo:
        yield lambda work: work()
        return
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    def as_task(work: Callable[[], R]) -> R:
        # the entry comes back through a list: Prefect would otherwise inspect it as a result
        done: list[R] = []
        task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)(
            lambda: done.append(work())
        )()
        return done[0]

    yield as_task


def gate(case: Case, asked: Gate, *, due_on: date | None = None) -> Decision:
    """Wait for people. An answered gate gives its decision; an unanswered one opens its tasks, sets the state,
    tells nobody else what to do and ends this run. `due_on`: the last day, where it is not counted from today."""
    key = case.next_key(asked.key)
    entry = case.journal.get(key)
    if entry is not None and entry.result is not None:
        decision = Decision.model_validate(entry.result)
        if decision.outcome is Outcome.SEND_BACK:
            rewind(case, entry, State(decision.fields["target"]))
            raise Again
        return decision
    if entry is None:
        seats.open_gate(case, asked, key, due_on)
    move(case.record, asked.state)
    case.record.wake_at = None
    rest(case.record)
    raise Waiting(asked.state)


def until(case: Case, state: State, instant: datetime) -> bool:
    """Wait for a date, standing at `state`. True once it has come; False if someone interrupted the waiting
    (an objection during 公示), which ends this occurrence of waiting."""
    key = case.next_key(f"until.{state.value}")
    entry = case.journal.get(key)
    if entry is not None and entry.result is not None:
        return bool(entry.result["passed"])
    if entry is None:
        entry = case.add_entry(EntryKind.UNTIL, f"until.{state.value}", key, due_at=instant)
    move(case.record, state)
    if clock.now() < (entry.due_at or instant):
        case.record.wake_at = entry.due_at
        rest(case.record)
        raise Waiting(state)
    entry.result, entry.finished_at = {"passed": True}, clock.now()
    return True


def send_back(case: Case, target: Gate, reason: str) -> None:
    """The process itself returns to an earlier gate (a limit has been used up meanwhile): never comes back."""
    key = case.next_key(f"send_back.{target.key}")
    entry = case.journal.get(key)
    if entry is None:
        told = {"to": target.title, "reason": reason}
        case.told.append(Event(case_id=case.id, at=clock.now(), event="sent_back", data=told))
        result = {"reason": reason}
        entry = case.add_entry(
            EntryKind.STEP, f"send_back.{target.key}", key, result=result, finished_at=clock.now()
        )
    rewind(case, entry, target.state)
    raise Again


def rewind(case: Case, cause: JournalEntry, target: State) -> None:
    """Make everything from the gate `target` on void, undoing steps in reverse; the next run starts from the top.

    Calculations made for that gate are void too. Void entries and answers stay visible for ever.
    """
    valid = sorted(case.journal.values(), key=lambda e: e.id or 0)
    start = max(i for i, e in enumerate(valid) if e.kind == EntryKind.GATE and e.name == target.value)
    while start and valid[start - 1].kind == EntryKind.STEP and _redone(valid[start - 1]):
        start -= 1
    for entry in reversed(valid[start:]):
        known = STEPS.get(entry.name)
        if entry.kind == EntryKind.STEP and known and known.undo:
            known.undo(case)
        entry.voided_at, entry.voided_by = clock.now(), cause.id
        for task in of_entry(case.session, entry.id or 0) if entry.kind == EntryKind.GATE else ():
            task.voided = True
            if task.state in (TaskState.OPEN, TaskState.WAITING):
                task.state = TaskState.LAPSED
    case.tell(cause)


def _redone(entry: JournalEntry) -> bool:
    known = STEPS.get(entry.name)
    return known is not None and known.redo


def conclude(case: Case, state: State) -> None:
    """The function returned: close the case at its final state."""
    move(case.record, state)
    case.record.closed_at = clock.now()
    case.record.wake_at = None
    rest(case.record)


def interrupt(record: CaseRecord, entry: JournalEntry, facts: dict[str, Any]) -> None:
    """Someone acted while the case waited for a date: this waiting is over, the process decides what follows."""
    entry.result = {"passed": False, **facts}
    entry.finished_at = clock.now()


__all__ = ["STEPS", "conclude", "gate", "interrupt", "rewind", "send_back", "step", "until"]
