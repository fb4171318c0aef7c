"""The bank's and guarantor's pages at a running server: every bad input has a sentence, nothing typed is lost,
nothing is half-saved."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from flows.actions.answers import answering
from flows.kernel import PROCESSES
from flows.kernel.wake import claim as take
from flows.kernel.wake import run_case
from models import clock
from models.gates import RECEIPT, Outcome
from models.lifecycle import Board, Process, State
from models.policy.materials import CLAIM_SLOTS
from models.records.attachment import Attachment, current
from models.records.case import CaseRecord, by_number
from models.records.claim import Claim
from models.records.draft import Draft
from models.records.loan import Loan, of_case
from models.records.reference import LprQuote
from models.records.task import Task, open_of_case
from tests.actions import samples
from tests.actions.samples import PDF, USCC
from tests.seed import actor

Database = Callable[[], AbstractContextManager[Session]]
NEW = "/bank/filings/new"


def text(answer: httpx.Response) -> str:
    """What stands on the page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def error_at(answer: httpx.Response, field: str) -> str:
    """The sentence tied to a field by aria-describedby, or ""."""
    key = "f-" + field.replace("_", "-")
    found = re.search(rf'<span class="err" id="{key}-e">([^<]*)</span>', answer.text)
    named = re.search(rf'name="{field}"[^>]*aria-describedby="[^"]*{key}-e"', answer.text)
    return found.group(1) if found and named else ""


def cases(db: Database) -> list[CaseRecord]:
    """Every case there is."""
    with db() as s:
        return list(s.exec(select(CaseRecord)))


def file_by_form(client: Any, board: Board = Board.BANK, **changes: str) -> str:
    """One loan filed through the form; its case number."""
    answer = client.post(NEW, data=samples.loan(board, **changes))
    assert answer.status_code == 303, text(answer)
    return str(answer.headers["location"].split("/")[-2])


def registered(
    db: Database, login: str = "linwanyi", board: Board = Board.BANK, receipt: str = "GY-2025-0614-09"
) -> int:
    """A registered loan of that person's institution."""
    with db() as s:
        return samples.registered(s, actor(s, login), board, receipt_number=receipt).id or 0


def files(board: Board = Board.BANK) -> dict[str, tuple[str, bytes, str]]:
    """Every required material as a browser sends it."""
    return {
        f"materials.{s.key}": (f"{s.key}.pdf", PDF, "application/pdf")
        for s in CLAIM_SLOTS[board]
        if s.required
    }


def advance(db: Database, number: str) -> None:
    """Let the process run until it waits again."""
    import flows.claim
    import flows.filing
    import flows.recovery  # noqa: F401

    with db() as s:
        (claimed,) = take(s, 1, [number])
    run_case(PROCESSES[Process(claimed.process), claimed.version], claimed)


def give_back(db: Database, number: str, login: str, faults: list[dict[str, str]]) -> None:
    """A reviewer returns the case for correction."""
    advance(db, number)
    with db() as s:
        record = by_number(s, number)
        (task,) = open_of_case(s, record.id)
        answering.answer(
            s, actor(s, login), task.id, Outcome.RETURN, opinion="请一次补齐。", fields={"faults": faults}
        )
    advance(db, number)


# ---- who may enter -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/bank", NEW, "/bank/claims/new"])
def test_only_those_who_file_may_enter(server: Any, path: str) -> None:
    assert server.client("linwanyi").get(path).status_code == 200
    assert server.client("yexiaotong").get(path).status_code == 200
    refused = server.client("chenjiamin").get(path)
    assert refused.status_code == 403 and "只有合作银行和政府性融担机构" in text(refused)
    assert server.client().get(path).headers["location"].startswith("/signin")


def test_another_banks_case_and_loan_are_not_there(server: Any, db: Database) -> None:
    number = file_by_form(server.client("linwanyi"))
    other = server.client("luoqiming")
    for path in ("sent", "correct", "receipt"):
        assert other.get(f"/bank/cases/{number}/{path}").status_code == 404
    loan_id = registered(db)
    assert other.get(f"/bank/claims/new?loan={loan_id}").status_code == 404
    assert other.post(f"/bank/claims/{loan_id}", data=samples.claim()).status_code == 404


# ---- filing ------------------------------------------------------------------------------------------------


