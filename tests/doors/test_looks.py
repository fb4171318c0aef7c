"""已核实: what a person must look at is looked at by somebody before anybody approves, and stays on record."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session

from flows.actions.answers import answering, looking
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from models.database import session
from models.gates import Outcome
from models.records import case as cases
from models.records import check_words
from models.records import look as looks
from models.records.task import Task, TaskState
from tests import builders
from tests.doors.conftest import Client, Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
LATE = "放款后按期报送备案"


def seen_of(number: str) -> list[looks.CheckLook]:
    with session() as s:
        found = cases.by_number(s, number)
        assert found is not None
        return list(looks.of_case(s, found.id or 0))


def approve(client: Client, task: Task, **form: object) -> Any:
    page = client.get(f"/tasks/{task.id}").text
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    assert shown
    return client.post(
        f"/tasks/{task.id}/answer", data={"shown": shown[1], "answer": "approve", "opinion": "同意。", **form}
    )


def ticks(page: str) -> list[str]:
    return re.findall(r'name="check" value="([^"]+)"', page)


def test_an_approval_waits_until_every_check_that_asks_for_a_person_is_looked_at(server: Server) -> None:
    task = builders.open_task(builders.filed())
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    assert f"“{LATE}”（第 1 笔）" in page and 'aria-disabled="true"' in page
    refused = approve(client, task)
    assert refused.status_code == 422 and f"须人工核对的检查没有核实：“{LATE}”" in refused.text
    with session() as s:
        assert s.get_one(Task, task.id).state == TaskState.OPEN
    for key in ticks(page):
        looked = client.post(f"/tasks/{task.id}/looks", data={"check": key, "remark": "已核原件"})
        assert looked.status_code == 303
    page = client.get(f"/tasks/{task.id}").text
    assert not ticks(page) and "没有核实" not in page
    assert re.search(r"陈嘉敏 \d\d-\d\d \d\d:\d\d 已核实：已核原件", page)
    assert approve(client, task).status_code == 303


@pytest.mark.parametrize("outcome", [Outcome.RETURN, Outcome.REFUSE])
def test_a_return_and_a_refusal_need_no_look(server: Server, outcome: Outcome) -> None:
    number = builders.filed()
    builders.answer(number, "chenjiamin", outcome, "不符。", faults=[{"problem": "缺合同"}])
    assert builders.state(number) != "filing_review" and not seen_of(number)


def test_the_record_says_who_when_which_source_and_later_pages_show_it(server: Server) -> None:
    number = builders.filed()
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    (key, *_) = [k for k in ticks(client.get(f"/tasks/{task.id}").text) if k.startswith("filing.in_time@")]
    part = client.post(
        f"/tasks/{task.id}/looks", data={"check": key, "remark": "银行说明"}, headers={"HX-Request": "true"}
    )
    assert part.status_code == 200 and "<html" not in part.text
    assert f'id="check-{key.replace(".", "-").replace("@", "-")}" hx-swap-oob="true"' in part.text
    assert 'id="blocked-1"' in part.text and "陈嘉敏" in part.text
    (kept,) = seen_of(number)
    assert (kept.person_name, kept.gate, kept.source, kept.remark) == (
        "陈嘉敏",
        "filing_review",
        "申报信息",
        "银行说明",
    )
    assert kept.label == LATE and "个工作日" in kept.value
    builders.answer(number, "chenjiamin")
    later = server.client("zhoubingwen").get(f"/tasks/{builders.open_task(number).id}").text
    assert "已核实：银行说明" in later
    whole = server.client("zhoubingwen").get(f"/cases/{number}").text
    assert "人工核实" in whole and "银行说明" in whole
    assert "银行说明" not in server.client("linwanyi").get(f"/cases/{number}").text


def test_one_tick_serves_every_loan_that_asks_the_same_and_each_keeps_its_own_record(server: Server) -> None:
    number = builders.filed(3)
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    assert f"{LATE}（3 笔）" in page
    assert client.post(f"/tasks/{task.id}/looks", data={"check": "filing.in_time"}).status_code == 303
    assert sorted(one.item for one in seen_of(number) if one.code == "filing.in_time") == [1, 2, 3]


def test_a_loan_that_is_taken_out_asks_for_nothing(server: Server) -> None:
    number = builders.filed(2)
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    ids = re.findall(r'name="exclude" value="(\d+)"', client.get(f"/tasks/{task.id}").text)
    for key in ticks(client.get(f"/tasks/{task.id}").text):
        if key.endswith(f"@{ids[0]}"):
            client.post(f"/tasks/{task.id}/looks", data={"check": key})
    assert approve(client, task).status_code == 422
    answered = approve(client, task, exclude=ids[1], **{f"reason-{ids[1]}": "不在白名单"})
    assert answered.status_code == 303, answered.text[-2000:]


def test_who_may_not_answer_may_not_look_and_nobody_looks_twice(server: Server) -> None:
    number = builders.filed()
    task = builders.open_task(number)
    with session() as s, pytest.raises(ForbiddenError):
        looking.look(s, actor(s, "mozhaohui"), task.id or 0, "filing.in_time")
    with session() as s:
        looking.look(s, actor(s, "chenjiamin"), task.id or 0, "filing.in_time")
    with session() as s, pytest.raises(ConflictError, match="已由陈嘉敏核实"):
        looking.look(s, actor(s, "wangliqun"), task.id or 0, "filing.in_time")
    with session() as s, pytest.raises(ConflictError, match="不再须人工核对"):
        looking.look(s, actor(s, "wangliqun"), task.id or 0, "loan.principal")
    with session() as s, pytest.raises(InvalidError):
        looking.look(s, actor(s, "wangliqun"), task.id or 0, "loan.type", "长" * 501)
    assert server.client("linwanyi").post(f"/tasks/{task.id}/looks", data={"check": "x"}).status_code in (
        403,
        404,
    )


def test_other_facts_after_a_correction_want_another_look(server: Server) -> None:
    number = builders.filed()
    task = builders.open_task(number)
    with session() as s:
        looking.look_at_everything(s, actor(s, "chenjiamin"), task.id or 0)
        found = cases.by_number(s, number)
        assert found is not None
        loan = builders.loans_of(s, found.id or 0)[0]
        changed = [
            check | ({"value": "99 个工作日"} if check["code"] == "filing.in_time" else {})
            for check in check_words.whole(s, loan.checks)
        ]
        loan.checks = {"checks": changed}
    with session() as s, pytest.raises(InvalidError, match=LATE):
        answering.answer(s, actor(s, "chenjiamin"), task.id or 0, Outcome.APPROVE)
    assert seen_of(number), "the earlier look stays on record"


def test_the_letter_to_come_lies_beside_the_form_and_follows_what_is_typed(server: Server) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    client = server.client("chenjiamin")
    page = client.get(f"/tasks/{task.id}").text
    assert "预览·未编号" in page and "受理通知书" in page and "将生成" in page
    assert "生成《受理通知书》并取得文号" in page and "转受托管理机构“初审”" in page
    refused = client.post(
        f"/tasks/{task.id}/preview",
        data={"answer": "refuse", "opinion": "不属于受理范围甲乙丙"},
        headers={"HX-Request": "true"},
    )
    assert refused.status_code == 200 and "<html" not in refused.text
    assert "不属于受理范围甲乙丙" in refused.text and "不予受理通知书" in refused.text
    returned = client.post(
        f"/tasks/{task.id}/preview", data={"answer": "return", "todo_more": "借款合同｜缺第 3 页｜补传整份"}
    )
    assert "缺第 3 页" in returned.text and "材料补正通知书" in returned.text
    with session() as s:
        assert s.get_one(Task, task.id).state == TaskState.OPEN
    assert "受理通知书" not in server.client("chenjiamin").get(f"/cases/{number}").text
    assert "预览·未编号" not in server.client("mozhaohui").get(f"/tasks/{task.id}").text
