"""Filing: what is stored, who reviews it, and every way it is refused with nothing half-saved."""

from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from flows.actions.applications import filing
from flows.actions.applications.filing import route_managing
from flows.actions.errors import ForbiddenError, InvalidError
from flows.actions.forms.application_forms import read_filing
from models.lifecycle import Board, Process, State
from models.records.case import CaseRecord
from models.records.enterprise import Enterprise
from models.records.institution import Institution, by_code
from models.records.loan import Loan, LoanState, of_case
from models.records.notice import Notice
from models.records.task import participation
from models.records.timeline import of_case as events_of
from tests.actions.samples import file_one, loan
from tests.seed import actor


def test_a_bank_files_one_loan_and_the_whole_case_is_there(s: Session) -> None:
    bank = actor(s, "linwanyi")
    record = file_one(s, bank)
    (row,) = of_case(s, record.id or 0)
    assert (record.process, record.board, record.state) == (Process.FILING, Board.BANK, State.SUBMITTED)
    assert record.number.startswith("BA-") and record.subject == "东莞市德润包装材料有限公司"
    assert record.amount == row.principal == Decimal("3000000.00") and record.wake_at is not None
    assert s.get_one(Institution, record.managing_institution_id).code == "DJS"
    assert (row.state, row.size_class, row.lpr_pct) == (LoanState.FILED, "小型", Decimal("3.0"))
    assert row.lpr_published_on.isoformat() == "2025-05-20"
    assert participation(s, record.id or 0, bank.person_id).duty == "applicant"
    assert [e.event for e in events_of(s, record.id or 0)] == ["filing_submitted"]
    assert [n.event for n in s.exec(select(Notice))] == ["filing_received"]


def test_a_guarantor_files_and_its_shares_come_from_the_agreement(s: Session) -> None:
    record = file_one(s, actor(s, "tanjunhao"), Board.GUARANTEE)
    (row,) = of_case(s, record.id or 0)
    assert (row.share_bank, row.share_national, row.share_provincial, row.share_city) == (20, 20, 20, 40)
    assert s.get_one(Institution, record.managing_institution_id).code == "KCD"


def test_kechuang_never_reviews_what_it_filed_itself(s: Session) -> None:
    record = file_one(s, actor(s, "yexiaotong"), Board.GUARANTEE)
    assert s.get_one(Institution, record.managing_institution_id).code == "DJS"
    kechuang = by_code(s, "KCD")
    assert route_managing(Board.GUARANTEE, kechuang.id, [kechuang]) is None


def test_several_loans_are_one_case(s: Session) -> None:
    typed = [loan(), loan(receipt_number="GY-2025-0614-02", principal="500000")]
    record = filing.submit(s, actor(s, "linwanyi"), read_filing(Board.BANK, typed))
    assert (record.subject, record.amount) == ("2 笔贷款", Decimal("3500000.00"))
    assert [row.item for row in of_case(s, record.id or 0)] == [1, 2]
    assert len(s.exec(select(Enterprise)).all()) == 1


def test_the_same_receipt_twice_names_the_other_row_or_the_earlier_filing(s: Session) -> None:
    bank = actor(s, "linwanyi")
    with pytest.raises(InvalidError) as within:
        filing.submit(s, bank, read_filing(Board.BANK, [loan(), loan()]))
    assert within.value.faults[0].field == "loans.1.receipt_number"
    assert "第 1 笔" in within.value.faults[0].message
    record = file_one(s, bank)
    with pytest.raises(InvalidError) as again:
        file_one(s, bank)
    assert record.number in again.value.faults[0].message
    assert len(s.exec(select(CaseRecord)).all()) == 1


def test_the_unique_index_is_the_last_word(s: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = actor(s, "linwanyi")
    file_one(s, bank)
    real = filing._earlier
    looks = iter([{}])
    monkeypatch.setattr(filing, "_earlier", lambda *a: next(looks, real(*a)))
    with pytest.raises(InvalidError) as error:
        file_one(s, bank)
    assert "已在 BA-" in error.value.faults[0].message
    assert len(s.exec(select(Loan)).all()) == 1


@pytest.mark.parametrize(("login", "board"), [("linwanyi", Board.GUARANTEE), ("chenjiamin", Board.BANK)])
def test_only_a_filer_of_the_board_may_file(s: Session, login: str, board: Board) -> None:
    with pytest.raises(ForbiddenError):
        file_one(s, actor(s, login), board)


def test_many_loans_take_as_many_statements_as_few(s: Session) -> None:
    bank = actor(s, "linwanyi")

    def statements(first: int, count: int) -> int:
        typed = [loan(receipt_number=f"GY-{n}") for n in range(first, first + count)]
        seen: list[str] = []

        def heard(*said: object) -> None:
            seen.append(str(said[2]))

        event.listen(s.connection(), "before_cursor_execute", heard)
        filing.submit(s, bank, read_filing(Board.BANK, typed))
        s.flush()
        event.remove(s.connection(), "before_cursor_execute", heard)
        return len(seen)

    statements(0, 2)  # what is read once in a transaction is read here
    assert statements(200, 100) <= statements(100, 3) + 1
