"""The checker's path in a real browser: an institution demands it, one person files, another reads and releases."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from api.auth import session as sessions
from models.lifecycle import Board
from tests.actions import samples
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.test_bank import NEW


def signed_in(browser: Browser, server: Any, login: str) -> Page:
    """A window of that person."""
    token = server.client(login).cookies[sessions.COOKIE]
    context = browser.new_context(viewport=DESK, base_url=server.base_url)
    context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
    return context.new_page()


@pytest.mark.browser
def test_a_filing_is_released_by_a_second_person(server: Any) -> None:
    with chromium() as browser:
        admin = signed_in(browser, server, "xuqiuyue")
        admin.goto("/people")
        assert_accessible(admin)
        admin.get_by_role("button", name="启用…").click()
        admin.get_by_role("button", name="启用", exact=True).click()
        admin.get_by_text("已启用申报复核").wait_for()

        answer = server.client("linwanyi").post(NEW, data=samples.loan(Board.BANK))
        address = answer.headers["location"]
        checker = signed_in(browser, server, "xianruyi")
        checker.goto("/bank")
        checker.locator("table a.btn", has_text="复核").click()
        for size in (PHONE, DESK):
            checker.set_viewport_size(size)
            assert checker.url.endswith(address)
            assert_accessible(checker)
        checker.get_by_role("button", name="放行", exact=True).first.click()
        checker.get_by_role("button", name="核对无误，放行").click()
        checker.get_by_role("heading", name="已提交").wait_for()
        assert "/sent" in checker.url

        checker.goto(address)
        checker.get_by_text("已报出").first.wait_for()
        assert_accessible(checker)
