"""批量备案 and 批量补录 at their doors."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from playwright.sync_api import expect
from sqlmodel import select
from typer.testing import CliRunner

from api.cli import app
from api.cli.reading import contents
from api.demo.play import run_due
from flows.importing import running
from models import clock, database
from models.records import institution
from models.records.case import CaseRecord
from models.records.enterprise import WhiteListEntry
from models.records.prepared import Prepared
from models.records.task import open_of_case
from models.settings import get_settings
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.imports import files
from tests.imports.test_importing import TODAY

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(autouse=True)
def listed(server: Any) -> None:
    with database.session() as s:
        for number in range(40):
            s.add(
                WhiteListEntry(
                    uscc=files.uscc(number),
                    batch="1",
                    recommended_by="科技局",
                    valid_from=TODAY.date().replace(2024),
                )
            )


def some_bad() -> bytes:
    rows = [
        files.row(1),
        files.row(2, 贷款本金="=1+1"),
        files.row(3, 年利率=9.9),
        files.row(4, 到期日="2026-13-01"),
    ]
    return files.book(
        [*rows, files.row(5, 企业名称="<b>=HYPERLINK(1)"), files.row(5), files.row(6, 贷款用途="")]
    )


def post(client: Any, where: str, data: bytes, name: str = "清单.xlsx", **fields: str) -> Any:
    return client.post(where, files={"file": (name, data, XLSX)}, data=fields)


def test_a_list_is_checked_corrected_and_submitted(server: Any) -> None:
    bank = server.client("linwanyi")
    data = some_bad()
    where = post(bank, "/bank/imports", data).headers["Location"]
    number = int(where.rpartition("/")[2])
    assert "排队中" in bank.get(where).text and "HX-Refresh" not in bank.get(f"{where}/progress").headers
    running.work(number)
    assert bank.get(f"{where}/progress").headers["HX-Refresh"] == "true"
    page = bank.get(where).text
    assert "7 行里有 2 行可以备案，5 行要改" in page and "尚未提交任何一行" in page
    assert "没有 2026年13月1日" in page or "2026-13-01" in page
    copy = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(bank.get(f"{where}/annotated").content))
    listed = copy.get_sheet_by_name("问题清单").to_python()
    assert listed[0] == ["行", "列", "列名", "填写内容", "问题和更正办法"] and len(listed) == 6
    assert ["5", "S", "到期日"] in [row[:3] for row in listed]
    assert copy.get_sheet_by_name("贷款清单").to_python()[5][1] == "<b>=HYPERLINK(1)"
    assert bank.post(f"{where}/submit", data={}).status_code == 409
    assert bank.post(f"{where}/submit", data={"good_only": "1"}).status_code == 303
    running.work(number)
    assert "已提交 2 行，还有 5 行要改" in bank.get(where).text
    assert post(bank, "/bank/imports", data).headers["Location"] == where


def test_only_the_institution_that_handed_it_in_sees_a_list(server: Any) -> None:
    where = post(server.client("linwanyi"), "/bank/imports", some_bad()).headers["Location"]
    for login in ("tanjunhao", "chenjiamin", "suwenbo"):
        client = server.client(login)
        for path in (where, f"{where}/progress", f"{where}/annotated"):
            assert client.get(path).status_code == 404, (login, path)
        assert client.post(f"{where}/submit").status_code == 404
    assert server.client("linwanyi").get("/backfills").status_code == 403
    assert server.client("chenjiamin").get("/bank/imports").status_code == 403


def test_a_back_filing_needs_its_institution_and_source(server: Any) -> None:
    officer = server.client("chenjiamin")
    answer = post(officer, "/backfills", files.book([files.row(1)]))
    assert answer.status_code == 422 and "请选择为哪一家机构补录" in answer.text
    assert (
        "请写明依据的文件"
        in post(officer, "/backfills", files.book([files.row(1)]), institution=_bank()).text
    )
    sent = post(
        officer,
        "/backfills",
        files.book([files.row(1)]),
        institution=_bank(),
        source_document="东工信〔2024〕18号",
    )
    assert sent.status_code == 303
    assert "依据：东工信〔2024〕18号" in officer.get(sent.headers["Location"]).text


def _bank() -> str:
    from tests.seed import actor

    with database.session() as s:
        return str(actor(s, "linwanyi").institution_id)


def test_the_template_can_be_filled_and_read_back(server: Any) -> None:
    content = server.client("linwanyi").get("/imports/templates/bank.xlsx").content
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["贷款清单", "填写说明", "示例", "选项"]
    titles = book.get_sheet_by_name("贷款清单").to_python()[0]
    assert "贷款本金（元）" in titles and book.get_sheet_by_name("示例").to_python()[1][0]


def ran(monkeypatch: Any, database_url: str, *words: str) -> tuple[int, str, str]:
    """`fengbu import loans …` on this worker's database: exit code, output, errors."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    done = CliRunner().invoke(app, ["import", "loans", *words])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_says_every_fault_files_what_is_good_and_nothing_twice(
    server: Any, database_url: str, tmp_path: Any, monkeypatch: Any
) -> None:
    path = tmp_path / "清单.xlsx"
    path.write_bytes(some_bad())
    words = (str(path), "--person", "linwanyi")
    code, out, _ = ran(monkeypatch, database_url, *words, "--submit", "all", "--json")
    answer = json.loads(out)
    assert (code, answer["state"], answer["good"], answer["bad"], answer["filed"]) == (1, "checked", 2, 5, 0)
    assert {"sheet": "贷款清单", "row": 7, "column": "O", "heading": "借据号"}.items() <= answer["faults"][
        -2
    ].items()
    code, out, _ = ran(monkeypatch, database_url, *words, "--submit", "good")
    assert code == 1 and "这个文件以前交过" in out and "已提交 2" in out and "形成备案 BA-" in out
    code, out, _ = ran(monkeypatch, database_url, *words, "--submit", "good", "--json")
    assert json.loads(out)["filed"] == 2, "a third time files nothing more"
    path.write_bytes(files.book([files.row(31)]))
    assert ran(monkeypatch, database_url, *words, "--submit", "all")[0] == 0


