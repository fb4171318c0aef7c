"""按时率: answers given within their working days, by person, gate and institution, month by month.

An answer is in time when it was given before its task's deadline; the days the clock stood still (停钟) are in the
deadline already. A vote counts seat by seat. Asked of `tasks` through its index on `answered_at`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from models import clock
from models.gates import Outcome
from models.lifecycle import Process
from models.records.task import Task, TaskState
from models.roles import Role


class Of(StrEnum):
    """Whose punctuality. A person's is that of staff; an institution's that of whoever sat at its tasks; that of all
    is that of all staff, without a key."""

    ALL = "all"
    PERSON = "person"
    GATE = "gate"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers behind a figure: whose (`key`), from `start` up to and without `end`, which of them."""

    of: Of
    key: str
    start: date
    end: date
    late: bool = False
    untold: bool = False
    returned: bool = False
    kept: bool = False  # in time


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Answers of one person (id), gate (`claim:acceptance`) or institution (id) in a period.

    `median` working days from the task's opening to its answer; `untold` are returns that name a fault already
    visible at an earlier return which did not name it (未一次告知).
    """

    key: str
    answered: int
    late: int
    returned: int
    untold: int
    median: Decimal | None

    @property
    def in_time(self) -> Decimal:
        """Share of answers in time, 0–1."""
        return Decimal(self.answered - self.late) / self.answered if self.answered else Decimal(0)


@dataclass(frozen=True, slots=True)
class Month:
    """A month's answers, how many of them late."""

    first: date
    answered: int
    late: int


def figures(s: Session, of: Of, start: date, end: date) -> tuple[Punctuality, ...]:
    """Answers from `start` up to and without `end`, the most late ones first."""
    query = text(_FIGURES.format(key=_KEYS[of]))
    rows = s.connection().execute(query, _period(start, end))
    return tuple(Punctuality(r.key, r.answered, r.late, r.returned, r.untold, _days(r.median)) for r in rows)


def months(s: Session, year: int) -> tuple[Month, ...]:
    """Staff's answers of each month of a year up to the present one."""
    period = _period(date(year, 1, 1), date(year + 1, 1, 1))
    found = {int(r.month): r for r in s.connection().execute(text(_MONTHS), period)}
    last = clock.today().month if year == clock.today().year else 12
    return tuple(
        Month(date(year, m, 1), found[m].answered if m in found else 0, found[m].late if m in found else 0)
        for m in range(1, last + 1)
    )


def at_gates(s: Session, start: date, end: date) -> dict[tuple[str, str], Punctuality]:
    """By process and gate: what the heat map of the diagram shows."""
    found = figures(s, Of.GATE, start, end)
    return {(one.key.partition(":")[0], one.key.partition(":")[2]): one for one in found}


def count(s: Session, asked: Asked) -> int:
    """How many answers there are behind a figure."""
    return s.exec(select(func.count()).select_from(Task).where(*_conditions(asked))).one()


def answers(s: Session, asked: Asked, *, limit: int = 0, after: int = 0) -> Sequence[Task]:
    """The answers behind a figure, newest first; `after` is the task id the page before ended at."""
    query = select(Task).where(*_conditions(asked))
    query = query.where(col(Task.id) < after) if after else query
    query = query.order_by(col(Task.id).desc())
    return s.exec(query.limit(limit) if limit else query).all()


def every(s: Session, asked: Asked) -> Iterator[Sequence[Task]]:
    """All answers behind a figure, in batches."""
    after = 0
    while found := answers(s, asked, limit=500, after=after):
        after = found[-1].id or 0
        yield found
        s.expunge_all()  # a long list is not kept in memory


def _conditions(asked: Asked) -> list[Any]:
    key = asked.key
    found: list[Any] = [
        Task.state == TaskState.ANSWERED,
        col(Task.answered_at) >= clock.start_of(asked.start),
        col(Task.answered_at) < clock.start_of(asked.end),
    ]
    if asked.of is Of.GATE:
        process, _, gate = key.partition(":")
        found += [Task.process == next((p for p in Process if p == process), None), Task.gate == gate]
    elif asked.of is Of.ALL:
        found.append(Task.role != Role.FILER)
    else:
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0
        found += (
            [Task.answered_by == number, Task.role != Role.FILER]
            if asked.of is Of.PERSON
            else [Task.institution_id == number]
        )
    found += [col(Task.answered_at) > col(Task.due_at)] if asked.late else []
    found += [col(Task.answered_at) <= col(Task.due_at)] if asked.kept else []
    found += [Task.outcome == Outcome.RETURN] if asked.returned or asked.untold else []
    found += [col(Task.fields)["untold"].is_not(None)] if asked.untold else []
    return found


def _period(start: date, end: date) -> dict[str, Any]:
    return {"start": clock.start_of(start), "end": clock.start_of(end)}


def _days(median: Any) -> Decimal | None:
    return None if median is None else Decimal(str(median))


_KEYS = {
    Of.PERSON: "CASE WHEN role <> 'filer' THEN answered_by::text END",
    Of.GATE: "process || ':' || gate",
    Of.INSTITUTION: "institution_id::text",
}
_FIGURES = """
WITH worked AS (
    SELECT day, sum(CASE WHEN working THEN 1 ELSE 0 END) OVER (ORDER BY day) AS n FROM calendar_days
), given AS (
    SELECT {key} AS key, answered_at > due_at AS late, outcome, fields, done.n - since.n AS days
    FROM tasks
    LEFT JOIN worked done ON done.day = (answered_at AT TIME ZONE 'Asia/Shanghai')::date
    LEFT JOIN worked since ON since.day = (opened_at AT TIME ZONE 'Asia/Shanghai')::date
    WHERE state = 'answered' AND answered_at >= :start AND answered_at < :end
)
SELECT key, count(*) AS answered, count(*) FILTER (WHERE late) AS late,
    count(*) FILTER (WHERE outcome = 'return') AS returned,
    count(*) FILTER (WHERE outcome = 'return' AND fields -> 'untold' IS NOT NULL) AS untold,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median
FROM given WHERE key IS NOT NULL GROUP BY key ORDER BY 3 DESC, 2 DESC, 1
"""
_MONTHS = """
SELECT extract(month FROM answered_at AT TIME ZONE 'Asia/Shanghai') AS month, count(*) AS answered,
    count(*) FILTER (WHERE answered_at > due_at) AS late
FROM tasks WHERE state = 'answered' AND answered_at >= :start AND answered_at < :end AND role <> 'filer'
GROUP BY 1
"""
