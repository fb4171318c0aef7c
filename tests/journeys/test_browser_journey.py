"""A loan's whole way through the pages, in a real browser, by every person it needs: from 备案 to 已拨付.

A real server, a real worker, a real database; the only thing moved by hand is the demonstration's clock, and that
on its page, too.
"""

import re
from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from models import clock
from models.lifecycle import Board
from models.money import daxie
from models.policy.materials import CLAIM_SLOTS, FILING_SLOTS
from tests.browser import PHONE
from tests.journeys.cast import Cast, cast
from tests.journeys.person import Person, Travelled


@pytest.mark.browser
@pytest.mark.parametrize("board", [Board.BANK, Board.GUARANTEE])
def test_a_loan_goes_from_filing_to_paid(browser: Browser, address: str, board: Board) -> None:
    shared = "/bank" if board == Board.GUARANTEE else "/"  # what the boards' pages share is judged once
    with Travelled(browser, address, shared) as travelled:
        who = cast(board)
        filing = file(travelled, who)
        returned_and_corrected(travelled, who, filing)
        registered(travelled, who, filing)
        claim = claim_the_loss(travelled, who)
        reviewed(travelled, who, claim)
        decided_by_the_city(travelled, who, claim)
        announced(travelled, who, claim)
        paid_out(travelled, who, claim)
        received(travelled, who, claim)
        watched(travelled, who, claim)
    assert travelled.complaints == []


def file(travelled: Travelled, who: Cast) -> str:
    """The applicant types two loans, brings a paper, and files; the case's number."""
    with travelled.person(who.script.filer) as filer:
        filer.heading(f"{who.institution}，没有等你办的事")
        filer.click("新增备案", "link")
        filer.heading("新增备案")
        for place, loan in enumerate(who.script.loans, start=1):
            filer.fill(loan)
            filer.click("加入这笔，再加一笔")
            filer.reads(f"{place} 笔，", loan["firm_name"], within="#loans")
        filer.upload([FILING_SLOTS[who.script.board][0].title])
        filer.look()
        filer.confirm("提交备案", "提交备案")
        filer.heading("已提交：")
        return number_of(filer, "BA")


def returned_and_corrected(travelled: Travelled, who: Cast, number: str) -> None:
    """经办审核 returns it with a list; the bank reads the list, puts it right and sends it again."""
    with travelled.person(who.filing_officer) as officer:
        officer.take(number, "经办审核")
        officer.heading("这批贷款是否符合备案条件？")
        officer.preview("项目备案申请表", who.firm)
        fault = "借款合同｜缺少盖章页｜请补传盖章页"
        officer.answer("退回补正", "材料不齐，请一次补齐。", {"todo_more": fault})
        officer.reads("已停钟，等待申报机构补正。")
    with travelled.person(who.script.filer) as filer:
        filer.heading("有 1 件事等你办")
        filer.reads("退回 1 处：缺少盖章页")
        filer.click("去补正", "link")
        filer.heading("补正备案：")
        filer.reads("请补传盖章页")
        filer.upload([FILING_SLOTS[who.script.board][1].title])
        filer.fill({"note": "已补传盖章页。"})
        filer.confirm("重新提交", "重新提交")
        filer.heading("已提交：")


def registered(travelled: Travelled, who: Cast, number: str) -> None:
    """The same officer passes it, another person agrees, and the loans have filing numbers."""
    with travelled.person(who.filing_officer) as officer:
        officer.take(number, "经办审核")
        officer.reads("补正回来")
        officer.answer("审核通过，报送复核", "资料齐全，符合备案条件。")
    with travelled.person(who.filing_head) as head:
        head.take(number, "备案复核")
        head.answer("同意经办结论", "同意经办意见，予以备案。")
        head.reads("案件已办结（已备案）", "《备案确认书》")
    with travelled.person(who.script.filer) as filer:
        letter = filer.letter(number, "备案确认书", who.firm, f"{number}-01")
        filer.reads(document_number(letter), within="article.paper")


