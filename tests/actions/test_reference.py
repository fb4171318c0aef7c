"""基准数据: quotes and calendars by two people, every change kept; a new calendar counts open deadlines anew."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from api.demo.play import a_claim, run_due, seed
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.rules import reference
from flows.actions.rules.reference import QuoteForm, YearForm
from models import calendar_notice, clock
from models.calendar import CalendarError
from models.lifecycle import Board
from models.records.case import JournalEntry
from models.records.reference import LprQuote, lpr_quotes, working_calendar
from models.records.reference_change import Reference, changes_of
from models.records.task import Task
from models.records.timeline import Event
from models.records.two_people import Verdict
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
LAST_WORKING_DAYS = datetime(2026, 12, 30, 2, tzinfo=UTC)
YEAR = YearForm(
    "2027",
    "2027-01-01至2027-01-03 元旦\n2027-02-05至2027-02-11 春节",
    "2027-01-30 春节调休",
    "国办发明电〔2026〕9号",
)
QUOTE = QuoteForm("2026-12-21", "2.90", "3.40", "全国银行间同业拆借中心公告")


def test_a_new_year_counts_the_deadlines_of_open_gates_anew_and_says_so(db: Db) -> None:
    with clock.at(LAST_WORKING_DAYS):
        with db() as s:
            seed(s)
            number = a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00").number
        run_due()
        with db() as s:
            entry = s.exec(select(JournalEntry).where(JournalEntry.name == "acceptance")).one()
            assert entry.due_provisional and entry.due_at is not None
            assert clock.local(entry.due_at).date() == date(2027, 1, 1), "Friday, as far as anyone knows"
            row = reference.propose_year(s, actor(s, "mozhaohui"), YEAR)
            assert 2027 not in working_calendar(s).published, "what is only registered counts for nothing"
            with pytest.raises(ForbiddenError):
                reference.decide(s, actor(s, "mozhaohui"), row.id or 0, Verdict.CONFIRMED)
            reference.decide(s, actor(s, "lujianping"), row.id or 0, Verdict.CONFIRMED)
            assert row.effects == {"deadlines": 1}
        with db() as s:
            entry = s.exec(select(JournalEntry).where(JournalEntry.name == "acceptance")).one()
            task = s.exec(select(Task).where(Task.case_number == number)).one()
            assert task.due_at == entry.due_at and entry.due_at is not None
            assert clock.local(entry.due_at).date() == date(2027, 1, 4)
            assert not entry.due_provisional
            told = s.exec(select(Event).where(Event.event == "deadline_recounted")).one()
            assert (told.data["before"], told.data["after"]) == ("2027-01-01", "2027-01-04")
            calendar = working_calendar(s)
            assert calendar.is_working_day(date(2027, 1, 30)) and not calendar.is_working_day(
                date(2027, 2, 8)
            )
            assert not calendar.is_working_day(date(2027, 2, 8)).provisional
            again = reference.propose_year(s, actor(s, "mozhaohui"), YEAR)
            assert again.before is not None and again.before["days"] == row.after["days"]
            reference.decide(s, actor(s, "mozhaohui"), again.id or 0, Verdict.WITHDRAWN)
        with pytest.raises(DBAPIError, match="append-only"), db() as s:
            s.connection().execute(text("DELETE FROM reference_changes"))


def test_quotes(db: Db) -> None:
    with clock.at(LAST_WORKING_DAYS), db() as s:
        seed(s)
        officer, leader = actor(s, "mozhaohui"), actor(s, "lizhiyuan")
        before = len(lpr_quotes(s))
        row = reference.propose_quote(s, officer, QUOTE)
        with pytest.raises(ConflictError, match="待确认"):
            reference.propose_quote(s, officer, QUOTE)
        reference.decide(s, leader, row.id or 0, Verdict.CONFIRMED)
        assert len(lpr_quotes(s)) == before + 1
        assert s.get_one(LprQuote, date(2026, 12, 21)).one_year == Decimal("2.90")
        with pytest.raises(InvalidError, match="1"):
            reference.propose_quote(s, officer, QUOTE)  # it is there already
        right = reference.propose_quote(s, officer, QuoteForm("2026-12-21", "2.95", "3.40", "更正公告"))
        reference.decide(s, leader, right.id or 0, Verdict.CONFIRMED, "核对无误")
        assert right.before == {"one_year": "2.90", "five_year": "3.40", "source": QUOTE.source}
        assert [change.key for change in changes_of(s, Reference.LPR)] == ["2026-12-21"] * 2
        for wrong, fields in (
            (QuoteForm(), ["source", "published_on", "one_year", "five_year"]),
            (QuoteForm("2027-01-20", "3.00", "3.50", "甲"), ["published_on"]),
            (QuoteForm("2026-11-20", "NaN", "350", "甲"), ["one_year", "five_year"]),
            (QuoteForm("2026-11-20", "3.005", "0.03", "甲"), ["one_year", "five_year"]),
        ):
            with pytest.raises(InvalidError) as refused:
                reference.propose_quote(s, officer, wrong)
            assert [fault.field for fault in refused.value.faults] == fields
        with pytest.raises(ForbiddenError):
            reference.propose_quote(s, actor(s, "linwanyi"), QUOTE)


@pytest.mark.parametrize(
    ("off", "worked", "said"),
    [
        ("", "", "至少须列出一段放假"),
        ("元旦", "", "读不懂"),
        ("2027-02-30 春节", "", "不存在"),
        ("2026-12-31至2027-01-02 元旦", "", "跨年"),
        ("2027-10-07至2027-10-01 国庆", "", "末日须不早于首日"),
        ("2027-10-01至2027-10-31 国庆", "", "不超过 15 天"),
        ("2027-10-01 国庆\n2027-10-01 国庆", "", "写了两次"),
        ("2027-10-01 国庆", "2027-10-08 国庆调休", "本来就是工作日"),
    ],
)
def test_an_announcement_that_cannot_be(off: str, worked: str, said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        calendar_notice.exceptions(2027, off, worked)


def test_a_whole_year_has_every_day() -> None:
    special = calendar_notice.exceptions(2028, "2028-01-01至2028-01-03 元旦", "")
    rows = calendar_notice.whole_year(2028, special, "例")
    assert len(rows) == 366
    assert [row.working for row in rows[:5]] == [False, False, False, True, True]
