"""The limits' doors: who sees which meters, a budget changed by two people, a case taken out of the line."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from api.demo import play
from models.calendar import seed_rows
from models.lifecycle import Board
from models.records import ledger
from models.records.budget import BudgetChange
from models.records.ledger import AccountKind
from models.records.reference import CalendarDay
from tests.doors.conftest import Client, Server

Db = Callable[[], AbstractContextManager[Session]]
OFFICER, FINANCE, SECOND, LEADER = "mozhaohui", "qiushaofen", "zhanruolan", "lujianping"
TYPED = {"year": "2026", "amount": "5,000,000.00", "resolution": "东财〔2026〕66号", "reason": "追加"}
GATES = ("acceptance", "first_review", "second_review", "office_review", "leader_approval")


@pytest.fixture
def calendar(server: Server, db: Db) -> Iterator[None]:
    with db() as s:
        s.add_all(
            CalendarDay(day=d.day, working=d.working, note=d.name, source=d.source) for d in seed_rows()
        )
    yield


def change(db: Db) -> BudgetChange:
    with db() as s:
        return s.exec(select(BudgetChange)).one()


def posted(client: Client, path: str, **data: str) -> int:
    return client.post(path, data=data).status_code


def test_a_budget_changes_when_a_second_person_confirms_it(server: Server, db: Db) -> None:
    officer, finance = server.client(OFFICER), server.client(FINANCE)
    assert posted(officer, "/budget", **TYPED) == 303
    made = change(db)
    assert "待确认" in finance.get("/budget").text
    assert posted(officer, f"/budget/{made.id}/confirm") == 403  # not by a role that may not
    assert posted(finance, f"/budget/{made.id}/confirm") == 303
    assert "5,000,000.00" in finance.get("/budget?done=confirmed").text
    assert posted(finance, f"/budget/{made.id}/confirm") == 409
    assert posted(officer, "/budget", **TYPED) == 409  # the same resolution twice


def test_nobody_confirms_what_they_proposed_and_more_than_is_left_cannot_be_taken_out(
    server: Server, db: Db
) -> None:
    finance, leader = server.client(FINANCE), server.client(LEADER)
    assert posted(finance, "/budget", **TYPED | {"amount": "-1.00"}) == 303
    made = change(db)
    refused = finance.post(f"/budget/{made.id}/confirm")
    assert (refused.status_code, "须由另一人确认" in refused.text) == (403, True)
    short = leader.post(f"/budget/{made.id}/confirm")
    assert (short.status_code, "余额 0.00 元，不能调减 1.00 元" in short.text) == (409, True)
    assert posted(leader, f"/budget/{made.id}/reject") == 422  # a reason is wanted
    assert posted(leader, f"/budget/{made.id}/reject", reason="金额有误") == 303


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount", "12.345", "小数超过两位"),
        ("amount", "NaN", "不是金额"),
        ("amount", "0", "不能为 0.00"),
        ("amount", "", "不是金额"),
        ("year", "1999", "2024 至 2038"),
        ("year", "二〇二六", "2024 至 2038"),
        ("resolution", " ", "请填写决议或批复文号"),
        ("reason", "", "请填写事由"),
    ],
)
def test_what_is_wrong_with_a_change_is_said_at_its_field_and_what_was_typed_stays(
    server: Server, db: Db, field: str, typed: str, said: str
) -> None:
    answered = server.client(OFFICER).post("/budget", data=TYPED | {field: typed})
    assert answered.status_code == 422
    assert said in answered.text
    assert all(value in answered.text for name, value in TYPED.items() if name != field)
    with db() as s:
        assert s.exec(select(BudgetChange)).first() is None


def test_a_bank_sees_its_own_limits_and_nothing_of_others(server: Server, db: Db, calendar: None) -> None:
    with db() as s:
        play.give_budget(s, "60000000.00")
        for bank, number in (("GYB", 50), ("DJB", 60)):
            play.a_claim(s, Board.BANK, bank, "60000000.00", "1.00", number=number)
        own = play.a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00", number=1).number
        other = play.a_claim(
            s, Board.BANK, "DJB", "1234567.00", "987653.60", number=1, receipt_number="JJ-x"
        ).number
    play.run_due()
    for number in (own, other):
        for gate in GATES:
            play.do(number, gate)
    page = server.client("linwanyi").get("/bank/limits").text
    assert own in page and "800,000.00" in page
    assert other not in page and "987,653.60" not in page and "1,787,653.60" not in page
    assert "本行年度限额" in server.client("linwanyi").get("/bank").text
    for path in ("/limits", "/limits/1", "/budget"):
        assert server.client("linwanyi").get(path).status_code == 403
    assert server.client("tanjunhao").get("/bank/limits").status_code == 404  # a guarantor has no such limit
    staff = server.client(OFFICER).get("/limits").text
    assert "1,787,653.60" in staff  # the firm's two banks together
    assert server.client(OFFICER).get("/limits/999999").status_code == 404


def test_a_waiting_case_says_what_would_free_it_and_the_bureau_may_end_the_waiting(
    server: Server, db: Db, calendar: None
) -> None:
    with db() as s:
        play.give_budget(s, "1000000.00")
        number = play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00").number
        first = play.a_claim(s, Board.GUARANTEE, "GHD", "500000.00", "100000.00", number=2).number
    play.run_due()
    for gate in GATES[:-1]:
        play.do(number, gate)
        play.do(first, gate)
    play.do(first, "leader_approval")
    play.do(number, "leader_approval")
    officer = server.client(OFFICER)
    page = officer.get(f"/cases/{number}").text
    assert "待额度" in page and "尚缺 100,000.00 元" in page
    assert number in officer.get("/budget").text and number in officer.get("/limits").text
    assert "尚缺" not in server.client("tanjunhao").get(f"/cases/{number}").text
    assert posted(server.client("tanjunhao"), f"/cases/{number}/recalculate", reason="x") == 403
    assert officer.get(f"/cases/{number}/recalculate").status_code == 200
    assert posted(officer, f"/cases/{number}/recalculate", reason="") == 422
    assert posted(officer, f"/cases/{number}/recalculate", reason="年内不再追加") == 303
    play.run_due()
    assert play.state_of(number).value == "first_review"


def test_what_came_back_is_shown_as_returned_and_not_as_a_payment_below_nothing(
    server: Server, db: Db
) -> None:
    with db() as s:
        returns = ledger.opened(s, AccountKind.RECOVERY, "2026", "2026年度追偿返还")
        s.flush()
        s.connection().execute(text("SET LOCAL session_replication_role = replica"))  # no claim was paid here
        returns.returned = Decimal("8880.00")
    shown = server.client("lizhiyuan").get("/limits").text
    assert "2026年度追偿返还" in shown and "8,880.00" in shown
    assert "-8,880.00" not in shown
