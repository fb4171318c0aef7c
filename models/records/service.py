"""Proof of service (送达): that a notice arrived, who acknowledged it (签收) by which way, and who was telephoned.

A document counts as served from the acknowledgement on: by a person on the portal, over the API or through the link
of an e-mail, by the institution's own system answering a webhook with 2xx, or by telephone.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col, func, select
from sqlmodel.sql.expression import Select

from models.records.base import moment
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.notice import Acknowledged, Channel, Delivery, Notice

Row = tuple[Notice, CaseRecord, Document]
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}")


class ServiceCall(SQLModel, table=True):
    """A call about a notice that nobody acknowledged. `reached`: `spoke_with` was told what the document says."""

    __tablename__ = "service_calls"

    id: int | None = Field(default=None, primary_key=True)
    notice_id: UUID = Field(foreign_key="notices.id", index=True)
    at: datetime = moment()
    person_id: int = Field(foreign_key="people.id")
    person_name: str = Field(max_length=60)
    phone: str = Field(max_length=40)
    spoke_with: str = Field(max_length=60)
    reached: bool
    words: str = Field(default="", max_length=200)


def acknowledge(
    session: Session,
    notice_ids: Sequence[UUID],
    via: Acknowledged,
    at: datetime,
    person_id: int | None = None,
) -> Sequence[UUID]:
    """Note that these notices were acknowledged; the first acknowledgement stays. Those that are new."""
    found = session.connection().execute(
        update(Notice)
        .where(col(Notice.id).in_(notice_ids), col(Notice.acknowledged_at).is_(None))
        .values(acknowledged_at=at, acknowledged_via=via, acknowledged_by=person_id)
        .returning(col(Notice.id))
    )
    return found.scalars().all()


def by_token(session: Session, token: str) -> tuple[Notice, Delivery] | None:
    """The notice an e-mail's link acknowledges; whatever is no such word is nobody's."""
    if not _TOKEN.fullmatch(token):
        return None
    query = select(Notice, Delivery).join(Delivery, col(Delivery.notice_id) == col(Notice.id))
    return session.exec(query.where(Delivery.ack_token == token)).first()


def one(session: Session, notice_id: UUID) -> Row | None:
    """A notice that serves a document, with its case and document."""
    return session.exec(_served().where(Notice.id == notice_id)).first()


def unserved(session: Session, before: datetime, limit: int) -> Sequence[Row]:
    """Documents sent before an instant that nobody acknowledged, oldest first."""
    query = _served().where(col(Notice.acknowledged_at).is_(None), col(Notice.created_at) < before)
    return session.exec(query.order_by(col(Notice.created_at)).limit(limit)).all()


def to_call(session: Session, managing_id: int | None, limit: int) -> Sequence[Row]:
    """The phone list: unacknowledged in spite of a reminder; of one managing institution, or of all."""
    query = _served().where(col(Notice.acknowledged_at).is_(None), col(Notice.escalated_at).is_not(None))
    if managing_id is not None:
        query = query.where(CaseRecord.managing_institution_id == managing_id)
    return session.exec(query.order_by(col(Notice.created_at)).limit(limit)).all()


def of_case(session: Session, case_id: int) -> Sequence[Row]:
    """Every document a case's applicant was served, in the order they were sent."""
    return session.exec(_served().where(Notice.case_id == case_id).order_by(col(Notice.created_at))).all()


def unacknowledged(session: Session, institution_id: int) -> int:
    """How many documents an institution has not acknowledged."""
    query = select(func.count()).where(
        Notice.institution_id == institution_id,
        col(Notice.person_id).is_(None),
        col(Notice.document_id).is_not(None),
        col(Notice.acknowledged_at).is_(None),
    )
    return session.exec(query).one()


def ways_of(session: Session, notice_id: UUID) -> Sequence[Delivery]:
    """How a notice travelled: the portal first."""
    query = select(Delivery).where(Delivery.notice_id == notice_id).order_by(col(Delivery.id))
    return session.exec(query).all()


def portal_of(session: Session, notice_id: UUID) -> Delivery:
    """The notice in the portal's inbox."""
    query = select(Delivery).where(Delivery.notice_id == notice_id, Delivery.channel == Channel.PORTAL)
    return session.exec(query).one()


def calls_of(session: Session, notice_ids: Sequence[UUID]) -> Sequence[ServiceCall]:
    """Calls about notices, in order."""
    query = select(ServiceCall).where(col(ServiceCall.notice_id).in_(notice_ids))
    return session.exec(query.order_by(col(ServiceCall.id))).all()


def _served() -> Select[Notice, CaseRecord, Document]:
    return (
        select(Notice, CaseRecord, Document)
        .join(CaseRecord, col(CaseRecord.id) == col(Notice.case_id))
        .join(Document, col(Document.id) == col(Notice.document_id))
    )
