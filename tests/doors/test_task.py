"""One task at the door: what its page shows, what an answer does, and that nothing typed is ever lost."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import clock
from models.gates import GATES, Outcome
from models.lifecycle import Board
from models.records import case as cases
from models.records.attachment import Attachment, current
from models.records.document import of_case as documents_of
from models.records.task import Task, TaskState
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server

Db = Callable[[], AbstractContextManager[Session]]


def shown(page: str) -> str:
    """The hash a page sends back with the answer."""
    found = re.search(r'name="shown" value="([^"]*)"', page)
    assert found, "the page has no decision panel"
    return found[1]


def post(client: Client, task: Task, **form: object) -> str:
    """Open the task and answer it as the page's form would; the response's text, which must be a 303."""
    page = client.get(f"/tasks/{task.id}")
    assert page.status_code == 200
    if form.get("answer") == "approve":
        look_at_everything(client, task, page.text)
    answered = client.post(f"/tasks/{task.id}/answer", data={"shown": shown(page.text), **form})
    assert answered.status_code == 303, answered.text[-3000:]
    return answered.headers["location"]


def look_at_everything(client: Client, task: Task, page: str) -> None:
    """Tick whatever the page asks a person to look at."""
    for key in re.findall(r'name="check" value="([^"]+@\d+)"', page):
        assert client.post(f"/tasks/{task.id}/looks", data={"check": key}).status_code == 303


def task_row(db: Db, task: Task) -> Task:
    with db() as s:
        return s.get_one(Task, task.id)


def test_the_page_asks_the_question_and_shows_facts_checks_calculation_and_letters(server: Server) -> None:
    number = builders.claimed()
    builders.answer(number, "wangliqun", opinion="材料齐全，予以受理。")
    page = server.client("chenjiamin").get(f"/tasks/{builders.open_task(number).id}").text
    assert "初审：东莞市德润包装材料有限公司，这笔损失是否属实、合规，应补多少？" in page
    assert "余 5 工作日" in page and "限 5 工作日" in page
    assert "2,400,000.00 元" in page and "测算" in page and "银行机构承担损失" in page
    assert "逐行数据与来源" in page and "单笔贷款本金" in page and '<svg class="meter"' in page
    assert "受理通知书" in page and "计受〔2026〕1号" in page
    assert "王立群" in page and "材料齐全，予以受理。" in page
    assert "转受托管理机构“复核”" in page
    assert not re.search(r">[^<]*\b(approve|first_review|managing_officer)\b[^<]*<", page)


def test_an_answer_leads_to_the_next_task_and_says_what_was_done(server: Server) -> None:
    first, second = builders.filed(contract_number="A-1"), builders.filed(contract_number="A-2")
    client = server.client("chenjiamin")
    task = builders.open_task(first)
    following = post(client, task, answer="approve", opinion="资料齐全。")
    assert following == f"/tasks/{builders.open_task(second).id}?done={task.id}"
    builders.wake()
    page = client.get(following).text
    assert "已办理。" in page and "已报送备案复核。" in page
    assert builders.state(first) == "filing_second_review"
    # the flash is for the one who answered
    assert "已报送备案复核" not in server.client("wangliqun").get(following).text


def test_the_last_answer_leads_to_an_empty_queue(server: Server) -> None:
    task = builders.open_task(builders.filed())
    assert post(server.client("chenjiamin"), task, answer="approve") == f"/queue?done={task.id}"
    builders.wake()
    assert "今天的待办办完了。" in server.client("chenjiamin").get("/queue").text


def test_a_return_without_opinion_or_list_is_refused_and_every_word_stays(server: Server, db: Db) -> None:
    task = builders.open_task(builders.claimed())
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    form = {"shown": shown(page), "answer": "return", "opinion": "", "todo_more": ""}
    refused = client.post(f"/tasks/{task.id}/answer", data=form)
    assert refused.status_code == 422
    assert "选择“退回补正”须写明意见。" in refused.text
    assert "请在补正清单中一次列明全部问题，至少一项。" in refused.text
    form |= {"todo_more": "借款合同｜缺第 3 页｜补传整份", "opinion": ""}
    again = client.post(f"/tasks/{task.id}/answer", data=form)
    assert again.status_code == 422 and "借款合同｜缺第 3 页｜补传整份" in again.text
    assert 'value="return" data-n="2"' in again.text and "checked" in again.text
    assert task_row(db, task).state == TaskState.OPEN


def test_a_return_carries_the_ticked_faults_and_the_ones_written_by_hand(server: Server, db: Db) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    (first, *_) = re.findall(r'name="todo" value="([^"]+)"', page)
    post(
        client, task, answer="return", opinion="请补正。", todo=first,
        todo_more="借款合同｜缺第 3 页｜补传整份\n请说明用途",
    )  # fmt: skip
    faults = task_row(db, task).fields["faults"]
    assert [f["problem"].split("：")[0] for f in faults] == ["放款时在白名单内", "缺第 3 页", "请说明用途"]
    by_hand = {"where": "借款合同", "problem": "缺第 3 页", "remedy": "补传整份", "clause": ""}
    assert faults[1] == by_hand | {"at": ["materials.contract"]}
    builders.wake()
    assert builders.state(number) == "correction"


def test_single_loans_are_excluded_with_a_reason_each(server: Server, db: Db) -> None:
    number = builders.filed(3)
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    ids = re.findall(r'name="exclude" value="(\d+)"', page)
    assert len(ids) == 3
    form = {"shown": shown(page), "answer": "approve", "exclude": ids[:2], f"reason-{ids[0]}": "重复申报"}
    refused = client.post(f"/tasks/{task.id}/answer", data=form)
    assert refused.status_code == 422
    assert "第 2 笔 东莞市德润包装材料有限公司：剔除须写明理由。" in refused.text
    assert 'value="重复申报"' in refused.text
    everything = {"exclude": ids} | {f"reason-{key}": "不符" for key in ids}
    refused = client.post(f"/tasks/{task.id}/answer", data=form | everything)
    assert refused.status_code == 422 and "建议不予备案" in refused.text
    post(client, task, **form | {f"reason-{ids[1]}": "利率超限"})
    assert task_row(db, task).fields["excluded"] == {ids[0]: "重复申报", ids[1]: "利率超限"}
    builders.wake()
    second = server.client("zhoubingwen").get(f"/tasks/{builders.open_task(number).id}").text
    assert "已剔除" in second and "利率超限" in second


def test_of_two_answers_the_second_is_told_who_was_first_and_keeps_its_opinion(
    server: Server, db: Db
) -> None:
    task = builders.open_task(builders.filed())
    early, late = server.client("chenjiamin"), server.client("wangliqun")
    page = late.get(f"/tasks/{task.id}").text
    post(early, task, answer="approve", opinion="同意。")
    form = {"shown": shown(page), "answer": "refuse", "opinion": "我写了很久的意见"}
    refused = late.post(f"/tasks/{task.id}/answer", data=form)
    assert refused.status_code == 409
    assert "这件已由陈嘉敏于" in refused.text and "我写了很久的意见" in refused.text
    fragment = late.post(f"/tasks/{task.id}/answer", data=form, headers={"HX-Request": "true"})
    assert fragment.status_code == 409 and "<html" not in fragment.text and "陈嘉敏" in fragment.text
    assert task_row(db, task).outcome == Outcome.APPROVE


def test_a_page_that_shows_old_figures_is_refused_and_what_was_written_becomes_the_draft(
    server: Server, db: Db
) -> None:
    task = builders.open_task(builders.filed())
    client = server.client("chenjiamin")
    form = {"shown": "old", "answer": "approve", "opinion": "按旧数据写的意见"}
    refused = client.post(f"/tasks/{task.id}/answer", data=form)
    assert refused.status_code == 409
    assert "案件内容在你打开页面之后有变化" in refused.text and "按旧数据写的意见" in refused.text
    assert "按旧数据写的意见" in client.get(f"/tasks/{task.id}").text
    assert task_row(db, task).state == TaskState.OPEN


def test_whoever_did_another_duty_may_look_but_not_answer(server: Server, db: Db) -> None:
    number = builders.filed()
    builders.took_part(number, "chenjiamin", "filing_second_review")
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    assert "办理过本案备案复核；请由未参与本案的人办理。" in page and 'name="answer"' not in page
    refused = client.post(f"/tasks/{task.id}/answer", data={"answer": "approve"})
    assert refused.status_code == 403 and "请由未参与本案的人办理" in refused.text
    assert task_row(db, task).state == TaskState.OPEN


def test_a_draft_comes_back_to_its_writer_only(server: Server) -> None:
    task = builders.open_task(builders.filed())
    client = server.client("chenjiamin")
    kept = client.post(f"/tasks/{task.id}/draft", data={"answer": "refuse", "opinion": "写到一半"})
    assert re.fullmatch(
        r'草稿 \d\d:\d\d 已存<div id="also" hx-swap-oob="innerHTML"></div>', kept.text.strip()
    )
    page = client.get(f"/tasks/{task.id}").text
    assert "写到一半" in page and re.search(r'value="refuse"[^>]*checked', page)
    assert "写到一半" not in server.client("wangliqun").get(f"/tasks/{task.id}").text


def test_claiming_shows_whose_it_is_and_releasing_gives_it_back(server: Server, db: Db) -> None:
    task = builders.open_task(builders.filed())
    mine, other = server.client("chenjiamin"), server.client("wangliqun")
    assert mine.post(f"/tasks/{task.id}/claim").status_code == 303
    assert "这件任务已由陈嘉敏认领" in other.get(f"/tasks/{task.id}").text
    assert other.post(f"/tasks/{task.id}/claim").status_code == 403
    assert other.post(f"/tasks/{task.id}/release").status_code == 403
    assert mine.post(f"/tasks/{task.id}/release").status_code == 303
    assert task_row(db, task).assignee_id is None


def test_the_voucher_must_be_there_and_dated_on_a_real_day_that_has_come(server: Server) -> None:
    task = _payment()
    client = server.client("zhanruolan")
    page = client.get(f"/tasks/{task.id}").text
    form = {"shown": shown(page), "answer": "approve", "voucher_number": ""}
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    for typed, sentence in (
        ("", "请填写拨付日期。"),
        ("2026-02-30", "拨付日期“2026-02-30”不是一个日期"),
        (tomorrow, f"拨付日期 {tomorrow} 晚于今天"),
        ("20261101", "拨付日期请写成"),
    ):
        refused = client.post(f"/tasks/{task.id}/answer", data=form | {"voucher_date": typed})
        assert (
            refused.status_code == 422 and sentence in refused.text and "请填写拨付凭证号。" in refused.text
        )
    post(client, task, **form | {"voucher_number": "PZ-\x001", "voucher_date": clock.today().isoformat()})


def _payment() -> Task:
    """A claim's task at 拨付确认, opened without the gates before it."""
    from models import database

    task = builders.open_task(builders.claimed())
    with database.session() as s:
        row = s.get_one(Task, task.id)
        from models.records import institution, person

        finance = institution.by_code(s, "CZJ")
        payer = person.by_login(s, "zhanruolan")
        assert finance is not None and payer is not None
        gate = GATES["payment"]
        row.gate, row.duty, row.role = gate.key, gate.duty_key, gate.role
        row.institution_id = finance.id or 0
        return row


