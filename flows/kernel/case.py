"""What a process file holds in its hand: one case during one run.

A run is one transaction: it locks the case's row and checks the lease first, reads the journal once, and is
committed when the case waits. So a run is there completely or not at all, and nobody overtakes it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from flows.kernel.decision import IllegalMoveError, Lost
from models import clock
from models.database import notify
from models.lifecycle import Board, Process, State, may_move
from models.records.base import remember
from models.records.case import (
    CaseRecord,
    EntryKind,
    Incident,
    JournalEntry,
    journal_of,
    locked,
    open_incident,
)
from models.records.timeline import Event

WAKE_CHANNEL = "fengbu_wake"


class Case:
    """One case in one run of its process file.

    `session` is the run's transaction and `record` the case's locked row: for steps, never for a process file.
    `solo` says that it was woken alone, so its steps are shown as Prefect task runs.
    """

    def __init__(
        self, session: Session, record: CaseRecord, journal: Sequence[JournalEntry], *, solo: bool = False
    ) -> None:
        self.session = session
        self.record = record
        self.id: int = record.id or 0
        self.number = record.number
        self.process = Process(record.process)
        self.version = record.process_version
        self.board = Board(record.board)
        self.solo = solo
        self.told: list[Event] = []  # what happened within the step that is being done
        self.line = "start"  # where the run is, for an incident
        self.journal = {entry.key: entry for entry in journal if entry.voided_at is None}
        self._reached = Counter(entry.name for entry in journal)  # in all runs, void entries included
        self._counts: Counter[str] = Counter()  # in this run

    @classmethod
    def load(cls, s: Session, case_id: int, token: str, *, solo: bool = False) -> "Case":
        """The case as it stands, locked; `Lost` if the lease `token` does not hold it, or it was closed."""
        record = locked(s, case_id)
        if record.lease_token != token or record.closed_at is not None:
            raise Lost
        remember(s)  # the lines of a run ask for the same names, days and quotes again and again
        return cls(s, record, journal_of(s, case_id), solo=solo)

    def next_key(self, name: str) -> str:
        """The journal key of the next occurrence of `name` in this run: name#1, name#2 …"""
        self._counts[name] += 1
        self.line = name
        return f"{name}#{self._counts[name]}"

    def reached(self, name: str) -> int:
        """How often the case came to a name before, in all its runs."""
        return self._reached[name]

    def add_entry(self, kind: EntryKind, name: str, key: str, **facts: Any) -> JournalEntry:
        """Write a journal entry; `round` counts every time the name was reached."""
        self._reached[name] += 1
        entry = JournalEntry(
            case_id=self.id,
            kind=kind,
            name=name,
            key=key,
            round=self._reached[name],
            opened_at=clock.now(),
            **facts,
        )
        self.session.add(entry)
        self.session.flush()
        self.journal[key] = entry
        self.tell(entry)
        return entry

    def tell(self, entry: JournalEntry) -> None:
        """Write what happened since the last entry into the timeline, as what `entry` did."""
        for event in self.told:
            event.entry_id = entry.id
        self.session.add_all(self.told)
        self.told = []


def move(record: CaseRecord, state: State) -> None:
    """Let a case stand at `state` from now on; IllegalMoveError if the lifecycle has no such move."""
    start = State(record.state)
    if not may_move(start, state):
        raise IllegalMoveError(f"{record.number}: {start} → {state}")
    if start != state:
        record.state = state
        record.state_since = clock.now()


def rest(record: CaseRecord) -> None:
    """End a run: the worker lets go of the case."""
    record.lease_token = None
    record.lease_until = None
    record.attempts = 0


def wake(s: Session, record: CaseRecord) -> None:
    """Have a worker run the case as soon as this transaction is committed."""
    record.revision += 1
    if record.closed_at is None and open_incident(s, record.id or 0) is None:
        record.wake_at = clock.now()
        notify(s, WAKE_CHANNEL, record.number)


def raise_incident(s: Session, record: CaseRecord, line: str, error: str, detail: str) -> Incident:
    """Stop waking a failing case and put it before a person; one open incident per case."""
    incident = open_incident(s, record.id or 0)
    if incident is None:
        incident = Incident(
            case_id=record.id or 0, raised_at=clock.now(), line=line[:200], error=error[:2000], detail=detail
        )
        s.add(incident)
        s.add(
            Event(
                case_id=record.id or 0,
                at=clock.now(),
                event="incident_raised",
                data={"line": line[:200], "error": error[:300]},
            )
        )
    incident.attempts += record.attempts
    record.wake_at = None
    return incident
