"""What is looked at when money came back: both sides of every threshold, and until when the share is returned."""

from datetime import date
from typing import Any

import pytest

from models.policy import codes
from models.policy.deadlines import return_due
from models.policy.fields import parse
from models.policy.lines import Result
from models.policy.materials import missing_of_recovery
from models.policy.recovery import RecoveryFacts, recovery_share
from models.policy.recovery_checks import Registration, registration
from models.policy.term import months_later

PAID = {"registered_on": "2026-03-16", "paid_on": "2026-03-02", "reported_before": "2026-03-02"}


def found(receipts: list[dict[str, str]], loss: str = "8000000.00", **changes: Any) -> dict[str, Result]:
    """Code → result, of one registration of a loan with no other receipts."""
    facts = parse(Registration, {**PAID, "action": "settlement", **changes, "receipts": receipts})
    share = None
    if receipts:
        share = recovery_share(
            parse(RecoveryFacts, {"compensation": "4000000.00", "loss": loss, "receipts": receipts})
        )
    checks = registration(facts, share)
    assert {check.code for check in checks} <= set(codes.CHECKS)
    assert all(
        check.clause == "四（二）" and bool(check.remedy) is (check.result is not Result.PASS)
        for check in checks
    )
    return {check.code: check.result for check in checks}


def receipt(day: str = "2026-03-02", amount: str = "950000.00", costs: str = "0.00") -> list[dict[str, str]]:
    return [{"received_on": day, "amount": amount, "costs": costs}]


@pytest.mark.parametrize(
    ("code", "receipts", "changes", "result"),
    [
        ("recovery.after_payment", receipt("2026-03-02"), {}, Result.PASS),
        ("recovery.after_payment", receipt("2026-03-01"), {}, Result.LOOK),
        ("recovery.in_time", receipt("2026-03-02"), {}, Result.PASS),  # the tenth working day
        ("recovery.in_time", receipt("2026-03-02"), {"registered_on": "2026-03-17"}, Result.LOOK),
        ("recovery.costs", receipt(costs="950000.00"), {}, Result.PASS),
        ("recovery.costs", receipt(costs="950000.01"), {}, Result.LOOK),
        ("recovery.within_loss", receipt(amount="8000000.00"), {}, Result.PASS),
        ("recovery.within_loss", receipt(amount="8000000.01"), {}, Result.LOOK),
        ("recovery.court_number", receipt(), {"action": "execution"}, Result.LOOK),
        (
            "recovery.court_number",
            receipt(),
            {"action": "lawsuit", "court_number": "（2026）1号"},
            Result.PASS,
        ),
        ("recovery.report_in_time", [], {"registered_on": "2026-09-02"}, Result.PASS),  # six months
        ("recovery.report_in_time", [], {"registered_on": "2026-09-03"}, Result.LOOK),
    ],
)
def test_both_sides_of_each_threshold(
    code: str, receipts: list[dict[str, str]], changes: dict[str, str], result: Result
) -> None:
    assert found(receipts, **changes)[code] is result


def test_a_settlement_asks_for_no_court_and_a_report_for_no_money() -> None:
    assert "recovery.court_number" not in found(receipt())
    assert set(found([])) == {"recovery.report_in_time"}


def test_the_share_is_returned_ten_working_days_after_it_came_in_and_three_after_the_notice() -> None:
    assert return_due(date(2026, 10, 12), date(2026, 10, 14)).day == date(2026, 10, 26)
    assert return_due(date(2026, 10, 12), date(2026, 10, 21)).day == date(2026, 10, 26)
    assert return_due(date(2026, 10, 12), date(2026, 10, 22)).day == date(2026, 10, 27)


def test_a_month_later_is_the_same_day_or_the_last_one() -> None:
    assert months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_later(date(2026, 12, 1), 1) == date(2027, 1, 1)


def test_which_papers_a_registration_brings() -> None:
    assert [slot.key for slot in missing_of_recovery(True, True, ())] == ["receipt_voucher", "cost_vouchers"]
    assert not missing_of_recovery(True, False, {"receipt_voucher"})
    assert not missing_of_recovery(False, False, ())
