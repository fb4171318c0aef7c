"""Notices (通知), their deliveries over channels, and every attempt to deliver them.

A notice is written in the transaction of the event it tells of (outbox); `deliver_notices` sends it after.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.records.base import Facts, coded, facts, moment, one_of


class Channel(StrEnum):
    """How a notice travels."""

    PORTAL = "portal"
    EMAIL = "email"
    WEBHOOK = "webhook"


CHANNEL_NAMES: dict[Channel, str] = {
    Channel.PORTAL: "门户",
    Channel.EMAIL: "邮件",
    Channel.WEBHOOK: "接口",
}


class DeliveryState(StrEnum):
    """Where a delivery stands. A portal delivery is delivered when written and opened when read."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"  # refused for good, or out of retries: a person must look


class Acknowledged(StrEnum):
    """By which way a notice was acknowledged (签收)."""

    PORTAL = "portal"
    EMAIL = "email"
    WEBHOOK = "webhook"
    API = "api"
    PHONE = "phone"


ACKNOWLEDGED_NAMES: dict[Acknowledged, str] = {
    Acknowledged.PORTAL: "门户签收",
    Acknowledged.EMAIL: "邮件链接签收",
    Acknowledged.WEBHOOK: "对方系统接收",
    Acknowledged.API: "接口签收",
    Acknowledged.PHONE: "电话送达",
}


class Notice(SQLModel, table=True):
    """One thing an institution is told. `event` is past tense, e.g. claim_accepted.

    It is about a case, or about the session of the joint meeting `meeting_id`, or, with neither, about the office's own
    lists. `person_id`: for one person of the institution, by e-mail only; their portal inbox is 消息.
    The first acknowledgement stays. `reminded_at`, `escalated_at`: reminded of it, and put on the phone list.
    """

    __tablename__ = "notices"
    __table_args__ = (
        one_of("acknowledged_via", Acknowledged),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_via IS NULL)", name="acknowledged_by_some_way"
        ),
        Index(
            "ix_notices_unserved",
            "created_at",
            postgresql_where=text("document_id IS NOT NULL AND acknowledged_at IS NULL"),
        ),
        Index("uq_notices_feed", "institution_id", "feed_position", unique=True),
        Index(
            "ix_notices_unplaced",
            "institution_id",
            postgresql_where=text("feed_position IS NULL AND person_id IS NULL"),
        ),
        Index("ix_notices_meeting", "meeting_id", postgresql_where=text("meeting_id IS NOT NULL")),
        CheckConstraint("case_id IS NULL OR meeting_id IS NULL", name="about_one_thing"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)  # also the webhook id: the idempotency key
    event: str = Field(max_length=60)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    meeting_id: int | None = Field(default=None, foreign_key="meetings.id")
    institution_id: int = Field(foreign_key="institutions.id")
    person_id: int | None = Field(default=None, foreign_key="people.id")
    document_id: int | None = Field(default=None, foreign_key="documents.id")
    title: str = Field(max_length=200)
    body: str
    context: Facts = facts()
    template_sha256: str = Field(max_length=64)
    created_at: datetime = moment()
    acknowledged_at: datetime | None = moment(nullable=True)
    acknowledged_via: Acknowledged | None = coded(Acknowledged, nullable=True)
    acknowledged_by: int | None = Field(default=None, foreign_key="people.id")
    reminded_at: datetime | None = moment(nullable=True)
    escalated_at: datetime | None = moment(nullable=True)
    feed_position: int | None = Field(default=None, sa_type=BigInteger)  # its place in the institution's feed


