"""The figures of the overview (总览): stages, money, institutions, months, each one set-based question.

Each says what the list it links to says (`models.records.overview.Filters`). Amounts are 元.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import clock
from models.calendar import WorkingCalendar
from models.lifecycle import Board, Process, State

NOTHING = Decimal("0.00")
SOON_DAYS = 2
"""A deadline within this many working days (工作日) is near."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Open cases at one stage by urgency; amounts in 元; median of the working days they have stood there."""

    process: Process
    state: State
    ok: int
    soon: int
    late: int
    stop: int
    amount: Decimal
    median_days: Decimal | None


class By(StrEnum):
    """What cases are grouped by. Industries are those of the loans claims are about."""

    INSTITUTION = "institution"
    BOARD = "board"
    TOWN = "town"
    INDUSTRY = "industry"


@dataclass(frozen=True, slots=True)
class Group:
    """One institution (its id), board, town or industry: open cases, claims opened in the year, what they ask for and
    were approved, what was paid and what came back (追偿返还) in the year; 元, with the cases of each."""

    key: str
    open: int
    claims: int
    claimed: Decimal
    approved_cases: int
    approved: Decimal
    paid_cases: int
    paid: Decimal
    returned_cases: int
    returned: Decimal


@dataclass(frozen=True, slots=True)
class Flow:
    """What a month's claims ask for and were approved, what was paid and came back in the month; 元, and cases."""

    claims: int = 0
    claimed: Decimal = NOTHING
    approved_cases: int = 0
    approved: Decimal = NOTHING
    paid_cases: int = 0
    paid: Decimal = NOTHING
    returned_cases: int = 0
    returned: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Money:
    """元, with the number of cases of each: claimed and not yet decided; held; paid and returned in the year; of the
    claims opened in the year what was claimed and approved."""

    pending: Decimal
    pending_cases: int
    reserved: Decimal
    reserved_cases: int
    paid: Decimal
    paid_cases: int
    returned: Decimal
    returned_cases: int
    claimed: Decimal
    claimed_cases: int
    approved: Decimal
    approved_cases: int


def stages(s: Session, calendar: WorkingCalendar, board: Board | None = None) -> tuple[Stage, ...]:
    """Open cases by stage, in one question. The medians come from the calendar table; None without one."""
    today = clock.today()
    query = text(_STAGES.format(board="AND c.board = :board" if board else ""))
    values = {
        "begun": clock.start_of(today),
        "near": near(calendar),
        "today": today,
        "board": board.value if board else None,
    }
    rows = s.connection().execute(query, values)
    found = {(Process(r.process), State(r.state)): r for r in rows}
    order = [(process, state) for process in Process for state in State if (process, state) in found]
    return tuple(
        Stage(
            *key,
            found[key].ok,
            found[key].soon,
            found[key].late,
            found[key].stop,
            found[key].amount,
            None if found[key].median is None else Decimal(str(found[key].median)),
        )
        for key in order
    )


def near(calendar: WorkingCalendar) -> datetime:
    """The first instant whose deadlines are not near today."""
    return clock.start_of(calendar.add_working_days(clock.today(), SOON_DAYS + 1).day)


def groups(s: Session, by: By, year: int, board: Board | None = None) -> tuple[Group, ...]:
    """Every group that has cases, most open cases first."""
    values = _year(year) | {"board": board}
    query = _GROUPS.format(key=_KEYS[by], board="AND c.board = :board" if board else "")
    return tuple(Group(*row) for row in s.connection().execute(text(query), values))


def money(s: Session, year: int) -> Money:
    """Claims pending and reserved now, paid and returned in `year`."""
    values = {"start": date(year, 1, 1), "end": date(year, 12, 31), "year": str(year)} | {
        "opened": clock.start_of(date(year, 1, 1)),
        "before": clock.start_of(date(year + 1, 1, 1)),
    }
    row = s.connection().execute(text(_MONEY), values).one()
    return Money(*row)


