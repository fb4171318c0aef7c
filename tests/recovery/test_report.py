"""季度、年度报告: money belongs to the year it moved in, as in the ledger and in the overview, not to the claim's year."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from flows.steps import limits
from models import clock
from models.database import session
from models.lifecycle import Board
from models.records import figures, period
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.figures import By
from models.records.ledger import AccountKind, EntryType, LedgerAccount, LedgerEntry
from models.records.loan import Loan
from tests.kernel.stage import case_of
from tests.ledger import cases
from tests.recovery.conftest import Db
from tests.recovery.paid import paid

DECEMBER, JANUARY, MARCH = (
    datetime.fromisoformat(f"{day}T10:00:00+08:00") for day in ("2026-12-28", "2027-01-11", "2027-03-01")
)
BY: dict[str, Callable[[CaseRecord, Loan], str]] = {
    "board": lambda case, loan: str(case.board),
    "institution": lambda case, loan: str(case.institution_id),
    "town": lambda case, loan: case.town,
    "industry": lambda case, loan: loan.industry,
}


def moved(s: Session, year: int) -> list[tuple[CaseRecord, Loan, str, Decimal]]:
    """What the ledger moved in a year: payments out of a budget, returns into the year's account; read entry by entry."""
    found = []
    for entry, account in s.exec(
        select(LedgerEntry, LedgerAccount).where(LedgerEntry.account_id == LedgerAccount.id)
    ):
        settled = account.kind == AccountKind.BUDGET and entry.type == EntryType.SETTLE
        came_back = account.kind == AccountKind.RECOVERY and entry.type == EntryType.RETURN
        if (settled or came_back) and clock.local(entry.at).year == year:
            case = s.get_one(CaseRecord, entry.case_id)
            claim = s.exec(select(Claim).where(Claim.case_id == case.id)).one()
            found.append(
                (case, s.get_one(Loan, claim.loan_id), "paid" if settled else "returned", entry.amount)
            )
    return found


def sums(rows: list[tuple[CaseRecord, Loan, str, Decimal]], what: str, key: Any = None) -> Any:
    if key is None:
        return sum((amount for _, _, kind, amount in rows if kind == what), Decimal(0))
    groups: dict[str, Decimal] = {}
    for case, loan, kind, amount in rows:
        if kind == what:
            groups[str(key(case, loan))] = groups.get(key(case, loan), Decimal(0)) + amount
    return groups


def test_what_moved_in_a_year_is_in_its_report_whenever_it_was_asked_for(office: Db) -> None:
    with clock.at(DECEMBER):
        early = paid("1000000.00", number=1)
        with session() as s:
            late = cases.approved(s, 3, "500000.00", Board.GUARANTEE)
        cases.calculated(late, "500000.00")
        assert cases.reserve(late) == ""
    with clock.at(JANUARY):
        cases.in_a_run(late, lambda case: limits.settle(case, "PZ-2", "2027-01-11"))
        with session() as s:
            limits.give_back(s, case_of(s, early), Decimal("200000.00"), "追偿返还")
    with clock.at(MARCH), session() as s:
        limits.give_back(s, case_of(s, late), Decimal("50000.00"), "追偿返还")
    with clock.at(MARCH), session() as s:
        for year, expected in ((2026, ("1000000.00", "0")), (2027, ("500000.00", "250000.00"))):
            entries = moved(s, year)
            assert (sums(entries, "paid"), sums(entries, "returned")) == tuple(map(Decimal, expected))
            first, after = date(year, 1, 1), date(year + 1, 1, 1)
            total, flows = period.sums(s, first, after), figures.flows(s, year)
            assert total.paid == flows[0].paid == sums(entries, "paid"), year
            assert total.returned == flows[0].returned == sums(entries, "returned"), year
            assert [m.paid for m in period.months(s, first, after)] == [m.paid for m in flows[1:]]
            for key, of in BY.items():
                rows = period.groups(s, key, first, after)
                assert {r[0]: r[4] for r in rows if r[4]} == sums(entries, "paid", of), (year, key)
                assert {r[0]: r[5] for r in rows if r[5]} == sums(entries, "returned", of), (year, key)
                told = figures.groups(s, By(key), year)
                assert {g.key: g.paid for g in told if g.paid} == sums(entries, "paid", of), (year, key)
        quarter = period.groups(s, "board", date(2027, 1, 1), date(2027, 2, 1))
        assert [(r[1], r[4], r[5]) for r in quarter] == [(0, Decimal("500000.00"), Decimal("200000.00"))]
