"""Short days of those whom the long journey passes only in between: a member and the secretary of 联席会议, a manager,
市财政局."""

import io
import zipfile
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from api.auth import session as sessions
from models import clock
from tests import builders
from tests.browser import DESK, PHONE, chromium
from tests.builders import state, wake
from tests.doors.conftest import Server
from tests.kernel.sessions import MEMBERS, SECRETARY, at_meeting


def window(browser: Browser, server: Server, login: str, size: dict[str, int]) -> Page:
    context = browser.new_context(viewport=size, base_url=server.base_url, reduced_motion="reduce")  # type: ignore[arg-type]
    token = server.client(login).cookies.get(sessions.COOKIE) or ""
    context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/")
    return page


@pytest.mark.browser
def test_a_meeting_is_convened_voted_on_by_phone_and_concluded(server: Server) -> None:
    builders.budget()
    numbers = [at_meeting(1), at_meeting(2)]
    with chromium() as browser:
        office = window(browser, server, SECRETARY, DESK)
        office.get_by_role("link", name="会议").click()
        office.get_by_label("会议日期").fill("2026-11-24")
        office.get_by_label("会议地点").fill("市工信局三楼会议室")
        office.get_by_role("button", name="登记会议").click()
        for number in numbers:
            office.get_by_role("checkbox", name=number).check()
        office.get_by_role("button", name="列入议程").click()
        expect(office.get_by_text("已列入议程。")).to_be_visible()
        for login in MEMBERS[:3]:
            member = window(browser, server, login, PHONE)
            member.get_by_role("link", name="会议").click()
            member.get_by_role("link", name="2026年第1次会议").click()
            member.locator("fieldset.vote").nth(0).get_by_label("赞成").check()
            against = member.locator("fieldset.vote").nth(1)
            against.get_by_label("反对").check()
            against.get_by_role("textbox").fill("依据不足")
            member.get_by_role("button", name="提交我的投票").click()
            expect(member.get_by_text("2 件已投票。")).to_be_visible()
            member.context.close()
        office.reload()
        for box in office.locator("select[name^=presence]").all():
            box.select_option(label="出席")
        office.get_by_label("主持人").select_option(index=1)
        office.get_by_role("button", name="保存会议记录").click()
        expect(office.get_by_text("会议记录已保存。")).to_be_visible()
        office.get_by_role("button", name="议定并出具纪要…").click()
        office.get_by_role("button", name="计票并出具纪要").click()
        expect(office.get_by_text("会议已议定，纪要已出具。")).to_be_visible()
        office.get_by_role("link", name="会议纪要").click()
        expect(office.locator("article.paper, .paper").first).to_contain_text(numbers[0])
    wake()
    assert [state(number) for number in numbers] == ["public_notice", "claim_refused"]


@pytest.mark.browser
def test_a_manager_asks_the_holder_to_hurry_follows_a_figure_and_takes_the_list_to_excel(
    server: Server,
) -> None:
    number = builders.claimed()
    clock.set_offset(timedelta(days=12))
    with chromium() as browser:
        page = window(browser, server, "lizhiyuan", DESK)
        expect(page.get_by_role("heading", level=1)).to_contain_text("总览")
        row = page.get_by_role("row", name=number)
        row.get_by_role("button", name="催办").click()
        expect(page.get_by_text("已催办。")).to_be_visible()
        page.get_by_role("link", name="逾期").first.click()
        expect(page.get_by_role("row", name=number)).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("link", name="导出 Excel").click()
        book = zipfile.ZipFile(io.BytesIO(saved.value.path().read_bytes()))
        words = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
        assert number.encode() in words
        page.goto(f"/cases/{number}")
        expect(page.get_by_role("row", name="受理 2")).to_contain_text("超")
    assert "催办" in server.client("chenjiamin").get("/messages").text


@pytest.mark.browser
def test_the_finance_bureau_returns_a_letter_pays_the_corrected_one_and_takes_its_list_to_excel(
    server: Server,
) -> None:
    number = builders.claimed()
    for login in ("chenjiamin", "wangliqun", "zhoubingwen", "mozhaohui", "lujianping"):
        builders.answer(number, login)
    clock.set_offset(timedelta(days=14))
    wake()
    with chromium() as browser:
        officer = window(browser, server, "qiushaofen", DESK)
        officer.get_by_role("link", name="待办").first.click()
        officer.get_by_role("link", name="德润包装").first.click()
        expect(officer.get_by_role("heading", name="资金审核：")).to_be_visible()
        officer.get_by_label("退回用款函").check()
        officer.get_by_role("textbox", name="意见").fill("预算科目有误，请更正。")
        officer.get_by_role("button", name="提交：退回用款函").click()
        expect(officer.get_by_text("已办理。")).to_be_visible()
        wake()
        bureau = window(browser, server, "xiechuyun", PHONE)
        bureau.goto(f"/tasks/{builders.open_task(number).id}")
        expect(bureau.get_by_text("预算科目有误，请更正。").first).to_be_visible()
        bureau.get_by_role("textbox", name="意见").fill("已按市财政局意见更正预算科目。")
        bureau.get_by_role("button", name="提交：重新出具用款函").click()
        expect(bureau.get_by_text("已办理。")).to_be_visible()
        bureau.context.close()
        wake()
        officer.goto("/queue")
        expect(officer.locator("tr.r .dot")).to_be_visible()
        officer.get_by_role("link", name="德润包装").first.click()
        changed = officer.locator("section.changes")
        expect(changed).to_contain_text("已按市财政局意见更正预算科目。")
        expect(changed).to_contain_text("用款")
        officer.get_by_role("button", name="提交：同意拨付").click()
        expect(officer.get_by_text("已办理。")).to_be_visible()
        wake()
        treasurer = window(browser, server, "zhanruolan", DESK)
        treasurer.goto(f"/tasks/{builders.open_task(number).id}")
        treasurer.get_by_label("拨付凭证号").fill("PZ-2026-88")
        treasurer.get_by_label("拨付日期").fill(clock.today().isoformat())
        treasurer.get_by_role("button", name="提交：确认已拨付").click()
        expect(treasurer.get_by_text("已办理。")).to_be_visible()
        wake()
        treasurer.goto(f"/cases?show=paid&year={clock.today().year}")
        expect(treasurer.get_by_role("row", name=number)).to_be_visible()
        with treasurer.expect_download() as saved:
            treasurer.get_by_role("link", name="导出 Excel").click()
        book = zipfile.ZipFile(io.BytesIO(saved.value.path().read_bytes()))
        assert number.encode() in b"".join(
            book.read(name) for name in book.namelist() if name.endswith(".xml")
        )
    assert state(number) == "receipt"
