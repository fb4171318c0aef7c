"""How often one may call: per key, and per address for those who have no key that fits.

Counted in this process's memory: several web processes allow a key several times as much. The limit protects
the machine, not a quota; sharing it would cost a write per call.
"""

from enum import Enum
from functools import cache
from math import ceil

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.auth.refusals import Refused
from models import clock
from models.settings import get_settings


class Meter(Enum):
    """What is counted."""

    KEY = "key"
    STRANGER = "stranger"


class TooMany(Refused):
    """429: wait `seconds`."""

    code = "too_many_requests"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            429, f"调用过于频繁，请 {seconds} 秒后再试。没有保存任何改动。", {"Retry-After": str(seconds)}
        )


@cache
def _counter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(MemoryStorage())


def _limit(meter: Meter) -> RateLimitItem:
    settings = get_settings()
    most = settings.api_calls_per_minute if meter is Meter.KEY else settings.api_failures_per_minute
    return RateLimitItemPerMinute(most)


def spend(meter: Meter, who: str, request: Request) -> None:
    """Count one call and note what is left for the answer's headers. Raises `TooMany`."""
    limit = _limit(meter)
    allowed = _counter().hit(limit, meter.value, who)
    window = _counter().get_window_stats(limit, meter.value, who)
    wait = max(1, ceil(window.reset_time - clock.wall().timestamp()))
    request.state.answer_headers = {
        "RateLimit-Policy": f'"{meter.value}";q={limit.amount};w={limit.get_expiry()}',
        "RateLimit": f'"{meter.value}";r={max(0, window.remaining)};t={wait}',
    }
    if not allowed:
        raise TooMany(wait)


def forget() -> None:
    """Start counting anew (tests)."""
    _counter().storage.reset()
