"""Working days (工作日), from data that people can edit.

The State Council announces holidays and 调休 a year at a time, so a year is either published or it is not.
For a year that is not, Monday to Friday is all anyone knows: such a result is marked provisional (暂定),
never passed off as certain.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

SEED_YEARS = (2023, 2024, 2025, 2026)
SEED_SOURCE = "chinesecalendar（国务院办公厅节假日安排）"
_ONE_DAY = timedelta(days=1)
_FURTHEST = 3_660  # calendar days: no deadline of the policy reaches ten years


class CalendarError(ValueError):
    """A calendar or a question to it that makes no sense; `str(error)` is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One row of the calendar: whether people work on `day`, what the day is called, who says so."""

    day: date
    working: bool
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class DayKind:
    """Whether a day is a working day; true as a condition when it is."""

    working: bool
    provisional: bool

    def __bool__(self) -> bool:
        return self.working


@dataclass(frozen=True, slots=True)
class Due:
    """A date reached by counting working days; provisional (暂定) if an unpublished year was counted."""

    day: date
    provisional: bool

    def __str__(self) -> str:
        text = f"{self.day.year}年{self.day.month}月{self.day.day}日"
        return f"{text}（暂定）" if self.provisional else text


@dataclass(frozen=True, slots=True)
class DayCount:
    """A number of working days; provisional (暂定) if an unpublished year was counted."""

    days: int
    provisional: bool


class WorkingCalendar:
    """The working days of the published years; Monday to Friday, marked 暂定, for every other year.

    `published` names the source of each published year. A published year must list every one of its days:
    raises `CalendarError` otherwise, because a hole would be a silent guess.
    """

    def __init__(self, days: Mapping[date, bool], published: Mapping[int, str]) -> None:
        self._days = dict(days)
        self.published = dict(published)
        for year in sorted(self.published):
            day = date(year, 1, 1)
            while day.year == year:
                if day not in self._days:
                    raise CalendarError(f"{year} 年的日历不完整：缺少 {day.isoformat()} 是否为工作日。")
                day += _ONE_DAY
        # the days that are not what their weekday says, and how many working days they add up to
        self._unusual = sorted(
            day for day, working in self._days.items() if working != (day.isoweekday() <= 5)
        )
        self._more = list(accumulate((1 if self._days[day] else -1 for day in self._unusual), initial=0))

    @classmethod
    def from_rows(cls, rows: Iterable[CalendarDay]) -> "WorkingCalendar":
        """A calendar of complete years out of table rows; the year's source is that of its first row."""
        days: dict[date, bool] = {}
        published: dict[int, str] = {}
        for row in rows:
            days[row.day] = row.working
            published.setdefault(row.day.year, row.source)
        return cls(days, published)

    def is_working_day(self, day: date) -> DayKind:
        """Whether people work on `day`, and whether that is only 暂定."""
        return DayKind(self._days.get(day, day.isoweekday() <= 5), day.year not in self.published)

    def add_working_days(self, start: date, days: int) -> Due:
        """The `days`-th working day (工作日) after `start`; the day of the event itself is not counted.

        0 gives `start`, or the next working day when `start` is none. Raises `CalendarError` for a negative
        or absurdly large number.
        """
        if days < 0:
            raise CalendarError(f"工作日数不能为负：收到 {days}。")
        day = start
        kind = self.is_working_day(day)
        provisional = kind.provisional
        left = days
        for _ in range(_FURTHEST):
            if left == 0 and kind.working:
                return Due(day, provisional)
            if day == date.max:
                break
            day += _ONE_DAY
            kind = self.is_working_day(day)
            provisional = provisional or kind.provisional
            left = max(left - kind.working, 0)
        raise CalendarError(f"{days} 个工作日超出可计算的范围（十年）。")

    def working_days_between(self, start: date, end: date) -> DayCount:
        """How many working days lie after `start` up to and including `end`; negative when `end` is earlier.

        The inverse of `add_working_days`: from the event to its due day this is the number of days given.
        """
        if end < start:
            back = self.working_days_between(end, start)
            return DayCount(-back.days, back.provisional)
        provisional = any(year not in self.published for year in range(start.year, end.year + 1))
        return DayCount(self._worked(end) - self._worked(start), provisional)

    def _worked(self, day: date) -> int:
        """The working days up to and including `day` since 0001-01-01, a Monday: a long list asks for many spans."""
        weeks, weekday = divmod(day.toordinal() - 1, 7)
        return weeks * 5 + min(weekday + 1, 5) + self._more[bisect_right(self._unusual, day)]


def seed_rows(years: Iterable[int] = SEED_YEARS) -> list[CalendarDay]:
    """Every day of the published years, to fill the editable calendar table.

    Raises `CalendarError` for a year the installed package does not know yet.
    """
    import chinese_calendar

    rows = []
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            try:
                on_holiday, name = chinese_calendar.get_holiday_detail(day)
            except NotImplementedError as error:
                raise CalendarError(f"{year} 年的节假日安排尚未公布，不能作为正式日历导入。") from error
            rows.append(CalendarDay(day, not on_holiday, _day_name(day, on_holiday, name), SEED_SOURCE))
            day += _ONE_DAY
    return rows


def _day_name(day: date, on_holiday: bool, name: str | None) -> str:
    weekend = day.isoweekday() > 5
    if name is None:
        return "周末" if weekend else ""
    chinese = _HOLIDAYS.get(name, name)
    return chinese if on_holiday else f"{chinese}调休上班"


_HOLIDAYS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}


@cache
def seeded_calendar() -> WorkingCalendar:
    """The calendar of `SEED_YEARS` as shipped, for the command line and wherever no table is at hand."""
    return WorkingCalendar.from_rows(seed_rows())
