"""Two people write the answer of one unclaimed task: each is told of the other, and neither's words are lost."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlmodel import Session

from api.auth import session as sessions
from flows.actions.answers import half_written
from models import clock
from models.records.task import Task
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
FIRST, SECOND = "wangliqun", "chenjiamin"
ALSO = r"王立群也在填写（\d\d:\d\d）"


def write(client: Client, task: Task, opinion: str) -> str:
    """What the page says when it keeps the draft."""
    return client.post(f"/tasks/{task.id}/draft", data={"answer": "approve", "opinion": opinion}).text


def page(client: Client, task: Task) -> str:
    return client.get(f"/tasks/{task.id}").text


def test_who_writes_second_is_told_and_both_keep_their_words(server: Server) -> None:
    task = builders.open_task(builders.claimed())
    first, second = server.client(FIRST), server.client(SECOND)
    assert "也在填写" not in write(first, task, "王的意见")
    assert re.search(ALSO + "。", page(second, task)) and "王的意见" not in page(second, task)
    said = write(second, task, "陈的意见")
    assert re.match(r"草稿 \d\d:\d\d 已存；" + ALSO, said.strip()) and "王的意见" not in said
    assert "陈嘉敏也在填写" in write(first, task, "王的意见，写完了")
    for client, own, other in ((first, "王的意见，写完了", "陈的意见"), (second, "陈的意见", "王的意见")):
        shown = page(client, task)
        assert own in shown and other not in shown


def test_drafts_kept_at_the_same_moment_do_not_wait_for_each_other(server: Server, db: Db) -> None:
    task = builders.open_task(builders.claimed())
    key = task.id or 0
    with db() as slow:
        assert half_written.save(slow, actor(slow, FIRST), key, {"opinion": "先写的"})
        with db() as quick:
            assert half_written.save(quick, actor(quick, SECOND), key, {"opinion": "同时写的"})
    with db() as s:
        row = s.get_one(Task, key)
        assert half_written.of(s, actor(s, FIRST), row).opinion == "先写的"
        assert half_written.of(s, actor(s, SECOND), row).opinion == "同时写的"


def test_of_two_who_wrote_the_answered_one_is_gone_and_the_other_stays(server: Server) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    first, second = server.client(FIRST), server.client(SECOND)
    write(first, task, "王的意见"), write(second, task, "陈的意见")
    builders.answer(number, SECOND, opinion="同意受理。")
    assert "王的意见" in page(first, task) and "陈的意见" not in page(first, task)
    shown = page(second, task)
    assert "陈的意见" not in shown and "没有提交）" not in shown


def test_words_go_on_being_kept_for_whoever_began_before_a_colleague_claimed_it(server: Server) -> None:
    task = builders.open_task(builders.claimed())
    first, second = server.client(FIRST), server.client(SECOND)
    write(first, task, "写到一半")
    assert second.post(f"/tasks/{task.id}/claim").status_code == 303
    said = write(first, task, "写到一半，又写了几句")
    assert "已存，现在不能提交：这件任务已由陈嘉敏认领" in said
    shown = page(first, task)
    assert "写到一半，又写了几句" in shown and 'name="answer"' not in shown
    assert re.search(ALSO, page(second, task))


def test_a_draft_of_an_earlier_day_says_the_day(server: Server, db: Db) -> None:
    task = builders.open_task(builders.claimed())
    yesterday = clock.now() - timedelta(days=1)
    with clock.at(yesterday), db() as s:
        half_written.save(s, actor(s, FIRST), task.id or 0, {"opinion": "昨天写的"})
    day = clock.local(yesterday).strftime("%m-%d %H:%M")
    assert f"王立群也在填写（{day}）" in page(server.client(SECOND), task)


@pytest.mark.browser
def test_the_note_appears_while_one_types(server: Server) -> None:
    task = builders.open_task(builders.claimed())
    with chromium() as browser:
        context = browser.new_context(viewport=DESK, base_url=server.base_url)
        token = server.client(SECOND).cookies[sessions.COOKIE]
        context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
        desk = context.new_page()
        desk.goto(f"/tasks/{task.id}")
        write(server.client(FIRST), task, "王的意见")
        desk.locator("#opinion").fill("陈的意见")
        desk.locator("#also .note", has_text="王立群也在填写").wait_for()
        assert "已存；王立群也在填写" in desk.locator("#draft").inner_text()
        for size in (PHONE, DESK):
            desk.set_viewport_size(size)
            assert_accessible(desk)
