"""三（四） “贷款期限不超过3年”."""

from calendar import monthrange
from datetime import date

from models.policy.parameters import Terms


def years_later(day: date, years: int, leap_day: str = "feb28") -> date:
    """The same calendar day some years later; for 29 February the choice of parameter `leap_day` (A24)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        month, number = (2, 28) if leap_day == "feb28" else (3, 1)
        return date(day.year + years, month, number)


def months_later(day: date, months: int) -> date:
    """The same calendar day some months later, or the last day of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def latest_maturity(disbursed_on: date, terms: Terms) -> date:
    """The last day on which a loan may mature: the same calendar day is still within the term."""
    return years_later(disbursed_on, terms.integer("bank_term_years"), terms.choice("leap_day"))
