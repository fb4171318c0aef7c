"""What a process file holds in its hand: one case during one wake-up.

The journal is read once at the start; every write happens in `transaction`, which locks the case's row and
checks that this run still holds the lease and that nobody changed the case since.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.kernel.decision import Again, IllegalMoveError, Lost
from models import clock
from models.database import notify, session
from models.lifecycle import Board, Process, State, may_move
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

    `solo` says that it was woken alone, so its steps are shown as Prefect task runs.
    """

    def __init__(self, record: CaseRecord, journal: list[JournalEntry], *, solo: bool = False) -> None:
        self.id: int = record.id or 0
        self.number = record.number
        self.process = Process(record.process)
        self.version = record.process_version
        self.board = Board(record.board)
        self.solo = solo
        self.revision = record.revision
        self.token = record.lease_token
        self.line = "start"  # where the run is, for an incident
        self.journal = {entry.key: entry for entry in journal}
        self._counts: Counter[str] = Counter()
        self._session: Session | None = None
        self._record: CaseRecord | None = None

    @classmethod
    def load(cls, s: Session, case_id: int, token: str, *, solo: bool = False) -> "Case":
        """The case as it stands; `Lost` if the lease `token` does not hold it."""
        record = s.get_one(CaseRecord, case_id)
        if record.lease_token != token:
            raise Lost
        return cls(record, list(journal_of(s, case_id, valid_only=True)), solo=solo)

    def next_key(self, name: str) -> str:
        """The journal key of the next occurrence of `name` in this run: name#1, name#2 …"""
        self._counts[name] += 1
        self.line = name
        return f"{name}#{self._counts[name]}"

    @property
    def session(self) -> Session:
        """The transaction of the current step."""
        if self._session is None:
            raise RuntimeError(
                "outside a step there is no transaction: a process file may not touch the database"
            )
        return self._session

    @property
    def record(self) -> CaseRecord:
        """The case's row, locked, inside a step."""
        if self._record is None:
            raise RuntimeError("outside a step the case's row is not at hand")
        return self._record

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction that holds the case's row. Raises `Lost` or `Again` before anything is written."""
        with session() as s:
            record = locked(s, self.id)
            if record.lease_token != self.token or record.closed_at is not None:
                raise Lost
            if record.revision != self.revision:
                raise Again
            self._session, self._record = s, record
            try:
                yield s
            finally:
                self._session = self._record = None

    def add_entry(self, kind: EntryKind, name: str, key: str, **facts: Any) -> JournalEntry:
        """Write a journal entry in the current transaction; `round` counts every time the name was reached."""
        count = text("SELECT count(*) FROM journal WHERE case_id = :case AND name = :name")
        earlier = self.session.connection().execute(count, {"case": self.id, "name": name}).scalar_one()
        entry = JournalEntry(
            case_id=self.id, kind=kind, name=name, key=key, round=earlier + 1, opened_at=clock.now(), **facts
        )
        self.session.add(entry)
        self.session.flush()
        return entry


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
