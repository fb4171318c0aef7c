"""Long lists, page by page: where a page begins is a row, never a number, and nothing is counted further than told.

Rows that come and go shift nothing, the thousandth page costs what the first one does, and a count stops at `COUNTED`.
What is asked of a long list is planned for its values (`planned`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Select, func, select, text, tuple_
from sqlmodel import Session

COUNTED = 1_000
"""Lists are counted up to here; one more says “more than that”."""

Key = datetime | Decimal


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a row in its list: what the list is sorted by, and the row's id."""

    at: Key
    row_id: int

    def __str__(self) -> str:
        at = self.at.isoformat() if isinstance(self.at, datetime) else f"{self.at:.2f}"
        return f"{at}~{self.row_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor an address names; None for anything that is none."""
        at, _, row_id = text.partition("~")
        if not row_id.isascii() or not row_id.isdecimal() or len(row_id) > 10 or not 0 < int(row_id) < 2**31:
            return None
        key = _key(at)
        return cls(key, int(row_id)) if key is not None else None


def _key(text: str) -> Key | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        try:
            amount = Decimal(text) if len(text) < 20 else Decimal("NaN")
        except InvalidOperation:
            return None
        return amount if amount.is_finite() else None
    return instant if instant.tzinfo else None


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a column with an index, then the id; `newest`: from large to small."""

    column: Any
    row_id: Any
    newest: bool = False

    def fits(self, cursor: Cursor | None) -> Cursor | None:
        """The cursor, if it is one of a list in this order."""
        kind = self.column.type.python_type
        return cursor if cursor is not None and isinstance(cursor.at, kind) else None

    def past(self, cursor: Cursor, *, backwards: bool = False) -> Any:
        """Rows that come after the cursor (before it)."""
        place, here = tuple_(self.column, self.row_id), tuple_(cursor.at, cursor.row_id)
        return place < here if self.newest != backwards else place > here

    def sorted(self, *, backwards: bool = False) -> list[Any]:
        """ORDER BY."""
        down = self.newest != backwards
        return [one.desc() if down else one.asc() for one in (self.column, self.row_id)]


def page(
    s: Session,
    query: Select[Any],
    order: Order,
    *,
    limit: int,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> tuple[Sequence[Any], bool, bool]:
    """The rows of one page, and whether there are rows before and after them."""
    planned(s)
    after, before = order.fits(after), order.fits(before)
    edge, backwards = before or after, before is not None
    if edge is not None:
        query = query.where(order.past(edge, backwards=backwards))
    found = s.execute(query.order_by(*order.sorted(backwards=backwards)).limit(limit + 1)).all()
    further = len(found) > limit
    rows = list(found[:limit])
    return (rows[::-1], further, True) if backwards else (rows, edge is not None, further)


def counted(s: Session, query: Select[Any], most: int = COUNTED) -> int:
    """How many rows a query has; `most` + 1 stands for any number beyond `most`."""
    planned(s)
    inside = query.limit(most + 1).subquery()
    return int(s.execute(select(func.count()).select_from(inside)).scalar_one())


def before_it(s: Session, query: Select[Any], order: Order, first: Cursor, most: int = COUNTED) -> int:
    """How many rows come before the first one of a page, counted from there: the order keeps PostgreSQL from
    looking for them where they happen to lie."""
    query = query.where(order.past(first, backwards=True))
    return counted(s, query.order_by(*order.sorted(backwards=True)), most)


def planned(s: Session) -> None:
    """From now on this transaction's statements are planned for the values they are asked with.

    After some uses PostgreSQL keeps one plan of a prepared statement for all values. For “any gate, soonest due first”
    that is a walk along the due dates; for a gate the reader has no task at it took 800 ms where its own plan takes 10.
    Planning again costs half a millisecond a statement.
    """
    transaction = s.get_transaction()
    if s.info.get("planned") is not transaction or transaction is None:
        s.connection().execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        s.info["planned"] = s.get_transaction()