@pytest.mark.parametrize("length", [10_001])
def test_an_endless_opinion_is_refused_with_its_length(server: Server, length: int) -> None:
    task = builders.open_task(builders.filed())
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    form = {"shown": shown(page), "answer": "approve", "opinion": "长" * length}
    refused = client.post(f"/tasks/{task.id}/answer", data=form)
    assert refused.status_code == 422 and "意见最多 10,000 字，现为 10,001 字" in refused.text


def test_markup_in_names_and_opinions_is_text(server: Server) -> None:
    number = builders.filed(firm_name="<script>alert(1)</script>公司")
    client = server.client("chenjiamin")
    task = builders.open_task(number)
    client.post(f"/tasks/{task.id}/draft", data={"answer": "approve", "opinion": "</textarea><b>x"})
    page = client.get(f"/tasks/{task.id}").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "</textarea><b>x" not in page


def test_the_bank_answers_its_tasks_elsewhere_and_sees_no_other(server: Server) -> None:
    number = builders.filed()
    bank = server.client("linwanyi")
    assert bank.get(f"/tasks/{builders.open_task(number).id}").status_code == 404
    fault = [{"where": "合同", "problem": "缺页", "remedy": "补传"}]
    builders.answer(number, "chenjiamin", Outcome.RETURN, "请补正。", faults=fault)
    correction = builders.open_task(number)
    assert bank.get(f"/tasks/{correction.id}").headers["location"] == f"/cases/{number}"
    staff = server.client("chenjiamin").get(f"/tasks/{correction.id}").text
    assert "补正由申报机构办理。" in staff and 'name="answer"' not in staff
    assert server.client("luoqiming").get(f"/tasks/{correction.id}").status_code == 404
    # 科创担保 manages this claim and files its own: its filer is no reviewer
    managed = builders.open_task(builders.claimed(Board.GUARANTEE))
    assert server.client("yexiaotong").get(f"/tasks/{managed.id}").status_code == 404
    assert server.client("zengyawen").get(f"/tasks/{managed.id}").status_code == 200


