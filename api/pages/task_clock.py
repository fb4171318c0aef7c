"""工作日格: how a gate's working days stand today, with the days on which the clock stood still for 补正."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from sqlmodel import Session

from api.pages.render import sentence_day
from api.pages.views import Cell, Tone, WorkingDays
from models import clock
from models.calendar import WorkingCalendar
from models.records.case import JournalEntry
from models.records.reference import office_calendar

MOST_CELLS = 12
"""Cells drawn for one pause; the words carry the number."""
MOST_OVER = 5
"""Cells drawn for days overdue; the words carry the number."""
SOON = 2
"""From this many working days left, a task counts as 将到期."""


def calendar(db: Session) -> WorkingCalendar:
    """The working days as the office keeps them; the shipped ones where the table is empty."""
    return office_calendar(db)


def working_days(
    days: WorkingCalendar, entry: JournalEntry, earlier: Sequence[JournalEntry] = ()
) -> WorkingDays:
    """The clock of a gate's present round; `earlier` rounds (oldest first) put their pauses into the cells."""
    today, opened, due = clock.today(), clock.local(entry.began).date(), entry.last_day
    stands = entry.stands(days, today)
    budget, nth, left = stands.given, stands.used, stands.left
    spent = nth - entry.used_before
    before, paused = _before(days, [*earlier, entry], entry.used_before)
    cells: list[Cell] = [*before]
    at_work = bool(days.is_working_day(today)) and spent > 0
    tone: Tone = "idle"
    if stands.late:
        cells += _cells("used", budget - entry.used_before) + _cells("over", min(stands.over, MOST_OVER))
        words, tone = f"逾期 {stands.over} 工作日", "late"
    else:
        cells += _cells("used", spent - at_work) + _cells("today", at_work) + _cells("left", left)
        words = f"余 {left} 工作日" if left else "今日截止"
        tone = "soon" if left <= SOON else "idle"
    provisional = "（暂定）" if entry.due_provisional else ""
    served = f"，自 {sentence_day(opened, weekday=False)}签收次日起算" if entry.counts_from else ""
    note = f"限 {budget} 工作日" + (f"，今天第 {nth} 日" if nth else "，今天收到")
    if nth > budget and not stands.late:
        note = f"限 {budget} 工作日，此前各轮已用 {entry.used_before} 日，回来当日办结"
    return WorkingDays(
        words,
        tone,
        tuple(cells),
        note + (f"；补正停钟 {paused} 日" if paused else ""),
        f"{sentence_day(due)}截止{provisional}{served}",
    )


def by_day(days: WorkingCalendar, due: date) -> WorkingDays:
    """How far a day is that something is asked for by; it stays open after it."""
    left = days.working_days_between(clock.today(), due).days
    if left < 0:
        return WorkingDays(f"逾期 {-left} 工作日", "late", tuple(_cells("over", min(-left, MOST_OVER))))
    words = f"余 {left} 工作日" if left else "今日截止"
    return WorkingDays(
        words, "soon" if left <= SOON else "idle", tuple(_cells("left", min(left, MOST_CELLS)))
    )


def stopped(days: WorkingCalendar, entry: JournalEntry) -> WorkingDays:
    """A clock that stands still while the applicant corrects; `entry` is the 补正 gate's round."""
    count = days.working_days_between(clock.local(entry.opened_at).date(), clock.today()).days
    cells = tuple(_cells("paused", min(count, MOST_CELLS)))
    due = f"限 {sentence_day(entry.last_day)}前补正"
    return WorkingDays(f"已停钟 {count} 日" if count else "今日停钟", "stop", cells, due=due)


def answered(days: WorkingCalendar, entry: JournalEntry) -> WorkingDays:
    """How many working days the round took, once it is over."""
    stands = entry.stands(days)
    tone: Tone = "late" if entry.due_at is not None and stands.late else "idle"
    return WorkingDays(f"用时 {stands.used}/{entry.budget_days or 0} 日", tone)


def bounds(days: WorkingCalendar) -> tuple[date, date, date]:
    """The first days of the groups 今日截止, 余 1–2 工作日 and later."""
    today = clock.today()
    soon = days.add_working_days(today + timedelta(days=1), 0).day
    last = days.add_working_days(soon, SOON - 1).day
    return today, today + timedelta(days=1), last + timedelta(days=1)


def _before(
    days: WorkingCalendar, rounds: Sequence[JournalEntry], used_before: int
) -> tuple[list[Cell], int]:
    """Cells of the rounds before the last, each followed by its pause; and the paused working days in all."""
    cells: list[Cell] = []
    paused = 0
    for entry, following in pairwise(rounds):
        opened, resumed = clock.local(entry.opened_at).date(), clock.local(following.opened_at).date()
        closed = clock.local(entry.finished_at).date() if entry.finished_at else resumed
        pause = days.working_days_between(closed, resumed).days
        cells += _cells("used", days.working_days_between(opened, closed).days)
        cells += _cells("paused", min(pause, MOST_CELLS))
        paused += pause
    return (cells if len(rounds) > 1 else _cells("used", used_before)), paused


def _cells(kind: Cell, count: int) -> list[Cell]:
    return [kind] * max(count, 0)
