"""The figures of the overview (总览): stages, money, institutions, months, each one set-based question.

Each says what the list it links to says (`models.records.overview.Filters`). Amounts are 元.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import clock
from models.calendar import WorkingCalendar
from models.lifecycle import Board, Process, State

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


@dataclass(frozen=True, slots=True)
class InstitutionFigures:
    """One applicant: open cases, claims of the year, and amounts of those claims in 元."""

    institution_id: int
    open: int
    claims: int
    claimed: Decimal
    approved: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """元: claimed and not yet decided; held; paid in the year, with the number of cases of each."""

    pending: Decimal
    pending_cases: int
    reserved: Decimal
    reserved_cases: int
    paid: Decimal
    paid_cases: int


def stages(s: Session, calendar: WorkingCalendar, board: Board | None = None) -> tuple[Stage, ...]:
    """Open cases by stage, in one question. The medians come from the calendar table; None without one."""
    now, today = clock.now(), clock.today()
    near = clock.start_of(calendar.add_working_days(today, SOON_DAYS + 1).day)
    query = text(_STAGES.format(board="AND c.board = :board" if board else ""))
    values = {"now": now, "near": near, "today": today, "board": board.value if board else None}
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


def by_institution(s: Session, year: int) -> tuple[InstitutionFigures, ...]:
    """Every institution that has cases, most open cases first."""
    rows = s.connection().execute(text(_INSTITUTIONS), _year(year))
    return tuple(InstitutionFigures(*row) for row in rows)


def money(s: Session, year: int) -> Money:
    """Claims pending, reserved, and paid in `year`."""
    row = s.connection().execute(text(_MONEY), {"start": date(year, 1, 1), "end": date(year, 12, 31)}).one()
    return Money(*row)


def months(s: Session, year: int) -> tuple[tuple[int, int], ...]:
    """(opened, closed) cases of each month of a year, January first."""
    rows = s.connection().execute(text(_MONTHS), _year(year)).all()
    opened = {int(r.month): r.opened for r in rows}
    closed = {int(r.month): r.closed for r in rows}
    return tuple((opened.get(m, 0), closed.get(m, 0)) for m in range(1, 13))


def _year(year: int) -> dict[str, Any]:
    return {"start": clock.start_of(date(year, 1, 1)), "end": clock.start_of(date(year + 1, 1, 1))}


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
    count(*) FILTER (WHERE state <> 'correction' AND kind = 'gate' AND due_at >= :now AND due_at < :near) AS soon,
    count(*) FILTER (WHERE kind = 'gate' AND due_at < :now) AS late,
    count(*) FILTER (WHERE state = 'correction' AND (due_at IS NULL OR due_at >= :now)) AS stop,
    sum(amount) AS amount, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median
FROM standing GROUP BY process, state
"""

_INSTITUTIONS = """
SELECT c.institution_id, count(*) FILTER (WHERE c.closed_at IS NULL),
    count(*) FILTER (WHERE c.process = 'claim' AND c.opened_at >= :start AND c.opened_at < :end),
    coalesce(sum(k.requested) FILTER (WHERE c.opened_at >= :start AND c.opened_at < :end), 0),
    coalesce(sum(k.approved) FILTER (WHERE c.opened_at >= :start AND c.opened_at < :end), 0),
    coalesce(sum(k.paid) FILTER (WHERE c.opened_at >= :start AND c.opened_at < :end), 0)
FROM cases c LEFT JOIN claims k ON k.case_id = c.id
GROUP BY c.institution_id ORDER BY 2 DESC, 1
"""

_MONEY = """
SELECT coalesce(sum(k.requested) FILTER (WHERE c.closed_at IS NULL AND k.approved IS NULL), 0),
    count(*) FILTER (WHERE c.closed_at IS NULL AND k.approved IS NULL),
    coalesce(sum(k.approved) FILTER (WHERE c.closed_at IS NULL AND k.approved > 0 AND k.paid IS NULL), 0),
    count(*) FILTER (WHERE c.closed_at IS NULL AND k.approved > 0 AND k.paid IS NULL),
    coalesce(sum(k.paid) FILTER (WHERE k.voucher_date BETWEEN :start AND :end), 0),
    count(*) FILTER (WHERE k.voucher_date BETWEEN :start AND :end)
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
