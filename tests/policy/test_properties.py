"""What must hold for every claim, not only for the stories."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.policy.allocation import Demand, pro_rata
from models.policy.compensation import bank, guarantee
from models.policy.errors import FactsError
from models.policy.explain import explain
from models.policy.facts import BankClaimFacts, GuaranteeClaimFacts, Shares
from models.policy.fields import parse
from models.policy.recovery import RecoveryFacts, recovery_share
from tests.policy.test_stories import facts_of


def yuan(highest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, highest * 100).map(lambda fen: Decimal(fen).scaleb(-2))


def bank_facts(loss: Decimal, paid: Decimal, prior: Decimal, left: Decimal) -> dict[str, Any]:
    facts = facts_of({"from": "bank"})
    facts["loan"]["principal"] = facts["unpaid_principal"] = loss
    facts["bank_years"] = [{"year": 2024, "lending": "1000000033.33", "paid": paid}]
    facts["enterprise_prior"] = [{"paid": prior}]
    facts["budget"] = {"year": 2025, "left": left}
    return facts


@given(yuan(30_000_000), yuan(25_000_000), yuan(12_000_000), yuan(20_000_000))
def test_the_bank_board_never_passes_a_limit(
    loss: Decimal, paid: Decimal, prior: Decimal, left: Decimal
) -> None:
    award = bank(parse(BankClaimFacts, bank_facts(loss, paid, prior, left)))
    assert 0 <= award.payable <= Fraction(80, 100) * Fraction(loss)
    assert award.payable <= max(Decimal(0), Decimal("10000000.00") - prior)
    assert award.payable <= max(Fraction(0), Fraction(2, 100) * Fraction("1000000033.33") - Fraction(paid))
    assert award.payable <= left
    assert award.payable <= award.exact < award.payable + Decimal("0.01")


@given(yuan(19_000_000), yuan(1_000_000))
def test_more_loss_is_never_paid_less(loss: Decimal, more: Decimal) -> None:
    def paid(amount: Decimal) -> Decimal:
        return bank(parse(BankClaimFacts, bank_facts(amount, Decimal(0), Decimal(0), Decimal(10**8)))).payable

    assert paid(loss) <= paid(loss + more)


@given(yuan(50_000_000), st.integers(0, 100), st.integers(0, 100), yuan(5_000_000))
def test_the_guarantee_board_never_passes_half_or_a_fifth(
    loss: Decimal, city: int, bank_part: int, left: Decimal
) -> None:
    city = min(city, 100 - bank_part)
    facts = facts_of({"from": "guarantee"})
    facts["unpaid_principal"] = loss
    facts["budget"]["left"] = left
    facts["loan"]["shares"] = {
        "bank": bank_part,
        "national": 100 - bank_part - city,
        "province": 0,
        "city": city,
    }
    award = guarantee(parse(GuaranteeClaimFacts, facts))
    assert award.payable <= Fraction(loss) * city / 200
    assert award.payable <= Fraction(loss) / 5
    assert award.payable <= left


DEMANDS = st.lists(st.integers(0, 10**10), min_size=1, max_size=12).map(
    lambda sizes: [
        Demand(f"C{n}", (datetime(2025, 1, 1, n, tzinfo=UTC), f"C{n}"), size) for n, size in enumerate(sizes)
    ]
)


@given(DEMANDS, st.integers(0, 10**11), st.randoms())
def test_pro_rata_conserves_the_total_to_the_fen_in_any_order(
    demands: list[Demand], left: int, random: Any
) -> None:
    result = pro_rata(demands, left)
    total = sum(demand.fen for demand in demands)
    assert sum(result.values()) == min(left, total)
    for demand in demands:
        assert 0 <= result[demand.claim_no] <= demand.fen
        assert total <= left or abs(result[demand.claim_no] - Fraction(demand.fen * left, total)) < 1
    shuffled = list(demands)
    random.shuffle(shuffled)
    assert pro_rata(shuffled, left) == result


@given(st.lists(yuan(12_000_000), min_size=2, max_size=5), yuan(15_000_000), st.booleans(), st.randoms())
def test_competing_claims_never_pass_a_shared_limit(
    losses: list[Decimal], left: Decimal, redistribute: bool, random: Any
) -> None:
    claims = []
    for number, loss in enumerate(losses):
        facts = bank_facts(max(loss, Decimal("0.01")), Decimal(0), Decimal(0), left)
        facts["claim_no"] = f"C{number}"
        facts["loan"]["institution"] = f"示例银行{number % 2}"
        if redistribute:
            facts["overrides"] = [
                {"name": "freed_share", "value": "redistributed", "effective_from": "2024-01-01"}
            ]
        claims.append(facts)
    answers = {answer.claim_no: answer for answer in explain(claims)}
    total = sum(answer.payable for answer in answers.values())
    wanted = sum(answer.payable + answer.remainder for answer in answers.values())
    assert total <= min(left, Decimal("10000000.00"), wanted)
    assert wanted - total < Decimal("0.01") or total == min(left, Decimal("10000000.00"))
    random.shuffle(claims)
    assert {a.claim_no: a.payable for a in explain(claims)} == {n: a.payable for n, a in answers.items()}


@given(yuan(8_000_000), st.lists(st.tuples(yuan(3_000_000), yuan(100_000)), min_size=1, max_size=6))
def test_receipts_in_parts_return_what_one_receipt_would(
    paid: Decimal, parts: list[tuple[Decimal, Decimal]]
) -> None:
    base = {"compensation": paid, "loss": "10000000.00"}
    receipts = [{"received_on": "2026-01-05", "amount": a, "costs": c} for a, c in parts]
    returned = Decimal(0)
    for count in range(1, len(receipts) + 1):
        share = recovery_share(
            parse(RecoveryFacts, {**base, "receipts": receipts[:count], "returned": returned})
        )
        returned += share.due_now
        assert sum(share.parties.values()) == share.principal
    assert returned == share.due_in_all <= paid


@given(st.lists(st.integers(0, 6000), min_size=5, max_size=5))
def test_shares_are_accepted_exactly_when_they_sum_to_a_hundred(parts: list[int]) -> None:
    names = ("bank", "national", "province", "city", "other")
    short = 10_000 - sum(parts[:4])
    for last in {parts[4], max(short, 0)}:
        shares = {
            name: Decimal(part).scaleb(-2) for name, part in zip(names, [*parts[:4], last], strict=True)
        }
        if sum(shares.values()) == 100:
            assert parse(Shares, shares).bank == shares["bank"]
        else:
            with pytest.raises(FactsError, match="100%"):
                parse(Shares, shares)
