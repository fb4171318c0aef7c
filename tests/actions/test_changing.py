"""Changes of a registered loan: dated rows, confirmed by the managing institution, used by the claim."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from flows.actions.applications import claiming
from flows.actions.colleagues import reminding
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError, NotThereError
from flows.actions.forms.application_forms import read_claim
from flows.actions.loans import changing
from flows.steps import facts
from models import clock, database
from models.lifecycle import Board
from models.policy import eligibility
from models.policy.lines import Result
from models.records import loan_change, person, search
from models.records.claim import of_case as claim_of
from models.records.enterprise import WhiteListEntry
from models.records.lending import lent
from models.records.loan import Loan
from models.records.loan_change import (
    ChangeKind,
    LoanChange,
    maturity,
    of_loan,
    outstanding,
    waiting_for,
)
from models.records.message import Message
from models.records.notice import Notice
from models.records.reference import working_calendar
from models.records.timeline import of_case as events_of
from models.records.two_people import Verdict
from tests.actions import samples
from tests.seed import actor

TODAY = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
FILES, REVIEWS = "linwanyi", "chenjiamin"
EXTENDED = {"on": "2026-11-20", "new_due_on": "2027-12-31", "reason": "续作", "document": "展期协议 ZQ-1"}
REPAID = {"on": "2026-11-20", "repaid": "1,000,000.00", "reason": "回款", "document": "还款凭证"}
REPRESENTED = {
    "on": "2026-11-10", "former": "陈示例", "successor": "李示例", "reason": "离任", "document": "登记通知书 1 号",
}  # fmt: skip
WHY = {"reason": "录入有误", "document": "借款合同"}
SEEN = {
    "anomaly": "interest",
    "on": "2026-11-20",
    "unpaid": "2,000,000.00",
    "reason": "11月利息未付",
    "measures": "已书面催收",
    "document": "催收通知书",
}


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.at(TODAY):
        yield


def registered(s: Session) -> Loan:
    return samples.registered(s, actor(s, FILES))


def proposed(s: Session, loan: Loan, kind: ChangeKind, **typed: str) -> int:
    usual = {
        ChangeKind.EXTENSION: EXTENDED,
        ChangeKind.PREPAYMENT: REPAID,
        ChangeKind.REPRESENTATIVE: REPRESENTED,
        ChangeKind.CORRECTION: WHY,
        ChangeKind.ANOMALY: SEEN,
    }[kind]
    return changing.propose(s, actor(s, FILES), loan.id or 0, kind, usual | typed).id or 0


def confirmed(s: Session, change: int, login: str = REVIEWS) -> None:
    changing.decide(s, actor(s, login), change, Verdict.CONFIRMED)


def refused(s: Session, loan: Loan, kind: ChangeKind, **typed: str) -> dict[str, str]:
    with pytest.raises(InvalidError) as caught:
        proposed(s, loan, kind, **typed)
    return {fault.field: fault.message for fault in caught.value.faults}


def test_an_extension_counts_once_the_managing_institution_has_confirmed_it(s: Session) -> None:
    loan = registered(s)
    filed = loan.due_on
    change = proposed(s, loan, ChangeKind.EXTENSION)
    (row,) = of_loan(s, loan.id or 0)
    assert (row.number, row.due_on) == (f"{loan.filing_number}-变1", date(2026, 12, 7)), "10 工作日"
    hits = search.find(s, row.number)
    assert hits is not None and hits.cases == (loan.case_id,), (
        "the loan's case is found by the change's number"
    )
    assert maturity(loan, [row]) == filed
    unfiled = facts.drawdown(s, loan, None).extensions
    assert [(e.new_maturity, e.filed) for e in unfiled] == [(date(2027, 12, 31), False)]
    managing = actor(s, REVIEWS).institution_id
    assert waiting_for(s, managing) == 1
    confirmed(s, change)
    assert waiting_for(s, managing) == 0
    assert (loan.due_on, maturity(loan, [row])) == (filed, date(2027, 12, 31)), "what was filed stays"
    assert [e.filed for e in facts.drawdown(s, loan, None).extensions] == [True]
    told = [e.event for e in events_of(s, loan.case_id)]
    assert told[-4:] == [
        "loan_change_registered",
        "loan_change_decided",
        "document_issued",
        "document_issued",
    ]
    notice = s.exec(select(Notice).where(Notice.event == "loan_change_decided")).one()
    assert "已确认" in notice.title


def test_an_extension_beyond_three_years_is_shown_to_the_reviewer_and_fails_the_claims_term(
    s: Session,
) -> None:
    loan = registered(s)
    s.add(WhiteListEntry(uscc=loan.uscc, batch="一", recommended_by="x", valid_from=date(2024, 1, 1)))
    change = proposed(s, loan, ChangeKind.EXTENSION, new_due_on="2031-12-31")
    (row,) = of_loan(s, loan.id or 0)
    assert [check.code for check in changing.foreseen(s, row)] == ["loan.term"]
    confirmed(s, change)
    asked = facts.filing(s, loan, TODAY.date())
    assert "loan.term" in {c.code for c in eligibility.filing(asked) if c.result is Result.FAIL}


def test_repayments_leave_less_to_claim(s: Session) -> None:
    loan = registered(s)
    confirmed(s, proposed(s, loan, ChangeKind.PREPAYMENT))
    left = loan.principal - Decimal(1_000_000)
    assert outstanding(loan, of_loan(s, loan.id or 0)) == left
    assert loan.principal == lent(s, loan.institution_id, loan.disbursed_on.year), "当年实际发放 stays"
    form = read_claim(Board.BANK, samples.claim(unpaid_principal=str(left + 1)))
    (fault,) = claiming.against_loan(s, form, loan)
    assert fault.field == "unpaid_principal" and "扣除提前还款后的本金" in fault.message
    assert "repaid" in refused(s, loan, ChangeKind.PREPAYMENT, repaid=str(left + 1))
    confirmed(s, proposed(s, loan, ChangeKind.PREPAYMENT, repaid=str(left)))
    with pytest.raises(ConflictError, match="全部提前归还"):
        claiming.claimable(s, actor(s, FILES), loan.id or 0)


def test_a_correction_keeps_what_stood_before_and_moves_the_year_it_counts_in(s: Session) -> None:
    loan = registered(s)
    before = loan.principal
    change = proposed(s, loan, ChangeKind.CORRECTION, principal="2,500,000.00", purpose="购买设备")
    (row,) = of_loan(s, loan.id or 0)
    assert row.before["principal"] == f"{before.normalize():f}" and row.after == {
        "principal": "2500000",
        "purpose": "购买设备",
    }
    assert loan.principal == before
    confirmed(s, change)
    assert (loan.principal, loan.purpose) == (Decimal("2500000.00"), "购买设备")
    s.flush()
    assert lent(s, loan.institution_id, loan.disbursed_on.year) == Decimal("2500000.00")


def test_every_fault_is_said_at_once(s: Session) -> None:
    loan = registered(s)
    faults = refused(
        s, loan, ChangeKind.EXTENSION, on="2026-11-24", new_due_on=loan.due_on.isoformat(), reason=""
    )
    assert set(faults) == {"reason"}, "what cannot be read comes first"
    faults = refused(s, loan, ChangeKind.EXTENSION, on="2026-11-24", new_due_on=loan.due_on.isoformat())
    assert set(faults) == {"on", "new_due_on"}
    faults = refused(s, loan, ChangeKind.PREPAYMENT, on="2020-01-01", repaid="99,000,000.00")
    assert set(faults) == {"on", "repaid"}
    assert set(refused(s, loan, ChangeKind.PREPAYMENT, repaid="1.005")) == {"repaid"}
    assert set(refused(s, loan, ChangeKind.CORRECTION)) == {"reason"}, "nothing changed"
    faults = refused(s, loan, ChangeKind.CORRECTION, principal="-1", due_on="2020-01-01", document="")
    assert set(faults) == {"principal", "due_on", "document"}


def test_who_may_register_and_who_may_confirm(s: Session) -> None:
    loan = registered(s)
    with pytest.raises(NotThereError):
        changing.propose(s, actor(s, "tanjunhao"), loan.id or 0, ChangeKind.EXTENSION, EXTENDED)
    change = proposed(s, loan, ChangeKind.EXTENSION)
    with pytest.raises(ConflictError, match="已有一项变更待审核"):
        proposed(s, loan, ChangeKind.PREPAYMENT)
    for login in (FILES, "mozhaohui", "lujianping"):
        with pytest.raises(ForbiddenError):
            confirmed(s, change, login)
    with pytest.raises(NotThereError):
        confirmed(s, change, "tanjunhao")
    with pytest.raises(InvalidError):
        changing.decide(s, actor(s, REVIEWS), change, Verdict.REJECTED, "")
    changing.decide(s, actor(s, REVIEWS), change, Verdict.REJECTED, "缺展期协议")
    assert facts.drawdown(s, loan, None).extensions == ()
    with pytest.raises(ConflictError, match="已经由他人处理"):
        confirmed(s, change)


def test_once_a_claim_is_filed_only_additions_are_possible(s: Session) -> None:
    loan = registered(s)
    waiting = proposed(s, loan, ChangeKind.CORRECTION, purpose="购买设备")
    record = samples.claim_on(s, actor(s, FILES), loan)
    with pytest.raises(ConflictError, match="基础信息不能再更正"):
        confirmed(s, waiting)
    changing.decide(s, actor(s, FILES), waiting, Verdict.WITHDRAWN)
    with pytest.raises(ConflictError, match=record.number):
        proposed(s, loan, ChangeKind.CORRECTION, purpose="购买设备")
    confirmed(s, proposed(s, loan, ChangeKind.EXTENSION))
    assert [e.event for e in events_of(s, record.id or 0)][-3] == "loan_change_decided"
    asked = facts.claim(s, claim_of(s, record.id or 0), loan, record)
    assert [e.filed for e in asked.loan.extensions] == [True], "the claim is judged with the extension"


def test_reviewers_are_reminded_before_the_last_day_and_after_it_and_their_heads_later_each_once(
    s: Session,
) -> None:
    loan = registered(s)
    key = proposed(s, loan, ChangeKind.EXTENSION)
    days, due = working_calendar(s), s.get_one(LoanChange, key).due_on

    def told(day: date) -> list[tuple[str, str]]:
        """Who is told what on a day, by kind of message; twice in a row, to see that nothing is said again."""
        before = {one.id for one in s.exec(select(Message))}
        with clock.at(datetime.combine(day, TODAY.timetz())):
            reminding.remind(s)
            reminding.remind(s)
        new = [one for one in s.exec(select(Message)) if one.id not in before]
        assert {one.href for one in new} <= {f"/loans/{loan.id}"}
        return sorted((one.kind.value, person.names(s, [one.person_id])[one.person_id]) for one in new)

    assert told(TODAY.date()) == []
    day_before = max(d for d in (due - timedelta(n) for n in range(1, 9)) if days.is_working_day(d))
    reviewers = [("reminder", name) for name in ("周秉文", "梁子豪", "欧阳岚", "王立群", "陈嘉敏")]
    assert told(day_before) == sorted(reviewers)
    assert told(due) == []
    assert loan_change.overdue(s, due) == 0
    late = days.add_working_days(due, 1).day
    assert told(late) == sorted(reviewers)
    assert loan_change.overdue(s, late) == 1
    upward = told(days.add_working_days(late, 1).day)
    assert {kind for kind, _ in upward} == {"escalation"}
    assert {name for _, name in upward} >= {"周秉文", "欧阳岚", "黎志远"}
    confirmed(s, key)
    assert loan_change.overdue(s, late) == 0
    events = [n.event for n in s.exec(select(Notice))]
    assert events.count("loan_change_decided") == 1, "the bank is told once decided"


def test_the_database_lets_no_change_be_edited(s: Session) -> None:
    loan = registered(s)
    confirmed(s, proposed(s, loan, ChangeKind.PREPAYMENT))
    s.flush()
    for statement in ("DELETE FROM loan_changes", "UPDATE loan_changes SET note = 'x'"):
        with pytest.raises(DBAPIError, match="only decided"), s.begin_nested():
            s.connection().execute(text(statement))
    assert database.engine()


def test_another_legal_representative_is_looked_at_when_the_loan_is_claimed(s: Session) -> None:
    loan = registered(s)
    confirmed(s, proposed(s, loan, ChangeKind.REPRESENTATIVE))
    again = {"former": "李示例", "successor": "王示例", "on": "2026-11-20"}
    proposed(s, loan, ChangeKind.REPRESENTATIVE, **again)
    claimed = samples.claim_on(s, actor(s, FILES), loan)
    given = facts.claim(s, claim_of(s, claimed.id or 0), loan, claimed)
    found = [
        c for c in eligibility.claim(given, None, working_calendar(s)) if c.code == "claim.representative"
    ]
    assert [(c.result, c.value) for c in found] == [
        (Result.LOOK, "2026年11月10日由陈示例变更为李示例；2026年11月20日由李示例变更为王示例（待确认）")
    ]


def test_a_claimed_loan_may_still_get_another_legal_representative(s: Session) -> None:
    loan = registered(s)
    claimed = samples.claim_on(s, actor(s, FILES), loan)
    change = proposed(s, loan, ChangeKind.REPRESENTATIVE)
    confirmed(s, change)
    told = [
        event.data["words"] for event in events_of(s, claimed.id or 0) if event.event == "loan_change_decided"
    ]
    assert told == ["2026-11-10 法定代表人由陈示例变更为李示例"]
    letter = s.exec(select(Notice).where(Notice.event == "loan_change_decided")).one()
    assert "法定代表人变更" in letter.body


def test_a_legal_representative_follows_the_one_that_was_registered_before(s: Session) -> None:
    loan = registered(s)
    same = refused(s, loan, ChangeKind.REPRESENTATIVE, successor="陈示例", on="2026-11-24")
    assert set(same) == {"successor", "on"}
    confirmed(s, proposed(s, loan, ChangeKind.REPRESENTATIVE))
    assert "李示例" in refused(s, loan, ChangeKind.REPRESENTATIVE)["former"]
    with pytest.raises(DBAPIError, match="representatives_have_names"), s.begin_nested():
        row = of_loan(s, loan.id or 0)[0]
        s.add(LoanChange(**row.model_dump(exclude={"id", "number", "before"}), number="x", before={}))
        s.flush()
