"""The answer to a letter of warning (风险提示函) about an anomaly: owed by a day from its sending on, given once.

Who was reminded of it when stands beside it. Nothing follows from the day or from the answer by itself.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import dated, moment
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from models.records.loan import Loan
from models.records.loan_change import LoanChange


class WarningReply(SQLModel, table=True):
    """What the institution owes, or has answered, about one anomaly. `due_on`: the day its letter in force names."""

    __tablename__ = "warning_replies"
    __table_args__ = (
        CheckConstraint("(replied_at IS NULL) = (words = '')", name="answered_in_words"),
        CheckConstraint("(replied_at IS NULL) = (replied_by IS NULL)", name="answered_by_someone"),
        Index("ix_warning_replies_owed", "due_on", postgresql_where=text("replied_at IS NULL")),
    )

    loan_change_id: int = Field(primary_key=True, foreign_key="loan_changes.id")
    due_on: date = dated()
    reminded_at: datetime | None = moment(nullable=True)
    overdue_at: datetime | None = moment(nullable=True)  # when the institution was told that the day is over
    words: str = Field(default="", max_length=1000)
    replied_by: int | None = Field(default=None, foreign_key="people.id")
    replied_at: datetime | None = moment(nullable=True)


class WarningFile(SQLModel, table=True):
    """One file of an answer."""

    __tablename__ = "warning_files"

    id: int | None = Field(default=None, primary_key=True)
    loan_change_id: int = Field(foreign_key="warning_replies.loan_change_id", index=True)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)


def owe(session: Session, change_id: int, due_on: date) -> None:
    """A letter was sent that is to be answered by a day. One sent in place of another names its own day, and is
    reminded of anew; an answer that was given already stays."""
    query = insert(WarningReply).values(loan_change_id=change_id, due_on=due_on, words="")
    fresh = {"due_on": due_on, "reminded_at": None, "overdue_at": None}
    open_ = col(WarningReply.replied_at).is_(None)
    session.connection().execute(
        query.on_conflict_do_update(index_elements=["loan_change_id"], set_=fresh, where=open_)
    )


def of_changes(session: Session, change_ids: Sequence[int]) -> dict[int, WarningReply]:
    """What is owed or answered about these changes, by change."""
    query = select(WarningReply).where(col(WarningReply.loan_change_id).in_(change_ids))
    return {one.loan_change_id: one for one in session.exec(query)}


def files_of(session: Session, change_ids: Sequence[int]) -> dict[int, list[WarningFile]]:
    """The files of the answers, by change."""
    found: dict[int, list[WarningFile]] = {}
    query = select(WarningFile).where(col(WarningFile.loan_change_id).in_(change_ids))
    for one in session.exec(query.order_by(col(WarningFile.id))):
        found.setdefault(one.loan_change_id, []).append(one)
    return found


def owed_by(
    session: Session, institution_id: int, most: int
) -> Sequence[tuple[WarningReply, LoanChange, Loan]]:
    """What an institution has not answered, the earliest due first, where the letter is in force."""
    query = (
        select(WarningReply, LoanChange, Loan)
        .join(LoanChange, col(LoanChange.id) == WarningReply.loan_change_id)
        .join(Loan, col(Loan.id) == LoanChange.loan_id)
        .where(col(WarningReply.replied_at).is_(None), Loan.institution_id == institution_id, _in_force())
        .order_by(col(WarningReply.due_on), col(WarningReply.loan_change_id))
    )
    return session.exec(query.limit(most)).all()


def _in_force() -> ColumnElement[bool]:
    """Its letter is issued, and not void."""
    letter = select(Document.id).where(
        Document.loan_change_id == WarningReply.loan_change_id,
        Document.code == "D14",
        Document.state == DocumentState.ISSUED,
    )
    return letter.exists()


def to_remind(
    session: Session, today: date, soon: date, most: int
) -> Sequence[tuple[WarningReply, LoanChange, Loan, CaseRecord]]:
    """What nobody answered and is due by `soon`, or was due before `today`, and was not reminded of as that; its letter
    is in force. Locked, but for those another holds."""
    due, over = WarningReply.due_on, col(WarningReply.due_on) < today
    query = (
        select(WarningReply, LoanChange, Loan, CaseRecord)
        .join(LoanChange, col(LoanChange.id) == WarningReply.loan_change_id)
        .join(Loan, col(Loan.id) == LoanChange.loan_id)
        .join(CaseRecord, col(CaseRecord.id) == Loan.case_id)
        .where(col(WarningReply.replied_at).is_(None), due <= soon, _in_force())
        .where(
            or_(
                and_(over, col(WarningReply.overdue_at).is_(None)),
                and_(~over, col(WarningReply.reminded_at).is_(None)),
            )
        )
        .order_by(col(WarningReply.due_on), col(WarningReply.loan_change_id))
        .limit(most)
    )
    return session.exec(query.with_for_update(of=WarningReply, skip_locked=True)).all()
