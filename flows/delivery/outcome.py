"""What is sent, what came of it, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from secrets import SystemRandom
from typing import Any
from uuid import UUID

from models.records.notice import Channel

_JITTER = SystemRandom()

PAUSES = tuple(
    timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 10 * 3600)
)
"""Pauses after the first, second, … failed try: 24 hours together. A delivery that fails once more is parked."""

LONGEST_PAUSE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """One claimed delivery with all that a sender needs. `attempt` counts from 1 since the last resend."""

    delivery_id: int
    attempt: int
    channel: Channel
    address: str
    notice_id: UUID
    event: str
    title: str
    text: str
    html: str | None
    created_at: datetime
    context: dict[str, Any]
    file: File | None = None
    endpoint_id: int | None = None
    secrets: tuple[str, ...] = ()
    acknowledge_at: str = ""  # the link an e-mail's reader acknowledges it with

    @property
    def lane(self) -> int:
        """Deliveries of one lane share a peer, so that a slow one delays only its own: the mail server (0), or
        one webhook endpoint."""
        return self.endpoint_id or 0


class Verdict(Enum):
    """What to do with a delivery after a try."""

    DELIVERED = "delivered"
    RETRY = "retry"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to. `answer` is what the peer said, `reason` a Chinese sentence for whoever looks."""

    verdict: Verdict
    reason: str = ""
    status_code: int | None = None
    answer: str = ""
    wait: timedelta | None = None


def pause_after(attempt: int, asked: timedelta | None) -> timedelta | None:
    """How long to wait after the failed try `attempt` (from 1), or None when the tries are used up.

    ±20 % so that many deliveries do not come back at the same instant; never sooner than the peer asked
    (Retry-After), up to 24 hours.
    """
    if attempt > len(PAUSES):
        return None
    pause = PAUSES[attempt - 1] * _JITTER.uniform(0.8, 1.2)
    return max(pause, min(asked or timedelta(0), LONGEST_PAUSE))
