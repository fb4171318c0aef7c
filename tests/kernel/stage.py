"""Claims carried to a chosen gate for the kernel's tests, and what must hold of every case whatever happened."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import copy_context
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from api.demo import play
from flows.actions.answers import answering, looking
from flows.actions.cases import objecting
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import FINAL, Board, State
from models.permissions import Actor
from models.records import document, ledger, meeting, numbers, person, task, timeline
from models.records.case import CaseRecord, EntryKind, JournalEntry, by_number, journal_of, open_incident
from models.records.ledger import EntryType, LedgerAccount, LedgerEntry
from models.records.meeting import MeetingState
from models.records.notice import Notice
from models.records.task import Participation, Task, TaskState
from models.roles import Role
from tests.kept import kept

MONDAY = datetime(2026, 10, 12, 10, 0, tzinfo=clock.SHANGHAI)
AFTER_NOTICE = datetime(2026, 10, 20, 10, 0, tzinfo=clock.SHANGHAI)
"""五个工作日 of public notice that began on MONDAY are over."""
TO_NOTICE = ("acceptance", "first_review", "second_review", "office_review", "leader_approval")


@kept
def claim_at(gate: str, number: int = 1) -> str:
    """A guarantor's claim of 1,000,000 元 that waits at `gate`, or is announced ("public_notice"); its number."""
    with session() as s:
        found = play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=number).number
    play.run_due()
    for earlier in TO_NOTICE:
        if earlier == gate:
            break
        play.do(found, earlier)
    assert play.state_of(found).value == gate
    return found


@kept
def claim_at_meeting() -> str:
    """A claim the bureau put forward to the joint meeting; its number."""
    found = claim_at("office_review")
    play.do(found, "office_review", to_meeting=True)
    play.do(found, "leader_approval")
    return found


def case_of(s: Session, number: str) -> CaseRecord:
    """The case's row."""
    found = by_number(s, number)
    assert found is not None
    return found


def actor(s: Session, login: str) -> Actor:
    """The person as the permissions know them."""
    found = person.by_login(s, login)
    assert found is not None and found.id is not None
    return Actor(found.id, found.name, found.institution_id, person.roles_of(s, found.id))


def answer(
    login: str, task_id: int, outcome: Outcome = Outcome.APPROVE, opinion: str = "同意。", **more: Any
) -> Task:
    """One answer in one transaction; nobody wakes the case."""
    with session() as s:
        if outcome is Outcome.APPROVE:
            looking.look_at_everything(s, actor(s, login), task_id)
        return answering.answer(s, actor(s, login), task_id, outcome, opinion=opinion, **more)


def open_tasks(number: str) -> Sequence[Task]:
    """The tasks the case waits for."""
    with session() as s:
        return task.open_of_case(s, case_of(s, number).id or 0)


def object_to(number: str) -> None:
    """市工信局 registers an objection to the public notice; the worker runs."""
    with session() as s:
        officer = play.person(s, Role.BUREAU_OFFICER, "GXJ", 1)
        objecting.register(s, officer, number, "东莞市示例供应商", "0769-00000000", "该企业已恢复生产")
    play.run_due()


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each act on its own thread, started together; results and exceptions in the order of `acts`."""
    ready = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def one(place: int) -> None:
        ready.wait()
        try:
            results[place] = acts[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=copy_context().run, args=(one, place)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def reserved(s: Session) -> Decimal:
    """What the year's budget holds reserved, 元."""
    return s.exec(select(LedgerAccount.reserved).where(LedgerAccount.kind == "budget")).one()


DECIDED = {"outcomes.decide_for", "outcomes.decide_against", "filings.register", "recoveries.demand"}


