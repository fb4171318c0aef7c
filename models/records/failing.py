"""Addresses that fail (通知送不到): where notices of an institution do not arrive, so that people see it without asking.

Nothing is stored: an address fails while a notice to it is parked and none arrived since, or while its endpoint's circuit
has been open for long. It is over when a delivery succeeds, the notices are sent again, or the address was replaced.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from models import clock
from models.records.notice import Channel

LONG = timedelta(hours=1)
"""How long an endpoint must have failed without a break before people are told."""


@dataclass(frozen=True, slots=True)
class Failing:
    """One address. `parked` notices wait for a person (0: the endpoint only rests), the newest is `delivery_id`;
    `since` when the first of them did not arrive; `reason` is the newest one's. `person`: a member's own mailbox."""

    institution_id: int
    channel: Channel
    address: str
    parked: int
    delivery_id: int | None
    since: datetime
    reason: str
    person: str


_FAILING = text(
    """
    WITH parked AS (
        SELECT d.id, d.institution_id, d.channel, d.address, d.endpoint_id, d.last_error, n.created_at, n.person_id,
            coalesce((SELECT max(a.at) FROM delivery_attempts a WHERE a.delivery_id = d.id), n.created_at) AS troubled_at
        FROM deliveries d JOIN notices n ON n.id = d.notice_id
        WHERE d.state = 'parked' AND (CAST(:institution AS int) IS NULL OR d.institution_id = :institution)
    ), addresses AS (
        SELECT institution_id, channel, address, person_id, max(endpoint_id) AS endpoint_id, count(*) AS parked,
            max(id) AS newest, min(created_at) AS since, (array_agg(last_error ORDER BY id DESC))[1] AS reason,
            max(troubled_at) AS troubled_at
        FROM parked GROUP BY institution_id, channel, address, person_id
    ), failing AS (
        SELECT institution_id, channel, address, person_id, parked, newest, since, reason FROM addresses a
        WHERE CASE
            WHEN person_id IS NOT NULL THEN EXISTS (
                SELECT FROM people p WHERE p.id = a.person_id AND p.active AND trim(p.email) = a.address)
            WHEN channel = 'webhook' THEN EXISTS (
                SELECT FROM webhook_endpoints w WHERE w.id = a.endpoint_id AND w.active AND w.ended_at IS NULL)
            ELSE EXISTS (
                SELECT FROM institution_contacts c WHERE c.institution_id = a.institution_id AND c.active
                  AND lower(trim(c.email)) = lower(a.address)) END
          AND NOT EXISTS (
            SELECT FROM deliveries later WHERE later.address = a.address AND later.channel = a.channel
              AND later.channel <> 'portal' AND later.institution_id = a.institution_id
              AND later.state = 'delivered' AND later.delivered_at > a.troubled_at)
    ), resting AS (
        SELECT w.institution_id, 'webhook' AS channel, w.url AS address, NULL::int AS person_id, 0 AS parked,
            NULL::int AS newest, w.failing_since AS since, '' AS reason
        FROM webhook_endpoints w
        WHERE w.active AND w.ended_at IS NULL AND w.failing_since <= :before
          AND (CAST(:institution AS int) IS NULL OR w.institution_id = :institution)
          AND NOT EXISTS (SELECT FROM failing f WHERE f.channel = 'webhook' AND f.address = w.url
            AND f.institution_id = w.institution_id)
    )
    SELECT f.*, coalesce(p.name, '') AS person FROM (SELECT * FROM failing UNION ALL SELECT * FROM resting) f
    LEFT JOIN people p ON p.id = f.person_id ORDER BY f.since, f.address
    """
)


def addresses(session: Session, institution_id: int | None = None) -> tuple[Failing, ...]:
    """What fails now, the longest first; of one institution, or of all."""
    values = {"institution": institution_id, "before": clock.wall() - LONG}
    return tuple(
        Failing(
            row.institution_id,
            Channel(row.channel),
            row.address,
            row.parked,
            row.newest,
            row.since,
            row.reason,
            row.person,
        )
        for row in session.connection().execute(_FAILING, values)
    )