def test_letters_and_materials_open_for_those_they_concern(server: Server, db: Db) -> None:
    number = builders.claimed()
    with db() as s:
        record = cases.by_number(s, number)
        assert record is not None
        (letter,) = documents_of(s, record.id or 0)
        material = current(s, record.id or 0)[0]
    staff, own, other = (server.client(login) for login in ("chenjiamin", "linwanyi", "luoqiming"))
    for client in (staff, own):
        word = client.get(f"/documents/{letter.id}")
        assert word.status_code == 200 and word.content.startswith(b"PK")
        assert "filename*=UTF-8''" in word.headers["content-disposition"]
        assert word.headers["x-content-type-options"] == "nosniff"
        assert "风险补偿申请函" in client.get(f"/documents/{letter.id}/preview").text
        pdf = client.get(f"/attachments/{material.id}")
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.headers["content-disposition"].startswith("inline")
        saved = client.get(f"/attachments/{material.id}?download=1")
        assert saved.headers["content-disposition"].startswith("attachment")
    for address in (
        f"/documents/{letter.id}",
        f"/documents/{letter.id}/preview",
        f"/attachments/{material.id}",
    ):
        assert other.get(address).status_code == 404
    assert staff.get("/documents/99999999999").status_code == 404
    with db() as s:
        s.connection().execute(
            text("SET LOCAL session_replication_role = replica")
        )  # issued ones never change
        s.get_one(type(letter), letter.id).for_applicant = False
        s.get_one(Attachment, material.id).media_type = "text/html"
    assert own.get(f"/documents/{letter.id}").status_code == 404
    assert staff.get(f"/documents/{letter.id}").status_code == 200
    page = staff.get(f"/attachments/{material.id}")
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment")


