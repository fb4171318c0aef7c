"""Who stands in for whom (代理), and who keeps out of what (回避)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, Session, SQLModel, col, or_, select

from models.permissions import Principal
from models.records.base import dated, moment
from models.records.person import Person, roles_of


class Substitution(SQLModel, table=True):
    """Between two days (both included) `substitute_id` may answer in the name of `person_id`."""

    __tablename__ = "substitutions"
    __table_args__ = (
        CheckConstraint("person_id <> substitute_id", name="nobody_stands_in_for_himself"),
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
        Index("ix_substitutions_substitute", "substitute_id", "ends_on"),
        Index("ix_substitutions_person", "person_id", "ends_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    substitute_id: int = Field(foreign_key="people.id")
    starts_on: date = dated()
    ends_on: date = dated()
    reason: str = Field(max_length=200)
    created_by: int = Field(foreign_key="people.id")
    created_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)  # ended early; what was done in between stays


class Recusal(SQLModel, table=True):
    """A person who does not review the cases of one institution or of one firm."""

    __tablename__ = "recusals"
    __table_args__ = (
        CheckConstraint("(institution_id IS NULL) <> (uscc IS NULL)", name="one_institution_or_one_firm"),
        Index("ix_recusals_person", "person_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    institution_id: int | None = Field(default=None, foreign_key="institutions.id")
    uscc: str | None = Field(default=None, max_length=18)
    reason: str = Field(max_length=200)
    created_by: int = Field(foreign_key="people.id")
    created_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


def principals(session: Session, person_id: int, on: date) -> tuple[Principal, ...]:
    """Those a person stands in for on a day: only active ones, and never those they stand in for in turn."""
    query = (
        select(Person)
        .join(Substitution, col(Substitution.person_id) == col(Person.id))
        .where(
            Substitution.substitute_id == person_id,
            Substitution.starts_on <= on,
            Substitution.ends_on >= on,
            col(Substitution.ended_at).is_(None),
            col(Person.active),
        )
        .order_by(col(Person.id))
    )
    return tuple(
        Principal(p.id or 0, p.name, p.institution_id, roles_of(session, p.id or 0))
        for p in session.exec(query)
    )


def overlapping(session: Session, person_id: int, starts_on: date, ends_on: date) -> Substitution | None:
    """A substitution of the person that has a day in common with the given ones."""
    query = select(Substitution).where(
        Substitution.person_id == person_id,
        Substitution.starts_on <= ends_on,
        Substitution.ends_on >= starts_on,
        col(Substitution.ended_at).is_(None),
    )
    return session.exec(query).first()


def current(session: Session, on: date) -> Sequence[Substitution]:
    """The substitutions of a day or later, the nearest first."""
    query = select(Substitution).where(Substitution.ends_on >= on, col(Substitution.ended_at).is_(None))
    return session.exec(query.order_by(col(Substitution.starts_on), col(Substitution.id))).all()


def recusals(session: Session, person_id: int) -> Sequence[Recusal]:
    """What a person keeps out of."""
    query = select(Recusal).where(Recusal.person_id == person_id, col(Recusal.ended_at).is_(None))
    return session.exec(query.order_by(col(Recusal.id))).all()


def recused(session: Session, person_id: int, institution_id: int, uscc: str) -> Recusal | None:
    """Why a person keeps out of a case of this applicant about this firm, if they do."""
    query = select(Recusal).where(
        Recusal.person_id == person_id,
        col(Recusal.ended_at).is_(None),
        or_(Recusal.institution_id == institution_id, Recusal.uscc == uscc),
    )
    return session.exec(query).first()
