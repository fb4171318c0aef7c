"""拟稿: papers about no single case, from what is known today, for the office to sign."""

import io
from datetime import timedelta

from flows.actions.loans import changing
from flows.actions.papers import composing
from flows.documents.engine import plain_text
from models import clock, database
from models.lifecycle import Board
from models.records.claim import on_loan
from models.records.enterprise import WhiteListEntry
from models.records.institution import Institution
from models.records.loan import Loan
from models.records.loan_change import ChangeKind
from models.records.two_people import Verdict
from models.records.white_list import removals_waiting
from tests import builders
from tests.actions import samples
from tests.doors.conftest import Server
from tests.doors.test_white_list import ROUND, registered, soon, work
from tests.imports import files
from tests.imports.test_white_list import firm
from tests.seed import actor


def words(server: Server, code: str, of: str) -> str:
    """The wording of a draft as 莫兆辉 downloads it."""
    answer = server.client("mozhaohui").get(f"/drafts/{code}/file", params={"of": of})
    assert answer.status_code == 200, answer.text
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    return plain_text(io.BytesIO(answer.content).getvalue())


def test_a_published_round_is_drafted_as_a_notice_and_a_summary(server: Server) -> None:
    officer, bureau = server.client("chenjiamin"), server.client("mozhaohui")
    assert "还没有发布过白名单批次" in bureau.get("/drafts").text
    where = registered(officer, files.book([firm(1), firm(2)], sheet="白名单", titles=list(firm(1)))).headers[
        "Location"
    ]
    round_id = str(work())
    assert bureau.get("/drafts/D05", params={"of": round_id}).status_code == 422  # not published yet
    bureau.post(f"{where}/decide", data={"verdict": "confirmed", "note": "已核对"})
    work()
    assert ROUND["name"] in bureau.get("/drafts").text
    notice = words(server, "D05", round_id)
    for said in (
        "东莞市工业和信息化局文件",
        "列入企业2家",
        files.uscc(1),
        files.uscc(2),
        f"〔{clock.today().year}〕　　号",
    ):
        assert said in notice
    assert "陈嘉敏" in words(server, "D04", round_id)
    assert "拟稿，未编号" in bureau.get("/drafts/D05", params={"of": round_id}).text


def test_a_removal_is_told_with_its_last_day_and_reason(server: Server) -> None:
    with database.session() as s:
        stay = WhiteListEntry(
            uscc=files.uscc(1), firm_name="东莞市示例1号有限公司", batch="2024-1", recommended_by="市科技局",
            valid_from=clock.today() - timedelta(days=400),
        )  # fmt: skip
        s.add(stay)
        s.flush()
        number = stay.id
    told = {
        f"since-{number}": soon(),
        f"reason-{number}": "停业",
        f"document-{number}": "东工信函〔2026〕9号",
        "q": "示例",
    }
    assert server.client("mozhaohui").post(f"/white-list/stays/{number}/remove", data=told).status_code == 303
    with database.session() as s:
        removal = removals_waiting(s)[0][0].id
    decided = {"verdict": "confirmed"}
    assert (
        server.client("lizhiyuan").post(f"/white-list/removals/{removal}/decide", data=decided).status_code
        == 303
    )
    letter = words(server, "D06", str(number))
    last = clock.today() + timedelta(days=7)
    assert f"白名单资格至{last.year}年{last.month}月{last.day}日终止" in letter
    assert "一、移出原因：停业" in letter


def test_banks_are_ranked_by_the_guaranteed_loans_of_a_year(server: Server) -> None:
    bureau = server.client("mozhaohui")
    nothing = bureau.get("/drafts/D38", params={"of": str(clock.today().year)})
    assert (nothing.status_code, "还没有备案的融担板块贷款" in nothing.text) == (422, True)
    loan_id = builders.registered(Board.GUARANTEE)
    with database.session() as s:
        loan = s.get_one(Loan, loan_id)
    letter = words(server, "D38", str(loan.disbursed_on.year))
    assert "东莞市财政局：" in letter
    assert f"1\t{loan.lender_name}\t1\t{loan.principal:,}" in letter


def test_an_application_is_filled_in_with_what_is_known_of_the_institution(server: Server) -> None:
    page = server.client("lizhiyuan").get("/drafts").text
    assert 'name="of"' in page
    with database.session() as s:
        guarantor = next(one for one in composing.choices(s, "D01") if "担保" in one.label)
    form = words(server, "D01", guarantor.key)
    for said in (guarantor.label, "融担板块", "国家融担基金", "机构资质"):
        assert said in form


def test_a_ledger_lists_what_is_left_of_an_institutions_loans(server: Server) -> None:
    with database.session() as s:
        bank = actor(s, "linwanyi")
        loan, extended, repaid = (
            samples.registered(s, bank, contract_number=f"HT-{n}", receipt_number=f"JJ-{n}") for n in range(3)
        )
        for one, kind, typed in (
            (extended, ChangeKind.EXTENSION, {"new_due_on": "2028-01-31"}),
            (repaid, ChangeKind.PREPAYMENT, {"repaid": str(repaid.principal)}),
        ):
            why = {"on": clock.today().isoformat(), "reason": "续作", "document": "协议"}
            change = changing.propose(s, bank, one.id or 0, kind, why | typed)
            changing.decide(s, actor(s, "chenjiamin"), change.id or 0, Verdict.CONFIRMED)
        samples.claim_on(s, bank, loan)
        claimed = on_loan(s, loan.id or 0)
        code = s.get_one(Institution, bank.institution_id).code
        assert claimed is not None
    said = words(server, "D12", code)
    assert "贷款笔数\t2笔" in said, "what is repaid in full is no longer in the ledger"
    assert f"\n2028-01-31\t{extended.principal:,}\t" in said
    assert f"\t{claimed.unpaid_principal:,}\t\t{claimed.overdue_since}\t" in said and "已申请补偿" in said
    none = server.client("mozhaohui").get("/drafts/D12?of=nobody")
    assert none.status_code == 422


def test_nobody_drafts_what_is_not_offered_or_not_theirs(server: Server) -> None:
    bureau = server.client("mozhaohui")
    for place in (
        "/drafts/D01?of=nobody",
        "/drafts/D39?of=1999",
        "/drafts/D39?of=x",
        f"/drafts/D39?of={clock.today().year}",
    ):
        assert bureau.get(place).status_code == 422, place
    assert bureau.get("/drafts/D23?of=1").status_code == 404
    assert server.client("linwanyi").get("/drafts").status_code == 403
    assert server.client("linwanyi").get("/drafts/D01/file").status_code == 403
