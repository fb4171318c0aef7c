"""Changes that take two people: one proposes, another confirms; what was decided is never edited."""

from enum import StrEnum

from sqlalchemy import CheckConstraint


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


def by_two() -> tuple[CheckConstraint, CheckConstraint]:
    """Constraints on `proposed_by`, `verdict`, `decided_by`, `decided_at`: another person confirms."""
    return (
        CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR decided_by <> proposed_by", name="confirmed_by_another"
        ),
        CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_completely",
        ),
    )
