"""How long each step may take, in working days (工作日); and when the joint meeting decides.

四（二）: “统一明确具体业务流程和操作指引”: the policy sets no deadline, so every value is a default parameter
named `<step>_days`, taken as of the day the step starts (A19).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.calendar import Due, WorkingCalendar, seeded_calendar
from models.policy.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Standing:
    """How a step stands on a day, in 工作日: `used` of `given`, the rounds before the clock stopped (停钟) among them; `left`
    after that day up to the last one; `over` beyond the last one, 0 unless it is late."""

    used: int
    given: int
    left: int
    over: int

    @property
    def late(self) -> bool:
        """逾期: the last day is over. More days may be used than given without that: a step that comes back when its days
        are used up has the day it comes back."""
        return self.over > 0


def standing(
    calendar: WorkingCalendar,
    began: date,
    last: date,
    on: date,
    given: int | None = None,
    used_before: int = 0,
) -> Standing:
    """The one reckoning behind the clock of a page, the diagram, the queue, the heat map and the documents.

    `began`: from when this round counts; `last`: its last day; `given` None: as many as lie between. A day off after the
    last day is late by one.
    """
    left = calendar.working_days_between(on, last).days
    return Standing(
        used=used_before + calendar.working_days_between(began, on).days,
        given=given or max(calendar.working_days_between(began, last).days, 0),
        left=max(left, 0),
        over=max(-left, 1) if on > last else 0,
    )


def due(
    name: str,
    start: date,
    calendar: WorkingCalendar | None = None,
    parameters: Parameters | None = None,
) -> Due:
    """The last day of the step that starts on `start`, e.g. due("first_review_days", start); maybe 暂定.

    Raises `PolicyError` for a name that is no parameter and `CalendarError` for an impossible count.
    """
    days = working_days(name, start, parameters)
    return (calendar or seeded_calendar()).add_working_days(start, days)


def working_days(name: str, start: date, parameters: Parameters | None = None) -> int:
    """The working days (工作日) a step that starts on `start` may take."""
    return (parameters or Parameters.load()).on(start).integer(name)


def return_due(
    received_on: date,
    noticed_on: date,
    calendar: WorkingCalendar | None = None,
    parameters: Parameters | None = None,
) -> Due:
    """四（二）: the last day to return the city's share of money that arrived on `received_on`; where the review has
    used up that time, `return_notice_days` after the notice (追偿返还通知书) of `noticed_on` are left."""
    known = calendar or seeded_calendar()
    by_money = due("recovery_return_days", received_on, known, parameters)
    by_notice = due("return_notice_days", noticed_on, known, parameters)
    return max(by_money, by_notice, key=lambda one: one.day)


def needs_meeting(amount: Decimal, on: date, parameters: Parameters | None = None) -> bool:
    """四（一）: “联席会议制度统筹……重大问题”: whether a compensation (元) of that size goes to the vote."""
    return amount >= (parameters or Parameters.load()).on(on).decimal("meeting_threshold")
