"""Recorded samples: journals of really played cases, and their replay through today's process functions.

A sample is a JSON file: `process`, `version`, `ends` (the case's last state) and `journal`, one object an entry in the
order things were asked: `key`, `kind`, `result` (null while nobody had answered), and for an entry that became void
`void_after`, the place of the entry that sent the case back.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from flows.kernel.process import PROCESSES, ProcessDefinition
from models.lifecycle import Process
from models.records.case import JournalEntry

SAMPLES = Path(__file__).with_name("samples")


class NotRecordedError(BaseException):
    """The process wants to write: it has left what was recorded, or it waits."""


@dataclass(frozen=True)
class Sample:
    """One recorded case."""

    name: str
    process: Process
    version: int
    ends: str
    journal: list[dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Sample":
        """The sample in a file."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(path.stem, Process(kept["process"]), kept["version"], kept["ends"], kept["journal"])

    @property
    def definition(self) -> ProcessDefinition | None:
        """Today's process function of its version."""
        return PROCESSES.get((self.process, self.version))

    def runs(self) -> list[list[dict[str, Any]]]:
        """What was valid each time the process began anew from the top: before every send-back, and at the end."""
        found, valid = [], []
        causes = {entry["void_after"] for entry in self.journal if "void_after" in entry}
        for place, entry in enumerate(self.journal):
            valid.append(entry)
            if place in causes:
                found.append(list(valid))
                valid = [kept for kept in valid if kept.get("void_after") != place]
        return [*found, valid]


@dataclass
class Replay:
    """Stands where a `Case` stands: gives back what was recorded, writes nothing, remembers what was asked."""

    number: str
    process: Process
    version: int
    journal: dict[str, JournalEntry]
    id: int = 1
    solo: bool = False
    line: str = ""
    asked: list[str] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

    def next_key(self, name: str) -> str:
        """As `Case.next_key`."""
        self._counts[name] += 1
        self.asked.append(f"{name}#{self._counts[name]}")
        return self.asked[-1]

    def __getattr__(self, name: str) -> Any:
        """The session, the case's row, a transaction: there is none."""
        raise NotRecordedError(name)


def replay(sample: Sample, entries: Sequence[dict[str, Any]]) -> tuple[list[str], str | None]:
    """The keys the process asks for on these entries, and the state it returns; None where it stopped before."""
    journal = {
        e["key"]: JournalEntry(
            id=place,
            case_id=1,
            kind=e["kind"],
            name=e["key"].rpartition("#")[0],
            key=e["key"],
            result=e["result"],
        )
        for place, e in enumerate(entries, 1)
    }
    case = Replay(sample.name, sample.process, sample.version, journal)
    definition = sample.definition
    assert definition is not None
    try:
        state = definition.function(case)  # type: ignore[arg-type]
    except NotRecordedError:
        return case.asked, None
    return case.asked, state.value


def lines_of(module: ModuleType, function: Any) -> set[int]:
    """The lines with code in a process function and in the functions beside it."""
    beside = [
        f for f in vars(module).values() if isinstance(f, FunctionType) and f.__module__ == module.__name__
    ]
    codes: list[CodeType] = [f.__code__ for f in (function, *beside)]
    return {
        line
        for code in codes
        for _, _, line in code.co_lines()
        if line is not None and line >= code.co_firstlineno + _head(code)
    }


def _head(code: CodeType) -> int:
    """How many lines decorators and the first line of a function take."""
    first = min(line for _, _, line in code.co_lines() if line and line > code.co_firstlineno)
    return first - code.co_firstlineno
