"""Approved claims that go straight to their reservation, and what the ledger holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import create_engine
from sqlmodel import Session

from api.demo import play
from flows.actions.rules.verifying import Difference, verify
from flows.kernel import Case
from flows.steps import compensation, limits
from models import clock, database
from models.database import session
from models.lifecycle import Board, State
from models.records import ledger
from models.records.case import by_number
from models.records.claim import of_case as claim_of
from models.records.ledger import AccountKind, LedgerAccount


@contextmanager
def connections(count: int) -> Iterator[None]:
    """Let this process hold so many connections at once: as many workers, each on its own machine, would."""
    usual = database.engine()
    wide = create_engine(usual.url, pool_size=count, connect_args={"options": "-c timezone=UTC"})
    with patch.object(database, "engine", lambda: wide):
        yield
    wide.dispose()


def leave(left: str) -> None:
    """Let the year's budget have this much left (元)."""
    with session() as s:
        year = str(clock.today().year)
        budget = ledger.opened(s, AccountKind.BUDGET, year, f"{year}年度风险补偿预算")
        ledger.keep_ceiling(s, budget, budget.used + Decimal(left), "示例")


def approved(s: Session, number: int, amount: str, board: Board = Board.GUARANTEE, **facts: str) -> str:
    """A claim approved for `amount` (元), whatever its calculation said; its number."""
    bank = facts.pop("bank", "GYB")
    applicant = bank if board == Board.BANK else "GHD"
    unpaid = facts.pop("unpaid", "5000000.00")
    record = play.a_claim(s, board, applicant, unpaid, amount, number=number, **facts)
    record.state, record.wake_at = State.LEADER_APPROVAL, None
    claim_of(s, record.id or 0).calculated = Decimal(amount)
    return record.number


def in_a_run(number: str, act: Callable[[Case], Any]) -> Any:
    """What a worker does with one line of the process: under a lease, in one transaction."""
    with session() as s:
        record = by_number(s, number)
        assert record is not None
        record.lease_token = uuid4().hex
        s.flush()
        return act(Case.load(s, record.id or 0, record.lease_token))


def calculated(number: str, amount: str) -> None:
    """Run the calculation, then let the claim be approved for `amount` (元)."""
    in_a_run(number, compensation.calculate)
    with session() as s:
        record = by_number(s, number)
        assert record is not None
        claim_of(s, record.id or 0).calculated = Decimal(amount)


def reserve(number: str) -> str:
    """One approval's reservation: "" or the sentence that says why not."""
    return str(in_a_run(number, limits.reserve))


def account(kind: AccountKind, key: str | None = None) -> LedgerAccount:
    """The account as it stands."""
    with session() as s:
        found = ledger.account(s, kind, key or str(clock.today().year))
        assert found is not None
        return found


def differences() -> list[Difference]:
    """What `fengbu ledger verify` finds."""
    with session() as s:
        return verify(s).differences
