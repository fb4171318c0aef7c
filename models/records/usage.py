"""Who used a limit: the cases behind an account's balances, and what one institution took of its firms' limits."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class CaseUse:
    """What one case holds of an account, 元; `paid` less what came back."""

    number: str
    subject: str
    institution_id: int
    reserved: Decimal
    paid: Decimal

    @property
    def used(self) -> Decimal:
        """Both together."""
        return self.reserved + self.paid


@dataclass(frozen=True, slots=True)
class FirmUse:
    """What one institution's claims took of a firm's limit (元), without what other institutions took."""

    account_id: int
    label: str
    ceiling: Decimal
    reserved: Decimal
    paid: Decimal
    cases: int


def by_case(session: Session, account_id: int, limit: int = 50) -> tuple[CaseUse, ...]:
    """The cases that hold or were paid something from an account, the largest first."""
    rows = session.connection().execute(text(_BY_CASE), {"account": account_id, "most": limit})
    return tuple(CaseUse(*row) for row in rows)


def count(session: Session, account_id: int) -> int:
    """How many cases use the account."""
    query = text(f"SELECT count(*) FROM ({_BY_CASE}) AS users")  # noqa: S608 - words of this file
    return int(session.connection().execute(query, {"account": account_id, "most": None}).scalar_one())


def of_firms(session: Session, institution_id: int, limit: int = 20) -> tuple[FirmUse, ...]:
    """The firms whose limit the institution's claims use, the largest use first."""
    rows = session.connection().execute(text(_OF_FIRMS), {"institution": institution_id, "most": limit})
    return tuple(FirmUse(*row) for row in rows)


_HELD = (
    "sum(CASE e.type WHEN 'reserve' THEN e.amount WHEN 'release' THEN -e.amount WHEN 'settle' THEN -e.amount "
    "ELSE 0 END)"
)
_PAID = "sum(CASE e.type WHEN 'settle' THEN e.amount WHEN 'return' THEN -e.amount ELSE 0 END)"
_BY_CASE = f"""
SELECT c.number, c.subject, c.institution_id, {_HELD} AS reserved, {_PAID} AS paid
FROM ledger_entries e JOIN cases c ON c.id = e.case_id
WHERE e.account_id = :account GROUP BY c.id HAVING {_HELD} <> 0 OR {_PAID} <> 0
ORDER BY {_HELD} + {_PAID} DESC, c.number LIMIT :most
"""  # noqa: S608 - words of this file
_OF_FIRMS = f"""
SELECT a.id, a.label, a.ceiling, {_HELD} AS reserved, {_PAID} AS paid, count(DISTINCT c.id) AS cases
FROM cases c JOIN ledger_entries e ON e.case_id = c.id JOIN ledger_accounts a ON a.id = e.account_id
WHERE c.institution_id = :institution AND c.process = 'claim' AND a.kind = 'enterprise'
GROUP BY a.id HAVING {_HELD} <> 0 OR {_PAID} <> 0 ORDER BY {_HELD} + {_PAID} DESC, a.id LIMIT :most
"""  # noqa: S608 - words of this file
