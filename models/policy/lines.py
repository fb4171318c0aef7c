"""What a calculation says for itself: lines (how a figure came about) and checks (what was tested, by which clause).

The same lines are printed in documents, shown on pages and returned by the API.
"""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from models.money import yuan


class Printed(BaseModel):
    """Frozen and JSON-serialisable: `model_dump(mode="json")` there, `model_validate(data)` back."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unit(StrEnum):
    """What a line's value counts."""

    YUAN = "元"
    RATIO = "比例"  # 0.8 means 80 %
    PERCENT = "%"
    DAYS = "天"


class Input(Printed):
    """One figure a line starts from: its name, its value as printed, where it comes from."""

    name: str
    value: str
    source: str


class Line(Printed):
    """One line of a calculation.

    `value` is in `unit`; `formula` is in words; `binding` marks the line whose figure decided the amount;
    `code` is the stable machine name, e.g. "enterprise.cap".
    """

    no: int
    code: str
    label: str
    inputs: tuple[Input, ...]
    formula: str
    clause: str
    value: Decimal
    unit: Unit = Unit.YUAN
    binding: bool = False

    @property
    def text(self) -> str:
        """The value as printed: “1,000,000.00 元”, “80%”; more decimals only where the figure has them."""
        if self.unit is Unit.YUAN:
            return f"{amount_text(self.value)} 元"
        if self.unit is Unit.RATIO:
            return ratio_text(self.value)
        return f"{plain(self.value)}%" if self.unit is Unit.PERCENT else f"{plain(self.value)} 天"


class Result(StrEnum):
    """What a check found: 符合, 不符合, or a person must look (须人工复核)."""

    PASS = "pass"  # noqa: S105 - not a secret
    FAIL = "fail"
    LOOK = "look"


RESULT_NAMES = {Result.PASS: "符合", Result.FAIL: "不符合", Result.LOOK: "须人工复核"}


class Check(Printed):
    """One test of one rule: what was found, what was expected, where the value stands, what to do about it."""

    code: str
    label: str
    result: Result
    value: str
    expected: str
    source: str
    clause: str
    remedy: str = ""


def plain(value: Decimal) -> str:
    """“4.35”, “80”: no exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ratio_text(value: Decimal) -> str:
    """“80%” for 0.8."""
    return f"{plain(value * 100)}%"


def amount_text(value: Decimal) -> str:
    """“1,000,000.00”; an exact amount that does not end at the fen keeps its further decimals."""
    cents = value.quantize(Decimal("0.01"))
    return yuan(value) if cents == value else f"{value:,f}".rstrip("0")


def percent_text(value: Decimal) -> str:
    """“4.60%”: an interest rate, at least two decimals."""
    text = plain(value)
    return f"{value:.2f}%" if len(text.partition(".")[2]) <= 2 else f"{text}%"