def test_every_gate_of_a_claim_can_be_read_and_answered_on_its_page(server: Server) -> None:
    """The whole way through the reviewers' gates, each by the form of its page."""
    number = builders.claimed(Board.GUARANTEE)
    way = (
        ("acceptance", "zengyawen"),
        ("first_review", "pengzhiqiang"),
        ("second_review", "heyongjian"),
        ("office_review", "mozhaohui"),
        ("leader_approval", "lujianping"),
    )
    for gate, login in way:
        task = builders.open_task(number, gate)
        post(server.client(login), task, answer="approve", opinion="同意。")
        builders.wake()
    assert builders.state(number) in {"public_notice", "claim_refused"}


def test_after_a_return_the_clock_shows_the_days_it_stood_still(server: Server, db: Db) -> None:
    number = builders.filed()
    fault = [{"where": "合同", "problem": "缺页", "remedy": "补传"}]
    builders.answer(number, "chenjiamin", Outcome.RETURN, "请补正。", faults=fault)
    builders.answer(number, "linwanyi")
    with db() as s:
        for entry in cases.journal_of(s, builders.open_task(number).case_id):
            if entry.name == "filing_review" and entry.result:  # the first round was a week ago
                entry.opened_at -= timedelta(days=8)
                entry.finished_at = clock.now() - timedelta(days=7)
    page = server.client("chenjiamin").get(f"/tasks/{builders.open_task(number).id}").text
    assert "补正停钟 5 日" in page and "补正回来" in page and page.count('<i class="p">') == 5


@pytest.mark.browser
def test_the_page_is_accessible_and_keeps_typed_words_in_a_browser(server: Server) -> None:
    number = builders.claimed()
    builders.answer(number, "wangliqun")
    task = builders.open_task(number)
    filing = builders.open_task(builders.filed(2, contract_number="B-1"))
    client = server.client("chenjiamin")
    cookies = [
        {"name": name, "value": value, "url": server.base_url} for name, value in client.cookies.items()
    ]
    with chromium() as browser:
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)
            context.add_cookies(cookies)
            page = context.new_page()
            for address in (f"/tasks/{task.id}", f"/tasks/{filing.id}"):
                page.goto(server.base_url + address)
                assert_accessible(page)
        page = browser.new_context(viewport=DESK)
        page.add_cookies(cookies)
        tab = page.new_page()
        tab.goto(f"{server.base_url}/tasks/{task.id}")
        tab.keyboard.press("2")  # 退回补正
        for box in tab.locator("input[name=todo]").all():
            box.uncheck()
        tab.locator("#opinion").fill("请补充说明。")
        tab.keyboard.press("Control+Enter")
        tab.get_by_text("请在补正清单中一次列明全部问题，至少一项。").wait_for()
        assert tab.locator("#opinion").input_value() == "请补充说明。"
        tab.locator("#decide .more-todo summary").click()
        tab.locator("textarea[name=todo_more]").fill("借款合同｜缺页｜补传")
        tab.locator(".thumbs a", has_text="风险补偿申请函").click()
        tab.locator("#under", has_text="风险补偿申请函").wait_for()
        tab.locator("#opinion").focus()
        tab.keyboard.press("Control+Enter")
        tab.wait_for_url("**?done=*")
        assert tab.get_by_text("已办理。").count() == 1
