"""The kinds of value a parameter can have, read strictly: a wrong one is a sentence, never a guess."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from models.money import MoneyError, fen
from models.policy.errors import PolicyError
from models.policy.lines import amount_text, plain, ratio_text


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a tier table: loans up to and including `up_to` (元) are compensated at `ratio`."""

    up_to: Decimal
    ratio: Decimal


_PLAIN = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Value = Decimal | int | str | date | tuple[str, ...] | tuple[Tier, ...]


class Kind(StrEnum):
    """What a parameter's value is."""

    MONEY = "money"  # 元, two decimals
    RATIO = "ratio"  # 0 … 1
    PERCENT = "percent"  # 0 … 100
    BP = "bp"  # hundredths of a percentage point
    INTEGER = "integer"
    CHOICE = "choice"
    DATE = "date"
    TEXTS = "texts"
    TIERS = "tiers"


def decimal(raw: object, what: str) -> Decimal:
    """An exact, finite, plainly written decimal. Raises `PolicyError`, naming `what`, for anything else."""
    if isinstance(raw, bool | float) or not isinstance(raw, str | int | Decimal):
        raise PolicyError(f'{what}须为带引号的十进制数，例如 "0.80"，不能是浮点数或其他类型。')
    if isinstance(raw, str) and not _PLAIN.fullmatch(raw):
        raise PolicyError(f"{what}“{raw[:40]}”不是数字：请用阿拉伯数字书写，例如 4.35。")
    value = Decimal(raw)
    if not value.is_finite() or abs(cast("int", value.as_tuple().exponent)) > 12:
        raise PolicyError(f"{what}“{str(raw)[:40]}”不是可以使用的数字。")
    return value


def parse(kind: Kind, raw: object, what: str, choices: dict[str, str]) -> Value:
    """The value of a parameter of that kind out of YAML or JSON; `what` names it in the error sentence."""
    if kind is Kind.CHOICE:
        if not isinstance(raw, str) or raw not in choices:
            raise PolicyError(f"{what}只能是 {'、'.join(choices)} 之一，收到的是“{str(raw)[:40]}”。")
        return str(raw)
    return _READERS[kind](raw, what)


def _money(raw: object, what: str) -> Value:
    try:
        return fen(raw)
    except MoneyError as error:
        raise PolicyError(f"{what}：{error}") from error


def _between(highest: int) -> Callable[[object, str], Value]:
    def read(raw: object, what: str) -> Value:
        value = decimal(raw, what)
        if not 0 <= value <= highest:
            raise PolicyError(f"{what}须在 0 与 {highest} 之间，收到的是 {value}。")
        return value

    return read


def _integer(raw: object, what: str) -> Value:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= 10_000:
        raise PolicyError(f"{what}须为 0 至 10000 的整数，收到的是“{str(raw)[:40]}”。")
    return raw


def day(raw: object, what: str) -> date:
    """A calendar date given as a date or as "YYYY-MM-DD". Raises `PolicyError` otherwise."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and len(raw) == len("2024-01-01"):
        try:
            return date.fromisoformat(raw)
        except ValueError as error:
            if _DAY.fullmatch(raw):
                raise PolicyError(f"{what}“{raw}”没有这一天，请核对。") from error
    raise PolicyError(f"{what}须为日期，格式如 2024-01-31，收到的是“{str(raw)[:40]}”。")


def _texts(raw: object, what: str) -> Value:
    if not isinstance(raw, list | tuple) or not all(isinstance(item, str) and item.strip() for item in raw):
        raise PolicyError(f"{what}须为文字清单。")
    return tuple(raw)


def _tiers(raw: object, what: str) -> Value:
    if not isinstance(raw, list | tuple) or not raw:
        raise PolicyError(f"{what}须至少有一个等级。")
    tiers: list[Tier] = []
    for step in raw:
        if not isinstance(step, dict) or set(step) != {"up_to", "ratio"}:
            raise PolicyError(f"{what}的每个等级须且仅须写明 up_to（上限，元）和 ratio（比例）。")
        tier = Tier(cast("Decimal", _money(step["up_to"], what)), decimal(step["ratio"], what))
        if not 0 <= tier.ratio <= 1:
            raise PolicyError(f"{what}的比例须在 0 与 1 之间，收到的是 {tier.ratio}。")
        if tiers and tier.up_to <= tiers[-1].up_to:
            raise PolicyError(
                f"{what}的等级上限须由低到高、不得重叠：{tier.up_to} 不高于 {tiers[-1].up_to}。"
            )
        tiers.append(tier)
    return tuple(tiers)


_READERS: dict[Kind, Callable[[object, str], Value]] = {
    Kind.MONEY: _money,
    Kind.RATIO: _between(1),
    Kind.PERCENT: _between(100),
    Kind.BP: _between(10_000),
    Kind.INTEGER: _integer,
    Kind.DATE: day,
    Kind.TEXTS: _texts,
    Kind.TIERS: _tiers,
}


def text(kind: Kind, value: Value, unit: str, choices: dict[str, str]) -> str:
    """The value as people read it: “80%”, “10,000,000.00 元”, “放款日”."""
    if kind is Kind.CHOICE:
        return choices[str(value)]
    if isinstance(value, tuple):
        return "；".join(_tier_text(item) if isinstance(item, Tier) else item for item in value)
    if kind is Kind.RATIO and isinstance(value, Decimal):
        return ratio_text(value)
    if kind is Kind.MONEY and isinstance(value, Decimal):
        return f"{amount_text(value)} 元"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    number = plain(value) if isinstance(value, Decimal) else str(value)
    return f"{number}%" if kind is Kind.PERCENT else f"{number} {unit}".strip()


def _tier_text(tier: Tier) -> str:
    return f"{amount_text(tier.up_to)} 元及以下 {ratio_text(tier.ratio)}"


def jsonable(value: Value) -> Any:
    """The value in JSON: decimals and dates as text."""
    if isinstance(value, tuple):
        return [
            {"up_to": str(item.up_to), "ratio": str(item.ratio)} if isinstance(item, Tier) else item
            for item in value
        ]
    return value if isinstance(value, int | str) else str(value)
