"""A1: how much of a bank's year is used when 当年 is read as the year of disbursement, or as the year of 受理.

The account of a bank-year follows the reading in force; this answers for either, from the cases themselves.
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class YearUse:
    """What claims of one bank took of a year, 元, and how many they are."""

    paid: Decimal
    reserved: Decimal
    cases: int

    @property
    def used(self) -> Decimal:
        """Paid and reserved."""
        return self.paid + self.reserved


def used(session: Session, institution_id: int, year: int, *, by_vintage: bool) -> YearUse:
    """The claims with money held or paid that count for `year` by one reading of 当年."""
    row = session.connection().execute(
        text(_USED), {"bank": institution_id, "year": year, "vintage": by_vintage}
    )
    found = row.one()
    return YearUse(Decimal(found.paid), Decimal(found.reserved), found.cases)


_USED = """
SELECT coalesce(sum(k.paid), 0) AS paid,
    coalesce(sum(k.approved) FILTER (WHERE k.paid IS NULL), 0) AS reserved, count(*) AS cases
FROM cases c JOIN claims k ON k.case_id = c.id JOIN loans l ON l.id = k.loan_id
WHERE c.institution_id = :bank AND c.process = 'claim' AND c.board = 'bank' AND k.approved > 0
    AND (c.closed_at IS NULL OR k.paid IS NOT NULL)
    AND :year = CASE WHEN :vintage THEN extract(year FROM l.disbursed_on)
        ELSE coalesce(left(k.facts ->> 'accepted_on', 4)::integer, extract(year FROM c.opened_at)) END
"""
