"""Reminders: counted in working days by the State Council's announcements, once each; and what was not told at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from flows.actions.answers import untold
from flows.actions.colleagues import reminding
from flows.chase_deadlines import chase
from models import clock
from models.calendar import seed_rows, seeded_calendar
from models.gates import Outcome
from models.records.case import by_number
from models.records.loan import of_case
from models.records.message import Message, MessageKind
from models.records.reference import CalendarDay
from models.records.task import Task
from tests import builders
from tests.seed import seed

Db = Callable[[], AbstractContextManager[Session]]

# 国办发明电: weekdays off, and the weekend days worked instead (调休), typed from the yearly announcements.
OFF = [
    *["2024-01-01", "2024-02-12", "2024-02-13", "2024-02-14", "2024-02-15", "2024-02-16", "2024-04-04", "2024-04-05", "2024-05-01", "2024-05-02", "2024-05-03", "2024-06-10", "2024-09-16", "2024-09-17", "2024-10-01", "2024-10-02", "2024-10-03", "2024-10-04", "2024-10-07", "2025-01-01", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31", "2025-02-03", "2025-02-04", "2025-04-04", "2025-05-01", "2025-05-02", "2025-05-05", "2025-06-02", "2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08", "2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23", "2026-04-06", "2026-05-01", "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"]
]  # fmt: skip
WORKED = [
    "2024-02-04",
    "2024-02-18",
    "2024-04-07",
    "2024-04-28",
    "2024-05-11",
    "2024-09-14",
    "2024-09-29",
    "2024-10-12",
    "2025-01-26",
    "2025-02-08",
    "2025-04-27",
    "2025-09-28",
    "2025-10-11",
    "2026-01-04",
    "2026-02-14",
    "2026-02-28",
    "2026-05-09",
    "2026-09-20",
    "2026-10-10",
]
FIRST = date(2024, 1, 1)
TABLE = [
    day
    for day in (FIRST + timedelta(days=n) for n in range((date(2026, 12, 31) - FIRST).days + 1))
    if day.isoformat() in WORKED or (day.isoweekday() <= 5 and day.isoformat() not in OFF)
]
DAYS = st.dates(date(2024, 2, 1), date(2026, 11, 30))


@given(today=DAYS, due=st.sampled_from(TABLE))
def test_bounds_agree_with_a_table_made_by_hand(today: date, due: date) -> None:
    found = reminding.bounds(seeded_calendar(), today)
    if today not in TABLE:
        assert found is None
        return
    assert found is not None
    away = TABLE.index(due) - TABLE.index(today)  # working days from today to the due day
    assert (found.late <= due <= found.soon) == (0 <= away <= reminding.AHEAD)
    assert (due < found.late) == (away < 0)
    assert (due < found.superior) == (away < -reminding.PATIENCE)


@pytest.fixture
def filing(db: Db) -> str:
    with db() as s:
        seed(s)
        s.add_all(
            CalendarDay(day=d.day, working=d.working, note=d.name, source=d.source) for d in seed_rows()
        )
    return builders.filed(1, contract_number="R-1")


def chased(db: Db, day: str) -> dict[str, int]:
    """What is written on a morning at half past eight; by kind."""
    morning = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo("Asia/Shanghai"))
    with clock.at(morning + timedelta(hours=8, minutes=30)):
        chase()
    with db() as s:
        kinds = [one.kind for one in s.exec(select(Message))]
        s.rollback()
    return {kind.value: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def test_a_task_is_reminded_before_and_after_once_each_and_then_told_upwards(filing: str, db: Db) -> None:
    with db() as s:
        task = s.exec(select(Task).where(Task.case_number == filing)).one()
        task.opened_at = datetime(2026, 9, 21, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
        task.due_at = datetime(2026, 9, 30, 23, 59, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert chased(db, "2026-09-28") == {}
    before = chased(db, "2026-09-29")["reminder"]
    assert before >= 1
    assert chased(db, "2026-09-29") == {"reminder": before} == chased(db, "2026-09-30")
    assert chased(db, "2026-10-07") == {"reminder": before}, "nobody is disturbed on a holiday"
    assert chased(db, "2026-10-08") == {"reminder": 2 * before}, "overdue since a holiday began"
    upward = chased(db, "2026-10-09")
    assert upward["reminder"] == 2 * before
    assert upward["escalation"] >= 1
    assert chased(db, "2026-10-12") == upward
    with db() as s:
        task = s.exec(select(Task).where(Task.case_number == filing)).one()
        assert task.state == "open"
        told = s.exec(select(Message).where(Message.kind == MessageKind.ESCALATION)).all()
        assert all(one.person_id != task.assignee_id for one in told)


def test_a_second_return_that_names_what_could_be_seen_before_is_kept(filing: str, db: Db) -> None:
    with db() as s:
        record = by_number(s, filing)
        assert record is not None
        one = of_case(s, record.id or 0)[0]
        shown = untold._visible(s, record)
        assert shown, "the sample asks for a person somewhere"
        first, *_ = shown.values()
        where = f"第{one.item}笔 {one.firm_name}"
    builders.answer(
        filing, "chenjiamin", Outcome.RETURN, "补", faults=[{"where": where, "problem": "缺合同原件"}]
    )
    with db() as s:
        task = s.exec(select(Task).where(Task.case_number == filing, Task.outcome == Outcome.RETURN)).one()
        assert "untold" not in task.fields
        record = by_number(s, filing)
        assert record is not None
        again = untold.noted(s, record, {"faults": [{"where": where, "problem": first[1]}]})
        assert again["untold"] == [first[1]]
        assert first[1] in untold.possible(s, record), "the answerer is warned"
        task.fields = task.fields | {"named": list(shown)}
        s.flush()
        assert "untold" not in untold.noted(s, record, {"faults": [{"where": where, "problem": first[1]}]})
