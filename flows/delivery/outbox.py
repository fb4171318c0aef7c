"""The outbox in the database: what is due is claimed with a lease, what came of it is recorded.

A claim pushes `next_attempt_at` forward by `LEASE`: while a worker sends, nobody else does; when it dies, the
delivery is due again. A duplicate sending carries the same id. True time throughout, but what people read
(`at`, `delivered_at`) is business time like the rest of the case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, select

from flows.delivery import circuit
from flows.delivery.events import context_of
from flows.delivery.outcome import File, Outcome, Parcel, Verdict, pause_after
from flows.delivery.wording import template_sha256, word
from flows.kernel import served
from models import clock, database
from models.records.attachment import Blob
from models.records.document import Document
from models.records.institution import WebhookEndpoint
from models.records.notice import (
    Acknowledged,
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Notice,
)
from models.settings import get_settings

CHANNEL = "fengbu_outbox"
"""What PostgreSQL notifies when a delivery was written."""
LEASE = timedelta(seconds=60)
PER_LANE = 5
"""How many deliveries of one lane a worker has on the way at a time."""

# Each lane is asked for its own first deliveries by an index that begins with it, so that a lane with ten thousand
# waiting costs as much as one with ten. A later notice of a case (or of a session of the joint meeting) waits while an earlier one to the same address is
# pending, so that a bank never reads "paid" before "decided". An endpoint that rests (`circuit`) is not asked; one
# that has rested gets one at a time. `busy` holds what this worker already has on the way, per lane.
_CLAIM = text(
    """
    WITH lanes AS (
        SELECT 0 AS lane, CAST(:per_lane AS int) AS most
        UNION ALL
        SELECT id, CASE WHEN paused_until IS NULL THEN CAST(:per_lane AS int) ELSE 1 END FROM webhook_endpoints
        WHERE paused_until IS NULL OR paused_until <= :now
    ), free AS (
        SELECT lane, most - coalesce(busy.count, 0) AS free FROM lanes
        LEFT JOIN unnest(CAST(:lanes AS int[]), CAST(:counts AS int[])) AS busy(lane, count) USING (lane)
        WHERE most > coalesce(busy.count, 0)
    ), due AS (
        SELECT first.id FROM free CROSS JOIN LATERAL (
            SELECT d.id FROM deliveries d JOIN notices n ON n.id = d.notice_id
            WHERE coalesce(d.endpoint_id, 0) = free.lane AND d.state = 'pending' AND d.next_attempt_at <= :now
              AND NOT EXISTS (
                SELECT FROM (
                    SELECT m.id FROM notices m WHERE m.case_id = n.case_id
                    UNION ALL SELECT m.id FROM notices m WHERE m.meeting_id = n.meeting_id OFFSET 0
                ) AS told
                CROSS JOIN LATERAL (
                    SELECT e.id, e.state, e.channel, e.address FROM deliveries e WHERE e.notice_id = told.id OFFSET 0
                ) AS earlier
                WHERE earlier.state = 'pending' AND earlier.id < d.id
                  AND earlier.channel = d.channel AND earlier.address = d.address)
            ORDER BY d.next_attempt_at, d.id LIMIT free.free
        ) first
    ), claimed AS (
        SELECT id FROM deliveries
        WHERE id = ANY(ARRAY(SELECT id FROM due)) AND state = 'pending' AND next_attempt_at <= :now
        ORDER BY next_attempt_at, id LIMIT :room FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = :lease
    WHERE id = ANY(ARRAY(SELECT id FROM claimed)) RETURNING id
    """
)

# A worker's plan for the claim is as old as the outbox was empty, and ten thousand notices can come before PostgreSQL
# has counted them. So the claim is planned anew each time, OFFSET 0 keeps the look at earlier notices what it is (a few
# rows of one case, by their keys), and ARRAY looks for what is due once.
_PLANNED_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")


@dataclass(frozen=True, slots=True)
class Result:
    """One try: the parcel, when, how it ended and how long it took."""

    parcel: Parcel
    at: datetime
    outcome: Outcome
    milliseconds: int


def claim(session: Session, room: int, busy: Mapping[int, int]) -> list[Parcel]:
    """Claim up to `room` due deliveries, at most `PER_LANE` per lane together with the `busy` ones."""
    now = clock.wall()
    values = {
        "now": now,
        "lease": now + LEASE,
        "room": room,
        "per_lane": PER_LANE,
        "lanes": list(busy),
        "counts": list(busy.values()),
    }
    connection = session.connection()
    connection.execute(_PLANNED_ANEW)
    ids = connection.execute(_CLAIM, values).scalars().all()
    if not ids:
        return []
    query = (
        select(Delivery, Notice, Document, WebhookEndpoint)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .outerjoin(Document, col(Document.id) == col(Notice.document_id))
        .outerjoin(WebhookEndpoint, col(WebhookEndpoint.id) == col(Delivery.endpoint_id))
        .where(col(Delivery.id).in_(ids))
        .order_by(col(Delivery.id))
    )
    rows = session.exec(query).all()
    posted = {d.sha256 for way, _, d, _ in rows if way.channel == Channel.EMAIL and d is not None}
    blobs = {
        blob.sha256: blob.data for blob in session.exec(select(Blob).where(col(Blob.sha256).in_(posted)))
    }
    return [_parcel(*row, blobs) for row in rows]


def _parcel(
    delivery: Delivery,
    notice: Notice,
    document: Document | None,
    endpoint: WebhookEndpoint | None,
    blobs: Mapping[str, bytes],
) -> Parcel:
    attached = delivery.channel == Channel.EMAIL
    return Parcel(
        delivery_id=delivery.id or 0,
        attempt=delivery.attempts,
        channel=delivery.channel,
        address=delivery.address,
        notice_id=notice.id,
        event=notice.event,
        title=notice.title,
        text=notice.body,
        html=_html(notice) if attached else None,
        created_at=notice.created_at,
        context=notice.context,
        file=File(document.filename, blobs[document.sha256]) if attached and document else None,
        endpoint_id=delivery.endpoint_id,
        secrets=_secrets(endpoint),
        acknowledge_at=f"{get_settings().base_url}/ack/{delivery.ack_token}" if delivery.ack_token else "",
    )


def _secrets(endpoint: WebhookEndpoint | None) -> tuple[str, ...]:
    """The secrets to sign with: the newest first, and for the time of the overlap the one it replaced."""
    if endpoint is None or not endpoint.active:
        return ()
    until = endpoint.old_secret_until
    overlaps = endpoint.old_secret and until is not None and until > clock.wall()
    return (endpoint.secret, endpoint.old_secret) if overlaps else (endpoint.secret,)


def _html(notice: Notice) -> str | None:
    """The notice as HTML, or None once its templates have changed: the stored text is what was said."""
    if template_sha256(notice.event) != notice.template_sha256:
        return None
    return word(notice.event, context_of(notice.event, notice.context)).html


def settle(session: Session, results: Sequence[Result]) -> None:
    """Record tries and what follows from them.

    A worker whose lease ended while it was sending may report late: a success counts, a failure does not
    overrule the try that came after it.
    """
    if not results:
        return
    ids = [result.parcel.delivery_id for result in results]
    query = select(Delivery).where(col(Delivery.id).in_(ids)).order_by(col(Delivery.id)).with_for_update()
    deliveries = {delivery.id: delivery for delivery in session.exec(query)}
    for result in results:
        outcome = result.outcome
        session.add(
            DeliveryAttempt(
                delivery_id=result.parcel.delivery_id,
                at=result.at,
                ok=outcome.verdict == Verdict.DELIVERED,
                status_code=outcome.status_code,
                answer=(outcome.answer or outcome.reason)[:500],
                milliseconds=result.milliseconds,
            )
        )
        delivery = deliveries[result.parcel.delivery_id]
        if outcome.verdict == Verdict.DELIVERED:
            delivery.state = DeliveryState.DELIVERED
            delivery.delivered_at = delivery.delivered_at or clock.now()
            delivery.next_attempt_at = None
            delivery.last_error = ""
        elif delivery.state == DeliveryState.PENDING and delivery.attempts == result.parcel.attempt:
            _failed(delivery, outcome)
    session.flush()
    arrived = [one.parcel.notice_id for one in results if _taken_in(one)]
    if arrived:
        served.acknowledge(session, arrived, Acknowledged.WEBHOOK, clock.now())
    circuit.record(session, [(one.parcel.endpoint_id, _answered(one.outcome)) for one in results])


def _taken_in(result: Result) -> bool:
    """Whether the institution's own system answered that it has the notice."""
    return result.parcel.channel == Channel.WEBHOOK and result.outcome.verdict == Verdict.DELIVERED


def _answered(outcome: Outcome) -> bool:
    """Whether the endpoint is alive: a refusal is an answer too, and is about one notice."""
    return outcome.verdict != Verdict.RETRY


def _failed(delivery: Delivery, outcome: Outcome) -> None:
    pause = pause_after(delivery.attempts, outcome.wait) if outcome.verdict == Verdict.RETRY else None
    if pause is not None:
        delivery.next_attempt_at = clock.wall() + pause
        delivery.last_error = outcome.reason[:500]
        return
    given_up = f"24小时内{delivery.attempts}次未送达：" if outcome.verdict == Verdict.RETRY else ""
    delivery.state = DeliveryState.PARKED
    delivery.next_attempt_at = None
    delivery.last_error = f"{given_up}{outcome.reason}"[:500]


def resend(session: Session, delivery_id: int) -> Delivery:
    """Send a delivery again, with its old id and a fresh set of tries; whoever lost it may have it twice.

    LookupError if there is no such delivery; ValueError, with a sentence, if it needs no sending or is
    already on its way.
    """
    query = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    delivery = session.exec(query).first()
    if delivery is None:
        raise LookupError(delivery_id)
    if delivery.channel == Channel.PORTAL:
        raise ValueError("门户通知已在对方收件箱中，无需重发。")
    if delivery.state == DeliveryState.PENDING:
        raise ValueError("这一投递正在发送或等待重试，无需重发。")
    delivery.state = DeliveryState.PENDING
    delivery.attempts = 0
    delivery.queued_at = delivery.next_attempt_at = clock.wall()
    database.notify(session, CHANNEL)
    return delivery
