"""How long each step may take, in working days (工作日); and when the joint meeting decides.

四（二）: “统一明确具体业务流程和操作指引”: the policy sets no deadline, so every value is a default parameter
named `<step>_days`, taken as of the day the step starts (A19).
"""

from datetime import date
from decimal import Decimal

from models.calendar import Due, WorkingCalendar, seeded_calendar
from models.policy.parameters import Parameters


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
