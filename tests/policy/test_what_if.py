"""政策推演: claims replayed under other rules; only differences travel through the limits."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from models.policy import what_if
from models.policy.explain import read
from models.policy.overrides import Override
from models.policy.parameters import Parameters
from models.policy.what_if import Pinned
from tests.policy.test_stories import facts_of

SHIPPED = Parameters.load()
NEXT = {"enterprise.uscc": "91441900MA50001354", "accepted_on": "2025-06-03"}
"""Another firm, a day later."""


def pinned(number: str, before: str | None, **changes: Any) -> Pinned:
    facts = facts_of({"from": "bank", "set": {"claim_no": number, **changes.pop("facts", {})}})
    given: dict[str, Any] = {
        "facts": read(facts)[0],
        "before": None if before is None else Decimal(before),
        "failed": frozenset(),
        "refused": False,
        "held": True,
        "asked": None,
        "groups": {"institution": "甲银行", "size": "小型", "industry": "制造业", "year": "2025 年"},
    }
    return Pinned(**{**given, **changes})


def played(claims: list[Pinned], **values: Any) -> list[tuple[str, str, str]]:
    other = what_if.assumed(SHIPPED, what_if.changes({"changes": values}, SHIPPED))
    return [(c.claim_no, str(c.after), c.reason) for c in what_if.replay(claims, SHIPPED, other)]


def test_the_same_rules_change_nothing() -> None:
    claims = [pinned("一", "4000000.00"), pinned("二", None, held=False)]
    for claim in what_if.replay(claims, SHIPPED, SHIPPED):
        assert not claim.difference
        assert claim.reason == ""


def test_more_room_for_the_first_is_less_for_the_second() -> None:
    later = {"bank_years": [{"year": 2024, "lending": "1200000000.00", "paid": "24000000.00"}], **NEXT}
    claims = [pinned("一", "4000000.00"), pinned("二", "0.00", facts=later)]
    assert played(claims, bank_year_cap_ratio="0.03") == [
        ("一", "6400000.00", "补偿比例"),
        ("二", "6400000.00", "补偿比例"),
    ]
    # 2.5 % leaves 30,000,000: the first now takes 6,400,000 of it, so 3,600,000 is left for the second
    assert [after for _, after, _ in played(claims, bank_year_cap_ratio="0.025")] == [
        "6400000.00",
        "3600000.00",
    ]


def test_a_lower_limit_below_what_was_used_is_no_room_for_anybody() -> None:
    """What an earlier claim gives back first fills the hole the lower limit left, and only then is room again."""
    year = {"year": 2024, "lending": "1200000000.00"}
    claims = [
        pinned("一", "6400000.00", facts={"bank_years": [{**year, "paid": "10000000.00"}]}),
        pinned("二", "6400000.00", facts={"bank_years": [{**year, "paid": "16400000.00"}], **NEXT}),
    ]
    # 1 % is 12,000,000: of it 10,000,000 was paid to others before, so both together have 2,000,000
    assert played(claims, bank_year_cap_ratio="0.01") == [
        ("一", "2000000.00", "银行年度补偿限额（三（四））"),
        ("二", "0.00", "银行年度补偿限额（三（四））"),
    ]


def test_claims_calculated_side_by_side_share_the_lower_limit() -> None:
    """Neither knew of the other when it was calculated; under the other rules they meet all the same."""
    year = {"bank_years": [{"year": 2024, "lending": "1200000000.00"}]}
    claims = [pinned("一", "6400000.00", facts=year), pinned("二", "6400000.00", facts={**year, **NEXT})]
    assert [after for _, after, _ in played(claims, bank_year_cap_ratio="0.007")] == [
        "6400000.00",
        "2000000.00",
    ]
    same_firm = [claims[0], pinned("二", "3600000.00", facts={**year, "accepted_on": "2025-06-03"})]
    assert [after for _, after, _ in played(same_firm, bank_enterprise_cap="8000000.00")] == [
        "6400000.00",
        "1600000.00",
    ]


def test_what_came_between_calculation_and_approval_is_no_difference() -> None:
    """A year grew by lending before the second was approved, so it had more than its facts allow."""
    year = {"bank_years": [{"year": 2024, "lending": "500000000.00"}]}
    claims = [pinned("一", "6400000.00", facts=year), pinned("二", "5000000.00", facts={**year, **NEXT})]
    assert not any(one.difference for one in what_if.replay(claims, SHIPPED, SHIPPED))
    assert [after for _, after, _ in played(claims, bank_year_cap_ratio="0.02")] == [
        "6400000.00",
        "5000000.00",
    ]


def test_an_open_claim_takes_nothing_from_the_others() -> None:
    claims = [
        pinned("一", "4000000.00", held=False),
        pinned("二", "4000000.00", facts={"accepted_on": "2025-06-03"}),
    ]
    assert [after for _, after, _ in played(claims, bank_year_cap_ratio="0.03")] == ["6400000.00"] * 2


def test_people_who_decided_against_it_are_not_overruled() -> None:
    claims = [pinned("一", "0.00", refused=True, held=False)]
    assert played(claims, bank_year_cap_ratio="0.03") == [("一", "0.00", "")]


def test_what_the_rules_alone_stood_against_may_come_in() -> None:
    late = {"loan.disbursed_on": "2024-03-05", "loan.matures_on": "2028-03-05"}
    claims = [pinned("一", "0.00", refused=True, held=False, failed=frozenset({"loan.term"}), facts=late)]
    assert played(claims, bank_term_years=4) == [("一", "4000000.00", "原检查不符合，现符合")]
    assert played(claims, bank_term_years=2) == [("一", "0.00", "")]


def test_a_stricter_rule_shuts_out_what_was_paid() -> None:
    assert played([pinned("一", "4000000.00")], policy_from="2024-04-01") == [
        ("一", "0.00", "不再符合：放款日在政策期内")
    ]


def test_less_asked_stays_less() -> None:
    claims = [pinned("一", "1000000.00", asked=Decimal("1000000.00"))]
    assert played(claims, bank_year_cap_ratio="0.03") == [("一", "1000000.00", "")]


def test_another_reading_of_the_year_moves_the_claim_into_another_limit() -> None:
    years = {
        "bank_years": [
            {"year": 2024, "lending": "1200000000.00", "paid": "20000000.00"},
            {"year": 2025, "lending": "100000000.00"},
        ]
    }
    claims = [
        pinned("一", "4000000.00", facts=years),
        pinned("二", "0.00", facts={**years, "accepted_on": "2025-06-03"}),
    ]
    assert [after for _, after, _ in played(claims, cap_basis="claim_year")] == ["2000000.00", "0.00"]


def test_an_assumed_value_replaces_what_came_later() -> None:
    rules = SHIPPED.with_overrides(
        [
            Override.model_validate(
                {"name": "bank_year_cap_ratio", "value": "0.05", "effective_from": "2024-02-01"}
            )
        ]
    )
    wanted = what_if.changes({"changes": {"bank_year_cap_ratio": "0.03"}}, rules)
    assert (
        str(what_if.assumed(rules, wanted).value("bank_year_cap_ratio", on=wanted[0].effective_from))
        == "0.03"
    )
    assert len(what_if.assumed(rules, wanted).get("bank_year_cap_ratio").rows) == 1


def test_groups_add_up() -> None:
    first = pinned("一", "4000000.00")
    claims = [first, replace(pinned("二", "4000000.00"), groups={**first.groups, "institution": "乙银行"})]
    other = what_if.assumed(SHIPPED, what_if.changes({"changes": {"bank_year_cap_ratio": "0.01"}}, SHIPPED))
    replayed = what_if.replay(claims, SHIPPED, other)
    total = what_if.totals(replayed)
    for dimension in what_if.DIMENSIONS:
        groups = what_if.by(dimension, replayed)
        assert sum(group.difference for group in groups) == total.difference == total.after - total.before
        assert sum(group.claims for group in groups) == 2
