"""The case page, the list of cases, the overview and the limits, as each person sees them."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from models import clock
from models.gates import Outcome
from models.records.case import CaseRecord, Incident, JournalEntry, by_number
from models.records.ledger import AccountKind, LedgerAccount
from models.records.task import Task
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server

Db = Callable[[], AbstractContextManager[Session]]
BANKER, OTHER_BANK, MANAGER, BUREAU, ADMIN = "linwanyi", "luoqiming", "lizhiyuan", "mozhaohui", "suwenbo"
REASON = "利率凭证与合同日期不一致"


@pytest.fixture
def claim(server: Server, db: Db) -> Iterator[str]:
    """A bank's claim, waiting for 受理, with a budget and the published calendar."""
    builders.budget()
    builders.calendar()
    yield builders.claimed()
    clock.set_offset(timedelta(0))


def advance(number: str, *logins: str) -> None:
    for login in logins:
        builders.answer(number, login)


def to_public_notice(number: str) -> None:
    advance(number, "chenjiamin", "wangliqun", "zhoubingwen", BUREAU, "lujianping")
    assert builders.state(number) == "public_notice"


def later(days: int) -> None:
    """Business time goes on."""
    clock.set_offset(clock.offset() + timedelta(days=days))


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


def total(page: str) -> int:
    found = re.search(r'class="s muted num">(\d+) 件', page)
    assert found is not None
    return int(found[1])


def test_the_page_shows_the_way_of_the_case_its_story_and_its_papers(server: Server, claim: str) -> None:
    advance(claim, "chenjiamin")
    page = text(server.client("wangliqun"), f"/cases/{claim}")
    assert 'role="img" aria-label="补偿流程图：已走过提交申请、受理、测算；现停在初审' in page
    assert "予以受理" in page
    assert "受理通知书" in page
    assert re.search(r"办理：初审</a>", page)
    anchors = set(re.findall(r'<a href="#(r\d+)"', page))
    assert anchors
    assert anchors <= set(re.findall(r'id="(r\d+)"', page)), "every link of the drawing has its record"
    assert "style=" not in page


def test_a_case_sent_back_shows_the_reason_and_keeps_the_void_approvals(server: Server, claim: str) -> None:
    advance(claim, "chenjiamin", "wangliqun", "zhoubingwen")
    builders.answer(claim, BUREAU, Outcome.SEND_BACK, REASON, target="first_review")
    page = text(server.client(MANAGER), f"/cases/{claim}")
    assert f"退回：{REASON}" in page
    assert re.search(r"展开 \d 条（已作废的同意仍在）", page)
    assert "科室审核退回初审1次" in page


def test_the_bank_reads_what_was_decided_not_what_was_said_inside(server: Server, claim: str) -> None:
    advance(claim, "chenjiamin")
    builders.answer(claim, "wangliqun", opinion="内部意见甲")
    builders.answer(claim, "zhoubingwen")
    builders.answer(claim, BUREAU, Outcome.SEND_BACK, REASON, target="first_review")
    page = text(server.client(BANKER), f"/cases/{claim}")
    assert "提交了补偿申请" in page
    assert "受理通知书" in page
    for hidden in ("内部意见甲", REASON, "王立群", "测算了补偿金额", "初审意见书", "额度台账"):
        assert hidden not in page, hidden
    assert "内部意见甲" in text(server.client(MANAGER), f"/cases/{claim}")


def test_a_case_of_another_bank_is_not_there(server: Server, claim: str) -> None:
    other = server.client(OTHER_BANK)
    for address in (f"/cases/{claim}", f"/cases/{claim}/withdraw", "/cases/BC-1999-0001"):
        assert other.get(address).status_code == 404
    assert other.post(f"/cases/{claim}/withdraw", data={"reason": "x"}).status_code == 404
    assert claim not in text(other, "/cases?show=all")
    assert claim in text(server.client(BANKER), "/cases")


def test_the_reserved_amount_stands_in_the_ledger_of_the_case_and_of_the_limits(
    server: Server, claim: str, db: Db
) -> None:
    to_public_notice(claim)
    with db() as s:
        found = by_number(s, claim)
        assert found is not None and found.decided_amount is not None
        amount = f"{found.decided_amount:,.2f}"
        budget = s.exec(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.BUDGET)).one()
    client = server.client(MANAGER)
    assert text(client, f"/cases/{claim}").count(f'<td class="n">{amount}</td>') == 3
    assert f'href="/limits/{budget.id}"' in text(client, "/limits")
    limits = text(client, f"/limits/{budget.id}")
    assert f"/cases/{claim}" in limits[limits.index('id="entries"') :]
    assert server.client(BANKER).get("/limits").status_code == 403


