"""A loan's page: its institution registers changes, the managing one confirms, case and task show them."""

import re
from typing import Any

import pytest

from flows.actions.forms.application_forms import LoanForm
from flows.actions.forms.change_forms import as_typed
from flows.actions.loans import changing, warning
from models import clock, database
from models.records.loan import Loan
from models.records.loan_change import ChangeKind, of_loan
from models.records.two_people import Verdict
from tests.actions import samples
from tests.actions.test_changing import SEEN
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.seed import actor


@pytest.fixture
def loan(server: Any) -> int:
    """A registered loan of 莞邑银行."""
    with database.session() as s:
        return samples.registered(s, actor(s, "linwanyi")).id or 0


def extended() -> dict[str, str]:
    return {
        "on": clock.today().isoformat(),
        "new_due_on": "2027-12-31",
        "reason": "续作",
        "document": "展期协议",
    }


def test_an_extension_from_the_bank_to_the_case(server: Any, loan: int) -> None:
    bank, officer = server.client("linwanyi"), server.client("chenjiamin")
    assert f"/loans/{loan}" in bank.get("/bank/claims/new").text
    assert "展期后到期日" in bank.get(f"/loans/{loan}?do=extension").text
    sent = bank.post(f"/loans/{loan}/changes/extension", data=extended())
    assert sent.status_code == 303 and "待受托管理机构确认" in bank.get(sent.headers["Location"]).text
    listed = officer.get("/loan-changes").text
    assert "1 项待确认" in listed and "到期日改为 2027-12-31" in listed
    page = officer.get(f"/loans/{loan}").text
    (change,) = set(re.findall(rf"/loans/{loan}/changes/(\d+)/decide", page))
    where = f"/loans/{loan}/changes/{change}/decide"
    empty = officer.post(where, data={"verdict": "rejected"})
    assert empty.status_code == 422 and "请写明不予确认的原因" in empty.text
    assert bank.post(where, data={"verdict": "confirmed"}).status_code == 403
    assert officer.post(where, data={"verdict": "confirmed", "note": "同意"}).status_code == 303
    assert officer.post(where, data={"verdict": "confirmed"}).status_code == 409
    shown = bank.get(f"/loans/{loan}").text
    assert "展期后到期" in shown and "已确认：同意" in shown
    with database.session() as s:
        number = s.get_one(Loan, loan).filing_number or ""
    case = bank.get(f"/cases/{number[:-3]}").text
    assert "展期，到期日改为 2027-12-31" in case and "登记贷款变更" in case


def test_an_anomaly_from_the_bank_to_the_letter_of_warning(server: Any, loan: int) -> None:
    bank, officer = server.client("linwanyi"), server.client("chenjiamin")
    asked = bank.get(f"/loans/{loan}?do=anomaly").text
    assert "欠息" in asked and "已采取的措施" in asked
    facts = {
        "anomaly": "interest",
        "on": clock.today().isoformat(),
        "unpaid": "1,000,000.00",
        "reason": "利息未付",
        "measures": "已书面催收",
        "document": "催收通知书",
    }
    wrong = bank.post(f"/loans/{loan}/changes/anomaly", data=facts | {"measures": ""})
    assert wrong.status_code == 422 and "请填写已采取的措施" in wrong.text
    assert bank.post(f"/loans/{loan}/changes/anomaly", data=facts).status_code == 303
    assert "发现欠息，未还本金 1,000,000.00 元" in officer.get("/loan-changes").text
    (change,) = set(re.findall(rf"/loans/{loan}/changes/(\d+)/decide", officer.get(f"/loans/{loan}").text))
    where = f"/loans/{loan}/changes/{change}"
    officer.post(f"{where}/decide", data={"verdict": "confirmed", "note": "请跟踪。"})
    page = officer.get(f"/loans/{loan}").text
    assert f"{where}/warn" in page and "利息按期支付" in page and "入库项目异常情况表" in page
    assert f"{where}/warn" not in bank.get(f"/loans/{loan}").text
    bare = officer.post(f"{where}/warn", data={"standard": "利息按期支付", "request": ""})
    assert bare.status_code == 422 and "请填写提示要求" in bare.text
    typed = {"standard": "利息按期支付", "request": "落实还款来源。"}
    assert bank.post(f"{where}/warn", data=typed).status_code == 403
    sent = officer.post(f"{where}/warn", data=typed)
    assert sent.status_code == 303 and "风险提示函已发出" in officer.get(sent.headers["Location"]).text
    shown = bank.get(f"/loans/{loan}").text
    assert "计险〔2026〕1号" in shown and "已书面催收" in shown
    assert officer.post(f"{where}/warn", data=typed).status_code == 409


def warned(loan: int) -> int:
    """An anomaly of a loan with a letter of warning."""
    with database.session() as s:
        typed = SEEN | {"on": clock.today().isoformat(), "unpaid": "1.00"}
        change = changing.propose(s, actor(s, "linwanyi"), loan, ChangeKind.ANOMALY, typed).id or 0
        changing.decide(s, actor(s, "chenjiamin"), change, Verdict.CONFIRMED)
        warning.warn(s, actor(s, "chenjiamin"), change, {"standard": "按期付息", "request": "落实还款来源。"})
    return change


