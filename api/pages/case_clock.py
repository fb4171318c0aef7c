"""时限与停钟 of a case: for each gate its budget, what was used in which round, when the clock stood still, what is left.

The lines add up: 限 − 各轮已用 ＝ 余; the due day is that many working days after the last round began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from api.pages.views import Tag
from models import clock
from models.calendar import WorkingCalendar
from models.gates import GATES
from models.policy.deadlines import Standing
from models.records.case import EntryKind, JournalEntry


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One gate; days are 工作日. `arithmetic` is each line of the reckoning, in the order it happened."""

    gate: str
    budget: int
    used: int
    stopped: int
    due: str
    tag: Tag
    arithmetic: tuple[str, ...]


def rows(days: WorkingCalendar, journal: Sequence[JournalEntry]) -> tuple[ClockRow, ...]:
    """The gates that were reached, in their order; rounds that became void do not count."""
    rounds: dict[str, list[JournalEntry]] = {}
    for entry in journal:
        if entry.kind == EntryKind.GATE and entry.voided_at is None and entry.budget_days is not None:
            rounds.setdefault(entry.name, []).append(entry)
    return tuple(_row(days, found) for found in rounds.values())


def _row(days: WorkingCalendar, rounds: Sequence[JournalEntry]) -> ClockRow:
    last, today = rounds[-1], clock.today()
    lines, used, stopped = [], 0, 0
    for number, (entry, following) in enumerate(zip_longest(rounds, rounds[1:]), start=1):
        opened = clock.local(entry.began).date()
        closed = clock.local(entry.finished_at).date() if entry.finished_at else None
        spent = days.working_days_between(opened, closed or today).days
        used += spent
        if entry.counts_from is not None:
            sent = clock.local(entry.opened_at).date()
            lines.append(f"第{number}轮 {sent} 送出，{opened} 签收，自签收次日起算")
        lines.append(f"第{number}轮 {opened} 至 {closed or '今天'}：用 {spent} 日")
        if following is not None and closed is not None:
            resumed = clock.local(following.opened_at).date()
            stood = days.working_days_between(closed, resumed).days
            stopped += stood
            lines.append(f"停钟 {closed} 至 {resumed}：{stood} 日，不计入")
    budget = last.budget_days or 0
    lines.append(f"限 {budget} − 已用 {used} ＝ {'余' if used <= budget else '超'} {abs(budget - used)} 日")
    began = clock.local(last.began).date()
    left = max(budget - last.used_before, 0)
    provisional = "（暂定）" if last.due_provisional else ""
    due = last.last_day
    given = f"{began} 起 {left} 个工作日" if left else f"{began} 回来时已无剩余，当日办结"
    lines.append(f"{given} → {due} 截止{provisional}")
    return ClockRow(
        GATES[last.name].title if last.name in GATES else "",
        budget,
        used,
        stopped,
        f"{due}{provisional}",
        _tag(last, last.stands(days)),
        tuple(lines),
    )


def _tag(last: JournalEntry, stands: Standing) -> Tag:
    if stands.late:
        return Tag(f"{'超' if last.finished_at else '逾期'} {stands.over} 日", "late")
    if last.finished_at:
        return Tag("按时办结", "ok")
    return Tag(f"余 {stands.left} 日", "act") if stands.left else Tag("今日截止", "soon")
