"""The timeline (经过): what happened to a case, in the past tense, and who did it."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import Facts, facts, moment


class Event(SQLModel, table=True):
    """One thing that happened. `person_id` is None where the system did it; `event` names its template
    `templates/timeline/<event>.html`, rendered with `data`. `entry_id` is the line of the journal that did it."""

    __tablename__ = "timeline"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    at: datetime = moment()
    event: str = Field(max_length=60)
    person_id: int | None = Field(default=None, foreign_key="people.id")
    person_name: str = Field(default="", max_length=60)
    organ: str = Field(default="", max_length=120)
    gate: str = Field(default="", max_length=40)
    entry_id: int | None = None
    data: Facts = facts()


def of_case(session: Session, case_id: int) -> Sequence[Event]:
    """What happened, oldest first."""
    return session.exec(select(Event).where(Event.case_id == case_id).order_by(col(Event.id))).all()
