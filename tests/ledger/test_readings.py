"""A3: a resolution changes how the firm's limit is read. What the firm had under the other reading still counts."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from models.lifecycle import Board
from models.records.claim import Claim
from models.records.ledger import AccountKind, LedgerAccount
from models.records.person import Person
from models.records.rules import ParameterOverride
from models.records.two_people import Verdict
from tests.ledger import cases
from tests.ledger.conftest import Db

pytestmark = pytest.mark.usefixtures("office")
BEFORE, AFTER = date(2025, 6, 2), date(2026, 3, 12)


def resolved(office: Db, name: str, value: str) -> None:
    """A reading that counts for loans of 2026."""
    with office() as s:
        one, two = s.exec(select(Person.id).limit(2)).all()
        at = datetime(2025, 12, 1, tzinfo=UTC)
        s.add(
            ParameterOverride(
                name=name, value=value, effective_from=date(2026, 1, 1), resolution="示例〔2025〕1号",
                proposed_by=one, proposed_at=at, decided_by=two, decided_at=at, verdict=Verdict.CONFIRMED,
            )
        )  # fmt: skip


def approved(office: Db, amount: str, disbursed_on: date, receipt: str, **facts: Any) -> str:
    with office() as s:
        number = cases.approved(
            s, facts.pop("number", 7), amount, Board.BANK, unpaid=facts.pop("unpaid", "500000000.00"),
            receipt_number=receipt, contract_number=receipt, disbursed_on=disbursed_on,
            contract_date=disbursed_on, **facts,
        )  # fmt: skip
    cases.calculated(number, amount)
    return number


def firm_accounts(office: Db) -> dict[str, tuple[Decimal, Decimal]]:
    """Ceiling and use by the end of the key."""
    with office() as s:
        found = s.exec(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.ENTERPRISE))
        return {account.key[18:]: (account.ceiling, account.used) for account in found}


@pytest.mark.parametrize(
    ("name", "value"), [("enterprise_cap_period", "year"), ("enterprise_cap_banks", "each")]
)
def test_a_new_reading_starts_a_new_account_but_no_new_limit(office: Db, name: str, value: str) -> None:
    resolved(office, name, value)
    assert cases.reserve(approved(office, "9000000.00", BEFORE, "JJ-1")) == ""
    said = cases.reserve(approved(office, "1000000.01", AFTER, "JJ-2"))
    assert "余额 1,000,000.00 元，不足核定的 1,000,000.01 元" in said
    assert cases.reserve(approved(office, "1000000.00", AFTER, "JJ-3")) == ""
    accounts = firm_accounts(office)
    assert len(accounts) == 2
    assert sum(used for _, used in accounts.values()) == Decimal("10000000.00")
    assert not cases.differences()


def test_each_bank_has_its_own_limit_once_that_is_resolved(office: Db) -> None:
    resolved(office, "enterprise_cap_banks", "each")
    assert cases.reserve(approved(office, "9000000.00", BEFORE, "JJ-1")) == ""
    other = approved(office, "10000000.00", AFTER, "JJ-2", bank="DJB")
    assert cases.reserve(other) == ""  # the old claim was the other bank's
    old = cases.reserve(approved(office, "0.01", BEFORE, "JJ-3"))
    assert "余额 0.00 元" in old  # by the old reading all banks count together


def test_a_limit_that_turns_to_loss_counts_the_loss_behind_what_was_paid(office: Db) -> None:
    resolved(office, "enterprise_cap_on", "loss")
    for day in (BEFORE, AFTER):  # gives the bank's years room
        approved(office, "1.00", day, f"JJ-{day}", number=8)
    first = approved(office, "4000000.00", BEFORE, "JJ-1", unpaid="5000000.00")
    assert cases.reserve(first) == ""
    with office() as s:
        award = s.exec(select(Claim.award).where(Claim.approved == Decimal("4000000.00"))).one()
    assert award is not None and Decimal(award["rate"]) == Decimal("0.8")
    said = cases.reserve(approved(office, "4000000.01", AFTER, "JJ-2", unpaid="5000000.00"))
    assert (
        "余额 5,000,000.00 元，不足核定的 5,000,000.02 元" in said
    )  # 500万 of loss are left, not 600万 of compensation
    assert cases.reserve(approved(office, "4000000.00", AFTER, "JJ-3", unpaid="5000000.00")) == ""
    assert firm_accounts(office)["|loss"] == (Decimal("5000000.00"), Decimal("5000000.00"))
