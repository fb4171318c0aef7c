"""`@process`: a function in a process file becomes a versioned process and a Prefect flow.

The name bound in the module is the Prefect flow itself (so that `flows/claim.py:claim` is a deployment's
entrypoint); the plain function is kept in `PROCESSES`, which is what the kernel runs.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prefect import Flow, flow

from flows.kernel.case import Case
from models.lifecycle import PROCESS_NAMES, Process, State

ProcessFunction = Callable[[Case], State]


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """One version of a process: its function and its Prefect flow."""

    name: Process
    version: int
    function: ProcessFunction
    flow: Flow[..., Any]

    @property
    def title(self) -> str:
        """The Chinese name."""
        return PROCESS_NAMES[self.name]


PROCESSES: dict[tuple[Process, int], ProcessDefinition] = {}


def process(name: str, *, version: int) -> Callable[[ProcessFunction], Flow[..., Any]]:
    """Register a process file's function under its name and version.

    The Prefect flow takes `cases`, a list of case numbers: running it (from a worker, a deployment or Prefect's
    own pages) wakes those cases. It can never answer a gate.
    """

    def register(function: ProcessFunction) -> Flow[..., Any]:
        async def run(cases: list[str]) -> Any:
            from flows.kernel.wake import wake_cases

            return await wake_cases(definition, cases)

        # Prefect derives the entrypoint from these; the annotations are `run`'s own.
        functools.update_wrapper(
            run, function, assigned=("__module__", "__name__", "__qualname__", "__doc__")
        )
        del run.__dict__["__wrapped__"]  # its signature, not the process function's, is the flow's
        made: Flow[..., Any] = flow(
            name=name,
            version=str(version),
            description=function.__doc__,
            validate_parameters=True,
            persist_result=False,
        )(run)
        definition = ProcessDefinition(Process(name), version, function, made)
        PROCESSES[definition.name, version] = definition
        return made

    return register


def latest(name: Process) -> ProcessDefinition:
    """The version new cases start on."""
    return max((d for d in PROCESSES.values() if d.name == name), key=lambda d: d.version)
