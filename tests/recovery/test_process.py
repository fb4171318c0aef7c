"""追偿返还 from the registered receipt to the treasury, on a real database, without a server."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from api.demo import play, recoveries
from api.demo.play import do, run_due, state_of
from flows.actions.applications import withdrawing
from flows.actions.errors import ConflictError, InvalidError
from flows.chase_deadlines import chase
from flows.documents import bundle, integrity
from flows.documents.engine import plain_text
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import State
from models.records import document, ledger, recovery, timeline
from models.records.attachment import Blob
from models.records.ledger import AccountKind
from models.records.notice import Notice
from models.roles import Role
from tests.kernel.stage import MONDAY, case_of, check_case, check_numbers
from tests.ledger import cases
from tests.recovery.conftest import Db
from tests.recovery.paid import RECEIVED, after_b1, paid

pytestmark = pytest.mark.usefixtures("office")
COSTS = {"案件受理费": "30000.00", "律师代理费": "20000.00"}


def registered(claim: str, amount: str = "950000.00", **more: object) -> str:
    with session() as s:
        number = recoveries.register(s, claim, [(RECEIVED, amount)], **more).number  # type: ignore[arg-type]
    run_due()
    return number


def events_of(number: str) -> list[str]:
    """What the applicant was told, by name: the clock of a test stands still."""
    with session() as s:
        return sorted(s.exec(select(Notice.event).where(Notice.case_id == case_of(s, number).id)))


def text_of(number: str, code: str) -> str:
    with session() as s:
        found = document.latest(s, case_of(s, number).id or 0, code)
        assert found is not None
        return plain_text(s.get_one(Blob, found.sha256).data)


def returned() -> Decimal:
    with session() as s:
        found = ledger.account(s, AccountKind.RECOVERY, str(clock.today().year))
        return found.returned if found else Decimal("0.00")


def test_b7_after_a_capped_claim_half_comes_back_and_only_once_the_treasury_has_it(office: Db) -> None:
    claim = after_b1()
    number = registered(claim, costs=COSTS, progress="首笔分配款到账。")
    assert state_of(number) == State.RECOVERY_REVIEW
    recoveries.review(number)
    assert state_of(number) == State.RETURN_SLIP
    said = text_of(number, "D29")
    assert "￥450,000.00（人民币肆拾伍万元整）" in said and "实际补偿比例50%返还" in said
    assert "2026年10月26日" in said  # ten working days after the money came in
    assert "首笔分配款到账。" in text_of(number, "D28")
    recoveries.hand_in_slip(number)
    assert (state_of(number), returned()) == (State.RETURN_CONFIRMATION, Decimal("0.00"))
    recoveries.confirm(number)
    assert (state_of(number), returned()) == (State.RETURNED, Decimal("450000.00"))
    with session() as s:
        found = recovery.of_case(s, case_of(s, number).id or 0)
        assert (found.returned, found.slip_number) == (Decimal("450000.00"), f"FH{number[-4:]}")
        assert [e.event for e in timeline.of_case(s, case_of(s, claim).id or 0)][-1] == "money_returned"
    assert events_of(number) == ["recovery_received", "return_confirmed", "return_demanded"]
    assert not cases.differences()
    with session() as s:
        check_case(s, case_of(s, number))
        check_numbers(s)


def test_its_letters_are_made_again_and_its_evidence_says_how_the_return_was_worked_out(office: Db) -> None:
    number = registered(after_b1(), costs=COSTS, progress="首笔分配款到账。")
    recoveries.review(number)
    with session() as s:
        assert not integrity.verify(s).differences
        held = bundle.collect(s, case_of(s, number), [], applicant=False)
        names = [item.path for item in held.items]
        assert [n for n in names if n.startswith("文书/")] == [
            "文书/01-追偿进展报告.docx",
            "文书/02-追偿返还通知书-计返〔2026〕1号.docx",
        ]
        worked = next(item for item in held.items if item.path == "测算.txt")
        assert "本次应返还 450000.00 元" in (worked.data or b"").decode()


def test_a_return_refills_the_firm_s_limit_only(office: Db) -> None:
    """A21: not the bank's year, not the budget."""
    claim = after_b1()
    before = {
        kind: left(kind, claim)
        for kind in (AccountKind.ENTERPRISE, AccountKind.BANK_YEAR, AccountKind.BUDGET)
    }
    number = registered(claim, "900000.00")
    recoveries.review(number)
    recoveries.hand_in_slip(number)
    recoveries.confirm(number)
    after = {kind: left(kind, claim) for kind in before}
    assert after.pop(AccountKind.ENTERPRISE) - before.pop(AccountKind.ENTERPRISE) == Decimal("450000.00")
    assert after == before


def left(kind: AccountKind, claim: str) -> Decimal:
    with session() as s:
        entries = ledger.entries_of_case(s, case_of(s, claim).id or 0)
        return next(account.left for _, account in entries if account.kind == kind)


def test_each_hundred_of_a_guaranteed_loan_brings_twenty_to_the_treasury(office: Db) -> None:
    number = registered(paid(), "100.00")
    recoveries.review(number)
    with session() as s:
        assert recovery.of_case(s, case_of(s, number).id or 0).due == Decimal("20.00")


