"""The shared look: every part renders, is reachable, readable and runs under the strict policy."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI, Form, Request, Response
from jinja2 import UndefinedError
from playwright.sync_api import Browser, Page
from starlette.middleware.base import RequestResponseEndpoint

from api.pages import render
from api.pages.case_views import MeterView
from api.pages.kit import kit_frame, kit_view
from api.pages.kit_samples import CLAUSE
from models import clock
from tests.browser import DESK, LAPTOP, PHONE, assert_accessible, chromium, served

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def kit_app() -> FastAPI:
    app = FastAPI()
    app.mount("/static", render.Statics())

    @app.middleware("http")
    async def policy(request: Request, call_next: RequestResponseEndpoint) -> Response:
        request.state.csrf_token = "t0ken"
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = render.CONTENT_SECURITY_POLICY
        return response

    @app.get("/")
    def kit(request: Request) -> Response:
        with clock.at(NOON):
            return render.page(request, "pages/kit/index.html", frame=kit_frame(), kit=kit_view())

    @app.post("/kit/answer")
    def answer(request: Request, answer: str = Form(), csrf_token: str = Form()) -> Response:
        assert csrf_token == request.headers["X-CSRF-Token"] == "t0ken"
        return render.error(request, 409, "这件已由 王立群 于 14:18 办理（同意）。")

    @app.get("/refused/{code}")
    def refused(request: Request, code: int, signed_in: bool = False) -> Response:
        return render.error(request, code, frame=kit_frame() if signed_in else None)

    @app.get("/piece")
    def piece(request: Request) -> Response:
        return render.fragment(request, "pages/kit/piece.html", clause=CLAUSE, announce="已更新")

    return app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(kit_app()) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The kit on a desk, light; a complaint of the browser (policy, script) fails the test."""
    context = browser.new_context(viewport=DESK)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: complaints.append(str(e)))
    opened.goto(address)
    opened.wait_for_selector("[data-drawn] svg")
    yield opened
    context.close()
    assert [c for c in complaints if "409" not in c] == []


pytestmark = pytest.mark.xdist_group("kit")


# ---- in the browser ----------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, LAPTOP, PHONE], ids=["1440", "1024", "390"])
def test_every_part_is_accessible_in_every_theme_and_width(
    page: Page, theme: str, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    assert_accessible(page)


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("path", ["/refused/403?signed_in=1", "/refused/404"])
def test_refusals_are_accessible(browser: Browser, address: str, path: str, size: dict[str, int]) -> None:
    opened = browser.new_page(viewport=size)  # type: ignore[arg-type]
    opened.goto(address + path)
    assert_accessible(opened)
    opened.close()


@pytest.mark.browser
def test_open_dialogs_and_the_clause_are_accessible(page: Page) -> None:
    page.locator(".tag ~ .cl").first.click()
    assert page.get_by_text("对银行机构承担损失给予最高80%的补偿").is_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="批量通过 3 件…").click()
    assert page.get_by_role("button", name="再看看").evaluate("e => e === document.activeElement")
    assert_accessible(page)


@pytest.mark.browser
def test_choosing_an_answer_by_key_shows_its_parts_only(page: Page) -> None:
    submit = page.get_by_role("button", name="提交：退回补正 2 项")
    assert not submit.is_visible()
    page.keyboard.press("2")
    assert submit.is_visible()
    assert page.get_by_text("补正清单").is_visible()
    assert page.locator("#opinion").input_value() == "请就差额作出说明，并提供变更登记材料。"
    assert page.get_by_label("补正通知书预览").is_visible()
    assert not page.get_by_label("初审意见书预览").is_visible()


@pytest.mark.browser
def test_single_keys_sleep_while_typing_and_when_switched_off(page: Page) -> None:
    page.locator("#opinion").focus()
    page.keyboard.press("2")
    assert page.locator("[data-n='1']").is_checked()
    page.locator("#opinion").blur()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="打开个人菜单").click()
    page.get_by_label("单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()
    page.reload()
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


@pytest.mark.browser
def test_composing_with_an_input_method_triggers_nothing(page: Page) -> None:
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    )
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


@pytest.mark.browser
def test_a_conflict_replaces_the_note_and_keeps_every_word(page: Page) -> None:
    page.keyboard.press("2")
    page.locator("#opinion").fill("我写的意见")
    page.keyboard.press("Control+Enter")
    page.get_by_text("这件已由 王立群 于 14:18 办理（同意）。").nth(1).wait_for()
    assert page.locator("#decide-note").inner_text().startswith("已经有人先办了")
    assert page.locator("#opinion").input_value() == "我写的意见"
    assert page.get_by_role("button", name="提交：退回补正 2 项").get_attribute("aria-disabled") is None


