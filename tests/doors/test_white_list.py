"""The white list's pages and commands: registered by one, published by another, a firm's history, removal."""

import io
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from api.cli import app
from flows.importing import running
from models import clock, database
from models.records.enterprise import WhiteListEntry
from models.records.loan_import import LoanImport
from models.records.white_list import WhiteListRound, removals_waiting, rounds
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.imports import files
from tests.imports.test_white_list import firm

ROUND = {"name": "2026年第四批", "source_document": "东工信〔2026〕88号"}


def soon() -> str:
    return (clock.today() + timedelta(days=8)).isoformat()


def registered(client: httpx.Client, data: bytes, **changes: str) -> httpx.Response:
    return client.post(
        "/white-list",
        data=ROUND | {"effective_on": soon()} | changes,
        files={"file": ("名单.xlsx", data, "application/octet-stream")},
    )


def load_workbook(data: io.BytesIO) -> list[list[list[Any]]]:
    """Its sheets, each row by row."""
    return [sheet.to_python() for sheet in map(book_of(data).get_sheet_by_index, (0, 1))]


def book_of(data: io.BytesIO) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(data)


def work() -> int:
    """Read or publish the newest round's file; the round's id."""
    with database.session() as s:
        row = rounds(s)[0]
        number, file = row.id or 0, row.import_id
    running.work(file)
    return number


def test_a_round_from_upload_to_the_firms_history(server: Any) -> None:
    officer, bureau = server.client("chenjiamin"), server.client("mozhaohui")
    data = files.book([firm(1), firm(2, 划型行业="工业", 从业人员=2000, 营业收入=90000)], sheet="白名单", titles=[
        *firm(1), "划型行业", "从业人员", "营业收入"])  # fmt: skip
    sent = registered(officer, data)
    assert sent.status_code == 303
    where = sent.headers["Location"]
    assert "排队中" in officer.get(where).text
    number = work()
    shown = officer.get(where).text
    assert "1 家可列入，1 行要改" in shown and "大型企业不在支持范围" in shown
    assert "这一批次是你（陈嘉敏）登记的" in shown or "由市工信局科室经办或统筹管理岗位发布" in shown
    assert officer.post(f"{where}/decide", data={"verdict": "confirmed"}).status_code == 403
    with database.session() as s:
        file = s.get_one(WhiteListRound, number).import_id
    assert officer.get(f"/imports/{file}").headers["Location"] == where
    assert officer.get(f"/imports/{file}/annotated").content.startswith(b"PK")
    assert officer.post(f"/imports/{file}/discard").status_code == 409
    assert server.client("linwanyi").get(f"/imports/{file}/annotated").status_code == 404
    assert bureau.post(f"{where}/decide", data={"verdict": "confirmed", "note": "已核对"}).status_code == 303
    work()
    assert "1 家列入" in bureau.get(where).text
    assert "已核对" in bureau.get(where).text
    bank = server.client("linwanyi")
    assert "白名单公布：2026年第四批" in bank.get("/notices").text
    listed = load_workbook(io.BytesIO(bank.get(f"{where}/firms.xlsx").content))
    assert [row[0] for row in listed[0]] == ["统一社会信用代码", files.uscc(1)]
    assert server.client().get(f"{where}/firms.xlsx").status_code == 303
    assert bank.get("/white-list/rounds/999/firms.xlsx").status_code == 404
    today = bureau.get("/white-list", params={"q": "示例1号"}).text
    assert "不在名单内" in today and files.uscc(1) in today
    later = bureau.get("/white-list", params={"q": files.uscc(1), "on": soon()}).text
    assert "不在名单内" not in later and "在名单内" in later
    assert "没有名称或代码为“示例2号”的企业" in bureau.get("/white-list", params={"q": "示例2号"}).text
    assert "不是日期" in bureau.get("/white-list", params={"q": "示例1号", "on": "明天"}).text


def test_a_registration_says_all_its_faults_at_once_and_keeps_what_was_typed(server: Any) -> None:
    officer = server.client("chenjiamin")
    answer = officer.post(
        "/white-list",
        data={"name": "第四批", "effective_on": "2026-13-01", "valid_to": "", "complete": "1"},
        files={"file": ("空.xlsx", b"", "application/octet-stream")},
    )
    assert answer.status_code == 422
    for words in (
        "没有 2026年13月1日 这一天",
        "请填写公布文件",
        "请选择一个文件",
        'value="第四批"',
        "checked",
    ):
        assert words in answer.text, words
    assert server.client("linwanyi").get("/white-list").status_code == 403
    assert registered(server.client("qiushaofen"), b"x").status_code == 403