def months(s: Session, year: int) -> tuple[tuple[int, int], ...]:
    """(opened, closed) cases of each month of a year, January first."""
    rows = s.connection().execute(text(_MONTHS), _year(year)).all()
    opened = {int(r.month): r.opened for r in rows}
    closed = {int(r.month): r.closed for r in rows}
    return tuple((opened.get(m, 0), closed.get(m, 0)) for m in range(1, 13))


def flows(s: Session, year: int, by: By | None = None, key: str = "") -> tuple[Flow, ...]:
    """Claims and money of a year and of each of its months: the year first, then January; of everybody, or of one
    group. A case that got money back in two months is one case of the year."""
    own = f"AND {_KEYS[by]} = :key" if by else ""
    rows = s.connection().execute(text(_FLOWS.replace("<own>", own)), _year(year) | {"key": key})
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        counted = "claims" if row.what == "claimed" else f"{row.what}_cases"
        found.setdefault(int(row.month or 0), {}).update({row.what: row.amount, counted: row.cases})
    return tuple(Flow(**found.get(month, {})) for month in range(13))


def _year(year: int) -> dict[str, Any]:
    return {
        "start": clock.start_of(date(year, 1, 1)),
        "end": clock.start_of(date(year + 1, 1, 1)),
        "first": date(year, 1, 1),
        "last": date(year, 12, 31),
        "year": str(year),
    }


_STAGES = """
WITH worked AS (
    SELECT day, sum(CASE WHEN working THEN 1 ELSE 0 END) OVER (ORDER BY day) AS n FROM calendar_days
), standing AS (
    SELECT c.process, c.state, c.amount, w.due_at, w.kind, now.n - since.n AS days
    FROM cases c LEFT JOIN journal w ON w.case_id = c.id AND w.finished_at IS NULL
        AND w.voided_at IS NULL AND w.kind IN ('gate', 'until')
    LEFT JOIN worked now ON now.day = :today
    LEFT JOIN worked since ON since.day = (c.state_since AT TIME ZONE 'Asia/Shanghai')::date
    WHERE c.closed_at IS NULL {board}
)
SELECT process, state,
    count(*) FILTER (WHERE state <> 'correction' AND (due_at IS NULL OR due_at >= :near OR kind = 'until')) AS ok,
    count(*) FILTER (WHERE state <> 'correction' AND kind = 'gate' AND due_at >= :begun AND due_at < :near) AS soon,
    count(*) FILTER (WHERE kind = 'gate' AND due_at < :begun) AS late,
    count(*) FILTER (WHERE state = 'correction' AND (due_at IS NULL OR due_at >= :begun)) AS stop,
    sum(amount) AS amount, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median
FROM standing GROUP BY process, state
"""

_KEYS = {
    By.INSTITUTION: "c.institution_id::text",
    By.BOARD: "c.board",
    By.TOWN: "c.town",
    By.INDUSTRY: "l.industry",
}
_RETURNED = """ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
    AND a.kind = 'recovery' AND a.key = :year AND e.type = 'return'"""
