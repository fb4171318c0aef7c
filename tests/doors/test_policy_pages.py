"""政策参数, 基准数据, 政策推演, from outside."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlmodel import Session

from api.demo.play import a_claim, do, run_due
from api.demo.play import seed as seed_all
from models.database import session
from models.lifecycle import Board
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Server
from tests.kept import EMPTY_ALL_TABLES, kept

Db = Callable[[], AbstractContextManager[Session]]
RATIO = "/policy/parameters/bank_year_cap_ratio"


@kept
def at_first_review() -> None:
    """The demo's people with calendar, quotes, budget, and one claim at 初审."""
    with session() as s:
        s.connection().execute(text(EMPTY_ALL_TABLES))
    with session() as s:
        seed_all(s)
        number = a_claim(s, Board.BANK, "GYB", "5000000.00", "4000000.00").number
    run_due()
    do(number, "acceptance")


@pytest.fixture
def office(server: Server) -> Server:
    """A server on `at_first_review`."""
    at_first_review()
    return server


def test_a_resolution_through_the_pages(office: Server) -> None:
    officer, manager = office.client("mozhaohui"), office.client("lizhiyuan")
    listed = officer.get("/policy").text
    assert "银行年度补偿限额比例" in listed and "政策推演" not in listed
    today = re.search(r'name="effective_from" value="([^"]+)"', officer.get(RATIO).text)
    assert today is not None
    form = {"value": "3%", "effective_from": today[1], "resolution": "东融补联〔2026〕3号"}
    seen = officer.post(RATIO, data={**form, "step": "preview"})
    assert seen.status_code == 200 and "不影响任何在办案件" in seen.text and "3%" in seen.text
    wrong = officer.post(RATIO, data={**form, "value": "300%", "resolution": "", "step": "submit"})
    assert wrong.status_code == 422
    assert "300%" in wrong.text and "须在 0 与 1 之间" in wrong.text and "决议文号" in wrong.text
    assert officer.post(RATIO, data={**form, "step": "submit"}).status_code == 303
    waiting = manager.get("/policy").text
    decide = re.search(r"/policy/overrides/\d+", waiting)
    assert decide is not None and "待确认" in waiting
    refused = officer.post(decide[0], data={"verdict": "confirmed"})
    assert refused.status_code == 403
    assert manager.post(decide[0], data={"verdict": "maybe"}).status_code == 422
    assert manager.post(decide[0], data={"verdict": "confirmed", "note": "会议已议定"}).status_code == 303
    assert manager.post(decide[0], data={"verdict": "confirmed"}).status_code == 409
    history = manager.get(RATIO).text
    assert "东融补联〔2026〕3号" in history and "莫兆辉 登记" in history and "会议已议定" in history
    assert officer.get("/policy/parameters/nothing").status_code == 404


def test_who_opens_the_pages(office: Server) -> None:
    bank, reviewer = office.client("linwanyi"), office.client("chenjiamin")
    assert bank.get("/policy").status_code == 403
    assert reviewer.get("/policy").status_code == 200
    assert "登记调整" not in reviewer.get(RATIO).text
    assert reviewer.post(RATIO, data={"value": "3%"}).status_code == 403
    assert reviewer.get("/policy/what-if").status_code == 403
    assert office.client("lujianping").get("/policy/what-if/workbook").status_code == 403


def test_reference_data_through_the_page(office: Server) -> None:
    officer, leader = office.client("mozhaohui"), office.client("lujianping")
    page = officer.get("/policy/reference").text
    assert "不作外推" in page and "暂定" in page and "2026-04-20" in page
    form = {"published_on": "2026-05-20", "one_year": "3.00", "five_year": "3.5O", "source": "公告"}
    wrong = officer.post("/policy/reference/lpr", data=form)
    assert wrong.status_code == 422 and "3.5O" in wrong.text
    assert officer.post("/policy/reference/lpr", data={**form, "five_year": "3.50"}).status_code == 303
    decide = re.search(r"/policy/reference/changes/\d+", leader.get("/policy/reference").text)
    assert decide is not None
    assert leader.post(decide[0], data={"verdict": "confirmed"}).status_code == 303
    assert "2026-05-20" in officer.get("/policy/reference").text
    year = {"year": "2027", "off": "2027-01-01 元旦", "worked": "x", "year_source": "公告"}
    wrong = officer.post("/policy/reference/calendar", data=year)
    assert wrong.status_code == 422 and "读不懂" in wrong.text


def test_what_if_on_the_page_and_in_excel(office: Server) -> None:
    manager = office.client("lizhiyuan")
    assert "推演" in manager.get("/policy/what-if").text
    played = manager.get("/policy/what-if", params={"bank_year_cap_ratio": "3%"}).text
    assert "10.00" in played and "15.00" in played and "+50,000.00" in played
    assert manager.get("/policy/what-if", params={"bank_year_cap_ratio": "2%"}).status_code == 422
    both = manager.get("/policy/what-if", params={"bank_max_ratio": "70%"})
    assert both.status_code == 422 and "两项须一并调整" in both.text
    book = manager.get("/policy/what-if/workbook", params={"bank_year_cap_ratio": "3%"})
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book.content))
    assert sheets.sheet_names == ["假设与合计", "按机构", "按企业划型", "按行业", "按受理年度", "逐件"]
    assert sheets.get_sheet_by_name("逐件").to_python()[1][5:8] == [100000.0, 150000.0, 50000.0]


@pytest.mark.browser
def test_what_if_can_be_used_by_everyone(office: Server) -> None:
    cookies = [
        {"name": cookie.name, "value": cookie.value or "", "url": office.base_url}
        for cookie in office.client("lizhiyuan").cookies.jar
    ]
    with chromium() as browser:
        context = browser.new_context(viewport=DESK)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        for query in ("", "?bank_year_cap_ratio=3%25"):
            page.set_viewport_size(DESK)
            page.goto(f"{office.base_url}/policy/what-if{query}")
            assert_accessible(page)
            page.set_viewport_size(PHONE)
            assert_accessible(page)
