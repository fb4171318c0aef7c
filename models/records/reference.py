"""Reference data that offices keep up to date: the working-day calendar, LPR quotes; and the demo clock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel, col, select

from models import clock
from models.calendar import CalendarDay as DayRow
from models.calendar import WorkingCalendar, seeded_calendar
from models.records.base import moment, rate
from models.records.marks import kept
from models.settings import get_settings


class CalendarDay(SQLModel, table=True):
    """Whether a day is a working day (工作日), by the State Council's yearly announcement (调休 included)."""

    __tablename__ = "calendar_days"

    day: date = Field(primary_key=True)
    working: bool
    note: str = Field(default="", max_length=60)
    source: str = Field(max_length=80)


class LprQuote(SQLModel, table=True):
    """One month's loan prime rate (%)."""

    __tablename__ = "lpr_quotes"

    published_on: date = Field(primary_key=True)
    one_year: Decimal = rate()
    five_year: Decimal = rate()
    source: str = Field(max_length=120)


class ClockSetting(SQLModel, table=True):
    """How far a demo or test clock has been moved. Production refuses to start when it is not zero."""

    __tablename__ = "clock_setting"

    id: int = Field(default=1, primary_key=True)
    offset_seconds: int = 0
    moved_at: datetime | None = moment(nullable=True)


class WorkerBeat(SQLModel, table=True):
    """A fengbu worker that is alive (real time). While one is, the plain Prefect pool leaves due cases to it."""

    __tablename__ = "worker_beats"

    name: str = Field(primary_key=True, max_length=80)
    seen_at: datetime = moment()


def sync_clock(session: Session) -> None:
    """Follow the demo clock, which another process may have moved. Outside a demo the clock is the true one."""
    if get_settings().demo:
        setting = session.get(ClockSetting, 1)
        clock.set_offset(timedelta(seconds=setting.offset_seconds if setting else 0))


def working_calendar(session: Session) -> WorkingCalendar:
    """The working-day calendar as the office keeps it."""
    return kept(session, "calendar_days", lambda: _calendar(session))


def office_calendar(session: Session) -> WorkingCalendar:
    """The same, or the shipped one where the office's table is empty."""
    found = working_calendar(session)
    return found if found.published else seeded_calendar()


def _calendar(session: Session) -> WorkingCalendar:
    query = text("SELECT day, working, note, source FROM calendar_days ORDER BY day")
    rows = session.connection().execute(query)
    return WorkingCalendar.from_rows(DayRow(r.day, r.working, r.note, r.source) for r in rows)


def lpr_quotes(session: Session) -> Sequence[LprQuote]:
    """Every quote, oldest first."""
    return session.exec(select(LprQuote).order_by(col(LprQuote.published_on))).all()


__all__ = [
    "CalendarDay",
    "ClockSetting",
    "LprQuote",
    "WorkerBeat",
    "lpr_quotes",
    "office_calendar",
    "working_calendar",
]