def test_one_loan_is_filed_with_one_click(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    number = file_by_form(client)
    page = text(client.get(f"/bank/cases/{number}/sent"))
    assert number in page and "东莞市电子计算中心" in page and "3,000,000.00" in page
    with db() as s:
        assert s.exec(select(Draft)).first() is None


def test_loans_are_added_one_after_another_and_the_draft_is_kept(server: Any, db: Database) -> None:
    with db() as s:
        s.add(
            LprQuote(
                published_on=date(2025, 5, 20),
                one_year=Decimal("3.0"),
                five_year=Decimal("3.5"),
                source="示例",
            )
        )
    client = server.client("linwanyi")
    assert client.post(NEW, data=samples.loan() | {"do": "save"}).status_code == 303
    second = samples.loan(receipt_number="GY-2025-0614-02", principal="500000", annual_rate_pct="9")
    assert client.post(NEW, data=second | {"do": "save"}).status_code == 303
    again = server.client("linwanyi")  # another browser, another day
    page = text(again.get(NEW))
    assert "2 笔，3,500,000.00 元" in page and "不超过 4.50%" in page and "贷款利率不超过上限" in page
    assert "备案草稿：2 笔贷款" in text(again.get("/bank"))
    assert "GY-2025-0614-02" in again.get(f"{NEW}?loan=1").text
    assert again.post(NEW, data={"do": "remove:1"}).status_code == 303
    answer = again.post(NEW, data={"place": ""})
    with db() as s:
        record = by_number(s, answer.headers["location"].split("/")[-2])
        assert [row.receipt_number for row in of_case(s, record.id)] == ["GY-2025-0614-01"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("firm_name", "", "请填写企业名称。"),
        ("uscc", USCC[:-1] + ("1" if USCC[-1] != "1" else "2"), "校验位不符"),
        ("contract_date", "2025-02-30", "没有 2025年2月30日 这一天"),
        ("principal", "-3000000", "负数"),
        ("principal", "3000000.005", "最多两位小数"),
        ("due_on", "2025-06-01", "须晚于放款日"),
        ("industry", "炼金", "请从列出的划型行业中选择"),
        ("sector", "炼金", "请从列出的所属行业中选择"),
        ("town", "广州市", "请从列出的所在镇街（园区）中选择"),
    ],
)
@pytest.mark.parametrize("does", ["save", "submit"])
def test_a_fault_stands_at_its_field_and_what_was_typed_stays(
    server: Any, db: Database, field: str, typed: str, sentence: str, does: str
) -> None:
    client = server.client("linwanyi")
    answer = client.post(NEW, data=samples.loan(**{field: typed}) | {"do": does})
    assert answer.status_code == 422
    assert sentence in error_at(answer, field)
    assert "有 1 处要改，还没有提交" in text(answer)
    assert 'value="GY-2025-0614-01"' in answer.text and ">购买原材料</textarea>" in answer.text
    assert cases(db) == []
    assert 'value="GY-2025-0614-01"' in client.get(NEW).text  # the draft has it, too


