"""A year's holidays as the State Council announces them (放假调休安排), out of what people type."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from models.calendar import CalendarDay, CalendarError

_LINE = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:\s*(?:至|到|~|-{2})\s*(\d{4}-\d{2}-\d{2}))?\s*(.*)$")
_LONGEST = 15
_NAME = 20


def exceptions(year: int, off: str, worked: str) -> dict[date, tuple[bool, str]]:
    """The days that are not as their weekday says: holidays on weekdays, weekends worked in lieu, with their names.

    One line each: `2027-10-01至2027-10-07 国庆节`, `2027-10-09 国庆节调休`. Raises `CalendarError` naming the line.
    """
    found: dict[date, tuple[bool, str]] = {}
    for working, typed in ((False, off), (True, worked)):
        for line in typed.splitlines():
            if not line.strip():
                continue
            for day, name in _days(year, line.strip()):
                if day in found:
                    raise CalendarError(f"{day.isoformat()} 写了两次：同一天只能是放假或上班。")
                weekend = day.isoweekday() > 5
                if working and not weekend:
                    raise CalendarError(f"{day.isoformat()} 本来就是工作日，不必列为调休上班。")
                found[day] = (working, name)
    if not any(not working for working, _ in found.values()):
        raise CalendarError("至少须列出一段放假：每行一段，如 2027-10-01至2027-10-07 国庆节。")
    return found


def _days(year: int, line: str) -> Iterator[tuple[date, str]]:
    match = _LINE.match(line)
    if match is None:
        raise CalendarError(f"“{line[:40]}”读不懂：请写成 2027-10-01至2027-10-07 国庆节。")
    try:
        first = date.fromisoformat(match[1])
        last = date.fromisoformat(match[2]) if match[2] else first
    except ValueError as error:
        raise CalendarError(f"“{line[:40]}”里的日期不存在。") from error
    if first.year != year or last.year != year:
        raise CalendarError(f"“{line[:40]}”不在 {year} 年：跨年的假期请分年登记。")
    if not 0 <= (last - first).days < _LONGEST:
        raise CalendarError(f"“{line[:40]}”的起止日期不合理：末日须不早于首日，一段不超过 {_LONGEST} 天。")
    name = match[3].strip()
    if len(name) > _NAME or not name.isprintable():
        raise CalendarError(f"“{line[:40]}”的名称须在 {_NAME} 个字以内。")
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset), name


def whole_year(year: int, special: dict[date, tuple[bool, str]], source: str) -> list[CalendarDay]:
    """Every day of the year: Monday to Friday worked, except as announced."""
    rows = []
    day = date(year, 1, 1)
    while day.year == year:
        working, name = special.get(day, (day.isoweekday() <= 5, "" if day.isoweekday() <= 5 else "周末"))
        rows.append(CalendarDay(day, working, name, source))
        day += timedelta(days=1)
    return rows