def test_a_list_that_waits_for_the_banks_checker_says_so_and_who_can_release_it(
    server: Any, database_url: str, tmp_path: Any, monkeypatch: Any
) -> None:
    """The bank works by 经办/复核: nothing is filed when the command ends, and neither command nor page looks finished."""
    with database.session() as s:
        place = institution.by_code(s, "GYB")
        assert place is not None
        place.checker_since = clock.now()
    path = tmp_path / "清单.xlsx"
    path.write_bytes(files.book([files.row(1), files.row(2)]))
    words = (str(path), "--person", "linwanyi", "--submit", "all")
    code, out, _ = ran(monkeypatch, database_url, *words)
    said = "待复核：林婉仪已送本单位复核，尚未报出，没有形成备案；可由冼如意放行或退回。"
    assert code == 0 and said in out and "已提交 0" in out and "形成备案 BA" not in out
    code, out, err = ran(monkeypatch, database_url, *words)
    assert code == 2 and "尚未放行" in out + err, "sent once is enough"
    code, out, _ = ran(monkeypatch, database_url, str(path), "--person", "linwanyi", "--json")
    answer = json.loads(out)
    assert answer["waiting"] == {"maker": "林婉仪", "checkers": ["冼如意"], "message": said}
    page = server.client("linwanyi").get(f"/imports/{answer['import']}").text
    assert said in page and "2 行待本单位复核" in page and "查看送复核的内容" in page
    assert "待复核" in server.client("linwanyi").get("/bank/imports").text
    assert 'data-open="submit"' not in page and "重新查验" not in page and "尚未提交任何一行" not in page
    for act, verb in (("recheck", "重新查验"), ("discard", "作废")):
        refused = server.client("linwanyi").post(f"/imports/{answer['import']}/{act}")
        assert refused.status_code == 409 and f"尚未放行，不能{verb}" in refused.text
    with database.session() as s:
        assert s.exec(select(CaseRecord)).first() is None
        row = s.exec(select(Prepared)).one()
    checker = server.client("xianruyi")
    assert checker.post(f"/bank/prepared/{row.id}/release", data={"shown": row.shown}).status_code == 303
    running.work(answer["import"])
    page = server.client("linwanyi").get(f"/imports/{answer['import']}").text
    assert "待复核" not in page and "已提交 2 行" in page
    assert "待复核" not in server.client("linwanyi").get("/bank/imports").text
    code, out, _ = ran(monkeypatch, database_url, str(path), "--person", "linwanyi", "--json")
    assert json.loads(out)["waiting"] is None and len(json.loads(out)["cases"]) == 1


