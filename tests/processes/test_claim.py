"""A claim from submission to the confirmed receipt, on a real database, without a server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from api.demo.play import a_claim, do, run_due, seed, state_of
from flows.documents.engine import plain_text
from models import clock
from models.gates import Outcome
from models.lifecycle import Board, State
from models.records.attachment import Blob
from models.records.case import by_number
from models.records.claim import of_case as claim_of
from models.records.document import DocumentState, of_case
from models.records.ledger import LedgerAccount
from models.records.notice import Notice

Db = Callable[[], AbstractContextManager[Session]]
MONDAY = datetime(2026, 10, 12, 2, 0, tzinfo=clock.now().tzinfo)


@pytest.fixture(autouse=True)
def monday(db: Db) -> Iterator[None]:
    with clock.at(MONDAY):
        with db() as s:
            seed(s)
        yield


def to_public_notice(number: str) -> None:
    for gate in ("acceptance", "first_review", "second_review", "office_review", "leader_approval"):
        do(number, gate)


def after_notice(number: str) -> None:
    for gate in ("finance_review",):
        do(number, gate)
    do(number, "payment", voucher_number="PZ-2026-1", voucher_date="2026-10-28")


@pytest.mark.parametrize(
    ("board", "applicant", "unpaid", "requested", "paid"),
    [
        (Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", "1000000.00"),  # R1
        (Board.BANK, "GYB", "1000000.00", "800000.00", "800000.00"),
    ],
)
def test_a_claim_is_reviewed_announced_decided_and_paid(
    db: Db, board: Board, applicant: str, unpaid: str, requested: str, paid: str
) -> None:
    with db() as s:
        if board == Board.BANK:  # 2 % of 60,000,000 lent in the year leaves room for this claim
            a_claim(s, board, applicant, "60000000.00", "1.00", number=2)
        number = a_claim(s, board, applicant, unpaid, requested).number
    run_due()
    to_public_notice(number)
    assert state_of(number) == State.PUBLIC_NOTICE
    with clock.at(MONDAY + timedelta(days=8)):
        run_due()
        after_notice(number)
        do(number, "receipt", received_on="2026-10-28", received_amount=paid)
    assert state_of(number) == State.PAID
    with db() as s:
        documents = [d for d in of_case(s, _id(s, number)) if d.state == DocumentState.ISSUED]
        assert [d.code for d in documents] == [
            "D15", "D16", "D17", "D18", "D19", "D21", "D23", "D25", "D26", "D27",
        ]  # fmt: skip
        decision = plain_text(s.get_one(Blob, documents[6].sha256).data)
        assert f"{Decimal(paid):,.2f}" in decision
        claimed = claim_of(s, _id(s, number))
        assert claimed.paid == Decimal(paid) == claimed.received
        budget = s.exec(select(LedgerAccount).where(LedgerAccount.kind == "budget")).one()
        assert (budget.paid, budget.reserved) == (Decimal(paid), Decimal(0))
        events = [n.event for n in s.exec(select(Notice).order_by(Notice.created_at))]  # type: ignore[arg-type]
        assert {
            "claim_accepted",
            "claim_announced",
            "claim_decided",
            "claim_paid",
            "receipt_confirmed",
        } <= set(events)


def _id(s: Session, number: str) -> int:
    from models.records.case import by_number

    record = by_number(s, number)
    assert record is not None and record.id is not None
    return record.id


def test_returning_to_the_bank_stops_the_clock_and_names_every_fault(db: Db) -> None:
    with db() as s:
        number = a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00").number
    run_due()
    faults = [{"where": "代偿证明", "problem": "缺少盖章页", "remedy": "补传盖章页"}]
    do(number, "acceptance", Outcome.RETURN, "请补正", faults=faults)
    assert state_of(number) == State.CORRECTION
    do(number, "correction")
    assert state_of(number) == State.ACCEPTANCE
    with db() as s:
        notice = next(d for d in of_case(s, _id(s, number)) if d.code == "D08")
        assert "缺少盖章页" in plain_text(s.get_one(Blob, notice.sha256).data)


def test_sending_back_makes_later_approvals_void_but_keeps_them(db: Db) -> None:
    with db() as s:
        number = a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00").number
    run_due()
    for gate in ("acceptance", "first_review", "second_review"):
        do(number, gate)
    do(number, "office_review", Outcome.SEND_BACK, "请核对利率凭证", target="first_review")
    assert state_of(number) == State.FIRST_REVIEW
    with db() as s:
        from models.records.task import of_case as tasks_of

        voided = [t.gate for t in tasks_of(s, _id(s, number)) if t.voided]
    assert voided == ["first_review", "second_review", "office_review"]
    for gate in ("first_review", "second_review", "office_review", "leader_approval"):
        do(number, gate)
    assert state_of(number) == State.PUBLIC_NOTICE


def test_a_public_notice_into_an_unpublished_year_says_that_its_end_is_provisional(db: Db) -> None:
    with clock.at(datetime(2026, 12, 28, 2, 0, tzinfo=MONDAY.tzinfo)):
        with db() as s:
            number = a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00").number
        run_due()
        to_public_notice(number)
        with db() as s:
            record = by_number(s, number)
            assert record is not None
            (notice,) = [d for d in of_case(s, record.id or 0) if d.code == "D21"]
            assert "系暂定日期" in plain_text(s.get_one(Blob, notice.sha256).data)
            (told,) = s.exec(select(Notice).where(Notice.event == "claim_announced")).all()
            assert "结束日期暂定" in told.body
