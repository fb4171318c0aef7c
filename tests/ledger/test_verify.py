"""`fengbu ledger verify` on a ledger that was damaged on purpose, behind the back of every guard."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from api.cli import app
from api.demo.play import a_claim, do, run_due
from models.lifecycle import Board
from tests.ledger import cases
from tests.ledger.conftest import Db

pytestmark = pytest.mark.usefixtures("office")
TO_NOTICE = ("acceptance", "first_review", "second_review", "office_review", "leader_approval")


@pytest.fixture
def reserved(office: Db) -> str:
    """A bank's claim with 800,000 元 reserved in three accounts; its number."""
    with office() as s:
        cases.approved(s, 2, "1.00", Board.BANK, unpaid="60000000.00")
        number = a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00").number
    run_due()
    for gate in TO_NOTICE:
        do(number, gate)
    return number


DAMAGE = [
    ("UPDATE ledger_accounts SET reserved = reserved + 0.01 WHERE kind = 'budget'", {"balance.reserved"}),
    ("UPDATE ledger_accounts SET ceiling = ceiling - 5 WHERE kind = 'enterprise'", {"balance.ceiling"}),
    (
        "UPDATE ledger_entries SET amount = amount - 1 WHERE type = 'reserve' AND account_id = "
        "(SELECT id FROM ledger_accounts WHERE kind = 'budget')",
        {"balance.reserved", "entry.left_after", "case.reserved"},
    ),
    ("DELETE FROM ledger_entries WHERE type = 'reserve'", {"balance.reserved", "case.reserved"}),
    ("UPDATE claims SET approved = 700000 WHERE approved IS NOT NULL", {"case.reserved"}),
    ("UPDATE claims SET paid = 1 WHERE approved IS NOT NULL", {"case.reserved", "case.paid"}),
    ("UPDATE ledger_accounts SET key = 'X' WHERE kind = 'enterprise'", {"entry.account"}),
    ("UPDATE budget_changes SET amount = amount + 1", {"budget.change"}),
    ("UPDATE bank_year_lending SET principal = 1000", {"lending.base", "limit.base"}),
    ("UPDATE ledger_entries SET left_after = 0 WHERE type = 'reserve'", {"entry.left_after"}),
]


@pytest.mark.parametrize(("statement", "codes"), DAMAGE, ids=[" ".join(d[0].split()[:4]) for d in DAMAGE])
def test_every_kind_of_damage_is_named(office: Db, reserved: str, statement: str, codes: set[str]) -> None:
    assert not cases.differences()
    with office() as s:
        s.connection().execute(text("SET LOCAL session_replication_role = replica"))  # no trigger fires
        s.connection().execute(text(statement))
    found = cases.differences()
    assert {one.code for one in found} == codes
    assert all(one.sentence.endswith("。") and one.expected != one.found for one in found)


def test_the_command_says_every_difference_and_exits_with_one(office: Db, reserved: str) -> None:
    clean = CliRunner().invoke(app, ["ledger", "verify"])
    assert (clean.exit_code, clean.stdout.count("全部相符")) == (0, 1)
    with office() as s:
        s.connection().execute(text("SET LOCAL session_replication_role = replica"))
        s.connection().execute(text("UPDATE ledger_accounts SET paid = paid + 12.34 WHERE kind = 'budget'"))
    damaged = CliRunner().invoke(app, ["ledger", "verify"])
    assert damaged.exit_code == 1
    assert "账面已付 12.34 元，按明细累计应为 0.00 元，相差 12.34 元。" in damaged.stdout
    as_json = CliRunner().invoke(app, ["ledger", "verify", "--json"])
    assert as_json.exit_code == 1
    assert '"ok": false' in as_json.stdout and '"code": "balance.paid"' in as_json.stdout


def test_it_writes_nothing(office: Db, reserved: str) -> None:
    before = cases.account(cases.AccountKind.BUDGET)
    cases.differences()
    assert cases.account(cases.AccountKind.BUDGET) == before
    assert before.reserved == Decimal("800000.00")
