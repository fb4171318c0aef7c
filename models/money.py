"""Money in 元 (yuan) with 分 (fen): a Decimal with two decimals, never a float.

Domain §6.2: amounts are printed in 元 or 万元 with two decimals; decisions carry the figure and 大写.
"""

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from types import NoneType

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST = Decimal("999999999999.99")  # below 1 万亿元: a province's budget fits, and every amount has a 大写

_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTIONS = ("", "万", "亿")
_KINDS = {bool: "“是”或“否”", NoneType: "空值", list: "列表", dict: "对象"}


class MoneyError(ValueError):
    """An amount that cannot be accepted; `str(error)` is a Chinese sentence for the person who typed it."""


def fen(amount: object, *, negative: bool = False) -> Decimal:
    """The amount as a Decimal with exactly two decimals (元).

    Accepts Decimal, int and text ("1234.5", "1,234.50"). Nothing is rounded silently: raises `MoneyError`
    for a float, NaN, infinity, more than two decimals, 1 万亿元 or more, and, unless `negative`, below zero.
    """
    if type(amount) is Decimal and amount.same_quantum(FEN) and ZERO <= amount <= LARGEST:
        return amount or ZERO  # the usual case, said at once; never -0.00
    value = _decimal(amount)
    if not value.is_finite():
        raise MoneyError("金额必须是一个确定的数字，不能是“非数”或“无穷”。")
    if abs(value) > LARGEST:
        raise MoneyError(f"金额 {value:.0f} 元过大：本系统处理的金额须小于 1 万亿元，请核对单位是否为元。")
    exact = value.quantize(FEN, ROUND_DOWN)
    if exact != value:
        raise MoneyError(f"金额 {value:f} 元的小数超过两位：请精确到分（两位小数）后再提交。")
    if exact < ZERO and not negative:
        raise MoneyError(f"金额 {exact:f} 元为负数：金额不能小于 0.00 元。")
    return exact + ZERO if exact else ZERO


def _decimal(amount: object) -> Decimal:
    if isinstance(amount, Decimal):
        return amount
    if isinstance(amount, bool) or not isinstance(amount, int | str):
        if isinstance(amount, float):
            raise MoneyError('金额不能用浮点数表示：请改用带引号的十进制数，例如 "1234.50"。')
        raise MoneyError(f"金额须为数字，收到的却是{_KINDS.get(type(amount), '别的内容')}。")
    if isinstance(amount, int):
        return Decimal(amount)
    text = amount.strip()
    if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
        raise MoneyError(f"“{text[:40]}”不是金额：请填写阿拉伯数字，例如 1234567.89 或 1,234,567.89。")
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:  # only for absurd lengths; the pattern has vouched for the form
        raise MoneyError(f"“{text[:40]}”不是可以处理的金额。") from error


def round_down_fen(amount: Decimal | Fraction | int) -> Decimal:
    """The amount cut to the fen, towards zero: “不超过” and “最高” may not be passed by half a fen."""
    hundredths = Fraction(amount) * 100
    whole = abs(hundredths.numerator) // hundredths.denominator
    return _from_fen(whole if hundredths >= 0 else -whole)


def round_up_fen(amount: Decimal | Fraction | int) -> Decimal:
    """The amount raised to the fen, away from zero: what is used of a limit is never told too low."""
    cut = round_down_fen(amount)
    return cut if Fraction(cut) == Fraction(amount) else cut + (FEN if amount > 0 else -FEN)


def round_half_up_fen(amount: Decimal | Fraction | int) -> Decimal:
    """The amount rounded to the nearest fen, half a fen away from zero (the alternative to A14's default)."""
    hundredths = abs(Fraction(amount) * 100) + Fraction(1, 2)
    whole = hundredths.numerator // hundredths.denominator
    return _from_fen(whole if amount >= 0 else -whole)


def _from_fen(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2).quantize(FEN)


def yuan(amount: Decimal) -> str:
    """“1,234,567.89”: the figure in 元, grouped, two decimals."""
    return f"{fen(amount, negative=True):,.2f}"


def wan(amount: Decimal) -> str:
    """“123.46”: the figure in 万元, two decimals, half up. For display only; never calculate with it."""
    return f"{(fen(amount, negative=True) / 10_000).quantize(FEN, rounding=ROUND_HALF_UP):,.2f}"


def daxie(amount: object) -> str:
    """《支付结算办法》附一: the amount in Chinese capital figures, without the prefix 人民币.

    Of the forms the rule allows, this writes 零 after 元 when the 元 digit is 0 and 角 is not, and 整 after
    元 and 角. Raises `MoneyError` as `fen` does (negative amounts do not appear in official documents).
    """
    value = fen(amount)
    whole, cents = divmod(int(value.scaleb(2)), 100)
    jiao, last = divmod(cents, 10)
    text = f"{_integer(whole)}元" if whole else ""
    if not cents:
        return f"{text or '零元'}整"
    if whole and (not jiao or whole % 10 == 0):
        text += "零"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    return f"{text}{_DIGITS[last]}分" if last else f"{text}整"


def _integer(whole: int) -> str:
    """壹拾万零壹: groups of four digits; any run of zeros that is followed by a digit is one 零."""
    text = ""
    gap = False
    for index in range(len(_SECTIONS) - 1, -1, -1):
        section = whole // 10_000**index % 10_000
        for place in range(3, -1, -1):
            digit = section // 10**place % 10
            if not digit:
                gap = True
                continue
            # 壹拾万柒仟: zeros that only end the group above are not read before a 仟 that is there.
            if text and gap and not (place == 3 and text.endswith(_SECTIONS[index + 1])):
                text += "零"
            gap = False
            text += _DIGITS[digit] + _PLACES[place]
        if section:
            text += _SECTIONS[index]
    return text