def test_an_objection_with_a_missing_field_keeps_every_word_and_a_full_one_stops_the_notice(
    server: Server, claim: str
) -> None:
    to_public_notice(claim)
    client = server.client(BUREAU)
    assert f"/cases/{claim}/objection" in text(client, f"/cases/{claim}")
    assert server.client(MANAGER).get(f"/cases/{claim}/objection").status_code == 403
    typed = {"objector": "某公司<b>", "contact": "", "content": "贷款用途不符"}
    refused = client.post(f"/cases/{claim}/objection", data=typed)
    assert refused.status_code == 422
    assert "请填写联系方式。" in refused.text
    assert "某公司&lt;b&gt;" in refused.text
    assert "贷款用途不符" in refused.text
    done = client.post(f"/cases/{claim}/objection", data=typed | {"contact": "0769-2222"})
    assert done.headers["location"] == f"/cases/{claim}?done=objection"
    builders.wake()
    assert builders.state(claim) == "objection"
    assert "登记了异议" in text(client, f"/cases/{claim}")
    assert "贷款用途不符" not in text(server.client(BANKER), f"/cases/{claim}")
    assert client.get(f"/cases/{claim}/objection").status_code == 409


def test_the_bank_withdraws_with_a_reason(server: Server, claim: str) -> None:
    client = server.client(BANKER)
    assert "撤回后本案办结，不能恢复" in text(client, f"/cases/{claim}/withdraw")
    assert client.post(f"/cases/{claim}/withdraw", data={"reason": " "}).status_code == 422
    done = client.post(f"/cases/{claim}/withdraw", data={"reason": "贷款已收回"})
    assert done.headers["location"] == f"/cases/{claim}?done=withdrawn"
    page = text(client, f"/cases/{claim}")
    assert "撤回了案件" in page
    assert "结果：已撤回" in page
    assert "/withdraw" not in page
    assert claim in text(client, "/cases?show=closed")


def test_a_stopped_case_is_retried_from_its_page(server: Server, claim: str, db: Db) -> None:
    with db() as s:
        found = by_number(s, claim)
        assert found is not None
        s.add(
            Incident(
                case_id=found.id or 0,
                raised_at=clock.now(),
                line="documents.draw_up",
                error="模板缺字段",
                attempts=4,
            )
        )
    assert f"/cases/{claim}/retry" not in text(server.client("chenjiamin"), f"/cases/{claim}")
    client = server.client(ADMIN)
    assert "办理出错，案件已停下" in text(client, f"/cases/{claim}")
    assert claim in text(client, "/cases?show=incident")
    assert client.post(f"/cases/{claim}/retry").headers["location"] == f"/cases/{claim}?done=retried"
    assert client.post(f"/cases/{claim}/retry").status_code == 409


def test_the_list_finds_by_number_firm_contract_and_code(server: Server, claim: str, db: Db) -> None:
    with db() as s:
        found = by_number(s, claim)
        assert found is not None
        words = (claim[3:], found.subject[2:6], found.uscc)
    client = server.client(MANAGER)
    for word in words:
        assert claim in text(client, f"/cases?q={word}"), word
    assert "没有符合" in text(client, "/cases?q=%25")
    assert "清除筛选" in text(client, "/cases?q=没有这家企业&state=payment")


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "after=x",
        "institution=99999999999999",
        "month=13&year=2026",
        "board=%00",
        "before=-1",
    ],
)
def test_an_address_that_makes_no_sense_is_the_whole_list(server: Server, claim: str, query: str) -> None:
    assert claim in text(server.client(MANAGER), f"/cases?{query}")


