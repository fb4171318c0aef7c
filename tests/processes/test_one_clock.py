"""One reckoning of the clock: page, list, diagram, record, figures and letters say the same of a gate on any day."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import Session

from api.pages import case_clock, case_rows, task_clock
from flows.kernel import diagram_path
from models import clock
from models.calendar import WorkingCalendar, seeded_calendar
from models.gates import FIRST_REVIEW
from models.lifecycle import State
from models.records import figures, overview
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.case_filters import Filters, Show
from tests import builders
from tests.doors.conftest import Server, server, web
from tests.seed import actor

__all__ = ["server", "web"]
Db = Callable[[], AbstractContextManager[Session]]
DAYS = seeded_calendar()


def noon(day: date) -> datetime:
    return clock.start_of(day) + timedelta(hours=12)


def rounds_of(
    first: date, budget: int, stays: list[tuple[int, int]], days: WorkingCalendar
) -> list[JournalEntry]:
    """A gate that was sent back for 补正 after so many calendar days, and came back so many later, as the kernel keeps it."""
    found: list[JournalEntry] = []
    used, opened = 0, first
    for number, (held, away) in enumerate([*stays, (0, 0)], start=1):
        due = days.add_working_days(opened, max(budget - used, 0)).day
        entry = JournalEntry(
            id=number, case_id=1, kind=EntryKind.GATE, name=FIRST_REVIEW.key, key=f"g#{number}", round=number,
            opened_at=noon(opened), due_at=clock.start_of(due + timedelta(days=1)) - timedelta(seconds=1),
            budget_days=budget, used_before=used,
        )  # fmt: skip
        found.append(entry)
        if number <= len(stays):
            closed = opened + timedelta(days=held)
            entry.finished_at = noon(closed)
            used += days.working_days_between(opened, closed).days
            opened = closed + timedelta(days=away)
    return found


@given(
    first=st.dates(date(2024, 1, 2), date(2026, 6, 30)),
    budget=st.integers(1, 15),
    stays=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 20)), max_size=4),
    after=st.integers(0, 30),
)
@example(first=date(2026, 3, 2), budget=5, stays=[(9, 3), (0, 4)], after=0)
def test_every_place_says_the_same_on_every_day(
    first: date, budget: int, stays: list[tuple[int, int]], after: int
) -> None:
    rounds = rounds_of(first, budget, stays, DAYS)
    entry = rounds[-1]
    today = clock.local(entry.opened_at).date() + timedelta(days=after)
    with clock.at(noon(today)):
        late = entry.due_at is not None and entry.due_at < clock.now()
        page = task_clock.working_days(DAYS, entry, rounds[:-1])
        row = case_rows.due(cast(Any, SimpleNamespace(closed_at=None, state=State.FIRST_REVIEW)), entry, DAYS)
        drawn = diagram_path._so_far(entry, DAYS)
        (kept,) = case_clock.rows(DAYS, rounds)
        stands = entry.stands(DAYS)
    said = [
        page.words.startswith("逾期"),
        row.words.startswith("逾期"),
        drawn.startswith("逾期"),
        kept.tag.text.startswith("逾期"),
    ]
    assert said == [late] * 4 and stands.late == late, (page.words, row.words, drawn, kept.tag)
    assert page.words == row.words and (page.tone == "late") == late
    if late:
        assert (
            f"{stands.over}" in page.words and f"{stands.over}" in drawn and f"{stands.over}" in kept.tag.text
        )
    elif not stands.left:
        assert page.words == "今日截止" == kept.tag.text and page.tone == "soon"
        assert drawn in ("今日截止", f"第{max(stands.used, 1)}/{stands.given}日")
    else:
        assert f"余 {stands.left}" in page.words and f"余 {stands.left}" in kept.tag.text


@given(
    first=st.dates(date(2024, 1, 2), date(2026, 6, 30)),
    budget=st.integers(1, 10),
    stays=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 20)), min_size=1, max_size=3),
)
def test_a_round_that_was_answered_is_late_where_its_answer_was(
    first: date, budget: int, stays: list[tuple[int, int]]
) -> None:
    for entry in rounds_of(first, budget, stays, DAYS)[:-1]:
        late = (entry.finished_at or noon(first)) > (entry.due_at or noon(first))
        assert (task_clock.answered(DAYS, entry).tone == "late") == late == entry.stands(DAYS).late


def test_the_list_and_the_figures_turn_at_the_same_instant_as_the_page(server: Server, db: Db) -> None:
    number = builders.filed()
    task = builders.open_task(number)
    with db() as s:
        entry = s.get_one(JournalEntry, task.entry_id)
        midnight = clock.start_of(entry.last_day + timedelta(days=1))

    def said(at: datetime) -> tuple[bool, bool, bool]:
        with clock.at(at), db() as s:
            reader = actor(s, "lizhiyuan")
            listed = overview.count(s, reader, Filters(Show.OVERDUE))
            counted = sum(stage.late for stage in figures.stages(s, DAYS))
            page = task_clock.working_days(DAYS, s.get_one(JournalEntry, task.entry_id))
            return bool(listed), bool(counted), page.words.startswith("逾期")

    for second in (-3600, -1, 0, 60):
        at = midnight + timedelta(seconds=second, milliseconds=500)
        assert said(at.astimezone(UTC)) == (second >= 0,) * 3, second
    with db() as s:
        record = s.get_one(CaseRecord, task.case_id)
        assert record.state == State.FILING_REVIEW
