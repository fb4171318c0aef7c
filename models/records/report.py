"""Reports on the scheme (D34 quarterly, D35 annual): drafted by one person, issued by another."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Session, col, select

from models.records.base import Facts, dated, facts
from models.records.two_people import ByTwo, by_two


class Report(ByTwo, table=True):
    """One draft: the period (`ends_on` is its last day), the drafter's words and the figures as drawn. Once confirmed
    it is the document `document_id`, whose number was given then."""

    __tablename__ = "reports"
    __table_args__ = (
        *by_two(),
        CheckConstraint(
            "(verdict IS NOT DISTINCT FROM 'confirmed') = (document_id IS NOT NULL)",
            name="confirmed_is_issued",
        ),
        Index(
            "uq_reports_one_a_period",
            "code",
            "organ_id",
            "starts_on",
            unique=True,
            postgresql_where=text("verdict IS NULL OR verdict = 'confirmed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=10)
    organ_id: int = Field(foreign_key="institutions.id")
    period: str = Field(max_length=40)
    starts_on: date = dated()
    ends_on: date = dated()
    facts: Facts = facts()
    document_id: int | None = Field(default=None, foreign_key="documents.id")


def newest(s: Session, limit: int = 100) -> Sequence[Report]:
    """Reports, newest first."""
    return s.exec(select(Report).order_by(col(Report.id).desc()).limit(limit)).all()


def locked(s: Session, report_id: int) -> Report | None:
    """The report, its row locked until the transaction ends."""
    query = select(Report).where(Report.id == report_id).with_for_update()
    return s.exec(query.execution_options(populate_existing=True)).first()
