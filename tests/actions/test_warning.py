"""异常情况 of a registered loan: reported by its institution, confirmed (D13) and warned of (D14) by the managing one."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from flows.actions.errors import ConflictError, ForbiddenError, InvalidError, NotThereError
from flows.actions.loans import changing, warning
from flows.actions.papers import composing_ledger, reissuing, voiding
from flows.documents import integrity
from models import clock
from models.records.document import Document, of_changes
from models.records.institution import Institution
from models.records.loan import Loan
from models.records.loan_change import ChangeKind, LoanChange, maturity, of_loan, outstanding
from models.records.notice import Notice
from models.records.timeline import of_case as events_of
from models.records.two_people import Verdict
from tests.actions.test_change_papers import HEAD, words
from tests.actions.test_changing import FILES, REVIEWS, confirmed, proposed, refused, registered
from tests.seed import actor

ASKED = {"standard": "利息按期支付", "request": "落实还款来源，提前制定处置方案。"}


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.at(datetime.fromisoformat("2026-11-23T10:00:00+08:00")):
        yield


def seen(s: Session, loan: Loan) -> int:
    """A confirmed anomaly."""
    change = proposed(s, loan, ChangeKind.ANOMALY)
    changing.decide(s, actor(s, REVIEWS), change, Verdict.CONFIRMED, "请跟踪回款。")
    return change


def warned(s: Session, change: int, login: str = REVIEWS, **typed: str) -> Document:
    return warning.warn(s, actor(s, login), change, ASKED | typed)


def test_a_confirmed_anomaly_has_its_form_and_changes_nothing_of_the_loan(s: Session) -> None:
    loan = registered(s)
    before = (maturity(loan, []), outstanding(loan, []))
    change = seen(s, loan)
    rows = of_loan(s, loan.id or 0)
    assert (maturity(loan, rows), outstanding(loan, rows)) == before
    (form,) = of_changes(s, [change])
    assert (form.code, form.number, form.organ_id) == ("D13", None, loan.institution_id)
    said = words(s, form)
    for told in (
        "异常类型\t欠息",
        "未还本金（元）\t2,000,000.00",
        "已采取的措施\t已书面催收",
        "已核阅。请跟踪回款。",
    ):
        assert told in said
    notice = s.exec(select(Notice).where(Notice.event == "loan_change_decided")).one()
    assert notice.document_id == form.id and notice.title.startswith("异常情况已确认")
    assert "不影响今后按规定申请补偿" in notice.body
    home = s.get_one(Institution, loan.institution_id)
    (row,) = composing_ledger.rows(s, home)
    assert row.remark == "欠息"


def test_an_anomaly_is_reported_while_a_change_waits_but_not_twice(s: Session) -> None:
    loan = registered(s)
    proposed(s, loan, ChangeKind.EXTENSION)
    proposed(s, loan, ChangeKind.ANOMALY)
    with pytest.raises(ConflictError, match="已有一项异常情况待审核"):
        proposed(s, loan, ChangeKind.ANOMALY)
    with pytest.raises(ConflictError, match="已有一项变更待审核"):
        proposed(s, loan, ChangeKind.PREPAYMENT)


def test_what_does_not_fit_the_loan_is_refused_with_every_fault(s: Session) -> None:
    loan = registered(s)
    faults = refused(
        s, loan, ChangeKind.ANOMALY, on="2026-12-01", unpaid="900,000,000.00", anomaly="x", measures=""
    )
    assert faults.keys() == {"anomaly", "measures"}
    faults = refused(s, loan, ChangeKind.ANOMALY, on="2026-12-01", unpaid="900,000,000.00")
    assert "发现日期须在放款日" in faults["on"] and "大于剩余本金" in faults["unpaid"]


def test_the_letter_of_warning_is_numbered_served_and_written_once(s: Session) -> None:
    loan = registered(s)
    change = seen(s, loan)
    letter = warned(s, change)
    assert (letter.code, letter.number) == ("D14", "计险〔2026〕1号")
    said = words(s, letter)
    for told in (
        "异常类型\t欠息\t关注标准\t利息按期支付",
        "落实还款来源",
        "10个工作日内，即于2026年12月7日（含当日）前",
    ):
        assert told in said
    notice = s.exec(select(Notice).where(Notice.event == "risk_warned")).one()
    assert notice.document_id == letter.id and "2026年12月7日" in notice.body
    assert events_of(s, loan.case_id)[-1].data["number"] == "计险〔2026〕1号"
    with pytest.raises(ConflictError, match="计险〔2026〕1号"):
        warned(s, change)
    assert integrity.verify(s).differences == []


def test_a_void_letter_is_written_again_with_what_it_asked(s: Session) -> None:
    change = seen(s, registered(s))
    letter = warned(s, change)
    voiding.ask(s, actor(s, REVIEWS), letter.id or 0, "日期有误")
    voiding.decide(s, actor(s, HEAD), letter.id or 0, approve=True)
    again = reissuing.reissue(s, actor(s, HEAD), letter.id or 0)
    assert (again.code, again.number, again.replaces_id) == ("D14", "计险〔2026〕2号", letter.id)
    assert "落实还款来源" in words(s, again)


def test_who_may_warn_and_of_what(s: Session) -> None:
    loan = registered(s)
    waiting = proposed(s, loan, ChangeKind.ANOMALY)
    with pytest.raises(ConflictError, match="请先核阅"):
        warned(s, waiting)
    confirmed(s, waiting)
    extended = proposed(s, loan, ChangeKind.EXTENSION)
    confirmed(s, extended)
    with pytest.raises(ConflictError, match="请先核阅"):
        warned(s, extended)
    for login in (FILES, "zengyawen", "mozhaohui"):
        with pytest.raises(ForbiddenError):
            warned(s, waiting, login)
    with pytest.raises(NotThereError):
        warned(s, waiting, "tanjunhao")
    with pytest.raises(InvalidError) as bare:
        warned(s, waiting, standard="", request="")
    assert {fault.field for fault in bare.value.faults} == {"standard", "request"}


def test_what_was_reported_is_never_edited(s: Session) -> None:
    change = proposed(s, registered(s), ChangeKind.ANOMALY)
    for values in ({"unpaid": 1}, {"anomaly": "overdue"}, {"measures": "x"}):
        with pytest.raises(DBAPIError), s.begin_nested():
            s.connection().execute(update(LoanChange).where(col(LoanChange.id) == change).values(values))
