"""Which open cases a change of a parameter would touch, with the figure before and after (A19).

Product terms follow the day of disbursement, so a loan already made keeps its own; procedure follows the day a step
starts, so a step already open keeps its deadline.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from flows.actions.rules import what_if
from flows.steps import facts
from models import clock, money
from models.gates import CLAIM_GATES, FILING_GATES, MEETING, RECOVERY_GATES, Gate
from models.lifecycle import STATE_NAMES, Process, State
from models.policy import deadlines, eligibility
from models.policy.lines import RESULT_NAMES
from models.policy.overrides import Override
from models.policy.parameters import Parameters
from models.records.case import CaseRecord
from models.records.loan import Loan, LoanState
from models.records.reference import working_calendar
from models.records.rules import rules

MOST = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """One open case: what changes for it, in words, before and after; `difference` in 元 where it is money."""

    number: str
    subject: str
    stage: str
    what: str
    before: str
    after: str
    difference: Decimal | None = None


def touched(s: Session, override: Override) -> tuple[Touched, ...]:
    """At most 500 open cases, by number. Raises `PolicyError` for a change that contradicts the rules in force."""
    current = rules(s)
    changed = current.with_overrides((override,))
    gates = [gate for gate in (*FILING_GATES, *CLAIM_GATES, *RECOVERY_GATES) if gate.days == override.name]
    if gates:
        found = list(_deadlines(s, gates, current, changed, override))
    elif override.name == "meeting_threshold":
        found = list(_meetings(s, current, changed, override))
    else:
        found = [*_amounts(s, override), *_filings(s, current, changed, override)]
    return tuple(sorted(found, key=lambda case: case.number)[:MOST])


def _deadlines(
    s: Session, gates: list[Gate], current: Parameters, changed: Parameters, override: Override
) -> Iterator[Touched]:
    day = max(override.effective_from, clock.today())
    for gate in gates:
        before = deadlines.working_days(gate.days, day, current)
        after = deadlines.working_days(gate.days, day, changed)
        process = next(one for one, gates in _OF.items() if gate in gates)
        rows = s.connection().execute(text(_NOT_YET), {"process": process.value, "gate": gate.key})
        for row in rows:
            what = f"{gate.title}时限（{day.isoformat()} 起开始的）"
            yield Touched(
                row.number,
                row.subject,
                STATE_NAMES[State(row.state)],
                what,
                f"{before} 工作日",
                f"{after} 工作日",
            )


_OF = {
    Process.FILING: FILING_GATES,
    Process.CLAIM: CLAIM_GATES,
    Process.RECOVERY: RECOVERY_GATES,
}
_NOT_YET = """
SELECT number, subject, state FROM cases c
WHERE closed_at IS NULL AND process = :process AND state <> :gate AND NOT EXISTS (
    SELECT 1 FROM journal j WHERE j.case_id = c.id AND j.kind = 'gate' AND j.name = :gate
        AND j.voided_at IS NULL AND j.finished_at IS NOT NULL)
ORDER BY number LIMIT 500
"""


def _meetings(s: Session, current: Parameters, changed: Parameters, override: Override) -> Iterator[Touched]:
    day = max(override.effective_from, clock.today())
    rows = s.connection().execute(text(_CALCULATED), {"gate": MEETING.key})
    words = {True: "提交联席会议", False: "不提交"}
    for row in rows:
        before = deadlines.needs_meeting(row.calculated, day, current)
        after = deadlines.needs_meeting(row.calculated, day, changed)
        if before != after:
            what = f"联席会议表决（测算 {money.yuan(row.calculated)} 元）"
            yield Touched(
                row.number, row.subject, STATE_NAMES[State(row.state)], what, words[before], words[after]
            )


_CALCULATED = """
SELECT c.number, c.subject, c.state, k.calculated FROM cases c JOIN claims k ON k.case_id = c.id
WHERE c.closed_at IS NULL AND k.calculated IS NOT NULL AND k.approved IS NULL AND c.state <> :gate
ORDER BY c.number LIMIT 5000
"""


def _amounts(s: Session, override: Override) -> Iterator[Touched]:
    replayed = {c.claim_no: c for c in what_if.of_open_claims(s, override).claims if c.difference}
    query = select(CaseRecord).where(col(CaseRecord.number).in_(list(replayed)[:MOST]))
    for case in s.exec(query):
        claim = replayed[case.number]
        yield Touched(
            case.number,
            case.subject,
            STATE_NAMES[State(case.state)],
            "应补偿金额",
            f"{money.yuan(claim.before)} 元",
            f"{money.yuan(claim.after)} 元",
            claim.difference,
        )


def _filings(s: Session, current: Parameters, changed: Parameters, override: Override) -> Iterator[Touched]:
    query = (
        select(CaseRecord, Loan)
        .join(Loan, col(Loan.case_id) == col(CaseRecord.id))
        .where(
            CaseRecord.process == Process.FILING,
            col(CaseRecord.closed_at).is_(None),
            Loan.state == LoanState.FILED,
            col(Loan.disbursed_on) >= override.effective_from,
        )
        .order_by(col(CaseRecord.number), col(Loan.item))
        .limit(MOST)
    )
    calendar = working_calendar(s)
    for case, loan in s.exec(query).all():
        given = facts.filing(s, loan, clock.local(case.opened_at).date())
        before, after = (
            eligibility.verdict(eligibility.filing(given, used, calendar)) for used in (current, changed)
        )
        if before != after:
            what = f"第 {loan.item} 笔 {loan.firm_name} 的检查"
            yield Touched(
                case.number,
                case.subject,
                STATE_NAMES[State(case.state)],
                what,
                RESULT_NAMES[before],
                RESULT_NAMES[after],
            )
