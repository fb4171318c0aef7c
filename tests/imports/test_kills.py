"""A kill in the middle of an import loses the piece in hand; whoever takes it up files every row exactly once."""

import subprocess
import sys
from typing import Any

import pytest
from sqlmodel import select

from flows.actions.applications import importing
from flows.importing import running
from models import clock, database
from models.records.case import CaseRecord
from models.records.loan import Loan
from models.records.loan_import import ImportState, LoanImport
from tests.imports import files
from tests.imports.test_importing import world  # noqa: F401 - the world of these tests too
from tests.seed import actor

ROWS = 25


def killed(number: int, commit: int) -> None:
    """A worker that dies before that commit; its lease ends."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.imports.victim", str(number), str(commit)], check=False
    )
    assert done.returncode == -9
    with database.session() as s:
        found = s.get_one(LoanImport, number)
        assert found.lease_until is not None and found.lease_until > clock.wall()
    assert running.work(number) is None  # still held
    with database.session() as s:
        s.get_one(LoanImport, number).lease_until = clock.wall()


@pytest.mark.parametrize("commit", [4])
def test_killed_while_reading_every_row_is_there_once(world: None, commit: int) -> None:  # noqa: F811
    number = _handed_in()
    killed(number, commit)
    assert running.work(number) is ImportState.CHECKED
    with database.session() as s:
        found = s.get_one(LoanImport, number)
        assert (found.rows, found.good) == (ROWS, ROWS)


def test_killed_while_filing_every_loan_is_filed_once(world: None) -> None:  # noqa: F811
    number = _handed_in()
    running.work(number)
    with database.session() as s:
        importing.submit(s, actor(s, "linwanyi"), number, good_only=False)
    killed(number, 4)  # the claim, the state, one filing; the second filing is lost
    assert running.work(number) is ImportState.SUBMITTED
    with database.session() as s:
        receipts = [loan.receipt_number for loan in s.exec(select(Loan))]
        assert sorted(receipts) == [f"JJ-{n:06d}" for n in range(1, ROWS + 1)]
        numbers = sorted(case.number for case in s.exec(select(CaseRecord)))
        assert numbers == [f"BA-2026-{n:04d}" for n in range(1, 10)]  # 9 filings of at most 3, no gap


def _handed_in() -> int:
    with database.session() as s:
        found: Any = importing.hand_in(
            s, actor(s, "linwanyi"), "清单.xlsx", files.book(files.row(n) for n in range(1, ROWS + 1))
        )[0]
        return int(found.id)