def test_costs_that_take_everything_leave_nothing_to_return_and_carry_over(office: Db) -> None:
    claim = after_b1()
    number = registered(claim, "10000.00", costs={"律师代理费": "30000.00"})
    with session() as s:
        kept = recovery.of_case(s, case_of(s, number).id or 0).checks["checks"]
        assert {c["code"]: c["result"] for c in kept}["recovery.costs"] == "look"
    recoveries.review(number)
    assert state_of(number) == State.NOTHING_DUE
    said = text_of(number, "D29")
    assert "本次无须返还财政资金。尚未受偿的追偿费用￥20,000.00结转" in said
    assert events_of(number) == ["nothing_to_return", "recovery_received"]
    with session() as s:  # A22: the next receipt first covers what is left of the costs
        later = recoveries.register(s, claim, [(RECEIVED, "100000.00")]).number
    run_due()
    recoveries.review(later)
    with session() as s:
        assert recovery.of_case(s, case_of(s, later).id or 0).due == Decimal("40000.00")
    assert not cases.differences()


def test_receipts_add_up_and_nothing_is_lost_by_rounding(office: Db) -> None:
    """A22: half of a fen is nothing, half of two is one."""
    claim = after_b1()
    first = registered(claim, "0.01")
    recoveries.review(first)
    assert state_of(first) == State.NOTHING_DUE
    with clock.at(MONDAY + timedelta(days=1)):
        with session() as s:
            second = recoveries.register(s, claim, [(date(2026, 10, 13), "0.01")]).number
        run_due()
        recoveries.review(second)
    assert state_of(second) == State.RETURN_SLIP
    with session() as s:
        assert recovery.of_case(s, case_of(s, second).id or 0).due == Decimal("0.01")


def test_a_report_without_money_ends_when_it_was_read(office: Db) -> None:
    with session() as s:
        number = recoveries.register(s, paid(), [], progress="财产线索不足，法院已终结本次执行。").number
    run_due()
    assert state_of(number) == State.PROGRESS_NOTE
    do(
        number,
        "progress_note",
        Outcome.RETURN,
        "请写明下一步",
        faults=[{"where": "追偿进展", "problem": "没有下一步", "remedy": "补充"}],
    )
    assert state_of(number) == State.CORRECTION
    do(number, "correction")
    do(number, "progress_note")
    assert state_of(number) == State.PROGRESS_NOTED
    assert "报告期内没有新的回款" in text_of(number, "D28")
    assert "D29" not in _codes(number)
    assert events_of(number) == ["progress_noted", "recovery_received", "recovery_returned"]


def _codes(number: str) -> list[str]:
    with session() as s:
        return [d.code for d in document.of_case(s, case_of(s, number).id or 0)]


def test_what_the_review_does_not_accept_counts_in_nothing_and_may_be_registered_again(office: Db) -> None:
    claim = after_b1()
    number = registered(claim)
    do(number, "recovery_review", Outcome.REFUSE, "凭证与回款不符")
    assert state_of(number) == State.RECOVERY_SECOND_REVIEW
    do(number, "recovery_second_review", Outcome.SEND_BACK, "请再核", target="recovery_review")
    do(number, "recovery_review", Outcome.REFUSE, "凭证与回款不符")
    do(number, "recovery_second_review")
    assert (state_of(number), _codes(number)) == (State.RECOVERY_REFUSED, [])
    again = registered(claim)
    recoveries.review(again)
    with session() as s:
        assert recovery.of_case(s, case_of(s, again).id or 0).due == Decimal("475000.00")


def test_the_treasury_returns_a_slip_whose_money_it_does_not_find(office: Db) -> None:
    number = registered(after_b1())
    recoveries.review(number)
    with session() as s:
        due_at = play.open_task(s, number, "return_slip").due_at
    recoveries.hand_in_slip(number)
    do(number, "return_confirmation", Outcome.RETURN, "未查到该笔款项")
    assert (state_of(number), returned()) == (State.RETURN_SLIP, Decimal("0.00"))
    with session() as s:
        assert play.open_task(s, number, "return_slip").due_at == due_at  # the day does not move
    recoveries.hand_in_slip(number)
    recoveries.confirm(number)
    assert returned() == Decimal("475000.00")
    assert "return_not_found" in events_of(number)


def test_the_slip_has_the_amount_of_the_notice_and_its_paper(office: Db) -> None:
    number = registered(after_b1())
    recoveries.review(number)
    with pytest.raises(InvalidError) as refused:
        recoveries.hand_in_slip(number, clock.today() + timedelta(days=1), Decimal("1.00"))
    assert [fault.field for fault in refused.value.faults] == ["returned_on", "returned_amount"]
    assert "缴款 1.00 元与应返还 475,000.00 元不一致" in refused.value.faults[1].message


def test_a_return_that_is_late_is_told_and_nothing_else_happens(office: Db) -> None:
    number = registered(after_b1())
    recoveries.review(number)
    with clock.at(MONDAY + timedelta(days=20)):
        chase()
        chase()
        run_due()
    assert events_of(number).count("return_overdue") == 1
    assert (state_of(number), returned()) == (State.RETURN_SLIP, Decimal("0.00"))


def test_a_notice_that_comes_late_still_leaves_time_to_follow_it(office: Db) -> None:
    """The review took the ten working days: three are left from the notice on."""
    number = registered(after_b1())
    with clock.at(MONDAY + timedelta(days=28)):  # 9 November
        recoveries.review(number)
        with session() as s:
            due_at = clock.local(play.open_task(s, number, "return_slip").due_at)
    assert due_at.date() == date(2026, 11, 12)


def test_it_is_withdrawn_until_the_notice_is_issued(office: Db) -> None:
    claim = after_b1()
    number = registered(claim)
    with session() as s:
        withdrawing.withdraw(s, play.person(s, Role.FILER, "GYB"), number, "登记有误")
    assert state_of(number) == State.WITHDRAWN
    again = registered(claim)  # the same receipt, since the first was taken back
    recoveries.review(again)
    with session() as s, pytest.raises(ConflictError):
        withdrawing.withdraw(s, play.person(s, Role.FILER, "GYB"), again, "登记有误")