def test_pages_follow_each_other_without_losing_a_case(server: Server, claim: str, db: Db) -> None:
    with db() as s:
        model = by_number(s, claim)
        assert model is not None
        facts = model.model_dump(exclude={"id", "number"})
        for i in range(1, 61):
            s.add(CaseRecord(number=f"BC-2020-{i:04d}", **facts))
    client = server.client(MANAGER)
    seen: list[str] = []
    page = text(client, "/cases?show=all")
    expected = total(page)
    while True:
        seen += re.findall(r'num muted xs">(B[AC]-\d{4}-\d{4})', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        page = text(client, following[1].replace("&amp;", "&"))
    assert len(seen) == len(set(seen)) == expected
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back is not None
    first = text(client, back[1].replace("&amp;", "&"))
    assert re.findall(r'num muted xs">(B[AC]-\d{4}-\d{4})', first) == seen[:50]


def test_every_figure_of_the_overview_opens_a_list_of_that_length(server: Server, claim: str, db: Db) -> None:
    builders.filed(2, contract_number="F-1")
    overdue = builders.filed(1, contract_number="F-2")
    returned = builders.filed(1, contract_number="F-3")
    builders.answer(returned, "chenjiamin", Outcome.RETURN, "缺材料", faults=[{"problem": "缺合同"}])
    to_public_notice(claim)
    with db() as s:
        for task in s.exec(select(Task).where(Task.case_number == overdue)):
            task.due_at = clock.now() - timedelta(days=3)
            s.get_one(JournalEntry, task.entry_id).due_at = task.due_at
    client = server.client(MANAGER)
    page = text(client, "/overview")
    figures = re.findall(
        r'<a href="(/cases[^"]*)"[^>]*><span class="s muted">([^<]+)</span><b[^>]*>([\d,.]+)', page
    )
    counts = {label: (href.replace("&amp;", "&"), value) for href, label, value in figures}
    for label in ("在办案件", "逾期", "等申报机构"):
        href, value = counts[label]
        assert total(text(client, href)) == int(value), label
    assert counts["逾期"][1] == "1"
    assert counts["等申报机构"][1] == "1"
    href, value = counts["已预留"]
    assert f"核定 <b>{value}</b>" in text(client, href)
    stages = re.findall(
        r'<tr><td><a href="([^"]+)">([^<]+)</a></td><td class="bars">.*?<td class="n b"><a[^>]*>(\d+)</a></td>',
        page,
    )
    assert {label for _, label, _ in stages} >= {"经办审核", "公示", "备案·补正"}
    for href, label, value in stages:
        assert total(text(client, href.replace("&amp;", "&"))) == int(value), label
    assert page.index(overdue) < page.index(returned), "the longest overdue comes before those who correct"
    assert server.client("chenjiamin").get("/overview").status_code == 403


def test_a_paid_claim_is_counted_as_paid(server: Server, claim: str, db: Db) -> None:
    to_public_notice(claim)
    later(14)
    builders.wake()
    advance(claim, "qiushaofen")
    day = clock.today().isoformat()
    builders.answer(claim, "zhanruolan", voucher_number="PZ-1", voucher_date=day)
    with db() as s:
        found = by_number(s, claim)
        assert found is not None
        amount = found.decided_amount
    builders.answer(claim, BANKER, received_on=day, received_amount=str(amount))
    assert builders.state(claim) == "paid"
    client = server.client(MANAGER)
    page = text(client, f"/cases/{claim}")
    assert "补偿资金已拨付" in page
    assert "公示期满" in page
    assert "结果：已拨付" in page
    assert "决定补偿" in text(server.client(BANKER), f"/cases/{claim}")
    assert claim in text(client, f"/cases?show=paid&year={clock.today().year}")


def test_the_pages_are_accessible_in_the_dark_and_on_a_phone(server: Server, claim: str, db: Db) -> None:
    advance(claim, "chenjiamin", "wangliqun", "zhoubingwen")
    builders.answer(claim, BUREAU, Outcome.SEND_BACK, REASON, target="first_review")
    advance(claim, "wangliqun", "zhoubingwen", BUREAU, "lujianping")
    client = server.client(MANAGER)
    session = [{"name": k, "value": v, "url": server.base_url} for k, v in client.cookies.items()]
    with chromium() as browser:
        for view, theme in ((DESK, "light"), (DESK, "dark"), (PHONE, "light")):
            context = browser.new_context(viewport=view)  # type: ignore[arg-type]
            context.add_cookies([*session, {"name": "theme", "value": theme, "url": server.base_url}])  # type: ignore[list-item]
            page = context.new_page()
            for address in ("/cases", f"/cases/{claim}", "/overview", "/limits"):
                page.goto(server.base_url + address)
                assert_accessible(page)
            context.close()
