"""LPR quotes: published monthly, stored one by one, never extrapolated."""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import Field

from models.policy.fields import Day, Facts, Percent

_FILE = Path(__file__).parent / "parameters" / "lpr.csv"


class Quote(Facts):
    """One month's LPR, in percent a year."""

    published_on: Day = Field(title="公布日")
    one_year: Percent = Field(title="1年期（%）")
    five_year: Percent = Field(title="5年期以上（%）")

    def of(self, tenor: str) -> Decimal:
        """The quote of a tenor: "1Y" or "5Y" (the choices of parameter `lpr_tenor`)."""
        return self.one_year if tenor == "1Y" else self.five_year


@cache
def shipped_quotes() -> tuple[Quote, ...]:
    """The quotes that come with the system (a public mirror; verified to 2026-04-20), oldest first."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Quote(
                published_on=date.fromisoformat(row["published_on"]),
                one_year=row["lpr_1y_pct"],
                five_year=row["lpr_5y_pct"],
            )
            for row in csv.DictReader(file)
        )


def latest(quotes: Iterable[Quote], on: date) -> Quote | None:
    """The newest quote published on or before a day, or None."""
    known = [quote for quote in quotes if quote.published_on <= on]
    return max(known, key=lambda quote: quote.published_on, default=None)


def decisive(quotes: Iterable[Quote], days: Iterable[date]) -> tuple[Quote, ...]:
    """The quotes that decide on those days, oldest first: all a claim has to keep of the table."""
    known = tuple(quotes)
    found = {quote.published_on: quote for day in days if (quote := latest(known, day)) is not None}
    return tuple(found[day] for day in sorted(found))
