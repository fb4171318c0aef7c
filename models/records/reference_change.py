"""Changes of reference data (基准数据): LPR quotes and the working-day calendar, each by two people, each kept.

`lpr_quotes` and `calendar_days` hold what is in force; these rows say how it came to be, and are never edited.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, Session, col, select

from models.records.base import Facts, coded, facts, one_of
from models.records.two_people import ByTwo, by_two


class Reference(StrEnum):
    """What is changed."""

    LPR = "lpr"  # key: the day of publication
    CALENDAR = "calendar"  # key: the year


REFERENCE_NAMES = {Reference.LPR: "LPR 报价", Reference.CALENDAR: "工作日历"}


class ReferenceChange(ByTwo, table=True):
    """One change: a quote (`one_year`, `five_year`), or a year (`days`: day → working, name, for the days that
    are not as their weekday says). `before` is what it replaces, None for something new."""

    __tablename__ = "reference_changes"
    __table_args__ = (
        one_of("kind", Reference),
        *by_two(),
        Index(
            "uq_reference_changes_open",
            "kind",
            "key",
            unique=True,
            postgresql_where=text("verdict IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: Reference = coded(Reference)
    key: str = Field(max_length=20)
    before: Facts | None = facts(nullable=True)
    after: Facts = facts()
    source: str = Field(max_length=80)
    reason: str = Field(default="", max_length=500)
    effects: Facts = facts()  # what the confirmation changed, e.g. {"deadlines": 12}


def changes_of(s: Session, kind: Reference) -> Sequence[ReferenceChange]:
    """Every change of a kind, the newest first, at most 200."""
    query = select(ReferenceChange).where(ReferenceChange.kind == kind)
    return s.exec(query.order_by(col(ReferenceChange.id).desc()).limit(200)).all()
