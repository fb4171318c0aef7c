"""Opening a gate: who sits at it, until when, and the tasks that appear in their queues."""

import hashlib
import json
from datetime import date, datetime, timedelta

from sqlalchemy import text

from flows.kernel.case import Case
from models import clock
from models.calendar import Due
from models.gates import Gate, Rule
from models.lifecycle import Process
from models.policy import deadlines
from models.records import claim as claims
from models.records import opinion_file, recovery
from models.records.base import Facts
from models.records.case import EntryKind, JournalEntry
from models.records.institution import Kind, of_kind
from models.records.person import holders
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.task import Task, TaskState
from models.roles import Party, Role


def end_of(day_after: datetime) -> datetime:
    """The last second before an instant: a deadline is still kept at 23:59:59 of its day."""
    return day_after - timedelta(seconds=1)


def open_gate(case: Case, asked: Gate, key: str, due_on: date | None = None) -> JournalEntry:
    """Write the gate's entry and one task per seat.

    After 补正 the clock goes on where it stopped: working days used in the rounds before count (停钟). A day that is
    given (`due_on`) stays the last one whatever round it is, and no calendar counts it anew.
    """
    s, today = case.session, clock.today()
    days = working_calendar(s)
    budget = deadlines.working_days(asked.days, today, rules(s))
    before = [e for e in case.journal.values() if e.kind == EntryKind.GATE and e.name == asked.key]
    used = 0
    if before:
        last = max(before, key=lambda e: e.id or 0)
        opened, closed = (
            clock.local(last.began).date(),
            clock.local(last.finished_at or clock.now()).date(),
        )
        used = last.used_before + days.working_days_between(opened, closed).days
    due = days.add_working_days(today, max(budget - used, 0))
    if due_on is not None:
        due = Due(due_on, days.working_days_between(today, max(today, due_on)).provisional)
    due_at = end_of(clock.start_of(due.day + timedelta(days=1)))
    entry = case.add_entry(
        EntryKind.GATE,
        asked.key,
        key,
        due_at=due_at,
        budget_days=budget if due_on is None else None,
        used_before=used if due_on is None else 0,
        due_provisional=due.provisional,
    )
    shown, unstaffed = _shown(case), _unstaffed(case, asked)
    record = case.record
    for number, (institution_id, person_id) in enumerate(_seats(case, asked), start=1):
        waiting = asked.rule is Rule.IN_ORDER and number > 1
        s.add(
            Task(
                case_id=case.id,
                entry_id=entry.id or 0,
                gate=asked.key,
                duty=asked.duty_key,
                round=entry.round,
                seat=number,
                process=record.process,
                board=record.board,
                institution_id=institution_id,
                role=asked.role,
                assignee_id=person_id,
                applicant_id=record.institution_id,
                subject=record.subject,
                case_number=record.number,
                uscc=record.uscc,
                town=record.town,
                amount=record.amount,
                state=TaskState.WAITING if waiting else TaskState.OPEN,
                opened_at=clock.now(),
                due_at=due_at,
                shown_hash=shown,
                corrected=bool(before),
                unstaffed=unstaffed,
            )
        )
    return entry


def _seats(case: Case, asked: Gate) -> list[tuple[int, int | None]]:
    """(institution, named person or None) for each seat. One seat for the role, or one per holder."""
    if asked.party is Party.MEETING:
        return [(p.institution_id, p.id) for p in holders(case.session, Role.MEETING_MEMBER)]
    institution_id = _institution(case, asked.party)
    if asked.rule is Rule.ONE:
        return [(institution_id, None)]
    return [(institution_id, p.id) for p in holders(case.session, asked.role, institution_id)]


def _unstaffed(case: Case, asked: Gate) -> bool:
    """Whether nobody may answer: no one holds the role, or all who do are barred from this case. Such a task is
    put before the managers; it is never answered for want of a person."""
    if asked.rule is not Rule.ONE or asked.party is Party.APPLICANT:
        return False
    values = {
        "role": asked.role.value,
        "institution": _institution(case, asked.party),
        "case": case.id,
        "duty": asked.duty_key,
        "applicant": case.record.institution_id,
        "uscc": case.record.uscc,
    }
    return case.session.connection().execute(text(_SOMEBODY), values).first() is None


_SOMEBODY = """
SELECT FROM people p JOIN person_roles r ON r.person_id = p.id AND r.role = :role
WHERE p.institution_id = :institution AND p.active AND p.institution_id <> :applicant
AND NOT EXISTS (SELECT FROM participations q WHERE q.case_id = :case AND q.person_id = p.id AND q.duty <> :duty)
AND NOT EXISTS (SELECT FROM recusals k WHERE k.person_id = p.id AND k.ended_at IS NULL
                AND (k.institution_id = :applicant OR k.uscc = :uscc))
LIMIT 1
"""


def _institution(case: Case, party: Party) -> int:
    record = case.record
    if party is Party.APPLICANT:
        return record.institution_id
    if party is Party.MANAGING:
        return record.managing_institution_id
    kind = {Party.BUREAU: Kind.BUREAU, Party.FINANCE: Kind.FINANCE}[party]
    return of_kind(case.session, kind)[0].id or 0


def _shown(case: Case) -> str:
    """The hash of what the people at this gate are shown: the filed facts and figures as they stand, and the files
    that came with earlier opinions."""
    facts: Facts = {"amount": str(case.record.amount), "decided": str(case.record.decided_amount)}
    if case.process is Process.CLAIM:
        facts |= claims.of_case(case.session, case.id).model_dump(mode="json")
    elif case.process is Process.RECOVERY:
        facts |= recovery.of_case(case.session, case.id).model_dump(mode="json")
    files = [file.sha256 for file in opinion_file.of_case(case.session, case.id)]
    facts |= {"opinion_files": files} if files else {}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
