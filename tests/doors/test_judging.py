"""The judge of accessibility itself: what it finds is told so that it can be mended, and does not hang on the scroll."""

import pytest
from playwright.sync_api import Page

from tests.browser import DESK, assert_accessible, chromium

HEAD = "<html lang=zh><head><title>页</title></head><body><main><h1>页</h1>"
COVERED = """<header style="position:sticky;top:0;z-index:1;height:60px;background:#fff">
<a href="#" style="display:block;height:60px">首页</a></header>
<div style="height:200px"></div><button style="width:84px;height:32px">办理</button>
<button style="width:84px;height:32px;display:block">退回</button><div style="height:2000px"></div>"""


def opened(page: Page, body: str) -> Page:
    page.set_content(HEAD + body + "</main>")
    return page


@pytest.mark.browser
def test_a_finding_is_told_with_rule_impact_place_reason_and_markup() -> None:
    with chromium() as browser:
        page = opened(
            browser.new_page(viewport=DESK), "<ul class=files><li>第一份<li style='color:#aaa'>第二份</ul>"
        )
        with pytest.raises(AssertionError) as told:
            assert_accessible(page)
    for words in (
        "color-contrast (serious)",
        "ul.files > li:nth-of-type(2)",
        "contrast of 2.32",
        "<li style=",
    ):
        assert words in str(told.value)


@pytest.mark.browser
def test_what_stands_half_under_the_fixed_head_is_no_finding_and_the_page_stays_where_it_was() -> None:
    with chromium() as browser:
        page = opened(browser.new_page(viewport=DESK), COVERED)
        top = page.evaluate("document.querySelector('button').getBoundingClientRect().top")
        page.evaluate(f"scrollTo(0, {top - 40})")  # 20 px of the first button are covered
        before = page.evaluate("scrollY")
        assert before > 0
        assert_accessible(page)
        assert page.evaluate("scrollY") == before
        small = opened(
            page, "<button style='width:9px;height:9px'>x</button><button style='width:9px;height:9px'>y"
        )
        with pytest.raises(AssertionError, match="target-size"):
            assert_accessible(small)
