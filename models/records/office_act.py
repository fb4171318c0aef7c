"""What an administrator did about people and settings of an institution: append-only, the database refuses changes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import Facts, facts, moment


class OfficeAct(SQLModel, table=True):
    """One act, in the past tense. `about_id` is the person it was done to; nobody for a setting. Real time."""

    __tablename__ = "office_acts"
    __table_args__ = (Index("ix_office_acts_institution", "institution_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id")
    at: datetime = moment()
    person_id: int = Field(foreign_key="people.id")
    person_name: str = Field(max_length=60)
    act: str = Field(max_length=40)
    about_id: int | None = Field(default=None, foreign_key="people.id")
    about_name: str = Field(default="", max_length=60)
    data: Facts = facts()


def of_institution(session: Session, institution_id: int, limit: int) -> Sequence[OfficeAct]:
    """An institution's acts, newest first."""
    query = select(OfficeAct).where(OfficeAct.institution_id == institution_id)
    return session.exec(query.order_by(col(OfficeAct.id).desc()).limit(limit)).all()
