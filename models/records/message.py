"""What colleagues tell each other: messages (催办, 抄送, 提到 …), comments on a case, and cases one follows (关注).

Messages are for staff and stay inside; what institutions are told is a notice (`models.records.notice`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.records.base import coded, moment, one_of


class MessageKind(StrEnum):
    """Why a colleague is told."""

    NUDGE = "nudge"
    COPY = "copy"
    MENTION = "mention"
    TRANSFER = "transfer"
    DELEGATE = "delegate"
    REPLY = "reply"
    SIGN = "sign"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    UNSTAFFED = "unstaffed"
    MEETING = "meeting"
    WHITE_LIST = "white_list"


MESSAGE_NAMES: dict[MessageKind, str] = {
    MessageKind.NUDGE: "催办",
    MessageKind.COPY: "抄送",
    MessageKind.MENTION: "提到你",
    MessageKind.TRANSFER: "转办给你",
    MessageKind.DELEGATE: "委派给你",
    MessageKind.REPLY: "委派已回复",
    MessageKind.SIGN: "请你加签",
    MessageKind.REMINDER: "到期提醒",
    MessageKind.ESCALATION: "逾期上报",
    MessageKind.UNSTAFFED: "无人可办",
    MessageKind.MEETING: "联席会议",
    MessageKind.WHITE_LIST: "白名单",
}


class Message(SQLModel, table=True):
    """One thing one person is told: about a case, or about what `about` names. `href` is where it leads when that is
    neither the task nor the case. `read_at` of a 抄送 is its 已阅."""

    __tablename__ = "messages"
    __table_args__ = (
        one_of("kind", MessageKind),
        Index("ix_messages_person", "person_id", "id"),
        Index("ix_messages_unread", "person_id", "kind", postgresql_where=text("read_at IS NULL")),
        Index("ix_messages_case", "case_id", "id"),
        CheckConstraint("case_id IS NOT NULL OR (about <> '' AND href <> '')", name="about_something"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    kind: MessageKind = coded(MessageKind)
    case_id: int | None = Field(default=None, foreign_key="cases.id")
    case_number: str = Field(default="", max_length=40)
    about: str = Field(default="", max_length=120)
    href: str = Field(default="", max_length=200)
    task_id: int | None = Field(default=None, foreign_key="tasks.id")
    words: str = Field(default="", max_length=2000)
    sender_id: int | None = Field(default=None, foreign_key="people.id")  # None: the system
    sender: str = Field(default="", max_length=60)
    at: datetime = moment()
    read_at: datetime | None = moment(nullable=True)


class Comment(SQLModel, table=True):
    """A remark of a colleague on a case; never an answer, never shown to the applicant."""

    __tablename__ = "comments"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    person_id: int = Field(foreign_key="people.id")
    person_name: str = Field(max_length=60)
    at: datetime = moment()
    words: str = Field(max_length=2000)
    task_id: int | None = Field(default=None, foreign_key="tasks.id")  # the advice asked for by 委派


class Follow(SQLModel, table=True):
    """关注: a case somebody wants to keep in sight."""

    __tablename__ = "follows"

    person_id: int = Field(foreign_key="people.id", primary_key=True)
    case_id: int = Field(foreign_key="cases.id", primary_key=True, index=True)
    at: datetime = moment()


def unread(session: Session, person_id: int, kind: MessageKind | None = None) -> int:
    """How many messages (of a kind) a person has not opened."""
    query = select(func.count()).where(Message.person_id == person_id, col(Message.read_at).is_(None))
    if kind is not None:
        query = query.where(Message.kind == kind)
    return session.exec(query).one()


def of_person(
    session: Session, person_id: int, kinds: Sequence[MessageKind] = (), *, limit: int = 100, before: int = 0
) -> Sequence[Message]:
    """A person's messages, newest first; `before` is the id the page ends at."""
    query = select(Message).where(Message.person_id == person_id)
    if kinds:
        query = query.where(col(Message.kind).in_(kinds))
    if before:
        query = query.where(col(Message.id) < before)
    return session.exec(query.order_by(col(Message.id).desc()).limit(limit)).all()


def copies(session: Session, case_id: int) -> Sequence[Message]:
    """Who has been sent a copy of a case, and who has read it."""
    query = select(Message).where(Message.case_id == case_id, Message.kind == MessageKind.COPY)
    return session.exec(query.order_by(col(Message.id))).all()


def comments(session: Session, case_id: int) -> Sequence[Comment]:
    """The remarks on a case, oldest first."""
    return session.exec(select(Comment).where(Comment.case_id == case_id).order_by(col(Comment.id))).all()


def followed_by(person_id: int) -> Any:
    """The ids of the cases a person follows, as a query."""
    return select(Follow.case_id).where(Follow.person_id == person_id)


def followed(session: Session, person_id: int, case_id: int) -> bool:
    """Whether a person follows a case."""
    return session.get(Follow, (person_id, case_id)) is not None


def asked(session: Session, task_id: int, person_id: int) -> Message | None:
    """Why a person has a task that was not theirs by itself: the last 转办, 委派 or 加签 of it to them."""
    kinds = (MessageKind.TRANSFER, MessageKind.DELEGATE, MessageKind.SIGN)
    query = select(Message).where(
        Message.person_id == person_id, Message.task_id == task_id, col(Message.kind).in_(kinds)
    )
    return session.exec(query.order_by(col(Message.id).desc()).limit(1)).first()
