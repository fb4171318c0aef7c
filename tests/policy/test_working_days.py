"""工作日 of 2024–2026 against a table made by hand from the State Council's notices (国办发明电), 调休 included;
and the arithmetic of 停钟 against a day-by-day count."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import WorkingCalendar, seeded_calendar

ONE = timedelta(days=1)
FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
HOLIDAYS = (  # first day, last day: what the notices call 放假
    ("2024-01-01", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"),
    ("2024-05-01", "2024-05-05"), ("2024-06-10", "2024-06-10"), ("2024-09-15", "2024-09-17"),
    ("2024-10-01", "2024-10-07"),
    ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"),
    ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
)  # fmt: skip
WORKED = frozenset(  # weekend days on which people work (调休上班)
    date.fromisoformat(day)
    for day in (
        "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29",
        "2024-10-12",
        "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    )
)  # fmt: skip
DAYS = st.dates(FIRST, date(2026, 9, 30))


def by_hand(day: date) -> bool:
    """Whether people work on a day, from the two tables above."""
    off = any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for first, last in HOLIDAYS)
    return day in WORKED or (day.isoweekday() <= 5 and not off)


@pytest.fixture(scope="module")
def days() -> WorkingCalendar:
    return seeded_calendar()


def test_every_day_of_three_years_is_what_the_notices_say(days: WorkingCalendar) -> None:
    day, wrong = FIRST, []
    while day <= LAST:
        kind = days.is_working_day(day)
        if kind.working != by_hand(day) or kind.provisional:
            wrong.append(day)
        day += ONE
    assert not wrong


@given(start=DAYS, count=st.integers(1, 40))
def test_a_deadline_is_the_day_counted_by_hand(days: WorkingCalendar, start: date, count: int) -> None:
    day, left = start, count
    while left:
        day += ONE
        left -= by_hand(day)
    assert days.add_working_days(start, count).day == day
    assert days.working_days_between(start, day).days == count


@given(
    start=DAYS,
    budget=st.integers(1, 20),
    rounds=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), max_size=3),
)
def test_a_clock_that_stood_still_ends_where_a_day_by_day_count_ends(
    days: WorkingCalendar, start: date, budget: int, rounds: list[tuple[int, int]]
) -> None:
    """Each round runs some calendar days, then stops for some; what was used before counts, the stops do not."""
    opened, used, counted = start, 0, 0
    for ran, stood in rounds:
        closed = opened + ran * ONE
        used += days.working_days_between(opened, closed).days
        counted += sum(by_hand(opened + n * ONE) for n in range(1, ran + 1))
        opened = closed + stood * ONE
    assert used == counted
    due = days.add_working_days(opened, max(budget - used, 0)).day
    day, left = opened, max(budget - counted, 0)
    while left or not by_hand(day):
        day += ONE
        left = max(left - by_hand(day), 0)
    assert due == day


def test_days_across_the_spring_festival_of_2026(days: WorkingCalendar) -> None:
    """2月14日 (Saturday) and 28日 are worked, 15–23日 are not: five working days from Friday 13日."""
    assert days.add_working_days(date(2026, 2, 13), 5).day == date(2026, 2, 27)
    assert days.add_working_days(date(2026, 2, 13), 6).day == date(2026, 2, 28)
