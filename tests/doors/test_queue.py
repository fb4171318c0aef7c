"""待办, 团队, 已办: who sees which task, in which order, narrowed how, page by page."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from api.pages import task_clock
from models import clock
from models.gates import Outcome
from models.lifecycle import Process
from models.permissions import Actor
from models.records import check_words, queue
from models.records.case import JournalEntry
from models.records.loan import Loan
from models.records.queue import Cursor, Filters, Queue
from models.records.task import Task
from models.roles import Role
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]


def numbers(found: queue.Slice) -> list[str]:
    return [row.task.case_number for row in found.rows]


def due(db: Db, number: str, days: int) -> None:
    """Let the task of a case be due `days` calendar days from now."""
    task = builders.open_task(number)
    with db() as s:
        when = clock.now() + timedelta(days=days)
        s.get_one(Task, task.id).due_at = when
        s.get_one(JournalEntry, task.entry_id).due_at = when


def test_a_queue_holds_what_the_person_could_answer_now(server: Server, db: Db) -> None:
    mine, taken, other_duty = (builders.filed(contract_number=f"A-{n}") for n in range(3))
    assert server.client("wangliqun").post(f"/tasks/{builders.open_task(taken).id}/claim").status_code == 303
    builders.took_part(other_duty, "chenjiamin", "filing_second_review")
    with db() as s:
        reader = actor(s, "chenjiamin")
        assert numbers(queue.open_tasks(s, reader)) == [mine]
        assert queue.count_open(s, reader) == 1
        assert set(numbers(queue.open_tasks(s, reader, queue=Queue.TEAM))) == {mine, taken, other_duty}
        for login in ("zhoubingwen", "zengyawen", "mozhaohui", "linwanyi"):
            assert queue.count_open(s, actor(s, login)) == 0, login
    page = server.client("chenjiamin").get("/queue?tab=team").text
    assert "王立群" in page and "未认领" in page


def test_a_unit_that_claims_never_finds_its_own_application_in_its_queue(server: Server, db: Db) -> None:
    number = builders.filed()
    with db() as s:
        reader = actor(s, "chenjiamin")
        task = s.get_one(Task, builders.open_task(number).id)
        task.applicant_id = reader.institution_id
        s.flush()
        assert queue.count_open(s, reader) == 0


def test_a_named_seat_is_found_by_its_member_alone_wherever_they_work(server: Server, db: Db) -> None:
    task = builders.open_task(builders.claimed())
    with db() as s:
        member, colleague = actor(s, "songyiming"), actor(s, "peishuzhen")
        row = s.get_one(Task, task.id)
        row.gate, row.duty, row.role = "meeting", "meeting", Role.MEETING_MEMBER
        row.assignee_id, row.institution_id = member.person_id, member.institution_id
        s.flush()
        assert queue.count_open(s, member) == 1
        assert queue.count_open(s, colleague) == 0


def test_filters_search_and_counts_agree(server: Server, db: Db) -> None:
    filed = builders.filed(contract_number="A-1", firm_name="东莞市丰_裕电子有限公司")
    large = builders.filed(contract_number="A-2", principal="9,000,000.00")
    claimed = builders.claimed()
    due(db, large, -9)
    with db() as s:
        reader = actor(s, "chenjiamin")
        everything = queue.open_tasks(s, reader)
        assert everything.rows[0].task.case_number == large and everything.total == 3
        bounds = [clock.start_of(day) for day in task_clock.bounds(task_clock.calendar(s))]
        for filters, expected in (
            (Filters(process=Process.CLAIM), {claimed}),
            (Filters(gate="filing_review"), {filed, large}),
            (Filters(at_least=builders.open_task(large).amount), {large}),
            (Filters(due_before=bounds[0]), {large}),
            (Filters(corrected=True), set()),
            (Filters(words="丰_裕"), {filed}),
            (Filters(words="丰%裕"), set()),
            (Filters(words=claimed[-4:] + "x"), set()),
            (Filters(words="莞邑银行"), {filed, large, claimed}),
            (Filters(words="东江"), set()),
        ):
            assert set(numbers(queue.open_tasks(s, reader, filters))) == expected, filters
            assert queue.count_open(s, reader, filters) == len(expected)
        held = queue.facets(s, reader, Filters(), bounds, large=builders.open_task(large).amount)
        assert (held.total, sum(held.due), held.due[0], held.large, held.more) == (3, 3, 1, 1, False)
        assert held.gates[Process.FILING, "filing_review"] == 2
        assert list(held.applicants.values()) == [3]


def test_pages_begin_at_rows_so_that_nothing_is_skipped_or_shown_twice(server: Server, db: Db) -> None:
    filed = [builders.filed(contract_number=f"P-{n}") for n in range(5)]
    with db() as s:
        reader = actor(s, "chenjiamin")
        first = queue.open_tasks(s, reader, limit=2)
        assert (numbers(first), first.skipped, first.total, first.more) == (filed[:2], 0, 5, True)
        second = queue.open_tasks(s, reader, limit=2, after=_cursor(first.rows[-1]))
        assert (numbers(second), second.skipped) == (filed[2:4], 2)
        last = queue.open_tasks(s, reader, limit=2, after=_cursor(second.rows[-1]))
        assert (numbers(last), last.more) == (filed[4:], False)
        back = queue.open_tasks(s, reader, limit=2, before=_cursor(second.rows[0]))
        assert (numbers(back), back.skipped) == (filed[:2], 0)
    for number in filed:
        builders.answer(number, "chenjiamin")
    with db() as s:
        done = queue.done_tasks(s, reader, limit=3)
        assert numbers(done) == filed[:1:-1]
        at = done.rows[-1].task
        rest = queue.done_tasks(s, reader, limit=3, after=Cursor(at.answered_at or at.due_at, at.id or 0))
        assert (numbers(rest), rest.skipped) == (filed[1::-1], 3)
        assert numbers(queue.done_tasks(s, reader, filed[0])) == [filed[0]]


def _cursor(row: queue.Row) -> Cursor:
    found = Cursor.parse(str(Cursor(row.task.due_at, row.task.id or 0)))
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["", "x~1", "2026-11-23T00:00:00~1", "2026-11-23T00:00:00+00:00~x", "~"])
def test_an_address_without_sense_begins_at_the_first_page(text: str) -> None:
    assert Cursor.parse(text) is None


def test_the_page_groups_by_due_and_speaks_of_what_is_late(server: Server, db: Db) -> None:
    late, today, later = (builders.filed(contract_number=f"G-{n}") for n in range(3))
    due(db, late, -9)
    due(db, today, 0)
    page = server.client("chenjiamin").get("/queue").text
    assert page.index("已逾期") < page.index(late) < page.index("今日截止　") < page.index(today)
    assert page.index(today) < page.index("余 3 工作日以上　") < page.index(later)
    assert "1 件已逾期，1 件今日截止" in page
    assert "300.00" in page and f'href="/tasks/{builders.open_task(late).id}" data-next' in page
    only = server.client("chenjiamin").get("/queue?due=overdue").text
    assert late in only and later not in only.split("<aside")[0]


def test_empty_lists_say_why_and_what_next(server: Server) -> None:
    client = server.client("chenjiamin")
    assert "今天的待办办完了。" in client.get("/queue").text
    assert "没有符合“恒炬”的任务。" in client.get("/queue?q=恒炬").text
    assert "还没有办理过任务。" in client.get("/queue?tab=done").text
    assert client.get("/queue?tab=x&gate=%3Cb%3E&org=abc&due=never&after=~&process=9").status_code == 200


def test_cases_that_wait_for_the_bank_are_listed_with_their_stopped_clock(server: Server) -> None:
    number = builders.filed()
    fault = [{"where": "合同", "problem": "缺页", "remedy": "补传"}]
    builders.answer(number, "chenjiamin", Outcome.RETURN, "请补正。", faults=fault)
    client = server.client("chenjiamin")
    folded = client.get("/queue").text
    assert "已停钟（等申报机构补正）" in folded and number not in folded
    opened = client.get("/queue?paused=1").text
    assert f'href="/cases/{number}"' in opened and "今日停钟" in opened
    assert "已停钟" not in server.client("mozhaohui").get("/queue").text


def test_the_column_beside_the_queue_shows_what_needs_judgement(server: Server) -> None:
    task = builders.open_task(builders.filed(3))
    client = server.client("chenjiamin")
    column = client.get(f"/queue/peek/{task.id}", headers={"HX-Request": "true"})
    assert "放款时在白名单内（3 笔）" in column.text and "9,000,000.00" in column.text
    assert "<html" not in column.text
    assert client.get(f"/queue/peek/{task.id}").headers["location"] == f"/tasks/{task.id}"
    assert server.client("linwanyi").get(f"/queue/peek/{task.id}").status_code == 404


def test_a_batch_approves_what_is_clean_and_names_what_is_not(server: Server, db: Db) -> None:
    clean, other, failing = (builders.filed(contract_number=f"B-{n}") for n in range(3))
    single = builders.claimed()
    for number in (clean, other):
        _pass_all(db, number)
    client = server.client("chenjiamin")
    page = client.get("/queue").text
    tasks = {n: builders.open_task(n) for n in (clean, other, failing, single)}
    keys = {n: f"{task.id}.{task.shown_hash}" for n, task in tasks.items()}
    assert all(f'value="{keys[n]}"' in page for n in tasks)
    stale = f"{tasks[other].id}.old"
    answered = client.post(
        "/queue/batch", data={"task": [keys[clean], stale, keys[failing], keys[single], "x"]}
    )
    assert answered.status_code == 409
    assert "已通过 1 件。3 件没有提交" in answered.text
    assert f"{failing}：第 1 笔有不符项，须逐件办理。" in answered.text
    assert f"{single}：受理须逐件办理。" in answered.text
    assert f"{other}：案件内容在你打开页面之后有变化" in answered.text
    assert builders.open_task(failing).outcome is None
    done = client.post("/queue/batch", data={"task": [keys[other]]})
    assert done.headers["location"] == f"/queue?done={tasks[other].id}"
    builders.wake()
    assert {builders.state(n) for n in (clean, other)} == {"filing_second_review"}
    said = client.get(f"/queue?done={tasks[clean].id},{tasks[other].id},999").text
    assert "2 件通过，转入下一环节。" in said


def _pass_all(db: Db, number: str) -> None:
    with db() as s:
        task = builders.open_task(number)
        for loan in s.exec(select(Loan).where(Loan.case_id == task.case_id)):
            loan.checks = {"checks": [c for c in check_words.whole(s, loan.checks) if c["result"] == "pass"]}


def test_a_person_without_any_role_to_answer_sees_an_empty_queue(server: Server, db: Db) -> None:
    builders.filed()
    with db() as s:
        manager = actor(s, "lizhiyuan")
        assert queue.count_open(s, Actor(manager.person_id, "", manager.institution_id, frozenset())) == 0
        assert s.exec(select(Task)).one().state == "open"


@pytest.mark.browser
def test_the_queue_is_accessible_and_works_by_keyboard(server: Server, db: Db) -> None:
    filed = [builders.filed(contract_number=f"K-{n}") for n in range(3)]
    due(db, filed[0], -9)
    _pass_all(db, filed[1])
    client = server.client("chenjiamin")
    cookies = [
        {"name": name, "value": value, "url": server.base_url} for name, value in client.cookies.items()
    ]
    with chromium() as browser:
        for size, theme in ((DESK, "light"), (PHONE, "light"), (DESK, "dark")):
            context = browser.new_context(viewport=size)
            context.add_cookies([*cookies, {"name": "theme", "value": theme, "url": server.base_url}])
            page = context.new_page()
            for address in ("/queue", "/queue?tab=team", "/queue?tab=done", "/queue?q=x"):
                page.goto(server.base_url + address)
                assert_accessible(page)
        page.goto(server.base_url + "/queue")
        page.keyboard.press("j")
        page.locator("#peek", has_text=filed[1]).wait_for()
        page.keyboard.press("x")
        page.get_by_role("button", name="批量通过…").click()
        assert_accessible(page)
        page.get_by_role("button", name="提交：批量通过").click()
        page.wait_for_url("**/queue?done=*")
        page.get_by_role("link", name="团队").click()
        page.wait_for_url("**/queue?tab=team")
        page.keyboard.press("n")
        page.wait_for_url(f"**/tasks/{builders.open_task(filed[0]).id}")
