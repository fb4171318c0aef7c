"""What the database itself refuses, whoever writes: changed entries, balances without entries, sums over a limit."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from api.demo import play
from models import clock
from models.lifecycle import Board, Process
from models.records import ledger, lending
from models.records.institution import by_code
from models.records.ledger import AccountKind, EntryType, LedgerAccount
from models.records.loan import Loan, LoanState
from tests.ledger.conftest import Db

pytestmark = pytest.mark.usefixtures("office")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET amount = amount + 1",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "UPDATE ledger_accounts SET ceiling = ceiling + 1",
        "UPDATE ledger_accounts SET paid = 1",
        "DELETE FROM ledger_accounts",
        "INSERT INTO ledger_accounts (kind, key, label, ceiling, reserved, paid, returned) "
        "VALUES ('budget', '2030', 'x', 1, 0, 0, 0)",
        "UPDATE budget_changes SET amount = amount + 1",
        "DELETE FROM budget_changes",
    ],
    ids=lambda statement: "-".join(statement.split()[:4]),
)
def test_what_is_written_stays_and_nothing_but_entries_moves_a_balance(office: Db, statement: str) -> None:
    with pytest.raises(DBAPIError), office() as s:
        s.connection().execute(text(statement))


def budget(s: Session) -> LedgerAccount:
    year = str(clock.today().year)
    return ledger.opened(s, AccountKind.BUDGET, year, year)


def test_an_entry_that_would_pass_the_limit_by_a_fen_is_refused(office: Db) -> None:
    with office() as s:
        case = play.a_claim(s, Board.GUARANTEE, "GHD", "100.00", "20.00").id
        left = budget(s).left
    with pytest.raises(DBAPIError, match="never_above_the_limit"), office() as s:
        ledger.post(s, budget(s), EntryType.RESERVE, left + Decimal("0.01"), "x", case_id=case)
    with pytest.raises(DBAPIError, match="no_negative_balance"), office() as s:
        ledger.post(s, budget(s), EntryType.RELEASE, Decimal("0.01"), "x", case_id=case)
    with office() as s:
        ledger.post(s, budget(s), EntryType.RESERVE, left, "x", case_id=case)
        assert budget(s).left == 0


def test_an_entry_moves_only_between_the_sides_of_its_kind(office: Db) -> None:
    with office() as s:
        key = budget(s).id
    with pytest.raises(DBAPIError, match="does not move from"), office() as s:
        s.connection().execute(
            text(
                "INSERT INTO ledger_entries (account_id, at, type, source, target, amount, left_after, memo) "
                "VALUES (:key, now(), 'ceiling', 'free', 'paid', 1, 0, 'x')"
            ),
            {"key": key},
        )


def test_the_base_of_the_two_per_cent_follows_every_change_of_a_loan(office: Db) -> None:
    def base(year: int = 2026) -> Decimal:
        with office() as s:
            home = by_code(s, "GYB")
            assert home is not None
            return lending.lent(s, home.id or 0, year)

    with office() as s:
        record = play.a_case(s, Process.FILING, Board.BANK, "GYB", "1.00", "2笔贷款")
        for item in (1, 2):
            play.a_loan(s, record, item, item=item, principal=Decimal("100.00"))
    assert base() == 0  # filed, not registered
    with office() as s:
        s.connection().execute(text("UPDATE loans SET state = 'registered'"))
    assert base() == 200
    with office() as s:
        one = s.exec(select(Loan).where(Loan.item == 1)).one()
        one.principal = Decimal("150.50")
    assert base() == Decimal("250.50")
    with office() as s:
        one = s.exec(select(Loan).where(Loan.item == 2)).one()
        one.state = LoanState.WITHDRAWN
    assert base() == Decimal("150.50")
    with office() as s:
        s.connection().execute(text("DELETE FROM loans"))
    assert base() == 0
