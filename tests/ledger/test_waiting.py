"""Exhaustion is a state people see: approved claims wait in line and go on by themselves, in order of approval."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from api.demo import play
from api.demo.play import do, give_budget, run_due, state_of
from flows.actions.applications import withdrawing
from flows.actions.cases import recalculating
from flows.actions.errors import ConflictError, ForbiddenError
from flows.actions.papers import composing
from flows.documents.engine import plain_text
from flows.steps import limits, line
from models import clock
from models.gates import Outcome
from models.lifecycle import Board, State
from models.records.case import CaseRecord, by_number
from models.records.ledger import AccountKind
from models.records.timeline import Event
from tests.kernel.stage import MONDAY, actor, claim_at, object_to
from tests.ledger import cases
from tests.ledger.conftest import Db

pytestmark = pytest.mark.usefixtures("office")
TO_NOTICE = ("first_review", "second_review", "office_review", "leader_approval")


def approve_in_line(count: int) -> list[str]:
    """Claims of 1,000,000 元 approved one after the other while 500,000 元 are left."""
    numbers = [claim_at("leader_approval", number) for number in range(1, count + 1)]
    cases.leave("500000.00")
    for number in numbers:
        do(number, "leader_approval")
    assert {state_of(number) for number in numbers} == {State.AWAITING_ROOM}
    return numbers


def more(office: Db, amount: str) -> None:
    with office() as s:
        give_budget(s, amount, f"东财〔2026〕{amount}号（示例）")
    run_due()


def record(s: Session, number: str) -> CaseRecord:
    found = by_number(s, number)
    assert found is not None
    return found


def test_the_missing_budget_is_drafted_as_a_request_to_the_city(office: Db) -> None:
    numbers = approve_in_line(2)
    with office() as s:
        words = plain_text(composing.compose(s, "D39", str(clock.today().year)).data)
    for said in (
        "妥否，请批示。",
        "余额￥500,000.00",
        "￥2,000,000.00（人民币贰佰万元整）",
        "缺口￥1,500,000.00",
        *numbers,
    ):
        assert said in words


def test_waiting_claims_go_on_in_order_of_approval_when_the_budget_is_raised(office: Db) -> None:
    first, second, third = approve_in_line(3)
    with office() as s:
        told = s.exec(
            select(Event).where(Event.case_id == record(s, second).id, Event.event == "awaiting_room")
        ).one()
    assert "余额 500,000.00 元，前面另有 1 件待额度、共需 1,000,000.00 元" in told.data["reason"]
    assert "尚缺 1,500,000.00 元" in told.data["reason"]
    more(office, "700000.00")
    assert [state_of(n) for n in (first, second, third)] == [
        State.PUBLIC_NOTICE, State.AWAITING_ROOM, State.AWAITING_ROOM,
    ]  # fmt: skip
    with (
        office() as s
    ):  # the next in line gives up its place; 200,000 are left, the third does not fit either
        withdrawing.withdraw(s, actor(s, "tanjunhao"), second, "企业已还款")
    run_due()
    assert state_of(third) == State.AWAITING_ROOM
    more(office, "800000.00")
    assert state_of(third) == State.PUBLIC_NOTICE
    assert cases.account(AccountKind.BUDGET).left == 0
    assert not cases.differences()


def test_nobody_passes_an_earlier_approval_that_does_not_fit_until_the_bureau_has_it_calculated_anew(
    office: Db,
) -> None:
    large = claim_at("leader_approval", 1)
    with office() as s:
        small = play.a_claim(s, Board.GUARANTEE, "GHD", "500000.00", "100000.00", number=2).number
    run_due()
    for gate in ("acceptance", *TO_NOTICE[:-1]):
        do(small, gate)
    cases.leave("600000.00")
    do(large, "leader_approval")
    do(small, "leader_approval")
    assert state_of(small) == State.AWAITING_ROOM  # 600,000 would do, but the earlier one waits for it
    with pytest.raises(ForbiddenError), office() as s:
        recalculating.recalculate(s, actor(s, "tanjunhao"), large, "不等了")
    with office() as s:
        recalculating.recalculate(s, actor(s, "mozhaohui"), large, "年内不再追加预算")
    run_due()
    assert (state_of(large), state_of(small)) == (State.FIRST_REVIEW, State.PUBLIC_NOTICE)
    with pytest.raises(ConflictError), office() as s:
        recalculating.recalculate(s, actor(s, "mozhaohui"), large, "再来一次")
    with office() as s:
        assert record(s, large).decided_amount == Decimal("600000.00")  # what was free when it left the line
    for gate in TO_NOTICE:
        do(large, gate)
    assert state_of(large) == State.AWAITING_ROOM  # meanwhile the small one took its part: it may wait again
    more(office, "100000.00")
    assert state_of(large) == State.PUBLIC_NOTICE
    assert not cases.differences()


def test_a_new_budget_year_and_a_missed_call_both_wake_who_waits(office: Db) -> None:
    first, second = approve_in_line(2)
    with office() as s:  # room came while nobody called: the scheduled look finds it
        year = cases.account(AccountKind.BUDGET)
        found = cases.ledger.opened(s, AccountKind.BUDGET, year.key, year.label)
        cases.ledger.keep_ceiling(s, found, found.used + Decimal("1000000.00"), "示例")
    assert line.call_everyone() == 1
    run_due()
    assert (state_of(first), state_of(second)) == (State.PUBLIC_NOTICE, State.AWAITING_ROOM)
    with clock.at(datetime(2027, 1, 4, 10, 0, tzinfo=clock.SHANGHAI)):
        run_due()
        assert state_of(second) == State.AWAITING_ROOM  # the new year has no budget yet
        with office() as s:
            give_budget(s, "3000000.00", "东财〔2027〕1号（示例）")
        run_due()
        assert state_of(second) == State.PUBLIC_NOTICE
    assert cases.account(AccountKind.BUDGET, "2027").reserved == Decimal("1000000.00")
    assert not cases.differences()


def test_what_comes_back_refills_the_firm_only_and_never_more_than_was_paid(office: Db) -> None:
    with office() as s:
        play.a_claim(s, Board.BANK, "GYB", "60000000.00", "1.00", number=2)
        number = play.a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00").number
    run_due()
    for gate in ("acceptance", *TO_NOTICE):
        do(number, gate)
    with clock.at(MONDAY + timedelta(days=8)):
        run_due()
        do(number, "finance_review")
        do(number, "payment", voucher_number="PZ-1", voucher_date="2026-10-20")
        with pytest.raises(limits.OverReturnedError, match=r"最多还可返还 800,000.00 元"), office() as s:
            limits.give_back(s, record(s, number), Decimal("800000.01"), "追偿返还")
        for amount in ("300000.00", "500000.00"):
            with office() as s:
                limits.give_back(s, record(s, number), Decimal(amount), "追偿返还")
        with pytest.raises(limits.OverReturnedError), office() as s:
            limits.give_back(s, record(s, number), Decimal("0.01"), "追偿返还")
    firm = cases.account(AccountKind.ENTERPRISE, play.uscc(1))
    assert (firm.paid, firm.returned, firm.left) == (Decimal(800000), Decimal(800000), Decimal(10000000))
    assert cases.account(AccountKind.BUDGET).used == Decimal("800000.00")
    assert cases.account(AccountKind.RECOVERY).returned == Decimal("800000.00")
    found = {one.code for one in cases.differences()}
    assert found == {"return.recoveries", "return.enterprise"}  # no recovery confirmed it


def test_what_was_released_last_year_is_reserved_in_the_year_of_the_new_decision(office: Db) -> None:
    number = claim_at("public_notice")
    object_to(number)
    do(number, "objection", Outcome.SEND_BACK, "异议成立", target="first_review")
    with clock.at(datetime(2027, 1, 4, 10, 0, tzinfo=clock.SHANGHAI)):
        with office() as s:
            give_budget(s, "3000000.00", "东财〔2027〕1号（示例）")
        for gate in TO_NOTICE:
            do(number, gate)
    assert cases.account(AccountKind.BUDGET, "2027").reserved == Decimal("1000000.00")
    assert cases.account(AccountKind.BUDGET).reserved == 0
    assert not cases.differences()
