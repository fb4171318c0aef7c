"""Openings of registers (文号期初): an office that goes live in the middle of a year goes on with its own numbers.

What was the last number used before, by which document, said by one person and confirmed by another. Confirming sets
the counter: a trigger does it, so it cannot happen once a number was given (`models.records.numbers`).
"""

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Session, col, select

from models.records.two_people import ByTwo, by_two


class NumberOpening(ByTwo, table=True):
    """The register `word` of an organ goes on after `last` in this year; `document` is what that rests on."""

    __tablename__ = "number_openings"
    __table_args__ = (
        *by_two(),
        CheckConstraint("last > 0", name="opens_after_a_number"),
        Index(
            "uq_number_openings",
            "organ_id",
            "word",
            "year",
            unique=True,
            postgresql_where=text("verdict IS NULL OR verdict = 'confirmed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    organ_id: int = Field(foreign_key="institutions.id")
    word: str = Field(max_length=20)
    year: int
    last: int
    document: str = Field(max_length=200)


def newest(session: Session, most: int = 100) -> Sequence[NumberOpening]:
    """What waits first, then what was decided, newest first."""
    query = select(NumberOpening).order_by(
        col(NumberOpening.verdict).is_not(None), col(NumberOpening.id).desc()
    )
    return session.exec(query.limit(most)).all()
