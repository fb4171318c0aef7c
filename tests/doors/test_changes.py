"""上次查看之后: what changed on a case since this reviewer last opened it; on the task, beside the queue, over REST."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from sqlalchemy import event
from sqlmodel import Session, col, select

from api.client import Desk
from flows.actions.applications import correcting
from flows.actions.colleagues import telling
from flows.actions.forms.application_forms import read_claim
from models import clock
from models.database import engine, session
from models.gates import Outcome
from models.lifecycle import Board
from models.records.attachment import Attachment
from models.records.task import Task
from models.records.visit import LINGER, CaseVisit
from tests import builders
from tests.actions import samples
from tests.doors.api import PDF, V1, Callers, issue
from tests.doors.conftest import Client, Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
OFFICER, COLLEAGUE, HEAD, BANKER = "wangliqun", "chenjiamin", "zhoubingwen", "linwanyi"


def section(page: str) -> str:
    """The list of changes on a page, without markup; empty where there is none."""
    found = re.search(r'<section class="changes"[^>]*>(.*?)</section>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def look(client: Client, number: str) -> str:
    """Open the task the case waits at."""
    answer = client.get(f"/tasks/{builders.open_task(number).id}")
    assert answer.status_code == 200
    return section(answer.text)


def beside(client: Client, number: str) -> str:
    headers = {"HX-Request": "true"}
    return section(client.get(f"/queue/peek/{builders.open_task(number).id}", headers=headers).text)


def dots(client: Client) -> list[str]:
    """The cases that have a dot in the queue."""
    rows = re.findall(r"<tr data-task=.*?</tr>", client.get("/queue?tab=team").text, re.S)
    return [re.findall(r"BC-\d+-\d+|BA-\d+-\d+", row)[0] for row in rows if 'class="dot"' in row]


def returned(login: str = OFFICER) -> str:
    number = builders.claimed()
    builders.answer(number, login, Outcome.RETURN, "请补正。", faults=[{"problem": "追偿金额不符"}])
    return number


def correct(number: str, note: str = "已补正", **changes: str) -> None:
    """The bank corrects facts and replaces one material."""
    with session() as s:
        slot = s.exec(select(Attachment).order_by(col(Attachment.id))).first()
        assert slot is not None
        form = read_claim(Board.BANK, samples.claim(Board.BANK, **changes))
        files = [(slot.slot, "新证据.pdf", "", PDF + b"2")]
        correcting.correct_claim(s, actor(s, BANKER), number, form, files, note)
    builders.wake()


def test_a_case_that_comes_back_says_what_changed_and_a_first_look_says_nothing(server: Server) -> None:
    number, client = builders.claimed(), server.client(OFFICER)
    assert look(client, number) == "" and dots(client) == []
    builders.answer(number, OFFICER, Outcome.RETURN, "请补正。", faults=[{"problem": "追偿金额不符"}])
    correct(number, recovered="120,000.00", requested="1,500,000.00")
    assert dots(client) == [number], "the reader has not seen it"
    assert dots(server.client(COLLEAGUE)) == [], "who never opened it is told nothing"
    told = beside(client, number)
    assert "申请补偿金额" in told and "1,680,000.00 → 1,500,000.00" in told
    assert dots(client) == [number], "a look beside the queue opens nothing"
    page = look(client, number)
    assert "0.00 → 120,000.00" in page and "更换" in page and "→ 新证据.pdf 打开" in page
    assert "补正说明 已补正" in page and "《材料补正通知书》" in page
    assert dots(client) == [] and beside(client, number) == ""
    assert look(server.client(COLLEAGUE), number) == ""


def test_the_list_outlives_a_reload_and_ends_after_half_an_hour(server: Server) -> None:
    number, client = builders.claimed(), server.client(OFFICER)
    look(client, number)
    with session() as s:
        telling.comment(s, actor(s, COLLEAGUE), number, "担保物请再核一次")
    assert "陈嘉敏" in look(client, number) and "担保物请再核一次" in look(client, number)
    clock.set_offset(LINGER + timedelta(minutes=1))
    assert look(client, number) == ""


def test_ones_own_deeds_are_no_news_and_opening_the_case_counts_as_a_look(server: Server) -> None:
    number, client = builders.claimed(), server.client(OFFICER)
    look(client, number)
    with session() as s:
        telling.comment(s, actor(s, OFFICER), number, "我自己写的")
    assert dots(client) == [] and look(client, number) == ""
    with session() as s:
        telling.comment(s, actor(s, COLLEAGUE), number, "同事写的")
    assert dots(client) == [number]
    assert client.get(f"/cases/{number}").status_code == 200
    assert dots(client) == []
    assert "同事写的" in look(client, number), "and the task still lists what was new a moment ago"


def test_opinions_with_files_and_letters_since_are_listed_for_who_sends_it_back(server: Server) -> None:
    number = builders.claimed()
    officer = server.client(COLLEAGUE)
    builders.answer(number, OFFICER)
    look(officer, number)
    builders.answer(number, COLLEAGUE, opinion="属实。")
    head = server.client(HEAD)
    builders.answer(number, HEAD, Outcome.SEND_BACK, "请再核。", target="first_review")
    page = look(officer, number)
    assert "复核 周秉文" in page and "请再核。" in page and "属实。" not in page
    assert head.get("/queue").status_code == 200


def test_a_fact_changed_twice_is_told_once_and_not_when_it_is_as_it_was(server: Server) -> None:
    number, client = returned(), server.client(COLLEAGUE)
    task = builders.open_task(number)
    with session() as s:
        s.add(
            CaseVisit(
                person_id=actor(s, COLLEAGUE).person_id, case_id=task.case_id, seen_at=clock.now(),
                looked_at=clock.now(),
            )
        )  # fmt: skip
    correct(number, requested="1,500,000.00", cause="另一原因。")
    builders.answer(number, OFFICER, Outcome.RETURN, "再补。", faults=[{"problem": "金额仍不符"}])
    correct(number, note="再次补正", requested="1,400,000.00")
    page = look(client, number)
    assert "1,680,000.00 → 1,400,000.00" in page and "1,500,000.00" not in page
    assert "另一原因" not in page, "the cause is as it was"


def test_applicants_looks_are_not_kept_and_they_ask_in_vain(server: Server, callers: Callers, db: Db) -> None:
    number = returned()
    bank = server.client(BANKER)
    assert bank.get(f"/cases/{number}").status_code == 200 and bank.get("/queue").status_code == 200
    with db() as s:
        assert not s.exec(select(CaseVisit)).all()
    task = builders.open_task(number)
    assert callers(BANKER).get(f"{V1}/tasks/{task.id}/changes").status_code == 404


def test_the_page_after_a_refusal_tells_what_happened_while_the_reader_wrote_and_keeps_the_words(
    server: Server, db: Db
) -> None:
    number, client = builders.claimed(), server.client(OFFICER)
    assert look(client, number) == ""
    task = builders.open_task(number)
    with session() as s:
        telling.comment(s, actor(s, COLLEAGUE), number, "评估报告已过期")
    typed = {"answer": "return", "opinion": "请补评估报告", "shown": task.shown_hash}
    page = client.post(f"/tasks/{task.id}/answer", data=typed)
    assert page.status_code == 422 and "评估报告已过期" in section(page.text) and "请补评估报告" in page.text
    with session() as s:
        telling.comment(s, actor(s, COLLEAGUE), number, "又看了一遍")
    part = client.post(f"/tasks/{task.id}/answer", data=typed, headers={"HX-Request": "true"})
    assert part.status_code == 422 and 'id="changes" hx-swap-oob="true"' in part.text
    assert "又看了一遍" in section(part.text) and "请补评估报告" in part.text
    builders.answer(number, COLLEAGUE, opinion="同意受理，材料齐全。")
    late = typed | {"answer": "approve", "opinion": "受理，我也写了一段。"}
    part = client.post(f"/tasks/{task.id}/answer", data=late, headers={"HX-Request": "true"})
    assert part.status_code == 409 and "陈嘉敏" in part.text
    assert "同意受理，材料齐全。" in section(part.text) and 'hx-swap-oob="true"' in part.text
    again = client.get(f"/tasks/{task.id}").text
    assert "同意受理，材料齐全。" in section(again) and "受理，我也写了一段。" in again, (
        "the link leads to both"
    )
    assert "受理，我也写了一段。" not in server.client(HEAD).get(f"/tasks/{task.id}").text


def test_whoever_was_still_writing_when_another_answered_finds_the_draft(server: Server) -> None:
    number, client = builders.claimed(), server.client(OFFICER)
    task = builders.open_task(number)
    kept = client.post(f"/tasks/{task.id}/draft", data={"answer": "approve", "opinion": "写到一半"})
    assert "已存" in kept.text
    builders.answer(number, COLLEAGUE)
    assert "写到一半" in client.get(f"/tasks/{task.id}").text
    assert "写到一半" not in server.client(COLLEAGUE).get(f"/tasks/{task.id}").text
    barred = server.client(COLLEAGUE).post(f"/tasks/{task.id}/draft", data={"opinion": "再写"})
    assert "没有保存" in barred.text
    assert "已存" in client.post(f"/tasks/{task.id}/draft", data={"opinion": "写完了"}).text
    assert "写完了" in client.get(f"/tasks/{task.id}").text


def test_over_the_api_the_same_is_asked_since_the_last_look_or_since_an_instant(
    server: Server, callers: Callers
) -> None:
    number = builders.claimed()
    with Desk(server.base_url, issue(OFFICER)[1]) as desk:
        never = desk.changes(desk.task(builders.open_task(number).id or 0))
        assert never.since is None and not never.fields
        look(server.client(OFFICER), number)
        builders.answer(number, OFFICER, Outcome.RETURN, "请补正。", faults=[{"problem": "不符"}])
        correct(number, requested="1,500,000.00")
        task = desk.task(builders.open_task(number).id or 0)
        found = desk.changes(task)
        assert found.since is not None
        assert ("申请补偿金额", "1,500,000.00") in {(one.label, one.after) for one in found.fields}
        (material,) = found.materials
        assert (material.change, material.filename) == ("replaced", "新证据.pdf")
        assert [one.label for one in found.opinions] == ["补正说明"]
        assert any("补正" in one.title for one in found.documents)
        again = desk.changes(task, found.until)
        assert not (again.fields or again.materials or again.opinions or again.documents)
        assert desk.changes(task).fields, "asking opens nothing"
    naive = callers(OFFICER).get(f"{V1}/tasks/{task.id}/changes", params={"since": "2026-11-01T00:00:00"})
    assert naive.status_code == 422


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement the application sends meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def test_dots_cost_one_question_however_long_the_list(server: Server, db: Db) -> None:
    client = server.client("chenjiamin")
    asked = []
    for contract in ("A", "B", "C", "D"):
        number = builders.filed(1, contract_number=contract)
        look(client, number)
        with session() as s:
            telling.comment(s, actor(s, OFFICER), number, "请看")
        with statements() as sent:
            assert len(dots(client)) == len(asked) + 1
        asked.append(len(sent))
        assert sum("case_visits" in one for one in sent) == 2, "the rows, and the column beside them"
    assert len(set(asked)) == 1


def test_two_windows_opened_at_once_keep_one_look(server: Server, db: Db) -> None:
    number, client = builders.claimed(), server.client(OFFICER)
    task: Task = builders.open_task(number)
    for _ in range(2):
        client.get(f"/tasks/{task.id}")
    with db() as s:
        assert len(s.exec(select(CaseVisit)).all()) == 1