@pytest.mark.browser
def test_a_blocked_answer_is_not_sent(page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda r: requests.append(r.method))
    page.get_by_role("button", name="提交：同意，报送复核").nth(1).click(force=True)
    page.wait_for_timeout(100)
    assert "POST" not in requests
    assert "还有 1 项需人工核实" in page.locator("#status").inner_text()


@pytest.mark.browser
def test_the_queue_walks_by_keyboard_and_counts_ticks(page: Page) -> None:
    assert page.locator("#bulk [data-picked]").inner_text() == "1"
    page.keyboard.press("j")
    assert page.locator("tr.cur .num").first.inner_text() == "BA-2026-01388"
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("#bulk [data-picked]").inner_text() == "2"
    page.keyboard.press("Escape")
    assert not page.locator("#bulk").is_visible()


@pytest.mark.browser
def test_the_theme_is_remembered_and_charts_follow_it(page: Page) -> None:
    colour = "getComputedStyle(document.querySelector('[data-chart] text')).fill"
    light = page.evaluate(colour)
    page.get_by_role("button", name="打开个人菜单").click()
    page.get_by_label("深色").check()
    page.wait_for_function(f"{colour} !== '{light}'")
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.browser
def test_a_file_of_the_wrong_kind_is_refused_before_it_is_sent(page: Page) -> None:
    page.get_by_label("附件").set_input_files(
        files=[{"name": "病毒.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}]
    )
    assert page.get_by_text("病毒.exe 的类型不能用，请传 .pdf。").first.is_visible()
    assert page.get_by_label("附件").input_value() == ""


# ---- without one -------------------------------------------------------------------------------------------


def test_nothing_inline_and_nothing_raw_reaches_a_page(address: str) -> None:
    html = httpx.get(address).text
    assert "style=" not in html.replace('<link rel="stylesheet"', "")
    assert "<script>" not in html
    assert "onclick" not in html
    assert "11月23日（周一）工作日" in html
    assert html.count(f'id="{CLAUSE.anchor}"') == 1


def test_markup_in_a_name_is_text() -> None:
    html = render.render("base/error_note.html", code=422, message="<script>alert(1)</script>")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 413, 419, 422, 429, 500, 503, 418])
def test_refusals_are_sentences_and_notes_for_htmx(address: str, code: int) -> None:
    whole = httpx.get(f"{address}/refused/{code}")
    note = httpx.get(f"{address}/refused/{code}", headers={"HX-Request": "true"})
    assert whole.status_code == note.status_code == code
    assert "<h1>" in whole.text
    assert note.text.strip().startswith('<div class="note"')


def test_fragments_bring_their_clauses_along(address: str) -> None:
    response = httpx.get(address + "/piece")
    assert 'hx-swap-oob="beforeend:#clauses"' in response.text
    assert CLAUSE.quote in response.text
    assert response.headers["HX-Trigger"].isascii()


def test_static_addresses_change_with_the_file_and_are_kept(address: str) -> None:
    kept = httpx.get(address + render.static("css/tokens.css"))
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert httpx.get(address + "/static/css/tokens.css").headers["cache-control"] == "no-cache"
    with pytest.raises(FileNotFoundError):
        render.static("css/none.css")


def test_a_missing_value_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render.render("base/error_note.html", code=404)


def test_filters_write_figures_and_dates_the_way_pages_do() -> None:
    with clock.at(NOON):
        assert render.yuan(Decimal("3668000.00")) == "3,668,000.00"
        assert render.wan(Decimal("3885888.00")) == "388.59"
        assert render.yuan(None) == render.wan(None) == render.day(None) == render.stamp(None) == "—"
        assert render.pct(Decimal("0.5664")) == "56.64%"
        assert render.pct(Decimal("0.6")) == "60%"
        assert render.pct(Decimal("0.042"), 2) == "4.20%"
        assert render.day(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == "2026-11-23"
        assert render.sentence_day(date(2026, 11, 23)) == "11月23日（周一）"
        assert render.sentence_day(date(2027, 1, 5), weekday=False) == "2027年1月5日"
        assert render.stamp(datetime(2026, 11, 19, 1, 0, tzinfo=UTC)) == "11-19 09:00"
        assert render.stamp(datetime(2025, 11, 19, 1, 0, tzinfo=UTC)) == "2025-11-19 09:00"


def test_a_meter_never_exceeds_its_limit_the_excess_is_a_number() -> None:
    meter = MeterView(*map(Decimal, ("80.00", "15.00", "10.00", "100.00")))
    assert [share for _, _, share in meter.shares] == [80, 15, 5]
    assert meter.left == 0
    assert meter.over == Decimal("5.00")
    assert sum(share for _, _, share in MeterView(*map(Decimal, "1110")).shares) == 0
