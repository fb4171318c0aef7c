"""A parameter's value as people type it into a form, and back: “3%”, “2000万元”, one tier a line."""

from decimal import Decimal
from typing import Any

from models.policy.errors import PolicyError
from models.policy.lines import plain
from models.policy.values import Kind, Tier, Value

HINTS = {
    Kind.MONEY: "元，两位小数；可写 1000万",
    Kind.RATIO: "写 3% 或 0.03",
    Kind.PERCENT: "百分数，如 20",
    Kind.BP: "基点，如 150",
    Kind.INTEGER: "整数",
    Kind.DATE: "如 2027-01-01",
    Kind.TEXTS: "每行一项",
    Kind.TIERS: "每行一级：上限（元） 比例，如 20000000.00 80%",
    Kind.CHOICE: "选择一种口径",
}


def raw(kind: Kind, typed: str) -> Any:
    """What was typed as `values.parse` reads it. Raises `PolicyError` only for a tier line without two parts."""
    words = typed.strip()
    if kind is Kind.INTEGER:
        return int(words) if words.isascii() and words.isdigit() and len(words) < 9 else words
    if kind is Kind.TEXTS:
        return [line.strip() for line in typed.splitlines() if line.strip()]
    if kind is Kind.TIERS:
        return [_tier(line) for line in typed.splitlines() if line.strip()]
    if kind is Kind.MONEY:
        return _amount(words)
    return _share(words) if kind is Kind.RATIO else words


def shown(kind: Kind, value: Value) -> str:
    """The value as `raw` reads it again, for a form that is filled in already."""
    if isinstance(value, tuple):
        return "\n".join(
            f"{item.up_to} {plain(item.ratio * 100)}%" if isinstance(item, Tier) else item for item in value
        )
    if kind is Kind.RATIO and isinstance(value, Decimal):
        return f"{plain(value * 100)}%"
    return str(value)


def _tier(line: str) -> dict[str, str]:
    parts = line.replace("，", " ").replace("\t", " ").split()
    if len(parts) != 2:
        raise PolicyError(f"等级“{line.strip()[:40]}”须写成：上限（元） 比例，如 20000000.00 80%。")
    return {"up_to": _amount(parts[0]), "ratio": _share(parts[1])}


def _amount(words: str) -> str:
    number = words.removesuffix("元").strip()
    if not number.endswith("万"):
        return number.replace("，", ",")
    try:
        return f"{Decimal(number.removesuffix('万').replace(',', '')) * 10_000:.2f}"
    except ArithmeticError:
        return number


def _share(words: str) -> str:
    if not words.endswith(("%", "％")):
        return words
    try:
        return f"{Decimal(words[:-1].strip()) / 100:f}"
    except ArithmeticError:
        return words