def test_a_letter_of_warning_is_answered_with_a_file(server: Any, loan: int) -> None:
    bank, officer, other = (server.client(login) for login in ("linwanyi", "chenjiamin", "tanjunhao"))
    change = warned(loan)
    where, words, files = f"/loans/{loan}/changes/{change}", f"words-{change}", f"files-{change}"
    assert f"{where}/reply" in bank.get(f"/loans/{loan}").text
    home = bank.get("/bank").text
    assert "有 1 件事等你办" in home and "回复风险提示函：" in home and f'href="/loans/{loan}"' in home
    shown = officer.get(f"/loans/{loan}").text
    assert f"{where}/reply" not in shown and "前回复" in shown, "who sent it reads until when"
    bad = bank.post(f"{where}/reply", data={words: "已落实。"}, files={files: ("a.exe", b"MZ")})
    assert bad.status_code == 422 and "不是可以上传的类型" in bad.text and "已落实。</textarea>" in bad.text
    bare = bank.post(f"{where}/reply", data={words: ""})
    assert bare.status_code == 422 and "请填写回复" in bare.text
    answer = {"data": {words: "已追加质押。"}, "files": {files: ("质押合同.pdf", samples.PDF)}}
    assert officer.post(f"{where}/reply", **answer).status_code == 404
    assert other.post(f"{where}/reply", **answer).status_code == 404
    assert bank.post(f"/loans/{loan}/changes/99999/reply", **answer).status_code == 404
    sent = bank.post(f"{where}/reply", **answer)
    assert sent.status_code == 303 and "已回复风险提示函" in bank.get(sent.headers["Location"]).text
    assert "没有等你办的事" in bank.get("/bank").text
    assert bank.post(f"{where}/reply", **answer).status_code == 409
    read = officer.get(f"/loans/{loan}").text
    assert "已追加质押。" in read and "林婉仪已于" in read and "质押合同.pdf" in read
    (href,) = re.findall(rf'"({where}/files/\d+)"', read)
    assert officer.get(href).content == samples.PDF
    assert other.get(href).status_code == 404
    assert "回复风险提示函" in officer.get(re.findall(r'"(/cases/[^"]+)"', read)[0]).text


def test_a_correction_keeps_what_was_typed_and_names_every_fault(server: Any, loan: int) -> None:
    bank = server.client("linwanyi")
    shown = bank.get(f"/loans/{loan}?do=correction").text
    typed = dict(re.findall(r'name="(\w+)" value="([^"]*)"', shown))
    assert typed["firm_name"] == "东莞市德润包装材料有限公司" and "uscc" not in typed
    with database.session() as s:
        whole = as_typed(LoanForm, s.get_one(Loan, loan))
    wrong = bank.post(
        f"/loans/{loan}/changes/correction", data=whole | {"principal": "三百万", "document": ""}
    )
    assert wrong.status_code == 422
    for words in ("有 3 处要改", 'value="三百万"', "请填写依据文件", "请填写原因"):
        assert words in wrong.text, words
    good = whole | {"purpose": "购买设备", "reason": "录入有误", "document": "借款合同"}
    assert bank.post(f"/loans/{loan}/changes/correction", data=good).status_code == 303
    with database.session() as s:
        (change,) = of_loan(s, loan)
        assert change.after == {"purpose": "购买设备"}


def test_nobody_elses_loan(server: Any, loan: int) -> None:
    assert server.client("tanjunhao").get(f"/loans/{loan}").status_code == 404
    assert (
        server.client("tanjunhao").post(f"/loans/{loan}/changes/extension", data=extended()).status_code
        == 404
    )
    assert server.client("linwanyi").get("/loan-changes").status_code == 403
    assert (
        server.client("chenjiamin").post(f"/loans/{loan}/changes/extension", data=extended()).status_code
        == 404
    )
    assert server.client("linwanyi").get("/loans/99999999999").status_code == 404


@pytest.mark.browser
def test_the_pages_can_be_used_by_everyone(server: Any, loan: int) -> None:
    bank, officer = server.client("linwanyi"), server.client("chenjiamin")
    bank.post(f"/loans/{loan}/changes/extension", data=extended() | {"new_due_on": "2031-12-31"})
    change = warned(loan)
    with database.session() as s:
        typed = SEEN | {"on": clock.today().isoformat(), "unpaid": "1.00"}
        again = changing.propose(s, actor(s, "linwanyi"), loan, ChangeKind.ANOMALY, typed)
        changing.decide(s, actor(s, "chenjiamin"), again.id or 0, Verdict.CONFIRMED)
    with chromium() as browser:
        for client, paths in ((officer, (f"/loans/{loan}", "/loan-changes")), (bank, (f"/loans/{loan}",))):
            context = browser.new_context(viewport=DESK)
            context.add_cookies(
                [{"name": c.name, "value": c.value or "", "url": server.base_url} for c in client.cookies.jar]  # type: ignore[misc]
            )
            page = context.new_page()
            for path in paths:
                page.set_viewport_size(DESK)
                page.goto(server.base_url + path)
                assert_accessible(page)
                for summary in page.locator("summary:visible").all():
                    summary.click()  # the letter's form, and the answer's
                assert_accessible(page)
                page.set_viewport_size(PHONE)
                assert_accessible(page)
            if client is bank:
                page.fill(f"#f-words-{change}", "已追加质押，欠息下月结清。")
                page.set_input_files(
                    f"#f-files-{change}",
                    {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": samples.PDF},
                )
                page.click("text=提交回复")
                page.wait_for_selector("text=已回复风险提示函")
                assert page.locator("text=合同.pdf").count() == 1
                assert_accessible(page)
            context.close()
