"""经办/复核 within an institution: what one filer prepared stands here until another person releases it to the city.

A row holds everything that will be submitted, as typed and with its files, so that what is released is what was shown.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, col, or_, select

from models.records.base import Facts, facts, moment, money
from models.records.two_people import ByTwo, Verdict, by_two

STATE_NAMES: dict[Verdict | None, str] = {
    None: "待复核",
    Verdict.CONFIRMED: "已报出",
    Verdict.REJECTED: "已退回",
    Verdict.WITHDRAWN: "已撤回",
}


class Prepared(ByTwo, table=True):
    """One submission. `kind` is a key of `flows.actions.maker_checker.matters.KINDS`; `subject` what it is about (a loan's id, a case's
    number, an import's id), empty for a filing; `shown` the hash of `data` and `files`, which never change.

    `case_number`: the case it became or belongs to. `taken_up_at`: someone works on what was returned or withdrawn.
    """

    __tablename__ = "prepared"
    __table_args__ = (
        *by_two(),
        Index(
            "uq_prepared_waiting", "institution_id", "kind", "subject", unique=True,
            postgresql_where=text("verdict IS NULL AND subject <> ''"),
        ),
        Index("ix_prepared_institution", "institution_id", "id"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id")
    kind: str = Field(max_length=40)
    subject: str = Field(default="", max_length=40)
    title: str = Field(max_length=200)
    amount: Decimal = money()
    data: Facts = facts()
    files: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    shown: str = Field(max_length=64)
    by_key: bool = False
    case_number: str = Field(default="", max_length=40)
    taken_up_at: datetime | None = moment(nullable=True)


def waiting(session: Session, institution_id: int) -> Sequence[Prepared]:
    """What waits for a checker of the institution, oldest first."""
    query = select(Prepared).where(Prepared.institution_id == institution_id, col(Prepared.verdict).is_(None))
    return session.exec(query.order_by(col(Prepared.id))).all()


def open_of(session: Session, institution_id: int) -> Sequence[Prepared]:
    """What waits, and what was returned or withdrawn and nobody has taken up again; oldest first."""
    again = col(Prepared.verdict).in_((Verdict.REJECTED, Verdict.WITHDRAWN)) & col(Prepared.taken_up_at).is_(
        None
    )
    query = select(Prepared).where(
        Prepared.institution_id == institution_id, or_(col(Prepared.verdict).is_(None), again)
    )
    return session.exec(query.order_by(col(Prepared.id))).all()


def waiting_on(session: Session, institution_id: int, kind: str, subject: str) -> Prepared | None:
    """The submission about this matter that waits."""
    query = select(Prepared).where(
        Prepared.institution_id == institution_id,
        Prepared.kind == kind,
        Prepared.subject == subject,
        col(Prepared.verdict).is_(None),
    )
    return session.exec(query).first()


def released_of(session: Session, kind: str, subject: str) -> Prepared | None:
    """The newest submission about this matter that was released."""
    query = select(Prepared).where(
        Prepared.kind == kind, Prepared.subject == subject, Prepared.verdict == Verdict.CONFIRMED
    )
    return session.exec(query.order_by(col(Prepared.id).desc())).first()


def of_institution(
    session: Session, institution_id: int, *, before: int = 0, limit: int = 50
) -> Sequence[Prepared]:
    """An institution's submissions, newest first; `before` an id, for the next page."""
    query = select(Prepared).where(Prepared.institution_id == institution_id)
    if before:
        query = query.where(col(Prepared.id) < before)
    return session.exec(query.order_by(col(Prepared.id).desc()).limit(limit)).all()


def decided(session: Session, institution_id: int, limit: int) -> Sequence[Prepared]:
    """What was decided lately, newest first."""
    query = select(Prepared).where(
        Prepared.institution_id == institution_id, col(Prepared.verdict).is_not(None)
    )
    return session.exec(query.order_by(col(Prepared.decided_at).desc()).limit(limit)).all()
