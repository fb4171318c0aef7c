"""What would happen to the caps of 三（四） if every claim that waits for a decision were approved as it asks."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from models.records.ledger import AccountKind, LedgerAccount


@dataclass(frozen=True, slots=True)
class Asked:
    """Undecided claims of one bank on loans of one firm that were lent in one year: what they ask for, and the loss
    they are about (元)."""

    institution_id: int
    uscc: str
    firm: str
    lent_in: int
    claimed: Decimal
    loss: Decimal


def of_banks(s: Session) -> tuple[Asked, ...]:
    """Every undecided claim of the bank board, put together."""
    return tuple(Asked(*row) for row in s.connection().execute(text(_ASKED)))


def accounts(s: Session, kind: AccountKind, keys: list[str]) -> dict[str, LedgerAccount]:
    """The accounts of these keys that were needed before."""
    query = select(LedgerAccount).where(LedgerAccount.kind == kind, col(LedgerAccount.key).in_(keys))
    return {one.key: one for one in s.exec(query)} if keys else {}


_ASKED = """
SELECT c.institution_id, l.uscc, max(l.firm_name), extract(year FROM l.disbursed_on)::int, sum(k.requested),
    sum(greatest(k.unpaid_principal - k.recovered + k.recovery_costs, 0))
FROM claims k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id
WHERE k.approved IS NULL AND c.closed_at IS NULL AND c.board = 'bank'
GROUP BY 1, 2, 4 ORDER BY 1, 2, 4
"""
