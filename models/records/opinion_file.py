"""Files with an opinion (意见附件): what a reviewer adds to an answer, to the advice a delegate gives, or to a remark.

They are the reviewers' own: applicants never see them, as they never see who said what inside the review. Until
`given_at` a file belongs to a half-written answer of its uploader; from then on it is kept as it is (triggers of the
database see to it).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel, col, delete, select

from models.records.base import moment
from models.records.task import Task, TaskState


class OpinionFile(SQLModel, table=True):
    """One file. Of an answer or a draft of one: `task_id`; of a remark or of advice: `comment_id` too."""

    __tablename__ = "opinion_files"
    __table_args__ = (Index("ix_opinion_files_task", "task_id", "uploaded_by"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    task_id: int | None = Field(default=None, foreign_key="tasks.id")
    comment_id: int | None = Field(default=None, foreign_key="comments.id", index=True)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)
    uploaded_by: int = Field(foreign_key="people.id")
    uploaded_at: datetime = moment()
    given_at: datetime | None = moment(nullable=True)


def of_case(session: Session, case_id: int) -> Sequence[OpinionFile]:
    """Every file that was given with an opinion or a remark of the case, in that order."""
    query = select(OpinionFile).where(OpinionFile.case_id == case_id, col(OpinionFile.given_at).is_not(None))
    return session.exec(query.order_by(col(OpinionFile.given_at), col(OpinionFile.id))).all()


def of_tasks(session: Session, task_ids: Collection[int]) -> dict[int, list[OpinionFile]]:
    """The files given with the answers of these tasks, by task."""
    query = select(OpinionFile).where(
        col(OpinionFile.task_id).in_(task_ids),
        col(OpinionFile.given_at).is_not(None),
        col(OpinionFile.comment_id).is_(None),
    )
    found: dict[int, list[OpinionFile]] = {}
    for one in session.exec(query.order_by(col(OpinionFile.id))) if task_ids else ():
        found.setdefault(one.task_id or 0, []).append(one)
    return found


def of_comments(session: Session, comment_ids: Collection[int]) -> dict[int, list[OpinionFile]]:
    """The files of these remarks, by remark."""
    query = select(OpinionFile).where(col(OpinionFile.comment_id).in_(comment_ids))
    found: dict[int, list[OpinionFile]] = {}
    for one in session.exec(query.order_by(col(OpinionFile.id))) if comment_ids else ():
        found.setdefault(one.comment_id or 0, []).append(one)
    return found


def staged(session: Session, task_id: int, person_id: int) -> Sequence[OpinionFile]:
    """What a person has uploaded for a half-written answer, in the order of uploading."""
    query = select(OpinionFile).where(
        OpinionFile.task_id == task_id,
        OpinionFile.uploaded_by == person_id,
        col(OpinionFile.given_at).is_(None),
    )
    return session.exec(query.order_by(col(OpinionFile.id))).all()


def unstage(session: Session, file_id: int, task_id: int, person_id: int) -> bool:
    """Remove one's own file from a half-written answer; False if there is none that could go."""
    query = delete(OpinionFile).where(
        col(OpinionFile.id) == file_id,
        col(OpinionFile.task_id) == task_id,
        col(OpinionFile.uploaded_by) == person_id,
        col(OpinionFile.given_at).is_(None),
    )
    return session.exec(query).rowcount == 1


def drop_staged(session: Session, task_id: int) -> None:
    """The task is answered: what anybody uploaded for an answer that was not given goes with its draft."""
    session.exec(
        delete(OpinionFile).where(col(OpinionFile.task_id) == task_id, col(OpinionFile.given_at).is_(None))
    )


def forget(session: Session) -> int:
    """Delete what was uploaded for answers that will never be given: the seat lapsed, the case was withdrawn."""
    over = select(Task.id).where(col(Task.state).in_((TaskState.ANSWERED, TaskState.LAPSED)))
    query = delete(OpinionFile).where(col(OpinionFile.given_at).is_(None), col(OpinionFile.task_id).in_(over))
    return session.exec(query).rowcount
