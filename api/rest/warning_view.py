"""A letter of warning (风险提示函) as it is owed or was answered, over the API."""

from datetime import date

from pydantic import Field
from sqlmodel import Session

from api.rest.views import EnclosedOut, enclosed_view
from api.rest.wire import Moment, Out
from models import clock
from models.records import person, warning_reply


class ReplyOut(Out):
    """一份风险提示函的答复期限与回复；没有回复的，words 为空。"""

    due_on: date = Field(description="应于哪天前回复")
    words: str
    by: str | None
    at: Moment | None
    attachments: list[EnclosedOut]


def reply_view(db: Session, change_id: int) -> ReplyOut | None:
    """What is owed or was answered about an anomaly; None without a letter."""
    owed = warning_reply.of_changes(db, [change_id]).get(change_id)
    if owed is None:
        return None
    files = warning_reply.files_of(db, [change_id]).get(change_id, ())
    by = person.names(db, [owed.replied_by]).get(owed.replied_by) if owed.replied_by else None
    at = clock.local(owed.replied_at) if owed.replied_at else None
    enclosed = [enclosed_view(file) for file in files]
    return ReplyOut(due_on=owed.due_on, words=owed.words, by=by, at=at, attachments=enclosed)