def test_a_firm_is_removed_from_a_day_to_come(server: Any) -> None:
    with database.session() as s:
        stay = WhiteListEntry(
            uscc=files.uscc(1), firm_name="东莞市示例1号有限公司", batch="2024-1", recommended_by="市科技局",
            valid_from=clock.today() - timedelta(days=400),
        )  # fmt: skip
        s.add(stay)
        s.flush()
        number = stay.id
    bureau = server.client("mozhaohui")
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    wrong = bureau.post(
        f"/white-list/stays/{number}/remove",
        data={f"since-{number}": yesterday, f"reason-{number}": "停业", "q": "示例"},
    )
    assert wrong.status_code == 422
    for words in ("请填写依据文件", 'value="停业"', "示例1号"):
        assert words in wrong.text, words
    told = {
        f"since-{number}": soon(),
        f"reason-{number}": "停业",
        f"document-{number}": "东工信函〔2026〕9号",
        "q": "示例",
    }
    assert bureau.post(f"/white-list/stays/{number}/remove", data=told).status_code == 303
    shown = bureau.get("/white-list", params={"q": "示例1号"}).text
    assert f"待确认：自 {soon()} 移出，停业" in shown and "莫兆辉登记" in shown
    assert "须由另一人核对后确认" in shown and "1 家企业的移出等另一人确认" in shown
    with database.session() as s:
        (waiting,) = removals_waiting(s)
        removal = waiting[0].id
    decision = f"/white-list/removals/{removal}/decide"
    assert bureau.post(decision, data={"verdict": "confirmed"}).status_code == 403
    manager = server.client("lizhiyuan")
    assert "确认移出" in manager.get("/white-list", params={"q": "示例1号"}).text
    assert manager.post(decision, data={}).status_code == 422
    done = manager.post(decision, data={"verdict": "confirmed", "note": "已核对"})
    assert done.headers["location"].endswith("done=removal-confirmed")
    shown = bureau.get("/white-list", params={"q": "示例1号"}).text
    assert f"{soon()} 移出：停业" in shown and "莫兆辉登记" in shown
    inbox = server.client("linwanyi").get("/notices").text
    assert "白名单调整：东莞市示例1号有限公司" in inbox
    assert bureau.post(f"/white-list/stays/{number}/remove", data=told).status_code == 409
    assert (
        server.client("lujianping").post(f"/white-list/stays/{number}/remove", data=told).status_code == 403
    )


def test_the_commands_register_and_publish(
    server: Any, database_url: str, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    path = tmp_path / "名单.csv"
    path.write_text(files.text([firm(1), firm(1), firm(3, 推荐部门="")]), encoding="utf-8")
    line = [
        "import",
        "whitelist",
        str(path),
        "--round",
        "第四批",
        "--effective",
        soon(),
        "--source",
        "东工信〔2026〕88号",
    ]
    run = CliRunner().invoke(app, [*line, "--person", "chenjiamin", "--json"])
    answer = json.loads(run.stdout)
    assert (run.exit_code, answer["good"], answer["bad"], answer["known"]) == (1, 1, 1, 1)
    assert answer["faults"] == [
        {"sheet": "名单", "row": 4, "column": "C", "heading": "推荐部门", "code": "recommended_by", "message": "请填写推荐部门。"}
    ]  # fmt: skip
    own = CliRunner().invoke(app, ["import", "publish", "第四批", "--person", "chenjiamin"])
    assert own.exit_code == 2 and "统筹管理岗位发布" in own.stderr
    done = CliRunner().invoke(app, ["import", "publish", "第四批", "--person", "mozhaohui"])
    assert done.exit_code == 1 and "已列入 1" in done.stdout
    none = CliRunner().invoke(app, ["import", "publish", "第五批", "--person", "mozhaohui", "--json"])
    assert json.loads(none.stdout) == {"error": "没有待发布的批次“第五批”。"}
    wrong = CliRunner().invoke(
        app, [*line[:5], "--effective", "明天", "--source", "x", "--person", "chenjiamin"]
    )
    assert wrong.exit_code == 2 and "不是日期" in wrong.stderr


@pytest.mark.browser
def test_the_pages_can_be_used_by_everyone(server: Any) -> None:
    officer = server.client("mozhaohui")
    rows = [firm(n) for n in range(1, 9)] + [firm(3, 企业名称="另一家"), firm(10, 推荐部门="")]
    where = registered(officer, files.book(rows, sheet="白名单")).headers["Location"]
    work()
    with database.session() as s:
        s.add(
            WhiteListEntry(uscc=files.uscc(20), firm_name="东莞市示例20号有限公司", batch="2024-1", recommended_by="市科技局",
                           grounds="高新技术企业", valid_from=clock.today() - timedelta(days=400))
        )  # fmt: skip
        assert s.get_one(LoanImport, rounds(s)[0].import_id).bad
    cookies = [
        {"name": cookie.name, "value": cookie.value or "", "url": server.base_url}
        for cookie in officer.cookies.jar
    ]
    with chromium() as browser:
        context = browser.new_context(viewport=DESK)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        for path in (where, "/white-list?q=示例20号"):
            page.set_viewport_size(DESK)
            page.goto(server.base_url + path)
            assert_accessible(page)
            page.set_viewport_size(PHONE)
            assert_accessible(page)
