"""Exact figures inside a calculation are fractions; here they become decimals to show."""

from decimal import Decimal
from fractions import Fraction

from models.policy.lines import amount_text

_AMOUNT_PLACES = 8
_RATIO_PLACES = 10


def exact_amount(value: Fraction) -> Decimal:
    """An amount of 0 or more as a decimal: two decimals, or up to eight where it does not end at the fen."""
    return _cut(value, _AMOUNT_PLACES)


def exact_ratio(value: Fraction) -> Decimal:
    """A ratio as a decimal: two decimals, or up to ten."""
    return _cut(value, _RATIO_PLACES)


def fraction_text(value: Fraction | Decimal) -> str:
    """“1,000,000.00 元”."""
    return f"{amount_text(exact_amount(Fraction(value)))} 元"


def _cut(value: Fraction, places: int) -> Decimal:
    cut = Decimal(value.numerator * 10**places // value.denominator).scaleb(-places)
    cents = cut.quantize(Decimal("0.01"))
    return cents if cents == cut else cut.normalize()
