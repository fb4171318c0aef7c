"""The applicant's pages in a real browser: accessible at desk and phone size, an upload kept as soon as chosen,
a confirmation before anything is submitted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlmodel import Session, select

from api.auth import session as sessions
from models import clock
from models.records import person
from models.records.person import SignIn
from tests.actions import samples
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.seed import PASSWORD, actor


def fill(page: Page, typed: dict[str, str]) -> None:
    """Fill the form's fields by name."""
    for name, value in typed.items():
        field = page.locator(f"main [name={name}]")
        kind = field.evaluate("e => e.type")
        if kind == "checkbox":
            field.check()
        elif kind.startswith("select"):
            field.select_option(value)
        else:
            field.fill(value)


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
        fill(page, samples.loan())
        page.locator(".two [data-open=confirm]").click()
        page.locator("#confirm").get_by_role("button", name="提交备案").click()
        page.wait_for_url("**/sent")
        assert "已提交：东莞市德润包装材料有限公司" in page.inner_text("h1")
        assert_accessible(page)


@pytest.mark.browser
def test_a_loan_typed_over_lunch_is_filed_after_signing_in_in_another_tab(
    server: Any, db: Callable[[], AbstractContextManager[Session]]
) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport=DESK)
        with db() as s:
            token = sessions.start(s, person.by_login(s, "linwanyi"))
        context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
        page = context.new_page()
        page.goto(f"{server.base_url}/bank/filings/new")
        fill(page, samples.loan())
        with db() as s:
            s.exec(select(SignIn)).one().last_seen_at = clock.wall() - timedelta(hours=1)
        upload = {"name": "承诺书.pdf", "mimeType": "application/pdf", "buffer": samples.PDF}
        page.set_input_files("[name='materials.commitment']", files=[upload])
        page.locator("#alerts", has_text="登录").wait_for()  # the page, and what was typed on it, stays
        assert page.locator("[name=receipt_number]").input_value() == "GY-2025-0614-01"
        page.get_by_role("button", name="加入这笔，再加一笔").click()
        page.get_by_role("heading", name="尚未提交，内容仍在").wait_for()
        assert_accessible(page)
        with page.expect_popup() as opened:
            page.get_by_role("link", name="在新标签页登录").click()
        tab = opened.value
        tab.get_by_label("账号").fill("linwanyi")
        tab.get_by_label("密码").fill(PASSWORD)
        tab.get_by_role("button", name="登录", exact=True).click()
        tab.get_by_role("navigation", name="主导航").wait_for()
        page.get_by_role("button", name="重新提交").click()
        page.locator("#loans", has_text="1 笔，3,000,000.00 元").wait_for()
