"""What a report says about a period, drawn from the same records as the overview (`models.records.period`)."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from models import clock
from models.lifecycle import BOARD_NAMES, Board
from models.records import ledger, period
from models.records.institution import names_on
from models.records.ledger import AccountKind, LedgerAccount

LONGEST_BAR = 4
"""Blocks of the longest bar: what a column of 17 mm holds in one line."""
MOST_ROWS = 40
NOTHING = Decimal("0.00")
UNNAMED = {"town": "未注明镇街", "industry": "未注明行业"}


def draw(s: Session, first: date, last: date, managing_id: int | None) -> dict[str, Any]:
    """The figures from `first` to `last`, both included, as the facts of an `OperationReport`; those of one managing
    institution, or of all."""
    end = last + timedelta(days=1)
    sums = period.sums(s, first, end, managing_id)
    budget = ledger.account(s, AccountKind.BUDGET, str(last.year))
    left = budget.left if budget else NOTHING
    facts: dict[str, Any] = {
        "starts_on": first,
        "ends_on": last,
        "drawn_on": clock.today(),
        **{name: getattr(sums, name) for name in sums.__slots__},
        "gap": max(sums.undecided - left, NOTHING),
    }
    for key in ("board", "institution", "town", "industry"):
        facts[_PLURAL[key]] = _groups(s, key, period.groups(s, key, first, end, managing_id))
    facts["months"] = _months(period.months(s, first, end, managing_id))
    facts["limits"] = _limits(s, last.year)
    return facts


_PLURAL = {"board": "boards", "institution": "institutions", "town": "towns", "industry": "industries"}


def bar(value: Decimal, most: Decimal) -> str:
    """A bar of blocks against the longest; what is not nothing has at least one."""
    if value <= 0 or most <= 0:
        return ""
    return "█" * max(int(value * LONGEST_BAR / most), 1)


def _groups(s: Session, key: str, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    names = names_on(s, clock.today())
    most = max((row[2] for row in rows), default=NOTHING)

    def label(value: str) -> str:
        if key == "institution":
            return names[int(value)].name
        if key == "board":
            return BOARD_NAMES[Board(value)]
        return value or UNNAMED[key]

    columns = ("claims", "claimed", "approved", "paid", "returned")
    found = [
        {"label": label(row[0]), **dict(zip(columns, row[1:], strict=True)), "bar": bar(row[2], most)}
        for row in rows
    ]
    if len(found) <= MOST_ROWS:
        return found
    rest = found[MOST_ROWS - 1 :]
    other = {name: sum((one[name] for one in rest[1:]), rest[0][name]) for name in columns}
    return [*found[: MOST_ROWS - 1], {"label": f"其他{len(rest)}项", **other, "bar": ""}]


def _months(rows: Sequence[period.Month]) -> list[dict[str, Any]]:
    most = max((row.paid for row in rows), default=NOTHING)
    return [
        {
            "label": f"{row.year}年{row.month}月",
            "opened": row.opened,
            "closed": row.closed,
            "paid": row.paid,
            "bar": bar(row.paid, most),
        }
        for row in rows
    ]


def _limits(s: Session, year: int) -> list[dict[str, Any]]:
    """The year's budget, then each bank's limit of the year, the most used first."""
    budget = ledger.account(s, AccountKind.BUDGET, str(year))
    banks = [one for one in ledger.of_year(s, AccountKind.BANK_YEAR, year) if one.used > 0]
    return [_limit(one) for one in (*([budget] if budget else []), *banks[: MOST_ROWS - 1])]


def _limit(one: LedgerAccount) -> dict[str, Any]:
    return {
        "label": one.label,
        "ceiling": one.ceiling,
        "paid": one.paid,
        "reserved": one.reserved,
        "left": max(one.left, NOTHING),
        "bar": bar(one.used, one.ceiling),
    }