def claim_the_loss(travelled: Travelled, who: Cast) -> str:
    """The applicant chooses the registered loan, states the loss, brings every material and claims."""
    script = who.script
    with travelled.person(script.filer) as filer:
        filer.click("申请补偿", "link")
        filer.heading("为哪笔贷款申请补偿？")
        filer.page.get_by_role("link", name=f"申请补偿 {who.firm}").click()
        filer.heading(who.firm)
        filer.fill(script.claim)
        filer.upload([slot.title for slot in CLAIM_SLOTS[script.board] if slot.required])
        filer.click("存草稿并检查")
        filer.reads("预估", f"{script.paid:,.2f} 元", within="#side")
        filer.look()
        filer.confirm("提交申请", "提交申请")
        filer.heading(f"已提交：{who.firm}")
        return number_of(filer, "BC")


def reviewed(travelled: Travelled, who: Cast, number: str) -> None:
    """受理, 初审, 复核 at the managing institution, each by another person."""
    with travelled.person(who.acceptance) as officer:
        officer.take(number, "受理")
        officer.heading("申请材料是否齐全、是否属于受理范围？")
        officer.preview("补偿申请", who.firm)
        officer.answer("予以受理", "材料齐全，予以受理。")
        officer.reads("《受理通知书》")
    with travelled.person(who.first) as officer:
        officer.take(number, "初审")
        officer.reads("测算", f"{who.script.paid:,.2f}")
        officer.answer("同意补偿，报送复核", "资料齐全，损失属实。")
    with travelled.person(who.second) as head:
        head.take(number, "复核")
        head.preview("初审意见", f"{who.script.paid:,.2f}")
        head.answer("同意初审意见", "数据核对一致。")


def decided_by_the_city(travelled: Travelled, who: Cast, number: str) -> None:
    """科室 by keyboard alone, 分管领导 on a phone, and the joint meeting's votes where the amount asks for them."""
    with travelled.person(who.office) as officer:
        by_keyboard_alone(officer, number, "同意，报分管领导", "依据充分，金额无误。")
    with travelled.person(who.leader, PHONE) as leader:
        leader.take(number, "补偿审批")
        leader.heading("是否批准按该金额补偿？")
        leader.page.get_by_role("link", name="填写结论").click()
        leader.answer("批准", "同意。公示后按程序办理。")
        leader.reads("联席会议" if who.members else "公示", within="#notes")
    for login in who.members:
        with travelled.person(login) as member:
            member.take(number, "联席会议表决")
            member.answer("赞成", "同意。")


def by_keyboard_alone(person: Person, number: str, label: str, opinion: str) -> None:
    """From the queue to the answer without a mouse: J walks, ↵ opens, 1 chooses, Tab leads on, Ctrl+↵ submits."""
    page, keys = person.page, person.page.keyboard
    person.open_until(f"/queue?q={number}", number)
    page.goto("/queue")
    keys.press("j")
    page.locator("[data-row].cur a").wait_for()
    expect(page.locator("[data-row].cur a").first).to_be_focused()
    while number not in page.locator("[data-row].cur").inner_text():
        keys.press("j")
    keys.press("Enter")
    page.wait_for_url("**/tasks/*")
    person.reads(number)
    keys.press("1")
    expect(page.locator("label.opt", has_text=label).get_by_role("radio")).to_be_focused()
    for _ in range(20):  # Tab walks on through the form, and does not get stuck in it
        keys.press("Tab")
        if page.evaluate("document.activeElement.id") == "opinion":
            break
    expect(page.locator("#opinion")).to_be_focused()
    keys.press("Control+a")
    keys.type(opinion)
    keys.press("Control+Enter")
    person.done()


