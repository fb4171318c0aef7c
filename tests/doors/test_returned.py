"""补正 at the doors: what was returned is open, the rest is read and opened on purpose; over the API by pointers."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session

from api.auth import session as sessions
from models.records import person
from models.records.case import by_number
from models.records.claim import of_case as claim_of
from models.records.task import open_of_case
from tests.actions import samples
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.test_bank import advance, files, registered, text

Database = Callable[[], AbstractContextManager[Session]]


def claimed(client: Any, db: Database) -> str:
    """A claim that waits for its acceptance; its number."""
    sent = client.post(f"/bank/claims/{registered(db)}", data=samples.claim(), files=files())
    number: str = sent.headers["location"].split("/")[-2]
    advance(db, number)
    return number


def give_back_on_the_page(server: Any, db: Database, number: str, lines: str) -> None:
    """A reviewer writes the lines below the list and returns the case."""
    with db() as s:
        (task,) = open_of_case(s, by_number(s, number).id)
        key, shown = task.id, task.shown_hash
    reviewer = server.client("chenjiamin")
    page = reviewer.get(f"/tasks/{key}").text
    assert "<option>未清偿本金</option>" in page and "data-place" in page
    typed = {"answer": "return", "opinion": "请补正。", "shown": shown, "todo_more": lines}
    answer = reviewer.post(f"/tasks/{key}/answer", data=typed)
    assert answer.status_code == 303, text(answer)
    advance(db, number)


def shown_fields(page: str) -> set[str]:
    """The names of the fields and files that can be changed."""
    form = page[page.index('id="claim"') :].partition("</form>")[0]
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', form))
    return names - {"csrf_token", "open", "note"}


def test_what_the_reviewer_named_is_open_and_the_rest_is_opened_on_purpose(server: Any, db: Database) -> None:
    bank = server.client("linwanyi")
    number = claimed(bank, db)
    give_back_on_the_page(
        server, db, number, "未清偿本金｜与还本付息明细不一致｜请按明细更正\n催收材料｜缺催收记录"
    )
    path = f"/bank/cases/{number}/correct"
    page = bank.get(path)
    assert shown_fields(page.text) == {"unpaid_principal", "materials.collection"}
    assert "查看其余填报内容" in page.text and "没有上传" not in page.text and "可疑" in text(page)
    opened = bank.post(
        path, data={"do": "open:cause", "open": "unpaid_principal", "unpaid_principal": "1,900,000.00"}
    )
    assert opened.headers["location"] == f"{path}#f-cause"
    page = bank.get(path)
    assert shown_fields(page.text) == {"unpaid_principal", "materials.collection", "cause"}
    assert 'value="1,900,000.00"' in page.text  # what was typed before stays
    typed = {
        "open": "unpaid_principal,cause",
        "unpaid_principal": "1,900,000.00",
        "cause": "另一原因",
        "requested": "1",
    }
    refused = bank.post(path, data=typed)
    assert refused.status_code == 422 and "改动了没有退回的内容：“损失原因”" in text(refused)
    done = bank.post(path, data=typed | {"note": "原因一并更正。"})
    assert done.status_code == 303, text(done)
    with db() as s:
        claim = claim_of(s, by_number(s, number).id)
        assert (str(claim.unpaid_principal), claim.cause) == ("1900000.00", "另一原因")
        assert (
            str(claim.requested) == "1680000.00"
        )  # not open on the page: not changed by what was sent along


def test_a_wrong_value_beside_what_was_returned_opens_its_field(server: Any, db: Database) -> None:
    bank = server.client("linwanyi")
    number = claimed(bank, db)
    give_back_on_the_page(server, db, number, "未清偿本金｜与明细不一致")
    page = bank.post(
        f"/bank/cases/{number}/correct", data={"open": "unpaid_principal", "unpaid_principal": "1000"}
    )
    assert page.status_code == 422 and "requested" in shown_fields(page.text)  # it is above the debt now


def test_an_upload_answers_with_the_open_materials_only(server: Any, db: Database) -> None:
    bank = server.client("linwanyi")
    number = claimed(bank, db)
    give_back_on_the_page(server, db, number, "催收材料｜缺催收记录")
    answer = bank.post(
        f"/bank/cases/{number}/correct/materials/collection",
        files={"materials.collection": ("催收.png", samples.png(), "image/png")},
    )
    assert "催收.png" in answer.text and answer.text.count("<li") == 1


@pytest.mark.browser
def test_a_clerk_corrects_one_field_on_a_phone(server: Any, db: Database) -> None:
    number = claimed(server.client("linwanyi"), db)
    give_back_on_the_page(server, db, number, "未清偿本金｜与还本付息明细不一致｜请按明细更正")
    with db() as s:
        token = sessions.start(s, person.by_login(s, "linwanyi"))
    with chromium() as browser:
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)
            context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
            page = context.new_page()
            page.goto(f"{server.base_url}/bank/cases/{number}/correct")
            assert_accessible(page)
            page.get_by_text("查看其余填报内容").click()
            assert_accessible(page)
            if size is DESK:
                context.close()
        page.get_by_role("button", name="更改 损失原因").click()
        page.get_by_label("损失原因").wait_for()
        page.get_by_label("未清偿本金").fill("1900000")
        page.locator(".m-act [data-open=confirm]").click()
        page.locator("#confirm").get_by_role("button", name="重新提交").click()
        page.wait_for_url("**/sent")
