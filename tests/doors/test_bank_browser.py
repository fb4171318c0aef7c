"""The applicant's pages in a real browser: accessible at desk and phone size, an upload kept as soon as chosen,
a confirmation before anything is submitted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session

from api.auth import session as sessions
from models.records import person
from tests.actions import samples
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.seed import actor


@pytest.mark.browser
def test_a_bank_files_and_begins_a_claim(
    server: Any, db: Callable[[], AbstractContextManager[Session]]
) -> None:
    with db() as s:
        bank = actor(s, "linwanyi")
        loan_id = samples.registered(s, bank, receipt_number="REGISTERED").id
        token = sessions.start(s, person.by_login(s, "linwanyi"))
    cookie = {"name": sessions.COOKIE, "value": token, "url": server.base_url}
    with chromium() as browser:
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)
            context.add_cookies([cookie])
            page = context.new_page()
            for path in ("/bank", "/bank/filings/new", f"/bank/claims/new?loan={loan_id}"):
                page.goto(server.base_url + path)
                assert_accessible(page)
            upload = {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": samples.PDF}
            with page.expect_response(lambda answer: "/materials/" in answer.url):
                page.set_input_files("[name='materials.contract']", files=[upload])
            page.locator("#count", has_text="1 / 6 齐").wait_for()
            page.locator("#steps", has_text="1 / 6 齐").wait_for()
            context.close()
        context = browser.new_context(viewport=DESK)
        context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"{server.base_url}/bank/filings/new")
        for name, value in samples.loan().items():
            field = page.locator(f"[name={name}]")
            kind = field.evaluate("e => e.type")
            if kind == "checkbox":
                field.check()
            elif kind.startswith("select"):
                field.select_option(value)
            else:
                field.fill(value)
        page.locator(".two [data-open=confirm]").click()
        page.locator("#confirm").get_by_role("button", name="提交备案").click()
        page.wait_for_url("**/sent")
        assert "已提交：东莞市德润包装材料有限公司" in page.inner_text("h1")
        assert_accessible(page)