def traces(number: str) -> dict[str, Any]:
    """Everything a case has left behind, without ids, numbers and instants: two cases that met the same people
    have the same traces, whatever happened to the workers."""
    with session() as s:
        record = case_of(s, number)
        key = record.id or 0
        return {
            "state": record.state,
            "journal": [(e.key, e.voided_at is not None) for e in journal_of(s, key)],
            "tasks": [(t.gate, t.seat, t.state, t.outcome, t.voided) for t in task.of_case(s, key)],
            "documents": [(d.code, d.state) for d in document.of_case(s, key)],
            "notices": sorted(s.exec(select(Notice.event).where(Notice.case_id == key))),
            "ledger": [(e.type, e.amount) for e, _ in ledger.entries_of_case(s, key)],
            "timeline": sorted(s.exec(select(timeline.Event.event).where(timeline.Event.case_id == key))),
        }


def check_numbers(s: Session) -> None:
    """Document numbers have no gaps: per organ, word and year they are 1…n."""
    given: dict[tuple[Any, ...], list[int]] = {}
    for row in s.exec(select(document.Document).where(col(document.Document.serial).is_not(None))):
        given.setdefault((row.organ_id, row.word, row.year), []).append(row.serial or 0)
    for key, serials in given.items():
        assert sorted(serials) == list(range(1, len(serials) + 1)), key
    counted = {(c.organ_id, c.word, c.year): c.last for c in s.exec(select(numbers.NumberCounter))}
    assert counted == {key: len(serials) for key, serials in given.items()}


def check_ledger(s: Session) -> None:
    """Balances are the sums of the entries."""
    sums: dict[int, Counter[EntryType]] = {}
    for entry in s.exec(select(LedgerEntry)):
        sums.setdefault(entry.account_id, Counter())[entry.type] += entry.amount  # type: ignore[assignment]
    for account in s.exec(select(LedgerAccount)):
        by = sums.get(account.id or 0, Counter())
        assert account.reserved == by[EntryType.RESERVE] - by[EntryType.RELEASE] - by[EntryType.SETTLE]
        assert account.paid == by[EntryType.SETTLE]


def check_case(s: Session, record: CaseRecord) -> None:
    """An open case waits for a person, a date or a repair; nobody has two duties; nothing was recorded twice."""
    key = record.id or 0
    valid = journal_of(s, key, valid_only=True)
    seats = task.open_of_case(s, key)
    if record.closed_at is not None:
        assert record.state in FINAL
        assert not seats and record.wake_at is None and record.lease_token is None
    else:
        dated = [e for e in valid if e.kind == EntryKind.UNTIL and e.result is None]
        waits_for_date = bool(dated) and record.wake_at == dated[-1].due_at
        waits_for_person = bool(seats) and {t.gate for t in seats} == {State(record.state).value}
        waits_for_session = any(  # everyone has voted: the secretary concludes
            held.state is MeetingState.OPEN and item.carried_at is None and item.entry_id == valid[-1].id
            for item, held in meeting.of_case(s, key)
        )
        assert waits_for_date or waits_for_person or waits_for_session or open_incident(s, key), record.state
    if record.state == State.WITHDRAWN:
        assert not DECIDED & {e.name for e in valid}
    assert len({e.key for e in valid}) == len(valid)
    answered = s.exec(
        select(Task.answered_by, Task.duty).where(Task.case_id == key, Task.state == TaskState.ANSWERED)
    )
    duties = {
        (p.person_id, p.duty) for p in s.exec(select(Participation).where(Participation.case_id == key))
    }
    assert set(answered) <= duties
    people = [who for who, _ in duties]
    assert len(people) == len(set(people))


def check_everything() -> None:
    """Every invariant of every case, number and account."""
    with session() as s:
        for record in s.exec(select(CaseRecord)):
            check_case(s, record)
        open_gates = s.exec(
            select(JournalEntry).where(
                JournalEntry.kind == EntryKind.GATE,
                col(JournalEntry.result).is_(None),
                col(JournalEntry.voided_at).is_(None),
            )
        ).all()
        assert len({e.case_id for e in open_gates}) == len(open_gates)  # one gate at a time
        check_numbers(s)
        check_ledger(s)
