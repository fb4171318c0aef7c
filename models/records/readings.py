"""What a limit's other readings hold. An account follows one reading; a limit is kept whichever reading each claim had.

A1: a bank's year by the year of disbursement, or by the year of 受理. A3: a firm's limit over the whole term or per
year, all banks together or each, counted in compensation or in loss.
"""

from collections.abc import Iterator
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


LOSS = "|loss"
"""How the key of a firm's account ends that counts loss instead of compensation."""
OF_CLAIMS, OF_LOSS = "claims:", "loss:"
"""What stands before the year in the key of a bank's year that counts claims by 受理, and loss."""


@dataclass(frozen=True, slots=True)
class OtherUse:
    """What one claim holds and was paid, less returns, in an account of another reading (元 in that account's measure:
    loss if `on_loss`, which the claim's `rate` turns into compensation)."""

    reserved: Decimal
    paid: Decimal
    on_loss: bool
    rate: Decimal


def firm_elsewhere(
    session: Session, uscc: str, own_key: str, institution_id: int | None, year: int | None
) -> Iterator[OtherUse]:
    """The claims of a firm (at one bank, accepted in one year, where given) that draw on other accounts than `own_key`.

    Whoever asks is the only one to reserve for the firm until the transaction ends.
    """
    connection = session.connection()
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:uscc, 3))"), {"uscc": uscc})
    values = {"uscc": uscc, "own": own_key, "bank": institution_id, "year": year, "loss": f"%{LOSS}"}
    for row in connection.execute(text(_FIRM_ELSEWHERE), values):
        yield OtherUse(Decimal(row.reserved), Decimal(row.paid), row.on_loss, Decimal(row.rate or 1))


def bank_elsewhere(
    session: Session, institution_id: int, year: int, own_key: str, *, by_vintage: bool
) -> Iterator[OtherUse]:
    """The claims of a bank that count for `year` by one reading of 当年 and draw on other accounts than `own_key`.

    Whoever asks is the only one to reserve for the bank until the transaction ends.
    """
    connection = session.connection()
    connection.execute(text("SELECT pg_advisory_xact_lock(7252024, :bank)"), {"bank": institution_id})
    values = {
        "own": own_key, "bank": institution_id, "year": year, "vintage": by_vintage, "loss": f"%:{OF_LOSS}%",
    }  # fmt: skip
    for row in connection.execute(text(_BANK_ELSEWHERE), values):
        yield OtherUse(Decimal(row.reserved), Decimal(row.paid), row.on_loss, Decimal(row.rate or 1))


ACCEPTED_IN = "coalesce(left(k.facts ->> 'accepted_on', 4)::integer, extract(year FROM c.opened_at)::integer)"
"""The year of 受理 of a claim k of a case c, as SQL."""
_ELSEWHERE = """
SELECT k.award ->> 'rate' AS rate, a.key LIKE :loss AS on_loss,
    sum(CASE e.type WHEN 'reserve' THEN e.amount WHEN 'release' THEN -e.amount WHEN 'settle' THEN -e.amount
        ELSE 0 END) AS reserved,
    sum(CASE e.type WHEN 'settle' THEN e.amount WHEN 'return' THEN -e.amount ELSE 0 END) AS paid
FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
JOIN cases c ON c.id = e.case_id JOIN claims k ON k.case_id = c.id JOIN loans l ON l.id = k.loan_id
WHERE {these}
GROUP BY a.id, k.id
"""
_FIRM_ELSEWHERE = _ELSEWHERE.format(
    these=f"""a.kind = 'enterprise' AND a.key <> :own AND (a.key = :uscc OR a.key LIKE :uscc || '|%')
    AND (CAST(:bank AS integer) IS NULL OR c.institution_id = :bank)
    AND (CAST(:year AS integer) IS NULL OR :year = {ACCEPTED_IN})"""
)
_BANK_ELSEWHERE = _ELSEWHERE.format(
    these=f"""a.kind = 'bank_year' AND a.key <> :own AND split_part(a.key, ':', 1) = CAST(:bank AS text)
    AND :year = CASE WHEN :vintage THEN extract(year FROM l.disbursed_on) ELSE {ACCEPTED_IN} END"""
)
