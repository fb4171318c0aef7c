"""Claiming: only a registered loan of one's own, only once, with every material; and correcting what was returned."""

from decimal import Decimal

import pytest
from sqlmodel import Session, select

from flows.actions.applications import claiming, correcting
from flows.actions.errors import ConflictError, InvalidError, NotThereError
from flows.actions.forms.application_forms import read_claim, read_loan
from models.gates import CORRECTION, Outcome
from models.lifecycle import Board, Process, State
from models.records.attachment import current
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.loan import LoanState, of_case
from models.records.task import TaskState, open_of_case
from models.records.timeline import of_case as events_of
from tests.actions.samples import FILES, PDF, claim, claim_on, file_one, loan, png, registered, waiting_at
from tests.seed import actor


@pytest.mark.parametrize(("login", "board"), [("linwanyi", Board.BANK), ("tanjunhao", Board.GUARANTEE)])
def test_a_claim_with_every_material_becomes_a_case(s: Session, login: str, board: Board) -> None:
    who = actor(s, login)
    row = registered(s, who, board)
    record = claim_on(s, who, row)
    made = s.exec(select(Claim)).one()
    assert (record.process, record.state, made.loan_id) == (Process.CLAIM, State.SUBMITTED, row.id)
    assert record.amount == made.requested and record.subject == row.firm_name
    assert {a.slot for a in current(s, record.id or 0)} == {slot for slot, *_ in FILES[board]}
    assert made.account_number == "4400000000000001"


def test_missing_materials_and_wrong_sums_come_at_once(s: Session) -> None:
    who = actor(s, "linwanyi")
    row = registered(s, who)
    form = read_claim(Board.BANK, claim(unpaid_principal="3000000.01", overdue_since="2025-06-14"))
    with pytest.raises(InvalidError) as error:
        claiming.submit(s, who, form, row.id or 0, FILES[Board.BANK][2:])
    assert [f.field for f in error.value.faults] == [
        "unpaid_principal",
        "overdue_since",
        "materials.application",
        "materials.credit_approval",
    ]
    assert s.exec(select(CaseRecord).where(CaseRecord.process == Process.CLAIM)).first() is None


def test_every_refused_file_is_named(s: Session) -> None:
    who = actor(s, "linwanyi")
    row = registered(s, who)
    files = [("contract", "a.pdf", "application/pdf", b"MZ"), ("commitment", "b.exe", "application/pdf", PDF)]
    with pytest.raises(InvalidError) as error:
        claiming.submit(s, who, read_claim(Board.BANK, claim()), row.id or 0, files)
    assert [f.field for f in error.value.faults] == ["materials.contract", "materials.commitment"]


def test_a_loan_not_registered_cannot_be_claimed(s: Session) -> None:
    who = actor(s, "linwanyi")
    (row,) = of_case(s, file_one(s, who).id or 0)
    with pytest.raises(ConflictError, match="尚未备案（审核中）"):
        claim_on(s, who, row)


def test_a_loan_is_claimed_once_while_the_claim_lives(s: Session) -> None:
    who = actor(s, "linwanyi")
    row = registered(s, who)
    first = claim_on(s, who, row)
    with pytest.raises(ConflictError, match=f"已申请补偿（{first.number}）"):
        claim_on(s, who, row)
    s.exec(select(Claim)).one().alive = False
    assert claim_on(s, who, row).number != first.number


def test_the_unique_index_is_the_last_word(s: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    who = actor(s, "linwanyi")
    row = registered(s, who)
    claim_on(s, who, row)
    monkeypatch.setattr(claiming, "on_loan", lambda *a: None)
    with pytest.raises(ConflictError, match="刚刚"):
        claim_on(s, who, row)


def test_another_institutions_loan_is_not_there(s: Session) -> None:
    row = registered(s, actor(s, "linwanyi"))
    with pytest.raises(NotThereError):
        claim_on(s, actor(s, "luoqiming"), row)


def test_a_returned_filing_is_corrected_and_what_changed_is_told(s: Session) -> None:
    who = actor(s, "linwanyi")
    record = file_one(s, who)
    task = waiting_at(s, record, CORRECTION)
    (row,) = of_case(s, record.id or 0)
    form = read_loan(Board.BANK, loan(annual_rate_pct="4.00", principal="2,800,000"))
    correcting.correct_filing(s, who, record.number, {row.id or 0: form}, [("contracts", "x.pdf", "", PDF)])
    event = next(e for e in events_of(s, record.id or 0) if e.event == "correction_resubmitted")
    assert [c["what"] for c in event.data["changed"]] == ["贷款本金", "年利率", "借款合同、借据"]
    assert event.data["changed"][0] == {
        "where": "第 1 笔",
        "what": "贷款本金",
        "before": "3,000,000.00",
        "after": "2,800,000.00",
    }
    assert (record.amount, row.annual_rate_pct) == (Decimal("2800000.00"), Decimal("4.00"))
    assert (task.state, task.outcome, task.answered_by) == (
        TaskState.ANSWERED,
        Outcome.APPROVE,
        who.person_id,
    )


def test_a_returned_claim_is_corrected_with_a_new_material(s: Session) -> None:
    who = actor(s, "linwanyi")
    record = claim_on(s, who, registered(s, who))
    waiting_at(s, record, CORRECTION)
    form = read_claim(Board.BANK, claim(requested="1,600,000.00"))
    correcting.correct_claim(s, who, record.number, form, [("collection", "催收.png", "", png())])
    event = next(e for e in events_of(s, record.id or 0) if e.event == "correction_resubmitted")
    assert [c["what"] for c in event.data["changed"]] == [
        "申请补偿金额",
        "还本付息明细、还款账户流水、催收材料",
    ]
    assert record.amount == Decimal("1600000.00")
    assert open_of_case(s, record.id or 0) == []


def test_nothing_changed_needs_a_reason(s: Session) -> None:
    who = actor(s, "linwanyi")
    record = claim_on(s, who, registered(s, who))
    waiting_at(s, record, CORRECTION)
    form = read_claim(Board.BANK, claim())
    with pytest.raises(InvalidError, match="更正"):
        correcting.correct_claim(s, who, record.number, form)
    correcting.correct_claim(s, who, record.number, form, note="催收材料第 3 页即为所需记录，无须更正。")


def test_correcting_is_over_once_answered_and_never_anothers(s: Session) -> None:
    who = actor(s, "linwanyi")
    record = file_one(s, who)
    (row,) = of_case(s, record.id or 0)
    form = {row.id or 0: read_loan(Board.BANK, loan(annual_rate_pct="4.1"))}
    with pytest.raises(ConflictError, match="不在补正环节"):
        correcting.correct_filing(s, who, record.number, form)
    waiting_at(s, record, CORRECTION)
    with pytest.raises(NotThereError):
        correcting.correct_filing(s, actor(s, "luoqiming"), record.number, form)
    assert row.state == LoanState.FILED
