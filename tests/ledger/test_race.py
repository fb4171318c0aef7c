"""100 approvals at the same moment over the last 10,000 yuan: never a fen over, no deadlock, every loser told why."""

from contextlib import ExitStack
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import select

from models import database
from models.lifecycle import Board
from models.records import lending, waiting
from models.records.ledger import AccountKind, LedgerAccount
from models.records.loan import Loan
from tests.kernel.stage import at_once
from tests.ledger import cases
from tests.ledger.conftest import Db

pytestmark = pytest.mark.usefixtures("office")
APPROVALS, BANKS = 100, 20


def test_a_hundred_approvals_share_the_last_ten_thousand_yuan_of_the_budget(office: Db) -> None:
    """Guarantors and two banks over one budget; the banks' claims draw on shared firms and bank-years too."""
    with office() as s:
        for bank in ("GYB", "DJB"):  # 2 % of 100,000,000 lent leaves the bank-years room
            cases.approved(s, 900 + ord(bank[0]), "1.00", Board.BANK, bank=bank, unpaid="100000000.00")
        numbers = [cases.approved(s, 500 + place, "333.33") for place in range(APPROVALS - BANKS)]
        banks = [
            cases.approved(
                s,
                1 + place % 5,
                "333.33",
                Board.BANK,
                bank=("GYB", "DJB")[place % 2],
                receipt_number=f"JJ-{place}",
            )
            for place in range(BANKS)
        ]
    for number in banks:
        cases.calculated(number, "333.33")
    numbers = [number for pair in zip(numbers, banks * 4, strict=True) for number in dict.fromkeys(pair)]
    numbers = list(dict.fromkeys(numbers))
    cases.leave("10000.00")

    with cases.connections(APPROVALS):
        said = at_once([lambda number=number: cases.reserve(number) for number in numbers])  # type: ignore[misc]

    assert not [one for one in said if isinstance(one, Exception)]
    losers = [one for one in said if one]
    budget = cases.account(AccountKind.BUDGET)
    assert (budget.reserved, budget.left) == (Decimal("9999.90"), Decimal("0.10"))  # 30 × 333.33
    assert len(losers) == APPROVALS - 30
    assert all("核定 333.33 元，尚缺 " in one and "余额 " in one for one in losers)
    with office() as s:
        assert len(waiting.line(s, budget.id or 0)) == APPROVALS - 30
        for account in s.exec(select(LedgerAccount)):
            assert account.used <= account.ceiling
    assert not cases.differences()


def test_approvals_of_one_firm_by_two_banks_stop_at_its_ten_million(office: Db) -> None:
    with office() as s:
        numbers = []
        for place in range(8):
            bank = ("GYB", "DJB")[place % 2]
            numbers.append(
                cases.approved(
                    s,
                    7,
                    "3000000.00",
                    Board.BANK,
                    bank=bank,
                    unpaid="500000000.00",
                    contract_number=f"HT-{place}",
                )
            )
    for number in numbers:
        cases.calculated(number, "3000000.00")
    said = at_once([lambda number=number: cases.reserve(number) for number in numbers])  # type: ignore[misc]
    assert sorted(map(bool, said)) == [False] * 3 + [True] * 5
    sentence = next(one for one in said if one)
    assert "余额 1,000,000.00 元，不足核定的 3,000,000.00 元，相差 2,000,000.00 元" in sentence
    assert not cases.differences()


def test_two_workers_add_to_what_one_bank_lent_and_neither_waits_for_the_other(office: Db) -> None:
    with office() as s:
        for receipt in ("JJ-1", "JJ-2"):
            cases.approved(s, 1, "1.00", Board.BANK, receipt_number=receipt)
        loan = s.exec(select(Loan).limit(1)).one()
        before = lending.lent(s, loan.institution_id, loan.disbursed_on.year)
    more = text("UPDATE loans SET principal = principal + 100 WHERE receipt_number = :receipt")
    with ExitStack() as open_:
        connections = [open_.enter_context(database.engine().connect()) for _ in range(6)]
        parts = {one.scalar(text("SELECT pg_backend_pid() % 8")): one for one in connections}
        first, second = list(parts.values())[:2]
        first.execute(more, {"receipt": "JJ-1"})
        second.execute(text("SET LOCAL lock_timeout = '2s'"))
        second.execute(more, {"receipt": "JJ-2"})  # the first has not committed
        second.commit()
        first.commit()
    with office() as s:
        assert lending.lent(s, loan.institution_id, loan.disbursed_on.year) == before + 200
        (year,) = lending.years_of(s, loan.institution_id)
        assert (year.principal, year.loans) == (before + 200, 2)
    assert not [one for one in cases.differences() if one.code == "lending.base"]