def announced(travelled: Travelled, who: Cast, number: str) -> None:
    """公示: everybody waits; the clerk moves the demonstration's clock over the days of the notice."""
    with travelled.person(who.clerk) as clerk:
        clerk.open_until(f"/cases/{number}", "现停在公示")
        clerk.letter(number, "补偿项目公示", "东莞市示××有限公司", daxie(who.script.paid))
        expect(clerk.page.locator("article.paper")).not_to_contain_text(
            who.firm
        )  # only its applicant knows it
        clerk.go_to("运维")
        clerk.heading("运维")
        for words in ("前进5个工作日", "前进1个工作日"):
            clerk.click(words)
            clerk.reads("演示，已前移")
        clerk.open_until(f"/cases/{number}", "资金审核")


def paid_out(travelled: Travelled, who: Cast, number: str) -> None:
    """市财政局 agrees and registers the voucher."""
    with travelled.person(who.finance) as officer:
        officer.take(number, "资金审核")
        officer.preview("关于申请拨付风险补偿资金的函", f"{who.script.paid:,.2f}")
        officer.answer("同意拨付", "同意拨付。")
    with travelled.person(who.treasurer) as treasurer:
        treasurer.take(number, "拨付确认")
        voucher = {"voucher_number": f"PZ-{number}", "voucher_date": today_of(treasurer)}
        treasurer.answer("确认已拨付", "已拨付。", voucher)


def received(travelled: Travelled, who: Cast, number: str) -> None:
    """The applicant was told at every step, confirms the receipt, and the case is closed as paid."""
    paid = f"{who.script.paid:,.2f}"
    with travelled.person(who.script.filer) as filer:
        filer.heading("有 1 件事等你办")
        filer.reads(f"确认收款：{who.firm}", f"拨付 {paid} 元")
        filer.click("确认到账", "link")
        filer.heading(f"确认收款：{who.firm}")
        filer.reads(f"PZ-{number}")
        expect(filer.page.get_by_label("到账金额")).to_have_value(paid)
        filer.fill({"received_on": today_of(filer)})
        filer.click("确认到账")
        filer.heading(f"已办结：{who.firm}")
        filer.click("查看案件", "link")
        filer.heading(who.firm)
        filer.reads("已拨付", paid)
        decision = filer.letter(number, "补偿决定通知书", paid, daxie(who.script.paid), who.firm)
        filer.reads(document_number(decision), within="article.paper")
        filer.letter(number, "拨付通知书", paid)
        filer.go_to("通知")
        filer.heading("通知")
        for told in ("受理", "公示", "决定", "拨付"):
            filer.reads(told)
        filer.page.locator("tbody tr", has_text=number).get_by_role("link").first.click()
        filer.reads(number)
        filer.look()


def watched(travelled: Travelled, who: Cast, number: str) -> None:
    """统筹 sees the case in the list as what it is, and the overview's figures."""
    with travelled.person(who.manager) as manager:
        manager.heading("总览")
        manager.go_to("案件")
        manager.heading("案件")
        manager.page.locator("#f-q").fill(number)
        manager.page.get_by_role("button", name="查找").click()
        manager.page.get_by_role("link", name="全部").first.click()
        row = manager.page.locator("tbody tr", has_text=number)
        expect(row).to_contain_text("已拨付")
        row.get_by_role("link").first.click()
        manager.heading(who.firm)
        manager.reads("经过", "文书", "测算与额度台账", f"{who.script.paid:,.2f}")


def number_of(person: Person, prefix: str) -> str:
    """The case number on the page."""
    found = re.search(rf"{prefix}-\d{{4}}-\d+", person.page.locator("main").inner_text())
    assert found is not None, f"no case number on {person.page.url}"
    return found[0]


def document_number(line: str) -> str:
    """The 文号 in a line: 东工信补〔2026〕1号."""
    found = re.search(r"\w+〔\d{4}〕\d+号", line)
    assert found is not None, f"no document number: {line}"
    return found[0]


def today_of(person: Person) -> str:
    """The business day the page stands at, as a person types it. The page leaves out the year it stands in."""
    found = re.search(r"(\d+)月(\d+)日", person.page.locator("header.top .who").inner_text())
    assert found is not None
    now = clock.today()
    day = date(now.year, int(found[1]), int(found[2]))
    return (day if day >= now else day.replace(year=now.year + 1)).isoformat()
