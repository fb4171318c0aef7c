"""What is said to stand in a paper stands there; a number is never found inside a longer one."""

from decimal import Decimal

import pytest

from models.policy.facts import Board
from models.policy.materials import CLAIM_SLOTS
from models.policy.paper_checks import SHOWS, Fact, compare, share_differs

STATED = {
    Fact.DEBTOR: "东莞市德润（包装）材料有限公司",
    Fact.CONTRACT: "GY-2025-0614",
    Fact.PRINCIPAL: Decimal("3000000.00"),
}


def pages_of(*pages: str) -> list[int | None]:
    return [one.page for one in compare(Board.BANK, "contract", STATED, pages)]


def test_each_fact_is_found_on_its_page() -> None:
    assert pages_of("合同 GY-2025-0614", "借款人:东莞市德润(包装)材料有限公司", "本金 3,000,000.00 元") == [
        2,
        1,
        3,
    ]


@pytest.mark.parametrize(
    "text", ["GY-2025-06141", "GY-2025-0614-01", "XGY-2025-0614", "A-GY-2025-0614", "GY-2025-061"]
)
def test_a_contract_number_is_not_a_part_of_another(text: str) -> None:
    assert pages_of(text)[1] is None


@pytest.mark.parametrize(
    "text", ["合同号GY-2025-0614号", "gy-2025-0614", "GY - 2025 - 0614", "（GY-2025-0614）"]
)
def test_a_contract_number_as_readers_write_it(text: str) -> None:
    assert pages_of(text)[1] == 1


@pytest.mark.parametrize("text", ["3,000,000.00", "3000000", "人民币300万元", "300.00 万", "3,000,000.0元"])
def test_an_amount_in_its_ways(text: str) -> None:
    assert pages_of(text)[2] == 1


@pytest.mark.parametrize(
    "text", ["13,000,000.00", "3,000,000.05", "30000000", "1300万元", "3,000,000,000", "300.5万", "300"]
)
def test_an_amount_is_not_a_part_of_another(text: str) -> None:
    assert pages_of(text)[2] is None


def test_fen_are_looked_for_exactly() -> None:
    stated = {Fact.UNPAID: Decimal("1929419.57"), Fact.DEBTOR: ""}
    (one,) = compare(Board.BANK, "loss_statement", stated, ["余额1,929,419.57元"])
    assert one.page == 1
    (other,) = compare(Board.BANK, "loss_statement", stated, ["余额1,929,419.5元"])
    assert other.page is None


def test_only_materials_that_exist_are_to_show_something() -> None:
    for board, slots in SHOWS.items():
        assert set(slots) <= {slot.key for slot in CLAIM_SLOTS[board]}


def test_what_was_paid_is_the_share_the_agreement_leaves() -> None:
    assert share_differs(Decimal("2400000.00"), 20, Decimal("1920000.00")) is None
    assert share_differs(Decimal("2400000.00"), 20, Decimal("1920000.99")) is None
    assert share_differs(Decimal("2400000.00"), 20, Decimal("1920001.00")) == Decimal("1.00")
    assert share_differs(Decimal("2400000.00"), None, Decimal("1.00")) is None
