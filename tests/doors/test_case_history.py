"""某日状态 and 关联: a case as it stood on any day, and what surrounds it, to whoever may know it."""

import re
from datetime import date, timedelta

import pytest

from api.auth import session as sessions
from flows.actions.answers import answering
from models import clock
from models.calendar import seeded_calendar
from models.gates import Outcome
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Server

REASON = "利率凭证与合同日期不一致，请核。"


@pytest.fixture
def lived(server: Server) -> str:
    """A claim: accepted on its first day, reviewed on the third, sent back on the fifth."""
    number = builders.claimed()
    builders.answer(number, "chenjiamin")
    clock.set_offset(timedelta(days=2))
    builders.answer(number, "wangliqun")
    builders.answer(number, "zhoubingwen")
    clock.set_offset(timedelta(days=4))
    builders.answer(number, "mozhaohui", Outcome.SEND_BACK, REASON, target="first_review")
    return number


def test_a_case_stands_on_each_day_as_it_stood(server: Server, lived: str) -> None:
    client, today = server.client("lizhiyuan"), clock.today()
    pages = {
        back: client.get(f"/cases/{lived}/history?on={today - timedelta(days=back)}").text
        for back in (0, 1, 4)
    }
    assert "停在初审" in pages[4]
    assert "受理通知书" in pages[4]
    assert "初审意见书" not in pages[4]
    assert "停在科室审核" in pages[1]
    assert "初审意见书" in pages[1]
    assert REASON not in pages[1]
    assert "已作废的同意" not in pages[1]  # they were good on that day
    assert "停在初审" in pages[0]
    assert REASON in pages[0]
    assert "已作废的同意" in pages[0]
    assert all("测算金额" in page and "申请金额" in page for page in pages.values())


@pytest.mark.parametrize(
    ("typed", "said"),
    [("1999-01-01", "才提交"), ("2099-01-01", "还没有到这一天"), ("昨天", "这样的日期")],
    ids=["before", "after", "words"],
)
def test_a_day_outside_its_life_is_answered_with_a_sentence(
    server: Server, lived: str, typed: str, said: str
) -> None:
    answered = server.client("lizhiyuan").get(f"/cases/{lived}/history", params={"on": typed})
    assert answered.status_code == 422
    assert said in answered.text
    assert f'value="{typed}"' in answered.text


def test_the_bank_sees_its_own_side_of_the_past_and_another_bank_nothing(server: Server, lived: str) -> None:
    own = server.client("linwanyi").get(f"/cases/{lived}/history").text
    assert "受理通知书" in own
    for inside in (REASON, "初审意见书", "测算金额", "额度台账"):
        assert inside not in own, inside
    for page in ("history", "around"):
        assert server.client("tanjunhao").get(f"/cases/{lived}/{page}").status_code == 404


def test_what_surrounds_a_case_is_its_firm_and_its_institution(server: Server, lived: str) -> None:
    page = server.client("lizhiyuan").get(f"/cases/{lived}/around").text
    assert "在本系统的记录" in page
    assert "补偿申请" in page
    with builders.database.session() as s:
        record = builders.CaseRecord
        found = s.exec(builders.select(record).where(record.number == lived)).one()
        assert found.uscc in page
    assert server.client("linwanyi").get(f"/cases/{lived}/around").status_code == 200


@pytest.mark.browser
def test_everyone_can_use_the_pages(server: Server, lived: str) -> None:
    with chromium() as browser:
        for login, size in (("lizhiyuan", DESK), ("linwanyi", PHONE)):
            context = browser.new_context(viewport=size)
            token = server.client(login).cookies.get(sessions.COOKIE) or ""
            context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
            page = context.new_page()
            for path in ("history", "around"):
                page.goto(f"{server.base_url}/cases/{lived}/{path}")
                assert_accessible(page)
            context.close()


def test_the_clock_of_a_gate_is_reckoned_line_by_line_with_the_days_it_stood_still(server: Server) -> None:
    number = builders.claimed()
    faults = [{"where": "申请表", "problem": "金额有误", "remedy": "更正金额"}]
    builders.answer(number, "chenjiamin", Outcome.RETURN, "请补正", faults=faults)
    clock.set_offset(timedelta(days=7))
    with builders.database.session() as s:
        task = s.exec(
            builders.select(builders.Task).where(
                builders.Task.case_number == number, builders.Task.gate == "correction"
            )
        ).one()
        answering.answer(s, builders.actor(s, "linwanyi"), task.id or 0, Outcome.APPROVE, opinion="已更正。")
    builders.wake()
    page = server.client("lizhiyuan").get(f"/cases/{number}").text
    assert "时限与停钟" in page
    assert "停钟" in page
    found = re.search(r"停钟 ([\d-]+) 至 ([\d-]+)：(\d) 日，不计入", page)
    assert found is not None
    stood = seeded_calendar().working_days_between(date.fromisoformat(found[1]), date.fromisoformat(found[2]))
    assert stood.days == int(found[3]) > 0
    assert re.search(r"限 (\d+) − 已用 0 ＝ 余 \1 日", page)
    assert "时限与停钟" not in server.client("linwanyi").get(f"/cases/{number}").text
