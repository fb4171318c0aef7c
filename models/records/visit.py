"""Looks at a case (查看): when a reviewer last opened it, and whether anything has happened to it since.

One row per person and case. `seen_at` is the moment of the newest thing that was there to see, not that of the look:
what another transaction wrote a moment earlier and committed a moment later is still new. `since_at` is where the
list of changes begins that the last look showed; it stays for a while (`LINGER`), so that a reload does not lose it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel, col, or_, select

from models.records.attachment import Attachment
from models.records.base import moment
from models.records.message import Comment
from models.records.timeline import Event

LINGER = timedelta(minutes=30)
"""How long a list of changes that was shown once is shown again on reopening."""
MOST = 200
"""Things of a kind that are read of one case; nobody reads a longer list of changes."""
EVENTS = (
    "correction_resubmitted", "loan_change_decided", "task_answered", "objection_registered", "document_issued",
    "document_reissued", "document_voided", "recovery_registered", "recovery_refused", "return_demanded", "money_returned",
)  # fmt: skip
"""What counts as a change for somebody who knows the case: facts, opinions, letters, money that came back. Numbers
(`FIGURES`) run along with them."""
FIGURES = ("calculated", "return_calculated")


class CaseVisit(SQLModel, table=True):
    """One person's looks at one case."""

    __tablename__ = "case_visits"

    person_id: int = Field(foreign_key="people.id", primary_key=True)
    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    seen_at: datetime = moment()
    since_at: datetime | None = moment(nullable=True)
    looked_at: datetime = moment()


def of(session: Session, person_id: int, case_id: int) -> CaseVisit | None:
    """The person's looks at the case, if there were any."""
    return session.get(CaseVisit, (person_id, case_id), populate_existing=True)  # it is written by statements


def changed(session: Session, person_id: int, case_ids: Collection[int]) -> frozenset[int]:
    """Which of these cases others have changed since the person last looked; cases never looked at are not among
    them. One question for a whole page of a list, answered from the indexes of the cases."""
    if not case_ids:
        return frozenset()
    values = {"person": person_id, "cases": list(case_ids), "events": list(EVENTS)}
    return frozenset(session.connection().execute(text(_CHANGED), values).scalars())


def mark(session: Session, person_id: int, case_id: int, at: datetime) -> datetime | None:
    """The person opens the case at `at`; since when the list of changes runs, None where there is nothing to list.

    One statement, so that it looks at one state of the database: what it does not list is still new the next time.
    """
    values: dict[str, Any] = {"person": person_id, "case": case_id, "at": at, "early": at - LINGER}
    values |= {"cases": [case_id], "events": list(EVENTS)}
    return session.connection().execute(text(_MARK.format(changed=_CHANGED)), values).scalar()


def events(session: Session, case_id: int, since: datetime, but: int) -> Sequence[Event]:
    """What others than `but` did to the case after a moment, oldest first; the system's deeds are nobody's."""
    query = select(Event).where(
        Event.case_id == case_id,
        Event.at > since,
        col(Event.event).in_((*EVENTS, *FIGURES)),
        col(Event.person_id).is_distinct_from(but),
    )
    return session.exec(query.order_by(col(Event.id)).limit(MOST)).all()


def comments(session: Session, case_id: int, since: datetime, but: int) -> Sequence[Comment]:
    """What others remarked after a moment, oldest first."""
    query = select(Comment).where(Comment.case_id == case_id, Comment.at > since, Comment.person_id != but)
    return session.exec(query.order_by(col(Comment.id)).limit(MOST)).all()


def attachments(session: Session, case_id: int, since: datetime) -> Sequence[Attachment]:
    """Materials that came or went after a moment, in the order they came."""
    query = select(Attachment).where(
        Attachment.case_id == case_id,
        or_(col(Attachment.uploaded_at) > since, col(Attachment.replaced_at) > since),
    )
    return session.exec(query.order_by(col(Attachment.id)).limit(MOST)).all()


def calculated_before(session: Session, case_id: int, since: datetime, figure: str) -> str:
    """The amount (元) that was calculated last up to a moment (`figure`, one of `FIGURES`); empty without one."""
    query = (
        select(Event)
        .where(Event.case_id == case_id, Event.event == figure, Event.at <= since)
        .order_by(col(Event.id).desc())
    )
    found = session.exec(query.limit(1)).first()
    return str(found.data.get("amount", "")) if found else ""


_CHANGED = """
SELECT v.case_id FROM case_visits v WHERE v.person_id = :person AND v.case_id = ANY(:cases) AND (
    EXISTS (SELECT FROM timeline e WHERE e.case_id = v.case_id AND e.at > v.seen_at
            AND e.event = ANY(:events) AND e.person_id IS DISTINCT FROM :person)
    OR EXISTS (SELECT FROM comments c WHERE c.case_id = v.case_id AND c.at > v.seen_at AND c.person_id <> :person)
    OR EXISTS (SELECT FROM attachments a WHERE a.case_id = v.case_id
               AND (a.uploaded_at > v.seen_at AND a.uploaded_by <> :person OR a.replaced_at > v.seen_at))
)
"""
_MARK = """
WITH fresh AS ({changed}), newest AS (
    SELECT greatest(
        (SELECT max(at) FROM timeline WHERE case_id = :case), (SELECT max(at) FROM comments WHERE case_id = :case),
        (SELECT max(greatest(uploaded_at, replaced_at)) FROM attachments WHERE case_id = :case)
    ) AS at
)
INSERT INTO case_visits AS v (person_id, case_id, seen_at, since_at, looked_at)
SELECT :person, :case, coalesce(newest.at, :at), NULL, :at FROM newest
ON CONFLICT (person_id, case_id) DO UPDATE SET
    since_at = CASE WHEN EXISTS (SELECT FROM fresh) THEN v.seen_at WHEN v.looked_at > :early THEN v.since_at END,
    seen_at = greatest(v.seen_at, excluded.seen_at),
    looked_at = :at
RETURNING since_at
"""