_GROUPS = """
WITH returned AS (
    SELECT e.case_id, sum(e.amount) AS amount FROM {returned} GROUP BY e.case_id
), inside AS (
    SELECT id FROM cases WHERE closed_at IS NULL
    UNION SELECT id FROM cases WHERE opened_at >= :start AND opened_at < :end
    UNION SELECT case_id FROM claims WHERE voucher_date BETWEEN :first AND :last
    UNION SELECT case_id FROM returned
), counted AS (
    SELECT {key} AS key, c.closed_at IS NULL AS open,
        c.process = 'claim' AND c.opened_at >= :start AND c.opened_at < :end AS claim,
        k.voucher_date BETWEEN :first AND :last AS paid_now, k.requested, k.approved, k.paid, r.amount AS returned
    FROM inside i JOIN cases c ON c.id = i.id
    LEFT JOIN claims k ON k.case_id = c.id LEFT JOIN loans l ON l.id = k.loan_id
    LEFT JOIN returned r ON r.case_id = c.id WHERE true {board}
)
SELECT key, count(*) FILTER (WHERE open), count(*) FILTER (WHERE claim),
    coalesce(sum(requested) FILTER (WHERE claim), 0),
    count(*) FILTER (WHERE claim AND approved > 0), coalesce(sum(approved) FILTER (WHERE claim), 0),
    count(*) FILTER (WHERE paid_now), coalesce(sum(paid) FILTER (WHERE paid_now), 0),
    count(returned), coalesce(sum(returned), 0)
FROM counted WHERE key IS NOT NULL GROUP BY key ORDER BY 2 DESC, 3 DESC, 1
""".replace("{returned}", _RETURNED)
_FLOWS = """
SELECT month, what, count(DISTINCT case_id) AS cases, sum(amount) AS amount FROM (
    SELECT extract(month FROM c.opened_at AT TIME ZONE 'Asia/Shanghai') AS month, said.what, c.id AS case_id, said.amount
    FROM cases c JOIN claims k ON k.case_id = c.id JOIN loans l ON l.id = k.loan_id
    CROSS JOIN LATERAL (VALUES ('claimed', k.requested), ('approved', nullif(k.approved, 0))) AS said (what, amount)
    WHERE c.opened_at >= :start AND c.opened_at < :end AND said.amount IS NOT NULL <own>
    UNION ALL
    SELECT extract(month FROM k.voucher_date), 'paid', c.id, k.paid
    FROM claims k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id
    WHERE k.voucher_date BETWEEN :first AND :last <own>
    UNION ALL
    SELECT extract(month FROM e.at AT TIME ZONE 'Asia/Shanghai'), 'returned', c.id, e.amount
    FROM <returned> JOIN cases c ON c.id = e.case_id
    JOIN claims k ON k.case_id = c.id JOIN loans l ON l.id = k.loan_id
    WHERE e.at >= :start AND e.at < :end <own>
) AS flow GROUP BY GROUPING SETS ((month, what), (what))
""".replace("<returned>", _RETURNED)

_MONEY = """
SELECT coalesce(sum(k.requested) FILTER (WHERE c.closed_at IS NULL AND k.approved IS NULL), 0),
    count(*) FILTER (WHERE c.closed_at IS NULL AND k.approved IS NULL),
    coalesce(sum(k.approved) FILTER (WHERE c.closed_at IS NULL AND k.approved > 0 AND k.paid IS NULL), 0),
    count(*) FILTER (WHERE c.closed_at IS NULL AND k.approved > 0 AND k.paid IS NULL),
    coalesce(sum(k.paid) FILTER (WHERE k.voucher_date BETWEEN :start AND :end), 0),
    count(*) FILTER (WHERE k.voucher_date BETWEEN :start AND :end),
    (SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE a.kind = 'recovery' AND a.key = :year AND e.type = 'return'),
    (SELECT count(DISTINCT e.case_id) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE a.kind = 'recovery' AND a.key = :year AND e.type = 'return'),
    coalesce(sum(k.requested) FILTER (WHERE c.opened_at >= :opened AND c.opened_at < :before), 0),
    count(*) FILTER (WHERE c.opened_at >= :opened AND c.opened_at < :before),
    coalesce(sum(k.approved) FILTER (WHERE c.opened_at >= :opened AND c.opened_at < :before), 0),
    count(*) FILTER (WHERE k.approved > 0 AND c.opened_at >= :opened AND c.opened_at < :before)
FROM claims k JOIN cases c ON c.id = k.case_id
"""

_MONTHS = """
SELECT month, sum(opened) AS opened, sum(closed) AS closed FROM (
    SELECT extract(month FROM opened_at AT TIME ZONE 'Asia/Shanghai') AS month, count(*) AS opened, 0 AS closed
    FROM cases WHERE opened_at >= :start AND opened_at < :end GROUP BY 1
    UNION ALL
    SELECT extract(month FROM closed_at AT TIME ZONE 'Asia/Shanghai'), 0, count(*)
    FROM cases WHERE closed_at >= :start AND closed_at < :end GROUP BY 1
) AS counted GROUP BY month
"""
