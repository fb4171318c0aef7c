"""追偿进展报告: who owes one is on a list of the managers' page and the bank's, and is reminded once in half a year."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from api.demo import recoveries
from api.demo.play import do, run_due
from flows.chase_deadlines import chase
from flows.steps import limits
from models import clock
from models.database import session
from models.gates import Outcome
from models.policy.recovery_checks import first_in_time, report_due
from models.records.case_filters import Filters, Show
from models.records.notice import Notice
from models.records.overview import cases as listed
from tests.kernel.stage import MONDAY, actor, case_of
from tests.recovery.conftest import Db
from tests.recovery.paid import due, paid

DUE = date(2027, 4, 12)  # half a year after the payment of 12 October 2026


def noon(day: date) -> datetime:
    return clock.start_of(day) + timedelta(hours=12)


def owing(s: Session, login: str = "lizhiyuan") -> list[str]:
    return [row.case.number for row in listed(s, actor(s, login), Filters(Show.UNREPORTED)).rows]


def reminders() -> list[str]:
    with session() as s:
        found = s.exec(select(Notice).where(Notice.event == "progress_overdue").order_by(Notice.created_at))  # type: ignore[arg-type]
        return [one.context["details"]["due_on"] for one in found]


def test_a_missing_report_is_listed_and_reminded_of_once_in_half_a_year(office: Db) -> None:
    claim = paid()
    with clock.at(noon(DUE)):
        chase()
        with session() as s:
            assert owing(s) == [] and reminders() == [], "it may still come today"
    with clock.at(noon(DUE + timedelta(days=1))):
        chase()
        chase()
        with session() as s:
            assert owing(s) == [claim]
    assert reminders() == ["2027-04-12"]
    with clock.at(noon(DUE + timedelta(days=100))):
        chase()
    assert len(reminders()) == 1, "not again before the next one is missing too"
    with clock.at(noon(date(2027, 10, 14))):
        chase()
        chase()
    assert reminders() == ["2027-04-12", "2027-10-12"]
    with clock.at(noon(date(2027, 10, 15))):
        with session() as s:
            number = recoveries.register(s, claim, [], progress="已申请强制执行，未有可供执行的财产。").number
        run_due()
        with session() as s:
            assert owing(s) == [], "reported, and being read"
        do(number, "progress_note", Outcome.APPROVE, "已阅")
    with clock.at(noon(date(2028, 4, 15))), session() as s:
        assert owing(s) == [], "half a year from the report"
    with clock.at(noon(date(2028, 4, 16))):
        chase()
        with session() as s:
            assert owing(s) == [claim]
    assert reminders()[2:] == ["2028-04-15"]


def test_what_was_refused_reports_nothing_and_what_came_back_whole_owes_nothing(office: Db) -> None:
    whole = paid("1000000.00", number=1)
    with clock.at(MONDAY + timedelta(days=30)):
        with session() as s:
            number = recoveries.register(s, whole, [(clock.today(), "5000000.00")], progress="").number
        run_due()
        recoveries.review(number)
        recoveries.hand_in_slip(number)
        recoveries.confirm(number)
    with clock.at(noon(date(2028, 1, 10))), session() as s:
        assert case_of(s, number).state == "returned" and owing(s) == []
    other = paid("500000.00", number=3)
    with clock.at(MONDAY + timedelta(days=30)):
        with session() as s:
            number = recoveries.register(s, other, [(clock.today(), "1000.00")], progress="催收中").number
        run_due()
        do(number, "recovery_review", Outcome.REFUSE, "不属于本笔")
        do(number, "recovery_second_review", Outcome.APPROVE, "同意")
    with clock.at(noon(DUE + timedelta(days=1))), session() as s:
        limits.give_back(s, case_of(s, other), due("1000.00"), "部分返还")
        assert owing(s) == [other]


@given(st.dates(date(2024, 1, 1), date(2040, 1, 1)), st.integers(1, 12))
def test_the_first_day_in_time_is_where_the_next_report_is_not_yet_missing(today: date, months: int) -> None:
    first = first_in_time(today, months)
    assert report_due(first, months) >= today > report_due(first - timedelta(days=1), months)
