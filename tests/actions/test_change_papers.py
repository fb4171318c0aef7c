"""What a confirmed change of a loan leaves on paper: 变更备案表, and of an extension 续备案确认书 with a number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from flows.actions.errors import ConflictError
from flows.actions.loans import changing
from flows.actions.papers import reissuing, voiding
from flows.documents import integrity
from flows.documents.engine import plain_text
from models import clock
from models.records.attachment import Blob
from models.records.claim import on_loan
from models.records.document import Document, DocumentState, of_case, of_changes
from models.records.loan import Loan
from models.records.loan_change import ChangeKind
from models.records.notice import Notice
from models.records.timeline import of_case as events_of
from models.records.two_people import Verdict
from tests.actions import samples
from tests.actions.test_changing import FILES, REVIEWS, proposed, registered
from tests.seed import actor

HEAD = "zhoubingwen"


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.at(datetime.fromisoformat("2026-11-23T10:00:00+08:00")):
        yield


def papers(s: Session, loan: Loan, kind: ChangeKind, **typed: str) -> Sequence[Document]:
    change = proposed(s, loan, kind, **typed)
    changing.decide(s, actor(s, REVIEWS), change, Verdict.CONFIRMED, "请关注回款")
    return of_changes(s, [change])


def words(s: Session, paper: Document) -> str:
    return plain_text(s.get_one(Blob, paper.sha256).data)


def test_an_extension_has_its_form_and_a_numbered_confirmation_the_bank_is_served(s: Session) -> None:
    loan = registered(s)
    form, letter = papers(s, loan, ChangeKind.EXTENSION)
    assert (form.code, form.number, form.organ_id) == ("D11", None, loan.institution_id)
    assert (letter.code, letter.number, letter.organ_id) == (
        "D11C",
        "计备〔2026〕1号",
        actor(s, REVIEWS).institution_id,
    )
    said = words(s, form)
    for told in (
        f"到期日期\t{loan.due_on}\t2027-12-31",
        "依据文件\t展期协议 ZQ-1",
        "同意变更备案。请关注回款",
        f"{loan.filing_number}-变1",
    ):
        assert told in said
    assert f"续备案号\t{loan.filing_number}-变1" in words(s, letter)
    notice = s.exec(select(Notice).where(Notice.event == "loan_change_decided")).one()
    assert notice.document_id == letter.id
    shown = [(e.data.get("title"), e.data.get("number")) for e in events_of(s, loan.case_id)]
    assert shown[-2:] == [("变更（展期）备案表", ""), ("续备案确认书", "计备〔2026〕1号")]
    assert all(paper.for_applicant and paper.case_id == loan.case_id for paper in (form, letter))
    assert integrity.verify(s).differences == []


def test_a_second_extension_starts_where_the_first_ended_and_both_stay_in_force(s: Session) -> None:
    loan = registered(s)
    papers(s, loan, ChangeKind.EXTENSION)
    form, _ = papers(s, loan, ChangeKind.EXTENSION, new_due_on="2031-12-31")
    said = words(s, form)
    assert "到期日期\t2027-12-31\t2031-12-31" in said
    assert "变更后下列事项不符合规定" in said and "贷款期限" in said
    states = {paper.state for paper in of_case(s, loan.case_id) if paper.code == "D11C"}
    assert states == {DocumentState.ISSUED}


def test_a_repayment_says_what_is_left_and_a_correction_what_stood_before_in_words(s: Session) -> None:
    loan = registered(s)
    (form,) = papers(s, loan, ChangeKind.PREPAYMENT)
    left = loan.principal - 1_000_000
    assert f"剩余本金\t{loan.principal:,.2f}元\t{left:,.2f}元" in words(s, form)
    before = loan.principal
    (form,) = papers(
        s,
        loan,
        ChangeKind.CORRECTION,
        principal="2,500,000.00",
        guarantee_method="pledge_ip",
        legal_person="",
    )
    said = words(s, form)
    assert f"贷款本金\t{before:,.2f}元\t2,500,000.00元" in said
    assert "担保方式\t信用\t知识产权质押" in said
    assert "独立法人\t是\t否" in said
    notice = s.exec(select(Notice).where(Notice.document_id == form.id)).one()
    assert notice.event == "loan_change_decided"


def test_what_is_refused_or_withdrawn_leaves_no_paper(s: Session) -> None:
    loan = registered(s)
    refused, taken_back = proposed(s, loan, ChangeKind.EXTENSION), 0
    changing.decide(s, actor(s, REVIEWS), refused, Verdict.REJECTED, "协议未签")
    taken_back = proposed(s, loan, ChangeKind.EXTENSION)
    changing.decide(s, actor(s, FILES), taken_back, Verdict.WITHDRAWN)
    assert of_changes(s, [refused, taken_back]) == []


def test_a_change_after_the_claim_is_among_the_claims_documents_too(s: Session) -> None:
    loan = registered(s)
    samples.claim_on(s, actor(s, FILES), loan)
    claimed = on_loan(s, loan.id or 0)
    assert claimed is not None
    made = papers(s, loan, ChangeKind.EXTENSION)
    assert {paper.id for paper in made} <= {paper.id for paper in of_case(s, claimed.case_id)}
    told = [e.data.get("title") for e in events_of(s, claimed.case_id) if e.event == "document_issued"]
    assert "续备案确认书" in told


def test_a_void_confirmation_is_issued_anew_for_the_same_extension(s: Session) -> None:
    loan = registered(s)
    _, letter = papers(s, loan, ChangeKind.EXTENSION)
    papers(s, loan, ChangeKind.EXTENSION, new_due_on="2028-06-30")
    voiding.ask(s, actor(s, REVIEWS), letter.id or 0, "日期有误")
    with pytest.raises(ConflictError):
        reissuing.reissue(s, actor(s, HEAD), letter.id or 0)
    voiding.decide(s, actor(s, HEAD), letter.id or 0, approve=True)
    again = reissuing.reissue(s, actor(s, HEAD), letter.id or 0)
    assert (again.number, again.replaces_id) == ("计备〔2026〕3号", letter.id)
    assert again.loan_change_id == letter.loan_change_id
    assert f"展期前到期日期\t{loan.due_on.year}年" in words(s, again)
    assert "展期后到期日期\t2027年12月31日" in words(s, again)
    assert integrity.verify(s).differences == []
