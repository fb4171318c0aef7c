"""Returns in the ledger: never more than was paid, however many are confirmed at once, and recomputed from recoveries."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from api.demo import recoveries
from api.demo.play import run_due, state_of
from flows.actions.errors import ConflictError
from flows.steps import limits
from models import clock
from models.database import session
from models.lifecycle import State
from models.records import ledger
from models.records.case import CaseRecord
from models.records.ledger import AccountKind, EntryType
from tests.kernel.stage import at_once, case_of
from tests.ledger import cases
from tests.recovery.conftest import Db
from tests.recovery.paid import RECEIVED, after_b1, paid

pytestmark = pytest.mark.usefixtures("office")


def returns() -> Decimal:
    return cases.account(AccountKind.RECOVERY).returned


def test_confirmations_at_the_same_moment_never_return_more_than_was_paid(office: Db) -> None:
    """1,000,000 元 were paid; ten times 300,000 arrive at once: three are posted, the others are told why not."""
    claim = paid()

    def give_back() -> None:
        with session() as s:
            limits.give_back(s, case_of(s, claim), Decimal("300000.00"), "追偿返还")

    with cases.connections(10):
        said = at_once([give_back] * 10)
    refused = [one for one in said if one is not None]
    assert len(refused) == 7
    assert all(isinstance(one, limits.OverReturnedError) for one in refused)
    assert "最多还可返还 100,000.00 元" in str(refused[0])
    assert returns() == Decimal("900000.00")


def test_the_database_refuses_it_too(office: Db) -> None:
    """Entries posted past the action: the claim's row is taken by the trigger, so two cannot both fit."""
    claim = paid()

    def post() -> None:
        with session() as s:
            year = str(clock.today().year)
            account = ledger.opened(s, AccountKind.RECOVERY, year, f"{year}年度追偿返还")
            ledger.post(
                s, account, EntryType.RETURN, Decimal("600000.00"), "旁路", case_id=case_of(s, claim).id
            )

    said = at_once([post, post])
    assert [isinstance(one, IntegrityError) for one in said].count(True) == 1
    assert returns() == Decimal("600000.00")


def test_two_registrations_at_the_same_moment_open_one_recovery(office: Db) -> None:
    claim = paid()

    def register() -> None:
        with session() as s:
            recoveries.register(s, claim, [(RECEIVED, "100.00")])

    said = at_once([register, register])
    assert [isinstance(one, ConflictError) for one in said].count(True) == 1
    with session() as s:
        (number,) = s.exec(select(CaseRecord.number).where(col(CaseRecord.about_id).is_not(None)))
        record = case_of(s, number)
        copy = {name: getattr(record, name) for name in CaseRecord.model_fields if name != "id"}
    with pytest.raises(IntegrityError, match="uq_cases_about"), session() as s:
        s.add(CaseRecord(**copy | {"number": "ZC-2026-9999"}))


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE recoveries SET returned = returned - 1", {"return.recoveries", "return.enterprise"}),
        (
            "UPDATE ledger_entries SET amount = amount - 1 WHERE type = 'return' AND account_id = "
            "(SELECT id FROM ledger_accounts WHERE kind = 'recovery')",
            {"return.recoveries", "balance.returned", "entry.left_after"},
        ),
        (
            "UPDATE recoveries SET returned = 9000000",
            {"return.recoveries", "return.enterprise", "return.above_payment"},
        ),
    ],
)
def test_returns_are_recomputed_from_the_recoveries(office: Db, statement: str, codes: set[str]) -> None:
    with session() as s:
        number = recoveries.register(s, after_b1(), [(RECEIVED, "900000.00")]).number
    run_due()
    recoveries.review(number)
    recoveries.hand_in_slip(number)
    recoveries.confirm(number)
    assert (state_of(number), returns()) == (State.RETURNED, Decimal("450000.00"))
    assert not cases.differences()
    with session() as s:
        s.connection().execute(text("SET LOCAL session_replication_role = replica"))  # no trigger fires
        s.connection().execute(text(statement))
    assert {one.code for one in cases.differences()} == codes