class Delivery(SQLModel, table=True):
    """One notice over one channel to one address."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", DeliveryState),
        Index(
            "ix_deliveries_due",
            text("coalesce(endpoint_id, 0)"),
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_deliveries_inbox", "institution_id", "channel", "id"),
        Index("ix_deliveries_parked", "id", postgresql_where=text("state = 'parked'")),
        Index("ix_deliveries_address", "address", "id", postgresql_where=text("channel <> 'portal'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    notice_id: UUID = Field(foreign_key="notices.id", index=True)
    institution_id: int = Field(foreign_key="institutions.id")
    channel: Channel = coded(Channel)
    address: str = Field(default="", max_length=500)
    endpoint_id: int | None = Field(default=None, foreign_key="webhook_endpoints.id")
    state: DeliveryState = coded(DeliveryState, default=DeliveryState.PENDING)
    attempts: int = 0
    next_attempt_at: datetime | None = moment(
        nullable=True
    )  # real time: networks do not follow the demo clock
    queued_at: datetime | None = moment(nullable=True)  # real time: from here the 24 hours of trying run
    delivered_at: datetime | None = moment(nullable=True)
    opened_at: datetime | None = moment(nullable=True)
    opened_by: int | None = Field(default=None, foreign_key="people.id")
    last_error: str = Field(default="", max_length=500)
    ack_token: str | None = Field(default=None, max_length=40, unique=True)  # of the link in an e-mail


class DeliveryAttempt(SQLModel, table=True):
    """One try, kept for disputes."""

    __tablename__ = "delivery_attempts"

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id", index=True)
    at: datetime = moment()
    ok: bool
    status_code: int | None = None
    answer: str = Field(default="", max_length=500)
    milliseconds: int = 0


def of_case(session: Session, case_id: int) -> Sequence[tuple[Notice, Delivery]]:
    """Notices of a case with their deliveries, newest first."""
    query = (
        select(Notice, Delivery)
        .join(Delivery, col(Delivery.notice_id) == col(Notice.id))
        .where(Notice.case_id == case_id)
        .order_by(col(Notice.created_at).desc(), col(Delivery.id))
    )
    return session.exec(query).all()


def inbox(session: Session, institution_id: int, limit: int = 100) -> Sequence[tuple[Notice, Delivery]]:
    """The portal inbox of an institution, newest first."""
    query = (
        select(Notice, Delivery)
        .join(Delivery, col(Delivery.notice_id) == col(Notice.id))
        .where(Delivery.institution_id == institution_id, Delivery.channel == Channel.PORTAL)
        .order_by(col(Delivery.id).desc())
        .limit(limit)
    )
    return session.exec(query).all()


def unread(session: Session, institution_id: int) -> int:
    """How many portal notices nobody of the institution has opened."""
    query = select(func.count()).where(
        Delivery.institution_id == institution_id,
        Delivery.channel == Channel.PORTAL,
        col(Delivery.opened_at).is_(None),
    )
    return session.exec(query).one()


def feed(session: Session, institution_id: int, after: int, limit: int) -> Sequence[Notice]:
    """The institution's notices from a place on, in an order that never changes: nothing appears before a place
    that was read.

    A notice gets its place when the feed is read, after it was committed: a number taken while it was written
    would let a slower transaction commit behind a reader who is already past it.
    """
    _place(session, institution_id)
    query = select(Notice).where(Notice.institution_id == institution_id, col(Notice.feed_position) > after)
    return session.exec(query.order_by(col(Notice.feed_position)).limit(limit)).all()


def _place(session: Session, institution_id: int) -> None:
    connection, values = session.connection(), {"institution": institution_id}
    if connection.execute(text(_UNPLACED), values).first() is None:
        return
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:kind, :institution)"), values | {"kind": FEED_LOCK}
    )
    connection.execute(text(_PLACE), values)


FEED_LOCK = 6201
"""The first key of the advisory lock under which an institution's feed is numbered."""
_UNPLACED = """
SELECT 1 FROM notices WHERE institution_id = :institution AND feed_position IS NULL AND person_id IS NULL LIMIT 1
"""
_PLACE = """
WITH unplaced AS (
    SELECT n.id, row_number() OVER (ORDER BY min(d.id)) AS place
    FROM notices n JOIN deliveries d ON d.notice_id = n.id
    WHERE n.institution_id = :institution AND n.feed_position IS NULL AND n.person_id IS NULL GROUP BY n.id
), last AS (
    SELECT coalesce(max(feed_position), 0) AS position FROM notices WHERE institution_id = :institution
)
UPDATE notices n SET feed_position = last.position + unplaced.place
FROM unplaced, last WHERE n.id = unplaced.id AND n.feed_position IS NULL
"""
