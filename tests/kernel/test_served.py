"""送达 and deadlines: what an applicant has to do is counted from the day after they acknowledged it; never shortened,
never revived once it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from sqlmodel import col, select

from api.demo import play
from api.pages import case_clock, task_clock
from flows.kernel import served
from models import clock
from models.calendar import seeded_calendar
from models.database import session
from models.gates import Outcome
from models.records.case import JournalEntry, journal_of
from models.records.notice import Acknowledged, Notice
from models.records.rules import ParameterOverride
from models.records.task import Task
from models.records.timeline import Event
from tests.kernel.stage import MONDAY, actor, case_of, claim_at

pytestmark = pytest.mark.usefixtures("office")
FAULTS = [{"where": "借款合同", "problem": "缺少盖章页", "remedy": "请补传", "clause": "四（二）"}]


@contextmanager
def on(day: int, hour: int = 9) -> Iterator[None]:
    """A day of October 2026; the 12th is a Monday, the 19th the next."""
    with clock.at(datetime(2026, 10, day, hour, tzinfo=clock.SHANGHAI)):
        yield


def returned() -> str:
    """A claim sent back for 补正 on Monday the 12th, with five working days; its number."""
    number = claim_at("acceptance")
    play.do(number, "acceptance", Outcome.RETURN, "请补正", faults=FAULTS)
    assert due(number) == date(2026, 10, 19)
    return number


def acknowledge(number: str, event: str = "claim_returned") -> None:
    with session() as s:
        query = select(Notice).where(Notice.case_id == case_of(s, number).id, Notice.event == event)
        notice = s.exec(query.order_by(col(Notice.created_at).desc())).first()
        assert notice is not None
        served.acknowledge(s, [notice.id], Acknowledged.PORTAL, clock.now(), actor(s, "tanjunhao").person_id)


def entry_of(number: str, gate: str = "correction") -> JournalEntry:
    with session() as s:
        key = case_of(s, number).id or 0
        return [e for e in journal_of(s, key, valid_only=True) if e.name == gate][-1]


def due(number: str, gate: str = "correction") -> date:
    entry = entry_of(number, gate)
    assert entry.due_at is not None
    with session() as s:
        query = select(Task.due_at).where(Task.entry_id == entry.id)
        assert set(s.exec(query)) == {entry.due_at}, "the queue shows what the journal says"
    return clock.local(entry.due_at).date()


def events() -> list[Event]:
    with session() as s:
        return list(s.exec(select(Event).where(Event.event == "deadline_from_service")))


def test_the_days_of_a_correction_count_from_the_day_after_it_was_acknowledged() -> None:
    number = returned()
    with on(14):
        acknowledge(number)
        assert due(number) == date(2026, 10, 21)
        (told,) = events()
        assert told.data == {
            "before": "2026-10-19", "after": "2026-10-21", "provisional": False, "served": "2026-10-14", "days": 5,
        }  # fmt: skip
        shown = task_clock.working_days(seeded_calendar(), entry_of(number))
        assert shown.words == "余 5 工作日"
        assert "自 10月14日签收次日起算" in shown.due
        with session() as s:
            journal = journal_of(s, case_of(s, number).id or 0)
        (row,) = [r for r in case_clock.rows(seeded_calendar(), journal) if r.gate.startswith("补正")]
        assert "第1轮 2026-10-12 送出，2026-10-14 签收，自签收次日起算" in row.arithmetic
        assert row.arithmetic[-1] == "2026-10-14 起 5 个工作日 → 2026-10-21 截止"
    with on(15):
        acknowledge(number)
        assert due(number) == date(2026, 10, 21), "the first acknowledgement counts"


def test_an_acknowledgement_on_the_day_of_sending_moves_nothing() -> None:
    number = returned()
    with clock.at(MONDAY):
        acknowledge(number)
    assert due(number) == date(2026, 10, 19)
    assert events() == []


def test_a_deadline_that_is_over_is_not_revived_by_a_late_signature() -> None:
    number = returned()
    with on(20):
        acknowledge(number)
        assert due(number) == date(2026, 10, 19)
        assert events() == []


def test_under_the_other_reading_days_count_from_sending() -> None:
    number = returned()
    with session() as s:
        who, other = actor(s, "mozhaohui").person_id, actor(s, "lujianping").person_id
        s.add(
            ParameterOverride(
                name="applicant_days_from", value="sending", effective_from=date(2026, 10, 13),
                resolution="会议纪要 1 号", reason="统一按送出次日", proposed_by=who, proposed_at=clock.now(),
                verdict="confirmed", decided_by=other, decided_at=clock.now(), note="",
            )
        )  # fmt: skip
    with on(14):
        acknowledge(number)
        assert due(number) == date(2026, 10, 19)


def test_a_new_calendar_counts_from_service_too_and_the_next_round_goes_on_from_what_was_used() -> None:
    number = returned()
    with on(14):
        acknowledge(number)
    with session() as s:
        entry = s.get_one(JournalEntry, entry_of(number).id)
        assert served.due(seeded_calendar(), entry).day == date(2026, 10, 21)
    with on(16):
        play.do(number, "correction", Outcome.APPROVE, "已补正")
        play.do(number, "acceptance", Outcome.RETURN, "仍缺", faults=FAULTS)
        again = entry_of(number)
        assert again.used_before == 2, "15th and 16th: the days before service are nobody's"


def test_the_receipt_of_a_payment_counts_from_service() -> None:
    number = claim_at("public_notice")
    with on(20):
        play.run_due()
        play.do(number, "finance_review")
        play.do(number, "payment", voucher_number="PZ-1", voucher_date="2026-10-20")
        before = due(number, "receipt")
    with on(22):
        acknowledge(number, "claim_paid")
        after = due(number, "receipt")
        days = seeded_calendar()
        assert days.working_days_between(date(2026, 10, 20), before) == days.working_days_between(
            date(2026, 10, 22), after
        )
