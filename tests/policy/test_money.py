"""Amounts: what is refused, how they are printed, and 大写 (domain §6.2)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import LARGEST, MoneyError, daxie, fen, round_down_fen, round_half_up_fen, wan, yuan

AMOUNTS = st.integers(0, int(LARGEST * 100)).map(lambda hundredths: Decimal(hundredths).scaleb(-2))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1234.5", "1234.50"),
        (" 1,234,567.89 ", "1234567.89"),
        (7, "7.00"),
        (Decimal("1E+3"), "1000.00"),
        (Decimal("-0.00"), "0.00"),
        (LARGEST, "999999999999.99"),
    ],
)
def test_an_amount_is_kept_with_two_decimals(amount: object, expected: str) -> None:
    assert str(fen(amount)) == expected


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0.5, "浮点数"),
        (True, "“是”或“否”"),
        (None, "空值"),
        ("1.005", "超过两位"),
        (Decimal("0.001"), "超过两位"),
        (Decimal("NaN"), "确定的数字"),
        (Decimal("Infinity"), "确定的数字"),
        ("NaN", "不是金额"),
        ("1e5", "不是金额"),
        ("12,34", "不是金额"),
        ("１２３", "不是金额"),
        ("", "不是金额"),
        (-1, "负数"),
        (Decimal("-0.01"), "负数"),
        (LARGEST + Decimal("0.01"), "过大"),
        (Decimal("1E+40"), "过大"),
        ("9" * 400, "过大"),
    ],
)
def test_what_is_not_an_amount_is_refused_with_a_sentence(amount: object, said: str) -> None:
    with pytest.raises(MoneyError, match=said) as refused:
        fen(amount)
    assert str(refused.value).endswith("。")


def test_display_in_yuan_and_wan() -> None:
    assert yuan(Decimal("1234567.89")) == "1,234,567.89"
    assert yuan(Decimal("-0.5")) == "-0.50"
    assert wan(Decimal("10000000")) == "1,000.00"
    assert wan(Decimal("1234567.89")) == "123.46"


def test_rounding_down_and_half_up() -> None:
    assert round_down_fen(Decimal("150000.045")) == Decimal("150000.04")
    assert round_half_up_fen(Decimal("150000.045")) == Decimal("150000.05")
    assert round_down_fen(Decimal("-1.019")) == Decimal("-1.01")
    assert round_half_up_fen(Decimal("-1.015")) == Decimal("-1.02")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("1.01", "壹元零壹分"),
        ("15.00", "壹拾伍元整"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("10000", "壹万元整"),
        ("10001", "壹万零壹元整"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("100001", "壹拾万零壹元整"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("385883.92", "叁拾捌万伍仟捌佰捌拾叁元玖角贰分"),
        ("1000050", "壹佰万零伍拾元整"),
        ("10000010", "壹仟万零壹拾元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100200000", "壹亿零贰拾万元整"),
        ("100007000", "壹亿零柒仟元整"),
        ("110000000", "壹亿壹仟万元整"),
        ("1001001001.10", "壹拾亿零壹佰万壹仟零壹元壹角整"),
        ("999999999999.99", "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_daxie(amount: str, text: str) -> None:
    assert daxie(amount) == text


def read(text: str) -> Decimal:
    """Read 大写 back by the meaning of its characters alone."""
    total = section = 0
    fraction = Decimal(0)
    digit = 0
    for char in text:
        if char in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(char)
        elif char in "拾佰仟":
            section += digit * {"拾": 10, "佰": 100, "仟": 1000}[char]
            digit = 0
        elif char in "万亿":
            total += (section + digit) * {"万": 10**4, "亿": 10**8}[char]
            section = digit = 0
        elif char == "元":
            total += section + digit
            section = digit = 0
        elif char in "角分":
            fraction += digit * {"角": Decimal("0.1"), "分": Decimal("0.01")}[char]
            digit = 0
    return total + fraction


@given(AMOUNTS)
def test_daxie_reads_back_as_the_same_amount(amount: Decimal) -> None:
    text = daxie(amount)
    assert read(text) == amount
    assert "零零" not in text
    assert text.endswith(("整", "分"))
    assert ("元" in text) == (amount >= 1 or amount == 0)


@given(AMOUNTS)
def test_yuan_reads_back_as_the_same_amount(amount: Decimal) -> None:
    assert fen(yuan(amount)) == amount
