"""Column types shared by all tables. Tables are only tables: values are validated at the doors."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import CheckConstraint, Date, DateTime, Dialect, Numeric, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Code(TypeDecorator[E], Generic[E]):
    """A StrEnum stored as its value (VARCHAR), so that SQL, exports and migrations read the same words."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Enum member (or its value) → stored text; a word that is no member is refused here."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        """Stored text → enum member."""
        return None if value is None else self.kind(value)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """CHECK that `column` holds one of the values of `kind` (NULL passes)."""
    words = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_is_known")


def coded(kind: type[StrEnum], *, default: Any = ..., index: bool = False, nullable: bool = False) -> Any:
    """A field holding a `StrEnum`; pair it with `one_of` in `__table_args__`."""
    given = None if nullable and default is ... else default
    return Field(default=given, sa_type=Code(kind), index=index, nullable=nullable)


def moment(*, default: Any = ..., index: bool = False, nullable: bool = False) -> Any:
    """An instant, timezone-aware (TIMESTAMPTZ)."""
    given = None if nullable and default is ... else default
    return Field(default=given, sa_type=DateTime(timezone=True), index=index, nullable=nullable)


def dated(*, default: Any = ..., index: bool = False, nullable: bool = False) -> Any:
    """A calendar date in Asia/Shanghai."""
    given = None if nullable and default is ... else default
    return Field(default=given, sa_type=Date, index=index, nullable=nullable)


def money(*, default: Any = ..., nullable: bool = False) -> Any:
    """An amount in 元 with two decimals (NUMERIC(18,2))."""
    given = None if nullable and default is ... else default
    return Field(default=given, sa_type=Numeric(18, 2), nullable=nullable)


def rate(*, default: Any = ..., nullable: bool = False) -> Any:
    """A percentage or ratio with up to six decimals (NUMERIC(12,6))."""
    given = None if nullable and default is ... else default
    return Field(default=given, sa_type=Numeric(12, 6), nullable=nullable)


def facts(*, nullable: bool = False) -> Any:
    """A JSON object or list (JSONB)."""
    if nullable:
        return Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    return Field(default_factory=dict, sa_type=JSONB, nullable=False)


def remember(session: Session) -> None:
    """From now on `once` looks everything up once only: for a transaction that changes no reference data."""
    session.info.setdefault("once", {})


@contextmanager
def remembering(session: Session) -> Iterator[None]:
    """The same for a block that changes no reference data."""
    already = "once" in session.info
    remember(session)
    try:
        yield
    finally:
        if not already:
            del session.info["once"]


def once(session: Session, key: Hashable, look: Callable[[], T]) -> T:
    """What `look` finds; in a transaction that remembers, what it found the first time."""
    kept = session.info.get("once")
    if kept is None:
        return look()
    if key not in kept:
        kept[key] = look()
    found: T = kept[key]
    return found


Facts = dict[str, Any]
__all__ = [
    "Code",
    "Decimal",
    "Facts",
    "coded",
    "date",
    "dated",
    "datetime",
    "facts",
    "moment",
    "money",
    "once",
    "one_of",
    "rate",
    "remember",
    "remembering",
]
