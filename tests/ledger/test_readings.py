"""A1, A3, A16: a resolution changes how a limit is read. What was had under the other reading still counts."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from models import clock
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


def year_accounts(office: Db) -> dict[str, tuple[Decimal, Decimal]]:
    """Ceiling and use of the bank's years, by what stands after the bank in the key."""
    with office() as s:
        found = s.exec(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.BANK_YEAR))
        return {account.key.partition(":")[2]: (account.ceiling, account.used) for account in found}


def test_a_year_of_loans_and_a_year_of_claims_are_two_accounts_and_one_limit(office: Db) -> None:
    """A1 is read by the year of 受理 for loans of 2026. All claims here are accepted today."""
    resolved(office, "cap_basis", "claim_year")
    ours = f"claims:{clock.today().year}"
    for receipt, amount, day in (("JJ-1", "500000.00", BEFORE), ("JJ-2", "1500000.00", AFTER)):
        assert cases.reserve(approved(office, amount, day, receipt, unpaid="100000000.00")) == ""
    assert year_accounts(office) == {
        "2025": (Decimal("2000000.00"), Decimal("500000.00")),  # 2 % of the loans of 2025, as before
        ours: (
            Decimal("1500000.00"),
            Decimal("1500000.00"),
        ),  # 2 % of 2026, less the old claim accepted in it
    }
    with office() as s:
        short = s.exec(select(LedgerAccount.label).where(LedgerAccount.key.endswith(ours))).one()  # type: ignore[attr-defined]
    said = cases.reserve(approved(office, "2000000.01", AFTER, "JJ-3", unpaid="100000000.00"))
    assert f"{short}余额 2,000,000.00 元，不足核定的 2,000,000.01 元" in said and "按受理年度" in short
    # what was taken by the new reading is of loans of 2026: the loans of 2025 keep their whole limit
    assert cases.reserve(approved(office, "3500000.00", BEFORE, "JJ-4", unpaid="100000000.00")) == ""
    assert year_accounts(office)["2025"] == (Decimal("4000000.00"), Decimal("4000000.00"))
    assert not cases.differences()


def test_a_limit_of_a_bank_that_turns_to_loss_counts_in_an_account_of_its_own(office: Db) -> None:
    resolved(office, "cap_applies_to", "loss")
    approved(office, "1.00", AFTER, "JJ-0", number=8)  # gives the bank's year room
    assert cases.reserve(approved(office, "4000000.00", AFTER, "JJ-1", unpaid="5000000.00")) == ""
    assert year_accounts(office) == {"loss:2026": (Decimal("10100000.00"), Decimal("5000000.00"))}
    assert not cases.differences()


def test_verify_says_which_entry_stands_in_an_account_of_another_year(office: Db) -> None:
    assert cases.reserve(approved(office, "500000.00", BEFORE, "JJ-1")) == ""
    with office() as s:
        s.exec(select(LedgerAccount)).all()
        s.connection().execute(text("ALTER TABLE loans DISABLE TRIGGER USER"))
        s.connection().execute(text("UPDATE loans SET disbursed_on = '2024-06-02'"))
        s.connection().execute(text("ALTER TABLE loans ENABLE TRIGGER USER"))
    (found,) = [one for one in cases.differences() if one.code == "entry.account"]
    assert found.expected.endswith(":2024") and found.found.endswith(":2025") and "年度不符" in found.sentence
