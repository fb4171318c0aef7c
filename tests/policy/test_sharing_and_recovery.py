"""B3, B7 and A20, A22: shared limits and money that comes back."""

from decimal import Decimal
from typing import Any

import pytest

from models.policy.errors import FactsError
from models.policy.explain import explain
from models.policy.fields import parse
from models.policy.recovery import RecoveryFacts, recovery_share
from tests.policy.test_stories import two_banks


def test_b3_one_batch_shares_the_enterprise_cap_pro_rata() -> None:
    answers = explain(two_banks({}))
    assert [str(a.payable) for a in answers] == ["6000000.00", "4000000.00"]
    assert {a.binding for a in answers} == {"enterprise.cap"}
    assert "按比例分配" in answers[0].award.model_dump_json()


def test_balances_that_contradict_each_other_are_refused() -> None:
    first, second = two_banks({})
    second["budget"] = {"year": 2025, "left": "1.00"}
    second["claim_no"] = first["claim_no"]
    with pytest.raises(FactsError) as refused:
        explain([first, second])
    assert [fault.field for fault in refused.value.faults] == ["claim_no", "budget"]


def share(**facts: Any) -> Any:
    given = {"compensation": "4000000.00", "loss": "8000000.00", "receipts": [], **facts}
    return recovery_share(parse(RecoveryFacts, given))


ONE = [{"received_on": "2026-03-02", "amount": "950000.00", "costs": "50000.00"}]
NOMINAL = [{"name": "recovery_ratio", "value": "nominal", "effective_from": "2024-01-01"}]


def test_b7_effective_and_nominal_ratio() -> None:
    assert str(share(receipts=ONE).due_now) == "450000.00"
    assert str(share(receipts=ONE, overrides=NOMINAL, nominal_ratio="0.80").due_now) == "720000.00"
    with pytest.raises(FactsError, match="核定补偿比例"):
        share(receipts=ONE, overrides=NOMINAL)


def test_costs_above_a_receipt_carry_over_or_lapse() -> None:
    receipts = [
        {"received_on": "2026-03-02", "amount": "10000.00", "costs": "30000.00"},
        {"received_on": "2026-04-02", "amount": "100000.00"},
    ]
    lapse = [{"name": "recovery_costs", "value": "lapse", "effective_from": "2024-01-01"}]
    assert str(share(receipts=receipts).due_now) == "40000.00"
    assert str(share(receipts=receipts, overrides=lapse).due_now) == "50000.00"
    assert str(share(receipts=receipts[:1]).costs_carried) == "20000.00"


def test_each_hundred_recovered_on_the_guarantee_board_goes_twenty_to_each() -> None:
    result = share(
        compensation="1000000.00",
        loss="5000000.00",
        receipts=[{"received_on": "2026-03-02", "amount": "100.00"}],
        shares={"bank": "20", "national": "20", "province": "20", "city": "40"},
    )
    parties = {name: amount for name, amount in result.parties.items() if amount}
    assert parties == dict.fromkeys(("bank", "national", "province", "guarantor", "treasury"), Decimal(20))