def test_the_command_refuses_in_a_sentence(
    server: Any, database_url: str, tmp_path: Any, monkeypatch: Any
) -> None:
    path = tmp_path / "清单.xlsx"
    path.write_bytes((Path(__file__).parents[1] / "imports" / "books" / "locked.xlsx").read_bytes())

    def said(*words: str) -> str:
        code, out, err = ran(monkeypatch, database_url, *words)
        assert code == 2, (words, out)
        return out + err

    locked = said(str(path), "--person", "linwanyi")
    assert "设了打开密码" in locked and "0 行" not in locked, "a file that was refused has no rows to count"
    large = tmp_path / "很大.xlsx"
    with large.open("wb") as file:
        file.truncate(1_000_000_000)
    assert len(contents(large)) == get_settings().upload_limit + 1, "no more of it comes into the memory"
    assert "文件超过 20 MB" in said(str(large), "--person", "linwanyi")
    assert "没有登录名为“nobody”的人员" in said(str(path), "--person", "nobody")
    assert "只有合作银行和政府性融担机构" in said(str(path), "--person", "chenjiamin")
    assert "请写明依据的文件" in said(str(path), "--person", "chenjiamin", "--institution", "GYB")
    assert "没有名为" in said(str(tmp_path / "没有.xlsx"), "--person", "linwanyi")
    assert "是文件夹" in said(str(tmp_path), "--person", "linwanyi")
    assert "你单位在银行板块申报" in said(str(path), "--person", "linwanyi", "--board", "guarantee")
    assert "请写 none、good 或 all" in said(str(path), "--person", "linwanyi", "--submit", "some")


def test_case_and_task_say_where_a_filing_came_from(server: Any) -> None:
    officer = server.client("chenjiamin")
    data = files.book([files.row(1)])
    sent = post(officer, "/backfills", data, institution=_bank(), source_document="东工信〔2024〕18号")
    number = int(sent.headers["Location"].rpartition("/")[2])
    running.work(number)
    officer.post(f"/imports/{number}/submit", data={"good_only": ""})
    running.work(number)
    run_due()
    with database.session() as s:
        case = s.exec(select(CaseRecord)).one()
        (task,) = open_of_case(s, case.id or 0)
    words = "补录：东莞市电子计算中心依据东工信〔2024〕18号填制，非申报机构自行申请"
    assert words in server.client("linwanyi").get(f"/cases/{case.number}").text
    assert words in server.client("wangliqun").get(f"/tasks/{task.id}").text


@pytest.mark.browser
def test_the_main_path_in_a_browser(server: Any, tmp_path: Any) -> None:
    path = tmp_path / "十一月清单.xlsx"
    path.write_bytes(some_bad())
    cookies = [
        {"name": cookie.name, "value": cookie.value or "", "url": server.base_url}
        for cookie in server.client("linwanyi").cookies.jar
    ]
    with chromium() as browser:
        context = browser.new_context(viewport=DESK)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{server.base_url}/bank/imports")
        assert_accessible(page)
        page.get_by_label("清单文件").set_input_files(path)
        page.get_by_role("button", name="上传并查验").click()
        expect(page.locator("#progress")).to_be_visible()
        number = int(page.url.rpartition("/")[2])
        running.work(number)
        expect(page.get_by_role("heading", level=1)).to_contain_text("7 行里有 2 行可以备案")
        assert_accessible(page)
        page.set_viewport_size(PHONE)
        assert_accessible(page)
        page.get_by_role("button", name="提交无误的 2 行…").last.click()
        page.get_by_role("button", name="提交无误的 2 行", exact=True).click()
        running.work(number)
        expect(page.get_by_role("heading", level=1)).to_contain_text("已提交 2 行")
        assert_accessible(page)
    assert clock.now()
