"""Half-written answers (草稿): what a person has written for a task and not submitted. Reviewers' own, never the applicant's.

One row per task and person, so that two who write at the same time keep each their own words.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel, col, delete, select

from models.records.base import Facts, facts, moment
from models.records.person import Person


class HalfAnswer(SQLModel, table=True):
    """One person's words for one task, as typed, and when they were last kept."""

    __tablename__ = "half_answers"

    task_id: int = Field(foreign_key="tasks.id", primary_key=True)
    person_id: int = Field(foreign_key="people.id", primary_key=True)
    at: datetime = moment()
    written: Facts = facts()


def of_task(session: Session, task_id: int) -> Sequence[tuple[HalfAnswer, str]]:
    """Everyone's, with their names, the one kept first in front."""
    query = (
        select(HalfAnswer, Person.name)
        .join(Person, col(Person.id) == col(HalfAnswer.person_id))
        .where(HalfAnswer.task_id == task_id)
        .order_by(col(HalfAnswer.at), col(HalfAnswer.person_id))
    )
    return session.exec(query.execution_options(populate_existing=True)).all()  # written by statements


def keep(session: Session, task_id: int, person_id: int, at: datetime, written: Facts) -> None:
    """A person's words in place of their earlier ones."""
    new = {"at": at, "written": written}
    query = insert(HalfAnswer).values(task_id=task_id, person_id=person_id, **new)
    session.connection().execute(
        query.on_conflict_do_update(index_elements=["task_id", "person_id"], set_=new)
    )


def drop(session: Session, task_id: int, person_id: int) -> None:
    """A person's words have become an answer."""
    session.exec(
        delete(HalfAnswer).where(col(HalfAnswer.task_id) == task_id, col(HalfAnswer.person_id) == person_id)
    )
