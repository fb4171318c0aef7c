"""The record of deliveries (投递记录): what went out, what waits, what is parked, and who opened what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from models.records.case import CaseRecord
from models.records.notice import Channel, Delivery, DeliveryAttempt, DeliveryState, Notice

Row = tuple[Delivery, Notice, CaseRecord | None]
"""A delivery with its notice and the case that is about, if it is about one."""


def find(
    session: Session,
    *,
    state: DeliveryState | None = None,
    channel: Channel | None = None,
    case_number: str = "",
    limit: int,
    offset: int = 0,
) -> Sequence[Row]:
    """Deliveries with their notices and cases, newest first."""
    chosen = (
        _chosen(state, channel, case_number).order_by(col(Delivery.id).desc()).limit(limit).offset(offset)
    )
    query = (
        select(Delivery, Notice, CaseRecord)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Notice.case_id))
        .where(col(Delivery.id).in_(chosen))
        .order_by(col(Delivery.id).desc())
    )
    return session.exec(query).all()


def count(
    session: Session,
    *,
    state: DeliveryState | None = None,
    channel: Channel | None = None,
    case_number: str = "",
) -> int:
    """How many deliveries `find` would list without a limit."""
    chosen = _chosen(state, channel, case_number).subquery()
    return session.exec(select(func.count()).select_from(chosen)).one()


def _chosen(state: DeliveryState | None, channel: Channel | None, case_number: str) -> SelectOfScalar[Any]:
    query = select(Delivery.id)
    if state is not None:
        query = query.where(Delivery.state == state)
    if channel is not None:
        query = query.where(Delivery.channel == channel)
    if case_number:
        query = query.join(Notice, col(Notice.id) == col(Delivery.notice_id)).join(
            CaseRecord, col(CaseRecord.id) == col(Notice.case_id)
        )
        query = query.where(col(CaseRecord.number) == case_number)
    return query


def one(session: Session, delivery_id: int) -> Row | None:
    """A delivery with its notice and case."""
    query = (
        select(Delivery, Notice, CaseRecord)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Notice.case_id))
        .where(Delivery.id == delivery_id)
    )
    return session.exec(query).first()


def letters(
    session: Session, institution_id: int, *, unread: bool = False, unsigned: bool = False, limit: int
) -> Sequence[Row]:
    """The portal inbox of an institution, newest first; `unsigned`: documents nobody has acknowledged."""
    query = (
        select(Delivery, Notice, CaseRecord)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Notice.case_id))
        .where(Delivery.institution_id == institution_id, Delivery.channel == Channel.PORTAL)
        .order_by(col(Delivery.id).desc())
        .limit(limit)
    )
    if unread:
        query = query.where(col(Delivery.opened_at).is_(None))
    if unsigned:
        query = query.where(col(Notice.document_id).is_not(None), col(Notice.acknowledged_at).is_(None))
    return session.exec(query).all()


def attempts_of(session: Session, delivery_id: int) -> Sequence[DeliveryAttempt]:
    """Every try of a delivery, newest first."""
    query = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id)
    return session.exec(query.order_by(col(DeliveryAttempt.id).desc())).all()


def open_portal(session: Session, delivery: Delivery, person_id: int, at: datetime) -> None:
    """Note who of the institution opened a portal notice first; a second reader changes nothing."""
    session.refresh(delivery, with_for_update=True)
    if delivery.opened_at is None:
        delivery.opened_at, delivery.opened_by = at, person_id
