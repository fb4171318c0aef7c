"""Tables that rarely change, kept in each process's memory until a row of them does.

Triggers give such a table a new mark with every change. One look at the marks per transaction says whether what is
kept still holds; a change counts for other transactions when it is committed, as any other.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, select

from models.records.base import once

T = TypeVar("T")


class ReferenceMark(SQLModel, table=True):
    """A table's present mark; migrations name the tables that have one."""

    __tablename__ = "reference_marks"

    name: str = Field(primary_key=True, max_length=63)
    mark: UUID


_kept: dict[str, tuple[UUID, Any]] = {}


def kept(s: Session, table: str, load: Callable[[], T]) -> T:
    """What `load` makes of `table`, loaded anew when the table has changed. It must not hold on to the session."""
    mark = once(s, "reference_marks", lambda: _marks(s)).get(table)
    known = _kept.get(table)
    if known is None or known[0] != mark:
        value = once(s, ("kept", table), load)
        if mark is None:  # never changed since its table was made
            return value
        known = _kept[table] = (mark, value)
    found: T = known[1]
    return found


def _marks(s: Session) -> dict[str, UUID]:
    return dict(s.exec(select(ReferenceMark.name, ReferenceMark.mark)).all())