def test_the_same_receipt_is_refused_with_the_earlier_number(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    number = file_by_form(client)
    answer = client.post(NEW, data=samples.loan())
    assert answer.status_code == 422 and number in error_at(answer, "receipt_number")
    client.post(NEW, data=samples.loan(receipt_number="X") | {"do": "save"})
    twice = client.post(NEW, data=samples.loan(receipt_number="X") | {"do": "save"})
    assert "第 1 笔" in error_at(twice, "receipt_number")
    assert len(cases(db)) == 1


def test_markup_and_control_characters_in_names_are_only_text(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    name = "<script>alert(1)</script>\u202e莞\x07有限公司"
    number = file_by_form(client, firm_name=name)
    page = client.get(f"/bank/cases/{number}/sent")
    assert "<script>alert(1)" not in page.text and "&lt;script&gt;alert(1)" in page.text
    with db() as s:
        assert of_case(s, by_number(s, number).id)[0].firm_name == "<script>alert(1)</script>莞有限公司"


def test_nothing_typed_and_an_empty_draft_are_told_so(server: Any, db: Database) -> None:
    answer = server.client("linwanyi").post(NEW, data={})
    assert answer.status_code == 422 and "请至少加入一笔贷款" in text(answer)


def test_a_wrong_token_keeps_what_was_typed_and_saves_nothing(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    del client.headers["X-CSRF-Token"]
    answer = client.post(NEW, data=samples.loan() | {"csrf_token": "wrong"})
    assert answer.status_code == 419 and 'value="GY-2025-0614-01"' in answer.text
    assert cases(db) == []


def test_the_guarantee_board_asks_for_its_contracts(server: Any, db: Database) -> None:
    client = server.client("tanjunhao")
    assert "委托担保合同号" in text(client.get(NEW))
    assert "委托担保合同号" not in text(server.client("linwanyi").get(NEW))
    answer = client.post(NEW, data=samples.loan(Board.GUARANTEE, entrust_contract_number=""))
    assert error_at(answer, "entrust_contract_number") == "请填写委托担保合同号。"
    assert file_by_form(client, Board.GUARANTEE).startswith("BA-")


# ---- claims ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("login", "board"), [("linwanyi", Board.BANK), ("tanjunhao", Board.GUARANTEE)])
def test_a_claim_is_made_for_a_registered_loan(server: Any, db: Database, login: str, board: Board) -> None:
    loan_id = registered(db, login, board)
    client = server.client(login)
    assert f"/bank/claims/new?loan={loan_id}" in client.get("/bank/claims/new").text
    blank = client.get(f"/bank/claims/new?loan={loan_id}")
    assert "缺失" in text(blank) and "请填写损失原因" in text(blank)
    answer = client.post(f"/bank/claims/{loan_id}", data=samples.claim(board), files=files(board))
    assert answer.status_code == 303, text(answer)
    with db() as s:
        record = by_number(s, answer.headers["location"].split("/")[-2])
        assert len(current(s, record.id)) == len(files(board))
    assert "已申请补偿" in text(client.get("/bank/claims/new"))
    again = client.get(f"/bank/claims/new?loan={loan_id}")
    assert again.status_code == 409 and record.number in text(again)


def test_every_fault_of_a_claim_comes_at_once_with_its_clause(server: Any, db: Database) -> None:
    loan_id = registered(db)
    client = server.client("linwanyi")
    typed = samples.claim(
        overdue_since=(clock.today() - timedelta(days=22)).isoformat(),
        classification="关注",
        account_number="4400000000003318",
    )
    client.post(f"/bank/claims/{loan_id}", data=typed | {"do": "save"}, files={})
    page = text(client.get(f"/bank/claims/new?loan={loan_id}"))
    assert "缺申请承诺书" in page and "已出现风险损失 三（四）" in page and "逾期 22 天" in page
    assert "尾号 0001 → 3318" in page and "预估补偿" in page
    assert cases(db) == [] or len(cases(db)) == 1  # only the filing


def test_missing_materials_and_wrong_sums_keep_the_uploads(server: Any, db: Database) -> None:
    loan_id = registered(db)
    client = server.client("linwanyi")
    some = dict(list(files().items())[:2])
    answer = client.post(
        f"/bank/claims/{loan_id}", data=samples.claim(unpaid_principal="9,000,000"), files=some
    )
    assert answer.status_code == 422
    assert "大于贷款本金 3,000,000.00" in error_at(answer, "unpaid_principal")
    assert answer.text.count("更换<span") == 2 and "缺少“申请承诺书（盖章）”" in text(answer)
    rest = {name: file for name, file in files().items() if name not in some}
    done = client.post(f"/bank/claims/{loan_id}", data=samples.claim(), files=rest)
    assert done.status_code == 303, text(done)


def test_a_disguised_or_oversized_upload_is_refused_at_its_slot(server: Any, db: Database) -> None:
    loan_id = registered(db)
    client = server.client("linwanyi")
    bad = files() | {"materials.contract": ("合同.pdf", b"MZ\x90\x00" + bytes(99), "application/pdf")}
    answer = client.post(f"/bank/claims/{loan_id}", data=samples.claim(), files=bad)
    assert answer.status_code == 422 and "内容与扩展名不符" in text(answer)
    assert 'value="1,680,000.00"' in answer.text and answer.text.count("更换<span") == 5
    large = {"materials.contract": ("大.pdf", PDF + bytes(23 * 1024 * 1024), "application/pdf")}
    refused = client.post(f"/bank/claims/{loan_id}", data=samples.claim(), files=large)
    assert refused.status_code == 413 and "20 MB" in text(refused)
    with db() as s:
        assert s.exec(select(Attachment)).first() is None


def test_a_file_is_kept_as_soon_as_it_is_chosen_and_only_its_owner_reads_it(
    server: Any, db: Database
) -> None:
    loan_id = registered(db)
    client = server.client("linwanyi")
    answer = client.post(
        f"/bank/claims/{loan_id}/materials/contract",
        data=samples.claim(cause=""),
        files={"materials.contract": ("合同.pdf", PDF, "application/pdf")},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200 and "合同.pdf" in answer.text and 'id="side"' in answer.text
    href = re.search(r"/bank/drafts/files/\d+", answer.text).group()
    kept = client.get(href)
    assert kept.content == PDF and "attachment" in kept.headers["content-disposition"]
    assert server.client("huangzhiheng").get(href).status_code == 404
    assert "合同.pdf" in client.get(f"/bank/claims/new?loan={loan_id}").text


@pytest.mark.parametrize("loan", ["0", "999999", "abc", "٣", "1" * 40])
def test_a_loan_that_is_not_there(server: Any, loan: str) -> None:
    assert server.client("linwanyi").get(f"/bank/claims/new?loan={loan}").status_code == 404


def test_a_loan_not_yet_registered_says_so(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    file_by_form(client)
    with db() as s:
        loan_id = s.exec(select(Loan.id)).one()
    answer = client.get(f"/bank/claims/new?loan={loan_id}")
    assert answer.status_code == 409 and "尚未备案（审核中）" in text(answer)


# ---- correcting, withdrawing -------------------------------------------------------------------------------

FAULTS = [
    {"where": "第1笔", "problem": "年利率与合同不一致", "remedy": "请按合同更正", "clause": "三（四）"},
    {"where": "材料", "problem": "缺借款合同", "remedy": "请上传借款合同", "clause": ""},
]


def test_a_returned_filing_is_corrected_on_the_page(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    number = file_by_form(client)
    give_back(db, number, "chenjiamin", FAULTS)
    home = text(client.get("/bank"))
    assert "有 1 件事等你办" in home and "退回 2 处：年利率与合同不一致；缺借款合同" in home
    page = client.get(f"/bank/cases/{number}/correct")
    assert "年利率与合同不一致" in page.text and "请上传借款合同" in page.text
    with db() as s:
        loan_id = str(of_case(s, by_number(s, number).id)[0].id)
    bad = client.post(
        f"/bank/cases/{number}/correct", data=samples.loan(annual_rate_pct="四") | {"loan": loan_id}
    )
    assert bad.status_code == 422 and "不是数字" in error_at(bad, "annual_rate_pct")
    unchanged = client.post(f"/bank/cases/{number}/correct", data=samples.loan() | {"loan": loan_id})
    assert unchanged.status_code == 422 and "没有任何改动" in error_at(unchanged, "note")
    answer = client.post(
        f"/bank/cases/{number}/correct",
        data=samples.loan(annual_rate_pct="4.0") | {"loan": loan_id},
        files={"materials.contracts": ("合同.pdf", PDF, "application/pdf")},
    )
    assert answer.status_code == 303, text(answer)
    again = client.post(f"/bank/cases/{number}/correct", data=samples.loan() | {"loan": loan_id})
    assert again.status_code == 409 and "不在补正环节" in text(again)
    advance(db, number)
    with db() as s:
        assert by_number(s, number).state == State.FILING_REVIEW


def test_a_returned_claim_is_corrected_on_the_page(server: Any, db: Database) -> None:
    loan_id = registered(db)
    client = server.client("linwanyi")
    sent = client.post(f"/bank/claims/{loan_id}", data=samples.claim(), files=files())
    number = sent.headers["location"].split("/")[-2]
    give_back(
        db, number, "chenjiamin", [{"where": "申请", "problem": "请全面核对", "remedy": "请按合同更正"}]
    )
    page = client.get(f"/bank/cases/{number}/correct")
    assert page.status_code == 200 and 'value="1,680,000.00"' in page.text
    assert page.text.count("更换<span") == 6 and "请按合同更正" in page.text
    assert "查看其余填报内容" not in page.text  # a return that names no place leaves everything open
    answer = client.post(
        f"/bank/cases/{number}/correct",
        data=samples.claim(requested="1600000"),
        files={"materials.contract": ("新合同.pdf", PDF + b"\n", "application/pdf")},
    )
    assert answer.status_code == 303, text(answer)
    with db() as s:
        record = by_number(s, number)
        assert "新合同.pdf" in [a.filename for a in current(s, record.id)]
        assert str(record.amount) == "1600000.00"


def test_withdrawing_needs_a_reason_and_ends_the_case(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    number = file_by_form(client)
    page = client.get(f"/cases/{number}/withdraw")
    assert page.status_code == 200 and "撤回原因" in page.text
    empty = client.post(f"/cases/{number}/withdraw", data={"reason": " "})
    assert empty.status_code == 422 and error_at(empty, "reason") == "请写明撤回原因。"
    assert client.post(f"/cases/{number}/withdraw", data={"reason": "重复报送"}).status_code == 303
    with db() as s:
        assert by_number(s, number).state == State.WITHDRAWN
    assert client.post(f"/cases/{number}/withdraw", data={"reason": "再撤"}).status_code == 409
    file_by_form(client)  # the receipt is free again


def test_no_receipt_before_the_payment(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    number = file_by_form(client)
    answer = client.get(f"/bank/cases/{number}/receipt")
    assert answer.status_code == 409 and "没有待确认的收款" in text(answer)


def test_a_receipt_is_confirmed_for_exactly_what_was_paid(server: Any, db: Database) -> None:
    with db() as s:
        bank = actor(s, "linwanyi")
        record = samples.claim_on(s, bank, samples.registered(s, bank))
        claim = s.exec(select(Claim)).one()
        claim.paid, claim.voucher_number = Decimal("1440000.00"), "PZ-1"
        claim.voucher_date = clock.today() - timedelta(days=3)
        task_id = samples.waiting_at(s, record, RECEIPT).id
        record.wake_at = None
        number, today = record.number, clock.today()
    client = server.client("linwanyi")
    assert "确认收款：东莞市德润包装材料有限公司" in text(client.get("/bank"))
    path = f"/bank/cases/{number}/receipt"
    assert 'value="1,440,000.00"' in client.get(path).text
    for typed, field, sentence in (
        ({"received_on": ""}, "received_on", "请填写到账日期。"),
        ({"received_on": str(today + timedelta(days=1))}, "received_on", "晚于今天"),
        ({"received_on": str(today - timedelta(days=4))}, "received_on", "早于拨付日期"),
        ({"received_amount": "1,439,999.99"}, "received_amount", "不一致"),
        ({"received_amount": "-1"}, "received_amount", "负数"),
    ):
        form = {"received_on": str(today), "received_amount": "1,440,000.00"} | typed
        refused = client.post(path, data=form)
        assert refused.status_code == 422 and sentence in error_at(refused, field)
    done = client.post(path, data={"received_on": str(today), "received_amount": "1440000"})
    assert done.status_code == 303
    with db() as s:
        assert s.get_one(Task, task_id).fields == {
            "received_on": str(today),
            "received_amount": "1440000.00",
        }
    again = client.post(path, data={"received_on": str(today), "received_amount": "1440000"})
    assert again.status_code == 409


# ---- colleagues' drafts --------------------------------------------------------------------------------------


def test_a_colleagues_draft_is_seen_and_taken_over_with_its_files(server: Any, db: Database) -> None:
    first, second = server.client("linwanyi"), server.client("huangzhiheng")
    sent = {"materials.commitment": ("承诺书.pdf", PDF, "application/pdf")}
    first.post(NEW, data=samples.loan(Board.BANK) | {"do": "save"}, files=sent)
    with db() as s:
        key = s.exec(select(Draft.id)).one()
    home = text(second.get("/bank"))
    assert "备案草稿：1 笔贷款" in home and "林婉仪" in home
    for login in (
        "luoqiming",
        "xianruyi",
        "chenjiamin",
    ):  # another bank, a checker who files nothing, a reviewer
        assert server.client(login).post(f"/bank/drafts/{key}/take-over").status_code in (403, 404)
    assert second.post(f"/bank/drafts/{key}/take-over").headers["location"] == NEW
    page = text(second.get(NEW))
    assert "东莞市德润包装材料有限公司" in page and "承诺书.pdf" in page
    first.post(NEW, data=samples.loan(Board.BANK, receipt_number="另一张") | {"do": "save"})
    refused = first.post(f"/bank/drafts/{key}/take-over")
    assert refused.status_code == 409 and "你自己已有一份同类的草稿" in text(refused)


def test_a_correction_opens_the_loan_that_was_returned_and_folds_the_others(
    server: Any, db: Database
) -> None:
    client = server.client("linwanyi")
    for receipt in ("JJ-1", "JJ-2", "JJ-3"):
        client.post(NEW, data=samples.loan(Board.BANK, receipt_number=receipt) | {"do": "save"})
    sent = client.post(NEW, data={"do": "submit"})
    number = sent.headers["location"].split("/")[-2]
    fault = {
        "where": "第 2 笔 东莞市德润包装材料有限公司",
        "problem": "利率与合同不一致",
        "remedy": "请更正。",
    }
    give_back(db, number, "chenjiamin", [fault])
    page = client.get(f"/bank/cases/{number}/correct").text
    assert 'value="JJ-2"' in page and "退回的贷款" in page
    folded = page[page.index("没有退回的 2 笔") :]
    assert "JJ-1" in folded and "JJ-3" in folded and "JJ-2" not in folded[: folded.index("</details>")]
