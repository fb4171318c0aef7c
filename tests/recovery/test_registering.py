"""Who may register a recovery, of what, and who may review it; every refusal in one go."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session

from api.demo import play, recoveries
from api.demo.play import do, run_due, state_of
from flows.actions.answers import answering
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError, NotThereError
from flows.actions.forms.recovery_forms import ReturnForm, read_recovery
from flows.actions.maker_checker import handing_in, matters
from flows.actions.typed import read
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import State
from models.permissions import Actor
from models.records.institution import by_code
from models.records.timeline import of_case as events_of
from models.roles import Role
from tests.kernel.stage import case_of
from tests.ledger import cases
from tests.recovery.conftest import Db
from tests.recovery.paid import RECEIVED, after_b1, paid
from tests.recovery.test_process import registered
from tests.seed import actor

pytestmark = pytest.mark.usefixtures("office")


def test_only_one_is_open_and_only_of_what_was_paid_to_oneself(office: Db) -> None:
    claim = after_b1()
    number = registered(claim)
    with session() as s, pytest.raises(ConflictError, match=f"追偿 {number} 尚未办结"):
        recoveries.register(s, claim, [(RECEIVED, "1.00")])
    with session() as s:
        unpaid = cases.approved(s, 9, "1.00")
    with session() as s, pytest.raises(ConflictError, match="尚未拨付"):
        recoveries.register(s, unpaid, [(RECEIVED, "1.00")])
    with session() as s, pytest.raises(NotThereError):
        recoveries.register(s, number, [(RECEIVED, "1.00")])


def test_money_counts_from_the_payment_on_not_from_the_receipt(office: Db) -> None:
    number = registered(paid(state=State.RECEIPT))
    assert state_of(number) == State.RECOVERY_REVIEW


def test_every_fault_of_a_registration_is_named_at_once(office: Db) -> None:
    claim = after_b1()
    number = registered(claim, "5.00")
    recoveries.review(number)
    recoveries.hand_in_slip(number)
    recoveries.confirm(number)
    with session() as s, pytest.raises(InvalidError) as refused:
        recoveries.register(s, claim, [(date(2026, 4, 30), "1.00"), (RECEIVED, "7.00")])
    assert [f.field for f in refused.value.faults] == ["receipts.0.received_on"]
    with session() as s, pytest.raises(InvalidError) as refused:
        recoveries.register(s, claim, [(RECEIVED, "5.00")])
    assert f"已在 {number} 中登记" in refused.value.faults[0].message
    with session() as s, pytest.raises(InvalidError) as refused:
        recoveries.register(
            s, claim, [(date(2026, 10, 13), "0"), (date(2027, 1, 1), "x")], {"": "-1"}, action=""
        )
    assert {f.field for f in refused.value.faults} == {
        "action", "receipts.0.amount", "receipts.1.amount", "costs.0.amount", "costs.0.reason",
    }  # fmt: skip
    with session() as s, pytest.raises(InvalidError) as refused:
        recoveries.register(s, claim, [], {"律师代理费": "1.00"})
    assert [f.field for f in refused.value.faults] == ["progress", "costs.0.amount"]


def test_nobody_reviews_twice_in_one_recovery(office: Db) -> None:
    number = registered(paid())
    do(number, "recovery_review")
    with session() as s:
        seat = play.open_task(s, number, "recovery_second_review")
        who = play.person(s, Role.MANAGING_OFFICER, "DJS")
        head = replace(who, roles=frozenset({Role.MANAGING_HEAD}))
        with pytest.raises(ForbiddenError, match="办理过本案追偿审核"):
            answering.answer(s, head, seat.id or 0, Outcome.APPROVE)


def test_a_unit_that_manages_does_not_review_its_own_recovery(office: Db) -> None:
    """科创担保 both manages and claims: its recovery stays with 电子计算中心, which reviewed its claim."""
    claim = paid()
    with session() as s:
        kcd, djs = (by_code(s, code) for code in ("KCD", "DJS"))
        assert kcd is not None and djs is not None
        case_of(s, claim).institution_id = kcd.id or 0
    with session() as s:
        number = recoveries.register(s, claim, [(RECEIVED, "100.00")]).number
        assert case_of(s, number).managing_institution_id == djs.id
    run_due()
    with session() as s:
        own = play.person(s, Role.MANAGING_OFFICER, "KCD")
        seat = play.open_task(s, number, "recovery_review")
        with pytest.raises(ForbiddenError, match="不能由你办理追偿审核"):
            answering.answer(s, own, seat.id or 0, Outcome.APPROVE)
    recoveries.review(number)
    assert state_of(number) == State.RETURN_SLIP


def test_where_two_people_submit_a_registration_and_a_slip_wait_for_the_checker(office: Db) -> None:
    """经办/复核: nothing reaches the city before another person of the institution has released it."""
    claim = after_b1()
    paper = [("receipt_voucher", "凭证.pdf", "application/pdf", recoveries.PAPER)]
    form = read_recovery(
        {
            "action": "settlement",
            "receipts": [{"received_on": RECEIVED.isoformat(), "amount": "900000", "voucher_number": "SK-1"}],
        }
    )
    with session() as s:
        bank = by_code(s, "GYB")
        assert bank is not None
        bank.checker_since = clock.now()
    with session() as s:
        matter = matters.recovery(form, case_of(s, claim), paper)
        row = handing_in.hand_in(s, filer(s), matter).waiting
        assert row is not None and row.title.startswith("登记回款：")
        shown = matters.KINDS["recovery"].show(s, filer(s), matter)
        facts = dict(fact for section in shown.sections for fact in section.facts)
        assert facts["预计本次应返还"] == "450,000.00 元"
        with pytest.raises(ForbiddenError):
            handing_in.release(s, filer(s), row.id or 0, row.shown)
        key, seen = row.id or 0, row.shown
    with session() as s:
        number = handing_in.release(s, actor(s, "xianruyi"), key, seen).case_number
    run_due()
    assert state_of(number) == State.RECOVERY_REVIEW
    recoveries.review(number)
    typed = {"returned_on": RECEIVED.isoformat(), "returned_amount": "450000", "slip_number": "FH-1"}
    slip = [("return_slip", "回单.pdf", "application/pdf", recoveries.PAPER)]
    with session() as s:
        row = handing_in.hand_in(
            s, filer(s), matters.slip(case_of(s, number), read(ReturnForm, typed), slip)
        ).waiting
        assert row is not None
        key, seen = row.id or 0, row.shown
    assert state_of(number) == State.RETURN_SLIP
    with session() as s:
        handing_in.release(s, actor(s, "xianruyi"), key, seen)
    run_due()
    assert state_of(number) == State.RETURN_CONFIRMATION
    with session() as s:
        events = [e.event for e in events_of(s, case_of(s, number).id or 0)]
        assert events.count("submission_released") == 2


def filer(s: Session) -> Actor:
    return play.person(s, Role.FILER, "GYB")
