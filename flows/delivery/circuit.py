"""A circuit per webhook endpoint: one that keeps failing is left in peace, then tried with one notice at a time.

While it rests its deliveries are not claimed, so a dead bank costs one try now and then, and its notices keep
their own tries. What has waited for 24 hours at an endpoint that failed all the while is parked.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import SystemRandom

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import clock
from models.records.institution import WebhookEndpoint

OPENS_AFTER = 5
"""How many tries in a row may fail before the endpoint rests."""
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(hours=24)
DEAD = "对方接口24小时内一直没有接收，排队的通知已搁置；对方恢复后请重发。"

_JITTER = SystemRandom()
_PARK = text(
    """
    UPDATE deliveries SET state = 'parked', next_attempt_at = NULL, last_error = :reason
    WHERE endpoint_id = :endpoint AND state = 'pending' AND queued_at <= :before RETURNING id
    """
)


def record(session: Session, tries: Iterable[tuple[int | None, bool]]) -> list[int]:
    """Note how tries at endpoints ended, in order; the ids of deliveries that were parked because of it.

    An endpoint without failures that answered well is not written to: the usual case costs one read.
    """
    ended: dict[int, list[bool]] = {}
    for endpoint_id, well in tries:
        if endpoint_id is not None:
            ended.setdefault(endpoint_id, []).append(well)
    parked: list[int] = []
    if not ended:
        return parked
    troubled = [key for key, results in ended.items() if not all(results)]
    query = select(WebhookEndpoint).where(
        col(WebhookEndpoint.id).in_(ended),
        (col(WebhookEndpoint.failures) > 0) | col(WebhookEndpoint.id).in_(troubled),
    )
    for endpoint in session.exec(query.order_by(col(WebhookEndpoint.id)).with_for_update()):
        for well in ended[endpoint.id or 0]:
            _note(endpoint, well, clock.wall())
        parked += _given_up(session, endpoint)
    return parked


def close(endpoint: WebhookEndpoint) -> None:
    """Forget what failed: the endpoint answered, or a person says that it will."""
    endpoint.failures, endpoint.failing_since, endpoint.paused_until = 0, None, None


def rest_after(failures: int) -> timedelta | None:
    """How long an endpoint rests after that many failures in a row; None while the circuit stays closed."""
    if failures < OPENS_AFTER:
        return None
    rest: timedelta = min(FIRST_REST * 2 ** min(failures - OPENS_AFTER, 16), LONGEST_REST)
    return rest * _JITTER.uniform(0.8, 1.2)


def _note(endpoint: WebhookEndpoint, well: bool, now: datetime) -> None:
    if well:
        close(endpoint)
        return
    endpoint.failing_since = endpoint.failing_since or now
    # tries that were under way when it opened say nothing new
    if endpoint.paused_until is None or endpoint.paused_until <= now:
        endpoint.failures += 1
        rest = rest_after(endpoint.failures)
        endpoint.paused_until = now + rest if rest else None


def _given_up(session: Session, endpoint: WebhookEndpoint) -> list[int]:
    before = clock.wall() - GIVEN_UP_AFTER
    if endpoint.failing_since is None or endpoint.failing_since > before:
        return []
    values = {"endpoint": endpoint.id, "before": before, "reason": DEAD}
    return list(session.connection().execute(_PARK, values).scalars())
