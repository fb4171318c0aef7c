"""Claims that were paid, without the way there: what a recovery begins with."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from flows.kernel import Case
from flows.steps import limits
from models import clock
from models.database import session
from models.lifecycle import Board, State
from models.records.case import by_number
from tests.ledger import cases

PAID_ON = "2026-10-12"
RECEIVED = date(2026, 10, 12)


def paid(
    amount: str = "1000000.00",
    board: Board = Board.GUARANTEE,
    number: int = 1,
    state: State = State.PAID,
    **facts: str,
) -> str:
    """A claim of which `amount` (元) was paid today and stands in the ledger; its number."""
    with session() as s:
        found = cases.approved(s, number, amount, board, **facts)
    cases.calculated(found, amount)
    assert cases.reserve(found) == ""
    with session() as s:
        record = by_number(s, found)
        assert record is not None
        record.lease_token = uuid4().hex
        s.flush()
        case = Case.load(s, record.id or 0, record.lease_token)
        limits.settle(case, "PZ-1", clock.today().isoformat())
        record.state, record.lease_token, record.wake_at = state, None, None
        record.closed_at = clock.now() if state is State.PAID else None
    return found


def after_b1() -> str:
    """B1: a loss of 8,000,000 of which the bank's 2 % left 4,000,000; the effective ratio is 50 %."""
    with session() as s:
        cases.approved(s, 2, "1.00", Board.BANK, unpaid="192000000.00")
    return paid("4000000.00", Board.BANK, unpaid="8000000.00")


def due(amount: str) -> Decimal:
    """An amount as it is kept."""
    return Decimal(amount)
