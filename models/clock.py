"""The only module that reads the wall clock.

Three readings, from the inside out: an instant set for one block (`at`: tests, seeding), the wall clock moved
by an offset (the demo, `fengbu story`), the wall clock. The offset is kept in the database so that all
processes agree on it; the caller copies it here with `set_offset`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_instant: ContextVar[datetime | None] = ContextVar("instant", default=None)
_offset = timedelta(0)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _instant.get() or datetime.now(UTC) + _offset


def wall() -> datetime:
    """Return the true present instant, whatever the demo clock says: leases, back-off and networks follow it."""
    return datetime.now(UTC)


def today() -> date:
    """Return the present calendar day in Shanghai, the day every deadline and rule is counted by."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """Return the aware `instant` in Shanghai's time; ValueError if it is naive."""
    return _aware(instant).astimezone(SHANGHAI)


def start_of(day: date) -> datetime:
    """Return the first instant of `day` in Shanghai, in UTC."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let `now` return `instant` inside the block, in this thread or task; ValueError if it is naive."""
    token = _instant.set(_aware(instant).astimezone(UTC))
    try:
        yield
    finally:
        _instant.reset(token)


def offset() -> timedelta:
    """Return how far this process's clock is moved; zero is the true time."""
    return _offset


def set_offset(value: timedelta) -> None:
    """Move this process's clock to the wall clock plus `value`; it runs on from there."""
    global _offset  # noqa: PLW0603 - one clock per process is the point
    _offset = value


def move_to(instant: datetime) -> timedelta:
    """Move this process's clock so that it is `instant` now; return the offset, for the caller to store."""
    set_offset(_aware(instant) - datetime.now(UTC))
    return _offset


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"An instant needs a time zone: {instant.isoformat()}")
    return instant
