"""Changes that take two people: one proposes, another confirms; what was decided is never edited."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.records.base import coded, moment, one_of


class Verdict(StrEnum):
    """What became of a proposal."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


VERDICT_NAMES = {
    Verdict.CONFIRMED: "已确认",
    Verdict.REJECTED: "不同意",
    Verdict.WITHDRAWN: "已撤回",
}


class ByTwo(SQLModel):
    """The columns of a row that one person proposes and another decides: `verdict` is empty while it waits, `note` is
    the decider's. Its table's constraints are `by_two()`."""

    proposed_by: int = Field(foreign_key="people.id")
    proposed_at: datetime = moment()
    verdict: Verdict | None = coded(Verdict, nullable=True)
    decided_by: int | None = Field(default=None, foreign_key="people.id")
    decided_at: datetime | None = moment(nullable=True)
    note: str = Field(default="", max_length=500)


def by_two() -> tuple[CheckConstraint, CheckConstraint, CheckConstraint]:
    """Constraints of a `ByTwo`: a verdict is known, another person confirms, and a decision is complete."""
    return (
        one_of("verdict", Verdict),
        CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
    )
